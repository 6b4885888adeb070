"""What a page shows, noted while it is made: so that it can ask later whether that still holds.

The door notes by itself what it let through; what stands beside that, its page notes. Only what is shown has
a part in it: of fields that were asked for one by one, those that came.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.errors import NotFound
from conference.identity.services import Viewer
from conference.sharing import marks
from conference.sharing.marks import Parts
from conference.sharing.stored import Asked
from conference.sharing.view import Row

LONGEST = 100_000  # bytes that a page's asking may have when it is unpacked


class Ask(NamedTuple):
    """What the door was asked for: cases by their ids, and which part of them."""

    cases: tuple[str, ...]
    asked: Asked


class Beside(NamedTuple):
    """Something that a page shows beside what the door lets through: what kind of thing, and its id."""

    kind: str
    of: str


@dataclass(slots=True)
class Noted:
    """All that a page shows: how to ask for it again, and what it was made of."""

    asks: list[Ask] = field(default_factory=list)
    beside: list[Beside] = field(default_factory=list)
    parts: Parts = marks.NOTHING


def of_page(session: Session) -> Noted:
    """What is noted of the page that this session makes."""
    found: Noted = session.info.setdefault("noted", Noted())
    return found


def disclosed(
    session: Session, viewer: Viewer, cases: Iterable[Case], asked: Asked, rows: Sequence[tuple[str, Row]]
) -> None:
    """Note what the door lets through. rows: with the case of each."""
    page = of_page(session)
    ids = [case.id for case in cases]
    if asked.fields is not None:
        rows = [one for one in rows if one[1].field_id is not None]
        came = {row.field_id for _, row in rows if row.field_id is not None}
        asked = Asked(asked.classes, sorted(came), asked.owners, asked.own_notes)
        ids = sorted({case_id for case_id, _ in rows})
    if ids:
        page.asks.append(Ask(tuple(ids), asked))
        page.parts |= marks.parts(session, viewer, (row for _, row in rows))


def beside(session: Session, kind: str, of: str, parts: Parts) -> None:
    """Note what a page shows beside. kind: one that `live` knows how to find again."""
    page = of_page(session)
    page.beside.append(Beside(kind, of))
    page.parts |= parts


def packed(session: Session, viewer: Viewer, page: Noted) -> str:
    """How to ask for the page again, for this viewer alone: it goes into an address."""
    asks = [[one.cases, *_listed(one.asked)] for one in page.asks]
    text = json.dumps([asks, page.beside], separators=(",", ":"))
    said = base64.urlsafe_b64encode(zlib.compress(text.encode("ascii"), 9)).decode("ascii").rstrip("=")
    return f"{said}.{marks.digest(session, viewer, 'asking', said)}"


def unpacked(session: Session, viewer: Viewer, text: str) -> Noted:
    """What `packed` packed. Raises NotFound for what was not packed for this viewer."""
    said, _, mark = text.partition(".")
    expected = marks.digest(session, viewer, "asking", said)
    if not hmac.compare_digest(mark.encode(), expected.encode()):
        raise NotFound
    try:
        packing = zlib.decompressobj()
        raw = packing.decompress(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)), LONGEST)
        asks, stands = json.loads(raw)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise NotFound from error
    return Noted([Ask(tuple(cases), Asked(*how)) for cases, *how in asks], [Beside(*one) for one in stands])


def _listed(asked: Asked) -> list[object]:
    """An `Asked` as JSON has it, in the order of its fields."""
    lists = (asked.classes, asked.fields, asked.owners)
    return [*(None if one is None else sorted(one) for one in lists), asked.own_notes]
