"""Sharing agreements and their signatures, as stored."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed


class Agreement(RowSealed, OfPartnership, Base):
    """One agreement: its words (`document`, JSON, see `terms`), who entered it, and whether it was ended.

    name: what policies, decisions and the log call it; unique in its partnership.
    """

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("partnership_id", "name"),)
    SEALED = (
        *("id", "name", "document_hash", "created_at", "created_by", "created_for"),
        *("ended_at", "ended_by", "ended_why"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    document: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    created_for: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_why: Mapped[str | None] = mapped_column(Text)

    @property
    def document_hash(self) -> str:
        """The words as the seal covers them, and as each signature is bound to them."""
        return hashlib.sha256(self.document.encode("utf-8")).hexdigest()


class AgreementSignature(RowSealed, OfPartnership, Base):
    """An information governance officer signed for their agency.

    content: the hash of the words that were signed. Other words have no signature.
    """

    __tablename__ = "agreement_signature"
    __table_args__ = (UniqueConstraint("agreement_id", "agency_id", "content"),)
    SEALED = ("id", "agreement_id", "agency_id", "staff_id", "content", "signed_at")

    id: Mapped[str] = mapped_column(primary_key=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    content: Mapped[str]
    signed_at: Mapped[datetime]
