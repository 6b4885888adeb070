"""What the agenda and the room show one viewer: through the door, and of what was let through only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, CaseAgency, Research
from conference.errors import NotFound
from conference.identity.services import Viewer, list_agencies, list_staff, staff_names
from conference.meetings import outcomes, services
from conference.meetings.models import Action, AgendaItem, Invitation, ItemStatus, Meeting
from conference.permissions import Permission
from conference.sharing.door import NAMES, Asked, disclose
from conference.sharing.view import CaseView, PersonView, Row


@dataclass(frozen=True, slots=True)
class Line:
    """A case on the agenda. Without number, time or place."""

    case_id: str
    heading: str
    reference: str
    item: AgendaItem
    research: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Task:
    """An action as a viewer may see it: its words came through the door."""

    action: Action
    row: Row
    who: str
    today: date

    @property
    def due(self) -> date:
        """By when."""
        return self.action.due

    @property
    def is_late(self) -> bool:
        """Whether its date has passed and it is still to be done."""
        return self.action.status.value == "agreed" and self.action.due < self.today

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        words = {"agreed": "To do", "done": "Done", "not-possible": "Not possible"}
        return "Overdue" if self.is_late else words[self.action.status.value]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is invited."""

    name: str
    agency: str
    state: str


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who left the case because of a conflict of interest; for the chair's eyes."""

    staff_id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    """What the room is at, for one viewer. Without view, none of its case may be known: the next is not open yet."""

    meeting: Meeting
    viewer: Viewer
    found: Case | None
    view: CaseView | None
    tasks: tuple[Task, ...]
    guests: tuple[Guest, ...]
    left: tuple[Left, ...]

    @property
    def case(self) -> Case:
        """The case that is heard. Raises NotFound where the viewer may not know of it."""
        if self.found is None:
            raise NotFound
        return self.found

    @property
    def chairs(self) -> bool:
        """Whether the viewer moves the meeting on."""
        return self.viewer.may(Permission.MEETING_CHAIR)

    @property
    def may_act(self) -> bool:
        """Whether the viewer may add actions."""
        return self.viewer.may(Permission.ACTION_WRITE)

    @property
    def risk(self) -> str | None:
        """How high the risk is, where a risk summary is shown."""
        return risk_of(self.view) if self.view is not None else None

    @property
    def first(self) -> list[Row]:
        """What is read first: safe contact for its readers, then what the person wants."""
        return (
            self.view.of_class("contact.safe-address", "contact.safe-contact", "wishes") if self.view else []
        )

    @property
    def by_owner(self) -> list[tuple[str, list[tuple[PersonView, list[Row]]]]]:
        """The rest by agency and person, without what the conference wrote."""
        if self.view is None:
            return []
        apart = {id(row) for row in [*self.first, *self.view.of_class("conference")]}
        people = self.view.people
        out = []
        for name, rows in self.view.by_owner():
            rest = [row for row in rows if id(row) not in apart]
            if rest:
                by_person = [(who, [row for row in rest if row.person_id == who.person_id]) for who in people]
                out.append((name, by_person))
        return out


def risk_of(view: CaseView) -> str | None:
    """`High risk`, from the newest risk summary that is shown."""
    shown = [row for row in view.of_class("conference.risk") if row.text]
    newest = max(shown, key=lambda row: (row.recorded_on or date.min, row.field_id or ""), default=None)
    if newest is None or newest.text is None:
        return None
    return next((level for level in outcomes.RISKS if newest.text.startswith(level)), None)


def agenda(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> list[Line]:
    """The agenda as the viewer may know it, in the order that was published."""
    listed = services.agenda_for(session, viewer, meeting, at=at)
    views = disclose(
        session,
        viewer,
        [one.case for one in listed if one.can_open],
        meeting_id=meeting.id,
        asked=NAMES,
    )
    states = services.research_states(session, viewer, [one.case.id for one in listed])
    today = at.astimezone(clock.LONDON).date()
    lines = []
    for one in listed:
        view = views.get(one.case.id)
        words, late = research_words(states.get(one.case.id), today)
        heading = view.heading if view is not None else one.case.reference
        lines.append(Line(one.case.id, heading, one.case.reference, one.item, words, late))
    return lines


def research_words(row: CaseAgency | None, today: date) -> tuple[str, bool]:
    """Where the viewer's own agency's research stands, and whether it is late."""
    if row is None:
        return "", False
    done = row.research in {Research.SENT, Research.NIL}
    if not done and row.research_due is not None and row.research_due < today:
        return "Research overdue", True
    words = {
        Research.NOT_STARTED: "Research not started",
        Research.IN_PROGRESS: "Research in progress",
        Research.SENT: "Research sent",
        Research.NIL: "Nothing held",
    }
    return words[row.research], False


def scene(session: Session, viewer: Viewer, meeting_id: str, *, at: datetime) -> Scene:
    """What the room is at now. Whoever has joined sees the case that is heard, if it is listed for their agency."""
    meeting = services.visible_meeting(session, viewer, meeting_id)
    listed = services.agenda_for(session, viewer, meeting, at=at)
    heard = [one.case for one in listed if one.item.status is ItemStatus.OPEN]
    views = disclose(session, viewer, heard, meeting_id=meeting.id)
    view = views[heard[0].id] if heard else None
    shown = tasks(session, viewer.partnership_id, view)
    guests = _guests(session, meeting)
    left = _left(session, viewer, heard)
    return Scene(meeting, viewer, heard[0] if heard else None, view, shown, guests, left)


def tasks(session: Session, partnership_id: str, view: CaseView | None) -> tuple[Task, ...]:
    """The actions whose words this view holds, by due date."""
    today = clock.today()
    found = services.actions_in(session, [view.case_id] if view is not None else [])
    shown = [(one, view.row(one.field_id)) for one in found] if view is not None else []
    seen = [(one, row) for one, row in shown if row is not None]
    names = staff_names(session, partnership_id, {one.staff_id for one, _ in seen})
    return tuple(Task(one, row, names.get(one.staff_id, ""), today) for one, row in seen)


def own_action(session: Session, viewer: Viewer, action_id: str, *, at: datetime) -> Task:
    """One of the viewer's own actions, in a case that they may open. Raises NotFound."""
    action = session.get(Action, action_id)
    if action is None or action.staff_id != viewer.staff_id:
        raise NotFound
    case = cases.visible_case(session, viewer, action.case_id, at=at)
    asked = Asked(fields=(action.field_id,))
    view = disclose(session, viewer, [case], meeting_id=action.meeting_id, asked=asked)[case.id]
    row = view.row(action.field_id)
    if row is None:
        raise NotFound
    return Task(action, row, viewer.name, clock.today())


def quotable(view: CaseView) -> list[tuple[str, str]]:
    """The lines that a text of the conference can name as its sources: those that its writer sees in words."""
    return [
        (row.field_id, f"{row.owner_name}: {row.label}")
        for row in view.rows
        if row.field_id is not None and not row.class_name.startswith("conference")
    ]


def owners(session: Session, meeting: Meeting) -> list[tuple[str, str]]:
    """Who can be given an action: everybody who is invited, with their agency, A to Z."""
    invited = {row.staff_id for row in services.invitations(session, meeting)}
    agencies = {agency.id: agency.name for agency in list_agencies(session, meeting.partnership_id)}
    names = staff_names(session, meeting.partnership_id, invited)
    staff = [one for one in list_staff(session, meeting.partnership_id) if one.id in invited]
    return sorted(
        ((one.id, f"{names[one.id]}, {agencies[one.agency_id]}") for one in staff), key=lambda it: it[1]
    )


def _left(session: Session, viewer: Viewer, heard: list[Case]) -> tuple[Left, ...]:
    if not heard or not viewer.may(Permission.MEETING_CHAIR):
        return ()
    rows = cases.recused_from(session, heard[0])
    names = staff_names(session, viewer.partnership_id, {row.staff_id for row in rows})
    return tuple(Left(row.staff_id, names[row.staff_id], row.since) for row in rows)


def _guests(session: Session, meeting: Meeting) -> tuple[Guest, ...]:
    people = dict(owners(session, meeting))
    out = []
    for row in services.invitations(session, meeting):
        name, _, agency = people.get(row.staff_id, "").partition(", ")
        if name:
            out.append(Guest(name, agency, _presence(row)))
    return tuple(sorted(out, key=lambda guest: (guest.agency, guest.name)))


def _presence(row: Invitation) -> str:
    if row.joined_at is not None and row.left_at is None:
        return "In the room"
    if row.apologies_at is not None:
        return "Sent apologies"
    return "Statement not signed" if row.signed_at is None else "Not here"
