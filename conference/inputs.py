"""A counter that moves with every change of what may leave.

A page is decided over one snapshot and sent later. Before its event is made durable the counter is read
again: if it moved, the page is decided again. Coarse on purpose: one counter a partnership can be wrong in
one way only, by deciding again for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from conference import driver
from conference.db import Base, OfPartnership


class Inputs(OfPartnership, Base):
    """How often what a partnership's decisions rest on has changed."""

    __tablename__ = "inputs"

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), primary_key=True)
    version: Mapped[int]


def moved(session: Session, partnership_id: str) -> None:
    """Say that something decisions rest on has changed. Locks the counter until the transaction ends."""
    row = session.get(Inputs, partnership_id, with_for_update=True)
    if row is None:
        row = Inputs(partnership_id=partnership_id, version=0)
        session.add(row)
    row.version += 1
    session.flush()


def version(session: Session, partnership_id: str, *, hold: bool = False) -> int:
    """The counter as this session sees it. hold: keep it from moving until the transaction ends."""
    asked = select(Inputs.version).where(Inputs.partnership_id == partnership_id)
    if hold:
        asked = asked.with_for_update(read=True)
    return session.scalar(asked) or 0


def hold(session: Session, partnership_id: str) -> None:
    """Let nothing that decisions rest on change until this write session ends."""
    session.scalar(select(Inputs.version).where(Inputs.partnership_id == partnership_id).with_for_update())


def rests_on(session: Session, partnership_id: str, *, until: datetime | None = None) -> None:
    """Note that this answer was decided on the inputs as they are, and holds until `until` (aware)."""
    seen: dict[str, int] = session.info.setdefault("inputs", {})
    if partnership_id not in seen:
        seen[partnership_id] = version(session, partnership_id)
    if until is not None:
        known: datetime | None = session.info.get("horizon")
        session.info["horizon"] = until if known is None else min(known, until)


def seen(session: Session, partnership_id: str) -> int | None:
    """The counter that this answer was decided on; None if it rests on nothing yet."""
    noted: dict[str, int] = session.info.get("inputs", {})
    return noted.get(partnership_id)


def versions(session: Session, partnerships: Iterable[str]) -> dict[str, int]:
    """The counters of `partnerships`, kept from moving until the write session ends. One query."""
    asked = sorted(set(partnerships))
    if not asked:
        return {}
    connection = session.connection()
    on = connection.dialect.name
    given = json.dumps(asked) if on == "sqlite" else driver.array("TEXT", asked)
    found: dict[str, int] = dict(driver.run(connection, _VERSIONS[on], (given,)))
    return dict.fromkeys(asked, 0) | found


_COUNTERS = "SELECT partnership_id, version FROM inputs WHERE partnership_id "
_VERSIONS = {  # as text: this is asked for every answer
    "sqlite": _COUNTERS + "IN (SELECT value FROM json_each(?))",  # noqa: S608 - ours
    "postgresql": _COUNTERS + "= ANY(%b::text[]) ORDER BY partnership_id FOR SHARE",
}


def still_hold(session: Session, seen: dict[str, int], horizon: datetime | None, at: datetime) -> bool:
    """Whether everything that was read then is true now, inside a write session."""
    if horizon is not None and at >= horizon:
        return False
    return all(version(session, partnership, hold=True) == number for partnership, number in seen.items())
