"""Is the stored log what was signed? The look at every start and before every batch; `inspecting` has all."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit import Checkpoint, LogFault, NotInLog, open_checkpoint
from audit.tree import EMPTY_ROOT, join, peaks
from conference.clock import now
from conference.db import Database
from conference.trail import epochs, roster
from conference.trail.errors import LogDisagrees, NoRoster
from conference.trail.keys import signing_key
from conference.trail.models import LogEvent, LogLeaf, LogQueue, LogStanding
from conference.trail.sqlstore import Signed, SqlStore
from conference.vault.errors import KeyMissing, RowBroken


def check_start(database: Database, partnership: str) -> None:
    """Raise LogDisagrees unless the log is what was last signed and has lost no event. Makes the roster anew.

    To be called for each partnership before the application serves; one without agencies is sound. Looks at
    the edge of the tree and at the events that came after the last look, which `standing` remembers: an event
    that was sound then and was edited since is found by `check_whole`, or by anybody's earlier checkpoint.
    """
    with database.write() as session, suppress(NoRoster):
        roster.refresh(session, partnership)
    with database.read() as session:
        sound_size(session, partnership)
        after = max(_standing(session, partnership), epochs.upto(session, partnership))
        check_events(session, partnership, after)
        reached = _reached(session, partnership)
    if reached > after:
        with suppress(IntegrityError), database.write() as session:  # another process has just noted the same
            session.add(LogStanding(partnership_id=partnership, n=reached, at=now()))


def sound_size(session: Session, partnership: str) -> tuple[int, dict[tuple[int, int], bytes]]:
    """The size of the tree and its peaks, which have been found to be what the last checkpoint signed."""
    later = epochs.current(session, partnership) + 1
    if epochs.knows(session.info["keys"], partnership, later):
        raise LogDisagrees(partnership, f"the key file knows of epoch {later}, and the database does not")
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


def _standing(session: Session, partnership: str) -> int:
    """Up to which event an earlier look found each placed exactly once."""
    query = select(LogStanding).where(LogStanding.partnership_id == partnership)
    try:
        found = session.scalar(query.order_by(LogStanding.n.desc()).limit(1))
    except RowBroken:
        raise LogDisagrees(
            partnership, "the note of the last look at it was written by somebody else"
        ) from None
    return 0 if found is None else found.n


def check_events(session: Session, partnership: str, after: int) -> None:
    """Raise LogDisagrees if an event after number `after` is lost, or one of the queue has its place."""
    placed = select(LogLeaf.n).where(LogLeaf.n == LogEvent.n).exists()
    waits = (
        select(LogQueue.n).where(LogQueue.n == LogEvent.n, LogQueue.partnership_id == partnership).exists()
    )
    lost = session.scalar(
        select(LogEvent.id)
        .where(LogEvent.partnership_id == partnership, LogEvent.n > after, ~placed, ~waits)
        .limit(1)
    )
    if lost is not None:
        raise LogDisagrees(partnership, f"event {lost} is neither placed nor queued")
    twice = session.scalar(
        select(LogEvent.id)
        .join(LogQueue, LogQueue.n == LogEvent.n)
        .where(LogQueue.partnership_id == partnership, placed)
        .limit(1)
    )
    if twice is not None:
        raise LogDisagrees(partnership, f"event {twice} is placed and queued again")


def _reached(session: Session, partnership: str) -> int:
    """The number of the last event before the first that waits.

    One that is being stored just now comes with its place in the queue, in one transaction, whatever its
    number: it needs no look.
    """
    waiting = session.scalar(select(func.min(LogQueue.n)).where(LogQueue.partnership_id == partnership))
    query = select(LogEvent.n).where(LogEvent.partnership_id == partnership)
    if waiting is not None:
        query = query.where(LogEvent.n < waiting)
    return session.scalar(query.order_by(LogEvent.n.desc()).limit(1)) or 0
