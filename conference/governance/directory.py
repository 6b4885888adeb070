"""The names of what entries speak of: agencies, staff, cases, and people as far as the door allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE, Case, CaseAgency
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.sharing.door import Asked, disclose
from conference.sharing.stored import CONFERENCE_NAME
from conference.trail.reading import Entry
from conference.vault.errors import KeyGone

SYSTEM = "The service"


@dataclass(frozen=True, slots=True)
class Directory:
    """Names by id."""

    agencies: dict[str, str]
    staff: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)

    def agency(self, agency_id: str | None) -> str:
        """An agency's name."""
        return self.agencies.get(agency_id or "", agency_id or SYSTEM)

    def who(self, entry: Entry) -> str:
        """`Sam Okafor, Northmoor Homes`."""
        if entry.actor is None:
            return SYSTEM
        return f"{self.staff.get(entry.actor, entry.actor)}, {self.agency(entry.agency)}"


def directory(
    session: Session, viewer: Viewer, entries: Iterable[Entry], more: Iterable[str] = ()
) -> Directory:
    """The names of all that `entries` speak of, and of the staff `more`. Always as many statements."""
    seen = list(entries)
    agencies = {one.id: one.name for one in list_agencies(session, viewer.partnership_id)}
    people = {one.actor for one in seen if one.actor} | {viewer.staff_id, *more}
    names = staff_names(session, viewer.partnership_id, people)
    found = cases_named(session, viewer, {one.case for one in seen if one.case})
    return Directory(
        {**agencies, CONFERENCE: CONFERENCE_NAME}, names, {one.id: one.reference for one in found}
    )


def cases_named(session: Session, viewer: Viewer, case_ids: Collection[str]) -> list[Case]:
    """The cases that entries name, if they are listed for the viewer's agency: anybody can ask for any id."""
    query = (
        select(Case)
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(
            Case.partnership_id == viewer.partnership_id,
            CaseAgency.agency_id == viewer.agency_id,
            Case.id.in_(sorted(case_ids)),
        )
    )
    return list(session.scalars(query.order_by(Case.id)))


def people_named(session: Session, viewer: Viewer, case_ids: Collection[str]) -> dict[str, str]:
    """The names that the viewer's own agency holds of the people of these cases; logged by the door."""
    try:
        views = disclose(
            session,
            viewer,
            cases_named(session, viewer, case_ids),
            asked=Asked(owners=(viewer.agency_id,), classes=("identity.name", "identity.dob")),
            purpose="audit",
            log_empty=False,
        )
    except (
        KeyGone
    ):  # somebody in these cases was erased: nothing is opened, the reference stands for them all
        return {}
    return {one.person_id: one.name for view in views.values() for one in view.people if one.name}
