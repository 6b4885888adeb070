"""Requests for overrides and exemptions, the answers to them, and emergency access, as stored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed


class State(StrEnum):
    """Where a request stands. That its time is over is derived, not stored."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"


class Answered(StrEnum):
    """What a colleague said to a request."""

    APPROVE = "approve"
    REFUSE = "refuse"


class OverrideRequest(RowSealed, OfPartnership, Base):
    """Somebody of the owner's agency asks to share one kind of its information about people further.

    kind:       `override` or `exemption`, which lifts `lock`.
    people, recipients, decisions: JSON lists of ids; decisions are those that were recorded when it was
                approved.
    approvals:  how many colleagues must approve.
    necessity, proportionality: why it is necessary, why no less would do: sealed for the owner.
    until:      when it ends by itself, approved or not.
    """

    __tablename__ = "override_request"
    SEALED = (
        *("id", "case_id", "field_id", "owner", "kind", "lock", "class_name", "people", "recipients"),
        *("purpose", "level", "basis", "approvals", "asked_by", "asked_at", "until", "state", "decisions"),
        *("ended_at", "ended_by"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"))
    owner: Mapped[str] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[str]
    lock: Mapped[str | None]
    class_name: Mapped[str]
    people: Mapped[str] = mapped_column(Text)
    recipients: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str]
    level: Mapped[str]
    basis: Mapped[str]
    approvals: Mapped[int]
    asked_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=State.WAITING.value)
    decisions: Mapped[str] = mapped_column(Text, default="[]")
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    necessity: Mapped[SealedBytes]
    proportionality: Mapped[SealedBytes]


class OverrideAnswer(RowSealed, OfPartnership, Base):
    """A colleague's word on a request, and why: sealed for the owner."""

    __tablename__ = "override_answer"
    SEALED = ("id", "request_id", "staff_id", "agency_id", "word", "at")
    __table_args__ = (UniqueConstraint("request_id", "staff_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("override_request.id"), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    word: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[SealedBytes]


class Emergency(RowSealed, OfPartnership, Base):
    """Somebody opened a case in an emergency: what was recorded for it, until when, and why: sealed for them.

    decisions: a JSON list of the ids of the decisions that it is made of.
    """

    __tablename__ = "emergency"
    SEALED = ("id", "case_id", "staff_id", "agency_id", "opened_at", "until", "ended_at", "decisions")

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    opened_at: Mapped[datetime]
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    decisions: Mapped[str] = mapped_column(Text)
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
