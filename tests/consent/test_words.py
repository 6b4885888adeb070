"""Words, moments and objects of a policy: what is one, and what a missing key is called."""

import copy
from datetime import UTC, datetime

import pytest

import consent
from consent.moment import parse_moment
from consent.words import is_word
from tests.consent.examples import a_policy

REQUIRED = {
    ("classes", 0): ["name"],
    ("agencies", "police"): ["kind", "sector"],
    ("bases", 0): ["code", "sectors"],
    ("agreements", 0): ["id", "parties", "purposes", "classes", "from", "until"],
    ("locks", 0): ["id", "classes"],
    ("rules", 0): ["id", "effect"],
    ("consents", 0): [
        *("id", "person", "decision", "given_at", "recorded_at", "from"),
        *("recipients", "purposes", "classes"),
    ],
    ("decisions", 0): [
        *("id", "kind", "person", "owner", "recipients", "purposes", "classes"),
        *("level", "reason", "requested_by", "from", "until"),
    ],
}
KEYS = [(key, place, name) for (key, place), names in REQUIRED.items() for name in names]


@pytest.mark.parametrize(("key", "place", "name"), KEYS)
def test_a_required_key_that_is_missing_is_named(key, place, name):
    policy = copy.deepcopy(a_policy())
    del policy[key][place][name]
    with pytest.raises(consent.BrokenPolicy) as caught:
        consent.from_json(policy)
    where = f"{key}.{place}" if key == "agencies" else f"{key}[{place}]"
    assert f"{where}.{name}: missing" in caught.value.faults


@pytest.mark.parametrize("word", ["a", "Zoë", "ë", "家", "a\ue000", "😀"])
def test_any_text_that_can_be_written_is_a_word(word):
    assert is_word(word)


@pytest.mark.parametrize("word", ["", None, 7, b"a", "\ud800", "a\udfff", "é\udc00"])
def test_nothing_else_is_a_word(word):
    assert not is_word(word)


@pytest.mark.parametrize(
    ("decimals", "microsecond"),
    [("", 0), (".5", 500_000), (".05", 50_000), (".123456", 123_456), (".10", 100_000)],
)
def test_decimals_are_parts_of_a_second(decimals, microsecond):
    assert parse_moment(f"2026-11-22T10:00:00{decimals}Z") == datetime(
        2026, 11, 22, 10, 0, 0, microsecond, UTC
    )


def test_two_that_have_no_name_are_not_told_to_have_the_same():
    policy = copy.deepcopy(a_policy())
    del policy["rules"][0]["id"], policy["rules"][1]["id"]
    with pytest.raises(consent.BrokenPolicy) as caught:
        consent.from_json(policy)
    assert caught.value.faults == ("rules[0].id: missing", "rules[1].id: missing")
