"""`consent.diff` finds just the cells that a rule's filters let through, by example and by brute force."""

import io
import json

import pytest

import consent
from consent.commands import diff_lines
from consent.space import space_of
from tests.consent import naive_diff
from tests.consent.examples import a_policy, a_rule

FILTERS = {
    "no filter": {},
    "owners' kinds": {"owners": {"kinds": ["police", "idva"]}},
    "owners": {"owners": {"agencies": ["almo"]}},
    "owners' kinds and names": {"owners": {"kinds": ["police", "idva"], "agencies": ["police"]}},
    "recipients' kinds": {"recipients": {"kinds": ["housing", "idva"]}},
    "recipients": {"recipients": {"agencies": ["police"]}},
    "recipients' roles": {"recipients": {"roles": ["chair"]}},
    "subjects": {"subjects": ["victim"]},
    "a basis of one sector": {"basis": "RLI"},
    "a basis that ends": {"basis": "OLD"},
    "consent": {"consent": "required"},
}
BARE = {
    "classes": [{"name": "health"}],
    "purposes": ["harm"],
    "locks": [],
    "consents": [],
    "decisions": [],
    "agreements": [
        {
            "id": "a",
            "parties": ["police", "almo", "refuge"],
            "purposes": ["harm"],
            "classes": ["health"],
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
        },
    ],
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_rule_changes_the_cells_that_its_filters_let_through(name):
    old = a_policy(**BARE, rules=[])
    new = a_policy(**BARE, rules=[a_rule(**FILTERS[name])])
    told = [one.as_json() for one in consent.diff(consent.from_json(old), consent.from_json(new))]
    found = {(tuple(one["cell"].values()), one["from"], one["to"]) for one in told}
    assert found
    assert found == naive_diff.differences(old, new)


def test_an_agency_that_joins_sees_its_own_and_changes_nobody_elses():
    old = a_policy(**BARE, rules=[])
    fire = {"fire": {"kind": "fire", "sector": "public"}}
    new = a_policy(**BARE, rules=[], agencies=old["agencies"] | fire)
    cells = [one.cell for one in consent.diff(consent.from_json(old), consent.from_json(new))]
    assert {(one.owner, one.recipient, one.approvals) for one in cells} == {("fire", "fire", 0)}
    there = list(consent.diff(consent.from_json(old), consent.from_json(new)))
    back = list(consent.diff(consent.from_json(new), consent.from_json(old)))
    assert {(one.before, one.after) for one in there} == {(consent.Level.NONE, consent.Level.FULL)}
    assert {(one.before, one.after) for one in back} == {(consent.Level.FULL, consent.Level.NONE)}


def test_more_approvals_than_anybody_can_give_are_not_compared(tmp_path):
    old, new = (a_policy(**BARE, rules=[a_rule(), a_rule(id="r-2", approvals=n)]) for n in (99, 100))
    fault = "rules[1].approvals: more than 99 cannot be compared"
    assert space_of(consent.from_json(old), consent.from_json(old)).approvals == tuple(range(100))
    with pytest.raises(consent.BrokenPolicy) as caught:
        list(consent.diff(consent.from_json(old), consent.from_json(new)))
    assert caught.value.faults == (fault,)
    paths = tmp_path / "old.json", tmp_path / "new.json"
    for path, policy in zip(paths, (old, new), strict=True):
        path.write_text(json.dumps(policy), "utf-8")
    out, err = io.BytesIO(), io.BytesIO()
    assert diff_lines(*paths, stdout=out, stderr=err) == 2
    assert (out.getvalue(), err.getvalue().decode()) == (b"", f"{fault}\n")
