"""A letterbox: anyone may put something in, only the agency's own key opens it.

For what must be written while that key is not given: above all the agency's part of the log.

HPKE (RFC 9180), X25519, HKDF-SHA256, AES-256-GCM; the private key is kept wrapped under the agency's key.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from conference.vault.envelope import NotSealedHere

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_JOINT = b"\x1f"
BOX_AAD = b"letterbox"
"""What its private key is bound to."""


class Letterbox(NamedTuple):
    """A new one. private is to be wrapped at once, or to be dropped where nobody shall ever open it."""

    public: bytes
    private: bytes


def new() -> Letterbox:
    """A letterbox that nobody has used."""
    private = X25519PrivateKey.generate()
    return Letterbox(private.public_key().public_bytes_raw(), private.private_bytes_raw())


def put_in(public: bytes, name: str, plain: bytes, aad: bytes) -> bytes:
    """`plain` for whoever has the private key, bound to the key's name and to `aad`."""
    return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(public), _bound(name, aad))


def take_out(private: bytes, name: str, sealed: bytes, aad: bytes) -> bytes:
    """What `put_in` put in. Raises NotSealedHere."""
    try:
        return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), _bound(name, aad))
    except (InvalidTag, ValueError):
        raise NotSealedHere from None


def _bound(name: str, aad: bytes) -> bytes:
    return name.encode("ascii") + _JOINT + aad
