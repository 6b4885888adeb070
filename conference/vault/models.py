"""Data keys as stored, always wrapped; how much was sealed with them; and their rotations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from conference.clock import now
from conference.db import Base, OfPartnership

_BIG = BigInteger().with_variant(Integer(), "sqlite")


class DataKey(OfPartnership, Base):
    """The key that seals what one owner holds about one set of people, for one purpose.

    owner:      an agency's id, `conference` or `directory`.
    subjects:   person ids, sorted, with a space between; empty if it is about nobody.
    wrapped:    the key under each subject's erasure key, and that under the owner's key.
    version:    of the owner's key when it was made. What it seals is bound to that: it never changes.
    wrapped_by: the version of the owner's key that it is wrapped under now.
    current:    whether new values are sealed with it.
    """

    __tablename__ = "data_key"

    id: Mapped[str] = mapped_column(String(30), primary_key=True)
    owner: Mapped[str]
    subjects: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(5))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int]
    wrapped_by: Mapped[int] = mapped_column(server_default=text("1"))
    current: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        CheckConstraint("purpose IN ('field', 'body')", name="purpose"),
        Index(
            "uq_data_key_current",
            "partnership_id",
            "owner",
            "purpose",
            "subjects",
            unique=True,
            postgresql_where=text("current"),
            sqlite_where=text("current"),
        ),
    )


class SealingRun(Base):
    """A process that began to seal. Each may seal a few values with any data key without saying so."""

    __tablename__ = "sealing_run"

    id: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = ({"sqlite_autoincrement": True},)


class SealingCount(OfPartnership, Base):
    """So many values more a process may seal with a data key: written before it does. Only ever added."""

    __tablename__ = "sealing_count"

    id: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=True)
    data_key_id: Mapped[str] = mapped_column(String(30), index=True)
    taken: Mapped[int] = mapped_column(_BIG)


class KeyRotation(OfPartnership, Base):
    """One move of an owner's data keys to a new version of its key.

    fields: whether the values are sealed anew as well, under new data keys.
    done_at: since when nothing is wrapped or sealed with older ones.
    destroyed_at: when the older ones were destroyed.
    """

    __tablename__ = "key_rotation"

    id: Mapped[str] = mapped_column(String(30), primary_key=True)
    owner: Mapped[str]
    version: Mapped[int]
    fields: Mapped[bool]
    started_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_key_rotation_going_on",
            "partnership_id",
            "owner",
            unique=True,
            postgresql_where=text("done_at IS NULL"),
            sqlite_where=text("done_at IS NULL"),
        ),
    )
