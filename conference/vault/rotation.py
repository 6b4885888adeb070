"""Move an owner's data keys to a new version of its key, and what they seal to new data keys.

Online: in small transactions, each of which leaves everything readable. Whatever dies, what is left is found
again by asking the database; several may work at once. Old versions and data keys stay until destroyed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import case, delete, func, select, table, text, update
from sqlalchemy import column as named
from sqlalchemy.orm import Session

from conference.db import Database, patiently
from conference.ids import new_id
from conference.vault.datakeys import COLUMNS, SEALING, Stored, outer_layer, retired
from conference.vault.envelope import NotSealedHere
from conference.vault.errors import KeyMissing
from conference.vault.keyfile import KeyFile, owner_key
from conference.vault.models import DataKey, KeyRotation, SealingCount

GRACE = timedelta(seconds=60)
"""So long old keys stay after nothing needs them any more: longer than any reading began before takes."""

BATCH = 100
_PARTNERSHIP = table("partnership", named("id"))

Log = Callable[[Session, str, str, str, int, bool], None]
"""Logs an event: session, its name, partnership, owner, version, whether fields are sealed anew."""


class Owner(NamedTuple):
    """Whose data keys: an agency's, the conference's or the directory's."""

    partnership: str
    id: str


class Task(NamedTuple):
    """One rotation that is going on, or was."""

    id: str
    owner: Owner
    version: int
    fields: bool
    started_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, row: KeyRotation) -> Task:
        """As it is stored."""
        owner = Owner(row.partnership_id, row.owner)
        return cls(row.id, owner, row.version, row.fields, row.started_at, row.done_at)


def owners(session: Session, partnership: str | None, owner: str | None) -> list[Owner]:
    """Who has data keys, by partnership and id; of one partnership, of one owner, or all."""
    query = select(DataKey.partnership_id, DataKey.owner).distinct()
    if partnership is not None:
        query = query.where(DataKey.partnership_id == partnership)
    if owner is not None:
        query = query.where(DataKey.owner == owner)
    return sorted(Owner(*row) for row in session.execute(query))


def begin(session: Session, owner: Owner, *, fields: bool, at: datetime, log: Log) -> Task:
    """The rotation of this owner that is not done, or a new one to a new version of its key, logged.

    fields: what is sealed is sealed anew as well; one that is going on takes that on.
    Raises KeyRevoked where the owner does not give its key.
    """
    keys: KeyFile = session.info["keys"]
    mine = _PARTNERSHIP.select().where(_PARTNERSHIP.c.id == owner.partnership)
    session.execute(mine.with_for_update(key_share=True))  # one after the other; nobody else waits for this
    row = session.scalar(_of(owner).where(KeyRotation.done_at.is_(None)))
    if row is None:
        row = KeyRotation(
            id=new_id("rot"),
            partnership_id=owner.partnership,
            owner=owner.id,
            version=keys.new_version(*owner),
            fields=fields,
            started_at=at,
        )
        session.add(row)
        log(session, "key.created", *owner, row.version, fields)
    row.fields = row.fields or fields
    session.flush()
    return Task.of(row)


def finish(session: Session, task: Task, *, at: datetime, log: Log) -> None:
    """Note, and log, that nothing needs older keys any more. Doing it twice is harmless."""
    query = select(KeyRotation).where(KeyRotation.id == task.id, KeyRotation.done_at.is_(None))
    row = session.scalar(query.with_for_update())
    if row is not None:
        row.done_at = at
        session.flush()
        log(session, "key.rotated", *task.owner, task.version, row.fields)


def latest(session: Session, owner: Owner) -> Task | None:
    """The rotation of this owner that began last."""
    row = session.scalar(_of(owner).order_by(KeyRotation.version.desc()).limit(1))
    return None if row is None else Task.of(row)


def barrier(database: Database, *, patience: float = 0.05) -> None:
    """Wait until everybody has ended who began to seal before this, perhaps with keys no longer current.

    Nobody waits for it: it only looks whether it can have the lock that they share.
    """
    while True:
        with database.write() as session:
            if database.is_sqlite or session.scalar(
                text("SELECT pg_try_advisory_xact_lock(:sealing)"), {"sealing": SEALING}
            ):
                return
        time.sleep(patience)


# --- the outer layer ---


def retire(database: Database, task: Task) -> None:
    """Let nothing new be sealed with data keys from before the rotation; those who need one make it.

    The key file says so too, so that nobody who writes to the database makes an old one current again.
    """
    for version in range(1, task.version):
        database.keys.key_or_new(retired(*task.owner, version))
    query = _data_keys(task.owner).where(DataKey.current, DataKey.version < task.version)
    while True:
        with database.read() as session:
            ids = session.scalars(query.with_only_columns(DataKey.id).limit(BATCH * 5)).all()
        if not ids:
            return
        patiently(partial(_no_longer_current, database, ids))


def _no_longer_current(database: Database, ids: Sequence[str]) -> None:
    with database.write(gives_way=True) as session:
        session.execute(update(DataKey).where(DataKey.id.in_(ids)).values(current=False))


class Rewrapped(NamedTuple):
    """What one step did. last: the id of the last data key that was looked at; None after the last."""

    done: int
    faults: dict[str, str]
    last: str | None


def rewrap(database: Database, task: Task, after: str | None) -> Rewrapped:
    """Put the next data keys under the new version of their owner's key; what they seal is not touched.

    The key's holder is asked while nothing is held: one that meanwhile was moved by another is left.
    """
    with database.read() as session:
        query = _data_keys(task.owner).where(DataKey.wrapped_by != task.version, DataKey.id > (after or ""))
        found = [Stored.of(row) for row in session.execute(query.order_by(DataKey.id).limit(BATCH))]
    if not found:
        return Rewrapped(0, {}, None)
    keys, faults, moved = database.keys, {}, []
    for one, inner in zip(found, keys.unwrap_many([one.outer() for one in found]), strict=True):
        if isinstance(inner, KeyMissing | NotSealedHere):
            faults[f"data_key {one.info.id} wrapped"] = str(inner) or "it was changed"
        else:
            moved.append((one, outer_layer(keys, one.info, inner, task.version)))

    def put() -> None:
        with database.write(gives_way=True) as session:
            for one, wrapped in sorted(moved):
                same = update(DataKey).where(DataKey.id == one.info.id, DataKey.wrapped == one.wrapped)
                session.execute(same.values(wrapped=wrapped, wrapped_by=task.version))

    patiently(put)
    return Rewrapped(len(moved), faults, found[-1].info.id)


def unopened(database: Database, owner: Owner) -> dict[str, str]:
    """The owner's data keys that do not unwrap with the version that they say: by place, and why.

    All are tried: what the database says of itself is no reason to destroy a key.
    """
    faults: dict[str, str] = {}
    after = ""
    while True:
        with database.read() as session:
            query = _data_keys(owner).where(DataKey.id > after).order_by(DataKey.id).limit(BATCH * 5)
            found = [Stored.of(row) for row in session.execute(query)]
        if not found:
            return faults
        for one, inner in zip(found, database.keys.unwrap_many([one.outer() for one in found]), strict=True):
            if not isinstance(inner, bytes):
                faults[f"data_key {one.info.id} wrapped"] = str(inner) or "it was changed"
        after = found[-1].info.id


# --- what is no longer needed ---


def unneeded(session: Session, owner: Owner, needed: set[str]) -> list[str]:
    """Data keys from before the owner's last rotation that seal nothing but what is in no sealed column.

    needed: ids of those that do seal something. Those of the log stay, whatever they seal.
    """
    task = latest(session, owner)
    if task is None:
        return []
    query = _data_keys(owner).where(
        ~DataKey.current, DataKey.purpose == "field", DataKey.version < task.version
    )
    return [one for one in session.scalars(query.with_only_columns(DataKey.id)) if one not in needed]


def drop(database: Database, ids: list[str]) -> None:
    """Delete data keys that nothing needs."""
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        with database.write() as session:
            session.execute(delete(SealingCount).where(SealingCount.data_key_id.in_(some)))
            session.execute(delete(DataKey).where(DataKey.id.in_(some), ~DataKey.current))


def old_versions(session: Session, owner: Owner) -> list[str]:
    """Names of keys of the owner, older than the current, that are still there and wrap nothing."""
    keys: KeyFile = session.info["keys"]
    newest = keys.current_version(*owner)
    used = set(session.scalars(_data_keys(owner).with_only_columns(DataKey.wrapped_by).distinct()))
    names = [owner_key(*owner, version) for version in range(1, newest) if version not in used]
    return [name for name in names if not keys.is_destroyed(name)]


def per_version(session: Session, owner: Owner) -> list[tuple[int, int, int]]:
    """Each version of the owner's key that wraps something: how many data keys, how many of them current."""
    current = func.sum(case((DataKey.current, 1), else_=0))
    of = (DataKey.partnership_id == owner.partnership, DataKey.owner == owner.id)
    query = select(DataKey.wrapped_by, func.count(), current).where(*of).group_by(DataKey.wrapped_by)
    return [(row[0], row[1], int(row[2])) for row in session.execute(query.order_by(DataKey.wrapped_by))]


def left(session: Session, task: Task) -> int:
    """How many data keys are not under the new version yet."""
    query = _data_keys(task.owner).where(DataKey.wrapped_by < task.version)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _of(owner: Owner) -> Any:
    return select(KeyRotation).where(
        KeyRotation.partnership_id == owner.partnership, KeyRotation.owner == owner.id
    )


def _data_keys(owner: Owner) -> Any:
    return select(*COLUMNS).where(DataKey.partnership_id == owner.partnership, DataKey.owner == owner.id)
