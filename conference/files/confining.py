"""What a process that opens files gives up before it does: room, time, privileges, the network, other files.

Linux only. What the system does not offer is passed by. Sockets in the file system are not given up: a
database that knows its clients by their user must not know this one.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

GIB = 1 << 30
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES = 1, 38
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # Landlock: the same numbers on every machine
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_FILE, _MAKE_SOCKET = 1 << 5, 1 << 9
_ALL_OF_ABI_1 = (1 << 13) - 1
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_SYSTEM = (
    *("/usr", "/bin", "/lib", "/lib64", "/proc", "/sys/devices/system/cpu", "/var/cache/fontconfig"),
    *("/var/spool/libreoffice", "/var/lib/libreoffice"),
    *("/etc/fonts", "/etc/libreoffice", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime"),
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/locale.alias"),
)
_MEETING_PLACE = "/tmp"  # noqa: S108 - where LibreOffice insists on a socket of its own: it may make one, and remove it


def confine(folder: Path, *, memory: int) -> frozenset[str]:
    """Keep `folder` to write in and the system's programs to read. Says what was given up: network, files."""
    _limit(memory)
    system = ctypes.CDLL(None, use_errno=True)
    system.syscall.restype = ctypes.c_long
    done = set()
    with contextlib.suppress(AttributeError):
        system.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if system.unshare(_NEW_USER | _NEW_NET) == 0:
            done.add("network")
        if _keep_only(system, read=(*_SYSTEM, *_programs()), write=(str(folder),)):
            done.add("files")
    return frozenset(done)


def _limit(memory: int) -> None:
    limits: Sequence[tuple[int, int]] = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, 240),
        (resource.RLIMIT_FSIZE, 300_000_000),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def _programs() -> Iterable[str]:
    """Where the interpreter and what it imports are: of this project the code alone."""
    yield from {sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[1])}


def _keep_only(system: ctypes.CDLL, *, read: Iterable[str], write: Iterable[str]) -> bool:
    """Give up every file but those below these. Source: the kernel's Landlock, its first version."""
    ruleset = system.syscall(_CREATE_RULESET, struct.pack("Q", _ALL_OF_ABI_1), ctypes.c_size_t(8), 0)
    if ruleset < 0:
        return False
    try:
        allowed = [(path, _READ) for path in read] + [(path, _ALL_OF_ABI_1) for path in write]
        allowed += [(path, _READ_FILE | _WRITE_FILE) for path in _DEVICES]
        allowed.append((_MEETING_PLACE, _MAKE_SOCKET | _REMOVE_FILE))
        for path, access in allowed:
            _allow(system, ruleset, path, access)
        return bool(system.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(system: ctypes.CDLL, ruleset: int, path: str, access: int) -> None:
    with contextlib.suppress(OSError):  # what is not there needs no leave
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            kept = access if Path(path).is_dir() else access & _OF_A_FILE
            rule = struct.pack("=Qi", kept, opened)
            system.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
        finally:
            os.close(opened)
