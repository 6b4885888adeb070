# ruff: noqa: S608 - the names of tables are our own
"""Events become durable with their change, or wait until an answer may be sent; none is in the clear."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from audit import BadEvent, Receipt, leaf_hash, leaves_hash, verify_receipt
from conference.db import Database
from conference.trail import models, roster
from conference.trail.codes import code_for
from conference.trail.errors import NoRoster
from conference.trail.keys import verifier_key
from conference.trail.receipts import receipt
from conference.trail.sequencer import Sequencer, check_start, place
from conference.trail.writing import commit_prepared
from conference.vault.erase import erase_person
from conference.vault.errors import KeyDestroyed
from conference.vault.keyfile import KeyFile
from tests.trail.conftest import an_agency
from tests.trail.things import ANN, BEN, CASE, REQUEST, STAFF, a_field, log, read, statements, write


def count(database: Database, model: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_an_event_lives_and_dies_with_its_change(database: Database) -> None:
    write(database, a_field(1))

    def change_and_fail(session: Session) -> None:
        log(session, a_field(2))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.write() as session:
        change_and_fail(session)
    assert count(database, models.LogEvent) == count(database, models.LogQueue) == 1


def test_the_hash_is_of_the_stored_leaf(database: Database) -> None:
    with database.write() as session:
        hashed = log(session, a_field(1))
        assert session.info["leaf_hashes"] == [hashed]
    with database.read() as session:
        row = session.execute(select(models.LogEvent)).scalar_one()
        assert row.leaf_hash == leaf_hash(row.leaf) == hashed
        assert row.request == REQUEST
        assert row.code == code_for(REQUEST)


def test_an_answer_that_only_reads_is_logged_before_it_is_sent(database: Database) -> None:
    with database.read() as session:
        session.info["request"] = REQUEST
        session.info["channel"] = "api"
        hashes = [log(session, a_field(1), channel=None, request=None), log(session, a_field(2, "idva", BEN))]
        prepared = session.info["prepared"]
    assert count(database, models.LogEvent) == 0
    with database.write() as session:
        commit_prepared(session, prepared)
        commit_prepared(session, [])
    entries = read(database, "almo")
    assert [entry.channel for entry in entries] == ["screen", "api"]
    assert {entry.request for entry in entries} == {REQUEST}
    with database.read() as session:
        assert set(session.scalars(select(models.LogEvent.leaf_hash))) == set(hashes)


def test_storing_takes_the_same_few_statements_however_much_is_logged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database, a_field(1), a_field(2, "idva", BEN), note="x")
    asked = statements(database, monkeypatch)
    with database.read() as session:
        for number in range(5):
            log(
                session,
                a_field(1),
                a_field(2, "idva", BEN),
                *[a_field(n) for n in range(3, 100 * number)],
                note="x",
            )
        prepared = session.info["prepared"]
    reading = len(asked)
    with database.write() as session:
        commit_prepared(session, prepared)
    assert reading <= 3
    assert len(asked) - reading <= 8


def test_nothing_is_in_the_clear(database: Database) -> None:
    write(database, a_field(1, shown=b"Wren"), note="because of Wren")
    place(database, "north")
    with database.read() as session:
        tables = ("log_event", "log_salts", "log_mark", "log_leaf", "log_node", "log_checkpoint")
        rows = [
            str(tuple(row)) for table in tables for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    stored = "".join(rows)
    for secret in ("Wren", ANN, STAFF, CASE, "prevent-serious-harm", "identity.name", "r-010", "fld_"):
        assert secret not in stored


@pytest.mark.parametrize(
    ("more", "error"),
    [
        pytest.param({"name": "disclosure.made"}, ValueError, id="unknown-name"),
        pytest.param({"actor": "J. Smith"}, BadEvent, id="actor-by-name"),
        pytest.param({"purpose": "to help her"}, BadEvent, id="free-text"),
        pytest.param({"agency": "nobody"}, BadEvent, id="unknown-agency"),
        pytest.param({"about": [ANN]}, BadEvent, id="person-in-the-head"),
        pytest.param({"concerns": ["nobody"]}, BadEvent, id="concerns-nobody"),
    ],
)
def test_what_has_no_shape_is_refused(
    database: Database, more: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error), database.write() as session:
        log(session, a_field(1), **more)
    assert count(database, models.LogEvent) == 0


def test_an_erased_person_is_not_written_about(database: Database, keys: KeyFile) -> None:
    with database.write() as session:
        erase_person(session, keys, ANN)
    with pytest.raises(KeyDestroyed):
        write(database, a_field(1))
    assert count(database, models.LogEvent) == 0


def test_a_partnership_without_agencies_has_no_log(database: Database) -> None:
    with pytest.raises(NoRoster), database.write() as session:
        log(session, partnership="south")
    with pytest.raises(NoRoster), database.read() as session:
        log(session, partnership="south")


def test_an_agency_that_joins_gets_a_part_in_later_leaves(database: Database) -> None:
    write(database, a_field(1))
    with database.write() as session:
        session.add(an_agency("nhs", 3))
        session.flush()
        log(session, a_field(2), agency="nhs")
        assert roster.refresh(session, "north") == roster.current(session, "north")
    with database.read() as session:
        assert roster.positions(session, "north", "nhs") == dict(
            zip(sorted(set(session.scalars(select(models.LogEvent.roster)))), (None, 3), strict=True)
        )
    assert len(read(database, "nhs")) == 1


def test_a_receipt_verifies_and_has_a_short_code(database: Database, keys: KeyFile) -> None:
    with database.write() as session:
        hashes = [log(session, a_field(1)), log(session, a_field(2))]
        made = receipt(session, "north", hashes, REQUEST)
    parsed = Receipt.parse(made.header)
    verify_receipt(parsed, verifier_key(keys, "north"))
    assert (parsed.request, parsed.leaves_hash) == (REQUEST, leaves_hash(hashes))
    assert made.code == code_for(REQUEST)
    assert len(made.code) == 14
    assert made.code != code_for("req_" + "b" * 26)


@pytest.mark.slow
def test_sixteen_threads_write_and_each_event_is_placed_once(database: Database) -> None:
    sequencer = Sequencer(database).start()
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for each in range(10):
                write(database, a_field(number * 100 + each), a_field(each, "idva", BEN))
                sequencer.wake()
        except BaseException as error:  # noqa: BLE001 - a thread's error is looked at below
            failed.append(error)

    write(database, a_field(1), a_field(1, "idva", BEN))
    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequencer.stop()
    place(database, "north")
    assert failed == []
    assert count(database, models.LogQueue) == 0
    assert count(database, models.LogLeaf) == count(database, models.LogEvent) == 161
    check_start(database, "north")
