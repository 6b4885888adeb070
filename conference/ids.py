"""Random names for things, and the one source of random bytes, so a test can make it repeat."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# OpenSSL's: to draw from it keeps the interpreter's lock, which `secrets` lets go of each time, and with many
# threads each time another takes it. It is seeded by the operating system, and anew in a process that forks.
_names: ContextVar[Callable[[int], bytes]] = ContextVar("source_of_names", default=ssl.RAND_bytes)
_secrets: ContextVar[Callable[[int], bytes]] = ContextVar("source_of_secrets", default=ssl.RAND_bytes)

# Nothing that reads as another sign when it is said over the telephone: no 0 O 1 I.
REFERENCE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def random_bytes(count: int) -> bytes:
    """`count` fresh random bytes, for keys, nonces, salts and tokens."""
    return _secrets.get()(count)


def new_id(prefix: str) -> str:
    """A fresh id such as `cas_…`: the prefix and 128 random bits in 26 small letters and digits."""
    drawn = _names.get()(16)
    return f"{prefix}_{base64.b32encode(drawn).decode('ascii').rstrip('=').lower()}"


def new_reference(prefix: str) -> str:
    """A fresh case reference such as `NM-7KQ4XP`: no order, no count, no sign that is easily misread."""
    return f"{prefix}-{''.join(REFERENCE_SIGNS[byte % 32] for byte in _names.get()(6))}"


@contextmanager
def repeating(seed: str, *, secrets_too: bool = False) -> Iterator[None]:
    """Inside the block ids and references come from `seed`, the same every time: for the demo's story.

    secrets_too: keys, nonces and salts as well. For tests alone, which compare bytes.
    """
    names = _names.set(_stream(f"names/{seed}"))
    hidden = _secrets.set(_stream(f"secrets/{seed}")) if secrets_too else None
    try:
        yield
    finally:
        _names.reset(names)
        if hidden is not None:
            _secrets.reset(hidden)


def _stream(seed: str) -> Callable[[int], bytes]:
    count = 0

    def source(wanted: int) -> bytes:
        nonlocal count
        out = b""
        while len(out) < wanted:
            out += hashlib.sha256(f"{seed}/{count}".encode()).digest()
            count += 1
        return out[:wanted]

    return source
