"""Erase a person for good, for whoever runs the installation; and finish what a crash left undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE, Case, Person
from conference.cases.services import people_in
from conference.clock import now
from conference.commands.errors import Stopped
from conference.db import Database
from conference.errors import NotFound
from conference.identity import services as identity
from conference.permissions import Role
from conference.sharing.retention import erasing, holds
from conference.sharing.retention.erasing import Loss
from conference.trail import sequencer
from conference.trail.errors import LogDisagrees

Tell = Callable[[str], None]


def erase(
    database: Database, person_id: str, *, approved_by: Sequence[str], tell: Tell, lose_shared: bool = False
) -> None:
    """Destroy somebody's key, and take out what could find them.

    approved_by: ids of staff. An information governance officer of each agency that still holds something
    about them, and two people in all; those who approved on the agencies' own pages count.
    Raises Stopped for nobody and a wrong officer, BadInput where somebody has not agreed or a hold stands.
    """
    with database.write() as session:
        partnership = _partnership(session, person_id)
        officers = _officers(session, partnership, approved_by)
        try:
            lost = erasing.erase(session, person_id, officers=officers, at=now(), lose_shared=lose_shared)
        except NotFound:
            raise Stopped(
                f"{person_id} was erased already. `conference erase --finish` does it again."
            ) from None
    _say(lost, tell, "went")
    tell(
        f"{person_id} is erased: the key is destroyed. It lives on in backups of the key file: delete those."
    )
    try:
        sequencer.place(database, partnership)
    except LogDisagrees:
        return  # the start says so, and what to do


def erase_agreed(database: Database, *, tell: Tell) -> None:
    """Erase everybody of whom every agency has erased what it held, with two officers each."""
    with database.read() as session:
        people = erasing.let_go_by_all(session)
    for one in people:
        erase(database, one, approved_by=(), tell=tell, lose_shared=True)  # the conference's own texts alone
    if not people:
        tell("There is nobody of whom every agency has erased what it held.")


def people(database: Database, reference: str, *, tell: Tell) -> None:
    """Who is in a case: id and role, one a line; nobody's name. Raises Stopped."""
    with database.read() as session:
        query = select(Case).where(Case.reference == reference.strip().upper())
        found = session.scalars(query).all()
        if not found:
            raise Stopped(f"There is no case {reference}. `conference cases list` shows them.")
        for case in found:
            for person_id, role in people_in(session, case):
                tell(f"{person_id}\t{role.value}")


def dry_run(database: Database, person_id: str, *, tell: Tell) -> None:
    """Say what would be lost, and what stands against it. Changes nothing. Raises Stopped for nobody."""
    with database.read() as session:
        _partnership(session, person_id)
        lost = erasing.losses(session, person_id)
        held = holds.on_person(session, person_id)
        done = erasing.agreed_by(session, person_id)
    _say(lost, tell, "would go")
    for one in held:
        tell(f"Legal hold {one.id}, placed by {one.agency_id}: nothing can be erased until it is lifted.")
    for agency in sorted({one.agency_id for one in done}):
        tell(f"{agency}: two officers approved erasing what it held.")
    for owner in sorted({one.owner for one in lost} - {CONFERENCE}):
        tell(f"{owner} still holds something: an officer of theirs must agree.")


def finish(database: Database, *, tell: Tell) -> None:
    """Finish what a crash left undone, or a database put back from before brought back."""
    done = erasing.finish(database)
    tell(f"{done} erasures finished." if done else "Nothing was left undone.")


def _say(lost: Sequence[Loss], tell: Tell, verb: str) -> None:
    for one in lost:
        line = f"{one.owner}: {one.fields} fields {verb}"
        if one.shared:
            line += f", {one.shared} of them about others too"
        if one.unsettled:
            line += f"; of these nobody has written what stays: {one.unsettled}"
        tell(line + ".")
    if not lost:
        tell("No field is left about them.")


def _partnership(session: Session, person_id: str) -> str:
    found = session.scalar(select(Person.partnership_id).where(Person.id == person_id))
    if found is None:
        raise Stopped(f"There is no person {person_id}. Give an id, per_….")
    return found


def _officers(session: Session, partnership: str, given: Sequence[str]) -> list[tuple[str, str]]:
    """They and their agencies. Raises Stopped for whoever is no officer of this partnership now."""
    found = []
    for one in sorted(set(given)):
        viewer = identity.viewer_for(session, one)
        if viewer is None or viewer.partnership_id != partnership or Role.IG_OFFICER not in viewer.roles:
            raise Stopped(f"{one} is no information governance officer of this partnership.")
        found.append((one, viewer.agency_id))
    return found
