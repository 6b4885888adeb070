"""What the conference itself writes: the risk summary, and actions with their owner and date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import (
    Case,
    CaseAssignment,
    Field,
    PersonRole,
    RecordSubject,
)
from conference.cases.services import By
from conference.errors import BadInput, Conflict, NotFound
from conference.identity.models import Staff
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.meetings.conduct import in_the_room
from conference.meetings.models import (
    Action,
    ActionStatus,
    Meeting,
)
from conference.meetings.services import log_meeting, must_chair
from conference.vault.seal import Place, seal

RISKS = ("High risk", "Medium risk", "Standard risk")


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
    must_chair(viewer)
    if level not in RISKS:
        raise BadInput("Choose how high the risk is.", "level")
    known = _known_sources(session, case, sources)
    value = f"{level}. {text.strip()}" if text.strip() else f"{level}."
    field = records.write_for_conference(
        session,
        case,
        class_name="conference.risk",
        value=value,
        about=_about(session, case, known),
        sources=known,
        audience=_audience(session, meeting, case, viewer),
        by=By.viewer(viewer),
        at=at,
    )
    log_meeting(session, "risk.written", meeting, By.viewer(viewer), case_id=case.id)
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
    text = cases.checked_text(text, "text", "Enter what will be done.")
    if due is None:
        raise BadInput("Enter the date by which it will be done.", "due")
    owner = session.get(Staff, staff_id)
    listed = {row.agency_id for row in cases.agencies_of(session, case)}
    if owner is None or owner.agency_id not in listed:
        raise BadInput("Choose who will do this.", "staff_id")
    known = _known_sources(session, case, sources)
    audience = {*_audience(session, meeting, case, viewer), owner.id}
    field = records.write_for_conference(
        session,
        case,
        class_name="conference.action",
        value=text,
        about=_about(session, case, known),
        sources=known,
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
    log_meeting(session, "action.added", meeting, By.viewer(viewer), case_id=case.id, about=(action.id,))
    return action


def settle_action(
    session: Session, viewer: Viewer, action_id: str, status: ActionStatus, *, note: str, at: datetime
) -> Action:
    """The owner says that it is done, or why it is not possible. Raises NotFound, BadInput, Conflict."""
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
            subjects=[who for who, _ in cases.people_in(session, session.get_one(Case, action.case_id))],
            place=Place("action", action.id, "note"),
        )
    session.flush()
    meeting = session.get_one(Meeting, action.meeting_id)
    log_meeting(
        session, "action.changed", meeting, By.viewer(viewer), case_id=action.case_id, about=(action.id,)
    )
    return action


def reword(session: Session, viewer: Viewer, field_id: str, new_field_id: str) -> None:
    """Let the action that this field says, if there is one, say another from now on."""
    action = session.scalar(select(Action).where(Action.field_id == field_id))
    if action is None:
        return
    action.field_id = new_field_id
    session.flush()
    meeting = session.get_one(Meeting, action.meeting_id)
    by = By.viewer(viewer)
    log_meeting(session, "action.changed", meeting, by, case_id=action.case_id, about=(action.id,))


def _about(session: Session, case: Case, sources: Sequence[str]) -> list[str]:
    """Whom a text is about: the person at risk and all whom its sources are about; without any, everybody.

    Their keys seal it: erasing any of them takes it away.
    """
    people = cases.people_in(session, case)
    victims = {who for who, role in people if role is PersonRole.VICTIM}
    of_sources = session.scalars(
        select(RecordSubject.person_id)
        .join(Field, Field.record_id == RecordSubject.record_id)
        .where(Field.id.in_(sources))
    )
    return sorted(victims | set(of_sources)) or [who for who, _ in people]


def _audience(session: Session, meeting: Meeting, case: Case, viewer: Viewer) -> list[str]:
    return sorted({*in_the_room(session, meeting, case), viewer.staff_id})


def _known_sources(session: Session, case: Case, sources: Iterable[str]) -> list[str]:
    wanted = sorted({source for source in sources if source})
    known = set(session.scalars(select(Field.id).where(Field.case_id == case.id, Field.id.in_(wanted))))
    if set(wanted) - known:
        raise BadInput("Choose the information that the text repeats from this page.", "sources")
    return wanted
