"""The log as stored. Rows are only ever added, but for the queue; the triggers of `ddl` refuse all else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed

_BIG = BigInteger().with_variant(Integer(), "sqlite")
_ONE_TREE = {"sqlite_with_rowid": False}  # rows stand in their key's own tree


def _partition(*, primary_key: bool = False) -> Mapped[str]:
    """Whose row it is. No foreign key: each would be a query and a lock for every row of the log."""
    return mapped_column(String(64), primary_key=primary_key)


class LogEvent(OfPartnership, Base):
    """One event, durable from the moment its transaction commits.

    n:       the order in which events were stored, and the key of all else here; gaps mean nothing.
    code:    the short form of `request` for people.
    leaf:    exactly the bytes that are hashed.
    sealed:  what opens the parts that say something, framed by `packing`; None if none does.
    salts:   `LogSalts.n` of its group, which opens the empty parts; None for an event of an older version,
             whose empty parts stand in `sealed`, too.
    ordinal: its place in the group, counted from 0.
    """

    __tablename__ = "log_event"

    n: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(44), unique=True)
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"))
    at: Mapped[datetime]
    request: Mapped[str | None] = mapped_column(String(44))
    code: Mapped[str | None] = mapped_column(String(14))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    roster: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    salts: Mapped[int | None] = mapped_column(_BIG)
    ordinal: Mapped[int | None]

    __table_args__ = (
        Index("ix_log_event_at", "partnership_id", "at"),
        Index("ix_log_event_code", "partnership_id", "code"),
        {"sqlite_autoincrement": True},
    )


class LogSalts(OfPartnership, Base):
    """The salts of events that were stored together under one roster; see docs/decisions/0015.

    n:      of the first of them.
    count:  how many they are.
    sealed: for each agency of the roster, in its order, the salts of its parts, sealed under its key.
    """

    __tablename__ = "log_salts"

    partnership_id: Mapped[str] = _partition()
    n: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    count: Mapped[int]
    sealed: Mapped[SealedBytes]


class LogMark(OfPartnership, Base):
    """That an agency's part of an event says something, and with which data key some items of it are sealed.

    mark: `vault.bodies.mark_of` those items; empty if it has none.
    """

    __tablename__ = "log_mark"
    __table_args__ = _ONE_TREE

    partnership_id: Mapped[str] = _partition(primary_key=True)
    agency: Mapped[str] = mapped_column(String(64), primary_key=True)
    n: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class LogLeaf(OfPartnership, Base):
    """An event's place in the tree, counted from 0."""

    __tablename__ = "log_leaf"
    __table_args__ = _ONE_TREE

    partnership_id: Mapped[str] = _partition(primary_key=True)
    position: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(_BIG, unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LogNode(OfPartnership, Base):
    """The hash of a complete subtree of two leaves or more; level is its height. Level 0 is LogLeaf."""

    __tablename__ = "log_node"
    __table_args__ = _ONE_TREE

    partnership_id: Mapped[str] = _partition(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LogCheckpoint(OfPartnership, Base):
    """What was signed when the tree had `size` leaves."""

    __tablename__ = "log_checkpoint"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    size: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class LogEpoch(RowSealed, OfPartnership, Base):
    """A log that goes on where the one before, of number - 1, had lost its end. The first has no row.

    held:        how many leaves of the one before are still there, under a checkpoint that its key signed.
    last:        the last checkpoint of the one before that anybody knows of, a note.
    before_key:  what that log's checkpoints verify with.
    upto:        `LogEvent.n` of the last event that was stored before.
    event_id:    the event whose leaf comes first and names `last`.
    approved_by: ids of two information governance officers of different agencies, with a space between.
    """

    __tablename__ = "log_epoch"
    SEALED = ("number", "held", "last", "before_key", "upto", "event_id", "approved_by", "at")

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    held: Mapped[int] = mapped_column(_BIG)
    last: Mapped[str] = mapped_column(Text)
    before_key: Mapped[str] = mapped_column(Text)
    upto: Mapped[int] = mapped_column(_BIG)
    event_id: Mapped[str] = mapped_column(ForeignKey("log_event.id"), unique=True)
    approved_by: Mapped[str]
    at: Mapped[datetime]


class LogQueue(OfPartnership, Base):
    """An event that has no place in the tree yet. The only rows of the log that are taken away."""

    __tablename__ = "log_queue"
    __table_args__ = _ONE_TREE

    partnership_id: Mapped[str] = _partition(primary_key=True)
    n: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)


class LogStanding(RowSealed, OfPartnership, Base):
    """A look at the whole log, in which every event up to number `n` was found placed exactly once.

    The next start looks at what came after. Sealed: whoever edits the database cannot make one.
    """

    __tablename__ = "log_standing"
    SEALED = ("n", "at")

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    n: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class RosterRow(OfPartnership, Base):
    """The agencies of a partnership in the order of a leaf's parts, from one moment on.

    agencies: their ids, with a space between.
    """

    __tablename__ = "roster"
    __table_args__ = (UniqueConstraint("partnership_id", "version"),)

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(String(64))
    agencies: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
