"""What can be wrong with a policy is told in the same words wherever it is."""

import json

import pytest

import consent
from consent.jsontext import note_repeats, read_json
from tests.consent import faults_told
from tests.consent.examples import WRITTEN, a_consent, a_policy, a_request, a_rule


def faults_of(read, *args, **more):
    with pytest.raises(consent.BrokenPolicy) as caught:
        read(*args, **more)
    return caught.value.faults


# ---- the same thing wrong everywhere -------------------------------------------------------------------


def names(value):
    return isinstance(value, list) and isinstance(value[0], str)


def unknown(key, value):
    if key in ("presence_as", "basis", "lock", "owner", "agency"):
        return "nothing"
    return ["nothing"] if key not in ("sectors", "kinds", "roles", "subjects") and names(value) else value


def emptied(_, value):
    return [] if names(value) else value


def seven(_, value):
    holds_more = isinstance(value, dict) or (isinstance(value, list) and not names(value))
    return value if holds_more else 7


def replaced(written, change):
    """`written` with `change(key, value)` in place of the value of every key, inside first."""
    if isinstance(written, list):
        return [replaced(one, change) for one in written]
    if not isinstance(written, dict):
        return written
    return {key: change(key, replaced(value, change)) for key, value in written.items()}


def each_list(change):
    return {key: change(value) if isinstance(value, list) else value for key, value in WRITTEN.items()}


SPOILT = {
    "unknown": (replaced(WRITTEN, unknown) | {"purposes": WRITTEN["purposes"]}, faults_told.UNKNOWN),
    "empty": (replaced(WRITTEN, emptied) | {"purposes": WRITTEN["purposes"]}, faults_told.EMPTY),
    "sevens": (replaced(WRITTEN, seven), faults_told.SEVENS),
    "bare": (each_list(lambda _: [{}]) | {"agencies": {"police": {}}}, faults_told.BARE),
    "twice": (each_list(lambda value: value * 2), faults_told.TWICE),
}


@pytest.mark.parametrize("how", SPOILT)
def test_every_fault_is_told_in_these_words_and_no_other(how):
    policy, told = SPOILT[how]
    assert list(faults_of(consent.from_json, policy)) == told.strip().splitlines()


def test_an_exception_is_the_opposite_of_its_parent_at_every_depth():
    said = a_consent(**{"except": [{"decision": "refuse", "except": [{"decision": "refuse"}]}]})
    assert faults_of(consent.from_json, a_policy(consents=[said])) == (
        "consents[0].except[0].except[0].decision: must be grant, the opposite of what it excepts",
    )


def test_a_name_in_any_script_is_told_as_it_is_written():
    policy = a_policy(rules=[a_rule(classes=["santé"]), a_rule(id="r-2", classes=["a\tb"])])
    assert faults_of(consent.from_json, policy) == (
        'rules[0].classes[0]: unknown class "santé"',
        r'rules[1].classes[0]: unknown class "a\tb"',
    )


def test_a_key_that_is_no_string_is_a_fault():
    assert faults_of(consent.from_json, a_policy() | {7: "x"}) == ("policy: has a key that is not a string",)


@pytest.mark.parametrize("count", [0, 1, 2**53 - 1])
def test_a_count_is_any_whole_number_that_every_json_reader_keeps(count):
    assert consent.from_json(a_policy(rules=[a_rule(approvals=count)])).rules[0].approvals == count


def test_a_count_that_some_json_readers_round_is_a_fault():
    assert faults_of(consent.from_json, a_policy(rules=[a_rule(approvals=2**53)])) == (
        "rules[0].approvals: must be a whole number, 0 or more",
    )


def test_a_long_name_is_cut():
    policy = a_policy(rules=[a_rule(basis="x" * 80), a_rule(id="r-2", basis="x" * 81)])
    assert faults_of(consent.from_json, policy) == (
        f'rules[0].basis: unknown basis "{"x" * 80}"',
        f'rules[1].basis: unknown basis "{"x" * 80}…"',
    )


def test_only_a_key_that_is_written_twice_is_told():
    text = '{"version": "1",' + json.dumps(a_policy())[1:]
    assert faults_of(consent.load, text) == ("version: key written twice",)


def test_the_message_is_every_fault():
    with pytest.raises(consent.BrokenPolicy, match=r"^classes: must be a list; rules: must be a list$"):
        consent.from_json(a_policy(classes=7, rules=7))


def test_a_request_with_a_key_twice_is_incomplete_and_no_other_is():
    policy = consent.from_json(a_policy(rules=[a_rule(level="summary")], consents=[], decisions=[]))
    written = json.dumps(a_request())
    asked = {
        "once": read_json(written, note_repeats),
        "twice": read_json('{"purpose": "harm",' + written[1:], note_repeats),
        "twice within": read_json(written.replace('"roles"', '"agency": "almo", "roles"'), note_repeats),
    }
    assert {how: consent.decide(policy, one).reason.value for how, one in asked.items()} == {
        "once": "permitted",
        "twice": "incomplete",
        "twice within": "incomplete",
    }
