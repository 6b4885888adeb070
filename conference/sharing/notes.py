"""What people write beside a review, a recall or a report: sealed for their agency, and opened here alone.

It belongs to the house's own business, not to a case's records: no rule shares it. Whoever shows it says who
may read it, and the log says that it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.cases.models import Case, PersonRole
from conference.cases.services import people_in
from conference.identity.services import Viewer
from conference.sharing import broken
from conference.trail import writing
from conference.vault.errors import KeyDark, KeyGone
from conference.vault.seal import Place, seal
from conference.vault.unseal import Opened, Sealed, open_each

ERASED = "This was about somebody who was erased. It can no longer be read."
NOT_NOW = "This cannot be read at the moment."


_AT_RISK = PersonRole.VICTIM


class Note(NamedTuple):
    """A sealed text: its place, and the agency for which it was sealed."""

    blob: bytes
    agency_id: str
    place: Place


def people_at_risk(session: Session, case_id: str | None, more: Iterable[str] = ()) -> list[str]:
    """Whom a text about the case speaks of: the people at risk in it, and `more`; not those erased."""
    case = session.get(Case, case_id) if case_id is not None else None
    victims = [] if case is None else [who for who, role in people_in(session, case) if role is _AT_RISK]
    keys = session.info["keys"]
    return sorted(who for who in {*victims, *more} if not keys.is_destroyed(f"person/{who}"))


def seal_note(
    session: Session, text: str, *, partnership_id: str, agency_id: str, people: Iterable[str], place: Place
) -> bytes:
    """A text sealed for an agency. Erasing any of `people` takes it away."""
    return seal(session, text, partnership=partnership_id, owner=agency_id, subjects=people, place=place)


def read_notes(
    session: Session, viewer: Viewer, notes: Sequence[Note], *, about: str, case_id: str | None
) -> list[str]:
    """The texts, in order, for a viewer whom the caller found to be one of their readers. Logged.

    about: the id of the review, the recall or the report.
    """
    sealed = [Sealed(one.blob, viewer.partnership_id, one.agency_id, one.place) for one in notes]
    opened = open_each(session, sealed)
    texts = [_said(one) for one in opened]
    unread = [
        (one.owner, one.place)
        for one, text in zip(sealed, opened, strict=True)
        if broken.is_broken(text, erased=False)
    ]
    broken.record(session, viewer, case_id, unread)
    if texts:
        writing.record(
            session,
            "notes.shown",
            partnership=viewer.partnership_id,
            actor=viewer.staff_id,
            agency=viewer.agency_id,
            case=case_id,
            about=(about,),
        )
    return texts


def _said(opened: Opened) -> str:
    if isinstance(opened, KeyDark):
        return NOT_NOW
    if isinstance(opened, KeyGone) and opened.erased:
        return ERASED
    return opened if isinstance(opened, str) else broken.INSTEAD
