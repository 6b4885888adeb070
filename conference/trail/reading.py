"""Read the log as one agency may: whole events of its own staff, of others the part about its own fields.

For information governance officers. Nothing else exists for them: not in a list, a filter or a count.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from conference.errors import NotFound
from conference.trail import epochs
from conference.trail.codes import tidied
from conference.trail.models import LogEvent, LogMark
from conference.trail.opening import Found, found_in, open_found, open_notes, select_parts
from conference.trail.packing import Packed
from conference.vault.bodies import key_marks

CHUNK = 500


@dataclass(frozen=True, slots=True)
class EntryItem:
    """One field of an event as it was logged. `class_name` is written `class` in the log."""

    field: str | None
    owner: str
    subjects: tuple[str, ...]
    class_name: str
    level: str
    rule: str | None
    basis: str | None
    condition: str | None
    power: str | None
    agreement: str | None
    consent: str | None
    override: str | None
    mark: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as one agency may know it.

    own:     whether its own staff did it; then `items` are all there are.
    items:   those that it may know of, in order; None where a person the item is about was erased.
    index:   its place in the tree, counted from 0; None while it has none.
    note:    free text beside it, only for its own staff's events.
    fault:   why it cannot be believed; then `items` is empty, and the head perhaps too.
    """

    id: str
    at: datetime
    name: str
    channel: str
    actor: str | None
    agency: str | None
    on_behalf_of: str | None
    purpose: str | None
    case: str | None
    meeting: str | None
    policy: str | None
    request: str | None
    code: str | None
    about: tuple[str, ...]
    mark: str | None
    own: bool
    items: tuple[EntryItem | None, ...]
    index: int | None
    note: str | None
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events. None, and an empty tuple of names, do not narrow.

    since, until: the first moment that counts, and the first that does not any more.
    person: somebody an item is about.   code: of a receipt, however it was typed.
    sealed_for: somebody for whom an item is sealed, by what stands on its seal: fast, because nothing else is
            opened; but an item whose seal was tampered with is not found.
    """

    since: datetime | None = None
    until: datetime | None = None
    person: str | None = None
    case: str | None = None
    actor: str | None = None
    actor_agency: str | None = None
    purpose: str | None = None
    names: tuple[str, ...] = ()
    request: str | None = None
    code: str | None = None
    sealed_for: str | None = None


def events_for(
    session: Session, partnership: str, agency: str, wanted: Wanted | None = None, *, limit: int | None = None
) -> list[Entry]:
    """The events in which `agency` has a part, newest first, at most `limit`.

    One that does not open as it must comes with its fault, whatever is wanted of its content.
    """
    asked = wanted or Wanted()
    found: list[Entry] = []
    numbers = _numbers(session, partnership, agency, asked)
    for start in range(0, len(numbers), CHUNK):
        if limit is not None and len(found) >= limit:
            break
        query = select_parts(partnership).where(LogEvent.n.in_(numbers[start : start + CHUNK]))
        rows = found_in(session, partnership, agency, query.order_by(LogEvent.n.desc()))
        open_found(session, partnership, agency, rows, lambda head: _head_fits(head, asked))
        notes = open_notes(session, partnership, agency, [row for row in rows if row.opened])
        entries = [_entry(row, agency, notes.get(row.id)) for row in rows if row.opened or row.fault]
        found += [entry for entry in entries if entry.fault or _is_about(entry, asked.person)]
    return found if limit is None else found[:limit]


def event_for(session: Session, partnership: str, agency: str, event_id: str) -> Entry:
    """One event. Raises NotFound if there is none, or none in which `agency` has a part."""
    said = select(LogMark.n).where(LogMark.partnership_id == partnership, LogMark.agency == agency)
    query = select_parts(partnership).where(LogEvent.id == event_id, LogEvent.n.in_(said))
    rows = found_in(session, partnership, agency, query)
    if not rows:
        raise NotFound(f"event {event_id}")
    open_found(session, partnership, agency, rows, lambda _: True)
    notes = open_notes(session, partnership, agency, rows)
    return _entry(rows[0], agency, notes.get(event_id))


# --- finding ---


def _numbers(session: Session, partnership: str, agency: str, asked: Wanted) -> list[int]:
    """The events in which `agency` has a part that is not empty, newest first; content is not looked at."""
    query = select(LogMark.n).distinct()
    query = query.where(LogMark.partnership_id == partnership, LogMark.agency == agency)
    if asked.sealed_for is not None:
        query = query.where(LogMark.mark.in_(key_marks(session, partnership, agency, asked.sealed_for)))
    narrowing = list(_narrowing(asked))
    if narrowing:
        query = query.join(LogEvent, LogEvent.n == LogMark.n).where(*narrowing)
    return list(session.scalars(query.order_by(LogMark.n.desc())))


def _narrowing(asked: Wanted) -> Iterator[ColumnElement[bool]]:
    if asked.since is not None:
        yield LogEvent.at >= asked.since
    if asked.until is not None:
        yield LogEvent.at < asked.until
    if asked.request is not None:
        yield LogEvent.request == asked.request
    if asked.code is not None:
        yield LogEvent.code == tidied(asked.code)


def _head_fits(head: Mapping[str, Any], asked: Wanted) -> bool:
    pairs = (
        (asked.case, "case"),
        (asked.actor, "actor"),
        (asked.actor_agency, "agency"),
        (asked.purpose, "purpose"),
    )
    if any(value is not None and head.get(key) != value for value, key in pairs):
        return False
    return not asked.names or head.get("event") in asked.names


def _is_about(entry: Entry, person: str | None) -> bool:
    return person is None or any(item is not None and person in item.subjects for item in entry.items)


# --- what comes out ---


def _entry(row: Found, agency: str, note: str | None) -> Entry:
    head = row.head
    items = () if row.opened is None else tuple(_item(one) for one in row.opened.items)
    return Entry(
        id=row.id,
        at=row.at,
        name=head.get("event", ""),
        channel=head.get("channel", ""),
        actor=head.get("actor"),
        agency=head.get("agency"),
        on_behalf_of=head.get("on_behalf_of"),
        purpose=head.get("purpose"),
        case=head.get("case"),
        meeting=head.get("meeting"),
        policy=head.get("policy"),
        request=row.request,
        code=row.code,
        about=tuple(head.get("about", ())),
        mark=head.get("mark"),
        own=head.get("agency") == agency,
        items=items,
        index=None if row.index is None else epochs.index_of(row.index),
        note=note,
        fault=row.fault,
    )


def _item(packed: Packed | None) -> EntryItem | None:
    if packed is None:
        return None
    item: dict[str, Any] = json.loads(packed.data)
    return EntryItem(
        field=item["field"],
        owner=item["owner"],
        subjects=tuple(item["subjects"]),
        class_name=item["class"],
        level=item["level"],
        rule=item["rule"],
        basis=item["basis"],
        condition=item["condition"],
        power=item["power"],
        agreement=item["agreement"],
        consent=item["consent"],
        override=item["override"],
        mark=item.get("mark"),
    )
