"""Seal and open parts of the log. Only conference.trail may import it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.vault.datakeys import Fault, Wanted, canonical, for_opening, for_sealing
from conference.vault.envelope import NotSealedHere, decrypt, encrypt, key_id_in
from conference.vault.errors import SealBroken
from conference.vault.place import Place

__all__ = ["Part", "Place", "SealedPart", "open_parts", "seal_parts"]


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


def seal_parts(session: Session, parts: Iterable[Part]) -> list[bytes]:
    """The ciphertexts, in order; their data keys are found with one query, and made where there are none."""
    wants = [
        (part, Wanted(part.partnership, part.agency, canonical(part.subjects), "body")) for part in parts
    ]
    keys = for_sealing(session, {wanted for _, wanted in wants})
    return [encrypt(keys[wanted], part.plain, part.place) for part, wanted in wants]


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
