"""Open one agency's parts of events, and hold each piece against what it was committed to."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from audit.encoding import to_base64
from audit.event import EMPTY_BODY, SALT_BYTES, commitment
from conference.trail import roster
from conference.trail.models import LogEvent, LogLeaf, LogSalts
from conference.trail.packing import (
    ITEMS,
    NOT_HERE,
    NOTE,
    PART,
    Packed,
    Piece,
    of_agency,
    salts_of,
    unpack,
)
from conference.vault.bodies import Place, SealedPart, open_parts
from conference.vault.errors import SealBroken


class OpenBody(NamedTuple):
    """One agency's part of one event, unsealed, with all its items; None for an erased one."""

    event_id: str
    salt: bytes
    body: bytes
    items: tuple[Packed | None, ...]
    commitments: tuple[str, ...]


class _Salt(NamedTuple):
    """Where the salt of an empty part is: the group's number, the event's place there, the agency's."""

    group: int
    ordinal: int
    position: int


@dataclass(slots=True)
class Found:
    """What is stored of an agency's part, and what has been opened of it.

    own:    the agency's pieces in the event's frame; `part` is the one that is its part.
    empty:  where the salt of its part is, if that is not in the frame.
    """

    n: int
    id: str
    at: datetime
    request: str | None
    code: str | None
    index: int | None
    own: list[Piece]
    part: bytes | None
    empty: _Salt | None
    salt: bytes = b""
    body: bytes = b""
    head: dict[str, Any] = field(default_factory=dict)
    opened: OpenBody | None = None
    fault: str | None = None


def select_parts(partnership: str) -> Select[*tuple[Any, ...]]:
    """What `found_in` needs of events; to be narrowed."""
    event = (LogEvent.n, LogEvent.id, LogEvent.at, LogEvent.request, LogEvent.code, LogLeaf.position)
    query: Select[*tuple[Any, ...]] = (
        select(*event, LogEvent.roster, LogEvent.sealed, LogEvent.salts, LogEvent.ordinal)
        .outerjoin(LogLeaf, LogLeaf.n == LogEvent.n)
        .where(LogEvent.partnership_id == partnership)
    )
    return query


def found_in(session: Session, partnership: str, agency: str, query: Select[*tuple[Any, ...]]) -> list[Found]:
    """What `query`, made of `select_parts`, finds: the events of which `agency` has a part, be it empty."""
    positions = roster.positions(session, partnership, agency)
    found = []
    for n, at_id, at, request, code, index, version, frame, salts, ordinal in session.execute(query):
        position = positions.get(version)
        if position is None:
            continue
        own = of_agency(frame, agency)
        part = next((piece.sealed for piece in own if piece.kind == PART), None)
        if part is None and salts is None:
            continue
        place = None if salts is None else _Salt(salts, ordinal, position)
        found.append(Found(n, at_id, at, request, code, index, own, part, place))
    return found


def open_bodies(
    session: Session, partnership: str, agency: str, event_ids: Sequence[str]
) -> dict[str, OpenBody]:
    """`agency`'s parts of these events, by event id, empty ones too.

    Raises SealBroken for one that does not open as it must.
    """
    query = select_parts(partnership).where(LogEvent.id.in_(event_ids))
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
    _open_whole(session, partnership, agency, [row for row in rows if row.part is not None])
    _open_empty(session, partnership, agency, [row for row in rows if row.part is None])
    chosen = [row for row in rows if row.fault is None and fits(row.head)]
    packed, gone, broken = _items(session, partnership, agency, chosen)
    for row in chosen:
        _join(row, packed.get(row.id, []), erased=row.id in gone, broken=row.id in broken)


def _open_whole(session: Session, partnership: str, agency: str, rows: list[Found]) -> None:
    """Open the parts that stand in their event's frame."""
    parts = [
        SealedPart(row.part or b"", partnership, agency, Place("log_part", row.id, agency)) for row in rows
    ]
    for row, plain in zip(rows, _opened(session, parts, set()), strict=True):
        if plain is None:
            row.fault = "its part was changed"
        else:
            row.salt, row.body = plain[:SALT_BYTES], plain[SALT_BYTES:]
            row.head = json.loads(row.body)


def _open_empty(session: Session, partnership: str, agency: str, rows: list[Found]) -> None:
    """Find the salts of the other parts, which are empty: once for each group."""
    wanted = {(row.empty.group, row.empty.position) for row in rows if row.empty is not None}
    query = select(LogSalts.n, LogSalts.count, LogSalts.sealed).where(
        LogSalts.partnership_id == partnership, LogSalts.n.in_({group for group, _ in wanted})
    )
    stored = {n: (count, sealed) for n, count, sealed in session.execute(query)}
    keys = sorted(one for one in wanted if one[0] in stored)
    parts = [
        SealedPart(
            salts_of(stored[group][1], stored[group][0], position),
            partnership,
            agency,
            Place("log_salts", str(group), agency),
        )
        for group, position in keys
    ]
    salts = dict(zip(keys, _opened(session, parts, set()), strict=True))
    for row in rows:
        if row.empty is None or (row.empty.group, row.empty.position) not in salts:
            row.fault = "its part is missing"
            continue
        together = salts[row.empty.group, row.empty.position]
        at = row.empty.ordinal * SALT_BYTES
        row.salt = b"" if together is None else together[at : at + SALT_BYTES]
        if together is None or len(row.salt) != SALT_BYTES:
            row.fault = "its part was changed"
        elif row.salt == NOT_HERE:
            row.fault = "its part is missing"
        else:
            row.body = EMPTY_BODY


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
    session: Session, partnership: str, agency: str, rows: list[Found]
) -> tuple[dict[str, list[Packed]], set[str], set[str]]:
    """The items of these events; the events of which some are erased; those of which some do not open."""
    found = [(row.id, piece) for row in rows for piece in row.own if piece.kind == ITEMS]
    parts = [
        SealedPart(
            piece.sealed, partnership, agency, Place("log_items", event_id, f"{agency}/{piece.number}")
        )
        for event_id, piece in found
    ]
    packed: dict[str, list[Packed]] = {}
    gone: set[str] = set()
    broken: set[str] = set()
    for (event_id, _), plain in zip(found, _opened(session, parts, broken), strict=True):
        if plain is None:
            gone.add(event_id)
        else:
            packed.setdefault(event_id, []).extend(unpack(plain))
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


def open_notes(session: Session, partnership: str, agency: str, rows: list[Found]) -> dict[str, str]:
    """The free text beside these events, by event id."""
    found = [(row.id, piece.sealed) for row in rows for piece in row.own if piece.kind == NOTE]
    parts = [SealedPart(sealed, partnership, agency, Place("log_note", at, agency)) for at, sealed in found]
    opened = zip(found, open_parts(session, parts), strict=True)
    return {at: plain.decode() for (at, _), plain in opened if plain is not None}
