"""Open one agency's parts of events, and hold each piece against what it was committed to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, select
from sqlalchemy.orm import Session

from audit.encoding import to_base64
from audit.event import SALT_BYTES, commitment
from conference.trail import roster
from conference.trail.models import LogEmpty, LogEvent, LogItems, LogLeaf, LogNote, LogPart
from conference.trail.packing import Packed, at_position, unpack
from conference.vault.bodies import Place, SealedPart, open_parts
from conference.vault.errors import SealBroken


class OpenBody(NamedTuple):
    """One agency's part of one event, unsealed, with all its items; None for an erased one."""

    event_id: str
    salt: bytes
    body: bytes
    items: tuple[Packed | None, ...]
    commitments: tuple[str, ...]


@dataclass(slots=True)
class Found:
    """What is stored of an agency's part, and what has been opened of it."""

    id: str
    at: datetime
    request: str | None
    code: str | None
    index: int | None
    sealed: bytes
    salt: bytes = b""
    body: bytes = b""
    head: dict[str, Any] = field(default_factory=dict)
    opened: OpenBody | None = None
    fault: str | None = None


def select_parts(partnership: str, agency: str) -> Select[*tuple[Any, ...]]:
    """What `found_in` needs of events of which `agency` may have a part, be it empty; to be narrowed."""
    columns = (LogEvent.id, LogEvent.at, LogEvent.request, LogEvent.code, LogLeaf.position, LogPart.sealed)
    part = (LogPart.partnership_id == LogEvent.partnership_id) & (LogPart.event_id == LogEvent.id)
    empty = (LogEmpty.partnership_id == LogEvent.partnership_id) & (LogEmpty.event_id == LogEvent.id)
    query: Select[*tuple[Any, ...]] = (
        select(*columns, case((LogPart.sealed.is_(None), LogEmpty.sealed)), LogEvent.roster)
        .outerjoin(LogPart, part & (LogPart.agency == agency))
        .outerjoin(LogEmpty, empty)
        .outerjoin(LogLeaf, LogLeaf.event_id == LogEvent.id)
        .where(LogEvent.partnership_id == partnership)
    )
    return query


def found_in(session: Session, partnership: str, agency: str, query: Select[*tuple[Any, ...]]) -> list[Found]:
    """What `query`, made of `select_parts`, finds: the events of which `agency` has a part, be it empty."""
    positions = roster.positions(session, partnership, agency)
    found = []
    for at_id, at, request, code, index, own, together, version in session.execute(query):
        position = positions.get(version)
        sealed = own
        if sealed is None and together is not None and position is not None:
            sealed = at_position(together, position)
        if sealed is not None:
            found.append(Found(at_id, at, request, code, index, sealed))
    return found


def open_bodies(
    session: Session, partnership: str, agency: str, event_ids: Sequence[str]
) -> dict[str, OpenBody]:
    """`agency`'s parts of these events, by event id, empty ones too.

    Raises SealBroken for one that does not open as it must.
    """
    query = select_parts(partnership, agency).where(LogEvent.id.in_(event_ids))
    rows = found_in(session, partnership, agency, query)
    open_found(session, partnership, agency, rows, lambda _: True)
    for row in rows:
        if row.fault is not None:
            raise SealBroken(Place("log_part", row.id, agency), row.fault)
    return {row.id: row.opened for row in rows if row.opened is not None}


def open_found(
    session: Session,
    partnership: str,
    agency: str,
    rows: list[Found],
    fits: Callable[[dict[str, Any]], bool],
) -> None:
    """Open the bodies of `rows`, and the items of those that fit: then `opened` is set, or a fault."""
    parts = [SealedPart(row.sealed, partnership, agency, Place("log_part", row.id, agency)) for row in rows]
    for row, plain in zip(rows, _opened(session, parts, set()), strict=True):
        if plain is None:
            row.fault = "its part was changed"
        else:
            row.salt, row.body = plain[:SALT_BYTES], plain[SALT_BYTES:]
            row.head = json.loads(row.body)
    chosen = [row for row in rows if row.fault is None and fits(row.head)]
    packed, gone, broken = _items(session, partnership, agency, [row.id for row in chosen])
    for row in chosen:
        _join(row, packed.get(row.id, []), erased=row.id in gone, broken=row.id in broken)


def _opened(session: Session, parts: list[SealedPart], broken: set[str]) -> list[bytes | None]:
    """As `open_parts`, but None for one that does not open, whose event is added to `broken`."""
    try:
        return open_parts(session, parts)
    except SealBroken:
        return [_one(session, part, broken) for part in parts]


def _one(session: Session, part: SealedPart, broken: set[str]) -> bytes | None:
    try:
        return open_parts(session, [part])[0]
    except SealBroken:
        broken.add(part.place.row)
        return None


def _items(
    session: Session, partnership: str, agency: str, ids: list[str]
) -> tuple[dict[str, list[Packed]], set[str], set[str]]:
    """The items of these events; the events of which some are erased; those of which some do not open."""
    query = select(LogItems.event_id, LogItems.number, LogItems.sealed).where(
        LogItems.partnership_id == partnership, LogItems.agency == agency, LogItems.event_id.in_(ids)
    )
    found = session.execute(query).all()
    parts = [
        SealedPart(sealed, partnership, agency, Place("log_items", event_id, f"{agency}/{number}"))
        for event_id, number, sealed in found
    ]
    packed: dict[str, list[Packed]] = {}
    gone: set[str] = set()
    broken: set[str] = set()
    for row, plain in zip(found, _opened(session, parts, broken), strict=True):
        if plain is None:
            gone.add(row.event_id)
        else:
            packed.setdefault(row.event_id, []).extend(unpack(plain))
    return packed, gone, broken


def _join(row: Found, packed: list[Packed], *, erased: bool, broken: bool) -> None:
    """Put the items in the body's order and hold each against its commitment."""
    committed: list[str] = row.head.get("items", [])
    items: list[Packed | None] = [None] * len(committed)
    for one in packed:
        if one.ordinal >= len(items) or to_base64(commitment(one.salt, one.data)) != committed[one.ordinal]:
            broken = True
        else:
            items[one.ordinal] = one
    if broken or (None in items and not erased):
        row.fault = "its items are not those that it was logged with"
        return
    row.opened = OpenBody(row.id, row.salt, row.body, tuple(items), tuple(committed))


def open_notes(session: Session, partnership: str, agency: str, ids: list[str]) -> dict[str, str]:
    """The free text beside these events, by event id."""
    query = select(LogNote.event_id, LogNote.sealed).where(
        LogNote.partnership_id == partnership, LogNote.agency == agency, LogNote.event_id.in_(ids)
    )
    found = session.execute(query).all()
    parts = [SealedPart(sealed, partnership, agency, Place("log_note", at, agency)) for at, sealed in found]
    opened = zip(found, open_parts(session, parts), strict=True)
    return {row.event_id: plain.decode() for row, plain in opened if plain is not None}
