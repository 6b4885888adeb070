"""A private PostgreSQL server for the tests: its own folder, its own socket, gone afterwards.

It listens on a Unix socket in a folder that only its own user (and root) can enter, and on no network
address, so it needs no free port and no password, and meets no other server on the machine.

Roles belong to the server, not to a database: a test that makes one names it for itself, or drops it. Three
are there from the beginning, as on a real one: `OWNER` owns each database and makes its tables, `APPLICATION`
is what the application signs in as, `BACKUP` reads everything.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.support import absent

OLDEST = 15
PATIENCE_SECONDS = 60
# Durable as in production (fsync and synchronous_commit stay on), otherwise for many small, short databases.
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "checkpoint_timeout": "30min",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}

OWNER = "conference_owner"
APPLICATION = "conference_app"
BACKUP = "conference_backup"

Fill = Callable[[str], None]


class Cluster:
    """One running server. Databases are made from a template and cost some 50 ms each."""

    def __init__(self, sockets: Path, port: str = "") -> None:
        self._sockets = sockets
        self._port = f"&port={port}" if port else ""
        self._templates: set[str] = set()

    def url(self, database: str, user: str = "postgres") -> str:
        """An address that SQLAlchemy and psycopg both take."""
        where = f"host={quote(str(self._sockets), safe='')}{self._port}"
        return f"postgresql://{quote(user)}@/{quote(database)}?{where}"

    def template(self, name: str, fill: Fill) -> str:
        """The name of a database that `fill` has filled, once a session: a migrated schema, a demo's data.

        fill: takes the new database's address; closes its connections before it returns.
        """
        if name not in self._templates:
            self._create(name, "template1")
            fill(self.url(name))
            self._templates.add(name)
        return name

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a new database, dropped afterwards whoever is still connected."""
        name = f"test_{uuid4().hex}"
        self._create(name, template)
        try:
            yield self.url(name)
        finally:
            self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _create(self, name: str, template: str) -> None:
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        self._execute(command.format(*map(sql.Identifier, (name, template, OWNER))))
        self._execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))

    def make_roles(self) -> None:
        """Those that each database has to do with."""
        for role in (OWNER, APPLICATION):
            self._execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        self._execute(sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS").format(sql.Identifier(BACKUP)))
        self._execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))

    def _execute(self, command: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(command)


def as_role(url: str, role: str) -> str:
    """The same database, signed in as somebody else."""
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@contextmanager
def cluster(also: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A running server, removed at the end. Skips or fails where PostgreSQL is missing.

    also: settings of its own.
    """
    programs = _programs()
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="conference-pg-"))
    try:
        os.chown(folder, user.pw_uid, user.pw_gid)
        _initdb(programs, user, folder / "data")
        port = (also or {}).get("port", "")
        with _server(programs, user, folder, also or {}):
            running = Cluster(folder, port)
            running.make_roles()
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of the newest PostgreSQL here, where Debian puts it or on PATH."""
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb")
    found = {int(path.parts[-3]): path.parent for path in debian}
    on_path = shutil.which("initdb")
    if max(found, default=0) >= OLDEST:
        return found[max(found)]
    if on_path is None:
        absent(f"PostgreSQL {OLDEST} or newer is not on this machine")
    return Path(on_path).resolve().parent


def _user() -> pwd.struct_passwd:
    """Who the server runs as: PostgreSQL refuses root, who lends it the user that Debian's package makes."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        absent("there is no user 'postgres', and PostgreSQL does not run as root")


def _identity(user: pwd.struct_passwd) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initdb(programs: Path, user: pwd.struct_passwd, data: Path) -> None:
    command: list[Path | str] = [
        programs / "initdb",
        "--pgdata",
        data,
        "--username=postgres",
        "--auth=trust",
        "--no-sync",
    ]
    command += ["--encoding=UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **_identity(user))
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


@contextmanager
def _server(programs: Path, user: pwd.struct_passwd, folder: Path, also: Mapping[str, str]) -> Iterator[None]:
    command: list[Path | str] = [programs / "postgres", "-D", folder / "data", "-k", folder]
    for name, value in (SETTINGS | dict(also)).items():
        command += ["-c", f"{name}={value}"]
    log = folder / "log"
    with log.open("wb") as out:
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C is for the tests; they stop the server themselves
            preexec_fn=_end_with_parent(),  # noqa: PLW1509  one call, prepared beforehand; no threads here
            **_identity(user),
        )
    try:
        _wait_until_ready(process, Cluster(folder, also.get("port", "")), log)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # a fast stop: ends the sessions, then itself
        try:
            process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()


def _end_with_parent() -> Callable[[], None] | None:
    """Have the kernel stop the server when the test run is killed before it can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    set_parent_death_signal = 1
    return lambda: prctl(set_parent_death_signal, signal.SIGQUIT, 0, 0, 0)


def _wait_until_ready(process: subprocess.Popen[bytes], running: Cluster, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    address = running.url("postgres")
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError as fault:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}") from fault
            time.sleep(0.05)
        else:
            return
