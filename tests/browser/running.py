"""The real demo as a process: its story, its server, its identity provider; and how people sign in."""

from __future__ import annotations

import fcntl
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, expect

from conference import clock, formats
from conference.demo import complex as complex_needs
from conference.demo import marac
from conference.demo.dates import Days
from conference.demo.people import AGENCIES, STAFF
from conference.permissions import Role

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(sys.executable).with_name("conference")
PATIENCE = 120.0  # seconds; it needs about ten where nothing else runs
LONG_AGO = date(2025, 5, 2)  # before any day on which the story can be told
AGENCY_NAME = {agency: name for agency, name, *_ in AGENCIES}


@dataclass(frozen=True)
class Demo:
    """The running demo."""

    url: str
    data: Path
    today: date  # of the story, which is told from the day on which it was written

    @property
    def marac(self) -> str:
        """What today's meeting is called in the list of meetings."""
        return f"Northmoor MARAC, {formats.day(self.today)}"


@contextmanager
def demo(data: Path) -> Iterator[Demo]:
    """`conference demo` on two free ports, ready; ended with the block, its children with it."""
    port = _free_pair()
    today = clock.today()
    log = data.with_suffix(".log")
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [PROGRAM, "demo", "--port", str(port), "--data", data],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    said: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def listen() -> None:
        for line in process.stdout or ():
            said.put(line)
        said.put(None)

    heard = threading.Thread(target=listen, daemon=True)
    heard.start()
    try:
        _await_ready(said, log)
        yield Demo(f"http://localhost:{port}", data, today)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        heard.join(10)
        process.stdout.close()


def copy_story(told: Path, data: Path) -> None:
    """The story in a folder of one's own, from `told`; whoever comes first tells it, the others wait."""
    with told.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            fresh = told.with_suffix(".fresh")
            command = [PROGRAM, "demo", "--seed-only", "--data", fresh]
            done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            fresh.rename(told)
    shutil.copytree(told, data)


def sign_in(page: Page, demo: Demo, subject: str) -> None:
    """Through our own sign-in page and the agency's provider, as a person would."""
    _, agency, name, roles = next(one for one in STAFF if one[0] == subject)
    page.goto(f"{demo.url}/sign-in")
    page.get_by_role("link", name=AGENCY_NAME[agency], exact=True).click()
    page.get_by_role("button", name=f"{name}, {button_words(roles)}", exact=True).click()
    page.wait_for_url(f"{demo.url}/")
    expect(page.locator(".app-header__who")).to_have_text(f"{name}, {AGENCY_NAME[agency]}")


def go_on(page: Page, demo: Demo, subject: str) -> bool:
    """At My work with the session that the browser came with; False if it lasts no longer."""
    _, agency, name, _ = next(one for one in STAFF if one[0] == subject)
    page.goto(f"{demo.url}/")
    if page.url != f"{demo.url}/":
        page.context.clear_cookies()
        return False
    expect(page.locator(".app-header__who")).to_have_text(f"{name}, {AGENCY_NAME[agency]}")
    return True


def export(demo: Demo, folder: Path) -> Path:
    """The log of the running demo, as `conference audit export` writes it."""
    environment = _environment() | {"CONFERENCE_DATA": str(demo.data)}
    command = [PROGRAM, "audit", "export", folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


def verify(log: Path, vkey: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    """What `python -m audit verify` says: the verifier alone, without the application and its data."""
    command = [sys.executable, "-m", "audit", "verify", log, "--vkey", vkey, *more]
    return subprocess.run(
        command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False, timeout=300
    )


def unpacked(archive: Path, folder: Path) -> Path:
    """The log that a browser has brought home."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    return folder / "log"


def button_words(roles: tuple[Role, ...]) -> str:
    """Roles as the provider's button says them."""
    return " and ".join(role.label for role in roles)


def born(demo: Demo, name: str) -> date:
    """The date of birth that the story gives somebody."""
    said = [one for told in (*marac.ALL, *complex_needs.ALL) for one in told.said]
    person = next(one.about for one in said if (one.class_name, one.value) == ("identity.name", name))
    told = next(one.value for one in said if (one.class_name, one.about) == ("identity.dob", person))
    return date.fromisoformat(Days(demo.today).told(told))


def _environment() -> dict[str, str]:
    """Of a process that nothing is set for."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CONFERENCE_")}


def _await_ready(said: queue.SimpleQueue[str | None], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        line = said.get(timeout=max(0.1, deadline - time.monotonic()))
        assert line is not None, f"the demo did not start:\n{log.read_text('utf-8', 'replace')}"
        if line.startswith("ready "):
            return


def _free_pair() -> int:
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
