"""Dates of the story, relative to the day on which it is told.

`{-12}` in a text becomes the date twelve days ago in words, `{+7:iso}` next week's as 2026-11-29, and
`{34/03-03}` the birthday, 3 March, of somebody who is 34 that day. So the story is the same whenever it is
told, but for its dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from conference.clock import LONDON

_DAYS = re.compile(r"\{([+-]\d+)(:iso)?\}")
_BORN = re.compile(r"\{(\d+)/(\d\d)-(\d\d)\}")


@dataclass(frozen=True)
class Days:
    """The calendar around `today`."""

    today: date

    def day(self, offset: int) -> date:
        """`offset` days from today."""
        return self.today + timedelta(days=offset)

    def at(self, offset: int, hour: int = 10, minute: int = 0) -> datetime:
        """A moment on that day, London time, aware."""
        return datetime.combine(self.day(offset), time(hour, minute), LONDON).astimezone(UTC)

    def told(self, text: str) -> str:
        """`text` with its dates put in."""
        text = _BORN.sub(lambda found: self.born(*map(int, found.groups())).isoformat(), text)
        return _DAYS.sub(self._date, text)

    def born(self, age: int, month: int, day: int) -> date:
        """The birthday of somebody who is `age` years old today."""
        had_birthday = (self.today.month, self.today.day) >= (month, day)
        return date(self.today.year - age - (not had_birthday), month, day)

    def _date(self, found: re.Match[str]) -> str:
        day = self.day(int(found.group(1)))
        return day.isoformat() if found.group(2) else f"{day.day} {day:%B} {day.year}"
