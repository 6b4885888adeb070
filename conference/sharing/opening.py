"""Open only what leaves, and only as far as it may. With `door` the only user of the vault's opener."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from conference.cases.models import Field
from conference.cases.seals import place_of
from conference.driver import rows_with
from conference.sharing import catalogue
from conference.sharing.broken import is_broken
from conference.sharing.files.document import Document
from conference.sharing.files.models import DOCUMENT
from conference.sharing.files.opening import with_copies
from conference.sharing.stored import ONLY_DECIDED, Asked, Stored
from conference.sharing.view import Level, Why
from conference.vault.place import Place
from conference.vault.unseal import Sealed, open_each


@dataclass(slots=True)
class Shown:
    """A field that leaves, how far, and what is opened of it. broken: places of it that do not open."""

    stored: Stored
    level: Level
    why: Why
    subjects: tuple[tuple[str, str], ...]
    texts: dict[str, str] = field(default_factory=dict)
    broken: list[Place] = field(default_factory=list)
    has_document: bool = False
    document: Document | None = None


_COLUMNS = ("value", "summary", "source", "relevance", "withheld_reason")


def open_texts(session: Session, shown: list[Shown], asked: Asked) -> list[Shown]:
    """Open what each level allows. A summary without words and without a general form is presence.

    So is a field of which something does not open as it must: it says no words, and the others are whole.
    Raises KeyDark.
    """
    shown = [one for one in shown if one.stored.record_type != ONLY_DECIDED]
    ids = [one.stored.id for one in shown if one.level != "presence"]
    rows = rows_with(session.connection(), Field.__tablename__, ("id", *_COLUMNS), ids)
    blobs = {row[0]: dict(zip(_COLUMNS, row[1:], strict=True)) for row in rows}
    plan: list[tuple[Shown, str]] = []
    for one in shown:
        if one.level == "presence":
            continue
        wanted = _columns_for(one, blobs[one.stored.id], asked)
        plan.extend((one, column) for column in wanted if blobs[one.stored.id][column] is not None)
    sealed = [
        Sealed(
            blobs[one.stored.id][column],
            one.stored.partnership_id,
            one.stored.owner,
            place_of(one.stored.id, column, one.stored.version, one.stored.withheld_number),
        )
        for one, column in plan
    ]
    for (one, column), where, text in zip(plan, sealed, open_each(session, sealed), strict=True):
        if isinstance(text, str):
            one.texts[column] = text
        elif is_broken(text):
            one.broken.append(where.place)
        else:
            raise text
    opened = [_as_far(one) for one in shown]
    _note_documents(session, opened)
    return opened


def open_values(session: Session, chosen: list[Shown]) -> dict[str, str]:
    """What fields that leave in full say, by id, and nothing else of them: to be compared.

    One that does not open as it must says nothing. Raises KeyDark.
    """
    ids = [one.stored.id for one in chosen]
    rows = rows_with(session.connection(), Field.__tablename__, ("id", "value"), ids)
    blobs = {row[0]: row[1] for row in rows}
    sealed = [
        Sealed(
            blobs[one.stored.id],
            one.stored.partnership_id,
            one.stored.owner,
            place_of(one.stored.id, "value", one.stored.version),
        )
        for one in chosen
    ]
    said = {}
    for one, text in zip(chosen, open_each(session, sealed), strict=True):
        if not isinstance(text, str) and not is_broken(text):
            raise text
        said[one.stored.id] = text if isinstance(text, str) else ""
    return said


def _note_documents(session: Session, opened: list[Shown]) -> None:
    """Which of them have a document that this viewer may open: their own, or one whose copy was chosen."""
    held = [one for one in opened if one.stored.record_type == DOCUMENT]
    chosen = with_copies(session, [one.stored.id for one in held if one.level == "full"])
    for one in held:
        one.has_document = one.level == "own" or one.stored.id in chosen


def _columns_for(one: Shown, blob: dict[str, bytes | None], asked: Asked) -> tuple[str, ...]:
    if one.level == "own":
        return _COLUMNS if asked.own_notes else ("value", "source", "relevance")
    if one.level == "full":
        return ("value", "source", "relevance")
    if blob["summary"] is not None:
        return ("summary",)
    return ("value",) if catalogue.has_general_form(one.stored.class_name) else ()


def _as_far(one: Shown) -> Shown:
    if one.broken:
        one.level, one.texts = "presence", {}
    if one.level == "summary" and "summary" not in one.texts:
        value = one.texts.pop("value", None)
        said = catalogue.generalised(one.stored.class_name, value) if value is not None else None
        if said is None:
            one.level = "presence"
            one.texts = {}
        else:
            one.texts["summary"] = said
    return one
