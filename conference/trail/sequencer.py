"""Give durable events places in the tree: one sequencer at a time, in batches, with a checkpoint each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Row, delete, exists, func, insert, select
from sqlalchemy.orm import Session

from audit import (
    Checkpoint,
    LogFault,
    NotInLog,
    SigningKey,
    append,
    leaf_hash,
    open_checkpoint,
    root,
    sign_checkpoint,
)
from audit.tree import EMPTY_ROOT, Node, join, peaks
from conference.clock import now
from conference.db import Database
from conference.trail import epochs, roster
from conference.trail.errors import LogDisagrees, NoRoster
from conference.trail.keys import signing_key
from conference.trail.models import LogCheckpoint, LogEvent, LogLeaf, LogNode, LogQueue
from conference.trail.sqlstore import Signed, SqlStore
from conference.vault.errors import KeyMissing

BATCH = 1000
EVERY_SECONDS = 1.0
log = logging.getLogger(__name__)


def place(database: Database, partnership: str) -> int:
    """Give every queued event a place, and say how many there were; 0 if another process is at it.

    Each batch is one transaction: after a crash at any point each event is placed exactly once.
    Raises LogDisagrees, and places nothing, if what is stored is not what was last signed.
    """
    placed = 0
    while True:
        with database.write() as session:
            count = _place_batch(session, partnership) if _alone(session, partnership) else 0
        placed += count
        if count < BATCH:
            return placed


def check_start(database: Database, partnership: str) -> None:
    """Raise LogDisagrees unless the log is what was last signed and has lost no event. Makes the roster anew.

    To be called for each partnership before the application serves; one without agencies is sound.
    """
    with database.write() as session, suppress(NoRoster):
        roster.refresh(session, partnership)
    with database.read() as session:
        _sound_size(session, partnership)
        where = LogEvent.partnership_id == partnership
        placed = exists().where(LogLeaf.event_id == LogEvent.id)
        queued = exists().where(LogQueue.n == LogEvent.n, LogQueue.partnership_id == partnership)
        lost = session.scalar(select(LogEvent.id).where(where, ~placed, ~queued).limit(1))
        if lost is not None:
            raise LogDisagrees(partnership, f"event {lost} is neither placed nor queued")
        twice = session.scalar(select(LogEvent.id).where(where, placed, queued).limit(1))
        if twice is not None:
            raise LogDisagrees(partnership, f"event {twice} is placed and queued again")


class Sequencer:
    """A thread that places events when it is woken, and at least once a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._woken = threading.Event()
        self._stopping = False
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
        self._stopping = True
        self._woken.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping:
            self._woken.wait(EVERY_SECONDS)
            self._woken.clear()
            try:
                self._place_all()
            except (
                Exception
            ):  # it must not die silently: what waits is durable, and tried again within a second
                log.exception("the log's queue could not be read")

    def _place_all(self) -> None:
        with self._database.read() as session:
            waiting = session.scalars(select(LogQueue.partnership_id).distinct()).all()
        for partnership in waiting:
            try:
                place(self._database, partnership)
            except (
                Exception
            ):  # one partnership's fault holds up no other's; nothing was placed, and it is said
                log.exception("events of %s could not be placed", partnership)


def _alone(session: Session, partnership: str) -> bool:
    """Whether this transaction is the only sequencer. On SQLite it is, being the only writer."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    key = func.hashtextextended(f"sequencer/{partnership}", 0)
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(key))))


def _place_batch(session: Session, partnership: str) -> int:
    queued = _queued(session, partnership)
    if not queued:
        return 0
    size, edge = _sound_size(session, partnership)
    hashes = []
    for row in queued:
        hashes.append(leaf_hash(row.leaf))
        if hashes[-1] != row.leaf_hash:
            raise LogDisagrees(partnership, f"leaf of event {row.id} is not what was hashed")
    fresh = append(lambda level, position: edge[level, position], size, hashes)
    whole = {**edge, **{(node.level, node.position): node.hash for node in fresh}}
    new_size = size + len(queued)
    reached = root(lambda level, position: whole[level, position], new_size)
    epoch = epochs.current(session, partnership)
    _store(session, partnership, queued, fresh, size, epoch)
    key = signing_key(session.info["keys"], partnership, epoch, new=size == 0)
    _sign(session, partnership, key, new_size, reached, epoch)
    done = [row.n for row in queued]
    session.execute(delete(LogQueue).where(LogQueue.partnership_id == partnership, LogQueue.n.in_(done)))
    return len(queued)


def _queued(session: Session, partnership: str) -> Sequence[Row[int, str, bytes, bytes]]:
    query = (
        select(LogEvent.n, LogEvent.id, LogEvent.leaf, LogEvent.leaf_hash)
        .join(LogQueue, LogQueue.n == LogEvent.n)
        .where(LogQueue.partnership_id == partnership)
        .order_by(LogQueue.n)
        .limit(BATCH)
    )
    return session.execute(query).all()


def _sound_size(session: Session, partnership: str) -> tuple[int, dict[tuple[int, int], bytes]]:
    """The size of the tree and its peaks, which have been found to be what the last checkpoint signed."""
    store = SqlStore(session, partnership)
    latest, end = store.latest(), store.end()
    if latest is None:
        if end:
            raise LogDisagrees(partnership, f"{end} leaves and no checkpoint")
        return 0, {}
    signed = _signed(session, partnership, latest)
    if end != signed.size:
        raise LogDisagrees(partnership, f"{end} leaves where the last checkpoint has {signed.size}")
    try:
        edge = store.answer(lambda get: {tuple(at): get(*at) for at in peaks(signed.size)})
    except NotInLog as fault:
        raise LogDisagrees(partnership, str(fault)) from None
    found = join(list(edge.values())) if edge else EMPTY_ROOT
    if found != signed.root:
        raise LogDisagrees(partnership, f"stored nodes do not give the root signed at {signed.size}")
    return signed.size, edge  # type: ignore[return-value]


def _signed(session: Session, partnership: str, latest: Signed) -> Checkpoint:
    """The last checkpoint, if the log's key signed it and its row says the same."""
    try:
        epoch = epochs.current(session, partnership)
        key = signing_key(session.info["keys"], partnership, epoch, new=False)
        signed, _ = open_checkpoint(latest.note.encode(), key.verifier)
    except (LogFault, KeyMissing) as fault:
        raise LogDisagrees(partnership, f"checkpoint of size {latest.size}: {fault}") from None
    if (signed.size, signed.root) != (latest.size, latest.root):
        raise LogDisagrees(partnership, f"checkpoint of size {latest.size} says something else inside")
    return signed


def _store(
    session: Session,
    partnership: str,
    queued: Sequence[Row[int, str, bytes, bytes]],
    fresh: list[Node],
    size: int,
    epoch: int,
) -> None:
    first = epochs.first_place(epoch)
    leaves = [
        {"partnership_id": partnership, "position": at, "event_id": row.id, "hash": row.leaf_hash}
        for at, row in enumerate(queued, start=first + size)
    ]
    nodes = [
        {
            "partnership_id": partnership,
            "level": node.level,
            "position": (first >> node.level) + node.position,
            "hash": node.hash,
        }
        for node in fresh
        if node.level
    ]
    connection = session.connection()
    connection.execute(insert(LogLeaf), leaves)
    if nodes:
        connection.execute(insert(LogNode), nodes)


def _sign(session: Session, partnership: str, key: SigningKey, size: int, reached: bytes, epoch: int) -> None:
    note = sign_checkpoint(Checkpoint(key.name, size, reached), [key])
    row = {
        "partnership_id": partnership,
        "size": epochs.first_place(epoch) + size,
        "root": reached,
        "note": bytes(note).decode(),
        "at": now(),
    }
    session.connection().execute(insert(LogCheckpoint), [row])
