"""Migration 0018 over a log that was really written: nothing that opens an event is lost, up or down."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import audit
from audit import EMPTY_BODY
from conference.commands import migrating
from conference.db import Database
from conference.identity.models import Partnership
from conference.trail.errors import LogDisagrees
from conference.trail.inspecting import check_whole
from conference.trail.keys import verifier_key
from conference.trail.models import LogEvent
from conference.trail.opening import open_bodies
from conference.trail.packing import EMPTY_BYTES, PART, Piece, framed, pieces
from conference.trail.proving import export
from conference.trail.sequencer import check_start, place
from conference.vault.bodies import Part, Place, seal_parts
from conference.vault.errors import SealBroken
from conference.vault.keyfile import KeyFile
from tests.migrations.test_migrations import silent
from tests.trail.conftest import an_agency
from tests.trail.things import ANN, BEN, a_field, as_superuser, log, log_together, read

AGENCIES = ("police", "almo", "idva")
EVENTS = 10


@pytest.fixture
def told(at_head: str, tmp_path: Path) -> Iterator[Database]:
    """Events of one transaction and of several; some as they were stored before, each salt sealed alone."""
    made = Database(at_head, KeyFile.create(tmp_path / "keys"))
    with made.write() as session:
        session.add(Partnership(id="north", name="North", reference_prefix="NM"))
        session.flush()
        for position, name in enumerate(AGENCIES):
            session.add(an_agency(name, position))
    check_start(made, "north")
    with made.write() as session:
        log(session, a_field(1), a_field(1, "idva", BEN, ANN))
    both = [partial(about_both, number=number) for number in (1, 2, 3)]
    refused = partial(log, agency="police", name="access.refused", mark="a")
    log_together(made, both)
    log_together(made, [*both, refused])
    log_together(made, [refused, refused])
    place(made, "north")
    with as_superuser(made) as session:
        _as_before(session, last=4)
    yield made
    made.close()


def about_both(session: Session, number: int) -> None:
    log(session, a_field(number), a_field(1, "idva", BEN, ANN), note="why")


def _as_before(session: Session, last: int) -> None:
    """What opens these events as an older version stored it."""
    query = sa.select(LogEvent.n, LogEvent.id, LogEvent.sealed).where(LogEvent.n <= last)
    for n, event_id, frame in session.execute(query).all():
        found = pieces(frame)
        for agency in AGENCIES:
            body = open_bodies(session, "north", agency, [event_id])[event_id]
            if body.body != EMPTY_BODY:
                continue
            where = Place("log_part", event_id, agency)
            (sealed,) = seal_parts(session, [Part(body.salt + EMPTY_BODY, "north", agency, where)])
            assert len(sealed) == EMPTY_BYTES
            found.append(Piece(PART, agency, 0, sealed))
        given = {"sealed": b"".join(framed(*piece) for piece in found), "n": n}
        change = "UPDATE log_event SET sealed = :sealed, salts = NULL, ordinal = NULL WHERE n = :n"
        session.execute(sa.text(change), given)
    session.execute(sa.text("DELETE FROM log_salts WHERE n <= :last"), {"last": last})


def everything(database: Database, folder: Path) -> list[object]:
    """All that agencies see of the log, which has been verified."""
    assert check_whole(database, "north") == EVENTS
    found: list[object] = []
    folder.mkdir()
    (folder / "vkey").write_text(f"{verifier_key(database.keys, 'north')}\n")
    for agency in AGENCIES:
        with database.read() as session:
            export(session, "north", folder / agency, agency=agency)
        audit.verify_folder(folder / agency, folder / "vkey")
        found.append((folder / agency / "parts.jsonl").read_bytes())
        found.append(read(database, agency))
    return found


def stored_rows(database: Database) -> list[object]:
    """The events as stored, but for the order of an event's pieces; and all else that 0018 has changed."""
    with database.read() as session:
        events = session.execute(sa.text("SELECT * FROM log_event ORDER BY n")).mappings().all()
        found: list[object] = [{**row, "sealed": sorted(pieces(bytes(row["sealed"])))} for row in events]
        for table in ("log_salts", "log_mark", "log_leaf", "log_node", "log_queue"):
            found += sorted(session.execute(sa.text(f"SELECT * FROM {table}")).all())  # noqa: S608 - ours
    return found


def test_nothing_is_lost_on_the_way_down_and_up(told: Database, at_head: str, tmp_path: Path) -> None:
    before = everything(told, tmp_path / "before")
    rows = stored_rows(told)
    told.engine.dispose()
    migrating.go_back(at_head, "0017", tell=silent)
    with migrating.connected(at_head) as connection:
        stored = connection.exec_driver_sql(
            "SELECT e.n, s.sealed FROM log_empty AS s JOIN log_event AS e ON e.id = s.event_id"
        ).all()
        parts = connection.exec_driver_sql("SELECT agency, empty FROM log_part").all()
    for n, sealed in stored:  # those of before stand as before
        assert (len(sealed) % (EMPTY_BYTES + 2) == 0) == (n <= 4)
    assert {bool(empty) for _, empty in parts} == {False}
    migrating.migrate(at_head, tell=silent)
    again = Database(at_head, told.keys)
    assert stored_rows(again) == rows
    assert everything(again, tmp_path / "after") == before
    with again.write() as session:
        log(session, a_field(1))
    place(again, "north")
    check_start(again, "north")
    assert check_whole(again, "north") == EVENTS + 1
    again.close()


def test_what_was_stored_before_is_told_when_it_is_touched(told: Database) -> None:
    for change in ("sealed = NULL", "salts = 1, ordinal = 0, sealed = NULL"):
        with as_superuser(told) as session:
            session.execute(sa.text(f"UPDATE log_event SET {change} WHERE n = 2"))  # noqa: S608 - ours
        with pytest.raises(LogDisagrees, match="not listed"):
            check_whole(told, "north")
        for agency in AGENCIES:
            with told.read() as session, pytest.raises(SealBroken, match=r"missing|changed"):
                export(session, "north", Path("/nowhere/at/all"), agency=agency)
