"""Each moment that the law names, at the moment of the request, and the smallest step on either side."""

import pytest

import consent
from tests.consent.examples import a_consent, a_policy, a_request, a_rule, a_signed, an_approver
from tests.consent.naive import answer

BEFORE, NOW, AFTER = "2026-06-01T09:59:59.999999Z", "2026-06-01T10:00:00Z", "2026-06-01T10:00:00.000001Z"
LONG_AGO, ONE_DAY = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"


def reason(**changes):
    policy = a_policy(**{"consents": [], "decisions": [], "rules": [a_rule()], **changes})
    decision = consent.decide(consent.from_json(policy), a_request(at=NOW)).as_json()
    assert decision == answer(policy, a_request(at=NOW))
    return decision["reason"]


def said(**changes):
    whole = {"given_at": LONG_AGO, "recorded_at": LONG_AGO, "from": LONG_AGO, **changes}
    return reason(rules=[a_rule(consent="required")], consents=[a_consent(**whole)])


def signed(**changes):
    return reason(rules=[a_rule(approvals=1)], decisions=[a_signed(**changes)])


def ruled(**changes):
    return reason(rules=[a_rule(**changes)])


def agreed(**changes):
    return reason(agreements=[a_policy()["agreements"][0] | changes])


def based(**changes):
    return reason(bases=[{"code": "PT", "sectors": ["public"], **changes}])


def approved(at):
    return signed(approved_by=[an_approver("s-1", at=at)])


HOLDS, FAILS = "permitted", {said: "consent-missing", signed: "approval-needed", ruled: "no-rule"}
FAILS |= {agreed: "no-agreement", based: "basis-invalid"}


@pytest.mark.parametrize("held", FAILS)
def test_an_interval_holds_from_its_start_and_up_to_its_end(held):
    assert held(**{"from": BEFORE}) == held(**{"from": NOW}) == HOLDS
    assert held(**{"from": AFTER, "until": ONE_DAY}) == FAILS[held]
    assert held(**{"from": LONG_AGO, "until": AFTER}) == HOLDS
    assert held(**{"from": LONG_AGO, "until": NOW}) == FAILS[held]
    assert held(**{"from": LONG_AGO, "until": BEFORE}) == FAILS[held]


@pytest.mark.parametrize("key", ["given_at", "recorded_at"])
def test_a_consent_counts_from_the_moment_it_was_given_and_recorded(key):
    assert said(**{key: BEFORE}) == said(**{key: NOW}) == HOLDS
    assert said(**{key: AFTER}) == "consent-missing"


def test_a_withdrawal_counts_from_its_moment():
    assert said(withdrawn_at=BEFORE) == said(withdrawn_at=NOW) == "consent-refused"
    assert said(withdrawn_at=AFTER) == HOLDS


def test_an_approval_counts_from_its_moment():
    assert approved(BEFORE) == approved(NOW) == HOLDS
    assert approved(AFTER) == "approval-needed"
