"""What somebody is shown, told by keyed digests alone: so that a page can ask whether it still holds.

A digest says nothing to whoever has it but whether it is equal to another one of the same viewer's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.orm import Session

import consent
from conference.identity.services import Viewer
from conference.sharing import catalogue
from conference.sharing.opening import Shown
from conference.sharing.stored import ONLY_DECIDED
from conference.sharing.view import Row

Parts = frozenset[str]
NOTHING: Parts = frozenset()
DIGEST_BYTES = 16


class Glimpse(NamedTuple):
    """What would be shown, without opening anything.

    digest: equal as long as nothing that is shown can have changed; it may differ where nothing did.
    fields: ids of the fields of which words would be shown.
    lines:  of these, each with its level, those that are a line of their own for sure.
    """

    digest: str
    fields: frozenset[str]
    lines: frozenset[str]


def digest(session: Session, viewer: Viewer, *said: object) -> str:
    """A keyed digest of JSON values, for this viewer's eyes: 32 hexadecimal digits."""
    key: bytes = session.info["keys"].key_or_new("web/live")
    text = json.dumps([viewer.staff_id, *said], ensure_ascii=True, separators=(",", ":"))
    return hmac.digest(key, text.encode("ascii"), hashlib.sha256)[:DIGEST_BYTES].hex()


def parts(session: Session, viewer: Viewer, rows: Iterable[Row]) -> Parts:
    """A digest for each line, of all that a page shows of it."""
    return frozenset(digest(session, viewer, "row", *_shown(row)) for row in rows)


def said(session: Session, viewer: Viewer, kind: str, things: Iterable[object]) -> Parts:
    """A digest for each thing that a page shows beside lines. things: whose `repr` is all of them."""
    return frozenset(digest(session, viewer, kind, repr(one)) for one in things)


def whole(session: Session, viewer: Viewer, of: str, made_of: Parts) -> str:
    """The digest of a whole page. of: which page, by its ids."""
    return digest(session, viewer, of, sorted(made_of))


def glimpse(session: Session, viewer: Viewer, shown: Iterable[Shown], rules: consent.Policy) -> Glimpse:
    """What is decided about some fields, none of them opened."""
    leaving = [one for one in shown if one.stored.record_type != ONLY_DECIDED]
    coarser = {known.name: known.presence_as or known.name for known in rules.classes}
    said = sorted({json.dumps(_decided(one, coarser)) for one in leaving})
    words = frozenset(one.stored.id for one in leaving if not _is_presence(one))
    lines = frozenset(f"{one.stored.id} {one.level}" for one in leaving if _is_line(one))
    return Glimpse(digest(session, viewer, "glimpse", said), words, lines)


def _shown(row: Row) -> tuple[object, ...]:
    return (
        *(row.level, row.owner_name, row.person_id, row.class_name, row.field_id, row.text, row.relevance),
        *(row.source, row.kind, row.recorded_on.isoformat() if row.recorded_on else None, row.reason),
        *(list(row.about), row.offered, row.withheld_reason, row.record_type, row.summary),
        row.has_document,
    )


def _decided(one: Shown, coarser: dict[str, str]) -> tuple[object, ...]:
    """What is decided about a field. At presence only what its line says: not how many, nor which."""
    stored = one.stored
    if _is_presence(one):
        return ("presence", stored.owner, [who for who, _ in one.subjects], coarser.get(stored.class_name))
    why = one.why
    return (
        *(one.level, stored.id, stored.version, stored.has_summary, stored.offered, stored.class_name),
        *(stored.kind, str(stored.recorded_at), [who for who, _ in one.subjects]),
        *(why.basis, why.power, why.agreement),
    )


def _is_line(one: Shown) -> bool:
    """Whether words are shown whatever the value is: in general form, one can turn out to have none."""
    return one.level in {"own", "full"} or (one.level == "summary" and one.stored.has_summary)


def _is_presence(one: Shown) -> bool:
    """Whether the line says no more than that something is held."""
    without_words = not one.stored.has_summary and not catalogue.has_general_form(one.stored.class_name)
    return one.level == "presence" or (one.level == "summary" and without_words)
