"""The process in which files are opened: `python -m conference.files.worker TASK`, parts in, parts out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conference.files.child import Made
from conference.files.confining import GIB, confine
from conference.files.faults import Fault, Unfit
from conference.files.frames import packed, unpacked

Task = Callable[[dict[str, Any], list[bytes]], Made]


def main(task: str) -> None:
    """Take limits upon ourselves, do one task, say what came of it."""
    confine(Path.cwd(), memory=8 * GIB if task == "office" else 2 * GIB)
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


if __name__ == "__main__":
    main(sys.argv[1])
