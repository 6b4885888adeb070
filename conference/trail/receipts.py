"""What each answer carries home."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

import audit
from conference.trail import epochs
from conference.trail.codes import code_for
from conference.trail.keys import signing_key


@dataclass(frozen=True, slots=True)
class Receipt:
    """header: the value of `Disclosure-Receipt`; code: the same request in twelve signs, for people."""

    request: str
    header: str
    code: str


def receipt(session: Session, partnership: str, leaf_hashes: Iterable[bytes], request: str) -> Receipt:
    """The receipt for the answer to `request`, whose events have these leaf hashes."""
    key = signing_key(session.info["keys"], partnership, epochs.for_receipts(session, partnership))
    return Receipt(request, str(audit.sign_receipt(key, request, leaf_hashes)), code_for(request))
