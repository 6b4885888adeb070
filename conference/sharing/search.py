"""Finding somebody. A hit that the searcher may not see does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case, CaseAgency, PersonIndex
from conference.cases.services import cases_of
from conference.errors import BadInput
from conference.identity.services import Viewer
from conference.sharing.door import Asked, disclose
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
    cases = {case.id: case for case in cases_of(session, viewer, at=at)}
    hits = [row for row in rows if row.case_id in cases]
    case_ids = {row.case_id for row in hits}
    views = disclose(
        session,
        viewer,
        [case for case in cases.values() if case.id in case_ids],
        asked=Asked(classes=FOUND_BY),
        log_empty=False,
    )
    writing.record(
        session,
        "person.searched",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        channel="screen",
    )
    return _visible(views, hits)


def by_reference(session: Session, viewer: Viewer, reference: str) -> Case | None:
    """The case of this reference, if it is listed for the viewer's agency."""
    return session.scalar(
        select(Case)
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(
            Case.partnership_id == viewer.partnership_id,
            CaseAgency.agency_id == viewer.agency_id,
            Case.reference == reference.strip().upper(),
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


def _visible(views: dict[str, CaseView], rows: Iterable[PersonIndex]) -> list[Hit]:
    hits: dict[tuple[str, str], Hit] = {}
    for found in rows:
        view = views.get(found.case_id)
        needed = [one for one in (found.field_id, found.birth_field_id) if one is not None]
        if view is None or not all(_in_full(view, one) for one in needed):
            continue
        person = next((one for one in view.people if one.person_id == found.person_id), None)
        if person is not None:
            hits[found.case_id, found.person_id] = Hit(view, person)
    return sorted(hits.values(), key=lambda hit: (hit.view.reference, hit.person.person_id))


def _in_full(view: CaseView, field_id: str) -> bool:
    row = view.row(field_id)
    return row is not None and row.level in {"own", "full"}


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
