"""Finding somebody. A hit that the searcher may not see does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case, CaseAgency, CaseExclusion, PersonIndex
from conference.cases.services import cases_of
from conference.errors import BadInput
from conference.identity.services import Viewer
from conference.sharing.door import Asked, disclose, reachable
from conference.sharing.view import CaseView, PersonView
from conference.trail import writing
from conference.vault.index import name_and_birth, nhs_number, valid_nhs_number

FOUND_BY = ("identity.name", "identity.alias", "identity.dob", "identity.nhs-number")


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody found in a case that the searcher may open."""

    view: CaseView
    person: PersonView


def find(
    session: Session,
    viewer: Viewer,
    *,
    name: str = "",
    born: str = "",
    nhs: str = "",
    at: datetime,
) -> list[Hit]:
    """People by exact name with date of birth (YYYY-MM-DD), or by NHS number, in the viewer's own cases.

    The same number of queries whether anybody is found, may be seen, or not. The search itself is logged.
    Raises BadInput if neither is complete.
    """
    token = _token(session, viewer.partnership_id, name, born, nhs)
    rows = session.scalars(
        select(PersonIndex).where(
            PersonIndex.partnership_id == viewer.partnership_id, PersonIndex.token == token
        )
    ).all()
    cases = cases_of(session, viewer, at=at)
    reach = {one.field_id: one for one in reachable(session, viewer, cases, asked=Asked(classes=FOUND_BY))}
    hits = [row for row in rows if all(one in reach and reach[one].in_full for one in _needed(row))]
    found = {row.person_id for row in hits}
    where = {row.case_id for row in hits}
    views = disclose(
        session,
        viewer,
        [case for case in cases if case.id in where],
        asked=Asked(fields=[one.field_id for one in reach.values() if set(one.about) <= found]),
    )
    _log_search(session, viewer)
    return _people(views, hits)


def by_reference(session: Session, viewer: Viewer, reference: str) -> Case | None:
    """The case of this reference, if it is listed for the viewer's agency and not closed to them. Logged."""
    closed = select(CaseExclusion.case_id).where(
        CaseExclusion.staff_id == viewer.staff_id, CaseExclusion.lifted_at.is_(None)
    )
    _log_search(session, viewer)
    return session.scalar(
        select(Case)
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(
            Case.partnership_id == viewer.partnership_id,
            CaseAgency.agency_id == viewer.agency_id,
            Case.reference == reference.strip().upper(),
            Case.id.not_in(closed),
        )
    )


def people_of_own_agency(session: Session, viewer: Viewer, name: str, born: date) -> set[str]:
    """Whom the viewer's own agency knows by this exact name and date of birth: people's ids. For governance.

    Raises BadInput for a name without a letter.
    """
    token = name_and_birth(session.info["keys"], viewer.partnership_id, name, born)
    query = select(PersonIndex.person_id).where(
        PersonIndex.partnership_id == viewer.partnership_id,
        PersonIndex.owner == viewer.agency_id,
        PersonIndex.token == token,
    )
    return set(session.scalars(query))


def _needed(row: PersonIndex) -> list[str]:
    """The fields that a hit rests on: a name and a date of birth, or an NHS number."""
    return [one for one in (row.field_id, row.birth_field_id) if one is not None]


def _people(views: dict[str, CaseView], rows: Iterable[PersonIndex]) -> list[Hit]:
    hits: dict[tuple[str, str], Hit] = {}
    for row in rows:
        view = views[row.case_id]
        person = next((one for one in view.people if one.person_id == row.person_id), None)
        if person is not None:
            hits[row.case_id, row.person_id] = Hit(view, person)
    return sorted(hits.values(), key=lambda hit: (hit.view.reference, hit.person.person_id))


def _log_search(session: Session, viewer: Viewer) -> None:
    writing.record(
        session,
        "person.searched",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        channel="screen",
    )


def _token(session: Session, partnership_id: str, name: str, born: str, nhs: str) -> bytes:
    keys = session.info["keys"]
    if nhs.strip():
        if not valid_nhs_number(nhs):
            raise BadInput("Enter the 10 digits of an NHS number, like 943 476 5919.", "nhs")
        return nhs_number(keys, partnership_id, nhs)
    if not name.strip():
        raise BadInput("Enter a name and a date of birth, or an NHS number.", "name")
    try:
        birthday = date.fromisoformat(born.strip())
    except ValueError as error:
        raise BadInput("Enter the date of birth.", "born") from error
    return name_and_birth(keys, partnership_id, name, birthday)
