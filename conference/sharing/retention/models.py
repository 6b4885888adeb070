"""Schedules, legal holds, proposals to erase and what was erased, as stored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed


class State(StrEnum):
    """Where a proposal to erase stands."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    TAKEN_BACK = "taken-back"


class Word(StrEnum):
    """What an owner settled about a field of several people, before one of them is erased."""

    REWRITTEN = "rewritten"
    NOTHING_STAYS = "nothing-stays"


class RetentionRule(RowSealed, OfPartnership, Base):
    """How long an agency keeps one kind of information, as its own officer set it.

    class_name: the first part of a class of the policy, like `tenancy`.
    trigger, years: it is due so many years after this; years is None until somebody set them.
    """

    __tablename__ = "retention_rule"
    __table_args__ = (CheckConstraint("years IS NULL OR years >= 0", name="years_ahead"),)
    SEALED = ("agency_id", "class_name", "trigger", "years", "set_at", "set_by")
    SEAL_ROW = 2

    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    class_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    trigger: Mapped[str] = mapped_column(String(20))
    years: Mapped[int | None]
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))


class RetentionDay(RowSealed, OfPartnership, Base):
    """A day to count from that no record says: when somebody died. Sealed for the agency that entered it."""

    __tablename__ = "retention_day"
    SEALED = ("agency_id", "person_id", "set_at", "set_by")
    SEAL_ROW = 2

    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[SealedBytes]
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))


class LegalHold(RowSealed, OfPartnership, Base):
    """What must not be erased, until it is lifted: a case with everybody in it, or one person.

    person_id: None holds the case, for all agencies.   reason: sealed for the agency that placed it.
    """

    __tablename__ = "legal_hold"
    SEALED = (
        *("id", "agency_id", "case_id", "person_id", "placed_at", "placed_by"),
        *("lifted_at", "lifted_by", "lifted_for"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    placed_at: Mapped[datetime]
    placed_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[SealedBytes]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    lifted_for: Mapped[str | None]


class Erasure(RowSealed, OfPartnership, Base):
    """An officer proposes to erase records of their agency about somebody; a colleague of theirs approves.

    records: a JSON list of exactly those that go.   why: one of `proposing.REASONS`.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="answered_with_a_word"),
    )
    SEALED = (
        *("id", "agency_id", "case_id", "person_id", "records", "why", "proposed_at", "proposed_by", "state"),
        *("answered_at", "answered_by"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    records: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(String(20))
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(String(20), default=State.WAITING.value)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]


class ErasedPerson(RowSealed, OfPartnership, Base):
    """That somebody was erased: what says, after a crash, that their key must still be destroyed."""

    __tablename__ = "erased_person"
    SEALED = ("person_id", "at", "approved_by")

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime]
    approved_by: Mapped[str] = mapped_column(Text)


class Rewriting(RowSealed, OfPartnership, Base):
    """What an owner settled about a field of several people: another one stays of it, or nothing."""

    __tablename__ = "rewriting"
    SEALED = ("field_id", "agency_id", "word", "at", "by")

    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), primary_key=True)
    agency_id: Mapped[str] = mapped_column(String(64), index=True)
    word: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
