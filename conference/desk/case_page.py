"""What a case's page is made of: one view from the door, put in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.identity.services import Viewer
from conference.meetings import marks
from conference.meetings import services as meetings
from conference.meetings.models import Meeting, MeetingStatus
from conference.meetings.told import Told, asked_for, tasks_of
from conference.sharing.door import disclose
from conference.sharing.overrides.services import emergency_of
from conference.sharing.recalls import receipts
from conference.sharing.view import CaseView, PersonView, Row

WAYS = {"person": "By person", "agency": "By agency", "timeline": "Timeline", "actions": "Actions"}


@dataclass(frozen=True, slots=True)
class CasePage(Told):
    """A case as one viewer may see it, in the order of the page."""

    way: str
    meeting: Meeting | None
    recalled: tuple[str, ...] = ()  # what this reader alone is told of what they were shown before
    emergency: datetime | None = None  # until when the viewer has opened it in an emergency

    @property
    def timeline(self) -> list[tuple[date, PersonView, Row]]:
        """The lines that show a date, the latest first; the safe address stands above."""
        dated = [
            (row.recorded_on, person, row)
            for person in self.view.people
            for row in person.rows
            if row.recorded_on is not None and not row.is_safe_contact
        ]
        return sorted(dated, key=lambda entry: entry[0], reverse=True)


def case_page(session: Session, viewer: Viewer, case: Case, *, way: str, at: datetime) -> CasePage:
    """The page of a case that was found through the viewer. Logged."""
    way = way if way in WAYS else "person"
    view = disclose(session, viewer, [case], asked=asked_for(way))[case.id]
    return _page(session, viewer, case, view, way, at=at)


def paper(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> CasePage:
    """The same by person, for paper. Logged as a print."""
    view = disclose(session, viewer, [case], asked=asked_for("print"), channel="print")[case.id]
    return _page(session, viewer, case, view, "person", at=at)


def _page(
    session: Session, viewer: Viewer, case: Case, view: CaseView, way: str, *, at: datetime
) -> CasePage:
    marks.note_case(session, viewer, case, view, at=at)
    tasks = tasks_of(session, viewer.partnership_id, view)
    opened = emergency_of(session, viewer, case, at=at)
    until = opened.until if opened is not None else None
    waiting = receipts.waiting_in(session, viewer, case.id)
    recalled = tuple(dict.fromkeys(receipts.sentence(one) for one in waiting))
    meeting = _meeting(session, viewer, case, at=at)
    return CasePage(view, tasks, way, meeting, recalled=recalled, emergency=until)


def _meeting(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> Meeting | None:
    """The next meeting that hears the case, among those that the viewer is invited to."""
    for meeting in meetings.meetings_of(session, viewer):
        is_ahead = meeting.status in {MeetingStatus.LIST_PUBLISHED, MeetingStatus.IN_SESSION}
        if is_ahead and any(
            listed.case.id == case.id for listed in meetings.agenda_for(session, viewer, meeting, at=at)
        ):
            return meeting
    return None
