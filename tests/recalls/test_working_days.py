"""Against Easter worked out here, and the Banking and Financial Dealings Act 1971, schedule 1."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.clock import LONDON
from conference.sharing.reviews.working_days import (
    BANK_HOLIDAYS,
    LAST_YEAR,
    is_working_day,
    next_working_day,
)


def easter(year: int) -> date:
    """Easter Sunday. Source: the anonymous Gregorian computus (Nature, 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def usual(year: int) -> set[date]:
    """The bank holidays of a year in which none is moved or added by proclamation."""

    def monday(first: date, step: int) -> date:
        while first.weekday():
            first += timedelta(days=step)
        return first

    days = {easter(year) - timedelta(days=2), easter(year) + timedelta(days=1)}
    days |= {monday(date(year, 5, 1), 1), monday(date(year, 5, 31), -1), monday(date(year, 8, 31), -1)}
    for wanted in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = wanted
        while day.weekday() > 4 or day in days:
            day += timedelta(days=1)
        days.add(day)
    return days


@pytest.mark.parametrize("year", range(2025, LAST_YEAR + 1))
def test_the_list_is_what_the_law_gives(year: int) -> None:
    assert {day for day in BANK_HOLIDAYS if day.year == year} == usual(year)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        pytest.param("2026-11-24T10:42:00Z", "2026-11-25", id="tuesday"),
        pytest.param("2026-11-27T23:30:00Z", "2026-11-30", id="friday-night"),
        pytest.param("2026-11-28T09:00:00Z", "2026-11-30", id="saturday"),
        pytest.param("2026-12-24T12:00:00Z", "2026-12-29", id="christmas-eve"),
        pytest.param("2027-03-25T12:00:00Z", "2027-03-30", id="before-good-friday"),
        pytest.param("2026-06-30T23:30:00Z", "2026-07-02", id="past-midnight-in-london"),
    ],
)
def test_the_next_working_day(at: str, due: str) -> None:
    ends = next_working_day(datetime.fromisoformat(at)).astimezone(LONDON)
    assert (ends.date().isoformat(), ends.hour, ends.minute) == (due, 23, 59)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_it_is_the_first_that_comes(at: datetime) -> None:
    first, due = at.astimezone(LONDON).date(), next_working_day(at).astimezone(LONDON).date()
    assert first < due
    assert is_working_day(due)
    between = (first + timedelta(days=day) for day in range(1, (due - first).days))
    assert not any(map(is_working_day, between))
