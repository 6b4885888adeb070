"""What a case's page is made of: one view from the door, put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from conference import clock
from conference.cases.models import Case
from conference.identity import services as identity
from conference.identity.services import Viewer
from conference.meetings import outcomes
from conference.meetings import services as meetings
from conference.meetings.models import Action, ActionStatus, Meeting, MeetingStatus
from conference.sharing import catalogue
from conference.sharing.door import EVERYTHING, Asked, disclose
from conference.sharing.view import CaseView, PersonView, Row

WAYS = {"person": "By person", "agency": "By agency", "timeline": "Timeline", "actions": "Actions"}
FIRST = (
    "contact.safe-address",
    "contact.safe-contact",
    "wishes",
    "identity.name",
    "identity.dob",
    "conference.risk",
    "conference.action",
)
"""What every way of looking shows above the rest, and all that the list of actions shows."""

ON_PAPER = tuple(name for name in catalogue.LABELS if name not in catalogue.SAFE_CONTACT)
"""What a print holds: a sheet can be left lying about, so the safe address is never on one."""


@dataclass(frozen=True, slots=True)
class Task:
    """An action whose text is shown, with who does it by when."""

    row: Row
    who: str
    due: date
    state: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case as one viewer may see it, in the order of the page."""

    view: CaseView
    way: str
    tasks: Sequence[Task]
    meeting: Meeting | None

    @property
    def risk(self) -> str | None:
        """How high the conference says the risk is, lately; the higher of two on one day."""
        return risk_of(self.view)

    @property
    def safe(self) -> list[Row]:
        """How to reach somebody safely: only its readers have such lines."""
        return [row for row in self.view.rows if row.is_safe_contact and row.level != "presence"]

    @property
    def wishes(self) -> list[Row]:
        """What they want."""
        return self.view.of_class("wishes")

    @property
    def people(self) -> list[tuple[PersonView, list[Row]]]:
        """Each person with the lines that do not stand elsewhere on the page."""
        return [(person, self._rest(person.rows)) for person in self.view.people]

    @property
    def agencies(self) -> list[tuple[str, list[tuple[PersonView, list[Row]]]]]:
        """Each agency that shows something, with its lines by person."""
        return [
            (name, [(person, self._of(person, rows)) for person in self.view.people])
            for name, of_owner in self.view.by_owner()
            if (rows := self._rest(of_owner))
        ]

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

    def _of(self, person: PersonView, rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if row.person_id == person.person_id]

    def _rest(self, rows: Sequence[Row]) -> list[Row]:
        apart = {id(row) for row in (*self.safe, *self.wishes, *self.view.of_class("conference.action"))}
        return [row for row in rows if id(row) not in apart]


def case_page(session: Session, viewer: Viewer, case: Case, *, way: str, at: datetime) -> CasePage:
    """The page of a case that was found through the viewer. Logged."""
    way = way if way in WAYS else "person"
    asked = Asked(classes=FIRST) if way == "actions" else EVERYTHING
    view = disclose(session, viewer, [case], asked=asked)[case.id]
    return CasePage(view, way, _tasks(session, viewer, view), _meeting(session, viewer, case, at=at))


def paper(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> CasePage:
    """The same by person, for paper. Logged as a print."""
    view = disclose(session, viewer, [case], asked=Asked(classes=ON_PAPER), channel="print")[case.id]
    return CasePage(view, "person", _tasks(session, viewer, view), _meeting(session, viewer, case, at=at))


def risk_of(view: CaseView) -> str | None:
    """`High risk`, where the conference's own words on it are shown."""
    said = [
        (row.recorded_on or date.min, -place, words)
        for row in view.of_class("conference.risk")
        for place, words in enumerate(outcomes.RISKS)
        if (row.text or "").startswith(words)
    ]
    return max(said)[2] if said else None


def _tasks(session: Session, viewer: Viewer, view: CaseView) -> list[Task]:
    actions = [
        (action, row)
        for action in meetings.actions_in(session, [view.case_id])
        if (row := view.row(action.field_id)) is not None and row.text
    ]
    ids = [action.staff_id for action, _ in actions]
    names = identity.staff_names(session, viewer.partnership_id, ids)
    return [_task(action, row, names) for action, row in actions]


def _task(action: Action, row: Row, names: Mapping[str, str]) -> Task:
    is_late = action.status is ActionStatus.AGREED and action.due < clock.today()
    state = {ActionStatus.DONE: "Done", ActionStatus.NOT_POSSIBLE: "Not possible"}.get(
        action.status, "Overdue" if is_late else "To do"
    )
    return Task(row, names.get(action.staff_id, ""), action.due, state, is_late)


def _meeting(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> Meeting | None:
    """The next meeting that hears the case, among those that the viewer is invited to."""
    for meeting in meetings.meetings_of(session, viewer):
        is_ahead = meeting.status in {MeetingStatus.LIST_PUBLISHED, MeetingStatus.IN_SESSION}
        if is_ahead and any(
            listed.case.id == case.id for listed in meetings.agenda_for(session, viewer, meeting, at=at)
        ):
            return meeting
    return None
