"""What was said and decided about people, and whether all of it is there, as it was written."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Person
from conference.identity.models import Partnership
from conference.sharing.models import ConsentRow, DecisionRow, PolicyVersion
from conference.vault.rows import RowBroken, check_row, list_parts, row_seal

_Row = tuple[str, str, bytes | None]


def said_about(session: Session, people: Collection[str]) -> tuple[list[ConsentRow], list[DecisionRow]]:
    """Consents and decisions about people, by id. Three queries, whatever there is.

    Raises RowBroken if one was changed, came from elsewhere or is gone.
    """
    heads = {
        person_id: (partnership, seal)
        for person_id, partnership, seal in session.execute(
            select(Person.id, Person.partnership_id, Person.said_seal).where(Person.id.in_(people))
        )
    }
    consents = session.scalars(
        select(ConsentRow).where(ConsentRow.person_id.in_(people)).order_by(ConsentRow.id)
    ).all()
    decisions = session.scalars(
        select(DecisionRow).where(DecisionRow.person_id.in_(people)).order_by(DecisionRow.id)
    ).all()
    rows: dict[str, list[_Row]] = {}
    everything: list[ConsentRow | DecisionRow] = [*consents, *decisions]
    for row in everything:
        rows.setdefault(row.person_id, []).append((row.__tablename__, row.id, row.row_seal))
    for person_id in people:
        if person_id not in heads:
            raise RowBroken("person", person_id)
        partnership, seal = heads[person_id]
        parts = list_parts(person_id, rows.get(person_id, ()))
        check_row(session.info["keys"], partnership, "person", person_id, parts, seal)
    return list(consents), list(decisions)


def before_saying(session: Session, *people: str) -> None:
    """Hold the lists of what is said about people, and check them: what is broken is not sealed again.

    As many queries for many people as for one.
    """
    held = select(Person.id).where(Person.id.in_(people)).order_by(Person.id).with_for_update()
    session.scalars(held).all()
    said_about(session, people)


def seal_said(session: Session, *people: str) -> None:
    """Seal the lists as they are now. As many statements for many people as for one."""
    session.flush()
    consents = session.scalars(select(ConsentRow).where(ConsentRow.person_id.in_(people))).all()
    decisions = session.scalars(select(DecisionRow).where(DecisionRow.person_id.in_(people))).all()
    rows: list[ConsentRow | DecisionRow] = [*consents, *decisions]
    persons = session.scalars(select(Person).where(Person.id.in_(people)).order_by(Person.id)).all()
    for person in persons:
        theirs = ((row.__tablename__, row.id, row.row_seal) for row in rows if row.person_id == person.id)
        parts = list_parts(person.id, theirs)
        person.said_seal = row_seal(session.info["keys"], person.partnership_id, "person", parts)
    session.flush()


def check_versions(session: Session, partnership_id: str) -> None:
    """Raises RowBroken if a version of the partnership's policy is gone or not ours. One query."""
    rows = session.execute(
        select(Partnership.policies_seal, PolicyVersion.id, PolicyVersion.row_seal)
        .outerjoin(PolicyVersion, PolicyVersion.partnership_id == Partnership.id)
        .where(Partnership.id == partnership_id)
    ).all()
    if not rows:
        raise RowBroken("partnership", partnership_id)
    parts = _versions(partnership_id, ((row_id, seal) for _, row_id, seal in rows))
    check_row(session.info["keys"], partnership_id, "partnership", partnership_id, parts, rows[0][0])


def seal_versions(session: Session, partnership_id: str) -> None:
    """Seal the list of versions as it is now."""
    session.flush()
    found = session.execute(
        select(PolicyVersion.id, PolicyVersion.row_seal).where(PolicyVersion.partnership_id == partnership_id)
    )
    parts = _versions(partnership_id, ((row_id, seal) for row_id, seal in found))
    partnership = session.get_one(Partnership, partnership_id)
    partnership.policies_seal = row_seal(session.info["keys"], partnership_id, "partnership", parts)
    session.flush()


def _versions(partnership_id: str, rows: Iterable[tuple[str | None, bytes | None]]) -> tuple[str | None, ...]:
    known = ((row_id, seal) for row_id, seal in rows if row_id is not None)
    return list_parts(partnership_id, (("policy_version", row_id, seal) for row_id, seal in known))
