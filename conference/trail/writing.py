"""Log what happened. Event and leaf are made at once, so the receipt is known before a page is rendered.

In a write session an event is stored with the change it speaks of. In a read session it waits, in the clear,
in `session.info["prepared"]` until `commit_prepared` stores it in a write session: only then may the answer
be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import (
    HOUSE,
    Continuation,
    Event,
    EventName,
    Item,
    Roster,
    leaf_hash,
    seal_event,
    value_commitment,
)
from audit.event import SALT_BYTES
from conference.clock import now
from conference.db import writable
from conference.ids import new_id, random_bytes
from conference.trail import roster, storing
from conference.trail.errors import NoRoster
from conference.trail.models import LogEvent
from conference.trail.storing import Prepared

__all__ = ["LeafHash", "LoggedItem", "Prepared", "commit_prepared", "is_stored", "item", "record"]

LeafHash = bytes
_NAMES = {name.value: name for name in EventName}


@dataclass(frozen=True, slots=True)
class LoggedItem:
    """An item, and the salt of its value's commitment."""

    item: Item
    value_salt: bytes | None


def item(
    *,
    field: str | None,
    owner: str,
    subjects: Iterable[str],
    class_name: str,
    level: str,
    shown: bytes | None = None,
    rule: str | None = None,
    basis: str | None = None,
    condition: str | None = None,
    power: str | None = None,
    agreement: str | None = None,
    consent: str | None = None,
    override: str | None = None,
    mark: str | None = None,
) -> LoggedItem:
    """One field of an event. shown: exactly the bytes shown, to be committed to; None if there are none."""
    salt = None if shown is None else random_bytes(SALT_BYTES)
    committed = None if shown is None or salt is None else value_commitment(salt, shown)
    made = Item(
        field=field,
        owner=owner,
        subjects=tuple(sorted(set(subjects))),
        class_=class_name,
        level=level,
        rule=rule,
        basis=basis,
        condition=condition,
        power=power,
        agreement=agreement,
        consent=consent,
        override=override,
        commitment=committed,
        mark=mark,
    )
    return LoggedItem(made, salt)


def record(
    session: Session,
    name: str,
    *,
    partnership: str,
    actor: str | None,
    agency: str | None,
    case: str | None = None,
    meeting: str | None = None,
    purpose: str | None = None,
    channel: str | None = None,
    on_behalf_of: str | None = None,
    policy: str | None = None,
    request: str | None = None,
    about: Iterable[str] = (),
    mark: str | None = None,
    items: Iterable[LoggedItem] = (),
    concerns: Iterable[str] = (),
    note: str | None = None,
    continues: Continuation | None = None,
) -> LeafHash:
    """Log one event: durable with this write session, or waiting in this read session.

    name:     one of `audit.EventName`.
    channel:  by default the session's, as the web layer set it; else `system`.
    request:  by default the session's.
    concerns: agencies that get the event's head although no item is theirs.
    note:     free text for the eyes of `agency` alone.
    continues: for the first event of a new epoch alone; see `reopening`.
    Returns the leaf's hash. Raises audit.BadEvent, NoRoster; when storing, KeyDestroyed for an erased person.
    """
    if name not in _NAMES:
        raise ValueError(f"{name} is no kind of event; see audit.EventName")
    logged = tuple(items)
    event = Event(
        id=new_id("evt"),
        at=now(),
        event=_NAMES[name],
        channel=channel or session.info.get("channel") or "system",
        actor=actor,
        agency=agency,
        on_behalf_of=on_behalf_of,
        purpose=purpose,
        case=case,
        meeting=meeting,
        policy=policy,
        request=request or session.info.get("request"),
        about=tuple(about),
        mark=mark,
        items=tuple(one.item for one in logged),
        concerns=tuple(concerns),
    )
    salts = tuple(one.value_salt for one in logged)
    prepared = _prepare(session, partnership, event, salts, note, continues)
    if writable(session):
        commit_prepared(session, [prepared])
    else:
        session.info.setdefault("prepared", []).append(prepared)
    session.info.setdefault("leaf_hashes", []).append(prepared.leaf_hash)
    return prepared.leaf_hash


def commit_prepared(session: Session, prepared: Sequence[Prepared]) -> None:
    """Store events in the write session `session`; they are durable when it has committed.

    The same few statements, however many events. Raises KeyDestroyed, WriteInReadSession.
    """
    if prepared:
        storing.store(session, prepared)


def is_stored(session: Session, prepared: Sequence[Prepared]) -> bool:
    """Whether these events, of one transaction, are durable already."""
    ids = [one.event.id for one in prepared]
    return bool(ids) and session.scalar(select(LogEvent.n).where(LogEvent.id.in_(ids)).limit(1)) is not None


def _prepare(
    session: Session,
    partnership: str,
    event: Event,
    salts: tuple[bytes | None, ...],
    note: str | None,
    continues: Continuation | None,
) -> Prepared:
    latest = _roster(session, partnership, event)
    parts = seal_event(event, latest, random_bytes, continues)
    return Prepared(partnership, event, parts, salts, latest.version, note, leaf_hash(parts.leaf))


def _roster(session: Session, partnership: str, event: Event) -> Roster:
    """The latest roster; made anew in a write session that speaks of an agency which has just joined."""
    if not writable(session):
        return roster.current(session, partnership)
    try:
        latest = roster.current(session, partnership)
    except NoRoster:
        return roster.refresh(session, partnership)
    business = {one.owner for one in event.items} | set(event.concerns) | {event.agency or HOUSE}
    if business - set(latest.agencies) - {HOUSE}:
        return roster.refresh(session, partnership)
    return latest
