"""`conference consent check`, `decide`, `explain` and `diff`, on binary streams, UTF-8."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from consent.decide import decide
from consent.diff import diff
from consent.explain import explain
from consent.faults import BrokenPolicy
from consent.jsontext import NotJSON, read_json
from consent.load import load
from consent.model import Policy

FINE = 0
RISES = 1
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
        stdout.write(_line(answer))
        stdout.flush()
    return FINE


def explain_request(policy_path: str | Path, *, stdin: BinaryIO, stdout: BinaryIO, stderr: BinaryIO) -> int:
    """Explain the decision for the one request on `stdin`, as a line on `stdout`.

    What is no JSON object is explained too, as incomplete.
    Returns the exit status: 0, or 2 for a broken policy, with its faults on `stderr`, nothing on `stdout`.
    """
    policy = _policy(policy_path, stderr)
    if policy is None:
        return BROKEN
    stdout.write(_line(explain(policy, _request(stdin.read())).as_json()))
    stdout.flush()
    return FINE


def diff_lines(old_path: str | Path, new_path: str | Path, *, stdout: BinaryIO, stderr: BinaryIO) -> int:
    """Write each cell whose level differs as a line on `stdout`: cell, from, to.

    How far it has come is said on `stderr`, once a second.
    Returns the exit status: 0, 1 if any cell rises, or 2 if either policy is broken: then the faults of both
    are on `stderr`, each after its file's name, and nothing is on `stdout`.
    """
    old, new = (_policy(path, stderr, f"{path}: ") for path in (old_path, new_path))
    if old is None or new is None:
        return BROKEN
    status = FINE
    try:
        for difference in diff(old, new, progress=_every_second(stderr)):
            stdout.write(_line(difference.as_json()))
            status = RISES if difference.rises else status
    except BrokenPolicy as broken:
        _tell(broken.faults, stderr)
        return BROKEN
    stdout.flush()
    return status


def _every_second(err: BinaryIO) -> Callable[[int, int], None]:
    """Says how much is done, not more than once a second, and nothing in the first one."""
    said = time.monotonic()

    def say(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= 1:
            said = time.monotonic()
            err.write(f"{done} of {total} pairs of class and purpose compared\n".encode())
            err.flush()

    return say


def _line(answer: dict[str, object]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode() + b"\n"


def _policy(path: str | Path, err: BinaryIO, before: str = "") -> Policy | None:
    """The policy at `path`; None if it is broken. before: what each fault on `err` begins with."""
    try:
        return load(Path(path).read_bytes())
    except BrokenPolicy as broken:
        faults = broken.faults
    except (OSError, ValueError) as error:  # ValueError: a path that no file system can have
        faults = (f"policy: cannot be read: {getattr(error, 'strerror', None) or error}",)
    _tell((f"{before}{fault}" for fault in faults), err)
    return None


def _tell(faults: Iterable[str], err: BinaryIO) -> None:
    err.write("".join(f"{fault}\n" for fault in faults).encode("utf-8", "backslashreplace"))
    err.flush()


def _request(line: bytes) -> object:
    """What a line says; None, which is no request, if it says nothing."""
    try:
        return read_json(line)
    except NotJSON:
        return None
