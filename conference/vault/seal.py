"""Seal a field. Anyone may close; only the door may open."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from conference.vault.datakeys import Wanted, canonical, for_sealing
from conference.vault.envelope import encrypt
from conference.vault.place import Place

__all__ = ["Place", "seal"]


def seal(
    session: Session,
    text: str,
    *,
    partnership: str,
    owner: str,
    subjects: Iterable[str],
    place: Place,
) -> bytes:
    """What goes into the column at `place` for `text`.

    owner:    the agency whose field it is, or `conference`.
    subjects: the people it is about; all of their erasure keys will be needed to open it.
    Raises KeyDestroyed if one of them was erased; WriteInReadSession.
    """
    wanted = Wanted(partnership, owner, canonical(subjects), "field")
    return encrypt(for_sealing(session, [wanted])[wanted], text.encode(), place)
