"""What each answer carries home: that its leaves were durable before it was sent."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from audit.encoding import from_base64, to_base64
from audit.errors import BadEncoding, BadNote
from audit.note import KEY_ID_BYTES, SigningKey, VerifierKey
from audit.shape import an_id
from audit.tree import HASH_BYTES

_TITLE = "disclosure-receipt/v1"
_SIGNATURE_BYTES = 64
_is_request = an_id("req")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A request, the hash over its leaves, and the log's signature: 4 bytes of key id, 64 of Ed25519.

    As header and at the foot of the page it is one line: `v1 <request> <base64 leaves hash> <base64
    signature>`.
    """

    request: str
    leaves_hash: bytes
    signature: bytes

    def __str__(self) -> str:
        """The value of the header `Disclosure-Receipt`."""
        return f"v1 {self.request} {to_base64(self.leaves_hash)} {to_base64(self.signature)}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """The receipt that `line` is. Raises BadNote unless it is exactly what `str` writes."""
        parts = line.split(" ")
        if len(parts) != 4 or parts[0] != "v1" or not _is_request(parts[1]):
            raise BadNote("receipt: not version, request, hash and signature")
        try:
            hashed = from_base64(parts[2], "receipt hash", HASH_BYTES)
            signature = from_base64(parts[3], "receipt signature", KEY_ID_BYTES + _SIGNATURE_BYTES)
        except BadEncoding as error:
            raise BadNote(str(error)) from None
        return cls(parts[1], hashed, signature)


def leaves_hash(leaf_hashes: Iterable[bytes]) -> bytes:
    """SHA-256 over the leaf hashes of one answer, in the order of its events."""
    return hashlib.sha256(b"".join(leaf_hashes)).digest()


def sign_receipt(key: SigningKey, request: str, leaf_hashes: Iterable[bytes]) -> Receipt:
    """The receipt for the answer to `request`, whose events are durable and have these leaf hashes."""
    if not _is_request(request):
        raise BadNote("receipt: not the id of a request")
    hashed = leaves_hash(leaf_hashes)
    return Receipt(request, hashed, key.verifier.key_id + key.sign(_message(key.name, request, hashed)))


def verify_receipt(receipt: Receipt, key: VerifierKey) -> None:
    """Raise BadNote unless the log of `key` signed `receipt`."""
    if receipt.signature[:KEY_ID_BYTES] != key.key_id:
        raise BadNote("receipt: signed by another key")
    key.verify(_message(key.name, receipt.request, receipt.leaves_hash), receipt.signature[KEY_ID_BYTES:])


def _message(origin: str, request: str, hashed: bytes) -> bytes:
    """What is signed. Its second line is never a number, so it can never be taken for a checkpoint."""
    return f"{_TITLE}\norigin {origin}\nrequest {request}\nleaves {to_base64(hashed)}\n".encode()
