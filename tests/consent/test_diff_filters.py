"""`consent.diff` finds just the cells that a rule's filters let through, by example and by brute force."""

import pytest

import consent
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
    assert {(one.owner, one.recipient) for one in cells} == {("fire", "fire")}
    there = list(consent.diff(consent.from_json(old), consent.from_json(new)))
    back = list(consent.diff(consent.from_json(new), consent.from_json(old)))
    assert {(one.before, one.after) for one in there} == {(consent.Level.NONE, consent.Level.FULL)}
    assert {(one.before, one.after) for one in back} == {(consent.Level.FULL, consent.Level.NONE)}
