"""How many values are sealed with a data key: counted, so that a random nonce never comes twice.

Each value has a random nonce of 96 bits, which is safe far below 2^32 values a key (NIST SP 800-38D, 8.3). A
data key is taken out of use at `Bounds.most`, 2^28. The count is durable before it is used up, and never too
small: a process says once that it seals, and may then seal `free` values with each key; for more it takes a
`block` at a time. So a crash, or a transaction that is rolled back, only counts too many.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import event, func, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from conference.clock import now
from conference.db import Database
from conference.vault.models import DataKey, SealingCount, SealingRun


class Bounds(NamedTuple):
    """most: values for one data key.   free: for each process and key.   block: taken at a time."""

    most: int = 2**28
    free: int = 2**8
    block: int = 2**16


BOUNDS = Bounds()


class Meter:
    """What this process has sealed with each data key, and how much of that is durably counted."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.used: Counter[str] = Counter()
        self.granted: Counter[str] = Counter()  # beyond what is free
        self.run: int | None = None


_METERS: WeakKeyDictionary[Database, Meter] = WeakKeyDictionary()
_MAKING = threading.Lock()


def meter(database: Database) -> Meter:
    """This process's own."""
    with _MAKING:
        return _METERS.setdefault(database, Meter())


class _Open(NamedTuple):
    """What a transaction has said and not yet committed."""

    granted: Counter[str]
    run: list[int]


def begin(database: Database) -> None:
    """Say that this process will seal, so that no answer has to; if it cannot be said now, one will."""
    with suppress(OperationalError), database.write() as session:
        _run(session, meter(database), _said(session))


def count(session: Session, values: Mapping[str, int]) -> list[str]:
    """Note that so many values are about to be sealed with these data keys, before it is done.

    values: by id of the data key.   Returns those that must seal no more.
    """
    mine, said = meter(session.info["database"]), _said(session)
    run = _run(session, mine, said)
    free = BOUNDS.free if run * BOUNDS.free < BOUNDS.most // 2 else 0
    with mine.lock:
        mine.used.update(values)
        short = {
            one: mine.used[one] - mine.granted[one] - said.granted[one] - free
            for one in values
            if mine.used[one] > mine.granted[one] + said.granted[one] + free
        }
    return _take(session, said, short, run * free) if short else []


def totals(session: Session, data_keys: Collection[str]) -> dict[str, int]:
    """At most so many values were sealed with each of them, without what is free for each process."""
    query = select(SealingCount.data_key_id, func.sum(SealingCount.taken)).group_by(SealingCount.data_key_id)
    found = session.execute(query.where(SealingCount.data_key_id.in_(data_keys)))
    return {data_key: int(taken) for data_key, taken in found}


class Sealed(NamedTuple):
    """A data key, and how many values were sealed with it at most."""

    data_key: str
    values: int


def fullest(session: Session, partnership: str, owner: str) -> list[Sealed]:
    """Of the owner's data keys that are in use the one that has sealed most, if any said so."""
    taken = func.sum(SealingCount.taken)
    query = (
        select(DataKey.id, taken)
        .join(SealingCount, SealingCount.data_key_id == DataKey.id)
        .where(DataKey.partnership_id == partnership, DataKey.owner == owner, DataKey.current)
        .group_by(DataKey.id)
        .order_by(taken.desc(), DataKey.id)
        .limit(1)
    )
    free = BOUNDS.free * (session.scalar(select(func.max(SealingRun.id))) or 0)
    return [Sealed(data_key, int(values) + free) for data_key, values in session.execute(query)]


def _run(session: Session, mine: Meter, said: _Open) -> int:
    """Say that this process seals, unless that is durable, or said in this transaction."""
    if mine.run is None and not said.run:
        said.run.append(
            session.connection()
            .execute(insert(SealingRun).returning(SealingRun.id), {"at": now()})
            .scalar_one()
        )
    return said.run[0] if mine.run is None else mine.run


def _take(session: Session, said: _Open, short: Mapping[str, int], free: int) -> list[str]:
    """Blocks of values for each of `short`, unless its data key has had all that it may have."""
    before, over, rows = totals(session, short), [], []
    query = select(DataKey.id, DataKey.partnership_id).where(DataKey.id.in_(short))
    partnerships = {row.id: row.partnership_id for row in session.execute(query)}
    for one, lacking in short.items():
        wanted = -(-lacking // BOUNDS.block) * BOUNDS.block
        if before.get(one, 0) + free + wanted > BOUNDS.most:
            over.append(one)
            continue
        said.granted[one] += wanted
        rows.append({"data_key_id": one, "partnership_id": partnerships[one], "taken": wanted})
    if rows:
        session.connection().execute(insert(SealingCount), rows)
    return over


def _said(session: Session) -> _Open:
    found: _Open = session.info.setdefault("sealing", _Open(Counter(), []))
    return found


os.register_at_fork(after_in_child=_METERS.clear)  # a new process, which must say so itself


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction() or "sealing" not in session.info:
        return
    said: _Open = session.info.pop("sealing")
    mine = meter(session.info["database"])
    with mine.lock:
        mine.granted.update(said.granted)
        if said.run and mine.run is None:
            mine.run = said.run[0]


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _previous: object) -> None:
    session.info.pop("sealing", None)
