"""Seal and open parts of the log. Only conference.trail may import it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.vault.datakeys import Fault, Wanted, canonical, for_opening, for_sealing
from conference.vault.envelope import (
    HEAD_BYTES,
    TAG_BYTES,
    NotSealedHere,
    decrypt,
    encrypt_each,
    key_id_in,
    short_id,
)
from conference.vault.errors import SealBroken
from conference.vault.models import DataKey
from conference.vault.place import Place

__all__ = [
    "KEY_BYTES",
    "KEY_FROM",
    "SEAL_BYTES",
    "Part",
    "Place",
    "SealedPart",
    "key_marks",
    "open_parts",
    "seal_parts",
]

SEAL_BYTES = HEAD_BYTES + TAG_BYTES  # by so many a sealed part is longer than what it holds


class Part(NamedTuple):
    """One agency's bytes about one set of people (a body is about nobody), and where they will stand."""

    plain: bytes
    partnership: str
    agency: str
    place: Place
    subjects: tuple[str, ...] = ()


class SealedPart(NamedTuple):
    """The same, sealed."""

    blob: bytes
    partnership: str
    agency: str
    place: Place


KEY_FROM, KEY_BYTES = 2, 16
"""Where a sealed part says with which data key it is sealed, counted from 1 as SQL does."""


def key_marks(session: Session, partnership: str, agency: str, person: str) -> list[bytes]:
    """What stands at KEY_FROM of an agency's parts that are about somebody, alone or with others."""
    query = select(DataKey.id, DataKey.subjects).where(
        DataKey.partnership_id == partnership, DataKey.owner == agency, DataKey.purpose == "body"
    )
    return [short_id(key) for key, subjects in session.execute(query) if person in subjects.split()]


def seal_parts(session: Session, parts: Iterable[Part]) -> list[bytes]:
    """The ciphertexts, in order; their data keys are found with one query, and made where there are none."""
    given = list(parts)
    if not given:
        return []
    plain, partnerships, agencies, places, subjects = zip(*given, strict=True)
    abouts = list(zip(partnerships, agencies, subjects, strict=True))
    of = {about: _wanted(*about) for about in {*abouts}}
    wanted: Counter[Wanted] = Counter()
    for about, count in Counter(abouts).items():
        wanted[of[about]] += count
    found = for_sealing(session, wanted)
    keys = {about: found[one] for about, one in of.items()}
    return encrypt_each([keys[about] for about in abouts], plain, places)


@lru_cache(maxsize=4096)
def _wanted(partnership: str, agency: str, subjects: tuple[str, ...]) -> Wanted:
    return Wanted(partnership, agency, canonical(subjects), "body")


def open_parts(session: Session, parts: Sequence[SealedPart]) -> list[bytes | None]:
    """The plain bytes, in order; None where a person that they are about was erased. Exactly one query.

    Raises SealBroken, KeyGone.
    """
    keys = for_opening(session, {key_id_in(part.blob) for part in parts}, "body")
    plain: list[bytes | None] = []
    for blob, partnership, agency, place in parts:
        key = keys.get(key_id_in(blob))
        if isinstance(key, Fault):
            if not key.erased:
                raise key.at(place)
            plain.append(None)
            continue
        if key is None or (key.info.partnership, key.info.owner) != (
            partnership,
            agency,
        ):
            raise SealBroken(place, "it names a data key that is not this agency's")
        try:
            plain.append(decrypt(key, blob, place))
        except NotSealedHere:
            raise SealBroken(place, "it was changed, or moved here from elsewhere") from None
    return plain
