"""Store events that are made: one row for each, one for the salts of all, and what finds them.

See docs/decisions/0015 for what stands where, and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from audit import Event, Parts
from conference import driver
from conference.trail import packing
from conference.trail.bulk import Bulk
from conference.trail.codes import code_for
from conference.trail.models import LogEvent, LogMark, LogQueue, LogSalts
from conference.vault.bodies import Part, Place, seal_parts

_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event that is made but not stored. Holds salts in the clear: never kept longer than the answer."""

    partnership: str
    event: Event
    parts: Parts
    value_salts: tuple[bytes | None, ...]
    roster: str
    note: str | None
    leaf_hash: bytes


def store(session: Session, prepared: Sequence[Prepared]) -> None:
    """Put the events, and what opens and finds them, into the transaction, and the events into the queue."""
    connection = session.connection()
    group = _Group(prepared, _numbers(connection, len(prepared)))
    group.seal(session)
    _put(connection, group.rows())


def _numbers(connection: Connection, count: int) -> list[int]:
    """The numbers of the next `count` events. On SQLite this transaction is the only one that writes."""
    if connection.dialect.name == "sqlite":
        found = driver.run(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'log_event'")
        last = found[0][0] if found else 0
        return list(range(last + 1, last + 1 + count))
    drawn = driver.run(connection, "SELECT nextval('log_event_n_seq') FROM generate_series(1, %s)", (count,))
    return [row[0] for row in drawn]


_OF_EVENT = ("n", "id", "partnership_id", "at", "request", "code", "leaf", "leaf_hash", "roster")
_TABLES = (
    Bulk(LogEvent, *_OF_EVENT, "sealed", "salts", "ordinal"),
    Bulk(LogSalts, "partnership_id", "n", "count", "sealed"),
    Bulk(LogMark, "partnership_id", "agency", "n", "mark"),
    Bulk(LogQueue, "partnership_id", "n"),
)


def _put(connection: Connection, rows: Sequence[list[_Row]]) -> None:
    """SQLite: a statement for each table. PostgreSQL: one for all, as each costs a way there and back."""
    if connection.dialect.name == "sqlite":
        for table, given in zip(_TABLES, rows, strict=True):
            table.insert(connection, given)
        return
    pairs, dialect = zip(_TABLES, rows, strict=True), connection.dialect
    arrays = [array for table, given in pairs for array in table.arrays(dialect, given)]
    driver.run(connection, _in_one(connection), arrays)


def _in_one(connection: Connection) -> str:
    *first, last = (table.into(connection.dialect) for table in _TABLES)
    steps = [f"step_{number} AS ({into})" for number, into in enumerate(first)]
    return f"WITH {', '.join(steps)} {last}"


class _Wrapped(NamedTuple):
    """Where the piece of one event is among all that is to be sealed."""

    kind: int
    agency: str
    number: int
    place: int


class _Group:
    """Events that are stored together, before and after they are sealed.

    `_plain` is all that is to be sealed: first the salts, for each roster of each agency; then the pieces.
    """

    def __init__(self, prepared: Sequence[Prepared], numbers: Sequence[int]) -> None:
        self._prepared = prepared
        self._numbers = numbers
        self._plain: list[Part] = []
        self._sealed: list[bytes] = []
        self._together: dict[tuple[str, str], list[int]] = {}  # of a partnership and roster, which events
        for at, one in enumerate(prepared):
            self._together.setdefault((one.partnership, one.roster), []).append(at)
        for (partnership, _), which in self._together.items():
            self._plain += _salts(partnership, numbers[which[0]], [prepared[at].parts for at in which])
        self._pieces = [self._pieces_of(one) for one in prepared]

    def seal(self, session: Session) -> None:
        """Seal all of it, each piece for its agency and people."""
        self._sealed = seal_parts(session, self._plain)

    def rows(self) -> list[list[_Row]]:
        """The rows of each of `_TABLES`."""
        salts: list[_Row] = []
        of: dict[int, tuple[int, int]] = {}  # of an event its group's number, and its place there
        start = 0
        for (partnership, _), which in self._together.items():
            end = start + len(self._prepared[which[0]].parts.agencies)
            number = self._numbers[which[0]]
            salts.append((partnership, number, len(which), b"".join(self._sealed[start:end])))
            of |= {at: (number, ordinal) for ordinal, at in enumerate(which)}
            start = end
        events, marks, queue, sealed = [], [], [], self._sealed
        for at, (one, number) in enumerate(zip(self._prepared, self._numbers, strict=True)):
            pieces = [
                packing.Piece(kind, to, nth, sealed[where]) for kind, to, nth, where in self._pieces[at]
            ]
            frame = packing.frame(pieces)
            events.append((number, *_event(one), frame, *of[at]))
            marks += [(one.partnership, agency, number, mark) for agency, mark in packing.marks(pieces)]
            queue.append((one.partnership, number))
        return [events, salts, marks, queue]

    def _pieces_of(self, one: Prepared) -> list[_Wrapped]:
        """Where each piece of an event will be; what is to be sealed of them is noted."""
        partnership, event, plain, found = one.partnership, one.event.id, self._plain, []
        for agency, salt, body, items in one.parts.whole:
            found.append(_Wrapped(packing.PART, agency, 0, len(plain)))
            plain.append(Part(salt + body, partnership, agency, Place("log_part", event, agency)))
            for number, (subjects, group) in enumerate(_by_subjects(one, items)):
                found.append(_Wrapped(packing.ITEMS, agency, number, len(plain)))
                place = Place("log_items", event, f"{agency}/{number}")
                plain.append(Part(packing.pack(group), partnership, agency, place, subjects))
        if one.note is not None and (agency_of := one.event.agency) is not None:
            found.append(_Wrapped(packing.NOTE, agency_of, 0, len(plain)))
            place = Place("log_note", event, agency_of)
            plain.append(Part(one.note.encode(), partnership, agency_of, place))
        return found


def _salts(partnership: str, number: int, group: Sequence[Parts]) -> Iterator[Part]:
    """For each agency its salts of all events, in order; where its part stands in the frame, nothing."""
    for agency, *salts in zip(group[0].agencies, *(_empty_salts(one) for one in group), strict=True):
        yield Part(b"".join(salts), partnership, agency, Place("log_salts", str(number), agency))


def _empty_salts(parts: Parts) -> list[bytes]:
    whole = {part.agency for part in parts.whole}
    pairs = zip(parts.agencies, parts.salts, strict=True)
    return [packing.NOT_HERE if agency in whole else salt for agency, salt in pairs]


def _by_subjects(one: Prepared, items: Sequence[int]) -> list[tuple[tuple[str, ...], list[packing.Packed]]]:
    """An agency's items, those about the same people together."""
    groups: dict[tuple[str, ...], list[packing.Packed]] = {}
    opened, salts = one.parts.items, one.value_salts
    for ordinal, number in enumerate(items):
        item, data, salt, _ = opened[number]
        groups.setdefault(item.subjects, []).append(packing.Packed(ordinal, salt, salts[number], data))
    return sorted(groups.items()) if len(groups) > 1 else list(groups.items())


def _event(one: Prepared) -> _Row:
    event = one.event
    code = None if event.request is None else _code(event.request)
    return event.id, one.partnership, event.at, event.request, code, one.parts.leaf, one.leaf_hash, one.roster


@lru_cache(maxsize=256)
def _code(request: str) -> str:
    return code_for(request)
