"""What this process has found out about open pages. Forgetting any of it costs time, never rightness."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from conference.sharing.marks import Parts

MOST = 5_000
"""So many open pages are remembered, the last that were asked about."""


class Answer(StrEnum):
    """What has become of a page."""

    SAME = "same"
    MORE = "more"  # all that it shows still holds, and there is something new
    LESS = "less"  # something that it shows does not hold any more


@dataclass(frozen=True, slots=True)
class Known:
    """An open page as it was found last.

    version: of the partnership's inputs then.   until: when the answer can change by itself.
    glimpse: what was decided then.
    parts, lines: what the page itself is made of, and which fields it shows how far; None where only the
             page knows.
    """

    version: int
    until: datetime | None
    glimpse: str
    parts: Parts | None
    lines: frozenset[str] | None
    answer: Answer

    def holds(self, version: int, at: datetime) -> bool:
        """Whether nothing can have changed since."""
        return self.version == version and (self.until is None or at < self.until)


class Memory:
    """Open pages by whose they are, which, and their mark."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[object, ...], Known] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, page: tuple[object, ...]) -> Known | None:
        """What is known of a page."""
        with self._lock:
            found = self._pages.get(page)
            if found is not None:
                self._pages.move_to_end(page)
            return found

    def keep(self, page: tuple[object, ...], known: Known) -> None:
        """Remember it."""
        with self._lock:
            self._pages[page] = known
            self._pages.move_to_end(page)
            while len(self._pages) > MOST:
                self._pages.popitem(last=False)
