"""What is stored about recalls and corrections. Reasons that people give are sealed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed


class Cause(StrEnum):
    """Why something goes back, or was wrong. Never said to whom it was shown."""

    WITHDRAWAL = "withdrawal"
    WRONG_DISCLOSURE = "wrong-disclosure"
    CORRECTION = "correction"


class Answer(StrEnum):
    """What somebody did with what they were shown."""

    DESTROYED = "destroyed"
    KEPT_BY_LAW = "kept-by-law"
    CORRECTED = "corrected"

    @property
    def words(self) -> str:
        """As people read it."""
        return _WORDS[self]


_WORDS = {
    Answer.DESTROYED: "Destroyed, or no copy was made",
    Answer.KEPT_BY_LAW: "Kept, because a law says so",
    Answer.CORRECTED: "Corrected, or no copy was made",
}


class Recall(RowSealed, OfPartnership, Base):
    """Something that goes back from everybody who was shown it.

    about:     the consent that was withdrawn, or the report of a wrong disclosure.
    opened_by: who sees how far it is, with the information governance officers of those whose it was.
    agency_id: their agency.
    """

    __tablename__ = "recall"
    SEALED = ("id", "cause", "about", "opened_by", "agency_id", "opened_at")

    id: Mapped[str] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(44), index=True)
    opened_by: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    opened_at: Mapped[datetime]


class RecallNotice(RowSealed, OfPartnership, Base):
    """The word to one member of staff about what one owner held in one case, and their receipt.

    owner:  an agency, or the conference.   agency_id: the reader's own.
    reason: by what law they keep it, sealed for their own agency.
    """

    __tablename__ = "recall_notice"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered_with_an_answer"),
    )
    SEALED = (
        *("id", "recall_id", "case_id", "owner", "staff_id", "agency_id", "is_correction", "sent_at"),
        *("answered_at", "answered_by", "answer"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    recall_id: Mapped[str] = mapped_column(ForeignKey("recall.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    owner: Mapped[str] = mapped_column(String(64), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), index=True)
    is_correction: Mapped[bool]
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answer: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)

    items: Mapped[list[RecallItem]] = relationship(lazy="selectin", order_by="RecallItem.number")
    recall: Mapped[Recall] = relationship(lazy="joined")


class RecallItem(RowSealed, OfPartnership, Base):
    """One thing that they were shown, as the log has it.

    field_id: None where they were told only that something is held.   shown_at: when last.
    """

    __tablename__ = "recall_item"
    SEALED = ("notice_id", "number", "event_id", "field_id", "class_name", "level", "shown_at")
    SEAL_ROW = 2

    notice_id: Mapped[str] = mapped_column(ForeignKey("recall_notice.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(String(44))
    field_id: Mapped[str | None]
    class_name: Mapped[str]
    level: Mapped[str] = mapped_column(String(10))
    shown_at: Mapped[datetime]
