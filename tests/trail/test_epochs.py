"""A log that has lost its end goes on under another name; the gap stays, and both parts verify."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

import audit
from audit.checkpoint import open_checkpoint
from conference.db import Database
from conference.errors import BadInput
from conference.trail import epochs, receipts, reopening
from conference.trail.errors import LogDisagrees
from conference.trail.inspecting import check_whole
from conference.trail.keys import verifier_key
from conference.trail.models import LogCheckpoint, LogEvent, LogLeaf
from conference.trail.proving import export, proof_for, verify_now
from conference.trail.sequencer import check_start, place
from conference.trail.sqlstore import SqlStore
from tests.trail.things import as_superuser, read, write, write_many, zeros

APPROVED = ("stf_" + "a" * 26, "stf_" + "b" * 26)
BROKEN = {
    "the last leaf is gone": "DELETE FROM log_leaf WHERE position = 5",
    "a node was edited": "UPDATE log_node SET hash = {zeros} WHERE level = 1 AND position = 2",
    "the checkpoint was edited": (
        "UPDATE log_checkpoint SET note = replace(note, 'north', 'south') WHERE size = 6"
    ),
    "the queue has what is placed": (
        "INSERT INTO log_queue SELECT partnership_id, n FROM log_event"
        " WHERE n NOT IN (SELECT n FROM log_queue)"
    ),
}


def reopen(database: Database, **more: object) -> None:
    reopening.open_epoch(database, "north", approved_by=APPROVED, **more)  # type: ignore[arg-type]


def written(database: Database, count: int = 6) -> list[str]:
    """So many events, each with a checkpoint of its own."""
    ids = []
    for _ in range(count):
        ids += write_many(database, 1)
    return ids


def verified(database: Database, folder: Path, epoch: int, agency: str) -> str:
    """What the offline verifier says of one epoch's export."""
    with database.read() as session:
        export(session, "north", folder, agency=agency, epoch=epoch)
        (folder.parent / "vkey").write_text(f"{epochs.verifier(session, 'north', epoch)}\n")
    command = [sys.executable, "-m", "audit", "verify", folder, "--vkey", folder.parent / "vkey"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def first_leaf(database: Database, epoch: int) -> dict[str, object]:
    with database.read() as session:
        leaf: dict[str, object] = json.loads(SqlStore(session, "north", epoch).leaves(0, 1)[0])
    return leaf


@pytest.mark.parametrize("what", BROKEN)
def test_it_goes_on_and_both_epochs_verify(database: Database, tmp_path: Path, what: str) -> None:
    before = written(database)
    waiting = write(database)
    with as_superuser(database) as session:
        session.execute(text(BROKEN[what].format(zeros=zeros(database))))
    with pytest.raises(LogDisagrees):
        check_start(database, "north")
    with pytest.raises((LogDisagrees, IntegrityError)):
        place(database, "north")
    reopen(database)
    check_start(database, "north")
    place(database, "north")
    after = write_many(database, 3)
    check_start(database, "north")
    with database.read() as session:
        held = epochs.opened(session, "north")[0].held
        assert held == (6 if "queue" in what else 5)
        assert verify_now(session, "north", "police", before[1]).holds
        for event_id in (waiting, *after):
            found = verify_now(session, "north", "police", event_id)
            assert (found.holds, found.epoch) == (True, 2)
            proof, leaf = proof_for(session, "north", event_id)
            audit.Proof.parse(proof).verify(leaf, epochs.verifier(session, "north", 2))
    assert "'conference/north' size" in verified(database, tmp_path / "one", 1, "police")
    assert "'conference/north/2' size" in verified(database, tmp_path / "two", 2, "almo")
    said = first_leaf(database, 2)["continues"]
    assert isinstance(said, dict)
    assert (said["origin"], said["held"]) == ("conference/north", held)
    assert said["size"] == (5 if "checkpoint" in what else 6)
    entries = read(database, "idva", names=("log.continued",))
    assert [(one.about, one.index) for one in entries] == [(APPROVED, 0)]
    everywhere = select(LogEvent.id).outerjoin(LogLeaf, LogLeaf.n == LogEvent.n)
    assert check_whole(database, "north") >= held + 4
    with database.read() as session:
        assert session.scalars(everywhere.where(LogLeaf.position.is_(None))).all() == []


def test_a_sound_log_takes_no_new_epoch(database: Database) -> None:
    written(database, 3)
    with database.read() as session:
        kept = [one.note.encode() for one in session.scalars(select(LogCheckpoint))]
    with pytest.raises(BadInput, match="sound"):
        reopen(database, known=kept)
    with database.read() as session:
        assert epochs.current(session, "north") == 1
    assert not epochs.knows(database.keys, "north", 2)


def other_log(database: Database, size: int) -> bytes:
    """A checkpoint that our key signed, of leaves that are not here."""
    store = audit.MemoryStore(audit.SigningKey("conference/north", database.keys.key("log/north/1")))
    store.append(b"%d" % number for number in range(size))
    return store.checkpoint()


@pytest.mark.parametrize("size", [9, 3, 2])
def test_what_others_hold_and_we_do_not_is_named(database: Database, size: int) -> None:
    """After a restore nothing is wrong with what is stored: others' checkpoints show what is gone."""
    written(database, 3)
    check_start(database, "north")
    reopen(database, known=[other_log(database, size)])
    said = first_leaf(database, 2)["continues"]
    assert isinstance(said, dict)
    assert (said["size"], said["held"]) == (max(size, 3), 3)


def test_a_lost_key_is_followed_by_another(database: Database, tmp_path: Path) -> None:
    written(database, 3)
    old = verifier_key(database.keys, "north")
    database.keys.destroy("log/north/1")
    with pytest.raises(LogDisagrees):
        check_start(database, "north")
    with pytest.raises(BadInput, match="every agency has it"):
        reopen(database)
    stranger = audit.SigningKey(old.name, bytes(32)).verifier
    reopen(database, key=old)
    write_many(database, 2)
    check_start(database, "north")
    with database.read() as session:
        assert epochs.verifier(session, "north", 1) == old != stranger
        assert receipts.receipt(session, "north", [bytes(32)], "req_" + "a" * 26)
    assert "size 3 " in verified(database, tmp_path / "one", 1, "police")
    assert "size 3 " in verified(database, tmp_path / "two", 2, "police")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_a_stranger_s_key_or_checkpoint_is_refused(database: Database) -> None:
    written(database, 3)
    stranger = audit.SigningKey("conference/north", bytes(32))
    store = audit.MemoryStore(stranger)
    store.append([b"x"] * 9)
    with pytest.raises(BadInput, match="not one of this log"):
        reopen(database, known=[store.checkpoint()])
    with pytest.raises(BadInput, match="own key"):
        reopen(database, key=stranger.verifier)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_no_origin_is_used_twice(database: Database) -> None:
    """A database that was restored to before its second epoch is refused, and goes on as a third."""
    written(database, 3)
    database.keys.key_or_new("log/north/2")
    with pytest.raises(LogDisagrees, match="knows of epoch 2"):
        check_start(database, "north")
    reopen(database)
    check_start(database, "north")
    with database.read() as session:
        assert epochs.current(session, "north") == 3
        note = SqlStore(session, "north").checkpoint()
        signed, _ = open_checkpoint(note, epochs.verifier(session, "north"))
        assert signed.origin == "conference/north/3"


def test_an_epoch_that_somebody_else_wrote_is_not_believed(database: Database) -> None:
    written(database, 3)
    with database.read() as session:
        event = session.scalars(select(LogEvent.id)).first()
    with as_superuser(database) as session:
        session.execute(
            text(
                "INSERT INTO log_epoch (partnership_id, number, held, last, before_key, upto, event_id,"
                " approved_by, at) VALUES ('north', 2, 0, 'x', 'x', 99, :event, 'x x', '2026-01-01')"
            ),
            {"event": event},
        )
    from conference.vault.errors import RowBroken

    with pytest.raises((RowBroken, LogDisagrees)):
        check_start(database, "north")


def test_the_whole_log_is_sound_after_a_new_epoch(database: Database) -> None:
    written(database, 3)
    reopen(database, known=[other_log(database, 9)])
    write_many(database, 3)
    assert check_whole(database, "north") == 7
