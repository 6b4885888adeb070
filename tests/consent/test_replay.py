"""`consent.replay` and `consent.impact`."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

import consent
from consent import Disclosure, Level, Reason, Version
from tests.consent.examples import a_consent, a_policy, a_request, a_rule, a_signed, an_approver
from tests.consent.naive import at_or_none
from tests.consent.profile import LAW
from tests.consent.worlds import AT, START, STEP, a_world, chance, chances, spell
from tests.consent.worlds import a_consent as a_generated_consent
from tests.consent.worlds import a_policy as a_generated_policy
from tests.consent.worlds import a_signed as a_generated_signed

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MICRO = timedelta(microseconds=1)


def alone(policy):
    """The policy as a version holds it: without consents and decisions."""
    return consent.from_json({**policy, "consents": [], "decisions": []})


# ---- replay ------------------------------------------------------------------------------------------------


def asked_at(moment, **changes):
    return a_request(at=moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), **changes)


def test_the_version_in_force_then_answers():
    versions = [
        Version(NOON + timedelta(hours=1), alone(a_policy(version="2", rules=[]))),
        Version(NOON, alone(a_policy(version="1", rules=[a_rule()]))),
        Version(NOON + timedelta(hours=2), alone(a_policy(version="3", rules=[a_rule(level="summary")]))),
    ]

    def seen(moment):
        decision = consent.replay(versions, asked_at(moment))
        return decision and (decision.policy, decision.level)

    assert seen(NOON - MICRO) is None
    assert seen(NOON) == ("1", Level.FULL)
    assert seen(NOON + timedelta(hours=1) - MICRO) == ("1", Level.FULL)
    assert seen(NOON + timedelta(hours=1)) == ("2", Level.NONE)
    assert seen(NOON + timedelta(days=1)) == ("3", Level.SUMMARY)


def test_of_two_versions_of_one_moment_the_first_given_counts():
    policies = [alone(a_policy(version=name)) for name in "ab"]
    assert consent.replay([Version(NOON, one) for one in policies], asked_at(NOON)).policy == "a"
    assert consent.in_force([Version(NOON, one) for one in reversed(policies)], NOON).version == "b"
    assert consent.in_force([], NOON) is None


@pytest.mark.parametrize("request_", [None, 7, {}, a_request(at="yesterday"), a_request(at=7)])
def test_a_request_without_a_moment_was_never_asked(request_):
    assert consent.replay([Version(NOON, alone(a_policy()))], request_) is None


def test_a_request_that_is_wrong_otherwise_is_incomplete():
    decision = consent.replay([Version(NOON, alone(a_policy()))], asked_at(NOON, purpose="none"))
    assert decision.reason is Reason.INCOMPLETE


def test_what_was_said_later_is_not_looked_at_even_if_it_does_not_fit_the_old_version():
    versions = [Version(NOON, alone(a_policy(rules=[a_rule(consent="required")])))]
    later = [a_consent(recorded_at="2026-07-01T00:00:00Z", recipients=["newcomer"])]
    signed = [a_signed(recipients=["newcomer"], **{"from": "2026-07-01T00:00:00Z"})]
    assert (
        consent.replay(versions, asked_at(NOON), consents=later, decisions=signed).reason
        is Reason.CONSENT_MISSING
    )
    said = [a_consent(recorded_at="2026-06-01T12:00:00Z")]
    assert consent.replay(versions, asked_at(NOON), consents=said).consent == "c-1"


@pytest.mark.parametrize(
    "broken",
    [
        {"consents": [a_consent(recipients=["newcomer"])]},
        {"decisions": [a_signed(recipients=["newcomer"])]},
        {"consents": [{"id": "c"}]},
        {"decisions": [{"id": "d"}]},
    ],
)
def test_what_was_said_before_and_does_not_fit_is_refused(broken):
    versions = [Version(NOON, alone(a_policy()))]
    with pytest.raises(consent.BrokenPolicy):
        consent.replay(versions, asked_at(NOON), **broken)


@LAW
@given(chances())
def test_a_replay_gives_the_decision_that_was_given(r):
    """Versions, consents and decisions recorded one after the other, a request decided on the way."""
    policy, request = a_world(r)
    now = at_or_none(request["at"])
    others = [{**a_generated_policy(r, request), "version": f"v-{n}"} for n in range(r.randrange(1, 4))]
    versions = [
        Version(START + r.randrange(-1, 2 * AT) * STEP, alone({**one, "bases": policy["bases"]}))
        for one in others
    ]
    known_then = [one for one in policy["consents"] if at_or_none(one["recorded_at"]) <= now]
    signed_then = [one for one in policy["decisions"] if at_or_none(one["from"]) <= now]
    at = datetime.fromisoformat(request["at"])
    then = [one for one in versions if one.published_at <= at]
    given_then = None
    if then:
        latest = max(one.published_at for one in then)
        in_force = next(one.policy for one in then if one.published_at == latest)
        given_then = consent.decide(
            consent.extend(in_force, consents=known_then, decisions=signed_then), request
        )
    # Later, more is said, withdrawn, approved and decided: today's stand of everything.
    said, signed = copy.deepcopy(policy["consents"]), copy.deepcopy(policy["decisions"])
    late = spell(r, 100)
    said.append({**a_generated_consent(r, request, "z"), "recorded_at": late})
    signed.append({**a_generated_signed(r, request, "z"), "from": late, "until": spell(r, 101)})
    for one in said:
        if "withdrawn_at" not in one and chance(r, 50):
            one["withdrawn_at"] = late
    for one in signed:
        if one["kind"] != "break-glass":
            one["approved_by"] = [*one["approved_by"], an_approver("late", request["owner"], late)]
    assert consent.replay(versions, request, consents=said, decisions=signed) == given_then


# ---- impact ------------------------------------------------------------------------------------------------


def withdrawn(said, moment="2026-06-02T00:00:00Z"):
    return {**said, "withdrawn_at": moment}


LATER = datetime(2026, 6, 3, tzinfo=UTC)


def impact(rules, disclosures, consents=None, **changes):
    said = consents or [a_consent()]
    before, after = (
        consent.from_json(a_policy(rules=rules, decisions=[], consents=list_, **changes))
        for list_ in (said, [withdrawn(said[0]), *said[1:]])
    )
    return consent.impact(before, after, "c-1", disclosures, at=LATER)


def test_what_leaned_on_the_consent_and_nothing_else_stands_on():
    disclosure = Disclosure("x", a_request(), Level.FULL, "c-1")
    (touched,) = impact([a_rule(consent="required")], [disclosure])
    assert touched.disclosure is disclosure
    assert (touched.now.reason, touched.stands) == (Reason.CONSENT_REFUSED, Level.NONE)


@pytest.mark.parametrize(("level", "stands"), [("summary", Level.SUMMARY), ("full", Level.FULL)])
def test_what_stands_on_another_basis_and_how_far(level, stands):
    rules = [a_rule(consent="required"), a_rule(id="r-2", level=level)]
    (touched,) = impact(rules, [Disclosure("x", a_request(), Level.FULL, "c-1")])
    assert (touched.now.rule, touched.stands) == ("r-2", stands)


def test_what_stands_is_no_more_than_was_shown():
    rules = [a_rule(consent="required"), a_rule(id="r-2")]
    (touched,) = impact(rules, [Disclosure("x", a_request(), Level.PRESENCE, "c-1")])
    assert (touched.now.level, touched.stands) == (Level.FULL, Level.PRESENCE)


def test_what_named_another_consent_or_none_did_not_lean_on_it():
    others = [Disclosure("x", a_request(), Level.FULL, None), Disclosure("y", a_request(), Level.FULL, "c-2")]
    assert impact([a_rule()], others) == ()


def test_what_fell_without_it_leaned_on_it_though_another_was_named():
    two = [{"person": "p0", "role": "victim"}, {"person": "p1", "role": "victim"}]
    shown = Disclosure("x", a_request(subjects=two), Level.FULL, "c-0")
    said = [a_consent(), a_consent(id="c-0", person="p0")]
    (touched,) = impact([a_rule(consent="required")], [shown], said)
    assert touched.stands is Level.NONE


def test_what_another_consent_carries_alone_did_not_lean_on_it():
    others = a_request(subjects=[{"person": "p0", "role": "victim"}])
    said = [
        a_consent(),
        a_consent(id="c-0", person="p0"),
        a_consent(id="c-2", person="p0", recipients=["refuge"]),
    ]
    assert impact([a_rule(consent="required")], [Disclosure("x", others, Level.FULL, "c-0")], said) == ()


def test_the_order_is_the_one_given_and_now_is_now():
    shown = [Disclosure(name, a_request(), Level.FULL, "c-1") for name in "ba"]
    rule = a_rule(id="r-2", **{"from": "2026-06-03T00:00:00Z"})
    touched = impact([a_rule(consent="required"), rule], shown)
    assert [one.disclosure.ref for one in touched] == ["b", "a"]
    assert all(one.stands is Level.FULL for one in touched)


@LAW
@given(chances())
def test_an_impact_is_what_decisions_with_and_without_say(r):
    policy, request = a_world(r)
    said = policy["consents"] or [a_generated_consent(r, request, "c-0")]
    chosen = r.choice(said)
    at = START + 2 * AT * STEP
    after = [withdrawn(one, spell(r, 2 * AT)) if one is chosen else one for one in said]
    named = consent.decide(consent.from_json({**policy, "consents": said}), request)
    disclosure = Disclosure("x", request, named.level, named.consent)
    old, new, without = (
        consent.from_json({**policy, "consents": list_})
        for list_ in (said, after, [one for one in said if one is not chosen])
    )
    told = consent.impact(old, new, chosen["id"], [disclosure], at=at)
    leaned = named.consent == chosen["id"] or consent.decide(without, request).level < named.level
    now = consent.decide(new, {**request, "at": spell(r, 2 * AT)})
    assert [(one.disclosure, one.now) for one in told] == ([(disclosure, now)] if leaned else [])
    assert all(one.stands == min(now.level, named.level) for one in told)
