"""Dates, times and numbers as people here write them. Source: screens, section 15."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol

from conference import clock
from conference.clock import LONDON


class Said(Protocol):
    """A line with a text and its class."""

    @property
    def text(self) -> str | None:
        """What it says."""

    @property
    def class_name(self) -> str:
        """What kind of information it is."""


def day(value: date | datetime) -> str:
    """`24 November 2026`."""
    on = value.astimezone(LONDON).date() if isinstance(value, datetime) else value
    return f"{on.day} {on:%B} {on.year}"


def short_day(value: date | datetime) -> str:
    """`24 Nov`, for tables."""
    on = value.astimezone(LONDON).date() if isinstance(value, datetime) else value
    return f"{on.day} {on:%b}"


def day_month(value: date) -> str:
    """`27 November`, for what is near; with the year where it is not this one."""
    return f"{value.day} {value:%B}" if value.year == clock.today().year else day(value)


def day_and_times(starts: datetime, ends: datetime) -> str:
    """`Today, 9:30am to 12:30pm`, or with the date."""
    on = starts.astimezone(LONDON).date()
    return f"{'Today' if on == clock.today() else day(on)}, {hour(starts)} to {hour(ends)}"


def weekday(value: date | datetime) -> str:
    """`Wednesday 25 November`, for what is near."""
    on = value.astimezone(LONDON).date() if isinstance(value, datetime) else value
    return f"{on:%A} {on.day} {on:%B}"


def hour(value: datetime) -> str:
    """`9:30am`, in London."""
    at = value.astimezone(LONDON)
    return f"{at.hour % 12 or 12}:{at:%M}{'am' if at.hour < 12 else 'pm'}"


def day_and_hour(value: datetime) -> str:
    """`24 November 2026, 9:58am`."""
    return f"{day(value)}, {hour(value)}"


def nhs_number(value: str) -> str:
    """`943 476 5919`; anything that is not ten digits stays as it is."""
    digits = value.replace(" ", "")
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}" if len(digits) == 10 and digits.isdigit() else value


def said(row: Said) -> str:
    """What a line of a view says: a date of birth as a date, an NHS number in its groups."""
    text = row.text or ""
    if row.class_name == "identity.nhs-number":
        return nhs_number(text)
    if row.class_name == "identity.dob":
        try:
            return day(date.fromisoformat(text.strip()))
        except ValueError:
            return text
    return text


FILTERS: dict[str, Callable[..., str]] = {
    "day": day,
    "short_day": short_day,
    "day_month": day_month,
    "day_and_times": day_and_times,
    "weekday": weekday,
    "hour": hour,
    "day_and_hour": day_and_hour,
    "nhs_number": nhs_number,
    "said": said,
}
