"""The two seals: a value under its data key, a data key under the keys of its people and its owner.

Private to the vault. AES-256-GCM throughout; what a seal is bound to is joined with a sign that no id holds.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
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
_NONCE = slice(17, 29)
HEAD_BYTES = 29
_JOINT = "\x1f"


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
    """A data key ready for use."""

    info: KeyInfo
    short: bytes
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
    return OpenKey(info, short_id(info.id), AESGCM(key), binding)


def encrypt(key: OpenKey, plain: bytes, place: Place, nonce: bytes | None = None) -> bytes:
    """Format, data key id, nonce, ciphertext with its tag.

    nonce: fresh random bytes, where the caller has drawn for many at once.
    """
    if nonce is None:
        nonce = random_bytes(NONCE_BYTES)
    sealed = key.cipher.encrypt(nonce, plain, _bound(key, place))
    return _FORMAT + key.short + nonce + sealed


def decrypt(key: OpenKey, blob: bytes, place: Place) -> bytes:
    """What `encrypt` sealed with `key` for `place`. Raises NotSealedHere."""
    if len(blob) < HEAD_BYTES + TAG_BYTES or blob[0] != FORMAT or blob[_ID] != key.short:
        raise NotSealedHere
    try:
        return key.cipher.decrypt(blob[_NONCE], blob[HEAD_BYTES:], _bound(key, place))
    except InvalidTag:
        raise NotSealedHere from None


def key_id_in(blob: bytes) -> str:
    """The id of the data key that `blob` says it is sealed with; of no key at all if it is too short."""
    return "dky_" + base64.b32encode(blob[_ID]).decode("ascii").rstrip("=").lower()


def short_id(key_id: str) -> bytes:
    """The 16 bytes of a data key's id."""
    return base64.b32decode(key_id.removeprefix("dky_").upper() + "======")


def wrap(key: bytes, info: KeyInfo, layers: Sequence[tuple[str, bytes]]) -> bytes:
    """`key` under each of `layers` (name and bytes of a wrapping key) in turn, the first innermost."""
    for name, layer in layers:
        nonce = random_bytes(NONCE_BYTES)
        key = nonce + AESGCM(layer).encrypt(nonce, key, _wrapping(info, name))
    return key


def unwrap(wrapped: bytes, info: KeyInfo, layers: Sequence[tuple[str, bytes]]) -> bytes:
    """What `wrap` made. Raises NotSealedHere."""
    for name, layer in reversed(layers):
        if len(wrapped) < NONCE_BYTES + TAG_BYTES:
            raise NotSealedHere
        try:
            nonce, rest = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
            wrapped = AESGCM(layer).decrypt(nonce, rest, _wrapping(info, name))
        except InvalidTag:
            raise NotSealedHere from None
    return wrapped


def _bound(key: OpenKey, place: Place) -> bytes:
    table, row, column = place
    if _JOINT in table or _JOINT in row or _JOINT in column:
        raise ValueError("a place holds a control sign")
    return f"{key.binding}{_JOINT}{table}{_JOINT}{row}{_JOINT}{column}".encode()


def _wrapping(info: KeyInfo, name: str) -> bytes:
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


def _join(*parts: str) -> str:
    if any(_JOINT in part for part in parts):
        raise ValueError("an id holds a control sign")
    return _JOINT.join(parts)
