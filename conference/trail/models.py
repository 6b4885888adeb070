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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed

_BIG = BigInteger().with_variant(Integer(), "sqlite")


class LogEvent(OfPartnership, Base):
    """One event, durable from the moment its transaction commits.

    n:    the order in which events were stored; gaps mean nothing.
    code: the short form of `request` for people.
    leaf: exactly the bytes that are hashed.
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

    __table_args__ = (
        Index("ix_log_event_at", "partnership_id", "at"),
        Index("ix_log_event_code", "partnership_id", "code"),
        {"sqlite_autoincrement": True},
    )


class LogPart(OfPartnership, Base):
    """What opens one agency's part of a leaf: its salt and body, sealed under that agency's key.

    empty: whether the body is the empty one, which the length of `sealed` says too. Such parts stand in
           LogEmpty; those of an older version stand here.
    """

    __tablename__ = "log_part"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("log_event.id"), primary_key=True)
    agency: Mapped[str] = mapped_column(String(64), primary_key=True)
    empty: Mapped[bool]
    sealed: Mapped[SealedBytes]

    __table_args__ = (
        Index(
            "ix_log_part_whole",
            "partnership_id",
            "agency",
            "event_id",
            postgresql_where=text("NOT empty"),
            sqlite_where=text("NOT empty"),
        ),
    )


class LogEmpty(OfPartnership, Base):
    """What opens the empty parts of a leaf, each sealed under its own agency's key.

    sealed: for every agency of the event's roster that has no LogPart, what `packing.with_position` makes.
    """

    __tablename__ = "log_empty"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("log_event.id"), primary_key=True)
    sealed: Mapped[SealedBytes]


class LogItems(OfPartnership, Base):
    """The items of one agency's part that are about the same people, sealed for that agency and them."""

    __tablename__ = "log_items"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("log_event.id"), primary_key=True)
    agency: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[SealedBytes]


class LogNote(OfPartnership, Base):
    """Free text beside an event, such as a colleague's reason, sealed for the agency whose event it is."""

    __tablename__ = "log_note"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("log_event.id"), primary_key=True)
    agency: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[SealedBytes]


class LogLeaf(OfPartnership, Base):
    """An event's place in the tree, counted from 0."""

    __tablename__ = "log_leaf"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    position: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(ForeignKey("log_event.id"), unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LogNode(OfPartnership, Base):
    """The hash of a complete subtree of two leaves or more; level is its height. Level 0 is LogLeaf."""

    __tablename__ = "log_node"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
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

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    n: Mapped[int] = mapped_column(_BIG, ForeignKey("log_event.n"), primary_key=True, autoincrement=False)


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
