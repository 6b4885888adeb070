"""What an explanation names where things have no name or there are several, and about whom it is told."""

import pytest

import consent
from consent import Level, Names
from consent.model import Reason
from tests.consent.examples import a_consent, a_policy, a_request, a_rule

BARE = {"consents": [], "decisions": [], "locks": []}
BOTH = [{"person": "p1", "role": "victim"}, {"person": "p2", "role": "child"}]


def explained(request=None, **policy):
    whole = consent.from_json(a_policy(**BARE | {"rules": [a_rule()]} | policy))
    return consent.explain(whole, request or a_request())


def test_what_has_no_name_is_called_by_its_code():
    names = Names()
    called = (names.agency("almo"), names.class_of("health"), names.purpose("harm"), names.role("victim"))
    assert called == ("almo", "health", "harm", "victim")
    assert (names.basis("PT"), names.rule("r-1")) == ("PT", "rule r-1")
    assert names.person("p1", "victim") == "the person it is about (victim)"


def test_every_agreement_and_every_limit_is_named():
    agreements = [a_policy()["agreements"][0] | {"id": name} for name in ("b", "a")]
    limits = [{"id": f"l-{n}", "effect": "limit", "level": "presence"} for n in (2, 1)]
    told = explained(agreements=agreements, rules=[a_rule(), *limits])
    assert told.words[4] == "police and almo have an agreement in force that covers it: a, b."
    assert told.words[-1] == "It goes no further because it is limited by rule l-1, rule l-2."


def test_somebody_in_two_roles_is_asked_once():
    twice = [{"person": "p1", "role": role} for role in ("victim", "witness")]
    told = explained(a_request(subjects=twice), rules=[a_rule(consent="required")])
    assert told.advice[0] == (
        "The person it is about (victim) and the person it is about (witness) is asked, where that is safe, "
        "and agrees that almo sees it."
    )


@pytest.mark.parametrize("who", ["p1", "p2"])
def test_it_is_told_about_whoever_gets_least(who):
    said = [a_consent(person="p1" if who == "p2" else "p2", classes=["health"])]
    told = explained(a_request(subjects=BOTH), rules=[a_rule(consent="required")], consents=said)
    assert told.subject == (who, "victim" if who == "p1" else "child")
    assert [(one.rule, one.level, one.fails) for one in told.permits] == [
        ("r-1", Level.FULL, Reason.CONSENT_MISSING)
    ]
    assert told.as_json()["permits"] == [{"rule": "r-1", "level": "full", "fails": "consent-missing"}]


def test_a_permit_that_is_live_fails_nothing():
    assert explained().as_json()["permits"] == [{"rule": "r-1", "level": "full", "fails": None}]


def test_no_permit_is_told_where_a_gate_before_them_answers():
    assert explained(rules=[a_rule(), {"id": "f", "effect": "forbid"}]).permits == ()
    assert explained(a_request(offered="none")).permits == ()


@pytest.mark.parametrize(("level", "matter"), [("presence", "health"), ("full", "health.gender-recognition")])
def test_a_viewer_is_told_the_coarser_name_at_presence_alone(level, matter):
    policy = consent.from_json(a_policy(**BARE, rules=[a_rule()]))
    asked = a_request(**{"class": "health.gender-recognition", "offered": level})
    told = consent.explain_for_viewer(policy, asked)
    assert told.level.word == level
    assert f" {matter}." in told.words[0]
    own = consent.explain_for_viewer(policy, a_request(owner="almo"))
    assert own.level is Level.FULL
