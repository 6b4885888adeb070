"""What is kept of asking for consent where nothing was said, and who must not speak for a child."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed


class Outcome(StrEnum):
    """Why somebody who was to be asked said neither yes nor no. Source: domain reference, section 5."""

    UNSAFE = "unsafe"
    UNABLE = "unable"

    @property
    def words(self) -> str:
        """As people read it."""
        return {"unsafe": "Unsafe to ask", "unable": "Could not decide"}[self.value]


class Unanswered(RowSealed, OfPartnership, Base):
    """Somebody could not be asked, or could not decide: recorded, and nothing else changes.

    outcome: one of `Outcome`.
    how: what was found, sealed for the agency that asked.
    """

    __tablename__ = "consent_unanswered"
    SEALED = ("id", "person_id", "case_id", "outcome", "recorded_at", "recorded_by", "recorded_for")

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    outcome: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    recorded_for: Mapped[str]
    how: Mapped[SealedBytes]


class PersonUnsafe(RowSealed, OfPartnership, Base):
    """Somebody in a case who is unsafe to tell: they never consent for a child, in any case."""

    __tablename__ = "person_unsafe"
    SEALED = ("case_id", "person_id", "named_at", "named_by", "named_for")
    SEAL_ROW = 2

    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    named_at: Mapped[datetime]
    named_by: Mapped[str]
    named_for: Mapped[str]
