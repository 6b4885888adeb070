"""Epochs: a partnership's log, and the one that goes on where that one has lost its end.

Each epoch is a tree of its own with its own origin, key and checkpoints. They share the tables: the tree of
epoch N stands at positions from (N - 1) * 2^40 on, its nodes above them. See docs/decisions/0012.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from audit import VerifierKey
from conference import driver
from conference.trail.keys import FIRST, key_name, verifier_key
from conference.trail.models import LogEpoch
from conference.vault.errors import KeyMissing
from conference.vault.keyfile import KeyFile

BITS = 40
"""An epoch has room for 2^40 leaves."""


# Asked before every batch, and almost never is there one.
_FIND = "SELECT number FROM log_epoch WHERE partnership_id = {given} LIMIT 1"
_ANY = {"sqlite": _FIND.format(given="?"), "postgresql": _FIND.format(given="%s")}
_OPENED = (
    select(LogEpoch).where(LogEpoch.partnership_id == bindparam("partnership")).order_by(LogEpoch.number)
)


def first_place(epoch: int) -> int:
    """Where leaf 0 of the epoch stands."""
    return (epoch - FIRST) << BITS


def epoch_of(position: int) -> int:
    """The epoch of a leaf that stands at `position`."""
    return FIRST + (position >> BITS)


def index_of(position: int) -> int:
    """A leaf's index in its epoch's tree."""
    return position & ((1 << BITS) - 1)


def current(session: Session, partnership: str) -> int:
    """The epoch that takes new leaves; asked for once in a session."""
    held: dict[str, int] = session.info.setdefault("epochs", {})
    if partnership not in held:
        newest = opened(session, partnership)
        held[partnership] = newest[-1].number if newest else FIRST
    return held[partnership]


def opened(session: Session, partnership: str) -> list[LogEpoch]:
    """Every epoch after the first, oldest first. Raises RowBroken for one that somebody else wrote."""
    connection = session.connection()
    if not driver.run(connection, _ANY[connection.dialect.name], (partnership,)):
        return []
    return list(session.scalars(_OPENED, {"partnership": partnership}))


def closed_by(session: Session, partnership: str, epoch: int) -> LogEpoch | None:
    """The epoch that follows `epoch`, which says where that one ended; None while it goes on."""
    return next((one for one in opened(session, partnership) if one.number > epoch), None)


def upto(session: Session, partnership: str) -> int:
    """The number of the last event that was stored before the current epoch; 0 in the first."""
    if current(session, partnership) == FIRST:
        return 0
    return opened(session, partnership)[-1].upto


def for_receipts(session: Session, partnership: str) -> int:
    """As `current`. Does not ask the database as long as the key file knows of one epoch only."""
    keys: KeyFile = session.info["keys"]
    return current(session, partnership) if knows(keys, partnership, FIRST + 1) else FIRST


def knows(keys: KeyFile, partnership: str, epoch: int) -> bool:
    """Whether the key file has, or had, the epoch's key."""
    name = key_name(partnership, epoch)
    try:
        keys.key(name)
    except KeyMissing:
        return keys.is_destroyed(name)
    return True


def verifier(session: Session, partnership: str, epoch: int | None = None) -> VerifierKey:
    """The key that the checkpoints of an epoch (of the current one) verify with, be the private one lost."""
    which = current(session, partnership) if epoch is None else epoch
    after = closed_by(session, partnership, which) if which < current(session, partnership) else None
    if after is not None:
        return VerifierKey.parse(after.before_key)
    return verifier_key(session.info["keys"], partnership, which)
