"""How far something wrong went: who was shown it, from the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case, Field, FieldVersion
from conference.governance.wrong.models import WrongItem
from conference.sharing.recalls.shown import Exposure, Past, shown, shown_in
from conference.trail.reading import Entry, EntryItem


def of_wrong_items(session: Session, partnership_id: str, entry: Entry, items: Iterable[EntryItem]) -> Past:
    """Who was shown `items` in this disclosure, and who at the same agency in any other."""
    wrong = list(items)
    alike = {_alike(item) for item in wrong}
    since = session.get_one(Case, entry.case).opened_at
    there: list[Exposure] = []
    unread = 0
    for person in sorted({item.subjects[0] for item in wrong}):
        past = shown(
            session,
            partnership_id,
            since=since,
            person=person,
            case_id=entry.case,
            fits=lambda item: _alike(item) in alike,
        )
        there += [one for one in past.exposures if one.agency_id == entry.agency]
        unread += past.unread
    here = shown_in(session, partnership_id, entry.id, entry.agency or "", lambda item: _alike(item) in alike)
    return Past((*here, *there), unread)


def of_old_values(
    session: Session, partnership_id: str, entry: Entry, items: Iterable[WrongItem]
) -> Past | None:
    """Who was shown the words that fields had at the time of `entry`; None while one still has them.

    Where only presence was shown no words were.
    """
    found: list[Exposure] = []
    unread = 0
    for field_id in sorted({one.field_id for one in items if one.field_id is not None}):
        lasted = _lasted(session, field_id, entry.at)
        if lasted is None:
            return None
        for person in _people(entry, field_id):
            past = shown(
                session,
                partnership_id,
                since=lasted[0],
                until=lasted[1],
                person=person,
                case_id=entry.case,
                fits=partial(_says_words_of, field_id),
            )
            found += past.exposures
            unread += past.unread
    return Past(tuple(found), unread)


def _says_words_of(field_id: str, item: EntryItem) -> bool:
    return item.field == field_id and item.level != "presence"


def _people(entry: Entry, field_id: str) -> list[str]:
    """Whom a field is about, as an entry has it."""
    return sorted({who for item in entry.items if item and item.field == field_id for who in item.subjects})


def _alike(item: EntryItem) -> tuple[object, ...]:
    """What makes two items of a case the same thing shown."""
    return (item.field,) if item.field is not None else (item.owner, item.class_name, item.subjects)


def _lasted(session: Session, field_id: str, at: datetime) -> tuple[datetime, datetime] | None:
    """From when until when a field said what it said at `at`; None if it still says it."""
    query = select(FieldVersion).where(FieldVersion.field_id == field_id).order_by(FieldVersion.version)
    since = session.get_one(Field, field_id).made_at
    for version in session.scalars(query):
        if at < version.replaced_at:
            return since, version.replaced_at
        since = version.replaced_at
    return None
