"""Witnesses of the tests: the real ones, each with its own key, file and port, in threads of this process."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

from audit import VerifierKey
from audit.witness import Witness
from audit.witness_server import WitnessServer
from audit.witness_state import StateFile, key_for


class Running:
    """A witness that answers, until it is stopped; `start` lets it answer again at the same address."""

    def __init__(self, folder: Path, name: str, log: VerifierKey) -> None:
        folder.mkdir(exist_ok=True)
        self.name = name
        self.posts = 0
        self._files = folder / f"{name}.key", folder / f"{name}.state"
        self._log = log
        self._key = key_for(*self._files, f"{name}.example/1")
        self.vkey = str(self._key.verifier)
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._memory = StateFile.open(self._files[1], self.vkey)
        witness = Witness(self._key, [self._log], self._memory, clock=self._clock, tell=self._memory.refused)
        self._server = WitnessServer(("127.0.0.1", self.port), witness)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._memory.close()

    def forget_to(self, state: bytes) -> None:
        """Give it a state of another time."""
        self.stop()
        self._files[1].write_bytes(state)
        self.start()

    @property
    def state(self) -> bytes:
        return self._files[1].read_bytes()

    def _clock(self) -> int:
        self.posts += 1
        return int(time.time()) + self.posts  # each cosignature has a time of its own


def running(stack: ExitStack, folder: Path, log: VerifierKey, *names: str) -> list[Running]:
    """These witnesses, stopped when `stack` ends."""
    made = [Running(folder, name, log) for name in names]
    for one in made:
        stack.callback(one.stop)
    return made
