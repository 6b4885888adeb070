"""Seal a file in chunks, and open it. Only conference.sharing may import it.

Each chunk is sealed like a field, under the data key of its owner and people, and bound to the file's id, to
its number and to whether it is the last: none can be swapped, left out or put elsewhere, nor the end cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.vault.datakeys import Fault, Wanted, canonical, for_opening, for_sealing
from conference.vault.envelope import NotSealedHere, decrypt, encrypt_many, key_id_in
from conference.vault.errors import SealBroken
from conference.vault.place import Place

__all__ = ["CHUNK_BYTES", "OfFile", "Place", "open_chunks", "place_of", "seal_chunks"]

CHUNK_BYTES = 1 << 18
TABLE = "file_chunk"


class OfFile(NamedTuple):
    """Which file, and whose."""

    id: str
    partnership: str
    owner: str


def place_of(file_id: str, number: int, *, is_last: bool) -> Place:
    """Where a chunk stands; numbers count from 0."""
    return Place(TABLE, file_id, f"{number}/last" if is_last else str(number))


def seal_chunks(session: Session, content: bytes, file: OfFile, *, subjects: Iterable[str]) -> list[bytes]:
    """The chunks of `content`, in order; one for an empty file too.

    Raises KeyDestroyed if one of the subjects was erased; WriteInReadSession.
    """
    starts = range(0, max(len(content), 1), CHUNK_BYTES)
    pieces = [content[at : at + CHUNK_BYTES] for at in starts]
    wanted = Wanted(file.partnership, file.owner, canonical(subjects), "field")
    key = for_sealing(session, {wanted: len(pieces)})[wanted]
    last = len(pieces) - 1
    places = [place_of(file.id, number, is_last=number == last) for number in range(len(pieces))]
    return encrypt_many(key, pieces, places)


def open_chunks(session: Session, chunks: Sequence[bytes], file: OfFile) -> bytes:
    """What `seal_chunks` sealed. chunks: all of them, in the order of their numbers. Exactly one query.

    Raises SealBroken where one is missing, changed or from elsewhere; KeyGone for a key not to be had.
    """
    keys = for_opening(session, {key_id_in(one) for one in chunks}, "field")
    last = len(chunks) - 1
    pieces = []
    for number, chunk in enumerate(chunks):
        place = place_of(file.id, number, is_last=number == last)
        key = keys.get(key_id_in(chunk))
        if isinstance(key, Fault):
            raise key.at(place)
        if key is None or (key.info.partnership, key.info.owner) != (file.partnership, file.owner):
            raise SealBroken(place, "it names a data key that is not its owner's")
        try:
            pieces.append(decrypt(key, chunk, place))
        except NotSealedHere:
            raise SealBroken(place, "it was changed, moved here, or its neighbours are missing") from None
    if not pieces:
        raise SealBroken(place_of(file.id, 0, is_last=True), "it is missing")
    session.info["openings"] = session.info.get("openings", 0) + len(pieces)
    return b"".join(pieces)
