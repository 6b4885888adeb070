"""A copy of the database that can be made while it is in use, and put back; keys never go with it.

A backup is a folder: the data, and `manifest.json`, which says what it is and where each log stood. The key
file is copied by a command of its own to a place of its own: who holds both can read everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url, select

from conference.clock import moment, now
from conference.commands import migrating, walling
from conference.commands.errors import Stopped
from conference.commands.installing import opened
from conference.identity.models import Partnership
from conference.settings import Settings
from conference.trail import soundness, sqlstore

FORMAT = "conference-backup/1"
MANIFEST = "manifest.json"
PAGES = 2048
"""How much is copied between two words about how far it is."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. logs: the newest checkpoint of each partnership, by its id."""

    at: str
    database: str
    migration: str
    data: str
    sha256: str
    logs: Mapping[str, str]


def back_up(settings: Settings, folder: Path, *, tell: Say) -> Manifest:
    """Write a backup to `folder`, which is not there yet. It appears whole or not at all.

    Raises Stopped where something is in the way, or the database cannot be copied.
    """
    if folder.exists():
        raise Stopped(f"{folder} is there already. Give the name of a new folder.")
    if folder.absolute().is_relative_to(settings.data.absolute()):
        raise Stopped("A backup inside the data folder is lost with it. Give a folder elsewhere.")
    with opened(settings) as database:  # raises Stopped unless there is something whole to back up
        if walling.stands_before(database):
            raise Stopped(
                "This role sees what lies before the second wall, which is not everything. "
                "Sign in as the role for backups: docs/running.md, roles on PostgreSQL."
            )
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    fresh.mkdir(mode=0o700, parents=True)
    try:
        logs = _logs(settings)  # before the data: what the data hold goes at least as far
        url = make_url(settings.database)
        kind, name = ("sqlite", "data.sqlite3") if _is_sqlite(url) else ("postgresql", "data.pgdump")
        (_copy_sqlite if kind == "sqlite" else _dump_postgresql)(url, fresh / name, tell)
        manifest = Manifest(
            moment(now()), kind, migrating.newest(settings.database), name, digest(fresh / name), logs
        )
        _write(fresh / MANIFEST, json.dumps({"format": FORMAT, **_as_json(manifest)}, indent=1) + "\n")
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    tell(f"Wrote the backup {folder}. The key file is not in it: `conference backup-keys FILE` copies it.")
    return manifest


def back_up_keys(settings: Settings, file: Path, *, tell: Say) -> None:
    """Copy the key file, to be kept apart from every backup of the data. Raises Stopped."""
    if file.exists():
        raise Stopped(f"{file} is there already. Give the name of a new file.")
    if (file.parent / MANIFEST).exists():
        raise Stopped("This folder holds a backup of the data. Keep the keys somewhere else.")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(file, settings.keys.read_text("utf-8"))
    tell(
        f"Copied the key file to {file}. Delete this copy within 30 days: "
        "the key of whoever is erased from now on lives on in it."
    )


def read_manifest(folder: Path) -> Manifest:
    """What the backup in `folder` says of itself; its data are whole. Raises Stopped."""
    try:
        read = json.loads((folder / MANIFEST).read_text("utf-8"))
        form = read.pop("format")
        manifest = Manifest(**read)
    except (OSError, ValueError, TypeError, KeyError):
        raise Stopped(f"{folder} is no backup of this program: it has no readable {MANIFEST}.") from None
    if form != FORMAT:
        raise Stopped(f"{folder} was written by another version of this program ({form}).")
    if Path(manifest.data).name != manifest.data or not (folder / manifest.data).is_file():
        raise Stopped(f"{folder} lacks its data. Use another backup.")
    if digest(folder / manifest.data) != manifest.sha256:
        raise Stopped(f"The data in {folder} are not what was written. Use another backup.")
    return manifest


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def postgresql_environment(url: URL) -> dict[str, str]:
    """All that the PostgreSQL programs need to reach the database; the password is on no command line."""
    named = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGDATABASE": url.database,
        "PGPASSWORD": url.password,
        "PGSSLMODE": url.query.get("sslmode"),
        "PGSSLROOTCERT": url.query.get("sslrootcert"),
    }
    return {key: str(value) for key, value in named.items() if value is not None}


def run_program(name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run one of PostgreSQL's own programs. Raises Stopped with what it says."""
    program = shutil.which(name)
    if program is None:
        raise Stopped(
            f"{name} is not installed here. Install PostgreSQL's client programs (apt: postgresql-client)."
        )
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        raise Stopped(f"{name} stopped: {said[0]}")


def _logs(settings: Settings) -> dict[str, str]:
    """The newest checkpoint of each partnership that has one."""
    found = {}
    with opened(settings) as database, database.read() as session:
        for partnership in session.scalars(select(Partnership.id).order_by(Partnership.id)):
            soundness.sound_size(session, partnership)
            latest = sqlstore.SqlStore(session, partnership).latest()
            if latest is not None:
                found[partnership] = latest.note
    return found


def _copy_sqlite(url: URL, target: Path, tell: Say) -> None:
    """Copy what one moment's reader sees, while others go on writing."""
    with (
        closing(sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        target.chmod(0o600)
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on one moment

        def progress(_status: int, remaining: int, total: int) -> None:
            tell(f"Copied {total - remaining} of {total} pages.")

        source.backup(copy, pages=PAGES, progress=progress)
        copy.execute("PRAGMA journal_mode=DELETE").fetchone()  # one file, nothing beside it


def _dump_postgresql(url: URL, target: Path, tell: Say) -> None:
    tell("Dumping the database.")
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    run_program("pg_dump", arguments, postgresql_environment(url))
    target.chmod(0o600)


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__slots__}


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"
