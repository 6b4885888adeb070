"""Text and dates as inputs write them, checked and put into words."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time

from conference import clock

MONTHS = "January February March April May June July August September October November December".split()
_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d{1,9})?(?P<zone>Z|[+-]\d\d:\d\d))?)?)?",
    re.ASCII,
)
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPACES = frozenset("\t\n\r")


def why_not_plain(text: str) -> str | None:
    """Why `text` cannot be shown to a person as it is, or None.

    Refused: what turns the direction of text, control characters, halves of characters, signs that are none.
    """
    if text.isascii() and text.isprintable():
        return None
    for sign in text:
        if sign in _TURNS:
            return "a sign that turns the direction of text"
        kind = unicodedata.category(sign)
        if kind == "Cs":
            return "half a character"
        if (kind == "Cc" and sign not in _SPACES) or sign == "\ufeff":
            return "a control character"
        if ord(sign) & 0xFFFE == 0xFFFE or "\ufdd0" <= sign <= "\ufdef":
            return "a sign that is no character"
    return None


def tidy(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())


def in_words(text: str) -> str | None:
    """A FHIR date or dateTime in English, as precise as it was: `2019-12` gives `December 2019`.

    Moments are told in London time. None if `text` is not a real date.
    Source: FHIR R4, datatypes, date and dateTime.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    year, month, day = int(parts["year"]), int(parts["month"] or 1), int(parts["day"] or 1)
    try:
        if parts["hour"] is not None:
            at = datetime.fromisoformat(text).astimezone(clock.LONDON)
            return f"{at.day} {MONTHS[at.month - 1]} {at.year} at {at:%H:%M}"
        date(year, month, day)
    except (ValueError, OverflowError):
        return None
    if parts["month"] is None:
        return str(year)
    return f"{MONTHS[month - 1]} {year}" if parts["day"] is None else f"{day} {MONTHS[month - 1]} {year}"


def as_moment(text: str | None) -> datetime | None:
    """A full FHIR date or dateTime as an aware moment; a date begins at midnight in London. Else None."""
    if text is None or len(text) < 10 or in_words(text) is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at.replace(tzinfo=clock.LONDON) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_past(text: str | None) -> bool:
    """Whether a FHIR date or dateTime, read at its least, is over. Nothing written is not."""
    at = as_moment(text) if text else None
    if at is not None:
        return at < clock.now() and text is not None and text[:10] < clock.today().isoformat()
    return text is not None and text[:7] < clock.today().isoformat()[: len(text[:7])]


def real_date(text: str) -> date | None:
    """`YYYY-MM-DD` as a date, or None."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def real_time(text: str) -> time | None:
    """`hh:mm` as a time, or None."""
    if not re.fullmatch(r"\d\d:\d\d", text, re.ASCII):
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None
