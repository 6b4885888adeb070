"""What a summary seems to name: told to its writer, and nothing else."""

from __future__ import annotations

import inspect
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference import sharing
from conference.sharing.hints import Hint, hints_in, sentence

NAMES = ("Maria Kowalczyk", "Adam Kowalczyk", "Li O'Neill")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        pytest.param("She told maria.", "a name", "Maria", id="a-first-name"),
        pytest.param("KOWALCZYK's flat", "a name", "Kowalczyk", id="a-surname-with-more"),
        pytest.param("rang 07700 900123 twice", "a phone number", "07700 900123", id="a-mobile"),
        pytest.param("+44 7700 900123", "a phone number", "+44 7700 900123", id="from-abroad"),
        pytest.param("0113 496 0000.", "a phone number", "0113 496 0000", id="a-landline"),
        pytest.param("NHS 943 476 5919", "an NHS number", "943 476 5919", id="nhs"),
        pytest.param("NHS 9434765919", "an NHS number", "9434765919", id="nhs-in-one"),
        pytest.param("QQ 12 34 56 C", "a National Insurance number", "QQ 12 34 56 C", id="ni"),
        pytest.param("qq123456c", "a National Insurance number", "QQ123456C", id="ni-in-one"),
        pytest.param("at LS9 0AA now", "a postcode", "LS9 0AA", id="postcode"),
        pytest.param("at sw1a1aa", "a postcode", "SW1A1AA", id="postcode-in-one"),
        pytest.param("born 3/3/1992", "a date", "3/3/1992", id="a-date"),
        pytest.param("born 1992-03-03", "a date", "1992-03-03", id="a-date-as-computers-do"),
        pytest.param("on 3rd March", "a date", "3rd march", id="a-date-in-words"),
    ],
)
def test_what_is_noticed(text: str, kind: str, said: str) -> None:
    assert hints_in(text, NAMES) == (Hint(kind, said),)


@pytest.mark.parametrize(
    "text",
    [
        "Under the crisis team since spring",
        "Three calls in 12 months, arrears of £1,240",
        "NHS 943 476 5918",  # its last digit does not check
        "mariachi",
        "Call 101 or 999",
        "Order 1234567890123456789",
    ],
)
def test_what_is_not_noticed(text: str) -> None:
    assert hints_in(text, NAMES) == ()


def test_only_names_that_the_writer_sees_are_looked_for() -> None:
    assert hints_in("Maria and Zofia", ["Maria Kowalczyk"]) == (Hint("a name", "Maria"),)
    assert hints_in("Maria and Zofia", []) == ()


def test_the_sentence_says_what_and_that_it_is_checked() -> None:
    found = hints_in("Maria, LS9 0AA", NAMES)
    assert sentence(found) == (
        "This summary seems to name Maria and a postcode (LS9 0AA). Check before you share it."
    )
    assert sentence(found[:1]) == "This summary seems to name Maria. Check before you share it."


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    assert all(one.said for one in hints_in(text, NAMES))


HOSTILE = (
    *("1 ", "1", "0 1", "a", "a1", "0-", "00 ", "ab 12 ", "1/1", "1/", "ls1", "1 j", "3 ja", "'a", "+44 "),
    *(
        "07700 900123 ",
        "3 may ",
        "Maria ",
        "9434765919 ",
        "943-476-5918 ",
        "LS9 0AA ",
        "qq123456c ",
        "\u0130",
    ),
)
LENGTH = 20_000


def least(text: str) -> float:
    """Milliseconds of the processor, the best of some."""
    taken = []
    for _ in range(5):
        begun = time.process_time()
        hints_in(text, NAMES)
        taken.append(time.process_time() - begun)
    return min(taken) * 1000


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_takes_as_long_as_it_is(piece: str) -> None:
    short, long = ((piece * length)[:length] for length in (LENGTH, 8 * LENGTH))
    taken = least(short)
    assert taken <= 10
    assert least(long) <= 8 * 2.5 * max(taken, 1)


def test_nothing_that_decides_knows_of_hints() -> None:
    folder = Path(inspect.getfile(sharing)).parent
    knows = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(r"\bhints\b", path.read_text("utf-8")) and path.name != "hints.py"
    }
    assert knows == set()
