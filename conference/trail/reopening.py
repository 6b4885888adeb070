"""The one way on for a log that has truly lost its end: a new epoch, whose first leaf names the gap for ever.

See spec/audit.md, "Writing it fast". What is still sound of the log before stays, and verifies as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from audit import (
    BadNote,
    Checkpoint,
    Continuation,
    LogFault,
    VerifierKey,
    append,
    leaf_hash,
    open_checkpoint,
    root,
    verify_consistency,
)
from audit.tree import EMPTY_ROOT, consistency_proof, peaks
from conference.clock import now
from conference.db import Database
from conference.errors import BadInput
from conference.trail import epochs, roster
from conference.trail.errors import LogDisagrees
from conference.trail.keys import key_name, origin, verifier_key
from conference.trail.models import LogCheckpoint, LogEpoch, LogEvent, LogLeaf, LogQueue
from conference.trail.sequencer import place_first
from conference.trail.soundness import check_events, sound_size
from conference.trail.sqlstore import SqlStore
from conference.trail.writing import record
from conference.vault.errors import KeyMissing
from conference.vault.keyfile import KeyFile


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a log that may have lost its end.

    what: why it cannot go on; None if nothing is wrong with it.
    key:  what its checkpoints verify with.   held: how many leaves are still there and signed.
    last: the last checkpoint that anybody knows of, `note` the same as it was signed.
    """

    what: str | None
    key: VerifierKey
    held: int
    last: Checkpoint
    note: bytes


def read_key(text: str) -> VerifierKey:
    """The verifier key in a file that an agency kept. Raises BadInput."""
    try:
        return VerifierKey.parse(text.strip())
    except BadNote as fault:
        raise BadInput(f"This is no verifier key: {fault}.", "vkey") from None


def ours(
    database: Database, partnership: str, notes: Sequence[bytes], key: VerifierKey | None = None
) -> list[bytes]:
    """Those of `notes` that are checkpoints of the current epoch, signed by its key. Raises BadInput."""
    with database.read() as session:
        found = _key(session, partnership, key)
    kept = []
    for note in notes:
        with suppress(BadNote):
            open_checkpoint(note, found)
            kept.append(note)
    return kept


def survey(
    session: Session, partnership: str, *, known: Sequence[bytes] = (), key: VerifierKey | None = None
) -> Survey:
    """Look at the whole of the current epoch. O(n).

    known: checkpoints that agencies or witnesses kept.   key: the log's verifier key, if its own is lost.
    Raises BadInput for a missing or another key, and for a checkpoint that it did not sign.
    """
    found = _key(session, partnership, key)
    store = SqlStore(session, partnership)
    signed = [(_opened(one, found), one) for one in known]
    signed += _stored(session, store, partnership, found)
    empty = Checkpoint(found.name, 0, EMPTY_ROOT)
    last, note = max(signed, key=lambda one: one[0].size, default=(empty, empty.text.encode()))
    what = _wrong(session, partnership) or _beyond(store, [one for one, _ in signed])
    return Survey(what, found, min(_held(session, store, partnership, found), last.size), last, note)


def open_epoch(
    database: Database,
    partnership: str,
    *,
    approved_by: tuple[str, str],
    known: Sequence[bytes] = (),
    key: VerifierKey | None = None,
) -> LogEpoch:
    """Open the next epoch. The caller has checked who approved it: two officers of different agencies.

    Its first leaf names the last checkpoint and the gap. What waits in the queue is placed after it; an event
    that has lost its place gets a new one. Raises BadInput, also where the log is sound.
    """
    with database.write() as session:
        _alone(session, partnership)
        found = survey(session, partnership, known=known, key=key)
        if found.what is None:
            raise BadInput("This log is sound: it goes on by itself, and needs no new epoch.")
        number = _make_key(database.keys, partnership, epochs.current(session, partnership))
        upto = session.scalar(select(func.max(LogEvent.n))) or 0
        event_id = _say(session, partnership, found, approved_by)
        made = LogEpoch(
            partnership_id=partnership,
            number=number,
            held=found.held,
            last=found.note.decode(),
            before_key=str(found.key),
            upto=upto,
            event_id=event_id,
            approved_by=" ".join(approved_by),
            at=now(),
        )
        session.add(made)
        session.flush()
        session.info["epochs"][partnership] = number
        place_first(session, partnership, event_id)
        _mend_queue(session, partnership, upto)
    return made


def _key(session: Session, partnership: str, given: VerifierKey | None) -> VerifierKey:
    epoch = epochs.current(session, partnership)
    try:
        keys: KeyFile = session.info["keys"]
        keys.key(key_name(partnership, epoch))  # not made anew if it is lost
        own: VerifierKey | None = verifier_key(keys, partnership, epoch)
    except KeyMissing:
        own = None
    if own is None and given is None:
        raise BadInput("The log's key is lost. Give its verifier key: every agency has it.", "vkey")
    if own is not None and given is not None and own != given:
        raise BadInput("This is not the verifier key of the log's own key.", "vkey")
    found = own or given
    if found is None or found.name != origin(partnership, epoch):
        raise BadInput("This verifier key is not of this log.", "vkey")
    return found


def _stored(
    session: Session, store: SqlStore, partnership: str, key: VerifierKey
) -> list[tuple[Checkpoint, bytes]]:
    """The newest stored checkpoint that the log's key signed; one that somebody edited is passed over."""
    for _, note in reversed(list(_checkpoints(session, partnership, store.epoch))):
        with suppress(BadNote):
            return [(open_checkpoint(note.encode(), key)[0], note.encode())]
    return []


def _opened(note: bytes, key: VerifierKey) -> Checkpoint:
    try:
        return open_checkpoint(note, key)[0]
    except BadNote as fault:
        raise BadInput(f"A checkpoint that was given is not one of this log: {fault}.", "last") from None


def _wrong(session: Session, partnership: str) -> str | None:
    """What the start would refuse; None if it would not."""
    try:
        sound_size(session, partnership)
        check_events(session, partnership, epochs.upto(session, partnership))
    except LogDisagrees as fault:
        return fault.what
    return None


def _beyond(store: SqlStore, known: Sequence[Checkpoint]) -> str | None:
    """Which of these checkpoints is not of the beginning of this log; None if all are."""
    for one in known:
        try:
            latest = store.latest()
            size = 0 if latest is None else latest.size
            reached = EMPTY_ROOT if latest is None else latest.root
            if one.size > size:
                return f"somebody holds a checkpoint of {one.size} leaves, and the log has {size}"
            proof = store.answer(lambda get, one=one, size=size: consistency_proof(get, one.size, size))  # type: ignore[misc]
            verify_consistency(one.size, one.root, size, reached, proof)
        except LogFault:
            return f"somebody holds a checkpoint of {one.size} leaves of another log"
    return None


def _held(session: Session, store: SqlStore, partnership: str, key: VerifierKey) -> int:
    """The size of the last stored checkpoint under which everything is as it was signed."""
    held = 0
    edge: dict[tuple[int, int], bytes] = {}
    for size, note in _checkpoints(session, partnership, store.epoch):
        try:
            signed, _ = open_checkpoint(note.encode(), key)
            hashes = [leaf_hash(leaf) for leaf in store.leaves(held, size)]
            fresh = append(lambda level, at: edge[level, at], held, hashes)  # noqa: B023 - called at once
            if any(store.node(node.level, node.position) != node.hash for node in fresh):
                break
        except LogFault:
            break
        whole = edge | {(node.level, node.position): node.hash for node in fresh}
        if signed.size != size or root(lambda level, at: whole[level, at], size) != signed.root:  # noqa: B023
            break
        held, edge = size, {tuple(at): whole[tuple(at)] for at in peaks(size)}  # type: ignore[index,misc]
    return held


def _checkpoints(session: Session, partnership: str, epoch: int) -> Iterator[tuple[int, str]]:
    first, after = epochs.first_place(epoch), epochs.first_place(epoch + 1)
    query = select(LogCheckpoint.size, LogCheckpoint.note).where(
        LogCheckpoint.partnership_id == partnership, LogCheckpoint.size > first, LogCheckpoint.size < after
    )
    for size, note in session.execute(query.order_by(LogCheckpoint.size)):
        yield size - first, note


def _alone(session: Session, partnership: str) -> None:
    """Wait until no sequencer is at work, and keep others away until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        key = func.hashtextextended(f"sequencer/{partnership}", 0)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def _make_key(keys: KeyFile, partnership: str, current: int) -> int:
    """The number of the next epoch, whose key is there now.

    One whose key was ever known is passed over: a database that was restored may have forgotten an epoch, and
    no origin is used twice.
    """
    number = current + 1
    while epochs.knows(keys, partnership, number):
        number += 1
    keys.key_or_new(key_name(partnership, number))
    return number


def _say(session: Session, partnership: str, found: Survey, approved_by: tuple[str, str]) -> str:
    """Log that the log goes on, in every agency's part; gives the event's id."""
    hashed = record(
        session,
        "log.continued",
        partnership=partnership,
        actor=None,
        agency=None,
        about=approved_by,
        concerns=roster.current(session, partnership).agencies,
        continues=Continuation(found.last, found.held),
    )
    query = select(LogEvent.id).where(LogEvent.partnership_id == partnership, LogEvent.leaf_hash == hashed)
    return session.scalars(query.order_by(LogEvent.n.desc()).limit(1)).one()


def _mend_queue(session: Session, partnership: str, upto: int) -> None:
    """Take from the queue what has its place; queue again what has lost it."""
    placed = select(LogLeaf.n).where(LogLeaf.n == LogEvent.n).exists()
    ours = LogEvent.partnership_id == partnership
    session.execute(
        delete(LogQueue)
        .where(LogQueue.partnership_id == partnership, LogQueue.n.in_(select(LogEvent.n).where(ours, placed)))
        .execution_options(synchronize_session=False)
    )
    waits = select(LogQueue.n).where(LogQueue.n == LogEvent.n).exists()
    lost = select(LogEvent.partnership_id, LogEvent.n).where(ours, ~placed, ~waits, LogEvent.n <= upto)
    session.execute(insert(LogQueue).from_select(["partnership_id", "n"], lost))
