"""`conference consent check` and `conference consent decide`, on binary streams, UTF-8."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from consent.decide import decide
from consent.faults import BrokenPolicy
from consent.jsontext import NotJSON, read_json
from consent.load import load
from consent.model import Policy

FINE = 0
BROKEN = 2


def check(policy_path: str | Path, *, err: BinaryIO) -> int:
    """Say on `err` what is wrong with a policy, one fault a line.

    Returns the exit status: 0, or 2 for a policy that is broken or cannot be read.
    """
    return FINE if _policy(policy_path, err) else BROKEN


def decide_lines(
    policy_path: str | Path, *, stdin: Iterable[bytes], stdout: BinaryIO, stderr: BinaryIO
) -> int:
    """Answer each line of `stdin` with a line on `stdout`, one at a time, in order.

    stdin: lines as a binary stream gives them. An empty line is answered too; what follows the last line
    feed only if it is not empty.
    Returns the exit status: 0, or 2 for a broken policy, with its faults on `stderr`, nothing on `stdout`.
    """
    policy = _policy(policy_path, stderr)
    if policy is None:
        return BROKEN
    for line in stdin:
        answer = decide(policy, _request(line)).as_json()
        stdout.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        stdout.flush()
    return FINE


def _policy(path: str | Path, err: BinaryIO) -> Policy | None:
    try:
        return load(Path(path).read_bytes())
    except BrokenPolicy as broken:
        faults = broken.faults
    except (OSError, ValueError) as error:  # ValueError: a path that no file system can have
        faults = (f"policy: cannot be read: {getattr(error, 'strerror', None) or error}",)
    err.write("".join(f"{fault}\n" for fault in faults).encode("utf-8", "backslashreplace"))
    err.flush()
    return None


def _request(line: bytes) -> object:
    """What a line says; None, which is no request, if it says nothing."""
    try:
        return read_json(line)
    except NotJSON:
        return None
