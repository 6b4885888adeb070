"""The parts of a smallest change, each as it is written; and what a change does to a policy."""

from datetime import UTC, datetime

import pytest

import consent
from consent import Part, Step
from consent.jsontext import NotJSON, read_json
from consent.load import amend
from consent.model import Approver
from consent.table import compile_table
from consent.table_layout import Layout
from tests.consent.examples import a_policy, a_request, a_rule, a_signed, an_approver

NOW, DAY_AFTER = "2026-06-01T10:00:00.000000Z", "2026-06-02T10:00:00.000000Z"


def parts_for(policy, **request):
    whole = consent.from_json(a_policy(**{"consents": [], "decisions": [], "rules": [a_rule()], **policy}))
    return [part.as_json() for part in consent.explain(whole, a_request(**request)).change.parts]


def signed(name, **more):
    return {
        "id": name,
        "kind": name.partition("-")[0],
        "person": "p1",
        "owner": "police",
        "recipients": ["almo"],
        "purposes": ["harm"],
        "level": "presence",
        "reason": "to be written",
        "requested_by": "whoever asks",
        "from": NOW,
        "until": DAY_AFTER,
    } | more


def test_an_override_names_as_many_approvers_as_are_asked_for_counted_from_one():
    assert parts_for({"rules": [a_rule(approvals=2)]}) == [
        {
            "step": "override",
            "what": signed(
                "override-1",
                classes=["health.mental"],
                approved_by=[an_approver(f"approver-{number}", at=NOW) for number in (1, 2)],
            ),
        }
    ]


def test_an_exemption_is_from_the_lock_that_closes_the_class_wherever_it_stands():
    ours = a_policy()["locks"]
    for locks in ([{"id": "another", "classes": ["identity"]}, *ours], ours):
        assert parts_for({"locks": locks}, **{"class": "health.gender-recognition"}) == [
            {
                "step": "exemption",
                "what": signed(
                    "exemption-1",
                    classes=["health.gender-recognition"],
                    approved_by=[an_approver("approver-1", at=NOW)],
                    lock="gender-recognition",
                ),
            }
        ]


def test_a_new_rule_speaks_of_this_cell_alone():
    assert parts_for({"rules": []}) == [
        {
            "step": "permit",
            "what": {
                "id": "rule-1",
                "effect": "permit",
                "level": "presence",
                "classes": ["health.mental"],
                "owners": {"agencies": ["police"]},
                "recipients": {"agencies": ["almo"], "roles": ["representative"]},
                "purposes": ["harm"],
                "subjects": ["victim"],
                "basis": "PT",
                "consent": "considered",
            },
        }
    ]


def test_a_rule_that_forbids_for_one_role_alone_is_taken_away():
    forbids = {"id": "r-9", "effect": "forbid", "subjects": ["victim"]}
    assert parts_for({"rules": [a_rule(), forbids]}) == [{"step": "lift", "what": {"id": "r-9"}}]


def test_approvers_go_to_the_decision_that_is_named_and_to_no_other():
    before = a_policy(decisions=[a_signed(), a_signed(id="d-2"), a_signed(id="d-3", person="p2")])
    more = Approver("s-7", "police", datetime(2026, 6, 1, 10, tzinfo=UTC))
    after, request = consent.with_change(
        consent.from_json(before), a_request(), [Part(Step.APPROVAL, {"id": "d-2"}, (more,))]
    )
    theirs = [an_approver("s-1"), an_approver("s-7", at=NOW)]
    changed = [a_signed(), a_signed(id="d-2", approved_by=theirs), a_signed(id="d-3", person="p2")]
    assert (after, request) == (consent.from_json(a_policy(decisions=changed)), a_request())


def test_a_layout_is_of_all_that_it_was_made_from():
    """Each alone being another makes it another's; said here one by one, for `amend` leaves the others."""
    policy = consent.from_json(a_policy())
    other_rules = amend(policy, rules=[a_rule(id="r-more")])
    agreement = a_policy()["agreements"][0] | {"id": "dsa-2"}
    other_agreements = amend(policy, agreements=[agreement])
    for changed in (other_rules, other_agreements):
        assert changed.bases is policy.bases
        with pytest.raises(ValueError, match="other rules"):
            compile_table(changed, [], [], "harm", datetime(2026, 6, 1, tzinfo=UTC), Layout.of(policy))


def test_an_object_with_a_key_twice_is_no_json():
    with pytest.raises(NotJSON, match=r"^an object has a key twice$"):
        read_json('{"a": 1, "a": 1}')
