"""What is stored about meetings. What is said of people is in sealed fields, owned by the conference."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from conference.cases.models import ConferenceType
from conference.db import Base, OfPartnership


class MeetingStatus(StrEnum):
    """Where a meeting stands. Source: domain reference, section 5."""

    PLANNED = "planned"
    LIST_PUBLISHED = "list-published"
    IN_SESSION = "in-session"
    ENDED = "ended"


class ItemStatus(StrEnum):
    """Where a case on the agenda stands."""

    WAITING = "waiting"
    OPEN = "open"
    HEARD = "heard"


class ActionStatus(StrEnum):
    """Where an action stands. Overdue is derived."""

    AGREED = "agreed"
    DONE = "done"
    NOT_POSSIBLE = "not-possible"


class Series(OfPartnership, Base):
    """Meetings of one conference type, one after another."""

    __tablename__ = "series"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    conference_type_id: Mapped[str] = mapped_column(ForeignKey("conference_type.id"))

    conference_type: Mapped[ConferenceType] = relationship(lazy="joined")


class Meeting(OfPartnership, Base):
    """One conference."""

    __tablename__ = "meeting"

    id: Mapped[str] = mapped_column(primary_key=True)
    series_id: Mapped[str] = mapped_column(ForeignKey("series.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    venue: Mapped[str]
    status: Mapped[MeetingStatus] = mapped_column(default=MeetingStatus.PLANNED)

    series: Mapped[Series] = relationship(lazy="joined")


class AgendaItem(OfPartnership, Base):
    """A case on the agenda, in the order that the coordinator published."""

    __tablename__ = "agenda_item"
    __table_args__ = (UniqueConstraint("meeting_id", "case_id"), UniqueConstraint("meeting_id", "position"))

    id: Mapped[str] = mapped_column(primary_key=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    position: Mapped[int]
    status: Mapped[ItemStatus] = mapped_column(default=ItemStatus.WAITING)
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Invitation(OfPartnership, Base):
    """Somebody who is asked to come, and what became of it."""

    __tablename__ = "invitation"

    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    apologies_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class Action(OfPartnership, Base):
    """Something that an agency will do by a date. What it is, is a field of the conference."""

    __tablename__ = "action"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    meeting_id: Mapped[str] = mapped_column(ForeignKey("meeting.id"))
    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), unique=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"), index=True)
    due: Mapped[date]
    status: Mapped[ActionStatus] = mapped_column(default=ActionStatus.AGREED)
    agreed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
