"""Working days in England and Wales.

Source: GOV.UK, "UK bank holidays", division England and Wales, https://www.gov.uk/bank-holidays.json.
The list ends with `LAST_YEAR`. A bank holiday after it counts as a working day here, because we do not guess:
what is due by a working day is then due early, never late.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from conference.clock import LONDON

_BANK_HOLIDAYS = """
2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26
"""
BANK_HOLIDAYS = frozenset(date.fromisoformat(day) for day in _BANK_HOLIDAYS.split())
LAST_YEAR = max(BANK_HOLIDAYS).year


def is_working_day(day: date) -> bool:
    """Monday to Friday, but for the bank holidays that are known."""
    return day.weekday() < 5 and day not in BANK_HOLIDAYS


def next_working_day(at: datetime) -> datetime:
    """The last second, in London, of the first working day after the day of `at`; aware, UTC."""
    day = at.astimezone(LONDON).date() + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, time(23, 59, 59), LONDON).astimezone(UTC)
