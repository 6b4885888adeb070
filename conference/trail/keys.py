"""The key that signs a partnership's log."""

from __future__ import annotations

from functools import lru_cache

from audit import SigningKey, VerifierKey
from conference.vault.keyfile import KeyFile

EPOCH = 1


def origin(partnership: str) -> str:
    """What the log calls itself in its checkpoints; its key has the same name."""
    return f"conference/{partnership}"


def signing_key(keys: KeyFile, partnership: str, *, new: bool = True) -> SigningKey:
    """The log's key; made if there is none and `new`. Raises KeyMissing, KeyDestroyed."""
    name = f"log/{partnership}/{EPOCH}"
    seed = keys.key_or_new(name) if new else keys.key(name)
    return _made(origin(partnership), seed)


def verifier_key(keys: KeyFile, partnership: str) -> VerifierKey:
    """What the log's checkpoints and receipts verify with. To be handed to every agency."""
    return signing_key(keys, partnership).verifier


@lru_cache(maxsize=64)
def _made(name: str, seed: bytes) -> SigningKey:
    return SigningKey(name, seed)
