"""Data keys as stored: always wrapped."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from conference.clock import now
from conference.db import Base, OfPartnership


class DataKey(OfPartnership, Base):
    """The key that seals what one owner holds about one set of people, for one purpose.

    owner:    an agency's id, `conference` or `directory`.
    subjects: person ids, sorted, with a space between; empty if it is about nobody.
    wrapped:  the key under each subject's erasure key, and that under the owner's key.
    version:  of the owner's key.
    current:  whether new values are sealed with it.
    """

    __tablename__ = "data_key"

    id: Mapped[str] = mapped_column(String(30), primary_key=True)
    owner: Mapped[str]
    subjects: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(String(5))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int]
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
