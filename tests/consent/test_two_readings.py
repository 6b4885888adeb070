"""The engine and the second, naive reading of the law agree, on worlds that reach every reason often."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consent
from tests.consent import naive
from tests.consent.naive_soundness import is_sound
from tests.consent.profile import LAW, MUTATED, SOAKING
from tests.consent.worlds import a_world, chances, spoilt, worlds

WORLDS = 60_000 if SOAKING else 300 if MUTATED else 2_000


@LAW
@given(worlds())
def test_the_two_readings_give_the_same_decision(world):
    policy, request = world
    assert consent.decide(consent.from_json(policy), request).as_json() == naive.answer(policy, request)


@LAW
@given(chances())
def test_the_two_readings_agree_on_what_is_no_request(r):
    policy, request = a_world(r)
    broken = spoilt(r, request)
    assert consent.decide(consent.from_json(policy), broken).as_json() == naive.answer(policy, broken)


@LAW
@given(worlds())
def test_every_generated_policy_is_sound_to_both_readings(world):
    policy, _ = world
    assert is_sound(policy)
    consent.from_json(policy)


@LAW
@given(
    worlds(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner) | st.sets(st.text())
        ),
    ),
)
def test_anything_at_all_that_is_no_request_is_incomplete(world, anything):
    decision = consent.decide(consent.from_json(world[0]), anything)
    assert (decision.level, decision.reason) == (consent.Level.NONE, consent.Reason.INCOMPLETE)


@pytest.fixture(scope="module")
def counted():
    """How often each reason, and each thing that a decision can name, comes in a fixed run of worlds."""
    source, reasons, named = random.Random(20261101), Counter(), Counter()
    for _ in range(WORLDS):
        policy, request = a_world(source)
        if source.randrange(20) == 0:
            request = spoilt(source, request)
        decision = consent.decide(consent.from_json(policy), request).as_json()
        assert decision == naive.answer(policy, request)
        reasons[decision["reason"]] += 1
        named.update(key for key, value in decision.items() if value)
        named[f"{decision['reason']}, two subjects"] += len(request.get("subjects") or ()) > 1
    return reasons, named


@pytest.mark.parametrize("reason", list(consent.Reason))
def test_the_generated_worlds_reach_every_reason_often(counted, reason):
    assert counted[0][reason.value] >= WORLDS // 100


@pytest.mark.parametrize(
    "key", ["override", "limits", "consent", "lock", "agreement", "condition", "power", "rule"]
)
def test_the_generated_worlds_name_everything_often(counted, key):
    assert counted[1][key] >= WORLDS // 100
