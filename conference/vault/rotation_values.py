"""Seal anew, under new data keys, what old ones seal: one small transaction after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import LargeBinary, RowMapping, Table, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from conference.db import Database, patiently
from conference.vault.datakeys import Fault, Wanted, for_opening, for_sealing
from conference.vault.envelope import NotSealedHere, OpenKey, decrypt, encrypt_many, key_id_in, short_id
from conference.vault.errors import KeyGone, KeyMissing
from conference.vault.models import DataKey
from conference.vault.place import Place
from conference.vault.rotation import BATCH, Task
from conference.vault.sealed_columns import SEALED, SealedTable

PAGE = 1_000
KEY_FROM, KEY_BYTES = 2, 16  # where a value says which data key seals it, counted from 1 as SQL does
Key = tuple[Any, ...]


class Step(NamedTuple):
    """What was done with the next rows of a table.

    looked: rows looked at.   done: values sealed anew.
    busy:   rows that somebody else held, to be looked at again.
    erased: values about somebody erased, which nobody can open: they stay.
    faults: values that did not open, by place, and why: they stay.
    last:   the key of the last row; None at the end.
    """

    looked: int
    done: int
    busy: int
    erased: int
    faults: Mapping[str, str]
    last: Key | None

    def with_more(self, step: Step) -> Step:
        """Both together."""
        return Step(
            self.looked + step.looked,
            self.done + step.done,
            self.busy + step.busy,
            self.erased + step.erased,
            {**self.faults, **step.faults},
            step.last,
        )


NOTHING = Step(0, 0, 0, 0, {}, None)


def old_marks(session: Session, task: Task) -> frozenset[bytes]:
    """With what the values begin, after their format, that the owner's data keys from before it seal."""
    query = select(DataKey.id).where(
        DataKey.partnership_id == task.owner.partnership,
        DataKey.owner == task.owner.id,
        DataKey.purpose == "field",
        DataKey.version < task.version,
    )
    return frozenset(short_id(one) for one in session.scalars(query))


def reseal(
    database: Database, partnership: str, of: SealedTable, old: frozenset[bytes], after: Key | None
) -> Step:
    """Look at the next rows of a table, and seal anew what is sealed with old data keys."""
    table = of.table
    key = [table.c[name] for name in of.key]
    marks = [func.substr(table.c[name], KEY_FROM, KEY_BYTES, type_=LargeBinary()) for name in of.places]
    query = select(*key, *marks).where(_in(table) == partnership).order_by(*key).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    with database.read() as session:
        rows = [tuple(row) for row in session.execute(query)]
    due = [row[: len(key)] for row in rows if not old.isdisjoint(map(_mark, row[len(key) :]))]
    step = NOTHING._replace(looked=len(rows), last=rows[-1][: len(key)] if len(rows) == PAGE else None)
    _make_keys(database, {mark for row in rows for mark in map(_mark, row[len(key) :]) if mark in old})
    for start in range(0, len(due), BATCH):

        def some(some_due: Sequence[Key] = due[start : start + BATCH]) -> Step:
            with database.write(gives_way=True) as session:
                return _batch(session, of, table, some_due, old)

        step = step.with_more(patiently(some))._replace(last=step.last)
    return step


def _make_keys(database: Database, marks: set[bytes]) -> None:
    """Make the data keys that follow those with these marks, each in a transaction of its own.

    Made where rows are held, they would let a rotation and somebody who corrects a field wait for each other.
    """
    of = [DataKey.partnership_id, DataKey.owner, DataKey.subjects, DataKey.purpose]
    ids = [key_id_in(b"\0" + mark) for mark in marks]
    with database.read() as session:
        followed = session.execute(select(*of).where(DataKey.id.in_(ids))).all()
        wanted = {Wanted._make(row) for row in followed}
        there = session.execute(
            select(*of).where(DataKey.current, DataKey.subjects.in_({one.subjects for one in wanted}))
        ).all()
    for one in sorted(wanted - {Wanted._make(row) for row in there}):

        def made(one: Wanted = one) -> None:
            # KeyMissing: of somebody erased; it is said later
            with database.write(gives_way=True) as session, suppress(KeyMissing):
                for_sealing(session, Counter({one: 0}))

        patiently(made)


class InUse(NamedTuple):
    """What all sealed columns of a partnership need.

    data_keys: ids of those that open something, or would if nobody had been erased.
    faults: values that do not open, by place: perhaps somebody changed what they say of their data key.
    """

    data_keys: set[str]
    faults: dict[str, str]


def in_use(database: Database, partnership: str) -> InUse:
    """Open every value that there is. Nothing of it is kept."""
    found = InUse(set(), {})
    for of in SEALED:
        after: Key | None = None
        while True:
            with database.read() as session:
                after = _use(session, of, partnership, after, found)
            if after is None:
                break
    return found


def _use(session: Session, of: SealedTable, partnership: str, after: Key | None, found: InUse) -> Key | None:
    table = of.table
    key = [table.c[name] for name in of.key]
    query = select(table).where(_in(table) == partnership).order_by(*key).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    rows = session.execute(query).mappings().all()
    values = [one for row in rows for one in _values(of, row) if one.blob]
    data_keys = for_opening(session, {key_id_in(one.blob) for one in values}, "field")
    for one in values:
        data_key = data_keys.get(key_id_in(one.blob))
        if data_key is not None and _opened(one, data_key) is not None:
            found.data_keys.add(data_key.info.id)
        else:
            found.faults[str(one.places[0])] = "it is not what was sealed in its place"
    return tuple(rows[-1][name] for name in of.key) if len(rows) == PAGE else None


class _Value(NamedTuple):
    """One value that is to be sealed anew, where it stands, and where else it might."""

    row: Key
    column: str
    blob: bytes
    places: tuple[Place, ...]


def _batch(
    session: Session, of: SealedTable, table: Table, keys: Sequence[Key], old: frozenset[bytes]
) -> Step:
    """In one transaction. A row that somebody else is just changing is left to be looked at again."""
    key = [table.c[name] for name in of.key]
    wanted = tuple_(*key).in_(keys) if len(key) > 1 else key[0].in_([one for (one,) in keys])
    rows = session.execute(select(table).where(wanted).with_for_update(skip_locked=True)).mappings().all()
    values = [one for row in rows for one in _values(of, row) if one.blob[1:17] in old]
    data_keys = for_opening(session, {key_id_in(one.blob) for one in values}, "field")
    plain: dict[Wanted, list[tuple[_Value, Place, bytes]]] = {}
    erased, faults = 0, {}
    for one in values:
        data_key = data_keys.get(key_id_in(one.blob))
        opened = _opened(one, data_key)
        if isinstance(opened, KeyGone):
            erased += 1
        elif opened is None or not isinstance(data_key, OpenKey):
            faults[str(one.places[0])] = "it is not what was sealed in its place"
        else:
            info = data_key.info
            wants = Wanted(info.partnership, info.owner, info.subjects, info.purpose)
            plain.setdefault(wants, []).append((one, *opened))
    done = _write(session, of, table, plain)
    return Step(0, done, len(keys) - len(rows), erased, faults, None)


def _values(of: SealedTable, row: RowMapping) -> list[_Value]:
    """What is sealed in a row."""
    key, said = tuple(row[name] for name in of.key), dict(row)
    return [
        _Value(
            key,
            column,
            bytes(row[column]),
            tuple(at[column](said) for at in (of.places, of.or_at) if column in at),
        )
        for column in of.places
        if row[column] is not None
    ]


def _opened(one: _Value, key: OpenKey | Fault | None) -> tuple[Place, bytes] | KeyGone | None:
    """Where it stands and what it says; KeyGone if somebody was erased; None for what is not as it was."""
    if isinstance(key, Fault):
        gone = key.at(one.places[0])
        return gone if isinstance(gone, KeyGone) and gone.erased else None
    if key is None:
        return None
    for place in one.places:
        try:
            return place, decrypt(key, one.blob, place)
        except NotSealedHere:
            continue
    return None


def _write(
    session: Session, of: SealedTable, table: Table, plain: dict[Wanted, list[tuple[_Value, Place, bytes]]]
) -> int:
    keys = for_sealing(session, Counter({wants: len(values) for wants, values in plain.items()}))
    changes: dict[str, list[dict[str, Any]]] = {}
    for wants, values in plain.items():
        blobs = encrypt_many(keys[wants], [text for *_, text in values], [place for _, place, _ in values])
        for (one, _, _), blob in zip(values, blobs, strict=True):
            given = {f"of_{name}": part for name, part in zip(of.key, one.row, strict=True)}
            changes.setdefault(one.column, []).append({**given, "blob": blob})
    for column, rows in changes.items():
        same = [table.c[name] == bindparam(f"of_{name}") for name in of.key]
        session.connection().execute(table.update().where(*same).values({column: bindparam("blob")}), rows)
    return sum(map(len, changes.values()))


def _mark(found: Any) -> bytes:
    return b"" if found is None else bytes(found)


def _in(table: Table) -> Any:
    return table.c["partnership_id"]
