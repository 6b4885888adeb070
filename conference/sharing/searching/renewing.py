"""Write index rows anew from what is stored. What is opened here is shown to nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases.finding import keeping
from conference.cases.finding.keeping import Holder
from conference.cases.finding.models import Likeness
from conference.cases.models import Field, PersonIndex, RecordSubject
from conference.cases.seals import place_of
from conference.vault.errors import KeyGone
from conference.vault.unseal import Sealed, open_each

_Found = tuple[str, str, str]
"""A field that somebody can be found by: its id, its class, what it says."""


def renew_case(session: Session, partnership_id: str, case_id: str) -> int:
    """Write the index rows of everybody in a case anew, under the newest version of the keys.

    Returns how many it could not: an agency does not give its key now, and their rows stay as they were.
    """
    found, dark = _opened(session, partnership_id, case_id, None, None)
    _renew(session, found, dark)
    return len(dark)


def renew(session: Session, partnership_id: str, case_id: str, owner: str, people: Iterable[str]) -> None:
    """Let `people` of a case be found by what `owner` records of them now."""
    found, dark = _opened(session, partnership_id, case_id, owner, sorted(set(people)))
    _renew(session, found, dark)


def _renew(session: Session, found: dict[Holder, list[_Found]], dark: set[Holder]) -> None:
    for holder, fields in sorted(found.items()):
        if holder in dark:
            continue
        inputs.hold(session, holder.partnership_id)
        _forget(session, holder)
        for field_id, class_name, value in fields:
            keeping.remember(session, holder, field_id, class_name, value)
        births = [(one, value) for one, class_name, value in fields if class_name == keeping.BORN]
        for field_id, class_name, value in fields:
            if class_name in keeping.NAMES:
                for born in births:
                    keeping.remember_pair(session, holder, (field_id, value), born)


def _opened(
    session: Session, partnership_id: str, case_id: str, owner: str | None, people: list[str] | None
) -> tuple[dict[Holder, list[_Found]], set[Holder]]:
    """What each holder's people can be found by, and the holders of whom something does not open."""
    query = (
        select(
            Field.id,
            Field.owner,
            Field.class_name,
            Field.value,
            Field.version,
            Field.record_id,
            RecordSubject.person_id,
        )
        .join(RecordSubject, RecordSubject.record_id == Field.record_id)
        .where(
            Field.case_id == case_id,
            Field.partnership_id == partnership_id,
            Field.class_name.in_(keeping.FOUND_BY),
        )
        .order_by(Field.id)
    )
    if owner is not None:
        query = query.where(Field.owner == owner)
    rows = session.execute(query).all()
    about: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        about[row.record_id].add(row.person_id)
    rows = [row for row in rows if len(about[row.record_id]) == 1]
    rows = [row for row in rows if people is None or row.person_id in people]
    sealed = [
        Sealed(row.value, partnership_id, row.owner, place_of(row.id, "value", row.version)) for row in rows
    ]
    found: dict[Holder, list[_Found]] = defaultdict(list)
    dark = set()
    for row, text in zip(rows, open_each(session, sealed), strict=True):
        holder = Holder(partnership_id, row.owner, case_id, row.person_id)
        if isinstance(text, str):
            found[holder].append((row.id, row.class_name, text))
        elif not (isinstance(text, KeyGone) and text.erased):
            dark.add(holder)
    return found, dark


def _forget(session: Session, holder: Holder) -> None:
    _, owner, case_id, person_id = holder
    session.execute(
        delete(PersonIndex).where(
            PersonIndex.owner == owner, PersonIndex.case_id == case_id, PersonIndex.person_id == person_id
        )
    )
    names = select(Likeness).where(
        Likeness.owner == owner, Likeness.case_id == case_id, Likeness.person_id == person_id
    )
    keeping.forget_likeness(session, session.scalars(names).all())
