"""Hold a partnership's log against a checkpoint that somebody kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from audit import LogFault, open_checkpoint, root
from conference.trail import epochs
from conference.trail.sqlstore import SqlStore


class Found(StrEnum):
    """How a log stands to a checkpoint: it goes at least as far; it ends before; it is another log."""

    PREFIX = "prefix"
    BEHIND = "behind"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found. here, there: how many entries the log has, and how many the checkpoint signed."""

    found: Found
    epoch: int
    here: int
    there: int


def compare(session: Session, partnership: str, note: bytes) -> Comparison | None:
    """How the log of `partnership` stands to a kept checkpoint; None if that is not of this log.

    note: a signed note, with any cosignatures.
    """
    for epoch in range(1, epochs.current(session, partnership) + 1):
        try:
            kept, _ = open_checkpoint(note, epochs.verifier(session, partnership, epoch))
        except LogFault:
            continue
        store = SqlStore(session, partnership, epoch)
        latest = store.latest()
        here = 0 if latest is None else latest.size
        if here < kept.size:
            return Comparison(Found.BEHIND, epoch, here, kept.size)
        try:
            same = store.answer(lambda get, size=kept.size: root(get, size)) == kept.root  # type: ignore[misc]
        except LogFault:
            same = False
        return Comparison(Found.PREFIX if same else Found.OTHER, epoch, here, kept.size)
    return None
