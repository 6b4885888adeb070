"""What in a text might say who somebody is: for whoever writes it, before they share it. It decides nothing.

Only names that this writer sees anyway are looked for, and a fixed set of patterns of which every try is
bounded: a hostile text takes no longer than any other of its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

MOST_TOLD = 8
_SHORTEST_NAME = 3
_MOST_OF_A_KIND = 20
_NAME, _NHS = "a name", "an NHS number"
_WORD = re.compile(r"[^\W\d_]+")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"

# Over a text in small letters; nothing in them repeats without an end.
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a phone number", re.compile(r"(?<![\d+])(?:0|\+44 ?)\d(?:[ -]?\d){8,9}(?!\d)")),
    (_NHS, re.compile(r"(?<![\d+-])[1-9]\d\d[ -]?\d{3}[ -]?\d{4}(?!\d)")),
    ("a National Insurance number", re.compile(r"\b[a-z]{2} ?\d\d ?\d\d ?\d\d ?[a-d]\b")),
    ("a postcode", re.compile(r"\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b")),
    ("a date", re.compile(r"(?<![\d/.-])\d{1,2}([/.-])\d{1,2}\1\d\d(?:\d\d)?(?!\d)")),
    ("a date", re.compile(r"(?<![\d/.-])[12]\d{3}-[01]\d-[0-3]\d(?!\d)")),
    ("a date", re.compile(rf"(?<!\d)[0-3]?\d(?:st|nd|rd|th)? (?:{_MONTHS})[a-z]{{0,6}}")),
)


@dataclass(frozen=True, slots=True)
class Hint:
    """Something to look at. kind: `a name`, `a phone number` ...   said: which."""

    kind: str
    said: str


def hints_in(text: str, names: Iterable[str]) -> tuple[Hint, ...]:
    """What might say who somebody is, each once, names first.

    names: of the people whom the writer sees by name; a part of one is a hint too.
    """
    plain = text.lower()
    return tuple(dict.fromkeys((*_names_in(plain, names), *_patterns_in(plain))))


def sentence(found: tuple[Hint, ...]) -> str:
    """What to tell the writer: what the summary seems to name, and that they check it."""
    said = [one.said if one.kind == _NAME else f"{one.kind} ({one.said})" for one in found[:MOST_TOLD]]
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"This summary seems to name {listed}. Check before you share it."


def _names_in(plain: str, names: Iterable[str]) -> Iterator[Hint]:
    parts = (part for name in names for part in _WORD.findall(name) if len(part) >= _SHORTEST_NAME)
    known = {part.lower(): part for part in parts}
    said = set(_WORD.findall(plain)) if known else set()
    return (Hint(_NAME, part) for lower, part in known.items() if lower in said)


def _patterns_in(plain: str) -> Iterator[Hint]:
    for kind, pattern in PATTERNS:
        found = (one[0] for one in pattern.finditer(plain))
        fitting = (one for one in found if kind != _NHS or _is_nhs_number(one))
        for one in islice(fitting, _MOST_OF_A_KIND):
            yield Hint(kind, one if kind == "a date" else one.upper())


def _is_nhs_number(said: str) -> bool:
    """Whether its last digit checks. Source: NHS Data Dictionary, NHS NUMBER."""
    digits = [int(sign) for sign in said if sign.isdigit()]
    check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check % 11 == digits[9]
