"""Make answers durable in groups: whoever comes while one group is being committed is in the next.

Nobody waits for a fixed time. The first to come begins a transaction, commits in it what waits by then,
itself included, and hands on to the first of those who came meanwhile. The slower the disk, the larger the
groups.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from conference import clock, inputs
from conference.db import Database
from conference.trail import writing
from conference.trail.writing import Prepared

MOST = 256  # answers in one transaction


def _closed() -> threading.Lock:
    """A gate that whoever waits passes when it is released, once."""
    gate = threading.Lock()
    gate.acquire()
    return gate


@dataclass(slots=True, eq=False)
class _Answer:
    """One answer that waits.

    leads: it is its turn to commit the next group.
    result: whether what it was decided on still holds; None until it is known.
    """

    prepared: Sequence[Prepared]
    inputs: Mapping[str, int]
    horizon: datetime | None
    context: Context = field(default_factory=copy_context)
    gate: threading.Lock = field(default_factory=_closed)
    leads: bool = False
    result: bool | None = None
    fault: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.result is not None or self.fault is not None


class Committer:
    """Commits the events of answers that only read. One for each process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mutex = threading.Lock()
        self._waiting: list[_Answer] = []
        self._is_led = False

    def log(
        self, prepared: Sequence[Prepared], seen: Mapping[str, int], horizon: datetime | None = None
    ) -> bool:
        """Make one answer's events durable, unless what it was decided on has changed since. Says which.

        seen: the counters of `inputs` that it was decided on.   horizon: until when it holds (aware).
        Back when the events are on the disk. Raises what storing them raised; others are not concerned.
        """
        mine = _Answer(prepared, seen, horizon)
        with self._mutex:
            self._waiting.append(mine)
            leads, self._is_led = not self._is_led, True
        if not leads:
            self._wait(mine)
        if not mine.is_done:
            self._lead(mine)
        if mine.fault is not None:
            raise mine.fault
        return bool(mine.result)

    def _wait(self, mine: _Answer) -> None:
        """Until it is done, or ours to lead."""
        try:
            mine.gate.acquire()
        except BaseException:  # this process is being ended
            with self._mutex:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            if mine.leads:
                self._hand_on()
            raise

    def _hand_on(self) -> None:
        with self._mutex:
            self._is_led = bool(self._waiting)
            if self._is_led:
                self._waiting[0].leads = True
                self._waiting[0].gate.release()

    def _lead(self, mine: _Answer) -> None:
        """Commit what waits, and hand on. The caller's answer is the first of those that wait."""
        group: list[_Answer] = []
        try:
            self._commit(group)
        finally:
            if not group:  # ended before it began
                group.append(mine)
                with self._mutex:
                    self._waiting.remove(mine)
            for answer in group:
                if not answer.is_done:  # the leader is being ended
                    answer.fault = RuntimeError("the group was not committed")
                if answer is not mine:
                    answer.gate.release()
            self._hand_on()  # last, so that those who are done and come again may be in the next group

    def _take(self, group: list[_Answer]) -> None:
        """Put those that wait into `group`."""
        with self._mutex:
            group += self._waiting[:MOST]
            del self._waiting[:MOST]

    def _commit(self, group: list[_Answer]) -> None:
        """All in one transaction; where that fails, each in one of its own, so that one fails alone.

        Who is in the group is settled when the transaction has begun: until then others may still come.
        """
        try:
            with self._begun() as session:
                self._take(group)
                results = self._stored(session, group)
        except Exception:  # noqa: BLE001 - each that fails again gets its own
            if not group:
                self._take(group)
            self._commit_each(group)
            return
        for answer, holds in zip(group, results, strict=True):
            answer.result = holds

    def _commit_each(self, group: list[_Answer]) -> None:
        """One after the other, until the database itself fails: then those that are left wait no longer."""
        away: OperationalError | None = None
        for answer in group:
            if away is not None:
                answer.fault = away
                continue
            try:
                with self._begun() as session:
                    [holds] = self._stored(session, [answer], again=True)
                answer.result = holds
            except OperationalError as fault:
                answer.fault = away = fault
            except Exception as fault:  # noqa: BLE001 - it is raised to the one whom it concerns
                answer.fault = fault

    @contextmanager
    def _begun(self) -> Iterator[Session]:
        """A transaction that the database has begun: durable when it is left."""
        with self._database.write() as session:
            session.connection()
            yield session

    def _stored(self, session: Session, group: list[_Answer], *, again: bool = False) -> list[bool]:
        """Store the events of all those that still hold, and say which do.

        again: an earlier try failed; what it has made durable all the same is not stored twice.
        """
        results = _holding(session, group)
        prepared = [
            one for answer, holds in zip(group, results, strict=True) if holds for one in answer.prepared
        ]
        if not (again and writing.is_stored(session, prepared)):
            writing.commit_prepared(session, prepared)
        return results


def _holding(session: Session, group: list[_Answer]) -> list[bool]:
    found = inputs.versions(session, {partnership for answer in group for partnership in answer.inputs})
    return [
        (answer.horizon is None or answer.context.run(clock.now) < answer.horizon)
        and all(found[partnership] == number for partnership, number in answer.inputs.items())
        for answer in group
    ]
