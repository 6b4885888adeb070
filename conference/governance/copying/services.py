"""Who may fetch an agency's copy of the log, and a piece of it: a machine, which shows its token."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from conference.errors import ConferenceError, Conflict
from conference.trail import copies, proving, receipts, tokens, writing
from conference.vault.errors import KeyGone, SealBroken


class NoToken(ConferenceError):
    """No token was shown, or one that opens nothing."""

    status = 401


@dataclass(frozen=True, slots=True)
class Fetched:
    """A piece of the copy, the sizes it is about, and the receipt of having been given it."""

    content: bytes
    size: int
    whole: int
    receipt: str


def fetch(session: Session, authorization: str, start: int, *, epoch: int | None, request: str) -> Fetched:
    """The next piece from `start` on, for whoever holds the token; logged as an export of theirs.

    Raises NoToken; NotFound for what the log has not reached; Conflict if it is broken.
    """
    scheme, _, token = authorization.partition(" ")
    holder = tokens.holder(session, token.strip()) if scheme.lower() == "bearer" else None
    if holder is None:
        raise NoToken
    try:
        found = copies.piece(session, holder.partnership_id, holder.agency_id, start, epoch=epoch)
    except (proving.LogFault, SealBroken, KeyGone) as fault:
        raise Conflict("log: cannot be copied") from fault
    hashed = writing.record(
        session,
        "log.exported",
        partnership=holder.partnership_id,
        actor=None,
        agency=holder.agency_id,
        channel="api",
        about=(holder.id,),
        mark="copy",
    )
    made = receipts.receipt(session, holder.partnership_id, [hashed], request)
    return Fetched(found.content, found.size, found.whole, made.header)
