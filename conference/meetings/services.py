"""What happens before, in and after a conference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.cases.models import (
    Case,
    CaseAgency,
    CaseStatus,
    ConferenceType,
)
from conference.cases.services import By
from conference.errors import BadInput, NotFound, Refused
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.inputs import moved
from conference.meetings.models import (
    Action,
    ActionStatus,
    AgendaItem,
    Invitation,
    ItemStatus,
    Meeting,
    MeetingStatus,
    Series,
)
from conference.permissions import Permission
from conference.trail import writing
from conference.trail.witnessing import standing
from conference.trail.witnessing.standing import Witnessed

# --- planning ---


def add_series(
    session: Session, *, partnership_id: str, name: str, conference_type: ConferenceType
) -> Series:
    """A series of meetings of one conference type."""
    series = Series(
        id=new_id("ser"), partnership_id=partnership_id, name=name, conference_type_id=conference_type.id
    )
    session.add(series)
    session.flush()
    return series


def plan_meeting(
    session: Session, series: Series, *, starts_at: datetime, ends_at: datetime, venue: str, by: By
) -> Meeting:
    """A meeting of the series. Raises BadInput if it ends before it starts."""
    if ends_at <= starts_at:
        raise BadInput("Enter an end that is after the start.", "ends_at")
    meeting = Meeting(
        id=new_id("mtg"),
        partnership_id=series.partnership_id,
        series_id=series.id,
        starts_at=starts_at,
        ends_at=ends_at,
        venue=venue,
    )
    session.add(meeting)
    session.flush()
    log_meeting(session, "meeting.planned", meeting, by)
    return meeting


def list_case(session: Session, meeting: Meeting, case: Case, *, position: int, by: By) -> AgendaItem:
    """Put a case on the agenda."""
    item = AgendaItem(
        id=new_id("agi"),
        partnership_id=meeting.partnership_id,
        meeting_id=meeting.id,
        case_id=case.id,
        position=position,
    )
    session.add(item)
    case.status = CaseStatus.LISTED
    session.flush()
    log_meeting(session, "meeting.planned", meeting, by, case_id=case.id)
    return item


def invite(session: Session, meeting: Meeting, staff_ids: Iterable[str], *, by: By) -> None:
    """Ask people to come."""
    for staff_id in staff_ids:
        session.add(
            Invitation(partnership_id=meeting.partnership_id, meeting_id=meeting.id, staff_id=staff_id)
        )
    session.flush()
    log_meeting(session, "meeting.planned", meeting, by)


def publish_list(session: Session, meeting: Meeting, *, by: By) -> None:
    """Let those who are invited see the agenda."""
    meeting.status = MeetingStatus.LIST_PUBLISHED
    session.flush()
    log_meeting(session, "meeting.planned", meeting, by)


# --- looking ---


def meetings_of(session: Session, viewer: Viewer) -> list[Meeting]:
    """The meetings that the viewer is invited to, earliest first."""
    return list(
        session.scalars(
            select(Meeting)
            .join(Invitation, Invitation.meeting_id == Meeting.id)
            .where(Meeting.partnership_id == viewer.partnership_id, Invitation.staff_id == viewer.staff_id)
            .order_by(Meeting.starts_at, Meeting.id)
        )
    )


def visible_meeting(session: Session, viewer: Viewer, meeting_id: str) -> Meeting:
    """The meeting, if the viewer is invited. Raises NotFound, whether it is absent or not theirs."""
    meeting = session.scalar(
        select(Meeting)
        .join(Invitation, Invitation.meeting_id == Meeting.id)
        .where(
            Meeting.id == meeting_id,
            Meeting.partnership_id == viewer.partnership_id,
            Invitation.staff_id == viewer.staff_id,
        )
    )
    if meeting is None:
        raise NotFound
    return meeting


def invitation_of(session: Session, meeting: Meeting, staff_id: str) -> Invitation:
    """Somebody's invitation. Raises NotFound."""
    row = session.get(Invitation, (meeting.id, staff_id))
    if row is None:
        raise NotFound
    return row


def entered_meeting(session: Session, viewer: Viewer, meeting_id: str) -> Meeting:
    """The meeting, if the viewer is in its room now: they signed, came in and have not left.

    Raises NotFound as `visible_meeting` does, Refused where they are invited and not in the room.
    """
    meeting = visible_meeting(session, viewer, meeting_id)
    mine = invitation_of(session, meeting, viewer.staff_id)
    if mine.signed_at is None:
        raise Refused("statement")
    if mine.joined_at is None or mine.left_at is not None:
        raise Refused("room")
    return meeting


def invitations(session: Session, meeting: Meeting) -> list[Invitation]:
    """Everybody who is invited."""
    return list(
        session.scalars(
            select(Invitation).where(Invitation.meeting_id == meeting.id).order_by(Invitation.staff_id)
        )
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A case on the agenda that the viewer may know of. There is no number, and no place."""

    item: AgendaItem
    case: Case
    can_open: bool


def agenda_for(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> list[Listed]:
    """The cases on the agenda that are listed for the viewer's agency and open to them, as published."""
    rows = session.execute(
        select(AgendaItem, Case, CaseAgency)
        .join(Case, Case.id == AgendaItem.case_id)
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(AgendaItem.meeting_id == meeting.id, CaseAgency.agency_id == viewer.agency_id)
        .order_by(AgendaItem.position)
    ).all()
    kept_out = cases.exclusions_of(session, viewer.staff_id)
    allowed = cases.open_to(session, viewer, at=at)
    if meeting.status is MeetingStatus.PLANNED:
        rows = []  # the coordinator has not published it
    if not viewer.trained or not viewer.may(Permission.CASE_READ):
        allowed = set()
    return [Listed(item, case, case.id in allowed) for item, case, _ in rows if case.id not in kept_out]


def research_states(session: Session, viewer: Viewer, case_ids: Sequence[str]) -> dict[str, CaseAgency]:
    """How far the viewer's agency is with each case."""
    rows = session.scalars(
        select(CaseAgency).where(CaseAgency.agency_id == viewer.agency_id, CaseAgency.case_id.in_(case_ids))
    )
    return {row.case_id: row for row in rows}


def open_item(session: Session, meeting: Meeting) -> AgendaItem | None:
    """The agenda item that is being heard."""
    return session.scalar(
        select(AgendaItem).where(AgendaItem.meeting_id == meeting.id, AgendaItem.status == ItemStatus.OPEN)
    )


def actions_of(session: Session, viewer: Viewer, *, open_only: bool = True) -> list[Action]:
    """The viewer's own actions, by due date."""
    query = select(Action).where(
        Action.partnership_id == viewer.partnership_id, Action.staff_id == viewer.staff_id
    )
    if open_only:
        query = query.where(Action.status == ActionStatus.AGREED)
    return list(session.scalars(query.order_by(Action.due, Action.id)))


def actions_in(session: Session, case_ids: Sequence[str]) -> list[Action]:
    """All actions of some cases, by due date. A page shows those whose field its view holds."""
    return list(
        session.scalars(select(Action).where(Action.case_id.in_(case_ids)).order_by(Action.due, Action.id))
    )


def research_of(session: Session, viewer: Viewer, *, at: datetime) -> list[tuple[Case, CaseAgency]]:
    """The viewer's agency's research in the cases that they work on, by due date."""
    mine = {case.id: case for case in cases.cases_of(session, viewer, at=at)}
    rows = session.scalars(
        select(CaseAgency).where(
            CaseAgency.agency_id == viewer.agency_id, CaseAgency.case_id.in_(sorted(mine))
        )
    )
    pairs = [(mine[row.case_id], row) for row in rows]
    return sorted(pairs, key=lambda pair: (pair[1].research_due or date.max, pair[0].reference))


def witnessed(session: Session, meeting: Meeting) -> Witnessed | None:
    """The cosigned checkpoint of the log that holds the meeting's end; None until there is one."""
    if meeting.status is not MeetingStatus.ENDED:
        return None
    return standing.of_meeting(session, meeting.partnership_id, meeting.id)


# --- small parts ---


def must_chair(viewer: Viewer) -> None:
    if not viewer.may(Permission.MEETING_CHAIR):
        raise Refused("chair")


def log_meeting(
    session: Session,
    name: str,
    meeting: Meeting,
    by: By,
    *,
    case_id: str | None = None,
    about: tuple[str, ...] = (),
) -> bytes:
    leaf_hash = writing.record(
        session,
        name,
        partnership=meeting.partnership_id,
        actor=by.staff_id,
        agency=by.agency_id,
        case=case_id,
        meeting=meeting.id,
        about=about,
    )
    moved(session, meeting.partnership_id)
    return leaf_hash
