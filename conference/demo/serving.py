"""The demo's server, as a process of its own: its settings are the first line of its input."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from conference.errors import ConferenceError
from conference.server import serve
from conference.settings import Settings

_PATHS = ("data", "keys", "secrets")


def written(settings: Settings) -> bytes:
    """Settings as the line that this process reads."""
    return json.dumps(
        {name: str(value) if name in _PATHS else value for name, value in asdict(settings).items()}
    ).encode()


def main() -> int:
    """Serve until told to stop."""
    _end_with(os.getppid())
    told = json.loads(sys.stdin.buffer.read())
    whole: dict[str, Any] = {name: Path(value) if name in _PATHS else value for name, value in told.items()}
    settings = Settings(**whole)
    try:
        serve(settings)
    except ConferenceError as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - a process of the command line
        return 1
    return 0


def _end_with(parent: int) -> None:
    """Have the kernel end this process when the one that started it is killed before it can."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
