"""The thread that asks the witnesses: when a meeting has ended, hourly, and again where one was away."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from conference.clock import now
from conference.db import Database
from conference.repeated import Repeated
from conference.trail.models import LogLeaf
from conference.trail.witnessing import roll, standing
from conference.trail.witnessing.asking import Outcome, Target, ask
from conference.trail.witnessing.models import Asked, Cosignature, MeetingClose, Witness

EVERY_SECONDS = 5.0
HOURLY = timedelta(minutes=50)
SOON, SELDOM = timedelta(seconds=30), timedelta(minutes=15)
RECENT = timedelta(days=2)
AT_ONCE = 8
_TURN = 4_917_330_285_510_764  # any number that no other program uses as an advisory lock in this database

log = logging.getLogger(__name__)


def asking(database: Database) -> Repeated:
    """The thread of a server process; one of them at a time asks."""

    def one_round() -> bool:
        ask_those_due(database)
        return False

    return Repeated("asker", EVERY_SECONDS, one_round)


def ask_those_due(database: Database) -> dict[str, Outcome]:
    """Ask every witness whose time has come, and say how it went, by witness. Nobody else asks meanwhile."""
    with database.read() as session:
        if not due(session, now()):
            return {}
    with _alone(database) as is_alone:
        if not is_alone:
            return {}
        with database.read() as session:
            targets = [Target.of(one) for one in due(session, now())]
        return ask_all(database, targets)


def ask_all(database: Database, targets: list[Target]) -> dict[str, Outcome]:
    """Ask each of these now, several at once, so that those that are away hold up no other."""
    if not targets:
        return {}
    with ThreadPoolExecutor(min(AT_ONCE, len(targets))) as pool:
        asked = [pool.submit(copy_context().run, ask, database, one) for one in targets]
        outcomes = [one.result() for one in asked]
    for one, outcome in zip(targets, outcomes, strict=True):
        if outcome in {Outcome.FORK, Outcome.ROLLBACK}:
            log.error("a witness has seen another log", extra={"fields": {"witness": one.id, "how": outcome}})
        elif outcome not in {Outcome.COSIGNED, Outcome.EMPTY}:
            log.warning("a witness did not cosign", extra={"fields": {"witness": one.id, "how": outcome}})
    return {one.id: outcome for one, outcome in zip(targets, outcomes, strict=True)}


def due(session: Session, at: datetime) -> list[Witness]:
    """The witnesses to be asked at `at`."""
    found: list[Witness] = []
    query = select(Witness.partnership_id).where(Witness.removed_at.is_(None)).distinct()
    for partnership in session.scalars(query).all():
        wanted = _wanted(session, partnership, at)
        found += [one for one in roll.active(session, partnership) if _is_due(session, one, wanted, at)]
    return found


def _wanted(session: Session, partnership: str, at: datetime) -> int | None:
    """Where the last leaf stands that ends a meeting and must be witnessed soon; None while there is none."""
    query = select(MeetingClose.meeting_id).where(
        MeetingClose.partnership_id == partnership, MeetingClose.at > at - RECENT
    )
    places = [standing.place_of_close(session, partnership, one) for one in session.scalars(query).all()]
    return max((place for place in places if place is not None), default=None)


def _is_due(session: Session, witness: Witness, wanted: int | None, at: datetime) -> bool:
    asked = session.get(Asked, (witness.partnership_id, witness.id))
    if asked is None:
        return _has_leaves(session, witness.partnership_id)
    if asked.outcome == Outcome.COSIGNED.value:
        if wanted is None or _last(session, witness) > wanted:
            return at - asked.at >= HOURLY
        return True
    patience = min(max((asked.at - asked.since) / 2, SOON), SELDOM)
    return at - asked.at >= patience


def _last(session: Session, witness: Witness) -> int:
    query = select(func.max(Cosignature.size)).where(
        Cosignature.partnership_id == witness.partnership_id, Cosignature.witness_id == witness.id
    )
    return session.scalar(query) or 0


def _has_leaves(session: Session, partnership: str) -> bool:
    query = select(LogLeaf.position).where(LogLeaf.partnership_id == partnership).limit(1)
    return session.scalar(query) is not None


@contextmanager
def _alone(database: Database) -> Iterator[bool]:
    """Whether no other process asks now. On SQLite there is no other. No transaction is held meanwhile."""
    if database.is_sqlite:
        yield True
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:turn)"), {"turn": _TURN}))
        try:
            yield taken
        finally:
            if taken:
                connection.execute(text("SELECT pg_advisory_unlock(:turn)"), {"turn": _TURN})
