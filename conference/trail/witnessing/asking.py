"""Ask a witness for its cosignature over the newest checkpoint. Source: C2SP tlog-witness.

Nothing is asked inside a transaction, so that a witness that is slow or away holds up nobody.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import (
    BadNote,
    Cosignature,
    Note,
    NotInLog,
    VerifierKey,
    verify_cosignatures,
)
from audit.encoding import to_base64
from audit.note import parse_signature
from audit.tree import consistency_spans
from conference.clock import now
from conference.db import Database
from conference.ids import new_id
from conference.trail import epochs
from conference.trail.sqlstore import SqlStore
from conference.trail.witnessing.models import Asked, Refusal, Witness
from conference.trail.witnessing.models import Cosignature as Stored

CONNECT, READ, WHOLE = 3, 5, 15  # seconds
LARGEST = 16 * 1024
TRIES = 3


class Outcome(StrEnum):
    """How it went. FORK and ROLLBACK say that the witness has seen another log than this one."""

    COSIGNED = "cosigned"
    AWAY = "away"  # no answer, or one of a machine that is in trouble
    STRANGER = "stranger"  # it does not know this log, or not its key
    NONSENSE = "nonsense"  # an answer that no witness gives
    FORK = "fork"
    ROLLBACK = "rollback"
    EMPTY = "empty"  # there is nothing to cosign yet


@dataclass(frozen=True, slots=True)
class Target:
    """A witness, as it is needed outside of a session."""

    id: str
    partnership: str
    key: VerifierKey
    url: str

    @classmethod
    def of(cls, row: Witness) -> Target:
        """The witness in `row`."""
        return cls(row.id, row.partnership_id, VerifierKey.parse(row.vkey), row.url)


class Request(NamedTuple):
    """What is sent. size: of the checkpoint; place: the same as it is stored; note: the checkpoint."""

    size: int
    place: int
    note: str
    body: bytes


class Reply(NamedTuple):
    """What came back, of which nothing is believed yet."""

    status: int
    body: bytes


class Decided(NamedTuple):
    """What an answer means: the outcome, a cosignature or a size the witness says it has seen."""

    outcome: Outcome
    cosigned: tuple[str, Cosignature] | None = None
    theirs: int | None = None


def ask(database: Database, target: Target) -> Outcome:
    """Ask once, in as many tries as the protocol needs, and keep what came of it."""
    old = _known(database, target)
    tries = 0
    while True:
        tries += 1
        with database.read() as session:
            asked = _request(session, target.partnership, old)
        if asked is None:
            return Outcome.EMPTY
        if old > asked.size:  # the newest was read after the witness had answered: it is ahead of all we have
            return _keep(database, target, asked, Decided(Outcome.ROLLBACK, theirs=old))
        reply = _post(target, asked.body)
        seen = _conflicting(reply)
        if seen is None or seen == old or tries == TRIES:
            return _keep(database, target, asked, _decide(target, asked, reply))
        old = seen


def last_seen(target: Target, origin: str) -> bytes | None:
    """The last checkpoint of this log that the witness cosigned, if it answers. Nothing of it is verified."""
    which = hashlib.sha256(origin.encode()).hexdigest()
    try:
        with requests.get(
            f"{target.url}/{which}/checkpoint", timeout=(CONNECT, READ), allow_redirects=False, stream=True
        ) as answer:
            found = answer.raw.read(LARGEST + 1)
            return found if answer.status_code == 200 and len(found) <= LARGEST else None
    except (requests.RequestException, OSError, ValueError):
        return None


def _known(database: Database, target: Target) -> int:
    """The size that the witness cosigned last, as far as we know, in the current epoch."""
    with database.read() as session:
        first = epochs.first_place(epochs.current(session, target.partnership))
        query = select(func.max(Stored.size)).where(
            Stored.partnership_id == target.partnership, Stored.witness_id == target.id, Stored.size > first
        )
        last = session.scalar(query)
    return 0 if last is None else last - first


def _request(session: Session, partnership: str, old: int) -> Request | None:
    """The newest checkpoint with its proof from `old`; None while the log is empty."""
    store = SqlStore(session, partnership)
    latest = store.latest()
    if latest is None:
        return None
    place = epochs.first_place(store.epoch) + latest.size
    if old > latest.size:
        return Request(latest.size, place, latest.note, b"")
    size = latest.size
    try:
        proof = store.proof(consistency_spans(old, size))
    except NotInLog:  # the tree has lost a node: start-up and the sequencer say so, the witness will refuse
        proof = []
    lines = [f"old {old}", *map(to_base64, proof)]
    return Request(size, place, latest.note, ("\n".join(lines) + "\n\n" + latest.note).encode())


def _post(target: Target, body: bytes) -> Reply:
    """What the witness answers; status 0 for no answer. Bounded in size and in time."""
    until = time.monotonic() + WHOLE
    try:
        with requests.post(
            f"{target.url}/add-checkpoint",
            data=body,
            timeout=(CONNECT, READ),
            allow_redirects=False,
            stream=True,
            headers={"User-Agent": "conference", "Content-Type": "text/plain; charset=utf-8"},
        ) as answer:
            found = b""
            for piece in answer.iter_content(1024):
                found += piece
                if len(found) > LARGEST or time.monotonic() > until:
                    return Reply(0, b"")
            return Reply(answer.status_code, found)
    except (requests.RequestException, OSError, ValueError):
        return Reply(0, b"")


def _conflicting(reply: Reply) -> int | None:
    """The size in an answer that says 409; None for another answer."""
    if reply.status == 409 and re.fullmatch(rb"(0|[1-9][0-9]{0,17})\n", reply.body):
        return int(reply.body)
    return None


def _decide(target: Target, asked: Request, reply: Reply) -> Decided:
    if reply.status == 200:
        cosigned = _cosigned(target, asked.note, reply.body)
        return Decided(Outcome.NONSENSE if cosigned is None else Outcome.COSIGNED, cosigned)
    if reply.status == 422:
        return Decided(Outcome.FORK)
    if reply.status in {403, 404}:
        return Decided(Outcome.STRANGER)
    return Decided(Outcome.AWAY if reply.status in {0, 429} or reply.status >= 500 else Outcome.NONSENSE)


def _cosigned(target: Target, note: str, body: bytes) -> tuple[str, Cosignature] | None:
    """The witness's signature line and what it says, if it verifies; lines of other keys are passed over."""
    try:
        lines = body.decode("utf-8").removesuffix("\n").split("\n")
        own = [one for one in map(parse_signature, lines) if target.key.owns(one)]
        read = Note.parse(note.encode())
        found = verify_cosignatures(Note(read.text, tuple(own)), [target.key])
    except (BadNote, UnicodeDecodeError):
        return None
    return (own[0].line, found[0]) if found and found[0].time else None


def _keep(database: Database, target: Target, asked: Request, decided: Decided) -> Outcome:
    with database.write() as session:
        if decided.cosigned is not None:
            _keep_cosignature(session, target, asked, *decided.cosigned)
        if decided.outcome in {Outcome.FORK, Outcome.ROLLBACK}:
            _keep_refusal(session, target, asked, decided)
        at = now()
        row = session.get(Asked, (target.partnership, target.id))
        if row is None:
            row = Asked(partnership_id=target.partnership, witness_id=target.id, outcome="", since=at, at=at)
            session.add(row)
        if row.outcome != decided.outcome.value:
            row.outcome, row.since = decided.outcome.value, at
        row.at = at
    return decided.outcome


def _keep_cosignature(
    session: Session, target: Target, asked: Request, line: str, found: Cosignature
) -> None:
    if session.get(Stored, (target.partnership, target.id, asked.place, found.time)) is None:
        session.add(
            Stored(
                partnership_id=target.partnership,
                witness_id=target.id,
                size=asked.place,
                time=found.time,
                line=line,
                at=now(),
            )
        )


def _keep_refusal(session: Session, target: Target, asked: Request, decided: Decided) -> None:
    """Once for each checkpoint that was refused."""
    query = select(Refusal).where(
        Refusal.partnership_id == target.partnership,
        Refusal.witness_id == target.id,
        Refusal.kind == decided.outcome.value,
        Refusal.size == asked.place,
    )
    if session.scalars(query.limit(1)).first() is None:
        session.add(
            Refusal(
                id=new_id("ref"),
                partnership_id=target.partnership,
                witness_id=target.id,
                kind=decided.outcome.value,
                size=asked.place,
                theirs=decided.theirs,
                note=asked.note,
                at=now(),
            )
        )
