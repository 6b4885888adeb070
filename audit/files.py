"""Reading files that somebody else wrote: bounded, regular, nothing but what is expected."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from audit.errors import BadFolder

_DEEPEST = 12


def read_given(path: Path, limit: int) -> bytes:
    """The bytes of a file that the caller named; a pipe will do.

    Raises BadFolder if there are more than `limit`.
    """
    try:
        with path.open("rb") as stream:
            return _bounded(stream, limit, str(path))
    except (OSError, ValueError) as error:
        raise BadFolder(f"{str(path)!a}: {_reason(error)}") from None


def open_within(folder: Path, path: str) -> BinaryIO:
    """A file of the folder, opened for reading.

    Raises BadFolder unless it is there and a regular file, not a link.
    """
    try:
        number = os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        stream = os.fdopen(number, "rb")
    except OSError as error:
        raise BadFolder(f"{path}: {_reason(error)}") from None
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise BadFolder(f"{path}: not a regular file")
    return stream


def read_within(folder: Path, path: str, limit: int) -> bytes:
    """The bytes of a file of the folder, at most `limit`."""
    with open_within(folder, path) as stream:
        return _bounded(stream, limit, path)


def account_for(folder: Path, is_expected: Callable[[str], bool]) -> None:
    """Raise BadFolder if the folder holds anything but expected files: a link, an empty folder, another name.

    is_expected: is asked about each file by its path below the folder, parts joined by `/`.
    """
    waiting = [""]
    while waiting:
        below = waiting.pop()
        for entry in _entries(folder, below):
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False) and path.count("/") < _DEEPEST:
                waiting.append(path)
            elif not entry.is_file(follow_symlinks=False):
                raise BadFolder(f"{path!a}: neither a file nor a folder of the log")
            elif not is_expected(path):
                raise BadFolder(f"{path!a}: cannot be accounted for")


def _entries(folder: Path, below: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder / below) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise BadFolder(f"{(below or str(folder))!a}: {_reason(error)}") from None
    if not entries:
        raise BadFolder(f"{(below or str(folder))!a}: an empty folder")
    return entries


def _bounded(stream: BinaryIO, limit: int, name: str) -> bytes:
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise BadFolder(f"{name!a}: more than {limit} bytes")
    return data


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "missing"
    return (error.strerror or "cannot be read") if isinstance(error, OSError) else "cannot be read"
