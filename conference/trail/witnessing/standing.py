"""Who has witnessed what: for the officers' pages, a meeting's checkpoint, and proofs.

Every cosignature is verified again before it is counted, for a row in a table proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import BadNote, Note, Signature, VerifierKey, verify_cosignatures
from audit.note import parse_signature
from conference.clock import now
from conference.trail import epochs
from conference.trail.models import LogCheckpoint, LogLeaf
from conference.trail.witnessing import roll
from conference.trail.witnessing.models import Asked, Cosignature, MeetingClose, Refusal, Witness

LATE = timedelta(hours=2)
"""A witness is asked at least every hour; one that has not answered for so long is late."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint with what witnesses made of it.

    note:     the checkpoint, a signed note, with the cosignatures that verified.
    agencies: ids of those whose witnesses cosigned, each once.   needed: how many make a quorum.
    """

    epoch: int
    size: int
    note: bytes
    agencies: tuple[str, ...]
    needed: int
    at: datetime

    @property
    def has_quorum(self) -> bool:
        """Whether enough distinct agencies cosigned."""
        return 0 < self.needed <= len(self.agencies)


@dataclass(frozen=True, slots=True)
class Standing:
    """One witness: how it goes. size: of the last checkpoint that it cosigned, in its epoch; at: when."""

    id: str
    agency_id: str
    name: str
    outcome: str | None
    since: datetime | None
    size: int | None
    at: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """That a witness has seen another log than this one. size: of ours; theirs: what it says it has seen."""

    agency_id: str
    kind: str
    size: int
    theirs: int | None
    at: datetime


def standings(session: Session, partnership: str) -> list[Standing]:
    """Each witness that is asked, oldest first."""
    witnesses = roll.active(session, partnership)
    rows = session.scalars(select(Asked).where(Asked.partnership_id == partnership))
    asked = {one.witness_id: one for one in rows}
    query = (
        select(Cosignature.witness_id, func.max(Cosignature.size), func.max(Cosignature.at))
        .where(Cosignature.partnership_id == partnership)
        .group_by(Cosignature.witness_id)
    )
    last = {row[0]: (row[1], row[2]) for row in session.execute(query)}
    return [_standing(one, asked.get(one.id), last.get(one.id)) for one in witnesses]


def refusals(session: Session, partnership: str) -> list[Refused]:
    """Every refusal for having seen another log, in the current epoch, newest first. They never go away."""
    first = epochs.first_place(epochs.current(session, partnership))
    whose = {one.id: one.agency_id for one in roll.all_of(session, partnership)}
    query = select(Refusal).where(Refusal.partnership_id == partnership, Refusal.size > first)
    found = session.scalars(query.order_by(Refusal.at.desc(), Refusal.id))
    return [Refused(whose[one.witness_id], one.kind, one.size - first, one.theirs, one.at) for one in found]


def newest(session: Session, partnership: str, place: int) -> Witnessed | None:
    """The newest checkpoint with a quorum that holds the leaf at `place`, where it stands in the table.

    Without one, the newest that any agency cosigned; None without that.
    """
    return _best(session, partnership, place, first=False)


def of_meeting(session: Session, partnership: str, meeting_id: str) -> Witnessed | None:
    """The first checkpoint with a quorum that holds the end of this meeting; else as `newest`.

    None while the meeting has not ended, has no place in the log, or nobody has cosigned.
    """
    place = place_of_close(session, partnership, meeting_id)
    return None if place is None else _best(session, partnership, place, first=True)


def place_of_close(session: Session, partnership: str, meeting_id: str) -> int | None:
    """Where the leaf stands that says that the meeting ended; None while there is none."""
    row = session.get(MeetingClose, (partnership, meeting_id))
    if row is None:
        return None
    query = select(LogLeaf.position).where(
        LogLeaf.partnership_id == partnership,
        LogLeaf.position >= row.since,
        LogLeaf.hash == row.leaf_hash,
    )
    return session.scalar(query.order_by(LogLeaf.position).limit(1))


def _standing(witness: Witness, asked: Asked | None, last: tuple[int, datetime] | None) -> Standing:
    seen = witness.added_at if last is None else last[1]
    return Standing(
        id=witness.id,
        agency_id=witness.agency_id,
        name=VerifierKey.parse(witness.vkey).name,
        outcome=None if asked is None else asked.outcome,
        since=None if asked is None else asked.since,
        size=None if last is None else epochs.index_of(last[0]),
        at=None if last is None else last[1],
        is_late=now() - seen > LATE,
    )


def _best(session: Session, partnership: str, place: int, *, first: bool) -> Witnessed | None:
    """The checkpoint that holds the leaf at `place`: the earliest with a quorum if `first`, or the last."""
    witnesses = roll.all_of(session, partnership)
    needed = roll.least(one for one in witnesses if one.removed_at is None)
    after = epochs.first_place(epochs.epoch_of(place) + 1)
    agencies = func.count(Witness.agency_id.distinct())
    query = (
        select(Cosignature.size)
        .join(Witness, Witness.id == Cosignature.witness_id)
        .where(Cosignature.partnership_id == partnership, Cosignature.size > place, Cosignature.size < after)
        .group_by(Cosignature.size)
    )
    order = Cosignature.size.asc() if first else Cosignature.size.desc()
    for enough in (query.having(agencies >= max(needed, 1)), query):
        for size in session.scalars(enough.order_by(order).limit(3)):
            found = at_size(session, partnership, size, witnesses, needed)
            if found is not None and (found.has_quorum or enough is query):
                return found
    return None


def at_size(
    session: Session, partnership: str, place: int, witnesses: Collection[Witness], needed: int
) -> Witnessed | None:
    """The checkpoint stored at `place` with the cosignatures of `witnesses` that verify; None without any."""
    row = session.get(LogCheckpoint, (partnership, place))
    if row is None:
        return None
    lines = session.scalars(
        select(Cosignature.line)
        .where(Cosignature.partnership_id == partnership, Cosignature.size == place)
        .order_by(Cosignature.time, Cosignature.witness_id)
    ).all()
    read = Note.parse(row.note.encode())
    latest = {}  # the last cosignature of each witness stands for it
    for line in lines:
        for witness in witnesses:
            found = _verified(read.text, line, VerifierKey.parse(witness.vkey))
            if found is not None:
                latest[witness.id] = found
    if not latest:
        return None
    cosigned = [one for one in witnesses if one.id in latest]
    agencies = tuple(dict.fromkeys(one.agency_id for one in cosigned))
    note = Note(read.text, (*read.signatures, *(latest[one.id] for one in cosigned)))
    epoch = epochs.epoch_of(place - 1)
    return Witnessed(epoch, place - epochs.first_place(epoch), bytes(note), agencies, needed, row.at)


def _verified(text: str, line: str, key: VerifierKey) -> Signature | None:
    """The signature in `line`, if it is this witness's over the checkpoint."""
    try:
        found = parse_signature(line.removesuffix("\n"))
        return found if verify_cosignatures(Note(text, (found,)), [key]) else None
    except BadNote:
        return None
