"""What decisions rest on, as stored: policy versions, people's consents, professionals' decisions."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed

SAID_ELSEWHERE = "sealed"
"""What a stored decision says instead of its reason."""


class PolicyVersion(RowSealed, OfPartnership, Base):
    """One version of what the partnership agreed: a whole policy without consents and decisions."""

    __tablename__ = "policy_version"
    SEALED = ("id", "version", "document_hash", "sha256", "published_at", "published_by")
    __table_args__ = (UniqueConstraint("partnership_id", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[str]

    @property
    def document_hash(self) -> str:
        """The document as its seal covers it."""
        return hashlib.sha256(self.document.encode("utf-8")).hexdigest()


class ConsentRow(RowSealed, OfPartnership, Base):
    """What somebody said about sharing, in the policy's own form. `given_how` is sealed."""

    __tablename__ = "consent"
    SEALED = (
        *("id", "person_id", "case_id", "document", "recorded_at", "recorded_by", "recorded_for"),
        *("withdrawn_at", "withdrawn_by"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    document: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    recorded_for: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    given_how: Mapped[bytes | None] = mapped_column(LargeBinary)


class DecisionRow(RowSealed, OfPartnership, Base):
    """What professionals decided and signed: override, exemption, emergency access. Form as the policy's.

    reason: why, in their own words, sealed; the document has `SAID_ELSEWHERE` in its place.
    """

    __tablename__ = "decision"
    SEALED = ("id", "person_id", "document", "recorded_at")

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    document: Mapped[str] = mapped_column(Text)
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime]
