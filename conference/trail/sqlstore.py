"""The stored tree: what `audit` asks of a log, answered in few queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import EMPTY_ROOT, Checkpoint, NotInLog, sign_checkpoint
from audit.tree import Get
from conference.trail.keys import origin, signing_key
from conference.trail.models import LogCheckpoint, LogEvent, LogLeaf, LogNode

Found = TypeVar("Found")


class SqlStore:
    """One partnership's log as `audit.Store`, seen through one session."""

    def __init__(self, session: Session, partnership: str) -> None:
        self._session = session
        self._partnership = partnership

    def checkpoint(self) -> bytes:
        """The latest signed checkpoint; of an empty log, one signed now."""
        latest = self.latest()
        if latest is not None:
            return latest.note.encode()
        key = signing_key(self._session.info["keys"], self._partnership)
        return bytes(sign_checkpoint(Checkpoint(origin(self._partnership), 0, EMPTY_ROOT), [key]))

    def latest(self) -> LogCheckpoint | None:
        """The latest checkpoint as stored."""
        query = select(LogCheckpoint).where(LogCheckpoint.partnership_id == self._partnership)
        return self._session.scalar(query.order_by(LogCheckpoint.size.desc()).limit(1))

    def end(self) -> int:
        """One more than the last position at which a leaf is stored."""
        query = select(func.max(LogLeaf.position)).where(LogLeaf.partnership_id == self._partnership)
        last = self._session.scalar(query)
        return 0 if last is None else last + 1

    def node(self, level: int, index: int) -> bytes:
        """The hash of one complete subtree."""
        return self.nodes(level, index, index + 1)[0]

    def nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """The hashes of complete subtrees of one height."""
        table = LogNode if level else LogLeaf
        query = select(table.hash).where(
            table.partnership_id == self._partnership, table.position >= start, table.position < end
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
            .join(LogLeaf, LogLeaf.event_id == LogEvent.id)
            .where(
                LogLeaf.partnership_id == self._partnership, LogLeaf.position >= start, LogLeaf.position < end
            )
        )
        found = self._session.scalars(query.order_by(LogLeaf.position)).all()
        if not 0 <= start <= end or len(found) != end - start:
            raise NotInLog(f"no leaves {start} to {end}")
        return found

    def answer(self, ask: Callable[[Get], Found]) -> Found:
        """What `ask` makes of nodes, which are all read in two queries. `ask` is called twice.

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

    def _read(self, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        found: dict[tuple[int, int], bytes] = {}
        low = [position for level, position in wanted if level == 0]
        high = {level for level, _ in wanted if level}
        if low:
            leaves = select(LogLeaf.position, LogLeaf.hash).where(
                LogLeaf.partnership_id == self._partnership, LogLeaf.position.in_(low)
            )
            found.update({(0, position): hashed for position, hashed in self._session.execute(leaves)})
        if high:
            nodes = select(LogNode.level, LogNode.position, LogNode.hash).where(
                LogNode.partnership_id == self._partnership,
                LogNode.level.in_(high),
                LogNode.position.in_({position for level, position in wanted if level}),
            )
            found.update({(level, at): hashed for level, at, hashed in self._session.execute(nodes)})
        return found
