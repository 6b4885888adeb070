"""Log what happened. Event and leaf are made at once, so the receipt is known before a page is rendered.

In a write session an event is stored with the change it speaks of. In a read session it waits, in the clear,
in `session.info["prepared"]` until `commit_prepared` stores it in a write session: only then may the answer
be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Insert, insert, select
from sqlalchemy.orm import Session

from audit import (
    EMPTY_BODY,
    HOUSE,
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
from conference.trail.codes import code_for
from conference.trail.errors import NoRoster
from conference.trail.models import LogEvent, LogItems, LogNote, LogPart, LogQueue
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
) -> LeafHash:
    """Log one event: durable with this write session, or waiting in this read session.

    name:     one of `audit.EventName`.
    channel:  by default the session's, as the web layer set it; else `system`.
    request:  by default the session's.
    concerns: agencies that get the event's head although no item is theirs.
    note:     free text for the eyes of `agency` alone.
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
    prepared = _prepare(session, partnership, event, tuple(one.value_salt for one in logged), note)
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
    events = [_event_row(one) for one in prepared]
    parts, items, notes = _Rows(LogPart), _Rows(LogItems), _Rows(LogNote)
    for one in prepared:
        _add_parts(one, parts)
        _add_items(one, items)
        if one.note is not None and one.event.agency is not None:
            where = {"event_id": one.event.id, "agency": one.event.agency}
            notes.add(one, one.event.agency, one.note.encode(), (), where, one.event.agency)
    blobs = iter(seal_parts(session, [*parts.plain, *items.plain, *notes.plain]))
    connection = session.connection()
    connection.execute(insert(LogEvent), events)
    for rows in (parts, items, notes):
        if rows.rows:
            connection.execute(insert(rows.table), [row | {"sealed": next(blobs)} for row in rows.rows])
    connection.execute(_queue([row["id"] for row in events]))


def _prepare(
    session: Session, partnership: str, event: Event, salts: tuple[bytes | None, ...], note: str | None
) -> Prepared:
    latest = _roster(session, partnership, event)
    parts = seal_event(event, latest, random_bytes)
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


class _Rows:
    """Rows of one table, and beside them what is to be sealed for each."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.rows: list[dict[str, Any]] = []
        self.plain: list[Part] = []

    def add(
        self,
        one: Prepared,
        agency: str,
        plain: bytes,
        subjects: tuple[str, ...],
        row: dict[str, Any],
        column: str,
    ) -> None:
        """One row, sealed for `agency` and `subjects`."""
        place = Place(self.table.__tablename__, one.event.id, column)
        self.rows.append({"partnership_id": one.partnership, **row})
        self.plain.append(Part(plain, one.partnership, agency, place, subjects))


def _event_row(one: Prepared) -> dict[str, Any]:
    event = one.event
    return {
        "id": event.id,
        "partnership_id": one.partnership,
        "at": event.at,
        "request": event.request,
        "code": None if event.request is None else code_for(event.request),
        "leaf": one.parts.leaf,
        "leaf_hash": one.leaf_hash,
        "roster": one.roster,
    }


def _add_parts(one: Prepared, rows: _Rows) -> None:
    for part in one.parts.parts:
        row = {"event_id": one.event.id, "agency": part.agency, "empty": part.body == EMPTY_BODY}
        rows.add(one, part.agency, part.salt + part.body, (), row, part.agency)


def _add_items(one: Prepared, rows: _Rows) -> None:
    """For each agency its items, those about the same people together."""
    for part in one.parts.parts:
        groups: dict[tuple[str, ...], list[packing.Packed]] = {}
        for ordinal, number in enumerate(part.items):
            opened = one.parts.items[number]
            packed = packing.Packed(ordinal, opened.salt, one.value_salts[number], opened.data)
            groups.setdefault(opened.item.subjects, []).append(packed)
        for number, (subjects, group) in enumerate(sorted(groups.items())):
            row = {"event_id": one.event.id, "agency": part.agency, "number": number}
            rows.add(one, part.agency, packing.pack(group), subjects, row, f"{part.agency}/{number}")


def _queue(event_ids: list[str]) -> Insert:
    found = select(LogEvent.partnership_id, LogEvent.n).where(LogEvent.id.in_(event_ids))
    return insert(LogQueue).from_select(["partnership_id", "n"], found)
