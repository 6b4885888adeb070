"""Show that the log is what it says: one event, or the whole of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import LogFault, OpenedItem, OpenedPart, Proof
from audit.encoding import from_base64, load_canonical, to_base64
from audit.event import commitment
from audit.pruning import kept_from, sign_minimum
from audit.shape import check_leaf
from audit.tree import inclusion_spans
from conference.errors import NotFound
from conference.trail import epochs, roster
from conference.trail.errors import NotPlacedYet
from conference.trail.keys import signing_key
from conference.trail.models import LogEvent, LogLeaf
from conference.trail.opening import OpenBody, open_bodies
from conference.trail.packing import Packed
from conference.trail.sqlstore import SqlStore
from conference.trail.witnessing import standing
from conference.trail.witnessing.standing import Witnessed
from conference.vault.bodies import Place
from conference.vault.errors import KeyGone, SealBroken

__all__ = ["CHECKED", "LogFault", "Verification", "export", "parts_for", "proof_for", "verify_now"]

CHUNK = 500
CHECKED = (
    "the part opens with the agency's key",
    "its items are those that the part commits to",
    "the part is the one that the leaf commits to",
    "the leaf stands at its place under the signed root",
    "the log's key signed the checkpoint",
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. failure: None, or what is wrong; `checked` is what had been shown to hold by then.

    index: its place, counted from 0, in a log of `size`; None while the event has none: then the checks of
    the tree are still to come, which is no failure.
    witnessed: the cosigned checkpoint that it was followed up to; None if no witness has cosigned one yet.
    """

    event_id: str
    checked: tuple[str, ...]
    failure: str | None
    index: int | None = None
    size: int | None = None
    root: str | None = None
    epoch: int | None = None
    witnessed: Witnessed | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong and the event has its place."""
        return self.failure is None and self.index is not None


def proof_for(session: Session, partnership: str, event_id: str) -> tuple[bytes, bytes]:
    """The event's `.tlog-proof` and its leaf, which together verify offline and say nothing to an outsider.

    Raises NotFound; NotPlacedYet.
    """
    leaf, _, place = _leaf(session, partnership, event_id)
    if place is None:
        raise NotPlacedYet(event_id)
    return bytes(_prove(session, partnership, place).proof), leaf


def epoch_of_proof(session: Session, partnership: str, event_id: str) -> int:
    """The epoch in which the event has its place. Raises NotFound, NotPlacedYet."""
    _, _, place = _leaf(session, partnership, event_id)
    if place is None:
        raise NotPlacedYet(event_id)
    return epochs.epoch_of(place)


def verify_now(session: Session, partnership: str, agency: str, event_id: str) -> Verification:
    """Derive the leaf again from the agency's opened part, and follow it up to the signed checkpoint.

    Raises NotFound if there is no such event.
    """
    leaf, version, place = _leaf(session, partnership, event_id)
    index = None if place is None else epochs.index_of(place)
    checked: list[str] = []
    try:
        body = open_bodies(session, partnership, agency, [event_id])[event_id]
        checked += CHECKED[:2]
        _check_leaf(leaf, body, roster.positions(session, partnership, agency).get(version))
        checked.append(CHECKED[2])
        if place is None:
            return Verification(event_id, tuple(checked), None)
        proved = _prove(session, partnership, place)
        checkpoint = proved.proof.verify(leaf, epochs.verifier(session, partnership, proved.epoch))
    except KeyError:
        failure = "the agency's part is missing"
    except (SealBroken, KeyGone, LogFault) as fault:
        failure = str(fault)
    else:
        size, root = checkpoint.size, to_base64(checkpoint.root)
        return Verification(event_id, CHECKED, None, index, size, root, proved.epoch, proved.witnessed)
    return Verification(event_id, tuple(checked), failure, index)


def parts_for(
    session: Session, partnership: str, agency: str, size: int, *, start: int = 0, epoch: int | None = None
) -> Iterator[OpenedPart | None]:
    """What opens `agency`'s part of each leaf from `start` up to `size`; None where it had no part yet.

    epoch: by default the current. Raises SealBroken, KeyGone.
    """
    first = epochs.first_place(epochs.current(session, partnership) if epoch is None else epoch)
    positions = roster.positions(session, partnership, agency)
    for at in range(first + start, first + size, CHUNK):
        query = (
            select(LogEvent.id, LogEvent.roster)
            .join(LogLeaf, LogLeaf.n == LogEvent.n)
            .where(
                LogLeaf.partnership_id == partnership,
                LogLeaf.position >= at,
                LogLeaf.position < min(at + CHUNK, first + size),
            )
        )
        rows = session.execute(query.order_by(LogLeaf.position)).all()
        bodies = open_bodies(session, partnership, agency, [row.id for row in rows])
        for event_id, version in rows:
            position = positions.get(version)
            if position is not None and event_id not in bodies:
                raise SealBroken(Place("log_part", event_id, agency), "it is missing")
            yield None if position is None else _opened(bodies[event_id], position)


def export(
    session: Session,
    partnership: str,
    folder: Path,
    *,
    agency: str | None = None,
    epoch: int | None = None,
    minimum: int | None = None,
    progress: audit.Progress | None = None,
) -> audit.Checkpoint:
    """Write the static log to `folder`, empty or not there yet; with an agency what opens its own parts.

    epoch:   by default the current.
    minimum: the index from which on it is to be kept there, under a note that the log's key signs.
    Raises audit.BadFolder; KeyMissing where an earlier epoch's key, which must sign that note, is lost.
    """
    store = SqlStore(session, partnership, epoch)
    latest = store.latest()
    size = 0 if latest is None else latest.size
    parts = None
    if agency is not None:
        start = kept_from(minimum or 0)
        parts = parts_for(session, partnership, agency, size, start=start, epoch=store.epoch)
    key = epochs.verifier(session, partnership, store.epoch)
    note = None
    if minimum is not None:
        signing = signing_key(session.info["keys"], partnership, store.epoch, new=False)
        note = bytes(sign_minimum(minimum, [signing]))
    return audit.export_log(store, folder, key, parts=parts, minimum=note, progress=progress)


def _leaf(session: Session, partnership: str, event_id: str) -> tuple[bytes, str, int | None]:
    query = (
        select(LogEvent.leaf, LogEvent.roster, LogLeaf.position)
        .outerjoin(LogLeaf, LogLeaf.n == LogEvent.n)
        .where(LogEvent.partnership_id == partnership, LogEvent.id == event_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"event {event_id}")
    return row.leaf, row.roster, row.position


class _Proved(NamedTuple):
    """A proof up to the newest checkpoint that a quorum cosigned, or without one to the newest there is."""

    proof: Proof
    epoch: int
    witnessed: Witnessed | None


def _prove(session: Session, partnership: str, place: int) -> _Proved:
    epoch, index = epochs.epoch_of(place), epochs.index_of(place)
    store = SqlStore(session, partnership, epoch)
    witnessed = standing.newest(session, partnership, place)
    note = store.checkpoint() if witnessed is None else witnessed.note
    size = audit.Checkpoint.parse(audit.Note.parse(note).text).size
    steps = store.proof(inclusion_spans(index, size))
    return _Proved(Proof(index, tuple(steps), note), epoch, witnessed)


def _check_leaf(leaf: bytes, body: OpenBody, position: int | None) -> None:
    """Raise LogFault unless `leaf` commits to `body` at `position`."""
    shape = check_leaf(load_canonical(leaf, "leaf"))
    parts = shape["parts"]
    if position is None or not isinstance(parts, list) or position >= len(parts):
        raise audit.BadEvent("leaf: no part for this agency")
    if shape["id"] != body.event_id or to_base64(commitment(body.salt, body.body)) != parts[position]:
        raise audit.BadEvent("leaf: does not commit to this part")


def _opened(body: OpenBody, position: int) -> OpenedPart:
    pairs = zip(body.items, body.commitments, strict=True)
    return OpenedPart(position, body.salt, body.body, tuple(_opened_item(*pair) for pair in pairs))


def _opened_item(item: Packed | None, committed: str) -> OpenedItem:
    expected = from_base64(committed, "commitment")
    return OpenedItem(expected, None, None) if item is None else OpenedItem(expected, item.salt, item.data)
