"""Events to log, and short ways to log and look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from conference import driver
from conference.db import Database
from conference.trail.ddl import KEPT
from conference.trail.packing import Piece, framed, pieces
from conference.trail.reading import Entry, Wanted, events_for
from conference.trail.sequencer import place
from conference.trail.writing import LoggedItem, commit_prepared, item, record

ANN, BEN = "per_" + "a" * 26, "per_" + "b" * 26
STAFF, OTHER = "stf_" + "a" * 26, "stf_" + "b" * 26
CASE, REQUEST = "cas_" + "a" * 26, "req_" + "a" * 26


def a_field(number: int, owner: str = "police", *subjects: str, shown: bytes | None = b"Wren") -> LoggedItem:
    return item(
        field=f"fld_{number:026}",
        owner=owner,
        subjects=subjects or (ANN,),
        class_name="identity.name",
        level="presence" if shown is None else "full",
        shown=shown,
        rule="r-010",
        basis="PT",
        condition="A9g-18",
        power="CDA 1998 s115",
        agreement="dsa-1",
    )


def log(session: Session, *items: LoggedItem, agency: str = "almo", **more: Any) -> bytes:
    given: dict[str, Any] = {
        "partnership": "north",
        "actor": STAFF,
        "case": CASE,
        "purpose": "prevent-serious-harm",
        "channel": "screen",
        "request": REQUEST,
    }
    return record(session, more.pop("name", "disclosure.shown"), agency=agency, items=items, **(given | more))


def write(database: Database, *items: LoggedItem, **more: Any) -> str:
    """Log one event in a transaction of its own, and give its id."""
    with database.write() as session:
        hashed = log(session, *items, **more)
        return str(session.scalar(text("SELECT id FROM log_event WHERE leaf_hash = :hash"), {"hash": hashed}))


def log_together(database: Database, events: Sequence[Callable[[Session], object]]) -> None:
    """Store what `events` log as one group, as answers that only read are."""
    with database.read() as session:
        for one in events:
            one(session)
        prepared = session.info["prepared"]
    with database.write() as session:
        commit_prepared(session, prepared)


def write_many(database: Database, count: int) -> list[str]:
    ids = [write(database, a_field(number)) for number in range(count)]
    place(database, "north")
    return ids


def read(database: Database, agency: str, **wanted: Any) -> list[Entry]:
    with database.read() as session:
        return events_for(session, "north", agency, Wanted(**wanted))


@contextmanager
def as_superuser(database: Database) -> Iterator[Session]:
    """A transaction in which the triggers are off, as somebody who owns the database can have them."""
    sqlite = database.engine.dialect.name == "sqlite"
    with database.write() as session:
        session.execute(text("SELECT 1"))
        if sqlite:
            for table in KEPT:
                for what in ("update", "delete", "replace"):
                    session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{what}"))
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        yield session


def statements(database: Database, patch: pytest.MonkeyPatch) -> list[str]:
    """What the database is asked from now on, whether by SQLAlchemy or by the log itself."""
    asked: list[str] = []
    inner = driver.run

    def run(connection: Any, statement: str, *given: Any, **more: Any) -> Any:
        asked.append(statement)
        return inner(connection, statement, *given, **more)

    patch.setattr(driver, "run", run)
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    return asked


def reframe(session: Session, change: Callable[[str, Piece], Piece | None]) -> None:
    """Change what opens events, as whoever owns the database can: each piece into another, or None.

    change: is given the event's id and the piece.
    """
    for n, event_id, frame in session.execute(text("SELECT n, id, sealed FROM log_event")).all():
        changed = [change(event_id, piece) for piece in pieces(bytes(frame))]
        sealed = b"".join(framed(*piece) for piece in changed if piece is not None)
        session.execute(
            text("UPDATE log_event SET sealed = :sealed WHERE n = :n"), {"sealed": sealed, "n": n}
        )


def zeros(database: Database) -> str:
    """An SQL expression for 32 zero bytes."""
    return "zeroblob(32)" if database.engine.dialect.name == "sqlite" else "decode(repeat('00', 32), 'hex')"
