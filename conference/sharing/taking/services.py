"""What comes of asking somebody where they say neither yes nor no; and who never speaks for a child."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE, Case, CasePerson, PersonRole
from conference.cases.services import By, people_in
from conference.errors import BadInput
from conference.ids import new_id
from conference.sharing import policy
from conference.sharing.stored import agencies_of
from conference.sharing.taking.models import Outcome, PersonUnsafe, Unanswered
from conference.sharing.taking.taken import Taken
from conference.trail import writing
from conference.vault.seal import Place, seal

SAFE_CONTACT = "contact.safe-contact"
NOT_THEM = "This person cannot speak for the child here. Ask the IDVA."


def role_of(session: Session, case: Case, person_id: str) -> PersonRole:
    """What somebody is in the case. Raises BadInput for somebody who is not in it, or who is never asked."""
    role = dict(people_in(session, case)).get(person_id)
    if role is None or role is PersonRole.ALLEGED_PERPETRATOR:
        raise BadInput("Choose somebody in this case.", "person")
    return role


def check_speaker(session: Session, case: Case, person_id: str, speaker: str) -> None:
    """Raises BadInput unless `speaker`, an adult of the case, may decide for the child `person_id`.

    Never an alleged perpetrator, of this case or any other, nor anybody who was named unsafe. It is not said
    which: who was named by whom is for nobody else to know.
    """
    roles = dict(people_in(session, case))
    adult = roles.get(speaker) in {PersonRole.VICTIM, PersonRole.OTHER}
    accused = session.scalars(
        select(CasePerson).where(
            CasePerson.person_id == speaker, CasePerson.role == PersonRole.ALLEGED_PERPETRATOR
        )
    ).all()
    unsafe = session.scalars(select(PersonUnsafe).where(PersonUnsafe.person_id == speaker)).all()
    if speaker == person_id or not adult or accused or unsafe:
        raise BadInput(NOT_THEM, "speaker")


def nameable_agencies(session: Session, partnership_id: str, *, at: datetime) -> list[tuple[str, str]]:
    """The agencies that somebody can agree to tell, as (id, name), A to Z: those that the rules know."""
    rules = policy.in_force(session, partnership_id, (), at).policy
    return [
        (agency.id, agency.name)
        for agency in agencies_of(session, partnership_id)
        if agency.id in rules.agency and agency.id != CONFERENCE
    ]


def record_unanswered(
    session: Session, case: Case, person_id: str, *, outcome: Outcome, how: Taken, by: By, at: datetime
) -> Unanswered:
    """Record that somebody could not safely be asked, or could not decide. Nothing else changes."""
    role_of(session, case, person_id)
    row = Unanswered(
        id=new_id("cun"),
        partnership_id=case.partnership_id,
        person_id=person_id,
        case_id=case.id,
        outcome=Outcome(outcome).value,
        recorded_at=at,
        recorded_by=by.staff_id,
        recorded_for=by.agency_id,
    )
    row.how = seal(
        session,
        how.as_text(),
        partnership=case.partnership_id,
        owner=by.agency_id,
        subjects=[person_id],
        place=Place("consent_unanswered", row.id, "how"),
    )
    session.add(row)
    session.flush()
    writing.record(
        session,
        "consent.unanswered",
        partnership=case.partnership_id,
        actor=by.staff_id,
        agency=by.agency_id,
        case=case.id,
        about=(row.id,),
        mark=row.outcome,
    )
    return row


def name_unsafe(session: Session, case: Case, people: Collection[str], *, by: By, at: datetime) -> None:
    """Note who in the case is unsafe to tell; who was named already stays as they were named.

    Raises BadInput for somebody who is not in the case.
    """
    if not set(people) <= dict(people_in(session, case)).keys():
        raise BadInput("Choose somebody in this case.", "unsafe")
    known = set(_named(session, case))
    for person_id in sorted(set(people) - known):
        session.add(
            PersonUnsafe(
                partnership_id=case.partnership_id,
                case_id=case.id,
                person_id=person_id,
                named_at=at,
                named_by=by.staff_id,
                named_for=by.agency_id,
            )
        )
        session.flush()
        named = writing.item(
            field=None, owner=by.agency_id, subjects=[person_id], class_name=SAFE_CONTACT, level="none"
        )
        writing.record(
            session,
            "person.unsafe",
            partnership=case.partnership_id,
            actor=by.staff_id,
            agency=by.agency_id,
            case=case.id,
            items=(named,),
        )


def _named(session: Session, case: Case) -> Iterable[str]:
    rows = session.scalars(select(PersonUnsafe).where(PersonUnsafe.case_id == case.id))
    return [row.person_id for row in rows]
