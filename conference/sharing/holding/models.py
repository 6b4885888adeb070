"""What was last said in the log of an agency's key. Whether it is given stands in the key file, not here."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed


class Standing(StrEnum):
    """How an agency's key stands."""

    GIVEN = "given"
    REVOKED = "revoked"
    SILENT = "silent"  # whoever holds it does not give it
    LEFT = "left"


class AgencyKey(RowSealed, OfPartnership, Base):
    """One agency's key, as the log says. Without a row it was always given."""

    __tablename__ = "agency_key"
    SEALED = ("agency_id", "standing", "changed_at")
    __table_args__ = (
        CheckConstraint(
            "standing IN (" + ", ".join(f"'{one.value}'" for one in Standing) + ")", name="standing"
        ),
    )

    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    standing: Mapped[str] = mapped_column(String(8))
    changed_at: Mapped[datetime]
