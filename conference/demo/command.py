"""`conference demo`: the story, a demo identity provider and the server, on this machine only."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy.orm import Session

from conference.commands import installing
from conference.commands.errors import Stopped
from conference.db import Database
from conference.demo import idp, serving, story
from conference.demo.people import PARTNERSHIP
from conference.identity import services as identity
from conference.identity.services import Provider
from conference.settings import Settings, from_environment

HOST = "127.0.0.1"
CLIENT = "conference"
PATIENCE = 60.0  # seconds until the server answers; it needs two or three
Tell = Callable[[str], None]


def settings_for(data: Path | None, port: int) -> Settings:
    """The demo's settings: all in `data`, or where the environment says. Raises BadSettings."""
    url, bind = f"http://localhost:{port}", f"{HOST}:{port}"
    if data is None:
        return replace(from_environment(), mode="demo", public_url=url, bind=bind, proxies=0)
    folder = data.absolute()
    return Settings(
        data=folder,
        database=f"sqlite:///{folder / 'conference.db'}",
        keys=folder / "conference.keys",
        secrets=folder / "secrets",
        public_url=url,
        mode="demo",
        bind=bind,
    )


def run(settings: Settings, *, port: int, seed_only: bool, tell: Tell) -> None:
    """Write the story unless it is there; then serve until SIGINT or SIGTERM. Raises Stopped."""
    installing.install(settings, tell=tell)
    with _alone(settings), installing.opened(settings) as database:
        seed(database, tell=tell)
        with database.write() as session:
            people = _sign_in(session, port + 1)
    if not seed_only:
        _serve(settings, port, people, tell)


def seed(database: Database, *, tell: Tell) -> None:
    """Write the story into a new database. One that holds it already is left as it is."""
    with database.read() as session:
        told = story.is_told(session)
    if told:
        tell("The story is there already, and is kept as it is.")
        return
    started = time.monotonic()
    story.tell(database, say=tell)
    tell(f"The story is told ({time.monotonic() - started:.0f} seconds).")


def _sign_in(session: Session, port: int) -> list[dict[str, Any]]:
    """Let each agency sign in with the demo's provider at `port`; what the provider is told about them."""
    told = []
    for agency in identity.list_agencies(session, PARTNERSHIP):
        identity.set_provider(agency, Provider(issuer=f"http://{HOST}:{port}/{agency.id}", client_id=CLIENT))
        staff = identity.list_staff(session, PARTNERSHIP, agency.id)
        names = identity.staff_names(session, PARTNERSHIP, [one.id for one in staff])
        people = [
            {"sub": one.subject, "name": names[one.id], "roles": [row.role for row in one.roles]}
            for one in sorted(staff, key=lambda one: names[one.id])
        ]
        told.append({"id": agency.id, "name": agency.name, "client_id": CLIENT, "people": people})
    return told


def _serve(settings: Settings, port: int, agencies: list[dict[str, Any]], tell: Tell) -> None:
    url = settings.public_url
    for agency in agencies:
        agency["redirect_uris"] = [f"{url}/sign-in/{agency['id']}/callback"]
        agency["post_logout_redirect_uris"] = [f"{url}/signed-out"]
    for taken in (port, port + 1):
        _check_free(taken)
    with _until_told_to_stop():
        provider = idp.start({"port": port + 1, "agencies": agencies}, settings)
        try:
            with _server(settings) as server:
                _wait_until_ready(server, port)
                tell(f"ready {url}")
                sys.stdout.flush()
                server.wait()
                raise Stopped("The server has stopped by itself; what it said is above.")
        except _ToldToStop:
            pass
        finally:
            provider.stop()


class _ToldToStop(BaseException):
    """SIGINT or SIGTERM came."""


@contextmanager
def _until_told_to_stop() -> Iterator[None]:
    """SIGINT and SIGTERM raise _ToldToStop once; later ones change nothing, so that all is ended in order."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)
        raise _ToldToStop

    before = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _ToldToStop:
        pass
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def _server(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The server as a process of its own, ended with the block."""
    command = [sys.executable, "-m", serving.__name__]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own module
    try:
        if process.stdin is not None:
            process.stdin.write(serving.written(settings))
            process.stdin.close()
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Stopped("The server did not start; what it said is above.")
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise Stopped(f"The server did not answer within {PATIENCE:.0f} seconds.")


def _check_free(port: int) -> None:
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((HOST, port))
        except OSError:
            raise Stopped(
                f"Port {port} is in use. Stop what uses it, or choose another: make demo PORT=8100 "
                "(the demo needs that port and the next)."
            ) from None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One process at a time tells the story."""
    path = settings.data / "seeding.lock"
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
