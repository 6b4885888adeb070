"""A look at all of a stored log: events, leaves, nodes, checkpoints; and the first that is not what it was.

Somebody who holds the database and the signing key can rewrite all of it so that this finds nothing: then the
earlier checkpoints that agencies and witnesses keep show it (`python -m audit verify --previous`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from audit import LogFault, append, leaf_hash, open_checkpoint, root
from audit.tree import peaks
from conference.db import Database
from conference.trail import epochs, roster
from conference.trail.errors import LogDisagrees
from conference.trail.models import LogCheckpoint, LogEvent, LogLeaf, LogMark, LogNode
from conference.trail.packing import Torn, marks, pieces
from conference.trail.soundness import check_events, sound_size
from conference.vault.errors import KeyMissing

CHUNK = 1000
_OF_EVENT = (LogEvent.id, LogEvent.leaf, LogEvent.leaf_hash, LogEvent.sealed)


def check_whole(database: Database, partnership: str, progress: Callable[[int], None] | None = None) -> int:
    """How many leaves a log has, in all its epochs, every one of which was looked at. O(n).

    progress: is told after each thousand how many were found sound.
    Raises LogDisagrees, which names the first thing that is not what it was.
    """
    with database.read() as session:
        check_events(session, partnership, 0)
        found = 0
        for epoch in range(1, epochs.current(session, partnership) + 1):
            size = 0
            for size in _Tree(session, partnership, epoch).walk():
                if progress is not None:
                    progress(found + size)
            found += size
        sound_size(session, partnership)
    return found


class _Tree:
    """One epoch's tree, grown again from its events."""

    def __init__(self, session: Session, partnership: str, epoch: int) -> None:
        self._session = session
        self._partnership = partnership
        self._epoch = epoch
        self._first = epochs.first_place(epoch)
        self._end = epochs.first_place(epoch + 1)
        if epoch < epochs.current(session, partnership):  # what stands beyond is the gap, which is known
            after = epochs.closed_by(session, partnership, epoch)
            self._end = self._end if after is None else self._first + after.held
        self._agencies = roster.all_agencies(session, partnership)
        self._size = 0
        self._edge: dict[tuple[int, int], bytes] = {}

    def walk(self) -> Iterator[int]:
        """Check a thousand leaves, and what stands above them, at a time; gives how many are done."""
        while rows := self._leaves():
            hashes = [self._hash(at, row) for at, row in enumerate(rows, start=self._size)]
            self._check_marks(rows)
            signed = self._checkpoints(len(rows))
            for start, end in pairwise(sorted({self._size, *signed, self._size + len(rows)})):
                at = start - self._size
                self._grow(hashes[at : at + end - start])
                if end in signed:
                    self._check_signed(signed[end])
                hashes = hashes[end - start :]
            yield self._size

    def _leaves(self) -> Sequence[Row[*tuple[Any, ...]]]:
        start = self._first + self._size
        query = (
            select(LogLeaf.position, LogLeaf.n, LogLeaf.hash, *_OF_EVENT)
            .outerjoin(LogEvent, LogEvent.n == LogLeaf.n)
            .where(
                LogLeaf.partnership_id == self._partnership,
                LogLeaf.position >= start,
                LogLeaf.position < self._end,
            )
        )
        return self._session.execute(query.order_by(LogLeaf.position).limit(CHUNK)).all()

    def _hash(self, at: int, row: Row[*tuple[Any, ...]]) -> bytes:
        if row.position != self._first + at:
            raise self._disagrees(f"leaf {at} is missing")
        if row.leaf is None:
            raise self._disagrees(f"event number {row.n}, which is leaf {at}, is missing")
        found = leaf_hash(row.leaf)
        if not found == row.leaf_hash == row.hash:
            raise self._disagrees(f"event {row.id}, which is leaf {at}, is not what was hashed")
        return found

    def _check_marks(self, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
        """Hold what finds an agency's parts against the parts: an event that is not found is not listed."""
        numbers = [row.n for row in rows]
        query = select(LogMark.n, LogMark.agency, LogMark.mark).where(
            LogMark.partnership_id == self._partnership,
            LogMark.agency.in_(self._agencies),
            LogMark.n.between(min(numbers), max(numbers)),
        )
        stored: dict[int, set[tuple[str, bytes]]] = {}
        for n, agency, mark in self._session.execute(query):
            stored.setdefault(n, set()).add((agency, mark))
        for row in rows:
            try:
                expected = marks(pieces(row.sealed))
            except Torn:
                raise self._disagrees(f"what opens event {row.id} was changed") from None
            if stored.get(row.n, set()) != expected:
                raise self._disagrees(
                    f"event {row.id} is not listed for those whom it concerns, or for others"
                )

    def _grow(self, hashes: list[bytes]) -> None:
        """Put leaves behind the others, and hold the nodes that come into being against those stored."""
        fresh = append(lambda level, position: self._edge[level, position], self._size, hashes)
        made = {(node.level, node.position): node.hash for node in fresh}
        self._size += len(hashes)
        whole = {**self._edge, **made}
        self._edge = {tuple(at): whole[tuple(at)] for at in peaks(self._size)}  # type: ignore[index,misc]
        high = {at for at in made if at[0]}
        stored = self._nodes(high)
        for level, position in sorted(high):
            if stored.get((level, position)) != made[level, position]:
                raise self._disagrees(f"node {position} of level {level} is not that of the leaves below it")

    def _nodes(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        found: dict[tuple[int, int], bytes] = {}
        for level in {level for level, _ in wanted}:
            places = [position for at, position in wanted if at == level]
            first = self._first >> level
            query = select(LogNode.position, LogNode.hash).where(
                LogNode.partnership_id == self._partnership,
                LogNode.level == level,
                LogNode.position.between(first + min(places), first + max(places)),
            )
            found.update({(level, at - first): hashed for at, hashed in self._session.execute(query)})
        return found

    def _checkpoints(self, count: int) -> dict[int, Row[Any, Any, Any]]:
        """The checkpoints of the next `count` leaves, by their size."""
        start = self._first + self._size
        query = select(LogCheckpoint.size, LogCheckpoint.root, LogCheckpoint.note).where(
            LogCheckpoint.partnership_id == self._partnership,
            LogCheckpoint.size > start,
            LogCheckpoint.size <= start + count,
        )
        return {row.size - self._first: row for row in self._session.execute(query)}

    def _check_signed(self, row: Row[Any, Any, Any]) -> None:
        size = self._size
        try:
            key = epochs.verifier(self._session, self._partnership, self._epoch)
            signed, _ = open_checkpoint(row.note.encode(), key)
        except (LogFault, KeyMissing) as fault:
            raise self._disagrees(f"checkpoint of size {size}: {fault}") from None
        found = root(lambda level, position: self._edge[level, position], size)
        if (signed.size, signed.root) != (size, row.root) or row.root != found:
            raise self._disagrees(f"checkpoint of size {size} is not of the leaves that are there")

    def _disagrees(self, what: str) -> LogDisagrees:
        return LogDisagrees(self._partnership, what)
