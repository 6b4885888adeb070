"""Erase: an agency its own records, and the house a person, once no agency holds anything about them.

What an agency lets go of is gone from the database at once; that it stays gone when an older backup is put
back is written in the key store, as a key that was destroyed. A person is erased by destroying their key:
what anybody ever sealed about them, alone or with others, opens no more, in no backup either. Keys go when
the transaction has committed; `finish` does it again where a process died in between.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from conference import wall
from conference.cases.forgetting import Went, forget_person, forget_records, records_about, tombstone
from conference.cases.models import (
    CONFERENCE,
    ERASED,
    Case,
    CasePerson,
    CaseStatus,
    Field,
    Person,
    PersonIndex,
    Record,
    RecordSubject,
)
from conference.db import Database
from conference.errors import BadInput, NotFound
from conference.inputs import moved
from conference.sharing.models import ConsentRow, DecisionRow
from conference.sharing.retention import holds
from conference.sharing.retention.models import ErasedPerson, Erasure, Rewriting, State
from conference.sharing.said import seal_said
from conference.trail import writing
from conference.trail.writing import LoggedItem
from conference.vault.erase import destroy_after_commit, erase_person

MISTAKE = "wrong"
"""The reason for an erasure that says nothing of whether more will come."""
OVER = (CaseStatus.MONITORED, CaseStatus.CLOSED)
MOST_ITEMS = 200
"""How many fields one entry of the log names."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What of one owner would go with somebody. unsettled: fields about others too that nobody rewrote."""

    owner: str
    fields: int
    shared: int
    unsettled: int


def let_go(session: Session, erasure: Erasure, *, actor: str) -> list[Went]:
    """Erase the records that an approved proposal names, as far as they are still there. Logged.

    Raises holds.Held.
    """
    named = set(json.loads(erasure.records))
    must_go(session, erasure.agency_id, erasure.case_id, {erasure.person_id}, named)
    own = select(Record.id).where(
        Record.id.in_(named), Record.owner == erasure.agency_id, Record.case_id == erasure.case_id
    )
    there = list(session.scalars(own))
    went = forget_records(session, there)
    keys = session.info["keys"]
    said = [one for one in went if not any(keys.is_destroyed(f"person/{who}") for who in one.subjects)]
    for start in range(0, len(said), MOST_ITEMS):
        writing.record(
            session,
            "record.erased",
            partnership=erasure.partnership_id,
            actor=actor,
            agency=erasure.agency_id,
            case=erasure.case_id,
            about=(erasure.id,),
            items=[_item(one) for one in said[start : start + MOST_ITEMS]],
        )
    moved(session, erasure.partnership_id)
    destroy_after_commit(session, keys, [tombstone(one) for one in there])
    return went


def must_go(
    session: Session, agency_id: str, case_id: str, people: Collection[str], records: Collection[str]
) -> None:
    """Whether an agency may erase these records of its own.

    Raises holds.Held where the case, or anybody whom they are about, is held; BadInput where some are about
    several people and nobody has said what stays about the others.
    """
    about = people_of_records(session, records)
    if holds.stands_against(session, agency_id, case_id, {*people, *about}):
        raise holds.Held
    unsettled = sum(loss.unsettled for loss in _losses(session, records))
    if unsettled:
        raise BadInput(
            f"{unsettled} of these are about others too. First your colleagues who work on the case say what "
            "stays about them, or that nothing stays.",
            "records",
        )


def people_of_records(session: Session, records: Collection[str]) -> set[str]:
    """Whom these records are about, all of them."""
    query = select(RecordSubject.person_id).where(RecordSubject.record_id.in_(sorted(records)))
    return set(session.scalars(query))


# --- a whole person -------------------------------------------------------------------------------


def losses(session: Session, person_id: str) -> list[Loss]:
    """What would go with somebody, by owner. Raises NotFound for nobody."""
    if session.get(Person, person_id) is None:
        raise NotFound
    return _losses(session, records_about(session, person_id))


def _losses(session: Session, records: Collection[str]) -> list[Loss]:
    shared = {
        one.id
        for one in session.scalars(select(Record).where(Record.id.in_(records)))
        if len(one.subjects) > 1
    }
    settled = set(session.scalars(select(Rewriting.field_id)))
    out: dict[str, list[int]] = {}
    query = select(Field.id, Field.owner, Field.record_id).where(
        Field.record_id.in_(records), Field.value != ERASED
    )
    for field_id, owner, record_id in session.execute(query):
        counts = out.setdefault(owner, [0, 0, 0])
        counts[0] += 1
        counts[1] += record_id in shared
        counts[2] += record_id in shared and field_id not in settled
    return [Loss(owner, *counts) for owner, counts in sorted(out.items())]


def agreed_by(session: Session, person_id: str) -> list[Erasure]:
    """The agencies' own erasures about somebody that were done: each had two officers."""
    query = select(Erasure).where(Erasure.person_id == person_id, Erasure.state == State.DONE.value)
    return list(session.scalars(query.order_by(Erasure.answered_at, Erasure.id)))


def let_go_by_all(session: Session) -> list[str]:
    """Ids of people of whom agencies erased what they held, and none holds anything more; nobody held.

    Nobody whose case is still going on, nor of whom only mistakes were erased: there is more to come.
    """
    keys = session.info["keys"]
    agreed = select(Erasure).where(Erasure.state == State.DONE.value, Erasure.why != MISTAKE)
    people = sorted({one.person_id for one in session.scalars(agreed)})
    return [
        one
        for one in people
        if not keys.is_destroyed(f"person/{one}")
        and not _goes_on(session, one)
        and not {loss.owner for loss in losses(session, one)} - {CONFERENCE}
        and not holds.on_person(session, one)
    ]


def _goes_on(session: Session, person_id: str) -> bool:
    """Whether a case that somebody is in is still to be heard, or has actions open."""
    query = (
        select(Case.id)
        .join(CasePerson, CasePerson.case_id == Case.id)
        .where(CasePerson.person_id == person_id, Case.status.not_in(OVER))
    )
    return session.scalars(query).first() is not None


def erase(
    session: Session,
    person_id: str,
    *,
    officers: Sequence[tuple[str, str]],
    at: datetime,
    lose_shared: bool = False,
) -> list[Loss]:
    """Erase somebody for good. What went is given back, by owner.

    officers: who approved, as (staff id, agency): information governance officers, as the caller made sure.
    lose_shared: also what is about others too, and of which nobody has said what stays; else BadInput.
    Raises holds.Held; BadInput unless each agency that still holds something about them agreed, by an officer
    named here, and two people in all; NotFound for nobody, and for who was erased already.
    """
    person = session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    keys = session.info["keys"]
    if person is None or keys.is_destroyed(f"person/{person_id}"):
        raise NotFound
    moved(session, person.partnership_id)  # holds the counter: nobody records or holds anything meanwhile
    if holds.on_person(session, person_id, people_of_records(session, records_about(session, person_id))):
        raise holds.Held
    lost = losses(session, person_id)
    done = agreed_by(session, person_id)
    _must_be_agreed({one.owner for one in lost} - {CONFERENCE}, officers, done)
    if not lose_shared and (unsettled := sum(one.unsettled for one in lost)):
        raise BadInput(
            f"{unsettled} fields are about others too, and nobody has said what stays about them. Let their "
            "owners do so on the case's page, or lose them with --lose-shared."
        )
    _forget(session, person_id)
    approved = {staff for staff, _ in officers} or {who for one in done for who in _two(one)}
    if session.get(ErasedPerson, person_id) is None:
        session.add(
            ErasedPerson(
                person_id=person_id,
                partnership_id=person.partnership_id,
                at=at,
                approved_by=" ".join(sorted(approved)),
            )
        )
    told = {one.owner for one in lost} | {one.agency_id for one in done} | {agency for _, agency in officers}
    writing.record(
        session,
        "person.erased",
        partnership=person.partnership_id,
        actor=None,
        agency=None,
        about=(person_id, *sorted(approved)),
        concerns=sorted(told - {CONFERENCE}),
    )
    erase_person(session, keys, person_id)
    return lost


def _forget(session: Session, person_id: str) -> None:
    """Take away what is known of somebody, and what they said and was decided about them."""
    forget_person(session, person_id)
    for table in (ConsentRow, DecisionRow):
        session.execute(delete(table).where(table.person_id == person_id))
    seal_said(session, person_id)


def _must_be_agreed(
    owners: Collection[str], officers: Sequence[tuple[str, str]], done: Sequence[Erasure]
) -> None:
    lacking = sorted(set(owners) - {agency for _, agency in officers})
    if lacking:
        raise BadInput(
            f"These agencies still hold something about them: {', '.join(lacking)}. An information "
            "governance officer of each must agree: name them with --approved-by, or let them erase it on "
            "their own pages."
        )
    people = {staff for staff, _ in officers} | {who for one in done for who in _two(one)}
    if len(people) < 2:
        raise BadInput("Two information governance officers must agree. Name them with --approved-by.")


def _two(one: Erasure) -> list[str]:
    return [who for who in (one.proposed_by, one.answered_by) if who is not None]


# --- doing it again -------------------------------------------------------------------------------


def finish(database: Database) -> int:
    """Do what a crash, or a database put back from before, left undone; how much that was.

    Whoever was erased is, though their key is still there; what key store says was erased, is.
    """
    keys = database.keys
    with database.read(wall.SYSTEM) as session:
        people = [one.person_id for one in session.scalars(select(ErasedPerson))]
        done = session.scalars(select(Erasure).where(Erasure.state == State.DONE.value)).all()
        named = [tombstone(record) for one in done for record in json.loads(one.records)]
    undone = [f"person/{one}" for one in people] + named
    undone = [name for name in undone if not keys.is_destroyed(name)]
    for name in undone:
        keys.destroy(name)
    return len(undone) + sum(forget_again(database))


def forget_again(database: Database) -> tuple[int, int]:
    """Take out of the database what the key store says was erased; how many people and records that were."""
    with database.read(wall.SYSTEM) as session:
        keys = database.keys
        people = [
            one
            for one in session.scalars(select(Person.id).order_by(Person.id))
            if keys.is_destroyed(f"person/{one}") and _is_there(session, one)
        ]
        live = select(Field.record_id).where(Field.value != ERASED).distinct().order_by(Field.record_id)
        records = [one for one in session.scalars(live) if keys.is_destroyed(tombstone(one))]
    if people or records:
        with database.write(wall.SYSTEM) as session:
            for one in people:
                _forget(session, one)
            forget_records(session, records)
            for partnership in session.scalars(select(Person.partnership_id).distinct()).all():
                moved(session, partnership)
    return len(people), len(records)


def _is_there(session: Session, person_id: str) -> bool:
    index = session.scalar(
        select(func.count()).select_from(PersonIndex).where(PersonIndex.person_id == person_id)
    )
    return bool(index) or bool(records_about(session, person_id))


def _item(one: Went) -> LoggedItem:
    return writing.item(
        field=one.field_id,
        owner=one.owner,
        subjects=one.subjects,
        class_name=one.class_name,
        level=one.offered,
    )
