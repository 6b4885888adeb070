"""The two seals: a value under its data key, a data key under the keys of its people and its owner.

Private to the vault. AES-256-GCM throughout; what a seal is bound to is joined with a sign that no id holds.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import add, itemgetter
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conference.ids import random_bytes
from conference.vault.place import Place

FORMAT = 1
_FORMAT = bytes([FORMAT])
NONCE_BYTES = 12
TAG_BYTES = 16
_ID = slice(1, 17)
_HEAD = slice(17)
_NONCE = slice(17, 29)
_REST = slice(29, None)
_head_of, _nonce_of, _rest_of = itemgetter(_HEAD), itemgetter(_NONCE), itemgetter(_REST)
HEAD_BYTES = 29
_JOINT = "\x1f"
_APART = "\x1e"  # between the bindings of several values while they are made
_CUT = _APART.encode()


class NotSealedHere(Exception):
    """These bytes are not what was sealed for this place, or not with this key."""


class KeyInfo(NamedTuple):
    """What a data key is for. Its seal is bound to all of it."""

    id: str
    partnership: str
    owner: str
    subjects: str
    purpose: str
    version: int


class OpenKey(NamedTuple):
    """A data key ready for use. head: with what its ciphertexts begin."""

    info: KeyInfo
    head: bytes
    cipher: AESGCM
    binding: str

    def __repr__(self) -> str:
        return f"OpenKey({self.info.id})"


def open_key(info: KeyInfo, key: bytes) -> OpenKey:
    """Make the bare data key `key` ready for use."""
    binding = _join(
        str(FORMAT),
        info.purpose,
        info.partnership,
        info.owner,
        info.id,
        str(info.version),
    )
    return OpenKey(info, _FORMAT + short_id(info.id), AESGCM(key), binding + _JOINT)


def encrypt(key: OpenKey, plain: bytes, place: Place) -> bytes:
    """Format, data key id, nonce, ciphertext with its tag."""
    return encrypt_many(key, [plain], [place])[0]


def encrypt_many(key: OpenKey, plain: Sequence[bytes], places: Sequence[Place]) -> list[bytes]:
    """What `encrypt` makes of each; the random bytes are drawn at once."""
    nonces = _nonces(len(plain))
    sealed = list(map(key.cipher.encrypt, nonces, plain, _bound(key.binding, places)))
    return list(map(b"".join, zip(repeat(key.head, len(sealed)), nonces, sealed, strict=True)))


def encrypt_each(keys: Sequence[OpenKey], plain: Sequence[bytes], places: Sequence[Place]) -> list[bytes]:
    """As `encrypt_many`, each with a key of its own."""
    nonces, ciphers = _nonces(len(plain)), [key.cipher.encrypt for key in keys]
    bound = _bound_each([key.binding for key in keys], places)
    return [
        key.head + nonce + encrypts(nonce, one, aad)
        for key, nonce, encrypts, one, aad in zip(keys, nonces, ciphers, plain, bound, strict=True)
    ]


def decrypt(key: OpenKey, blob: bytes, place: Place) -> bytes:
    """What `encrypt` sealed with `key` for `place`. Raises NotSealedHere."""
    return decrypt_many(key, [blob], [place])[0]


def decrypt_many(key: OpenKey, blobs: Sequence[bytes], places: Sequence[Place]) -> list[bytes]:
    """What was sealed with `key` for each place. Raises NotSealedHere if one was not."""
    if [*map(_head_of, blobs)].count(key.head) != len(blobs):
        raise NotSealedHere
    nonces, rests = [*map(_nonce_of, blobs)], [*map(_rest_of, blobs)]
    bound = _bound(key.binding, places)
    try:
        return list(map(key.cipher.decrypt, nonces, rests, bound))
    except (InvalidTag, ValueError):  # ValueError: not even a nonce
        raise NotSealedHere from None


@lru_cache(maxsize=1024)
def _id_in(short: bytes) -> str:
    return "dky_" + base64.b32encode(short).decode("ascii").rstrip("=").lower()


def key_id_in(blob: bytes) -> str:
    """The id of the data key that `blob` says it is sealed with; of no key at all if it is too short."""
    return _id_in(blob[_ID])


def short_id(key_id: str) -> bytes:
    """The 16 bytes of a data key's id."""
    return base64.b32decode(key_id.removeprefix("dky_").upper() + "======")


def wrap(key: bytes, info: KeyInfo, layers: Iterable[tuple[str, bytes]]) -> bytes:
    """`key` under each of `layers` (name and bytes of a wrapping key) in turn, the first innermost."""
    for name, layer in layers:
        nonce = random_bytes(NONCE_BYTES)
        key = nonce + AESGCM(layer).encrypt(nonce, key, wrapping(info, name))
    return key


def unwrap(wrapped: bytes, info: KeyInfo, layers: Sequence[tuple[str, bytes]]) -> bytes:
    """What `wrap` made. Raises NotSealedHere."""
    for name, layer in reversed(layers):
        if len(wrapped) < NONCE_BYTES + TAG_BYTES:
            raise NotSealedHere
        try:
            nonce, rest = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
            wrapped = AESGCM(layer).decrypt(nonce, rest, wrapping(info, name))
        except InvalidTag:
            raise NotSealedHere from None
    return wrapped


def wrapping(info: KeyInfo, name: str) -> bytes:
    """What a data key's layer under the key `name` is bound to."""
    parts = (
        "data-key",
        name,
        info.id,
        info.partnership,
        info.owner,
        info.subjects,
        info.purpose,
    )
    return _join(*parts, str(info.version)).encode()


def _nonces(count: int) -> tuple[bytes, ...]:
    return struct.unpack(f"{NONCE_BYTES}s" * count, random_bytes(NONCE_BYTES * count))


def _bound(binding: str, places: Sequence[Place]) -> list[bytes]:
    """What the value at each place is bound to. At once: one by one it takes as long as the cipher."""
    if not places:
        return []
    tables, rows, columns = _checked(places)
    if len({*tables}) > 1:
        return _bound_each([binding] * len(places), places)
    first = f"{binding}{tables[0]}{_JOINT}"
    last = {column: _JOINT + column for column in {*columns}}
    if len(last) == 1:
        whole = f"{last[columns[0]]}{_APART}{first}".join(rows) + last[columns[0]]
    else:
        whole = f"{_APART}{first}".join(map(add, rows, map(last.__getitem__, columns)))
    return f"{first}{whole}".encode().split(_CUT)


def _bound_each(bindings: Sequence[str], places: Sequence[Place]) -> list[bytes]:
    """As `_bound`, for values of several keys."""
    if not places:
        return []
    _checked(places)
    return _APART.join(map(add, bindings, map(_JOINT.join, places))).encode().split(_CUT)


def _checked(places: Sequence[Place]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The tables, the rows and the columns. Raises ValueError if one would read as the end of its part."""
    tables, rows, columns = zip(*places, strict=True)
    said = "".join((*{*tables}, *rows, *{*columns}))
    if _JOINT in said or _APART in said:
        raise ValueError("a place holds a control sign")
    return tables, rows, columns


def _join(*parts: str) -> str:
    if any(_JOINT in part or _APART in part for part in parts):
        raise ValueError("an id holds a control sign")
    return _JOINT.join(parts)
