"""What decisions rest on, as stored: policy versions, people's consents, professionals' decisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership


class PolicyVersion(OfPartnership, Base):
    """One version of what the partnership agreed: a whole policy without consents and decisions."""

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("partnership_id", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[str]


class ConsentRow(OfPartnership, Base):
    """What somebody said about sharing, in the policy's own form. `given_how` is sealed."""

    __tablename__ = "consent"

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


class DecisionRow(OfPartnership, Base):
    """What professionals decided and signed: override, exemption, emergency access. Form as the policy's."""

    __tablename__ = "decision"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    document: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
