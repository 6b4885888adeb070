"""For whom a transaction works, with a MAC that holds in this transaction of this connection alone.

The database answers where we are (`HERE`: its process and when the transaction began, to the microsecond); we
sign that together with the agency, and say so in a setting that ends with the transaction. `wall.agency()`
there makes the same MAC, with a key in a table that only the tables' owner can read. Whoever can run SQL as
the application can write any setting, and read the one of this transaction; both gain nothing.
"""

from __future__ import annotations

import hashlib
import hmac

KEY = "wall/1"
"""The key's name in the key file."""

SYSTEM = "*"
"""Bound to nobody's rows but everybody's: jobs and commands. No agency's id looks like it."""

_BLOCK = 64  # of SHA-256, in bytes
_SAID = "conference wall 1"

# The number is exact: written as a float it would be as coarse as a setting of the session makes it.
HERE = (
    "SELECT pg_catalog.concat_ws('.', pg_catalog.pg_backend_pid(),"
    " pg_catalog.extract('epoch', pg_catalog.now())::pg_catalog.numeric)"
)
SET = "SELECT pg_catalog.set_config('wall.binding', %s, true)"


def bound_to(agency: str, here: str, key: bytes) -> str:
    """What is put into `wall.binding`.   agency: an agency's id, or SYSTEM.   here: what `HERE` answered."""
    if not agency or not here:
        raise ValueError("bound to nobody, or nowhere")
    text = "\x1f".join((_SAID, here, agency))
    return f"{hmac.digest(key, text.encode('utf-8'), hashlib.sha256).hex()} {agency}"


def pads(key: bytes) -> tuple[bytes, bytes]:
    """The key as the database keeps it: what HMAC puts before the inner and the outer text."""
    block = key.ljust(_BLOCK, b"\0")
    return bytes(one ^ 0x36 for one in block), bytes(one ^ 0x5C for one in block)
