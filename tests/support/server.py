"""The real server over a world, as `conference serve` starts it: to be killed, and started again."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask.json.tag import TaggedJSONSerializer

import conference.exchange.models  # noqa: F401 - so that its tables are made too
from conference import wall
from conference.commands import migrating
from conference.db import Database
from conference.identity import session_store
from conference.identity.session_store import Owner
from conference.identity.sessions import PLAIN_COOKIE
from conference.vault.keyfile import KeyFile
from tests.support.postgres import OWNER, as_role
from tests.support.world import AWAY, HOME, World, let_in, make

PROGRAM = Path(sys.executable).with_name("conference")
PATIENCE_SECONDS = 60


def serving_world(data: Path, database_url: str | None = None) -> World:
    """A world of today, in a database that `conference serve` takes for an up-to-date one."""
    world = make(data, database_url, now=datetime.now(UTC))
    owner = as_role(world.root, OWNER) if world.root else world.settings.database
    with migrating.connected(owner) as connection:
        MigrationContext.configure(connection).stamp(ScriptDirectory(str(migrating.FOLDER)), "head")
        connection.commit()
    if world.root:
        let_in(world.root)
    world.database.close()
    return world


def opened(world: World) -> Database:
    """The world's database, opened anew, as another process would."""
    return Database(world.settings.database, KeyFile.open(world.settings.keys), agency=wall.SYSTEM)


def cookie_of(database: Database, world: World, who: str) -> str:
    """The value of a Cookie header with a new session of `who`."""
    token = session_store.new_token()
    staff_id = world.staff[who]
    data = TaggedJSONSerializer().dumps({"_user_id": staff_id, "_fresh": True}).encode()
    with database.write() as session:
        owner = Owner(staff_id, AWAY if who.startswith("a-") else HOME)
        session_store.create(session, token, data, owner)
    return f"{PLAIN_COOKIE}={base64.urlsafe_b64encode(token).rstrip(b'=').decode('ascii')}"


class Server:
    """`conference serve` in a process group of its own, on a free port."""

    def __init__(self, world: World, log: Path, workers: int = 2) -> None:
        self.port = free_port()
        self._log = log
        self._environment = {
            "PATH": os.environ["PATH"],
            "CONFERENCE_DATA": str(world.settings.data),
            "CONFERENCE_KEYS": str(world.settings.keys),
            "CONFERENCE_DATABASE": world.settings.database,
            "CONFERENCE_BIND": f"127.0.0.1:{self.port}",
            "CONFERENCE_URL": f"http://localhost:{self.port}",
            "CONFERENCE_WORKERS": str(workers),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def also(self, **settings: str) -> None:
        """More of its environment, from the next start on."""
        self._environment |= settings

    def start(self) -> float:
        """Start, wait until it is ready, and say how many seconds that took."""
        started = time.monotonic()
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [PROGRAM, "serve"],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        while not self.ready():
            assert self._process.poll() is None, f"it did not start:\n{self.said()}"
            assert time.monotonic() - started < PATIENCE_SECONDS, f"not ready in time:\n{self.said()}"
            time.sleep(0.05)
        return time.monotonic() - started

    def ready(self) -> bool:
        """Whether /readyz says so."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            finally:
                connection.close()
        return False

    def kill(self) -> None:
        """SIGKILL to all of its processes at once; back when they are gone."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for _ in range(1000):  # its workers are no children of ours: nobody tells us when they are gone
            try:
                os.killpg(self._process.pid, 0)
            except ProcessLookupError:
                break
            except PermissionError:
                pass
            if _all_dead(self._process.pid):
                break
            time.sleep(0.01)
        self._process = None

    def workers(self) -> list[int]:
        """The processes that answer, by number; the one that started them is not among them."""
        found: list[int] = []
        if self._process is None:
            return found
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, parent, *_ = stat.read_text("utf-8", "replace").rpartition(") ")[2].split()
                if int(parent) == self._process.pid and state != "Z":
                    found.append(int(stat.parent.name))
        return sorted(found)

    def kill_one(self, which: int) -> None:
        """SIGKILL to one of its workers; the others go on, and it is replaced."""
        workers = self.workers()
        if workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(workers[which % len(workers)], signal.SIGKILL)

    def said(self) -> str:
        """What it wrote to its log."""
        return self._log.read_text("utf-8", "replace")


@contextmanager
def running(world: World, log: Path, workers: int = 2) -> Iterator[Server]:
    """A server that is ready; killed at the end."""
    server = Server(world, log, workers)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _all_dead(group: int) -> bool:
    """Whether what is left of the group are zombies that wait to be collected."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of_group = stat.read_text("utf-8", "replace").rpartition(") ")[2].split()[:3]
            if int(of_group) == group and state != "Z":
                return False
    return True
