"""What was answered so far: kept in the session, which is sealed on the server, and never in an address.

Whatever was answered is gone with the session, or once it is recorded.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

from conference.ids import new_id

KEY = "consent"
LASTS = timedelta(hours=1)
"""From the first answer on: whether it is safe is not taken from longer ago."""
AT_ONCE = 3
"""Drafts of so many cases at the same time; the oldest goes."""

RESTS_ON = {
    "person": frozenset(
        {
            *("safe", "alone", "unsafe", "interpreter", "speaker", "able", "gillick", "read"),
            *("agencies", "purposes", "kinds", "left_out", "until"),
        }
    ),
    "unsafe": frozenset({"speaker"}),
    "speaker": frozenset({"able", "gillick"}),
    "kinds": frozenset({"left_out"}),
}
"""Which answers are asked again when another one changes."""

Answers = dict[str, dict[str, Any]]


class Draft:
    """The answers about one case, step by step."""

    def __init__(self, kept: MutableMapping[str, Any], case_id: str, at: datetime) -> None:
        self._kept, self._case_id = kept, case_id
        found: dict[str, Any] = kept.get(KEY, {}).get(case_id) or self._new(at)
        is_old = datetime.fromisoformat(found["since"]) + LASTS <= at
        self._found = self._new(at) if is_old else found

    @staticmethod
    def _new(at: datetime) -> dict[str, Any]:
        return {"answers": {}, "turn": new_id("drf"), "since": at.isoformat()}

    @property
    def answers(self) -> Answers:
        """What was answered, by step."""
        found: Answers = self._found["answers"]
        return found

    @property
    def turn(self) -> str:
        """Another one after each answer: what was checked on a page is what is recorded, or nothing is."""
        return str(self._found["turn"])

    def of(self, step: str, name: str) -> Any:
        """One answer; None where there is none."""
        return self.answers.get(step, {}).get(name)

    def answer(self, step: str, answers: dict[str, Any]) -> None:
        """Keep the answers of a step; other answers that rested on what it said before are asked again."""
        is_new = self.answers.get(step) != answers
        asked_again = RESTS_ON.get(step, frozenset()) if is_new else frozenset()
        known = {name: one for name, one in self.answers.items() if name not in asked_again}
        self._found = {**self._found, "answers": {**known, step: answers}, "turn": new_id("drf")}
        others = {case: one for case, one in self._kept.get(KEY, {}).items() if case != self._case_id}
        newest = dict(list(others.items())[-(AT_ONCE - 1) :])
        self._kept[KEY] = {**newest, self._case_id: self._found}

    def drop(self) -> None:
        """Forget them."""
        kept = self._kept.get(KEY, {})
        self._kept[KEY] = {case: one for case, one in kept.items() if case != self._case_id}
