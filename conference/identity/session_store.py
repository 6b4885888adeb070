"""The rows behind the session cookie: made, found, kept alive, ended.

The cookie holds a random token. A row is found by the token's SHA-256 and its data opened by a key made from
the token and one of the key file, bound to whose it is and when it ends. So a copy of the table neither signs
anybody in nor says anything about them, and a row that somebody wrote or edited there is nobody's. No flask.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from conference import clock, ids
from conference.identity.models import WebSession
from conference.vault.rows import plain

IDLE = timedelta(minutes=15)  # without use for so long, it ends
LONGEST = timedelta(hours=12)  # however much it is used, it ends
TOUCH = timedelta(minutes=1)  # its last use is written down no more often
KEPT = timedelta(days=1)  # how long an unused row stays, so that its browser can be told what happened

# Writes one event: (session, kind, partnership_id, staff_id, how). `conference.trail` stands behind it.
LogEvent = Callable[[Session, str, str, str, str], None]


class State(Enum):
    """What a token is worth."""

    ALIVE = "alive"
    UNUSED = "unused"  # ended by 15 minutes without use, or by its 12 hours
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """A row as it was found. `data` is opened only while the session is alive."""

    state: State
    staff_id: str | None = None
    last_seen_at: datetime | None = None
    ends_at: datetime | None = None
    data: bytes = b""


@dataclass(frozen=True)
class Owner:
    """Whose session it is."""

    staff_id: str
    partnership_id: str


def new_token() -> bytes:
    """32 random bytes, for one browser."""
    return ids.random_bytes(32)


def find(session: Session, token: bytes) -> Found:
    """What is known about `token` now."""
    row = session.get(WebSession, _hash(token))
    if row is None:
        return Found(State.UNKNOWN)
    at = clock.now()
    if at >= row.ends_at or at >= row.last_seen_at + IDLE:
        return Found(State.UNUSED if row.staff_id else State.UNKNOWN, row.staff_id)
    try:
        data = _open(session, token, row)
    except InvalidTag:  # somebody edited the table
        return Found(State.UNKNOWN)
    return Found(State.ALIVE, row.staff_id, row.last_seen_at, row.ends_at, data)


def create(session: Session, token: bytes, data: bytes, owner: Owner | None = None) -> WebSession:
    """A new row for `token`. With an owner somebody is signed in; without, the browser is only on its way."""
    at = clock.now()
    row = WebSession(
        token_hash=_hash(token),
        staff_id=owner and owner.staff_id,
        partnership_id=owner and owner.partnership_id,
        created_at=at,
        last_seen_at=at,
        ends_at=at + LONGEST,
    )
    row.data = _seal(session, token, row, data)
    session.add(row)
    session.flush()
    return row


def save(session: Session, token: bytes, data: bytes) -> bool:
    """Keep new data. False when the session has been ended meanwhile: it is never brought back."""
    row = session.get(WebSession, _hash(token), populate_existing=True)
    if row is None:
        return False
    try:
        _open(session, token, row)  # what somebody edited is not sealed again
    except InvalidTag:
        return False
    return _update(session, token, data=_seal(session, token, row, data))


def touch(session: Session, token: bytes) -> bool:
    """It has been used just now. False when it has been ended meanwhile."""
    return _update(session, token, last_seen_at=clock.now())


def end(session: Session, token: bytes, how: str, log: LogEvent) -> None:
    """End one session. `how` is for the log: `signed out`, `signed in again`, `unused`."""
    row = session.get(WebSession, _hash(token))
    if row is not None:
        _end_row(session, row, how, log)


def end_all_of(session: Session, staff_id: str, how: str, log: LogEvent) -> int:
    """End every session of one member of staff, in every browser. Returns how many there were."""
    rows = list(session.scalars(select(WebSession).where(WebSession.staff_id == staff_id)))
    for row in rows:
        _end_row(session, row, how, log)
    return len(rows)


def purge(session: Session, log: LogEvent) -> None:
    """Take away what no browser will ask about again."""
    at = clock.now()
    session.execute(
        delete(WebSession).where(WebSession.staff_id.is_(None), WebSession.last_seen_at < at - IDLE)
    )
    old = or_(WebSession.ends_at < at, WebSession.last_seen_at < at - KEPT)
    for row in session.scalars(select(WebSession).where(WebSession.staff_id.is_not(None), old)):
        _end_row(session, row, "unused", log)


def _end_row(session: Session, row: WebSession, how: str, log: LogEvent) -> None:
    if row.staff_id is not None and row.partnership_id is not None:
        log(session, "session.ended", row.partnership_id, row.staff_id, how)
    session.delete(row)
    session.flush()


def _update(session: Session, token: bytes, **values: object) -> bool:
    done = session.execute(update(WebSession).where(WebSession.token_hash == _hash(token)).values(**values))
    return cast(CursorResult[object], done).rowcount == 1


def _hash(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()


def _cipher(session: Session, token: bytes) -> AESGCM:
    ours = session.info["keys"].key_or_new("web/sessions")
    return AESGCM(hmac.digest(ours, b"conference: data of a web session\0" + token, "sha256"))


def _bound(row: WebSession) -> bytes:
    """What the data are bound to: whose session it is, when it began, when it ends."""
    said = (row.token_hash, row.staff_id, row.partnership_id, row.created_at, row.ends_at)
    return json.dumps([plain(value) for value in said]).encode("ascii")


def _seal(session: Session, token: bytes, row: WebSession, data: bytes) -> bytes:
    nonce = ids.random_bytes(12)
    return nonce + _cipher(session, token).encrypt(nonce, data, _bound(row))


def _open(session: Session, token: bytes, row: WebSession) -> bytes:
    if len(row.data) < 12 + 16:
        raise InvalidTag
    return _cipher(session, token).decrypt(row.data[:12], row.data[12:], _bound(row))
