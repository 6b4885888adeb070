"""The short form of a request's id, for people to read out: `K7QX-2MFD-94TW`."""

from __future__ import annotations

import hashlib

from conference.ids import REFERENCE_SIGNS

SIGNS = 12
_SIGN_OF = REFERENCE_SIGNS.encode() * 8  # of each byte, by what it leaves when it is divided by 32


def code_for(request: str) -> str:
    """Twelve signs that stand for `request`."""
    hashed = hashlib.sha256(b"receipt-code\n" + request.encode()).digest()
    signs = hashed[:SIGNS].translate(_SIGN_OF).decode("ascii")
    return "-".join(signs[at : at + 4] for at in range(0, SIGNS, 4))


def tidied(typed: str) -> str:
    """A code as somebody typed it, in the one form that is stored."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))
