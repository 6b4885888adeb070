"""Hand a file to a process of its own, with little time and memory and no network; take back what it made.

Whatever a hostile file does to a parser, it does there: that process holds no key or secret, and where the
kernel has Landlock it can open no file but its own and the system's programs. See `confining`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conference.files.faults import Fault, Unfit
from conference.files.frames import BadFrames, packed, unpacked

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, so that nothing is written to a disk
_PREFIX = "conference-file-"
_STALE = 3600.0
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}


@dataclass(frozen=True, slots=True)
class Made:
    """What a task gives back: values, and parts of bytes."""

    values: dict[str, Any]
    parts: list[bytes]


def run(task: str, values: dict[str, Any], parts: Sequence[bytes], *, seconds: float) -> Made:
    """Do one of the worker's tasks. Raises Unfit with what the task found, SLOW or BROKEN."""
    sent = packed([json.dumps(values).encode("ascii"), *parts])
    with _own_folder() as folder:
        environment = {**_ENVIRONMENT, "HOME": str(folder), "TMPDIR": str(folder)}
        command = (sys.executable, "-I", "-m", "conference.files.worker", task)
        with subprocess.Popen(  # noqa: S603 - our own module
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                out, _ = process.communicate(sent, timeout=seconds)
            except subprocess.TimeoutExpired:
                raise Unfit(Fault.SLOW) from None
            finally:
                _end(process)
    return _answer(out)


def _answer(out: bytes) -> Made:
    try:
        head, *parts = unpacked(out)
        values: dict[str, Any] = json.loads(head)
    except (BadFrames, ValueError):
        raise Unfit(Fault.BROKEN) from None  # it died of what it read
    if "fault" in values:
        raise Unfit(Fault(values["fault"]), values.get("page"))
    return Made(values, parts)


@contextlib.contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder that nobody else may read, in memory where the system has that; gone afterwards."""
    where = _IN_MEMORY if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove what a server that was killed left behind: folders of ours that nobody has used for an hour."""
    for folder in {_IN_MEMORY, Path(tempfile.gettempdir())}:
        for left in folder.glob(f"{_PREFIX}*"):
            with contextlib.suppress(OSError):
                about = left.lstat()
                if about.st_uid == os.getuid() and time.time() - about.st_mtime > _STALE:
                    shutil.rmtree(left)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
