"""Put a backup back, and say whether the log lost anything by it.

Whoever was erased since stays erased: their keys are not in a backup of the data, and what could still find
them is taken out again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url, select

from conference.commands import migrating, walling
from conference.commands.backing_up import postgresql_environment, read_manifest, run_program
from conference.commands.errors import Stopped
from conference.commands.installing import opened
from conference.db import Database
from conference.identity.models import Partnership
from conference.settings import Settings
from conference.sharing.retention import erasing
from conference.sharing.searching import reindexing
from conference.trail.comparing import Comparison, Found, compare
from conference.trail.errors import LogDisagrees
from conference.trail.inspecting import check_whole
from conference.vault.errors import RowBroken

Say = Callable[[str], None]

GO_ON = (
    "Keep this database as it is and call whoever keeps your other backups. If no later one is left, "
    "`conference audit new-epoch` lets the log go on, with the gap on record."
)


def restore(settings: Settings, folder: Path, *, kept: Iterable[Path] = (), tell: Say) -> bool:
    """Put the backup in `folder` where there is no database yet; whether its log is all that is known of it.

    kept: checkpoints that agencies or witnesses kept, to hold the log against.
    Raises Stopped, with nothing put there, where the backup or the place for it is not as it should be.
    """
    manifest = read_manifest(folder)
    notes = {path: _read(path) for path in kept}
    if not settings.keys.exists():
        raise Stopped(f"There is no key file {settings.keys}. Put it back first: without it nothing opens.")
    url = make_url(settings.database)
    if url.get_backend_name() != manifest.database:
        raise Stopped(f"This is a backup of {manifest.database}. Set CONFERENCE_DATABASE to one.")
    put = _put_sqlite if manifest.database == "sqlite" else _put_postgresql
    put(url, folder / manifest.data, tell)
    migrating.migrate(settings.database, tell=tell)
    walling.put_key(settings.database, settings.keys)
    with opened(settings) as database:
        _forget_erased(database, tell)
        _say_who_is_not_found(database, tell)
        whole = _look(database, tell)
        for partnership, note in manifest.logs.items():
            whole &= _held_against(database, partnership, note.encode(), "The backup's own checkpoint", tell)
        for path, witnessed in notes.items():
            whole &= _against_any(database, witnessed, path, tell)
    tell(f"Restored the backup of {manifest.at}." if whole else f"Restored, but not all is well. {GO_ON}")
    return whole


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Stopped(f"{path}: {error.strerror}.") from None


def _put_sqlite(url: URL, data: Path, tell: Say) -> None:
    target = Path(url.database or "")
    beside = [target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))]
    if any(path.exists() for path in beside):
        raise Stopped(
            f"There is a database at {target} already. Move it away first, with its -wal and -shm files."
        )
    fresh = target.with_name(f"{target.name}.restoring")
    fresh.unlink(missing_ok=True)  # of a restore that was stopped
    tell("Copying the data.")
    shutil.copyfile(data, fresh)
    fresh.chmod(0o600)
    with closing(sqlite3.connect(fresh)) as copy:
        found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        fresh.unlink()
        raise Stopped("The data are damaged. Use another backup.")
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.rename(target)


def _put_postgresql(url: URL, data: Path, tell: Say) -> None:
    if not migrating.is_empty(url.render_as_string(hide_password=False)):
        raise Stopped("There are tables in this database already. Give the address of an empty one.")
    tell("Restoring the data, all or nothing.")
    arguments = ["--single-transaction", "--no-owner", f"--dbname={url.database}", str(data)]
    run_program("pg_restore", arguments, postgresql_environment(url))


def _forget_erased(database: Database, tell: Say) -> None:
    """Take out what agencies let go of, and what could find people who were erased, since it was made."""
    people, records = erasing.forget_again(database)
    if people:
        tell(f"{people} people in it were erased. They stay so: nothing about them can be read or found.")
    if records:
        tell(f"{records} records in it were erased by their agencies. They stay so.")


def _say_who_is_not_found(database: Database, tell: Say) -> None:
    """Of indexes whose keys were renewed since. None is made anew: another copy may be the one in use."""
    with database.read() as session:
        for partnership in session.scalars(select(Partnership.id).order_by(Partnership.id)).all():
            try:
                behind = reindexing.is_behind(session, partnership)
            except RowBroken as fault:
                tell(f"{partnership}: {fault}.")
                continue
            if behind:
                tell(
                    f"{partnership}: the search indexes in it are older than their keys, so nobody is found. "
                    "When this database is the one in use, run `conference search reindex`."
                )


def _look(database: Database, tell: Say) -> bool:
    """Look at every log whole."""
    with database.read() as session:
        partnerships = session.scalars(select(Partnership.id).order_by(Partnership.id)).all()
    whole = True
    for partnership in partnerships:
        try:
            size = check_whole(
                database,
                partnership,
                lambda done, of=partnership: tell(f"{of}: {done} entries looked at."),  # type: ignore[misc]
            )
            tell(f"{partnership}: {size} entries, each in its place.")
        except LogDisagrees as fault:
            tell(str(fault))
            whole = False
    return whole


def _against_any(database: Database, note: bytes, path: Path, tell: Say) -> bool:
    """Hold the log that the kept checkpoint is of against it."""
    with database.read() as session:
        partnerships = session.scalars(select(Partnership.id).order_by(Partnership.id)).all()
        named = [one for one in partnerships if compare(session, one, note) is not None]
    if not named:
        tell(f"{path} is no checkpoint of a log in this backup.")
        return False
    results = [_held_against(database, one, note, str(path), tell) for one in named]
    return all(results)


def _held_against(database: Database, partnership: str, note: bytes, what: str, tell: Say) -> bool:
    with database.read() as session:
        found = compare(session, partnership, note)
    if found is None:
        tell(f"{what} was signed with another key than this installation's.")
        return False
    tell(_sentence(found, what, partnership))
    return found.found is Found.PREFIX


def _sentence(one: Comparison, what: str, partnership: str) -> str:
    if one.found is Found.PREFIX:
        return f"{what}: the log of {partnership} holds all {one.there} entries that it signed."
    if one.found is Found.BEHIND:
        lost = one.there - one.here
        return (
            f"{what} signed {one.there} entries of {partnership}; "
            f"this log ends after {one.here}: {lost} are lost."
        )
    return f"{what} signed another log of {partnership} than this one. Do not use this database."
