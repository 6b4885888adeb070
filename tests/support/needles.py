"""Looking for what was opened in bytes that should hold none of it: files of a database, lines of a log."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from datetime import date
from typing import Any

import pytest

from conference.formats import FILTERS
from conference.vault import directory, envelope, unseal
from tests.routes import ROUTES
from tests.support.world import World

# In the clear on purpose: it names no person. Whatever else was opened must not be found.
IN_THE_CLEAR = {"conference"}
LEAST = 4


def listening(patched: pytest.MonkeyPatch) -> set[str]:
    """Every text that is opened from now on, as it is opened: of fields, and names of staff. No pictures."""
    texts: set[str] = set()
    many, alone = envelope.decrypt_many, directory.decrypt

    def hear(plain: bytes) -> None:
        with contextlib.suppress(UnicodeDecodeError):
            texts.add(plain.decode())

    def hearing_many(*given: Any) -> list[bytes]:
        plain = many(*given)
        for one in plain:
            hear(one)
        return plain

    def hearing(*given: Any) -> bytes:
        plain = alone(*given)
        hear(plain)
        return plain

    patched.setattr(unseal, "decrypt_many", hearing_many)
    for place in (unseal, directory):
        patched.setattr(place, "decrypt", hearing)
    return texts


def typed(world: World) -> set[str]:
    """Free text that the walk typed in."""
    return {
        str(value)
        for route in ROUTES.values()
        for form in route.every_form()
        for name, value in form(world, "h-rep").items()
        if name in {"value", "summary", "source", "text", "reason", "name", "nhs"}
    }


def needles(texts: set[str]) -> dict[bytes, str]:
    """How each text could stand in a file: two encodings, dates as pages show them, names by their parts."""
    wanted = {one.strip() for one in texts if len(one.strip()) >= LEAST and one not in IN_THE_CLEAR}
    for one in list(wanted):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", one):
            day = date.fromisoformat(one)
            wanted |= {
                day.strftime("%d/%m/%Y"),
                day.strftime("%Y%m%d"),
                FILTERS["day"](day) if "day" in FILTERS else one,
            }
        if re.fullmatch(r"[A-Z]\w+ [A-Z]\w+", one):
            wanted |= {part for part in one.split() if len(part) > LEAST}
    found = {}
    for one in wanted:
        plain = [
            one.encode(),
            one.encode("utf-16-le"),
            one.encode("utf-16-be"),
            json.dumps(one)[1:-1].encode(),
        ]
        for raw in plain:
            found[raw] = one
            found[raw.hex().encode()] = one
        for shift in range(
            3
        ):  # base64 of it wherever it begins; without the signs that neighbours reach into
            text = base64.b64encode(b"\0" * shift + one.encode())
            if len(core := text[(0, 2, 3)[shift] : -4].rstrip(b"=")) >= 8:
                found[core] = one
    return found


def occurring(content: bytes, wanted: dict[bytes, str]) -> set[str]:
    return {text for needle, text in wanted.items() if needle in content}
