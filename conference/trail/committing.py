"""Make answers durable in groups: whoever comes while one group is being committed is in the next.

Nobody waits for a fixed time. The first to come begins a transaction, commits in it what waits by then,
itself included, and hands on to the first of those who came meanwhile. The slower the disk, the larger the
groups. One group is committed at a time, on PostgreSQL too: with two or three at once groups are smaller,
which was measured to cost more than it saves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from conference import clock, inputs
from conference.db import Database
from conference.trail import writing
from conference.trail.keeping import Kept
from conference.trail.writing import Prepared

MOST = 256  # answers in one transaction


def _closed() -> threading.Lock:
    """A gate that whoever waits passes when it is released, once."""
    gate = threading.Lock()
    gate.acquire()
    return gate


@dataclass(slots=True, eq=False)
class _Answer:
    """One answer, until it is durable.

    gate, context: of one that waits; whose turn it is at once needs neither.
    leads: it is its turn to commit the next group.
    result: whether what it was decided on still holds; None until it is known.
    """

    prepared: Sequence[Prepared]
    inputs: Mapping[str, int]
    horizon: datetime | None
    gate: threading.Lock | None = None
    context: Context | None = None
    leads: bool = False
    result: bool | None = None
    fault: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.result is not None or self.fault is not None

    def holds_now(self) -> bool:
        """Whether it may still be given, by its own clock."""
        if self.horizon is None:
            return True
        at = clock.now() if self.context is None else self.context.run(clock.now)
        return at < self.horizon


class Committer:
    """Commits the events of answers that only read. One for each process."""

    def __init__(self, database: Database) -> None:
        self._kept = Kept(database)
        self._mutex = threading.Lock()
        self._waiting: list[_Answer] = []
        self._is_led = False
        self._before = 0  # how many were in the group before

    def log(
        self, prepared: Sequence[Prepared], seen: Mapping[str, int], horizon: datetime | None = None
    ) -> bool:
        """Make one answer's events durable, unless what it was decided on has changed since. Says which.

        seen: the counters of `inputs` that it was decided on.   horizon: until when it holds (aware).
        Back when the events are on the disk. Raises what storing them raised; others are not concerned.
        """
        mine = _Answer(prepared, seen, horizon)
        group: list[_Answer] = []  # that is led from here
        try:
            self._come(mine)
            if mine.leads:
                self._commit(mine, group)
        finally:
            self._go(mine, group)
        if mine.fault is not None:
            raise mine.fault
        return bool(mine.result)

    def _come(self, mine: _Answer) -> None:
        """Lead at once where nobody does; otherwise wait until it is done, or ours to lead."""
        with self._mutex:
            if not self._is_led:
                self._is_led = mine.leads = True
                return
            mine.context = copy_context()
            mine.gate = gate = _closed()
            self._waiting.append(mine)
        gate.acquire()

    def _go(self, mine: _Answer, group: list[_Answer]) -> None:
        """Let nobody wait for us any longer, whether it is done or we were ended anywhere before this.

        Whoever is made to lead no longer waits: both happen at once.
        """
        if not mine.is_done:
            with self._mutex:
                if mine in self._waiting:
                    self._waiting.remove(mine)
        if mine.leads:
            for answer in group:
                if not answer.is_done:  # the leader is being ended
                    answer.fault = RuntimeError("the group was not committed")
                if answer.gate is not None and answer is not mine:
                    answer.gate.release()
            self._hand_on()  # last, so that those who are done and come again may be in the next group

    def _hand_on(self) -> None:
        with self._mutex:
            self._is_led = bool(self._waiting)
            if self._is_led:
                first = self._waiting.pop(0)
                first.leads = True
                if first.gate is not None:
                    first.gate.release()

    def _give_way(self) -> None:
        """Let those run who are about to come, as those of the group before are, for as long as some do.

        Before the transaction begins, so that it is interrupted less, and SQLite's one writer not held yet.
        """
        known = 0 if self._before > 1 else 1
        while known <= (there := len(self._waiting)):
            time.sleep(0)
            known = there + 1

    def _take(self, mine: _Answer, group: list[_Answer]) -> None:
        """Put the leader and those that wait into `group`."""
        with self._mutex:
            group.append(mine)
            group += self._waiting[: MOST - 1]
            del self._waiting[: MOST - 1]
        self._before = len(group)

    def _commit(self, mine: _Answer, group: list[_Answer]) -> None:
        """All in one transaction; where that fails, each in one of its own, so that one fails alone.

        Who is in the group is settled when the transaction has begun: until then others may still come.
        """
        try:
            self._give_way()
            with self._begun() as session:
                self._take(mine, group)
                results = self._stored(session, group)
        except Exception:  # noqa: BLE001 - each that fails again gets its own
            if not group:
                self._take(mine, group)
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
        with self._kept.write() as session:
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
        answer.holds_now()
        and all(found[partnership] == number for partnership, number in answer.inputs.items())
        for answer in group
    ]
