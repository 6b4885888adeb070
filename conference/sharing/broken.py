"""What does not open as it must: swapped, cut off, put back, or of another place. Not shown, named, logged.

Everything else is shown as ever. The log of the agency whose it is says it, and that of whoever asked; the
application's own log says it to whoever runs it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE
from conference.identity.services import Viewer
from conference.trail import writing
from conference.vault.errors import KeyDark, KeyGone, SealBroken
from conference.vault.place import Place
from conference.vault.unseal import Opened, Sealed, open_each

log = logging.getLogger("conference.sharing")

INSTEAD = "This cannot be shown: it was changed in the database. Tell whoever runs this service."
# An event names no person but in an item, which can be erased.
_ID = re.compile(r"(?!per_)[a-z]{3}_[0-9a-z]{20,40}")
_WHERE = re.compile(r"[a-z_]{1,60}(\.[a-z_]{1,60})?")


def is_broken(opened: Opened, *, erased: bool = True) -> bool:
    """Whether it is not what was sealed in its place, or its data key is not what was wrapped.

    erased: that a key was destroyed counts too, for a value of which nobody was erased.
    """
    if isinstance(opened, KeyGone):
        return not isinstance(opened, KeyDark) and (erased or not opened.erased)
    return isinstance(opened, SealBroken)


def record(
    session: Session, viewer: Viewer, case_id: str | None, broken: Iterable[tuple[str, Place]]
) -> None:
    """Log what did not open, each with whose it is: an event for each, with the answer that lacks it."""
    for owner, place in broken:
        log.error("SealBroken", extra={"fields": {"place": str(place)}})
        column = place.column.partition("/")[0]
        concerns = () if owner == CONFERENCE else (owner,)
        _record(session, viewer, case_id, place.row, f"{place.table}.{column}", concerns)


def record_whole(session: Session, viewer: Viewer, case_id: str | None) -> None:
    """Log that a whole answer was not given, because something that it needs is not as it was written.

    What that is, is not said: it may be withheld from whoever asked.
    """
    _record(session, viewer, case_id, "", "")


def _record(
    session: Session,
    viewer: Viewer,
    case_id: str | None,
    row: str,
    where: str,
    concerns: tuple[str, ...] = (),
) -> None:
    writing.record(
        session,
        "seal.broken",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=case_id,
        about=(row,) if _ID.fullmatch(row) else (),
        mark=where if _WHERE.fullmatch(where) else None,
        concerns=concerns,
    )


def open_or_say(
    session: Session, viewer: Viewer, sealed: Sequence[Sealed], *, case_id: str | None, erased: str | None
) -> list[str]:
    """The texts, in order; INSTEAD for what does not open, logged; `erased` for what nobody can open now.

    Raises KeyDark, and KeyGone where `erased` is None.
    """
    texts, broken = [], []
    for one, opened in zip(sealed, open_each(session, sealed), strict=True):
        if is_broken(opened, erased=False):
            broken.append((one.owner, one.place))
            texts.append(INSTEAD)
        elif isinstance(opened, str):
            texts.append(opened)
        elif isinstance(opened, KeyDark) or erased is None:
            raise opened
        else:
            texts.append(erased)
    record(session, viewer, case_id, broken)
    return texts
