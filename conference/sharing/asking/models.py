"""What is stored of a question. What it says is sealed; to whom it goes is sealed by row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed


class Question(RowSealed, OfPartnership, Base):
    """One question about somebody in a case.

    to_agency: the agency that is asked; None for the victim, through the case's IDVA or referrer.
    class_name: what more is asked for.   text: sealed for whoever is asked, not for whoever asks.
    """

    __tablename__ = "question"
    SEALED = (
        *("id", "case_id", "person_id", "to_agency", "class_name", "asked_at", "asked_by", "asked_for"),
        *("done_at", "done_by"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    to_agency: Mapped[str | None] = mapped_column(ForeignKey("agency.id"), index=True)
    class_name: Mapped[str]
    text: Mapped[SealedBytes]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    asked_for: Mapped[str]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
