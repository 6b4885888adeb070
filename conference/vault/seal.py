"""Seal a field. Anyone may close; only the door may open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.vault.datakeys import Wanted, canonical, for_sealing
from conference.vault.envelope import encrypt_many
from conference.vault.place import Place

__all__ = ["Place", "Value", "seal", "seal_all"]


class Value(NamedTuple):
    """A text, whose it is, whom it is about, and where it will stand. See `seal`."""

    text: str
    partnership: str
    owner: str
    subjects: Iterable[str]
    place: Place


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
    return seal_all(session, [Value(text, partnership, owner, subjects, place)])[0]


def seal_all(session: Session, values: Sequence[Value]) -> list[bytes]:
    """What `seal` makes of each, in order; their data keys are looked for once."""
    wants = [Wanted(one.partnership, one.owner, canonical(one.subjects), "field") for one in values]
    keys = for_sealing(session, Counter(wants))
    if len(keys) == 1:
        [key] = keys.values()
        return encrypt_many(key, [one.text.encode() for one in values], [one.place for one in values])
    sealed: dict[int, bytes] = {}
    for want, key in keys.items():
        mine = [number for number, wanted in enumerate(wants) if wanted == want]
        texts, places = [values[at].text.encode() for at in mine], [values[at].place for at in mine]
        sealed.update(zip(mine, encrypt_many(key, texts, places), strict=True))
    return [sealed[number] for number in range(len(values))]
