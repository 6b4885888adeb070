"""The process in which files are opened: `python -m conference.files.worker TASK`, parts in, parts out."""

from __future__ import annotations

import contextlib
import ctypes
import json
import resource
import sys
from collections.abc import Callable, Sequence
from typing import Any

from conference.files.child import Made
from conference.files.faults import Fault, Unfit
from conference.files.frames import packed, unpacked

GIB = 1 << 30
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES = 38

Task = Callable[[dict[str, Any], list[bytes]], Made]


def main(task: str) -> None:
    """Take limits upon ourselves, do one task, say what came of it."""
    _limit(memory=8 * GIB if task == "office" else 2 * GIB)
    values, *parts = unpacked(sys.stdin.buffer.read())
    try:
        made = _task(task)(json.loads(values), parts)
    except Unfit as unfit:
        made = Made({"fault": unfit.fault.value, "page": unfit.page}, [])
    except MemoryError:
        made = Made({"fault": Fault.BOMB.value}, [])
    except Exception:  # noqa: BLE001 - whatever a parser stumbles over, the file is at fault
        made = Made({"fault": Fault.BROKEN.value}, [])
    sys.stdout.buffer.write(packed([json.dumps(made.values).encode("ascii"), *made.parts]))
    sys.stdout.buffer.flush()


def _task(name: str) -> Task:
    """Loaded here, under the limits."""
    if name == "office":
        from conference.files.office import to_pdf  # noqa: PLC0415

        return to_pdf
    if name == "open":
        from conference.files.pages import opened  # noqa: PLC0415

        return opened
    if name == "paint":
        from conference.files.painting import painted  # noqa: PLC0415

        return painted
    from conference.files.rereading import reread  # noqa: PLC0415

    return reread


def _limit(*, memory: int) -> None:
    """Little memory, time and space, no core, no more privileges, and no network where the system lets us."""
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
    with contextlib.suppress(OSError, AttributeError):
        system = ctypes.CDLL(None, use_errno=True)
        system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        system.unshare(_NEW_USER | _NEW_NET)


if __name__ == "__main__":
    main(sys.argv[1])
