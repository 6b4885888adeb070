"""Keys: new versions, old ones destroyed, and what there is. Online, and resumed by typing it again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference import clock
from conference.commands.errors import Stopped
from conference.db import Database
from conference.formats import FILTERS
from conference.identity.models import Partnership
from conference.trail import sequencer, writing
from conference.trail.errors import LogDisagrees
from conference.vault import nonces, rotation, rotation_values
from conference.vault.errors import KeyRevoked
from conference.vault.rotation import Owner, Task
from conference.vault.sealed_columns import SEALED, unknown_columns

Tell = Callable[[str], None]
HOUSE = frozenset({"conference", "directory"})
SECONDS_BETWEEN_WORDS = 2.0
LONGEST_PAUSE = 0.05  # after each step, as long as it took: others get their turn at the database


def rotate(
    database: Database,
    *,
    agency: str | None = None,
    partnership: str | None = None,
    fields: bool = False,
    destroy_old: bool = False,
    tell: Tell,
) -> int:
    """Give owners a new version of their key and move everything to it; 1 if something could not be moved.

    fields: seal what is sealed anew as well, under new data keys. One that was broken off goes on.
    Raises Stopped if there is nobody of that name.
    """
    tasks, faults = _begin(database, _owners(database, partnership, agency), fields=fields, tell=tell)
    rotation.barrier(database)
    found = _rewrap(database, tasks, tell)
    for one in sorted({task.owner.partnership for task in tasks if task.fields}):
        found |= _reseal(database, [task for task in tasks if task.owner.partnership == one], tell)
        found |= _rewrap(database, tasks, tell)
    for owner in (task.owner for task in tasks):
        found |= rotation.unopened(database, owner)
    for place, why in sorted(found.items()):
        tell(f"{place} could not be moved: {why}.")
    for task in tasks:
        with database.write() as session:
            rotation.finish(session, task, at=clock.now(), log=_log)
    _place(database)
    faults += len(found)
    if destroy_old:
        left = destroy(database, agency=agency, partnership=partnership, wait=True, tell=tell)
        return 1 if left or faults else 0
    if not faults:
        tell(
            "Older keys are still there. `conference keys destroy-old` destroys them; make a backup after it."
        )
    return 1 if faults else 0


def _begin(
    database: Database, owners: Sequence[Owner], *, fields: bool, tell: Tell
) -> tuple[list[Task], int]:
    """A rotation for each owner, and how many do not give their key."""
    tasks = []
    for owner in owners:
        try:
            with database.write() as session:
                task = rotation.begin(session, owner, fields=fields, at=clock.now(), log=_log)
        except KeyRevoked:
            tell(f"{_name(owner)}: its key is not given, so it stays as it is.")
            continue
        if task.fields:
            rotation.retire(database, task)
        tasks.append(task)
    return tasks, len(owners) - len(tasks)


def _rewrap(database: Database, tasks: Sequence[Task], tell: Tell) -> dict[str, str]:
    says, faults = _Telling(tell), dict[str, str]()
    for task in tasks:
        done, after = 0, None
        while True:
            began = time.monotonic()
            step = rotation.rewrap(database, task, after)
            done, after, faults = done + step.done, step.last, faults | step.faults
            if step.last is None:
                break
            says(f"{_name(task.owner)}: {done:,} data keys wrapped anew so far.")
            _pause(began)
        if done:
            tell(f"{_name(task.owner)}: {done:,} data keys wrapped anew with version {task.version}.")
    return faults


def _reseal(database: Database, tasks: Sequence[Task], tell: Tell) -> dict[str, str]:
    """Look at every sealed column of a partnership until nothing is left that can be sealed anew."""
    partnership, says, total = tasks[0].owner.partnership, _Telling(tell), 0
    with database.read() as session:
        old = frozenset[bytes]().union(
            *(rotation_values.old_marks(session, one) for one in tasks if one.fields)
        )
    while True:
        whole = rotation_values.NOTHING
        for of in SEALED:
            after, looked = None, 0
            while True:
                began = time.monotonic()
                step = rotation_values.reseal(database, partnership, of, old, after)
                whole, after, looked = whole.with_more(step), step.last, looked + step.looked
                sealed = f"{total + whole.done:,} values sealed anew so far"
                says(f"{partnership}: {sealed}; looked at {looked:,} rows of {of.name}.")
                if step.done:
                    _pause(began)
                if after is None:
                    break
        total += whole.done
        if not whole.done and not whole.busy:
            break
        time.sleep(LONGEST_PAUSE if whole.busy else 0)
    left = f" {whole.erased:,} about erased people stay as they are." if whole.erased else ""
    tell(f"{partnership}: {total:,} values sealed anew.{left}")
    return dict(whole.faults)


def destroy(
    database: Database,
    *,
    agency: str | None = None,
    partnership: str | None = None,
    wait: bool = False,
    tell: Tell,
) -> int:
    """Destroy what rotations left behind; 1 if something is still needed. Older backups open no more."""
    status, before = 0, len(database.keys.names())
    for owner in _owners(database, partnership, agency):
        with database.read() as session:
            task = rotation.latest(session, owner)
        if task is None:
            continue
        if task.done_at is None:
            tell(f"{_name(owner)}: its rotation is not done. `conference keys rotate` goes on with it.")
            status = 1
            continue
        status = _destroy_one(database, owner, task.done_at + rotation.GRACE, wait=wait, tell=tell) or status
    _place(database)
    if len(database.keys.names()) < before:
        tell("Backups from before cannot be read any more: make one now.")
    return status


def _destroy_one(database: Database, owner: Owner, then: datetime, *, wait: bool, tell: Tell) -> int:
    left = then - clock.now()
    if left > timedelta(0):
        if not wait:
            seconds = int(left.total_seconds()) + 1
            tell(
                f"{_name(owner)}: what began to read before may still need old keys; {seconds} seconds more."
            )
            return 1
        time.sleep(left.total_seconds())
    rotation.barrier(database)
    faults = rotation.unopened(database, owner)
    needed = rotation_values.in_use(database, owner.partnership)
    with database.read() as session:
        for column in unknown_columns(session.connection()):
            faults[column] = "it may be sealed, and no rotation knows of it"
        for place, why in sorted({**faults, **needed.faults}.items()):
            tell(f"{place}: {why}.")
        if faults or needed.faults:
            tell(f"{_name(owner)}: nothing is destroyed while something does not open.")
            return 1
        data_keys = rotation.unneeded(session, owner, needed.data_keys)
        versions = rotation.old_versions(session, owner)
        newest = session.info["keys"].current_version(*owner)
        still = [one for one, *_ in rotation.per_version(session, owner) if one < newest]
    if data_keys or versions:
        with database.write() as session:
            _log(session, "key.destroyed", *owner, newest, bool(data_keys))
        rotation.drop(database, data_keys)
        for name in versions:
            database.keys.destroy(name)
        what = f"{len(versions)} old versions of its key and {len(data_keys):,} old data keys"
        tell(f"{_name(owner)}: destroyed {what}.")
    if still:
        tell(f"{_name(owner)}: version {', '.join(map(str, still))} is still needed; rotate first.")
    return 1 if still else 0


def show(database: Database, *, agency: str | None, partnership: str | None, tell: Tell) -> None:
    """For each owner the versions of its key, what they wrap, and how far its rotation is."""
    for owner in _owners(database, partnership, agency):
        with database.read() as session:
            newest = session.info["keys"].current_version(*owner)
            tell(f"{_name(owner)}: version {newest}.")
            for version, count, current in rotation.per_version(session, owner):
                tell(f"  version {version} wraps {count:,} data keys, {current:,} of them current.")
            for sealed in nonces.fullest(session, *owner):
                most = nonces.BOUNDS.most
                tell(
                    f"  {sealed.data_key} sealed up to {sealed.values:,} values; at {most:,} it is replaced."
                )
            _show_rotation(session, owner, tell)


def _show_rotation(session: Session, owner: Owner, tell: Tell) -> None:
    task = rotation.latest(session, owner)
    if task is None:
        return
    when = FILTERS["day_and_hour"](task.done_at or task.started_at)
    if task.done_at is not None:
        tell(f"  rotated {when}.")
        return
    left = rotation.left(session, task)
    tell(f"  is being rotated since {when}: {left:,} data keys are not wrapped anew yet.")


def _owners(database: Database, partnership: str | None, owner: str | None) -> list[Owner]:
    with database.read() as session:
        found = rotation.owners(session, partnership, owner)
    if not found and (partnership is not None or owner is not None):
        raise Stopped(
            "Nobody of that name has sealed anything. `conference agencies list` shows who there is."
        )
    return found


def _name(owner: Owner) -> str:
    return f"{owner.partnership}/{owner.id}"


def _log(session: Session, name: str, partnership: str, owner: str, version: int, fields: bool) -> None:  # noqa: FBT001
    """Who held what key before is nobody's secret: the agency that owns it is told."""
    agency = None if owner in HOUSE else owner
    writing.record(
        session,
        name,
        partnership=partnership,
        actor=None,
        agency=agency,
        about=(f"{owner}/{version}",),
        mark="fields" if fields else "wrapping",
        concerns=() if agency is None else (agency,),
    )


def _place(database: Database) -> None:
    """Give what was just logged its place, unless the log is not sound: the start says so."""
    with database.read() as session:
        partnerships = session.scalars(select(Partnership.id).order_by(Partnership.id)).all()
    for one in partnerships:
        try:
            sequencer.place(database, one)
        except LogDisagrees:
            continue


def _pause(began: float) -> None:
    time.sleep(min(time.monotonic() - began, LONGEST_PAUSE))


class _Telling:
    """Says something every few seconds."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last = time.monotonic()

    def __call__(self, sentence: str) -> None:
        if time.monotonic() - self._last > SECONDS_BETWEEN_WORDS:
            self._tell(sentence)
            self._last = time.monotonic()
