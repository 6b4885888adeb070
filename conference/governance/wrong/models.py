"""What is stored about wrong disclosures. What officers write is sealed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed


class Fault(StrEnum):
    """What was wrong."""

    SHOWN = "shown"
    VALUE = "value"

    @property
    def words(self) -> str:
        """As people read it."""
        return _FAULTS[self]


_FAULTS = {
    Fault.SHOWN: "They should not have been shown it",
    Fault.VALUE: "What it says is not right",
}


class Told(StrEnum):
    """Who must be told of a wrong disclosure."""

    SUBJECT = "subject"
    OWNER = "owner"
    DPO = "dpo"
    REGULATOR = "regulator"

    @property
    def words(self) -> str:
        """As people read it."""
        return _TOLD[self]


_TOLD = {
    Told.SUBJECT: "The person, through their safe contact, by the IDVA",
    Told.OWNER: "The agency whose information it is",
    Told.DPO: "Our data protection officer",
    Told.REGULATOR: "The Information Commissioner's Office (ICO)",
}


class WrongReport(RowSealed, OfPartnership, Base):
    """One disclosure of one agency's information that an officer reported as wrong.

    event_id:   the disclosure in the log.   reader: the agency whose staff were shown it.
    owner:      whose information it is, an agency or the conference.
    agency_id:  the agency that reported it, and leads on it.
    due:        by when the regulator is told, unless a risk is unlikely.
    reportable: whether they are; None until somebody decided, with `why`.
    """

    __tablename__ = "wrong_report"
    __table_args__ = (CheckConstraint("(decided_at IS NULL) = (reportable IS NULL)", name="decided_one_way"),)
    SEALED = (
        *(
            "id",
            "event_id",
            "case_id",
            "reader",
            "owner",
            "agency_id",
            "fault",
            "reported_by",
            "reported_at",
            "due",
        ),
        *("reportable", "decided_at", "decided_by", "corrected_at", "closed_at", "closed_by"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(44), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    reader: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    owner: Mapped[str] = mapped_column(String(64), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), index=True)
    fault: Mapped[str] = mapped_column(String(20))
    reported_by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    reported_at: Mapped[datetime]
    due: Mapped[datetime]
    what: Mapped[SealedBytes]
    reportable: Mapped[bool | None]
    why: Mapped[bytes | None] = mapped_column(LargeBinary)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    corrected_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]

    items: Mapped[list[WrongItem]] = relationship(lazy="selectin", order_by="WrongItem.number")
    told: Mapped[list[WrongTold]] = relationship(lazy="selectin", order_by="WrongTold.at")
    notes: Mapped[list[WrongNote]] = relationship(lazy="selectin", order_by="WrongNote.at, WrongNote.id")


class WrongItem(RowSealed, OfPartnership, Base):
    """One field that was wrongly disclosed; field_id is None where only its presence was."""

    __tablename__ = "wrong_item"
    SEALED = ("report_id", "number", "field_id", "class_name", "level")
    SEAL_ROW = 2

    report_id: Mapped[str] = mapped_column(ForeignKey("wrong_report.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field_id: Mapped[str | None]
    class_name: Mapped[str]
    level: Mapped[str] = mapped_column(String(10))


class WrongTold(RowSealed, OfPartnership, Base):
    """That somebody who must be told was told."""

    __tablename__ = "wrong_told"
    SEALED = ("report_id", "who", "at", "by")
    SEAL_ROW = 2

    report_id: Mapped[str] = mapped_column(ForeignKey("wrong_report.id"), primary_key=True)
    who: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("staff.id"))


class WrongNote(RowSealed, OfPartnership, Base):
    """What was done, in an officer's words, on a day: sealed for their agency."""

    __tablename__ = "wrong_note"
    SEALED = ("id", "report_id", "at", "by", "agency_id")

    id: Mapped[str] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("wrong_report.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    text: Mapped[SealedBytes]
