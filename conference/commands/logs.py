"""The log on its way out: exported whole, or one event's proof."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.commands.errors import Stopped
from conference.db import Database
from conference.errors import NotFound
from conference.identity.models import Partnership
from conference.identity.services import get_agency
from conference.trail import epochs, proving, sequencer
from conference.trail.errors import NotPlacedYet
from conference.trail.models import LogEvent


def export(
    database: Database,
    folder: Path,
    *,
    agency: str | None,
    partnership: str | None,
    epoch: int | None = None,
    minimum: int | None = None,
    tell: Callable[[str], None],
) -> None:
    """Write the static log to `folder`, with an agency what opens its own parts. Raises Stopped.

    epoch: by default the current.   minimum: from which index on it is kept, where its front is to be cut.
    """
    with database.read() as session:
        which = which_partnership(session, agency, partnership)
    sequencer.place(database, which)
    with database.read() as session:
        try:
            _check_epoch(session, which, epoch)
            done = proving.export(
                session,
                which,
                folder,
                agency=agency,
                epoch=epoch,
                minimum=minimum,
                progress=_progress(tell),
            )
        except proving.LogFault as fault:
            raise Stopped(f"{folder}: {fault}. Give a new or an empty folder.") from None
    tell(f"Exported {done.size} entries to {folder}.")


def prove(database: Database, event_id: str, out: Path) -> list[Path]:
    """Write the event's proof to `out`, beside it its leaf and the key that verifies it. Raises Stopped."""
    with database.read() as session:
        which = session.scalar(select(LogEvent.partnership_id).where(LogEvent.id == event_id))
    if which is None:
        raise Stopped(f"There is no event {event_id} in this log.")
    sequencer.place(database, which)
    with database.read() as session:
        try:
            proof, leaf = proving.proof_for(session, which, event_id)
        except NotPlacedYet:
            raise Stopped(
                f"Event {event_id} has no place in the log yet. Try again in a few seconds."
            ) from None
        key = epochs.verifier(session, which, proving.epoch_of_proof(session, which, event_id))
    written = {
        out: proof,
        out.with_suffix(".leaf"): leaf,
        out.with_name("vkey"): f"{key}\n".encode(),
    }
    for path, content in written.items():
        path.write_bytes(content)
    return list(written)


def _check_epoch(session: Session, partnership: str, epoch: int | None) -> None:
    current = epochs.current(session, partnership)
    if epoch is not None and not 1 <= epoch <= current:
        raise Stopped(f"This log has no epoch {epoch}; the current is {current}.")


def which_partnership(session: Session, agency: str | None, partnership: str | None) -> str:
    """The agency's partnership, the one that was named, or the only one. Raises Stopped."""
    if agency is not None:
        try:
            return get_agency(session, agency).partnership_id
        except NotFound:
            raise Stopped(
                f"There is no agency {agency}. `conference agencies list` shows those there are."
            ) from None
    known = session.scalars(select(Partnership.id).order_by(Partnership.id)).all()
    if partnership is not None and partnership not in known:
        raise Stopped(f"There is no partnership {partnership}; there are {', '.join(known) or 'none'}.")
    if partnership is None and len(known) != 1:
        raise Stopped(f"Say which log with --partnership: {', '.join(known) or 'there is none yet'}.")
    return partnership or known[0]


def _progress(tell: Callable[[str], None]) -> Callable[[int, int], None]:
    """Tells every hundred thousand entries."""
    said = 0

    def progress(done: int, total: int) -> None:
        nonlocal said
        if done - said >= 100_000:
            said = done
            tell(f"{done} of {total} entries")

    return progress
