"""Give durable events places in the tree: one sequencer at a time, in batches, with a checkpoint each."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Checkpoint, append, leaf_hash, root, sign_checkpoint
from audit.tree import Node
from conference import driver
from conference.clock import now
from conference.db import Database
from conference.trail import epochs
from conference.trail.bulk import Bulk
from conference.trail.errors import LogDisagrees
from conference.trail.keys import signing_key
from conference.trail.models import LogCheckpoint, LogEvent, LogLeaf, LogNode, LogQueue
from conference.trail.soundness import check_start, sound_size
from conference.trail.sqlstore import Signed, SqlStore

__all__ = ["BATCH", "Sequencer", "check_start", "place"]

BATCH = 256
EVERY_SECONDS = 1.0
REST = 3.0  # for so many times as long as it has worked, the thread leaves the database to others
LEAST_REST, MOST_REST = 0.1, 0.25
log = logging.getLogger(__name__)


def place(database: Database, partnership: str) -> int:
    """Give every queued event a place, and say how many there were; 0 if another process is at it.

    Each batch is one transaction: after a crash at any point each event is placed exactly once.
    Raises LogDisagrees, and places nothing, if what is stored is not what was last signed.
    """
    placed = 0
    while True:
        count = _place_batch(database, partnership)
        placed += count or 0
        if count is not None and count < BATCH:
            return placed


class Sequencer:
    """A thread that places events when it is woken, and at least once a second.

    It takes what waits, however much or little, and then rests in proportion to what that took: under load
    the batches grow, and those who write are held up for a fixed share of the time at most.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._woken = threading.Event()
        self._stop_now = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)

    def start(self) -> Sequencer:
        """Begin, and give itself back."""
        self._thread.start()
        return self

    def wake(self) -> None:
        """Say that something is queued."""
        self._woken.set()

    def stop(self) -> None:
        """End after the batch that it is at."""
        self._stop_now.set()
        self._woken.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop_now.is_set():
            self._woken.wait(EVERY_SECONDS)
            self._woken.clear()
            began = time.monotonic()
            try:
                self._place_all()
            except (
                Exception
            ):  # it must not die silently: what waits is durable, and tried again within a second
                log.exception("the log's queue could not be read")

            rest = min(max(REST * (time.monotonic() - began), LEAST_REST), MOST_REST)
            self._stop_now.wait(rest)

    def _place_all(self) -> None:
        with self._database.read() as session:
            waiting = session.connection().execute(_PARTNERSHIPS).scalars().all()
        for partnership in waiting:
            try:
                place(self._database, partnership)
            except (
                Exception
            ):  # one partnership's fault holds up no other's; nothing was placed, and it is said
                log.exception("events of %s could not be placed", partnership)


def place_first(session: Session, partnership: str, event_id: str) -> None:
    """Make this event the first leaf of the current epoch, which must be empty, in the same transaction."""
    n, leaf = session.execute(select(LogEvent.n, LogEvent.leaf).where(LogEvent.id == event_id)).one()
    plan = _planned(session, partnership, [_Queued(n, leaf_hash(leaf))], 0, {})
    _carry_out(session, partnership, plan)


class _Queued(NamedTuple):
    """An event that waits for its place, and the hash of its leaf."""

    n: int
    leaf_hash: bytes


class _Plan(NamedTuple):
    """A batch that has been read, hashed and signed, and is still to be stored.

    before: the checkpoint that it follows.   size: how many leaves that one covers.
    """

    queued: Sequence[_Queued]
    epoch: int
    before: Signed | None
    size: int
    fresh: list[Node]
    reached: bytes
    note: bytes


def _place_batch(database: Database, partnership: str) -> int | None:
    """Place one batch, and say how many; None if another process has placed something meanwhile.

    On SQLite the one writer is held for no longer than storing takes: another process that overtakes is seen.
    """
    if database.is_sqlite:
        with database.read() as session:
            plan = _plan(session, partnership)
        if plan is None:
            return 0
        with database.write() as session:
            if epochs.current(session, partnership) != plan.epoch:
                return None
            if SqlStore(session, partnership, plan.epoch).newest() != plan.before:
                return None
            _carry_out(session, partnership, plan)
        return len(plan.queued)
    with database.write() as session:
        plan = _plan(session, partnership) if _alone(session, partnership) else None
        if plan is None:
            return 0
        _carry_out(session, partnership, plan)
    return len(plan.queued)


def _alone(session: Session, partnership: str) -> bool:
    """Whether this transaction is PostgreSQL's only sequencer of this log, until it ends."""
    key = func.hashtextextended(f"sequencer/{partnership}", 0)
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(key))))


def _plan(session: Session, partnership: str) -> _Plan | None:
    """What is to be stored for the next batch; None if nothing waits. Raises LogDisagrees."""
    queued = _queued(session, partnership)
    if not queued:
        return None
    size, edge = sound_size(session, partnership)
    upto = epochs.upto(session, partnership)
    hashed = [_Queued(n, leaf_hash(leaf)) for n, _, leaf, _ in queued]
    for (n, event_id, _, stored), (_, found) in zip(queued, hashed, strict=True):
        if found != stored and n > upto:
            raise LogDisagrees(partnership, f"leaf of event {event_id} is not what was hashed")
    return _planned(session, partnership, hashed, size, edge)


def _planned(
    session: Session,
    partnership: str,
    queued: Sequence[_Queued],
    size: int,
    edge: dict[tuple[int, int], bytes],
) -> _Plan:
    hashes = [row.leaf_hash for row in queued]
    fresh = append(lambda level, position: edge[level, position], size, hashes)
    whole = {**edge, **{(node.level, node.position): node.hash for node in fresh}}
    reached = root(lambda level, position: whole[level, position], size + len(queued))
    epoch = epochs.current(session, partnership)
    before = SqlStore(session, partnership, epoch).newest()
    key = signing_key(session.info["keys"], partnership, epoch, new=size == 0)
    note = bytes(sign_checkpoint(Checkpoint(key.name, size + len(queued), reached), [key]))
    return _Plan(queued, epoch, before, size, fresh, reached, note)


def _queued(session: Session, partnership: str) -> list[tuple[Any, ...]]:
    """Number, id, leaf and the hash that was stored with it, of what waits."""
    connection = session.connection()
    return driver.run(connection, _QUEUED[connection.dialect.name], (partnership, BATCH))


def _carry_out(session: Session, partnership: str, plan: _Plan) -> None:
    _store(session, partnership, plan)
    _store_checkpoint(session, partnership, plan)
    _take_from_queue(session, partnership, plan)


def _store(session: Session, partnership: str, plan: _Plan) -> None:
    first = epochs.first_place(plan.epoch)
    places = enumerate(plan.queued, start=first + plan.size)
    leaves = [(partnership, at, n, hashed) for at, (n, hashed) in places]
    nodes = [
        (partnership, node.level, (first >> node.level) + node.position, node.hash)
        for node in plan.fresh
        if node.level
    ]
    connection = session.connection()
    _LEAF.insert(connection, leaves)
    _NODE.insert(connection, nodes)


def _store_checkpoint(session: Session, partnership: str, plan: _Plan) -> None:
    size = epochs.first_place(plan.epoch) + plan.size + len(plan.queued)
    row = (partnership, size, plan.reached, plan.note.decode(), now())
    _CHECKPOINT.insert(session.connection(), [row])


def _take_from_queue(session: Session, partnership: str, plan: _Plan) -> None:
    connection = session.connection()
    done = [row.n for row in plan.queued]
    if connection.dialect.name == "sqlite":
        driver.run(connection, _TAKE, [(partnership, n) for n in done], many=True)
    else:
        driver.run(connection, _TAKE_ALL, (partnership, done))


_PARTNERSHIPS = select(LogQueue.partnership_id).distinct()
_LEAF = Bulk(LogLeaf, "partnership_id", "position", "n", "hash")
_NODE = Bulk(LogNode, "partnership_id", "level", "position", "hash")
_CHECKPOINT = Bulk(LogCheckpoint, "partnership_id", "size", "root", "note", "at")
_WAITING = (
    "SELECT e.n, e.id, e.leaf, e.leaf_hash FROM log_queue AS q JOIN log_event AS e ON e.n = q.n"
    " WHERE q.partnership_id = {given} ORDER BY q.n LIMIT {given}"
)
_QUEUED = {"sqlite": _WAITING.format(given="?"), "postgresql": _WAITING.format(given="%b")}
_TAKE = "DELETE FROM log_queue WHERE partnership_id = ? AND n = ?"
_TAKE_ALL = "DELETE FROM log_queue WHERE partnership_id = %b AND n = ANY(%b::bigint[])"
