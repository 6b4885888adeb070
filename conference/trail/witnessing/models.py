"""What is stored of witnesses. Cosignatures and refusals are only ever added, as the log itself is.

A `size` here counts from the first leaf of the first epoch, as `LogCheckpoint.size` does; see `trail.epochs`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed

_BIG = BigInteger().with_variant(Integer(), "sqlite")


class Witness(RowSealed, OfPartnership, Base):
    """A witness of an agency's. A quorum counts agencies, so whose it is is sealed."""

    __tablename__ = "log_witness"
    SEALED = ("id", "agency_id", "vkey", "url", "added_at", "removed_at")
    __table_args__ = (UniqueConstraint("partnership_id", "vkey"),)

    id: Mapped[str] = mapped_column(String(44), primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    vkey: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Cosignature(OfPartnership, Base):
    """That a witness cosigned the checkpoint of `size`. time: its own, Unix seconds; at: when it came."""

    __tablename__ = "log_cosignature"
    __table_args__ = (Index("ix_log_cosignature_size", "partnership_id", "size"),)

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    witness_id: Mapped[str] = mapped_column(ForeignKey("log_witness.id"), primary_key=True)
    size: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    time: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Refusal(OfPartnership, Base):
    """That a witness did not cosign, having seen another log. theirs: the size that it says it has seen."""

    __tablename__ = "log_refusal"

    id: Mapped[str] = mapped_column(String(44), primary_key=True)
    witness_id: Mapped[str] = mapped_column(ForeignKey("log_witness.id"))
    kind: Mapped[str] = mapped_column(String(16))
    size: Mapped[int] = mapped_column(_BIG)
    theirs: Mapped[int | None] = mapped_column(_BIG)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Asked(OfPartnership, Base):
    """How it went when a witness was last asked. since: from when on it has gone like that, each time."""

    __tablename__ = "log_asked"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    witness_id: Mapped[str] = mapped_column(ForeignKey("log_witness.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    at: Mapped[datetime]


class MeetingClose(OfPartnership, Base):
    """That a meeting ended, and the leaf that says so. since: the log's size then, or a little less."""

    __tablename__ = "log_meeting"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    meeting_id: Mapped[str] = mapped_column(String(44), primary_key=True)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[int] = mapped_column(_BIG)
    at: Mapped[datetime]


class CopyToken(RowSealed, OfPartnership, Base):
    """What lets an agency's machine fetch its copy. digest: SHA-256 of the token, which is not kept."""

    __tablename__ = "log_token"
    SEALED = ("id", "agency_id", "digest", "made_at", "ended_at")

    id: Mapped[str] = mapped_column(String(44), primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
