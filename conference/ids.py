"""Random names for things, and the one source of random bytes, so a test can make it repeat."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_source: ContextVar[Callable[[int], bytes]] = ContextVar("random_source", default=secrets.token_bytes)

# Nothing that reads as another sign when it is said over the telephone: no 0 O 1 I.
REFERENCE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def random_bytes(count: int) -> bytes:
    """`count` fresh random bytes."""
    return _source.get()(count)


def new_id(prefix: str) -> str:
    """A fresh id such as `cas_…`: the prefix and 128 random bits in 26 small letters and digits."""
    return f"{prefix}_{base64.b32encode(random_bytes(16)).decode('ascii').rstrip('=').lower()}"


def new_reference(prefix: str) -> str:
    """A fresh case reference such as `NM-7KQ4XP`: no order, no count, no sign that is easily misread."""
    return f"{prefix}-{''.join(REFERENCE_SIGNS[byte % 32] for byte in random_bytes(6))}"


@contextmanager
def repeating(seed: str) -> Iterator[None]:
    """Inside the block random bytes come from `seed`, the same every time. For tests and the demo's story."""
    count = 0

    def source(wanted: int) -> bytes:
        nonlocal count
        out = b""
        while len(out) < wanted:
            out += hashlib.sha256(f"{seed}/{count}".encode()).digest()
            count += 1
        return out[:wanted]

    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
