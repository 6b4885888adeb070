"""Digests of what stands on a case's or a room's page beside the lines that the door lets through."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.identity.services import Viewer
from conference.meetings import services
from conference.meetings.models import Meeting, MeetingStatus
from conference.meetings.room import Line, Scene
from conference.sharing import marks, noted
from conference.sharing.marks import Parts
from conference.sharing.overrides.services import emergency_of
from conference.sharing.view import CaseView


def note_case(session: Session, viewer: Viewer, case: Case, view: CaseView, *, at: datetime) -> None:
    """Note what a case's page made of `view` shows beside its lines."""
    noted.beside(session, "case", case.id, beside_case(session, viewer, case, fields_in(view), at=at))


def note_room(session: Session, viewer: Viewer, scene: Scene) -> None:
    """Note what a room's page made of `scene` shows beside lines. One that has ended stays as it is."""
    if scene.meeting.status is MeetingStatus.ENDED:
        return
    parts = beside_room(session, viewer, scene)
    if scene.view is not None:
        parts |= tasks(session, viewer, scene.case, fields_in(scene.view))
    noted.beside(session, "room", scene.meeting.id, parts)


def note_agenda(session: Session, viewer: Viewer, meeting: Meeting, lines: Sequence[Line]) -> None:
    """Note what an agenda made of `lines` shows beside names."""
    noted.beside(session, "agenda", meeting.id, beside_agenda(session, viewer, meeting, lines))


def fields_in(view: CaseView) -> frozenset[str]:
    """The fields of which the view holds words."""
    return frozenset(row.field_id for row in view.rows if row.field_id is not None and row.text)


def beside_case(
    session: Session, viewer: Viewer, case: Case, fields: Collection[str], *, at: datetime
) -> Parts:
    """What a case's page shows beside its lines. fields: of which words are shown."""
    emergency = emergency_of(session, viewer, case, at=at)
    until = emergency.until.isoformat() if emergency is not None else None
    said = marks.digest(session, viewer, "emergency", until)
    return tasks(session, viewer, case, fields) | ({said} if until else frozenset())


def beside_room(session: Session, viewer: Viewer, scene: Scene) -> Parts:
    """What a room's page shows beside its case: who is there, which case, how far the meeting is."""
    asks = scene.asks_reason.id if scene.asks_reason is not None else None
    case = scene.found.id if scene.found is not None else None
    since = scene.since.isoformat() if scene.since is not None else None
    said: list[tuple[object, ...]] = [("room", scene.meeting.status.value, case, since, asks)]
    said += [("guest", one.name, one.agency, one.state) for one in scene.guests]
    said += [("left", one.staff_id, one.since.isoformat()) for one in scene.left]
    return frozenset(marks.digest(session, viewer, *one) for one in said)


def beside_agenda(session: Session, viewer: Viewer, meeting: Meeting, listed: Sequence[Case | Line]) -> Parts:
    """What an agenda shows beside names: which cases, in which order."""
    order = [one.reference for one in listed]
    return frozenset({marks.digest(session, viewer, "agenda", meeting.status.value, order)})


def tasks(session: Session, viewer: Viewer, case: Case, fields: Collection[str]) -> Parts:
    """The actions whose words are shown, with who does them by when, and where they stand."""
    return frozenset(
        marks.digest(
            session, viewer, "task", one.field_id, one.staff_id, one.due.isoformat(), one.status.value
        )
        for one in services.actions_in(session, [case.id])
        if one.field_id in fields
    )
