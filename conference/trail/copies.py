"""An agency's copy of the log, piece by piece: what was added since a size, whole at a later checkpoint."""

from __future__ import annotations

import io
import zipfile
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import tile_bytes
from audit.export import CHECKPOINT, PARTS, VKEY
from audit.parts import part_line
from audit.tiles import tiles_at, width_at
from conference.errors import NotFound
from conference.trail import epochs, proving
from conference.trail.models import LogCheckpoint
from conference.trail.sqlstore import SqlStore
from conference.trail.witnessing import roll, standing

MOST = 2000
"""About so many leaves come in one piece."""

_STAMP = (1980, 1, 1, 0, 0, 0)  # a piece says nothing of when it was made


class Piece(NamedTuple):
    """A zip, not compressed, of the files that are new; the size it leads to, and that of the whole log."""

    content: bytes
    size: int
    whole: int


def piece(session: Session, partnership: str, agency: str, start: int, *, epoch: int | None = None) -> Piece:
    """What leads from the first `start` leaves to the next checkpoint, with what opens the agency's parts.

    Its files stand at the places of `conference audit export`, `parts.jsonl` with the new lines alone. Its
    length depends on the number of leaves and on the agency's own parts alone.
    Raises NotFound for a size or epoch that the log has not reached, audit.LogFault for a broken log.
    """
    which = epochs.current(session, partnership) if epoch is None else epoch
    if not 1 <= which <= epochs.current(session, partnership):
        raise NotFound(f"epoch {which}")
    store = SqlStore(session, partnership, which)
    latest = store.latest()
    whole = 0 if latest is None else latest.size
    if not 0 <= start <= whole:
        raise NotFound(f"size {start}")
    size = _end(session, partnership, which, start, whole)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        _put(archive, CHECKPOINT, _checkpoint(session, partnership, store, size))
        _put(archive, VKEY, f"{epochs.verifier(session, partnership, which)}\n".encode())
        for tile in tiles_at(size):
            if width_at(tile.level, tile.number, start) != tile.width:
                _put(archive, tile.path, tile_bytes(store, tile))
        parts = proving.parts_for(session, partnership, agency, size, start=start, epoch=which)
        _put(archive, PARTS, b"".join(part_line(at, one) for at, one in enumerate(parts, start=start)))
    return Piece(packed.getvalue(), size, whole)


def _end(session: Session, partnership: str, epoch: int, start: int, whole: int) -> int:
    """The size of the last checkpoint within reach, or of the next one there is."""
    if whole - start <= MOST:
        return whole
    first = epochs.first_place(epoch)
    sizes = select(LogCheckpoint.size).where(
        LogCheckpoint.partnership_id == partnership,
        LogCheckpoint.size > first + start,
        LogCheckpoint.size <= first + whole,
    )
    within = sizes.where(LogCheckpoint.size <= first + start + MOST).order_by(LogCheckpoint.size.desc())
    found = session.scalar(within.limit(1)) or session.scalar(sizes.order_by(LogCheckpoint.size).limit(1))
    return whole if found is None else found - first


def _checkpoint(session: Session, partnership: str, store: SqlStore, size: int) -> bytes:
    """The checkpoint of this size, with what witnesses have made of it."""
    if size == 0:
        return store.checkpoint()
    place = epochs.first_place(store.epoch) + size
    witnesses = roll.all_of(session, partnership)
    cosigned = standing.at_size(session, partnership, place, witnesses, 0)
    if cosigned is not None:
        return cosigned.note
    found = store.newest(upto=size)
    if found is None or found.size != size:
        raise NotFound(f"checkpoint of {size}")
    return found.note.encode()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _STAMP), content)
