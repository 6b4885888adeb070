"""The bytes in which items are sealed together: canonical item, salt, value's salt and place in the body."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from audit.event import EMPTY_BODY, SALT_BYTES
from conference.vault.bodies import SEAL_BYTES

EMPTY_BYTES = SEAL_BYTES + SALT_BYTES + len(EMPTY_BODY)  # a sealed empty part
PLACE_BYTES = 2  # and after it its position among the leaf's parts
_NO_SALT = bytes(SALT_BYTES)


class Packed(NamedTuple):
    """One item. ordinal: its place in the agency's body; value_salt: of the commitment to the bytes shown."""

    ordinal: int
    salt: bytes
    value_salt: bytes | None
    data: bytes


def pack(items: Iterable[Packed]) -> bytes:
    """For each item ordinal and length of data, four bytes each, salt, value's salt (zeros if none), data."""
    return b"".join(
        one.ordinal.to_bytes(4, "big")
        + len(one.data).to_bytes(4, "big")
        + one.salt
        + (one.value_salt or _NO_SALT)
        + one.data
        for one in items
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


def with_position(sealed: bytes, position: int) -> bytes:
    """A sealed empty part as it stands among the others of its leaf."""
    return sealed + position.to_bytes(PLACE_BYTES, "big")


def at_position(together: bytes, position: int) -> bytes | None:
    """The sealed empty part at `position` among those of one leaf; None where that part is not empty."""
    place, step = position.to_bytes(PLACE_BYTES, "big"), EMPTY_BYTES + PLACE_BYTES
    for start in range(0, len(together), step):
        if together[start + EMPTY_BYTES : start + step] == place:
            return together[start : start + EMPTY_BYTES]
    return None
