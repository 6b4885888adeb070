"""Log what happened. Event and leaf are made at once, so the receipt is known before a page is rendered.

In a write session an event is stored with the change it speaks of. In a read session it waits, in the clear,
in `session.info["prepared"]` until `commit_prepared` stores it in a write session: only then may the answer
be sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from audit import (
    EMPTY_BODY,
    HOUSE,
    Continuation,
    Event,
    EventName,
    Item,
    Parts,
    Roster,
    leaf_hash,
    seal_event,
    value_commitment,
)
from audit.event import SALT_BYTES
from conference.clock import now
from conference.db import writable
from conference.ids import new_id, random_bytes
from conference.trail import packing, roster
from conference.trail.bulk import Bulk
from conference.trail.codes import code_for
from conference.trail.errors import NoRoster
from conference.trail.models import LogEmpty, LogEvent, LogItems, LogNote, LogPart
from conference.vault.bodies import Part, Place, seal_parts

LeafHash = bytes
_NAMES = {name.value: name for name in EventName}


@dataclass(frozen=True, slots=True)
class LoggedItem:
    """An item, and the salt of its value's commitment."""

    item: Item
    value_salt: bytes | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event that is made but not stored. Holds salts in the clear: never kept longer than the answer."""

    partnership: str
    event: Event
    parts: Parts
    value_salts: tuple[bytes | None, ...]
    roster: str
    note: str | None
    leaf_hash: LeafHash


def item(
    *,
    field: str | None,
    owner: str,
    subjects: Iterable[str],
    class_name: str,
    level: str,
    shown: bytes | None = None,
    rule: str | None = None,
    basis: str | None = None,
    condition: str | None = None,
    power: str | None = None,
    agreement: str | None = None,
    consent: str | None = None,
    override: str | None = None,
    mark: str | None = None,
) -> LoggedItem:
    """One field of an event. shown: exactly the bytes shown, to be committed to; None if there are none."""
    salt = None if shown is None else random_bytes(SALT_BYTES)
    committed = None if shown is None or salt is None else value_commitment(salt, shown)
    made = Item(
        field=field,
        owner=owner,
        subjects=tuple(sorted(set(subjects))),
        class_=class_name,
        level=level,
        rule=rule,
        basis=basis,
        condition=condition,
        power=power,
        agreement=agreement,
        consent=consent,
        override=override,
        commitment=committed,
        mark=mark,
    )
    return LoggedItem(made, salt)


def record(
    session: Session,
    name: str,
    *,
    partnership: str,
    actor: str | None,
    agency: str | None,
    case: str | None = None,
    meeting: str | None = None,
    purpose: str | None = None,
    channel: str | None = None,
    on_behalf_of: str | None = None,
    policy: str | None = None,
    request: str | None = None,
    about: Iterable[str] = (),
    mark: str | None = None,
    items: Iterable[LoggedItem] = (),
    concerns: Iterable[str] = (),
    note: str | None = None,
    continues: Continuation | None = None,
) -> LeafHash:
    """Log one event: durable with this write session, or waiting in this read session.

    name:     one of `audit.EventName`.
    channel:  by default the session's, as the web layer set it; else `system`.
    request:  by default the session's.
    concerns: agencies that get the event's head although no item is theirs.
    note:     free text for the eyes of `agency` alone.
    continues: for the first event of a new epoch alone; see `reopening`.
    Returns the leaf's hash. Raises audit.BadEvent, NoRoster; when storing, KeyDestroyed for an erased person.
    """
    if name not in _NAMES:
        raise ValueError(f"{name} is no kind of event; see audit.EventName")
    logged = tuple(items)
    event = Event(
        id=new_id("evt"),
        at=now(),
        event=_NAMES[name],
        channel=channel or session.info.get("channel") or "system",
        actor=actor,
        agency=agency,
        on_behalf_of=on_behalf_of,
        purpose=purpose,
        case=case,
        meeting=meeting,
        policy=policy,
        request=request or session.info.get("request"),
        about=tuple(about),
        mark=mark,
        items=tuple(one.item for one in logged),
        concerns=tuple(concerns),
    )
    salts = tuple(one.value_salt for one in logged)
    prepared = _prepare(session, partnership, event, salts, note, continues)
    if writable(session):
        commit_prepared(session, [prepared])
    else:
        session.info.setdefault("prepared", []).append(prepared)
    session.info.setdefault("leaf_hashes", []).append(prepared.leaf_hash)
    return prepared.leaf_hash


def commit_prepared(session: Session, prepared: Sequence[Prepared]) -> None:
    """Store events in the write session `session`; they are durable when it has committed.

    Seven statements at most, however many events. Raises KeyDestroyed, WriteInReadSession.
    """
    if not prepared:
        return
    rows = _Rows()
    for one in prepared:
        rows.add(one)
    _store(session.connection(), rows.sealed(seal_parts(session, rows.plain)))


def is_stored(session: Session, prepared: Sequence[Prepared]) -> bool:
    """Whether these events, of one transaction, are durable already."""
    ids = [one.event.id for one in prepared]
    return bool(ids) and session.scalar(select(LogEvent.n).where(LogEvent.id.in_(ids)).limit(1)) is not None


def _prepare(
    session: Session,
    partnership: str,
    event: Event,
    salts: tuple[bytes | None, ...],
    note: str | None,
    continues: Continuation | None,
) -> Prepared:
    latest = _roster(session, partnership, event)
    parts = seal_event(event, latest, random_bytes, continues)
    return Prepared(partnership, event, parts, salts, latest.version, note, leaf_hash(parts.leaf))


def _roster(session: Session, partnership: str, event: Event) -> Roster:
    """The latest roster; made anew in a write session that speaks of an agency which has just joined."""
    if not writable(session):
        return roster.current(session, partnership)
    try:
        latest = roster.current(session, partnership)
    except NoRoster:
        return roster.refresh(session, partnership)
    business = {one.owner for one in event.items} | set(event.concerns) | {event.agency or HOUSE}
    if business - set(latest.agencies) - {HOUSE}:
        return roster.refresh(session, partnership)
    return latest


_EVENT = Bulk(LogEvent, "id", "partnership_id", "at", "request", "code", "leaf", "leaf_hash", "roster")
_OF_PART = ("partnership_id", "event_id", "agency")
_PART = Bulk(LogPart, *_OF_PART, "empty", "sealed")
_ITEMS = Bulk(LogItems, *_OF_PART, "number", "sealed")
_NOTE = Bulk(LogNote, *_OF_PART, "sealed")
_EMPTY = Bulk(LogEmpty, "partnership_id", "event_id", "sealed")
_INTO_QUEUE = "INSERT INTO log_queue (partnership_id, n) SELECT partnership_id, n FROM "
_BY_ID = "log_event WHERE id IN (SELECT value FROM json_each(?))"


def _store(connection: Connection, tables: list[tuple[Bulk, list[tuple[Any, ...]]]]) -> None:
    """Add the rows, those of events first, and put the events into the queue.

    SQLite: a statement for each table. PostgreSQL: one for all, for each would cost a way there and back.
    """
    if connection.dialect.name == "sqlite":
        for bulk, rows in tables:
            bulk.insert(connection, rows)
        ids = json.dumps([row[0] for row in tables[0][1]])
        connection.exec_driver_sql(_INTO_QUEUE + _BY_ID, (ids,))
        return
    given = tuple(array for bulk, rows in tables for array in bulk.arrays(rows))
    connection.exec_driver_sql(_in_one(connection, tables), given)


def _in_one(connection: Connection, tables: list[tuple[Bulk, list[tuple[Any, ...]]]]) -> str:
    events, *others = (bulk.into(connection.dialect) for bulk, _ in tables)
    steps = [f"events AS ({events} RETURNING partnership_id, n)"]
    steps += [f"step_{number} AS ({into})" for number, into in enumerate(others)]
    return f"WITH {', '.join(steps)} {_INTO_QUEUE}events"


_Row = tuple[Any, ...]


class _Rows:
    """What is to be stored of events. Where a row will have what is sealed, it has its place in `plain`."""

    def __init__(self) -> None:
        self.plain: list[Part] = []
        self._events: list[_Row] = []
        self._parts: list[_Row] = []
        self._items: list[_Row] = []
        self._notes: list[_Row] = []
        self._empty: list[tuple[str, str, list[tuple[int, int]]]] = []  # in the list: place and position

    def add(self, one: Prepared) -> None:
        """Rows for each part that says something and for its items; the other parts go together into one."""
        self._events.append(_event_row(one))
        partnership, event_id, empty = one.partnership, one.event.id, []
        for position, (agency, salt, body, items) in enumerate(one.parts.parts):
            place = len(self.plain)
            self.plain.append(Part(salt + body, partnership, agency, Place("log_part", event_id, agency)))
            if body == EMPTY_BODY:
                empty.append((place, position))
                continue
            self._parts.append((partnership, event_id, agency, False, place))
            if items:
                self._add_items(one, agency, items)
        if empty:
            self._empty.append((partnership, event_id, empty))
        if one.note is not None and (agency_of := one.event.agency) is not None:
            self._notes.append((partnership, event_id, agency_of, len(self.plain)))
            place_of = Place("log_note", event_id, agency_of)
            self.plain.append(Part(one.note.encode(), partnership, agency_of, place_of))

    def _add_items(self, one: Prepared, agency: str, items: Sequence[int]) -> None:
        """An agency's items, those about the same people together."""
        groups: dict[tuple[str, ...], list[packing.Packed]] = {}
        for ordinal, number in enumerate(items):
            opened = one.parts.items[number]
            packed = packing.Packed(ordinal, opened.salt, one.value_salts[number], opened.data)
            groups.setdefault(opened.item.subjects, []).append(packed)
        for number, (subjects, group) in enumerate(sorted(groups.items())):
            self._items.append((one.partnership, one.event.id, agency, number, len(self.plain)))
            place = Place("log_items", one.event.id, f"{agency}/{number}")
            self.plain.append(Part(packing.pack(group), one.partnership, agency, place, subjects))

    def sealed(self, blobs: Sequence[bytes]) -> list[tuple[Bulk, list[_Row]]]:
        """The rows of each table, those of events first. blobs: what `plain` holds, sealed."""
        kinds = ((_PART, self._parts), (_ITEMS, self._items), (_NOTE, self._notes))
        empty: list[_Row] = [
            (*of, b"".join([packing.with_position(blobs[place], position) for place, position in places]))
            for *of, places in self._empty
        ]
        return [
            (_EVENT, self._events),
            *((bulk, [(*row[:-1], blobs[row[-1]]) for row in rows]) for bulk, rows in kinds),
            (_EMPTY, empty),
        ]


def _event_row(one: Prepared) -> tuple[Any, ...]:
    event = one.event
    code = None if event.request is None else code_for(event.request)
    return (
        event.id,
        one.partnership,
        event.at,
        event.request,
        code,
        one.parts.leaf,
        one.leaf_hash,
        one.roster,
    )
