"""Legal holds: what they cover is not erased by anybody, in any way, until they are lifted.

A hold on a case is known to the officers of every agency that the case is listed for, and binds them all: it
says nothing of what anybody holds. A hold on one person binds the agency that placed it, and the person's
key; no other agency is told of it, for it would say that somebody holds something about them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from conference.cases.models import Case, CasePerson
from conference.cases.services import agencies_of, checked_text
from conference.errors import BadInput, Conflict, NotFound
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.sharing.notes import Note, people_at_risk, read_notes
from conference.sharing.retention.models import LegalHold
from conference.trail import writing
from conference.vault.seal import Place, seal


class Held(BadInput):
    """A legal hold stands against it."""

    def __init__(self) -> None:
        super().__init__("A legal hold is in force. Nothing that it covers can be erased until it is lifted.")


def place(
    session: Session, viewer: Viewer, case: Case, person_id: str | None, reason: str, *, at: datetime
) -> LegalHold:
    """Hold a case that was found through the viewer, or one person in it of whom they hold something.

    Raises BadInput without a reason.
    """
    text = checked_text(reason, "reason", "Say why it must be kept.")
    hold = LegalHold(
        id=new_id("hld"),
        partnership_id=case.partnership_id,
        agency_id=viewer.agency_id,
        case_id=case.id,
        person_id=person_id,
        placed_at=at,
        placed_by=viewer.staff_id,
    )
    hold.reason = seal(
        session,
        text,
        partnership=case.partnership_id,
        owner=viewer.agency_id,
        subjects=[person_id] if person_id is not None else people_at_risk(session, case.id),
        place=_place(hold),
    )
    session.add(hold)
    session.flush()
    _log(session, "hold.placed", hold, viewer, case)
    return hold


def lift(session: Session, viewer: Viewer, hold: LegalHold, *, at: datetime) -> None:
    """End a hold. Raises NotFound for another agency's, Conflict if it was lifted."""
    if hold.agency_id != viewer.agency_id:
        raise NotFound
    session.refresh(hold, with_for_update=True)
    if hold.lifted_at is not None:
        raise Conflict(f"hold {hold.id} was lifted")
    hold.lifted_at, hold.lifted_by, hold.lifted_for = at, viewer.staff_id, viewer.agency_id
    session.flush()
    _log(session, "hold.lifted", hold, viewer, session.get_one(Case, hold.case_id))


def known_to(session: Session, viewer: Viewer, cases: list[Case]) -> list[LegalHold]:
    """The holds in force in cases found through the viewer: anybody's on cases, their own on people."""
    query = (
        select(LegalHold)
        .where(
            LegalHold.case_id.in_(sorted(case.id for case in cases)),
            LegalHold.lifted_at.is_(None),
            or_(LegalHold.person_id.is_(None), LegalHold.agency_id == viewer.agency_id),
        )
        .order_by(LegalHold.placed_at, LegalHold.id)
    )
    return list(session.scalars(query))


def find(session: Session, viewer: Viewer, cases: list[Case], hold_id: str) -> LegalHold:
    """One of the agency's own among them. Raises NotFound, the same for none and another's."""
    found = next((one for one in known_to(session, viewer, cases) if one.id == hold_id), None)
    if found is None or found.agency_id != viewer.agency_id:
        raise NotFound(f"hold {hold_id}")
    return found


def reason_of(session: Session, viewer: Viewer, hold: LegalHold) -> str | None:
    """Why it was placed, for the agency that placed it alone. Logged."""
    if hold.agency_id != viewer.agency_id:
        return None
    note = Note(hold.reason, hold.agency_id, _place(hold))
    return read_notes(session, viewer, [note], about=hold.id, case_id=hold.case_id)[0]


def stands_against(session: Session, agency_id: str, case_id: str, people: Collection[str]) -> bool:
    """Whether an agency may not erase its own in a case, where that is about any of `people`."""
    query = select(LegalHold).where(
        LegalHold.lifted_at.is_(None),
        or_(
            (LegalHold.case_id == case_id) & LegalHold.person_id.is_(None),
            (LegalHold.agency_id == agency_id) & LegalHold.person_id.in_(sorted(people)),
        ),
    )
    return session.scalars(query).first() is not None


def on_person(session: Session, person_id: str, others: Collection[str] = ()) -> list[LegalHold]:
    """Every hold in force that covers somebody: of any agency, on them or on a case that they are in.

    others: whom records are about together with them: what is held about these goes with the person's key.
    """
    theirs = select(CasePerson.case_id).where(CasePerson.person_id == person_id)
    query = select(LegalHold).where(
        LegalHold.lifted_at.is_(None),
        or_(
            LegalHold.person_id.in_(sorted({person_id, *others})),
            LegalHold.person_id.is_(None) & LegalHold.case_id.in_(theirs),
        ),
    )
    return list(session.scalars(query.order_by(LegalHold.placed_at, LegalHold.id)))


def _place(hold: LegalHold) -> Place:
    return Place("legal_hold", hold.id, "reason")


def _log(session: Session, name: str, hold: LegalHold, viewer: Viewer, case: Case) -> None:
    """A hold on a case is told to every agency on it."""
    told = [row.agency_id for row in agencies_of(session, case)] if hold.person_id is None else []
    writing.record(
        session,
        name,
        partnership=hold.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=hold.case_id,
        about=(hold.id,),
        concerns=sorted(told),
    )
