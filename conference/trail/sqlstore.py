"""The stored tree: what `audit` asks of a log, answered in few queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from audit import EMPTY_ROOT, Checkpoint, NotInLog, sign_checkpoint
from audit.tree import Get, Span, join, places
from conference.trail import epochs
from conference.trail.keys import signing_key
from conference.trail.models import LogCheckpoint, LogEvent, LogLeaf, LogNode

Found = TypeVar("Found")


class Signed(NamedTuple):
    """A checkpoint as stored: the size of its epoch's tree, its root, the signed note, and when."""

    size: int
    root: bytes
    note: str
    at: datetime


class SqlStore:
    """One epoch of a partnership's log as `audit.Store`, by default the current, seen through one session."""

    def __init__(self, session: Session, partnership: str, epoch: int | None = None) -> None:
        self._session = session
        self._partnership = partnership
        self.epoch = epochs.current(session, partnership) if epoch is None else epoch
        self._first = epochs.first_place(self.epoch)
        self._next = epochs.first_place(self.epoch + 1)

    def checkpoint(self) -> bytes:
        """The latest signed checkpoint; of an empty log, one signed now."""
        latest = self.latest()
        if latest is not None:
            return latest.note.encode()
        key = signing_key(self._session.info["keys"], self._partnership, self.epoch)
        return bytes(sign_checkpoint(Checkpoint(key.name, 0, EMPTY_ROOT), [key]))

    def latest(self) -> Signed | None:
        """The latest checkpoint as stored; of an epoch that is closed, the last that still holds."""
        after = None
        if self.epoch < epochs.current(self._session, self._partnership):
            after = epochs.closed_by(self._session, self._partnership, self.epoch)
        return self.newest(upto=None if after is None else after.held)

    def newest(self, *, upto: int | None = None) -> Signed | None:
        """The latest stored checkpoint, of at most `upto` leaves."""
        end = self._next if upto is None else self._first + upto + 1
        given = {"partnership": self._partnership, "first": self._first, "end": end}
        row = self._session.connection().execute(_NEWEST, given).one_or_none()
        return None if row is None else Signed(row.size - self._first, row.root, row.note, row.at)

    def end(self) -> int:
        """One more than the last position at which a leaf is stored."""
        given = {"partnership": self._partnership, "first": self._first, "end": self._next}
        last = self._session.connection().execute(_LAST, given).scalar()
        return 0 if last is None else last + 1 - self._first

    def node(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree."""
        return self.nodes(level, index, index + 1)[0]

    def nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """The hashes of complete subtrees of one height."""
        table = LogNode if level else LogLeaf
        first = self._first >> level
        query = select(table.hash).where(
            table.partnership_id == self._partnership,
            table.position >= first + start,
            table.position < first + end,
        )
        if level:
            query = query.where(LogNode.level == level)
        found = self._session.scalars(query.order_by(table.position)).all()
        if not 0 <= start <= end or len(found) != end - start:
            raise NotInLog(f"no nodes {start} to {end} at level {level}")
        return found

    def leaves(self, start: int, end: int) -> Sequence[bytes]:
        """The leaves of a range."""
        query = (
            select(LogEvent.leaf)
            .join(LogLeaf, LogLeaf.n == LogEvent.n)
            .where(
                LogLeaf.partnership_id == self._partnership,
                LogLeaf.position >= self._first + start,
                LogLeaf.position < self._first + end,
            )
        )
        found = self._session.scalars(query.order_by(LogLeaf.position)).all()
        if not 0 <= start <= end or len(found) != end - start:
            raise NotInLog(f"no leaves {start} to {end}")
        return found

    def answer(self, ask: Callable[[Get], Found]) -> Found:
        """What `ask` makes of nodes, which are all read in one query. `ask` is called twice.

        Raises NotInLog for a node that is not there.
        """
        wanted: list[tuple[int, int]] = []

        def note(level: int, position: int) -> bytes:
            wanted.append((level, position))
            return EMPTY_ROOT

        ask(note)
        found = self._read(set(wanted))

        def get(level: int, position: int) -> bytes:
            if (level, position) not in found:
                raise NotInLog(f"no node {position} at level {level}")
            return found[level, position]

        return ask(get)

    def proof(self, spans: Iterable[Span]) -> list[bytes]:
        """The hashes of `spans`, as `audit.tree.read_spans` gives them, from nodes all read in one query.

        Raises NotInLog for a node that is not there.
        """
        placed = [places(span) for span in spans]
        found = self._read({place for each in placed for place in each})
        try:
            return [join([found[place] for place in each]) for each in placed]
        except KeyError as place:
            raise NotInLog(f"no node {place}") from None

    def _read(self, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """The hashes of these nodes, as far as they are there, with one query that goes by the index."""
        first = self._first
        low = [first + position for level, position in wanted if level == 0]
        high = [(level, (first >> level) + position) for level, position in wanted if level]
        connection = self._session.connection()
        sqlite = connection.dialect.name == "sqlite"
        statement, given = (_for_sqlite if sqlite else _for_postgresql)(self._partnership, low, high)
        rows = connection.exec_driver_sql(statement, given).all()
        return {(level, at - (first >> level)): hashed for level, at, hashed in rows}


# Made once: to make them takes longer than to ask them.
_NEWEST = (
    select(LogCheckpoint.size, LogCheckpoint.root, LogCheckpoint.note, LogCheckpoint.at)
    .where(LogCheckpoint.partnership_id == bindparam("partnership"))
    .where(LogCheckpoint.size > bindparam("first"), LogCheckpoint.size < bindparam("end"))
    .order_by(LogCheckpoint.size.desc())
    .limit(1)
)
_LAST = (
    select(func.max(LogLeaf.position))
    .where(LogLeaf.partnership_id == bindparam("partnership"))
    .where(LogLeaf.position >= bindparam("first"), LogLeaf.position < bindparam("end"))
)


def _for_sqlite(partnership: str, low: list[int], high: list[tuple[int, int]]) -> tuple[str, tuple[Any, ...]]:
    given = (*(part for one in high for part in one), partnership, *low, partnership)
    return _on_sqlite(len(low), len(high)), given


@lru_cache(maxsize=512)
def _on_sqlite(low: int, high: int) -> str:
    wanted = ", ".join(["(?, ?)"] * high) or "(NULL, NULL)"
    return (
        f"WITH w (level, position) AS (VALUES {wanted})"  # noqa: S608 - question marks only
        f" SELECT 0, position, hash FROM log_leaf WHERE partnership_id = ? AND position IN ({_marks(low)})"
        " UNION ALL SELECT n.level, n.position, n.hash FROM w CROSS JOIN log_node AS n"
        " ON n.partnership_id = ? AND n.level = w.level AND n.position = w.position"
    )


def _for_postgresql(
    partnership: str, low: list[int], high: list[tuple[int, int]]
) -> tuple[str, tuple[Any, ...]]:
    levels, positions = [level for level, _ in high], [position for _, position in high]
    return _ON_POSTGRESQL, (partnership, low, levels, positions, partnership)


_ON_POSTGRESQL = (
    "SELECT 0, position, hash FROM log_leaf WHERE partnership_id = %s AND position = ANY(%s::bigint[])"
    " UNION ALL SELECT n.level, n.position, n.hash"
    " FROM unnest(%s::int[], %s::bigint[]) AS w (level, position)"
    " JOIN log_node AS n ON n.partnership_id = %s AND n.level = w.level AND n.position = w.position"
)


def _marks(count: int) -> str:
    return ", ".join("?" * count)
