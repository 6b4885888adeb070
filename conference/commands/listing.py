"""Lists for the terminal: ids and references first, and nobody's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.clock import LONDON, now
from conference.commands.errors import Stopped
from conference.errors import NotFound
from conference.identity import services as identity
from conference.identity.models import Agency, Partnership, Staff
from conference.permissions import Role
from conference.sharing.agreements.settling import settle
from conference.trail import writing


def agencies(session: Session) -> Iterator[str]:
    """A line an agency: id, kind, sector, whether its staff can sign in, name."""
    for agency in identity.list_agencies(session):
        signs_in = "signs in" if agency.can_sign_in else "no sign-in"
        yield f"{agency.id}\t{agency.kind}\t{agency.sector}\t{signs_in}\t{agency.name}"


def cases(session: Session) -> Iterator[str]:
    """A line a case: reference, status, conference type, day on which it was opened."""
    for case in session.scalars(select(Case).order_by(Case.partnership_id, Case.reference)):
        opened = case.opened_at.astimezone(LONDON).date()
        yield f"{case.reference}\t{case.status.value}\t{case.conference_type.name}\t{opened}"


def staff(session: Session, agency_id: str | None) -> Iterator[str]:
    """A line a member of staff: id, agency, roles, until when trained."""
    if agency_id is not None:
        _known(session, agency_id)
    for partnership in session.scalars(select(Partnership.id).order_by(Partnership.id)):
        for one in identity.list_staff(session, partnership, agency_id):
            roles = ",".join(row.role for row in one.roles)
            yield f"{one.id}\t{one.agency_id}\t{roles}\ttrained until {one.trained_until or 'never'}"


def add_staff(
    session: Session,
    agency_id: str,
    *,
    subject: str,
    name: str,
    roles: list[Role],
    trained_until: date | None,
) -> Staff:
    """Somebody new at the agency, logged. Raises Stopped."""
    agency = _known(session, agency_id)
    if identity.find_staff(session, agency_id, subject) is not None:
        raise Stopped(f"{agency_id} already has somebody with this subject. Nothing was changed.")
    if not name.strip() or not subject.strip():
        raise Stopped("Give a name, and the subject by which the agency's provider knows them.")
    made = identity.add_staff(
        session, agency_id, subject=subject, name=name.strip(), roles=roles, trained_until=trained_until
    )
    writing.record(
        session,
        "role.changed",
        partnership=made.partnership_id,
        actor=None,
        agency=None,
        on_behalf_of=made.id,
        concerns=(agency.id,),
    )
    settle(session, made.partnership_id, now())  # an agency takes part once it has users and training
    return made


def _known(session: Session, agency_id: str) -> Agency:
    try:
        return identity.get_agency(session, agency_id)
    except NotFound:
        raise Stopped(
            f"There is no agency {agency_id}. `conference agencies list` shows those there are."
        ) from None
