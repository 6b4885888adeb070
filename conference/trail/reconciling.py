"""Hold receipts that somebody kept against the log: each is in it, or it is said what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import BadNote, Receipt, VerifierKey, leaf_hash, leaves_hash, verify_receipt
from conference.trail import epochs
from conference.trail.codes import code_for
from conference.trail.models import LogEvent, LogLeaf

CHUNK = 500

NO_RECEIPT = "is no receipt"
FOREIGN = "was not signed by this log"
MISSING = "MISSING: its signature is ours, and the log has nothing for it"
OTHER = "MISSING: the log has other entries for this request than those that were signed"
WAITING = "is durable and has no place in the log yet; try again in a few seconds"


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is not in order: its number, counted from 1, what is wrong, its request if it has one."""

    number: int
    says: str
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many receipts are in the log, and the lines that are not in order."""

    present: int
    faults: tuple[Fault, ...]


def reconcile(session: Session, partnership: str, lines: Iterable[str]) -> Reconciled:
    """lines: values of the header `Disclosure-Receipt`, one a line; the header's name before it will do."""
    keys = [
        epochs.verifier(session, partnership, number)
        for number in (1, *(one.number for one in epochs.opened(session, partnership)))
    ]
    present, faults, waiting = 0, [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = _read(line)
        if found is None:
            faults.append(Fault(number, NO_RECEIPT))
        elif not _is_ours(found, keys):
            faults.append(Fault(number, FOREIGN, found.request))
        else:
            waiting.append((number, found))
    for start in range(0, len(waiting), CHUNK):
        chunk = waiting[start : start + CHUNK]
        stored = _stored(session, partnership, {one.request for _, one in chunk})
        for number, one in chunk:
            says = _judge(one, stored.get(one.request, []))
            present += says is None
            faults += [] if says is None else [Fault(number, says, one.request)]
    return Reconciled(present, tuple(sorted(faults, key=lambda one: one.number)))


def _read(line: str) -> Receipt | None:
    value = line.strip()
    name, colon, rest = value.partition(":")
    if colon and name.lower() == "disclosure-receipt":
        value = rest.strip()
    try:
        return Receipt.parse(value)
    except BadNote:
        return None


def _is_ours(receipt: Receipt, keys: list[VerifierKey]) -> bool:
    for key in keys:
        try:
            verify_receipt(receipt, key)
        except BadNote:
            continue
        return True
    return False


class Stored(NamedTuple):
    """The hash of a stored leaf, worked out anew, and that in the tree; None while it has no place."""

    hashed: bytes
    placed: bytes | None


def _stored(session: Session, partnership: str, requests: set[str]) -> dict[str, list[Stored]]:
    """For each request its leaves in the order in which they were stored."""
    query = (
        select(LogEvent.request, LogEvent.leaf, LogLeaf.hash)
        .outerjoin(LogLeaf, LogLeaf.n == LogEvent.n)
        .where(
            LogEvent.partnership_id == partnership,
            LogEvent.code.in_(sorted(map(code_for, requests))),  # this has an index
            LogEvent.request.in_(sorted(requests)),
        )
    )
    found: dict[str, list[Stored]] = {}
    for request, leaf, placed in session.execute(query.order_by(LogEvent.n)):
        found.setdefault(request or "", []).append(Stored(leaf_hash(leaf), placed))
    return found


def _judge(receipt: Receipt, leaves: list[Stored]) -> str | None:
    """What is wrong; None if exactly the leaves that were signed stand in the log, one after another."""
    if not leaves:
        return MISSING
    for start, end in combinations(range(len(leaves) + 1), 2):
        signed = leaves[start:end]
        if leaves_hash(one.hashed for one in signed) == receipt.leaves_hash:
            if any(one.placed is None for one in signed):
                return WAITING
            return None if all(one.placed == one.hashed for one in signed) else OTHER
    return OTHER
