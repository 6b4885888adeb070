"""What the pages about keeping and erasing say: of the officer's own agency's records alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conference.cases.models import Case, CaseAgency
from conference.cases.services import exclusions_of, people_in
from conference.clock import LONDON
from conference.errors import BadInput, NotFound
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.meetings.models import AgendaItem, Meeting
from conference.sharing import catalogue
from conference.sharing.door import Asked, disclose
from conference.sharing.retention import due, holds, proposing
from conference.sharing.retention.due import Days, Holding
from conference.sharing.retention.models import Erasure, LegalHold, State
from conference.sharing.retention.proposing import REASONS
from conference.sharing.retention.schedule import deaths, schedule_of
from conference.trail import writing
from conference.vault.errors import KeyGone

STATES = {
    State.WAITING: "Waiting for a colleague",
    State.DONE: "Erased",
    State.REFUSED: "Refused",
    State.TAKEN_BACK: "Taken back",
}


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of whom the agency holds records, by the name that it holds itself, else by their role."""

    case_id: str
    reference: str
    person_id: str
    heading: str
    holdings: tuple[Holding, ...]

    def due(self, today: date) -> list[Holding]:
        """The records whose time is over."""
        return [one for one in self.holdings if one.due is not None and one.due <= today]


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A legal hold. reason: for the agency that placed it.   is_own: whether the viewer's may lift it."""

    hold_id: str
    what: str
    placed_by: str
    placed_at: datetime
    reason: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal to erase. may_answer: whether the viewer is the colleague whom it waits for."""

    id: str
    what: str
    why: str
    state: str
    is_open: bool
    proposed_by: str
    proposed_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    may_answer: bool
    is_own: bool
    count: int
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """All that the pages are made of, loaded at once."""

    cases: list[Case]
    people: list[Somebody]
    today: date

    def case(self, case_id: str) -> Case:
        """One of the cases. Raises NotFound."""
        found = next((one for one in self.cases if one.id == case_id), None)
        if found is None:
            raise NotFound
        return found

    def somebody(self, case_id: str, person_id: str) -> Somebody:
        """Somebody of whom the agency holds records in a case. Raises NotFound."""
        wanted = (case_id, person_id)
        found = next((one for one in self.people if (one.case_id, one.person_id) == wanted), None)
        if found is None:
            raise NotFound
        return found

    def heading(self, case_id: str, person_id: str) -> str:
        """Who it is, as the pages call them; nothing where the agency holds nothing of them any more."""
        wanted = (case_id, person_id)
        found = next((one for one in self.people if (one.case_id, one.person_id) == wanted), None)
        return "Somebody" if found is None else found.heading


def known(session: Session, viewer: Viewer, *, at: datetime, mark: str, case_id: str | None = None) -> Known:
    """The agency's cases, or one of them, and of whom it holds what in them. That it was seen is logged.

    Raises NotFound for a case that is not listed for the agency, or that the viewer is kept out of.
    """
    cases = _cases(session, viewer, case_id)
    if case_id is not None and not cases:
        raise NotFound
    names, births = _named(session, viewer, cases)
    days = Days(births, deaths(session, viewer), _lapses(session, cases, at))
    ids = [case.id for case in cases]
    found = due.holdings(session, viewer, ids, schedule_of(session, viewer.agency_id), days)
    people = [
        Somebody(case.id, case.reference, who, names.get(who) or catalogue.PERSON_ROLES[role.value], theirs)
        for case in cases
        for who, role in people_in(session, case)
        if (theirs := tuple(one for one in found if one.case_id == case.id and who in one.about))
    ]
    writing.record(
        session,
        "retention.shown",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        channel="screen",
        case=case_id,
        mark=mark,
    )
    return Known(cases, people, at.astimezone(LONDON).date())


def find_case(session: Session, viewer: Viewer, reference: str) -> Case:
    """A case by its reference. Raises BadInput, the same for none and for another agency's."""
    wanted = reference.strip().upper()
    found = next((one for one in _cases(session, viewer, None) if one.reference == wanted), None)
    if found is None:
        raise BadInput("Enter the reference of a case that is listed for your agency.", "reference")
    return found


def hold_lines(session: Session, viewer: Viewer, page: Known) -> list[HoldLine]:
    """The holds that the agency's officers know of. Reasons that are read are logged."""
    names = {one.id: one.name for one in list_agencies(session, viewer.partnership_id)}
    references = {case.id: case.reference for case in page.cases}
    return [
        HoldLine(
            one.id,
            _held(one, page, references),
            names[one.agency_id],
            one.placed_at,
            holds.reason_of(session, viewer, one),
            one.agency_id == viewer.agency_id,
        )
        for one in holds.known_to(session, viewer, page.cases)
    ]


def proposals(session: Session, viewer: Viewer, page: Known) -> list[Proposal]:
    """The agency's proposals in these cases: what waits first, then the latest."""
    found = proposing.of_own_agency(session, viewer, page.cases)
    lines = [_proposal(session, viewer, page, one) for one in reversed(found)]
    return sorted(lines, key=lambda one: not one.is_open)


def proposal(session: Session, viewer: Viewer, page: Known, erasure_id: str) -> Proposal:
    """One of them. Raises NotFound."""
    return _proposal(session, viewer, page, proposing.find(session, viewer, page.cases, erasure_id))


def _proposal(session: Session, viewer: Viewer, page: Known, one: Erasure) -> Proposal:
    named = set(json.loads(one.records))
    staff = [who for who in (one.proposed_by, one.answered_by) if who is not None]
    names = staff_names(session, viewer.partnership_id, staff)
    is_open = one.state == State.WAITING
    holdings = {each.record_id: each for some in page.people for each in some.holdings}
    return Proposal(
        id=one.id,
        what=f"{page.case(one.case_id).reference}, {page.heading(one.case_id, one.person_id)}",
        why=REASONS[one.why],
        state=STATES[State(one.state)],
        is_open=is_open,
        proposed_by=names.get(one.proposed_by, "Somebody who has left"),
        proposed_at=one.proposed_at,
        answered_by=names.get(one.answered_by or "", "Somebody who has left") if one.answered_by else None,
        answered_at=one.answered_at,
        may_answer=is_open and viewer.staff_id != one.proposed_by,
        is_own=viewer.staff_id == one.proposed_by,
        count=len(named),
        holdings=tuple(holdings[each] for each in sorted(named) if each in holdings),
    )


def _held(one: LegalHold, page: Known, references: Mapping[str, str]) -> str:
    reference = references[one.case_id]
    if one.person_id is None:
        return f"{reference}, everybody in it"
    return f"{reference}, {page.heading(one.case_id, one.person_id)}"


def _cases(session: Session, viewer: Viewer, case_id: str | None) -> list[Case]:
    """The cases listed for the viewer's agency that they are not kept out of, by reference."""
    kept_out = exclusions_of(session, viewer.staff_id)
    query = (
        select(Case, CaseAgency)  # both whole, so that their seals are checked
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(Case.partnership_id == viewer.partnership_id, CaseAgency.agency_id == viewer.agency_id)
        .order_by(Case.reference)
    )
    rows = session.execute(query if case_id is None else query.where(Case.id == case_id))
    return [case for case, _ in rows if case.id not in kept_out]


def _named(
    session: Session, viewer: Viewer, cases: Collection[Case]
) -> tuple[dict[str, str], dict[str, date]]:
    """The names and dates of birth that the viewer's own agency holds; logged by the door."""
    try:
        views = disclose(
            session,
            viewer,
            list(cases),
            asked=Asked(owners=(viewer.agency_id,), classes=("identity.name", "identity.dob")),
            purpose="audit",
            log_empty=False,
        )
    except KeyGone:  # its own key is not given just now: roles stand for names
        return {}, {}
    seen = [one for view in views.values() for one in view.people]
    names = {one.person_id: one.name for one in seen if one.name}
    return names, {one.person_id: one.born for one in seen if one.born}


def _lapses(session: Session, cases: Iterable[Case], at: datetime) -> dict[str, date]:
    """When each case was last heard, or opened if it never was; none that is still to be heard."""
    opened = {case.id: case.opened_at for case in cases}
    query = (
        select(AgendaItem.case_id, func.max(Meeting.ends_at))
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(AgendaItem.case_id.in_(sorted(opened)))
        .group_by(AgendaItem.case_id)
    )
    last: dict[str, datetime] = {row[0]: row[1] for row in session.execute(query)}
    days = {case_id: last.get(case_id, on) for case_id, on in opened.items()}
    return {case_id: on.astimezone(LONDON).date() for case_id, on in days.items() if on <= at}
