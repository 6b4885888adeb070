"""What happens before, in and after a conference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import (
    Case,
    CaseAgency,
    CaseAssignment,
    CaseExclusion,
    ConferenceType,
    ExclusionKind,
    Field,
    PersonRole,
)
from conference.cases.services import By
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.identity.models import Staff
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
from conference.vault.seal import Place, seal

RISKS = ("High risk", "Medium risk", "Standard risk")


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
    _log(session, "meeting.planned", meeting, by)
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
    session.flush()
    _log(session, "meeting.planned", meeting, by, case_id=case.id)
    return item


def invite(session: Session, meeting: Meeting, staff_ids: Iterable[str], *, by: By) -> None:
    """Ask people to come."""
    for staff_id in staff_ids:
        session.add(
            Invitation(partnership_id=meeting.partnership_id, meeting_id=meeting.id, staff_id=staff_id)
        )
    session.flush()
    _log(session, "meeting.planned", meeting, by)


def publish_list(session: Session, meeting: Meeting, *, by: By) -> None:
    """Let those who are invited see the agenda."""
    meeting.status = MeetingStatus.LIST_PUBLISHED
    session.flush()
    _log(session, "meeting.planned", meeting, by)


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
    """The cases on the agenda that are listed for the viewer's agency and not closed to them, in published order."""
    rows = session.execute(
        select(AgendaItem, Case)
        .join(Case, Case.id == AgendaItem.case_id)
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(AgendaItem.meeting_id == meeting.id, CaseAgency.agency_id == viewer.agency_id)
        .order_by(AgendaItem.position)
    ).all()
    kept_out = cases.exclusions_of(session, viewer.staff_id)
    allowed = cases.open_to(session, viewer, at=at)
    if not viewer.trained or not viewer.may(Permission.CASE_READ):
        allowed = set()
    return [Listed(item, case, case.id in allowed) for item, case in rows if case.id not in kept_out]


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


# --- the room ---


def sign_statement(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Sign the confidentiality statement."""
    row = invitation_of(session, meeting, viewer.staff_id)
    if row.signed_at is None:
        row.signed_at = at
        session.flush()
        _log(session, "meeting.signed", meeting, By.viewer(viewer))


def send_apologies(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Say that one cannot come."""
    invitation_of(session, meeting, viewer.staff_id).apologies_at = at
    session.flush()
    _log(session, "meeting.planned", meeting, By.viewer(viewer))


def join(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Come into the room. Raises Refused until the confidentiality statement is signed, Conflict after the end."""
    row = invitation_of(session, meeting, viewer.staff_id)
    if meeting.status is MeetingStatus.ENDED:
        raise Conflict(f"meeting {meeting.id} has ended")
    if row.signed_at is None:
        raise Refused("statement")
    if row.joined_at is None or row.left_at is not None:
        row.joined_at, row.left_at = at, None
        session.flush()
        _log(session, "meeting.joined", meeting, By.viewer(viewer))


def leave(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Go out of the room."""
    row = invitation_of(session, meeting, viewer.staff_id)
    if row.joined_at is not None and row.left_at is None:
        row.left_at = at
        session.flush()
        _log(session, "meeting.left", meeting, By.viewer(viewer))


def in_the_room(session: Session, meeting: Meeting, case: Case) -> list[str]:
    """Ids of staff who are in the room for a case: they joined, have not left, and are not kept out of it.

    The case must be listed for their agency, and observers stay listeners: they keep nothing.
    """
    rows = session.scalars(
        select(Invitation.staff_id)
        .join(Staff, Staff.id == Invitation.staff_id)
        .join(CaseAgency, CaseAgency.agency_id == Staff.agency_id)
        .where(
            Invitation.meeting_id == meeting.id,
            Invitation.joined_at.is_not(None),
            Invitation.left_at.is_(None),
            CaseAgency.case_id == case.id,
        )
    )
    kept_out = select(CaseExclusion.staff_id).where(
        CaseExclusion.case_id == case.id, CaseExclusion.lifted_at.is_(None)
    )
    return sorted(set(rows) - set(session.scalars(kept_out)))


def start(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Open the meeting. Raises Refused unless the viewer chairs."""
    _chairs(viewer)
    if meeting.status is MeetingStatus.ENDED:
        raise Conflict(f"meeting {meeting.id} has ended")
    meeting.status = MeetingStatus.IN_SESSION
    session.flush()
    _log(session, "meeting.advanced", meeting, By.viewer(viewer))


def move_on(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> AgendaItem | None:
    """Close the case that is heard and open the next one; None when there is none left, and the meeting ends.

    Cases that the chair may not know of are passed over, and nothing tells that they are there: the coordinator
    lists them for another chair.
    Raises Refused unless the viewer chairs, Conflict unless the meeting is in session.
    """
    _chairs(viewer)
    if meeting.status is not MeetingStatus.IN_SESSION:
        raise Conflict(f"meeting {meeting.id} is not in session")
    current = open_item(session, meeting)
    if current is not None:
        current.status, current.closed_at = ItemStatus.HEARD, at
    agenda = agenda_for(session, viewer, meeting, at=at)
    upcoming = next((one.item for one in agenda if one.item.status is ItemStatus.WAITING), None)
    if upcoming is None:
        meeting.status = MeetingStatus.ENDED
    else:
        upcoming.status, upcoming.opened_at = ItemStatus.OPEN, at
    session.flush()
    case_id = upcoming.case_id if upcoming is not None else None
    name = "meeting.advanced" if upcoming is not None else "meeting.closed"
    _log(session, name, meeting, By.viewer(viewer), case_id=case_id)
    return upcoming


def declare_conflict(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> None:
    """Leave a case because of a conflict of interest: from now on it is closed to the viewer, minutes included."""
    cases.exclude(session, case, viewer.staff_id, ExclusionKind.RECUSED, by=By.viewer(viewer), at=at)


def let_back(session: Session, viewer: Viewer, case: Case, staff_id: str, *, at: datetime) -> None:
    """The chair lets somebody back who declared a conflict. Raises Refused, NotFound."""
    _chairs(viewer)
    cases.lift_recusal(session, case, staff_id, by=By.viewer(viewer), at=at)


# --- what the conference writes ---


def write_risk(
    session: Session,
    viewer: Viewer,
    meeting: Meeting,
    case: Case,
    *,
    level: str,
    text: str,
    sources: Iterable[str],
    at: datetime,
) -> Field:
    """The chair's risk summary. It is shown at the least level that it quotes.

    level: one of RISKS.   sources: fields that the text repeats.
    """
    _chairs(viewer)
    if level not in RISKS:
        raise BadInput("Choose how high the risk is.", "level")
    value = f"{level}. {text.strip()}" if text.strip() else f"{level}."
    field = records.write_for_conference(
        session,
        case,
        class_name="conference.risk",
        value=value,
        about=_about(session, case),
        sources=_known_sources(session, case, sources),
        audience=_audience(session, meeting, case, viewer),
        by=By.viewer(viewer),
        at=at,
    )
    _log(session, "risk.written", meeting, By.viewer(viewer), case_id=case.id)
    return field


def add_action(
    session: Session,
    viewer: Viewer,
    meeting: Meeting,
    case: Case,
    *,
    text: str,
    staff_id: str,
    due: date | None,
    sources: Iterable[str] = (),
    at: datetime,
) -> Action:
    """An action with a named owner and a date. Its owner sees it even if they were not in the room.

    Raises BadInput without a text, an owner from an agency on the case, or a date.
    """
    if due is None:
        raise BadInput("Enter the date by which it will be done.", "due")
    owner = session.get(Staff, staff_id)
    listed = {row.agency_id for row in cases.agencies_of(session, case)}
    if owner is None or owner.agency_id not in listed:
        raise BadInput("Choose who will do this.", "staff_id")
    audience = {*_audience(session, meeting, case, viewer), owner.id}
    field = records.write_for_conference(
        session,
        case,
        class_name="conference.action",
        value=text,
        about=_about(session, case),
        sources=_known_sources(session, case, sources),
        audience=audience,
        by=By.viewer(viewer),
        at=at,
    )
    action = Action(
        id=new_id("act"),
        partnership_id=case.partnership_id,
        case_id=case.id,
        meeting_id=meeting.id,
        field_id=field.id,
        agency_id=owner.agency_id,
        staff_id=owner.id,
        due=due,
        agreed_at=at,
    )
    session.add(action)
    if session.get(CaseAssignment, (case.id, owner.id)) is None:
        cases.assign(session, case, owner.id, by=By.viewer(viewer), at=at)
    session.flush()
    _log(session, "action.added", meeting, By.viewer(viewer), case_id=case.id, about=(action.id,))
    return action


def settle_action(
    session: Session, viewer: Viewer, action_id: str, status: ActionStatus, *, note: str, at: datetime
) -> Action:
    """The owner says that an action is done, or why it is not possible. Raises NotFound, BadInput, Conflict."""
    action = session.get(Action, action_id)
    if action is None or action.staff_id != viewer.staff_id:
        raise NotFound
    cases.visible_case(session, viewer, action.case_id, at=at)
    if action.status is not ActionStatus.AGREED:
        raise Conflict(f"action {action.id} is already settled")
    if status is ActionStatus.NOT_POSSIBLE and not note.strip():
        raise BadInput("Say why it is not possible.", "note")
    action.status, action.settled_at = status, at
    if note.strip():
        action.note = seal(
            session,
            note.strip(),
            partnership=action.partnership_id,
            owner=viewer.agency_id,
            subjects=[],
            place=Place("action", action.id, "note"),
        )
    session.flush()
    meeting = session.get_one(Meeting, action.meeting_id)
    _log(session, "action.changed", meeting, By.viewer(viewer), case_id=action.case_id, about=(action.id,))
    return action


def _about(session: Session, case: Case) -> list[str]:
    """What the conference writes is about the person at risk; where there is none, about everybody."""
    people = cases.people_in(session, case)
    victims = [who for who, role in people if role is PersonRole.VICTIM]
    return victims or [who for who, _ in people]


def _audience(session: Session, meeting: Meeting, case: Case, viewer: Viewer) -> list[str]:
    return sorted({*in_the_room(session, meeting, case), viewer.staff_id})


def _known_sources(session: Session, case: Case, sources: Iterable[str]) -> list[str]:
    wanted = sorted({source for source in sources if source})
    known = set(session.scalars(select(Field.id).where(Field.case_id == case.id, Field.id.in_(wanted))))
    if set(wanted) - known:
        raise BadInput("Choose the information that the text repeats from this page.", "sources")
    return wanted


def _chairs(viewer: Viewer) -> None:
    if not viewer.may(Permission.MEETING_CHAIR):
        raise Refused("chair")


def _log(
    session: Session,
    name: str,
    meeting: Meeting,
    by: By,
    *,
    case_id: str | None = None,
    about: tuple[str, ...] = (),
) -> None:
    writing.record(
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
