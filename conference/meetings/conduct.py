"""The room: who is in it, which case is heard, who must leave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.cases.models import (
    Case,
    CaseAgency,
    CaseExclusion,
    CaseStatus,
    ExclusionKind,
)
from conference.cases.services import By
from conference.errors import Conflict, Refused
from conference.identity.models import Staff, StaffRole
from conference.identity.services import Viewer
from conference.meetings.models import (
    Action,
    ActionStatus,
    AgendaItem,
    Invitation,
    ItemStatus,
    Meeting,
    MeetingStatus,
)
from conference.meetings.services import agenda_for, invitation_of, log_meeting, must_chair, open_item
from conference.permissions import HOLDS, Permission
from conference.trail.witnessing.closing import meeting_closed


def sign_statement(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Sign the confidentiality statement."""
    row = invitation_of(session, meeting, viewer.staff_id)
    if row.signed_at is None:
        row.signed_at = at
        session.flush()
        log_meeting(session, "meeting.signed", meeting, By.viewer(viewer))


def send_apologies(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Say that one cannot come."""
    invitation_of(session, meeting, viewer.staff_id).apologies_at = at
    session.flush()
    log_meeting(session, "meeting.planned", meeting, By.viewer(viewer))


def join(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Come into the room. Raises Refused until the statement is signed, Conflict after the end."""
    row = invitation_of(session, meeting, viewer.staff_id)
    if meeting.status is MeetingStatus.ENDED:
        raise Conflict(f"meeting {meeting.id} has ended")
    if row.signed_at is None:
        raise Refused("statement")
    if row.joined_at is None or row.left_at is not None:
        row.joined_at, row.left_at = at, None
        session.flush()
        log_meeting(session, "meeting.joined", meeting, By.viewer(viewer))


def leave(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> None:
    """Go out of the room."""
    row = invitation_of(session, meeting, viewer.staff_id)
    if row.joined_at is not None and row.left_at is None:
        row.left_at = at
        session.flush()
        log_meeting(session, "meeting.left", meeting, By.viewer(viewer))


def in_the_room(session: Session, meeting: Meeting, case: Case) -> list[str]:
    """Ids of staff who are in the room for a case: they joined, have not left, and are not kept out of it.

    The case must be listed for their agency, and observers stay listeners: they keep nothing.
    """
    rows = session.scalars(
        select(Invitation.staff_id)
        .join(Staff, Staff.id == Invitation.staff_id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .join(CaseAgency, CaseAgency.agency_id == Staff.agency_id)
        .where(
            StaffRole.role.in_(_KEEPING),
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


_KEEPING = sorted(role.value for role, held in HOLDS.items() if Permission.CASE_READ in held)
"""The roles whose holders keep what the conference writes in front of them."""


def start(session: Session, viewer: Viewer, meeting: Meeting) -> None:
    """Open the meeting. Raises Refused unless the viewer chairs."""
    must_chair(viewer)
    if meeting.status is MeetingStatus.ENDED:
        raise Conflict(f"meeting {meeting.id} has ended")
    meeting.status = MeetingStatus.IN_SESSION
    session.flush()
    log_meeting(session, "meeting.advanced", meeting, By.viewer(viewer))


def move_on(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> AgendaItem | None:
    """Close the case that is heard and open the next one; None when there is none left, and the meeting ends.

    Cases that the chair may not know of are passed over, and nothing tells that they are there: the
    coordinator lists them for another chair.
    Raises Refused unless the viewer chairs, Conflict unless the meeting is in session.
    """
    must_chair(viewer)
    if meeting.status is not MeetingStatus.IN_SESSION:
        raise Conflict(f"meeting {meeting.id} is not in session")
    current = open_item(session, meeting)
    if current is not None:
        current.status, current.closed_at = ItemStatus.HEARD, at
        _heard(session, current.case_id)
    agenda = agenda_for(session, viewer, meeting, at=at)
    upcoming = next((one.item for one in agenda if one.item.status is ItemStatus.WAITING), None)
    if upcoming is None:
        meeting.status = MeetingStatus.ENDED
    else:
        upcoming.status, upcoming.opened_at = ItemStatus.OPEN, at
    session.flush()
    case_id = upcoming.case_id if upcoming is not None else None
    name = "meeting.advanced" if upcoming is not None else "meeting.closed"
    leaf_hash = log_meeting(session, name, meeting, By.viewer(viewer), case_id=case_id)
    if upcoming is None:
        meeting_closed(session, meeting.partnership_id, meeting.id, leaf_hash)
    return upcoming


def declare_conflict(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> None:
    """Leave a case because of a conflict of interest: it is closed to them at once, minutes included."""
    cases.exclude(session, case, viewer.staff_id, ExclusionKind.RECUSED, by=By.viewer(viewer), at=at)


def let_back(session: Session, viewer: Viewer, case: Case, staff_id: str, *, at: datetime) -> None:
    """The chair lets somebody back who declared a conflict. Raises Refused, NotFound."""
    must_chair(viewer)
    cases.lift_recusal(session, case, staff_id, by=By.viewer(viewer), at=at)


def _heard(session: Session, case_id: str) -> None:
    """A case that was heard has actions to be done, or is looked after until it lapses."""
    is_open = (
        select(Action.id).where(Action.case_id == case_id, Action.status == ActionStatus.AGREED).limit(1)
    )
    case = session.get_one(Case, case_id)
    case.status = CaseStatus.MONITORED if session.scalar(is_open) is None else CaseStatus.ACTIONS_OPEN
