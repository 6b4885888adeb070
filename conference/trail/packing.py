"""The bytes in which things are kept together: items under one seal, and all that is sealed of an event.

Items: canonical item, salt, value's salt and place in the body. An event's frame: one piece after the other,
each with its kind, agency and number before it; a number tells an agency's sets of items apart.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from audit.event import EMPTY_BODY, SALT_BYTES
from conference.vault.bodies import KEY_BYTES, KEY_FROM, SEAL_BYTES

EMPTY_BYTES = SEAL_BYTES + SALT_BYTES + len(EMPTY_BODY)  # a sealed part that says nothing
PART, ITEMS, NOTE = 1, 2, 3  # the kinds of pieces
_MARK = slice(KEY_FROM - 1, KEY_FROM - 1 + KEY_BYTES)
_NO_SALT = bytes(SALT_BYTES)
_NUMBERS, _ITEM = struct.Struct(">HI"), struct.Struct(">II")
NOT_HERE = bytes(SALT_BYTES)
"""Among a group's salts, in place of that of a part that stands in its event's frame."""


class Packed(NamedTuple):
    """One item. ordinal: its place in the agency's body; value_salt: of the commitment to the bytes shown."""

    ordinal: int
    salt: bytes
    value_salt: bytes | None
    data: bytes


def pack(items: Iterable[Packed]) -> bytes:
    """For each item ordinal and length of data, four bytes each, salt, value's salt (zeros if none), data."""
    return b"".join(
        [
            part
            for ordinal, salt, value_salt, data in items
            for part in (_ITEM.pack(ordinal, len(data)), salt, value_salt or _NO_SALT, data)
        ]
    )


def unpack(packed: bytes) -> list[Packed]:
    """What `pack` packed. The seal has shown that it is."""
    items, at = [], 0
    while at < len(packed):
        ordinal = int.from_bytes(packed[at : at + 4], "big")
        length = int.from_bytes(packed[at + 4 : at + 8], "big")
        salt, value_salt = packed[at + 8 : at + 40], packed[at + 40 : at + 72]
        at += 72
        items.append(
            Packed(ordinal, salt, None if value_salt == _NO_SALT else value_salt, packed[at : at + length])
        )
        at += length
    return items


class Piece(NamedTuple):
    """One sealed thing of an event: an agency's part, a set of its items, or its note."""

    kind: int
    agency: str
    number: int
    sealed: bytes


class Torn(Exception):
    """These bytes are no frame."""


def framed(kind: int, agency: str, number: int, sealed: bytes) -> bytes:
    """A piece as it stands in an event's frame.

    A byte for the kind, one for the agency's length, the agency, two for the number, four for the length of
    what is sealed, and that.
    """
    return _of(kind, agency) + _NUMBERS.pack(number, len(sealed)) + sealed


def frame(pieces: Iterable[Piece]) -> bytes | None:
    """These pieces, one after the other; None if there are none."""
    return b"".join([framed(*piece) for piece in pieces]) or None


@lru_cache(maxsize=1024)
def _of(kind: int, agency: str) -> bytes:
    name = agency.encode("ascii")
    return bytes([kind, len(name)]) + name


def pieces(frame: bytes | None) -> list[Piece]:
    """What was framed, in order. Raises Torn."""
    found, at = [], 0
    whole = frame or b""
    while at < len(whole):
        kind, name = whole[at], whole[at + 2 : at + 2 + whole[at + 1]] if at + 1 < len(whole) else b""
        at += 2 + len(name)
        number, length = (int.from_bytes(whole[at + here : at + to], "big") for here, to in ((0, 2), (2, 6)))
        at += 6
        if at + length > len(whole) or not (name.isascii() and name):
            raise Torn
        found.append(Piece(kind, name.decode("ascii"), number, whole[at : at + length]))
        at += length
    return found


def of_agency(frame: bytes | None, agency: str) -> list[Piece]:
    """An agency's own pieces; none if the frame is torn."""
    try:
        return [piece for piece in pieces(frame) if piece.agency == agency]
    except Torn:
        return []


def marks(found: Iterable[Piece]) -> set[tuple[str, bytes]]:
    """What `LogMark` has of an event with these pieces: each agency that it says something to, and marks."""
    told = {one.agency for one in found if one.kind == PART and len(one.sealed) != EMPTY_BYTES}
    sets = {(one.agency, one.sealed[_MARK]) for one in found if one.kind == ITEMS and one.agency in told}
    return sets | {(agency, b"") for agency in told - {agency for agency, _ in sets}}


def salts_of(together: bytes, count: int, position: int) -> bytes:
    """One agency's sealed salts among those of a group of `count` events; too short if they are not there.

    position: of the agency in the roster.
    """
    length = SEAL_BYTES + count * SALT_BYTES
    return together[position * length : (position + 1) * length]
