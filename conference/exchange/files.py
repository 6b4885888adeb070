"""Finding and reading the files that a command names, without trusting them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conference.exchange.found import Fault, Malformed

LARGEST_FILE = 5 * 1024 * 1024
MOST_FILES = 10_000
_DEEPEST_FOLDER = 32


@dataclass(frozen=True)
class Given:
    """One file that a command named or a folder holds. fault: why it cannot be read at all."""

    path: Path
    fault: Fault | None = None


def walk(paths: Iterable[Path]) -> Iterator[Given]:
    """Every file named, and every one inside the folders named, each folder in sorted order.

    Links inside a folder are named and not followed: no folder leads out of itself or round in a circle.
    """
    count = 0
    for path in paths:
        for given in _inside(path, depth=0):
            count += 1
            if count > MOST_FILES:
                yield Given(path, Fault("", f"more than {MOST_FILES} files in one command"))
                return
            yield given


def read_bytes(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The content of an ordinary file of at most `largest` bytes. Raises Malformed; never waits."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0))
    except (OSError, ValueError) as error:
        raise Malformed(Fault("", f"cannot be opened ({_why(error)})")) from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Malformed(Fault("", "not an ordinary file"))
        if found.st_size > largest:
            raise Malformed(Fault("", _too_large(largest)))
        try:
            content = file.read(largest + 1)
        except OSError as error:
            raise Malformed(Fault("", f"cannot be read ({_why(error)})")) from None
    if len(content) > largest:
        raise Malformed(Fault("", _too_large(largest)))
    if not content.strip(b"\x00\t\n\r \xef\xbb\xbf"):
        raise Malformed(Fault("", "the file is empty"))
    return content


def _inside(path: Path, depth: int) -> Iterator[Given]:
    if depth and path.is_symlink():
        yield Given(path, Fault("", "a link; name the file itself"))
    elif not path.is_dir():
        yield Given(path)
    elif depth > _DEEPEST_FOLDER:
        yield Given(path, Fault("", f"folders nested deeper than {_DEEPEST_FOLDER}"))
    else:
        try:
            names = sorted(child.name for child in path.iterdir())
        except OSError as error:
            yield Given(path, Fault("", f"the folder cannot be read ({_why(error)})"))
            return
        if not names:
            yield Given(path, Fault("", "the folder is empty"))
        for name in names:
            yield from _inside(path / name, depth + 1)


def _why(error: Exception) -> str:
    return (os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "bad name").lower()


def _too_large(largest: int) -> str:
    return f"larger than {largest // 1024 // 1024} MB"
