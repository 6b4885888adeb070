"""A case in the order in which every page tells it: made of what the door let through and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from conference import clock
from conference.identity.services import staff_names
from conference.meetings import outcomes, services
from conference.meetings.models import Action, ActionStatus
from conference.sharing import catalogue
from conference.sharing.door import EVERYTHING, NAMES, Asked
from conference.sharing.view import CaseView, PersonView, Row

ByPerson = list[tuple[PersonView, list[Row]]]
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

STATES = {ActionStatus.AGREED: "To do", ActionStatus.DONE: "Done", ActionStatus.NOT_POSSIBLE: "Not possible"}


WAYS_ASKED = {"actions": Asked(classes=FIRST), "print": Asked(classes=ON_PAPER), "names": NAMES}


def asked_for(way: str) -> Asked:
    """What a way of looking at a case asks for: some ask for a part of it alone."""
    return WAYS_ASKED.get(way, EVERYTHING)


@dataclass(frozen=True, slots=True)
class Task:
    """An action whose text is shown, with who does it by when."""

    row: Row
    who: str
    due: date
    state: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of a case. Each line stands in one place."""

    view: CaseView
    tasks: Sequence[Task]

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
    def risks(self) -> list[Row]:
        """The conference's own words on the risk, each once, whomever it is about."""
        return list(
            {(row.field_id, row.level): row for row in self.view.of_class("conference.risk")}.values()
        )

    @property
    def people(self) -> ByPerson:
        """Each person with the lines that do not stand elsewhere on the page."""
        return [(person, self._rest(person.rows)) for person in self.view.people]

    @property
    def agencies(self) -> list[tuple[str, ByPerson]]:
        """Each agency that shows something, with its lines by person."""
        return [
            (
                name,
                [(who, [row for row in rows if row.person_id == who.person_id]) for who in self.view.people],
            )
            for name, of_owner in self.view.by_owner()
            if (rows := self._rest(of_owner))
        ]

    def _rest(self, rows: Sequence[Row]) -> list[Row]:
        apart = {id(row) for row in (*self.safe, *self.wishes, *self.view.of_class("conference"))}
        return [row for row in rows if id(row) not in apart]


def risk_of(view: CaseView) -> str | None:
    """`High risk`, where the conference's own words on it are shown."""
    said = [
        (row.recorded_on or date.min, -place, words)
        for row in view.of_class("conference.risk")
        for place, words in enumerate(outcomes.RISKS)
        if (row.text or "").startswith(words)
    ]
    return max(said)[2] if said else None


def tasks_of(session: Session, partnership_id: str, view: CaseView) -> list[Task]:
    """The actions whose words this view holds, by due date."""
    actions = [
        (action, row)
        for action in services.actions_in(session, [view.case_id])
        if (row := view.row(action.field_id)) is not None and row.text
    ]
    names = staff_names(session, partnership_id, {action.staff_id for action, _ in actions})
    return [task(action, row, names.get(action.staff_id, "")) for action, row in actions]


def task(action: Action, row: Row, who: str) -> Task:
    """One action, with where it stands in words."""
    is_late = action.status is ActionStatus.AGREED and action.due < clock.today()
    return Task(row, who, action.due, "Overdue" if is_late else STATES[action.status], is_late)
