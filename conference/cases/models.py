"""What is stored about cases and the people in them. Whatever says something about a person is sealed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed

CONFERENCE = "conference"
"""The owner of what the conference itself writes: an owner without staff."""

ERASED = b""
"""The value of a field that was erased. Its row stays where others point to it, and says nothing more."""


class PersonRole(StrEnum):
    """What somebody is in a case."""

    VICTIM = "victim"
    CHILD = "child"
    ALLEGED_PERPETRATOR = "alleged-perpetrator"
    OTHER = "other"


class Offered(StrEnum):
    """How far an owner puts a field on the table. A new field starts at `none`."""

    NONE = "none"
    PRESENCE = "presence"
    SUMMARY = "summary"
    FULL = "full"


class FieldKind(StrEnum):
    """Whether a field says what is known or what somebody thinks."""

    FACT = "fact"
    OPINION = "opinion"


class Research(StrEnum):
    """How far an agency is with its research for a case."""

    NOT_STARTED = "not-started"
    IN_PROGRESS = "in-progress"
    SENT = "sent"
    NIL = "nil"

    @property
    def is_back(self) -> bool:
        """Whether the others have the answer, be it that nothing is held."""
        return self in {Research.SENT, Research.NIL}

    @property
    def words(self) -> str:
        """Where it stands, as people read it."""
        return _RESEARCH_WORDS[self]


_RESEARCH_WORDS = {
    Research.NOT_STARTED: "Not started",
    Research.IN_PROGRESS: "Started",
    Research.SENT: "Sent",
    Research.NIL: "Nil return sent",
}


class CaseStatus(StrEnum):
    """Where a case stands. Source: domain reference, section 5."""

    OPEN = "open"
    LISTED = "listed"
    HEARD = "heard"
    ACTIONS_OPEN = "actions-open"
    MONITORED = "monitored"
    CLOSED = "closed"


class ExclusionKind(StrEnum):
    """Why somebody is kept out of a case."""

    RECUSED = "recused"
    OTHER_SIDE = "other-side"


class ConferenceType(RowSealed, Base, OfPartnership):
    """A kind of conference. Its purpose is the purpose of every disclosure in its cases."""

    __tablename__ = "conference_type"
    SEALED = ("id", "name", "purpose")

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    purpose: Mapped[str]


class Person(Base, OfPartnership):
    """Somebody whom a case is about. All that is known of them is in fields.

    said_seal: over all consents and decisions about them, so that none goes missing.
    """

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True)
    said_seal: Mapped[bytes | None] = mapped_column(LargeBinary)


class Case(RowSealed, Base, OfPartnership):
    """One case: a reference, a type, people, and the agencies that it is listed for."""

    __tablename__ = "case"
    SEALED = ("id", "reference", "conference_type_id", "opened_at")
    __table_args__ = (UniqueConstraint("partnership_id", "reference"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    conference_type_id: Mapped[str] = mapped_column(ForeignKey("conference_type.id"))
    status: Mapped[CaseStatus] = mapped_column(default=CaseStatus.OPEN)
    opened_at: Mapped[datetime]

    conference_type: Mapped[ConferenceType] = relationship(lazy="joined")


class CasePerson(RowSealed, Base, OfPartnership):
    """A person's role in a case."""

    __tablename__ = "case_person"
    SEALED = ("case_id", "person_id", "role")
    SEAL_ROW = 2

    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[PersonRole]


class Relation(Base, OfPartnership):
    """Two people of a case who belong together. What they are to each other is the sealed field."""

    __tablename__ = "relation"

    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    other_id: Mapped[str] = mapped_column(ForeignKey("person.id"))


class CaseAgency(RowSealed, Base, OfPartnership):
    """An agency that a case is listed for, and its research."""

    __tablename__ = "case_agency"
    SEALED = ("case_id", "agency_id")
    SEAL_ROW = 2

    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), primary_key=True)
    research: Mapped[Research] = mapped_column(default=Research.NOT_STARTED)
    research_due: Mapped[date | None]

    def is_late(self, today: date) -> bool:
        """Whether the research should be back by now and is not."""
        return not self.research.is_back and self.research_due is not None and self.research_due < today


class CaseAssignment(RowSealed, Base, OfPartnership):
    """Somebody who works on a case for their agency."""

    __tablename__ = "case_assignment"
    SEALED = ("case_id", "staff_id", "since")
    SEAL_ROW = 2

    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    since: Mapped[datetime]


class CaseReason(RowSealed, Base, OfPartnership):
    """A colleague who is not assigned said why they need the case. It ends by itself."""

    __tablename__ = "case_reason"
    SEALED = ("id", "case_id", "staff_id", "given_at", "until")

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    given_at: Mapped[datetime]
    until: Mapped[datetime]


class CaseExclusion(RowSealed, Base, OfPartnership):
    """Somebody kept out of a case: a conflict of interest, or the other side. Only lifting ends it."""

    __tablename__ = "case_exclusion"
    SEALED = ("id", "case_id", "staff_id", "kind", "since", "lifted_at")

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    kind: Mapped[ExclusionKind]
    since: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class Record(RowSealed, Base, OfPartnership):
    """Fields that belong together in one agency's own papers about somebody."""

    __tablename__ = "record"
    SEALED = ("id", "case_id", "owner", "type", "made_at", "made_by")

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    owner: Mapped[str]
    type: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    external_token: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)

    subjects: Mapped[list[RecordSubject]] = relationship(lazy="selectin", order_by="RecordSubject.person_id")


class RecordSubject(Base, OfPartnership):
    """Whom a record is about: everybody whose say counts for its fields."""

    __tablename__ = "record_subject"

    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)


class Field(Base, OfPartnership):
    """One value that an agency holds, sealed, and how far it is offered to the table.

    row_seal: over what decisions about it rest on, with its record's people, its sources and audience.
    withheld_number: how often withheld_reason was written; an earlier one does not open in its place.
    """

    __tablename__ = "field"
    __table_args__ = (CheckConstraint("version > 0", name="version_counts_from_one"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    owner: Mapped[str]
    class_name: Mapped[str]
    value: Mapped[SealedBytes]
    summary: Mapped[bytes | None] = mapped_column(LargeBinary)
    source: Mapped[bytes | None] = mapped_column(LargeBinary)
    relevance: Mapped[bytes | None] = mapped_column(LargeBinary)
    withheld_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    withheld_number: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    offered: Mapped[Offered] = mapped_column(default=Offered.NONE)
    kind: Mapped[FieldKind]
    recorded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    external_token: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    row_seal: Mapped[bytes | None] = mapped_column(LargeBinary)

    record: Mapped[Record] = relationship(lazy="raise")


class FieldVersion(Base, OfPartnership):
    """What a field said before it was corrected, still sealed."""

    __tablename__ = "field_version"

    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[SealedBytes]
    summary: Mapped[bytes | None] = mapped_column(LargeBinary)
    source: Mapped[bytes | None] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[str]


class FieldSource(Base, OfPartnership):
    """A field that a text of the conference repeats: the text gets the least of their levels."""

    __tablename__ = "field_source"

    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("field.id"), primary_key=True)


class FieldAudience(Base, OfPartnership):
    """Somebody who was in the room when the conference wrote a text without sources."""

    __tablename__ = "field_audience"

    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)


class PersonIndex(Base, OfPartnership):
    """A keyed token by which somebody can be found, and the fields that it was made from."""

    __tablename__ = "person_index"

    id: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary, index=True)
    owner: Mapped[str]
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), index=True)
    birth_field_id: Mapped[str | None] = mapped_column(ForeignKey("field.id"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
