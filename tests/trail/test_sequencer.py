# ruff: noqa: S608 - the names of tables are our own
"""Each durable event gets one place, whatever breaks; what was edited is found before anything is placed."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import NoReturn

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from audit import MemoryStore, NotInLog, open_checkpoint
from audit.tree import Get, Span, consistency_proof, consistency_spans, verify_consistency
from conference.db import Database
from conference.trail import sequencer as sequencer_module
from conference.trail.ddl import KEPT
from conference.trail.errors import LogDisagrees
from conference.trail.keys import signing_key, verifier_key
from conference.trail.sequencer import Sequencer, check_start, place
from conference.trail.sqlstore import SqlStore
from conference.vault.keyfile import KeyFile
from tests.migrations.samples import add_rows
from tests.trail.things import a_field, as_superuser, write, write_many, zeros


def _consistency(get: Get, old: int, size: int) -> list[bytes]:
    return consistency_proof(get, old, size)


@pytest.mark.parametrize("batches", [[1], [2], [3, 4], [1, 1, 1, 1, 1], [7, 1, 8], [0, 5]])
def test_the_stored_tree_is_that_of_the_reference(
    database: Database, keys: KeyFile, batches: list[int]
) -> None:
    key = verifier_key(keys, "north")
    reference = MemoryStore(signing_key(keys, "north"))
    sizes = []
    for count in batches:
        for number in range(count):
            write(database, a_field(number))
        assert place(database, "north") == count
        with database.read() as session:
            store = SqlStore(session, "north")
            checkpoint, _ = open_checkpoint(store.checkpoint(), key)
            sizes.append(checkpoint)
            reference.append(store.leaves(reference.size, checkpoint.size))
            assert checkpoint == open_checkpoint(reference.checkpoint(), key)[0]
            for level in range(4):
                whole = checkpoint.size >> level
                assert list(store.nodes(level, 0, whole)) == list(reference.nodes(level, 0, whole))
            for earlier in sizes:
                proof = store.answer(partial(_consistency, old=earlier.size, size=checkpoint.size))
                assert store.proof(consistency_spans(earlier.size, checkpoint.size)) == proof
                verify_consistency(earlier.size, earlier.root, checkpoint.size, checkpoint.root, proof)
            with pytest.raises(NotInLog):
                store.proof([Span(0, 4 * (checkpoint.size + 1))])
    assert place(database, "north") == 0
    check_start(database, "north")


def test_batches_follow_each_other(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer_module, "BATCH", 3)
    for number in range(7):
        write(database, a_field(number))
    assert place(database, "north") == 7
    with database.read() as session:
        assert session.scalars(text("SELECT size FROM log_checkpoint ORDER BY size")).all() == [3, 6, 7]
        numbers = session.scalars(text("SELECT n FROM log_event ORDER BY n")).all()
        assert session.scalars(text("SELECT n FROM log_leaf ORDER BY position")).all() == numbers


@pytest.mark.parametrize("step", ["_store", "_store_checkpoint", "_take_from_queue"])
def test_a_crash_while_placing_leaves_all_of_it_to_do(
    database: Database, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    write_many(database, 3)
    write(database, a_field(4))

    def died(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sequencer_module, step, died)
        with pytest.raises(KeyboardInterrupt):
            place(database, "north")
    check_start(database, "north")
    assert place(database, "north") == 1
    assert place(database, "north") == 0
    check_start(database, "north")


def test_what_is_durable_is_placed_after_a_restart(database: Database, keys: KeyFile) -> None:
    write(database, a_field(1))
    again = Database(database.engine.url.render_as_string(hide_password=False), keys)
    check_start(again, "north")
    assert place(again, "north") == 1
    again.close()


def test_the_thread_places_what_it_is_woken_for_and_what_it_is_not(database: Database) -> None:
    thread = Sequencer(database).start()
    write(database, a_field(1))
    thread.wake()
    _wait_for(database, 1)
    write(database, a_field(2))
    _wait_for(database, 2)
    thread.stop()
    assert not thread.alive


def test_the_thread_outlives_what_goes_wrong(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write(database, a_field(1))
    thread = Sequencer(database)
    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(sequencer_module, "_place_batch", lambda *_: 1 / 0)
        thread.start().wake()
        while "could not be placed" not in caplog.text:
            time.sleep(0.01)
    _wait_for(database, 1)
    thread.stop()


def _wait_for(database: Database, size: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with database.read() as session:
            if SqlStore(session, "north").end() == size:
                return
        time.sleep(0.02)
    pytest.fail("not placed within ten seconds")


@pytest.mark.parametrize("table", sorted(KEPT))
def test_the_database_refuses_changes(database: Database, table: str) -> None:
    write(database, a_field(1), note="why")
    write_many(database, 2)
    with database.write() as session:
        add_rows(session.connection())  # where nothing has been stored yet
    before = _content(database, table)
    assert before
    changes = [f"UPDATE {table} SET partnership_id = 'south'", f"DELETE FROM {table}"]
    if database.engine.dialect.name == "sqlite":
        changes += [f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"]
    else:
        changes += [f"DELETE FROM {table} WHERE 1 = 0", f"TRUNCATE {table} CASCADE"]
    for change in changes:
        with pytest.raises(DatabaseError, match="append-only"), database.write() as session:
            session.execute(text(change))
    assert _content(database, table) == before


def _content(database: Database, table: str) -> list[str]:
    with database.read() as session:
        return sorted(str(tuple(row)) for row in session.execute(text(f"SELECT * FROM {table}")))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        pytest.param("DELETE FROM log_leaf WHERE position = 4", "4 leaves where", id="last-leaf"),
        pytest.param("DELETE FROM log_node WHERE level = 2", "no node 0 at level 2", id="a-peak"),
        pytest.param(
            "UPDATE log_node SET hash = {zeros} WHERE level = 2", "root signed at 5", id="a-peak's-hash"
        ),
        pytest.param(
            "UPDATE log_leaf SET hash = {zeros} WHERE position = 4", "root signed at 5", id="a-leaf's-hash"
        ),
        pytest.param(
            "DELETE FROM log_checkpoint WHERE size = 5", "5 leaves and no checkpoint", id="all-checkpoints"
        ),
        pytest.param(
            "UPDATE log_checkpoint SET root = {zeros}", "says something else inside", id="root-beside-note"
        ),
        pytest.param(
            "UPDATE log_checkpoint SET size = 6", "says something else inside", id="size-beside-note"
        ),
        pytest.param(
            "UPDATE log_checkpoint SET note = replace(note, '5', '6')", "checkpoint of size 5", id="note"
        ),
        pytest.param("UPDATE log_checkpoint SET note = ''", "checkpoint of size 5", id="no-note"),
    ],
)
def test_an_edited_tree_is_found_and_nothing_more_is_placed(database: Database, edit: str, says: str) -> None:
    write_many(database, 5)
    check_start(database, "north")
    with as_superuser(database) as session:
        session.execute(text(edit.format(zeros=zeros(database))))
    with pytest.raises(LogDisagrees, match=says):
        check_start(database, "north")
    write(database, a_field(6))
    with pytest.raises(LogDisagrees, match=says):
        place(database, "north")


def test_an_event_that_was_dropped_from_the_queue_is_missed(database: Database) -> None:
    write_many(database, 2)
    lost = write(database, a_field(3))
    with database.write() as session:
        session.execute(text("DELETE FROM log_queue"))
    with pytest.raises(LogDisagrees, match=f"{lost} is neither placed nor queued"):
        check_start(database, "north")


def test_an_event_that_was_queued_again_is_found(database: Database) -> None:
    twice = write_many(database, 2)[0]
    with database.write() as session:
        session.execute(
            text("INSERT INTO log_queue (partnership_id, n) SELECT 'north', min(n) FROM log_event")
        )
    with pytest.raises(LogDisagrees, match=f"{twice} is placed and queued again"):
        check_start(database, "north")


def test_a_leaf_edited_before_it_was_placed_is_found(database: Database) -> None:
    edited = write(database, a_field(1))
    with as_superuser(database) as session:
        session.execute(text("UPDATE log_event SET leaf = :leaf"), {"leaf": b"{}"})
    with pytest.raises(LogDisagrees, match=f"leaf of event {edited}"):
        place(database, "north")


def test_a_lost_signing_key_is_found(database: Database, keys: KeyFile) -> None:
    write_many(database, 1)
    keys.destroy("log/north/1")
    with pytest.raises(LogDisagrees, match="was destroyed"):
        check_start(database, "north")


def test_a_partnership_that_has_no_agencies_yet_is_sound(database: Database) -> None:
    check_start(database, "south")


def test_two_partnerships_have_two_logs(database: Database) -> None:
    write_many(database, 2)
    with database.read() as session:
        assert SqlStore(session, "south").end() == 0
    assert place(database, "south") == 0
