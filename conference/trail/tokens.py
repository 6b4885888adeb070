"""Tokens with which an agency's own machine fetches its copy of the log. Only their hashes are kept."""

from __future__ import annotations

import base64
import hashlib
import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.clock import now
from conference.errors import NotFound
from conference.ids import new_id, random_bytes
from conference.trail.witnessing.models import CopyToken
from conference.trail.writing import record

_TOKEN = re.compile(r"clt_[A-Za-z0-9_-]{43}", re.ASCII)


def make(session: Session, partnership: str, agency: str) -> tuple[CopyToken, str]:
    """A new token of the agency's, and what its machine is to send; the latter is not kept."""
    token = "clt_" + base64.urlsafe_b64encode(random_bytes(32)).rstrip(b"=").decode("ascii")
    made = CopyToken(
        id=new_id("tok"),
        partnership_id=partnership,
        agency_id=agency,
        digest=_digest(token),
        made_at=now(),
        ended_at=None,
    )
    session.add(made)
    session.flush()
    _log(session, "key.created", made)
    return made, token


def end(session: Session, token_id: str) -> CopyToken:
    """Take a token out of use. Raises NotFound."""
    found = session.get(CopyToken, token_id)
    if found is None or found.ended_at is not None:
        raise NotFound(f"token {token_id}")
    found.ended_at = now()
    session.flush()
    _log(session, "key.revoked", found)
    return found


def holder(session: Session, token: str) -> CopyToken | None:
    """Whose token this is; None for one that is unknown or out of use. Raises RowBroken."""
    if not _TOKEN.fullmatch(token):
        return None
    found = session.scalars(select(CopyToken).where(CopyToken.digest == _digest(token))).one_or_none()
    return None if found is None or found.ended_at is not None else found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()


def _log(session: Session, name: str, token: CopyToken) -> None:
    record(
        session,
        name,
        partnership=token.partnership_id,
        actor=None,
        agency=token.agency_id,
        about=(token.id,),
        mark="copy-token",
    )
