"""What the agenda and the room show one viewer: through the door, and of what was let through only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, CaseAgency, Research
from conference.errors import NotFound
from conference.identity.services import Viewer, list_agencies, list_staff, staff_names
from conference.meetings import services
from conference.meetings.models import Action, Invitation, ItemStatus, Meeting
from conference.meetings.told import Task, Told, task, tasks_of
from conference.permissions import Permission
from conference.sharing.door import NAMES, Asked, disclose, reachable
from conference.sharing.view import CaseView

IN_THE_ROOM = "In the room"
NEVER_QUOTED = ("conference", "identity.")  # its own words, and names, which everybody in the room knows


@dataclass(frozen=True, slots=True)
class Line:
    """A case on the agenda. Without number, time or place."""

    case_id: str
    heading: str
    reference: str
    research: str
    is_late: bool
    view: CaseView | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is invited."""

    name: str
    agency: str
    state: str

    @property
    def is_present(self) -> bool:
        """Whether they are in the room."""
        return self.state == IN_THE_ROOM


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who left the case because of a conflict of interest; for the chair's eyes."""

    staff_id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Scene:
    """What the room is at, for one viewer. Without `told` the next case is not open yet, or not theirs."""

    meeting: Meeting
    viewer: Viewer
    found: Case | None
    since: datetime | None
    told: Told | None
    guests: tuple[Guest, ...]
    left: tuple[Left, ...]
    asks_reason: Case | None = None

    @property
    def case(self) -> Case:
        """The case that is heard. Raises NotFound where the viewer may not know of it."""
        if self.found is None:
            raise NotFound
        return self.found

    @property
    def view(self) -> CaseView | None:
        """The case that is heard, as far as the viewer may see it."""
        return self.told.view if self.told is not None else None

    @property
    def chairs(self) -> bool:
        """Whether the viewer moves the meeting on."""
        return self.viewer.may(Permission.MEETING_CHAIR)

    @property
    def may_act(self) -> bool:
        """Whether the viewer may add actions."""
        return self.viewer.may(Permission.ACTION_WRITE)

    @property
    def listens(self) -> bool:
        """Whether the viewer is an observer, to whom nothing of a case is shown."""
        return not self.viewer.may(Permission.CASE_READ)

    @property
    def present(self) -> list[Guest]:
        """Who is in the room."""
        return [guest for guest in self.guests if guest.is_present]

    @property
    def absent(self) -> list[Guest]:
        """Who is invited and not in the room."""
        return [guest for guest in self.guests if not guest.is_present]


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
        heading = view.heading if view is not None else one.case.reference
        lines.append(
            Line(one.case.id, heading, one.case.reference, *_research(states.get(one.case.id), today), view)
        )
    return lines


def _research(row: CaseAgency | None, today: date) -> tuple[str, bool]:
    """Where the viewer's own agency's research stands, and whether it is late."""
    if row is None:
        return "", False
    if row.is_late(today):
        return "Research overdue", True
    words = row.research.words
    return words if row.research is Research.NIL else f"Research {words.lower()}", False


def scene(session: Session, viewer: Viewer, meeting_id: str, *, at: datetime) -> Scene:
    """What the room is at now, for somebody who is in it: the case that is heard, if it is theirs. Logged.

    Raises as `setting` does.
    """
    empty = setting(session, viewer, meeting_id, at=at)
    heard = [empty.found] if empty.found is not None else []
    told = None
    for view in disclose(session, viewer, heard, meeting_id=empty.meeting.id).values():
        told = Told(view, tasks_of(session, viewer.partnership_id, view))
    return replace(empty, told=told)


def setting(session: Session, viewer: Viewer, meeting_id: str, *, at: datetime) -> Scene:
    """The room without anything of the case that is heard in it: who is there, and which case it is.

    Listed for their agency is not enough: they work on it, or have said why they need it.
    Raises NotFound, Refused outside the room.
    """
    meeting = services.entered_meeting(session, viewer, meeting_id)
    listed = services.agenda_for(session, viewer, meeting, at=at)
    heard_now = next((one for one in listed if one.item.status is ItemStatus.OPEN), None)
    listens = not viewer.may(Permission.CASE_READ)  # the door shows observers nothing
    theirs = heard_now if heard_now is not None and (heard_now.can_open or listens) else None
    asks_reason = heard_now.case if heard_now is not None and theirs is None else None
    item, case = (theirs.item, theirs.case) if theirs is not None else (None, None)
    since = item.opened_at if item is not None else None
    guests = _guests(session, meeting)
    return Scene(meeting, viewer, case, since, None, guests, _left(session, viewer, case), asks_reason)


def own_action(session: Session, viewer: Viewer, action_id: str, *, at: datetime) -> tuple[Action, Task]:
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
    return action, task(action, row, viewer.name)


def heard(session: Session, viewer: Viewer, meeting_id: str, *, at: datetime) -> tuple[Meeting, Case]:
    """The case that is heard, for a change to it. Raises NotFound if it is not theirs, Refused outside."""
    meeting = services.entered_meeting(session, viewer, meeting_id)
    listed = services.agenda_for(session, viewer, meeting, at=at)
    found = next((one for one in listed if one.item.status is ItemStatus.OPEN), None)
    if found is None or not found.can_open:
        raise NotFound
    return meeting, found.case


def nameable(session: Session, viewer: Viewer, case: Case) -> list[tuple[str, str]]:
    """The ids of what `quotable` offers, when nothing is to be shown: decided, not opened, not logged."""
    found = reachable(session, viewer, [case])
    return [(one.field_id, "") for one in found if not one.class_name.startswith(NEVER_QUOTED)]


def quotable(view: CaseView) -> list[tuple[str, str]]:
    """The lines that a text of the conference can name as its sources: those its writer sees in words."""
    named: dict[str, str] = {}
    for person in view.people:
        who = person.name or person.role_label.lower()
        for row in person.rows:
            if row.field_id is not None and not row.class_name.startswith(NEVER_QUOTED):
                named.setdefault(row.field_id, f"{row.owner_name}: {row.label}, {who}")
    return list(named.items())


def owners(session: Session, meeting: Meeting) -> list[tuple[str, str]]:
    """Who can be given an action: everybody who is invited, with their agency, A to Z."""
    invited = {row.staff_id for row in services.invitations(session, meeting)}
    agencies = {agency.id: agency.name for agency in list_agencies(session, meeting.partnership_id)}
    names = staff_names(session, meeting.partnership_id, invited)
    staff = [one for one in list_staff(session, meeting.partnership_id) if one.id in invited]
    return sorted(
        ((one.id, f"{names[one.id]}, {agencies[one.agency_id]}") for one in staff), key=lambda it: it[1]
    )


def _left(session: Session, viewer: Viewer, case: Case | None) -> tuple[Left, ...]:
    if case is None or not viewer.may(Permission.MEETING_CHAIR):
        return ()
    rows = cases.recused_from(session, case)
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
        return IN_THE_ROOM
    if row.apologies_at is not None:
        return "sent apologies"
    return "statement not signed" if row.signed_at is None else ""
