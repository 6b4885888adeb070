"""What is kept of an import, so that the same file again changes nothing."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership


class ImportSeen(Base, OfPartnership):
    """One thing that came in from an agency's system: a record, a field of one, or somebody's name there.

    token and digest are keyed: neither what the system calls it nor what it said can be read from them. A row
    goes with its record when somebody is erased.
    """

    __tablename__ = "import_seen"

    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    record_id: Mapped[str | None] = mapped_column(ForeignKey("record.id"), index=True)
    field_id: Mapped[str | None] = mapped_column(ForeignKey("field.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
