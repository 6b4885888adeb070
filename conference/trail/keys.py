"""The key that signs a partnership's log."""

from __future__ import annotations

from functools import lru_cache

from audit import SigningKey, VerifierKey
from conference.vault.keyfile import KeyFile

FIRST = 1
"""The first epoch; see `epochs`."""


def origin(partnership: str, epoch: int = FIRST) -> str:
    """What the log calls itself in its checkpoints; its key has the same name."""
    return f"conference/{partnership}" if epoch == FIRST else f"conference/{partnership}/{epoch}"


def key_name(partnership: str, epoch: int = FIRST) -> str:
    """What the key file calls the log's key."""
    return f"log/{partnership}/{epoch}"


def signing_key(keys: KeyFile, partnership: str, epoch: int = FIRST, *, new: bool = True) -> SigningKey:
    """The log's key; made if there is none and `new`, in the first epoch. Raises KeyMissing, KeyDestroyed."""
    name = key_name(partnership, epoch)
    seed = keys.key_or_new(name) if new and epoch == FIRST else keys.key(name)
    return _made(origin(partnership, epoch), seed)


def verifier_key(keys: KeyFile, partnership: str, epoch: int = FIRST) -> VerifierKey:
    """What the log's checkpoints and receipts verify with. To be handed to every agency."""
    return signing_key(keys, partnership, epoch).verifier


@lru_cache(maxsize=64)
def _made(name: str, seed: bytes) -> SigningKey:
    return SigningKey(name, seed)
