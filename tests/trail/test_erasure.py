"""Erasing a person, seen from the log: what is about them closes and nothing else, backups included."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import audit
from conference.db import Database
from conference.trail import reconciling
from conference.trail.inspecting import check_whole
from conference.trail.keys import signing_key, verifier_key
from conference.trail.proving import export, proof_for, verify_now
from conference.trail.sequencer import place
from conference.trail.sqlstore import SqlStore
from conference.vault.erase import erase_person
from conference.vault.keyfile import KeyFile
from tests.trail.things import ANN, BEN, REQUEST, a_field, log, read, write

AGENCIES = ("police", "almo", "idva")


@pytest.fixture
def told(database: Database) -> list[str]:
    """Three events: about Ann, about Ben, about both and each."""
    ids = [
        write(database, a_field(1, "police", ANN)),
        write(database, a_field(2, "idva", BEN)),
        write(
            database,
            a_field(3, "police", ANN),
            a_field(4, "police", BEN),
            a_field(5, "idva", ANN, BEN),
            agency="police",
        ),
    ]
    place(database, "north")
    return ids


def erase(database: Database, person: str) -> None:
    with database.write() as session:
        erase_person(session, database.keys, person)


def checkpoint(database: Database) -> bytes:
    with database.read() as session:
        return SqlStore(session, "north").checkpoint()


def open_subjects(database: Database, agency: str) -> list[list[tuple[str, ...] | None]]:
    """Whom each item is about, event by event, oldest first; None for one that does not open."""
    found = read(database, agency, names=("disclosure.shown",))
    assert all(one.fault is None for one in found)
    return [[None if item is None else item.subjects for item in one.items] for one in reversed(found)]


def check_closed(database: Database, ids: list[str], before: bytes, folder: Path) -> None:
    """Ann's items are closed, all else is as it was."""
    assert checkpoint(database) == before
    assert check_whole(database, "north") == 3
    assert open_subjects(database, "police") == [[None], [None, (BEN,), None]]
    assert open_subjects(database, "almo") == [[None], [(BEN,)]]
    assert open_subjects(database, "idva") == [[(BEN,)], [None]]
    key = verifier_key(database.keys, "north")
    (folder / "vkey").write_text(f"{key}\n")
    with database.read() as session:
        for event_id in ids:
            proof, leaf = proof_for(session, "north", event_id)
            audit.Proof.parse(proof).verify(leaf, key)
            assert verify_now(session, "north", "police", event_id).holds
    for agency in AGENCIES:
        with database.read() as session:
            export(session, "north", folder / agency, agency=agency)
        audit.verify_folder(folder / agency, folder / "vkey")
        parts = (folder / agency / "parts.jsonl").read_text()
        assert ANN not in parts
        assert BEN in parts
        items = [item for line in parts.splitlines() for item in json.loads(line).get("items", [])]
        assert any(item["item"] is None and item["commitment"] for item in items)


def test_what_is_about_them_closes_and_the_log_stands(
    database: Database, told: list[str], tmp_path: Path
) -> None:
    before = checkpoint(database)
    erase(database, ANN)
    check_closed(database, told, before, tmp_path)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_the_log_goes_on_after_it(database: Database, told: list[str]) -> None:
    erase(database, ANN)
    write(database, a_field(6, "police", BEN))
    place(database, "north")
    assert check_whole(database, "north") == 4
    assert open_subjects(database, "police")[-1] == [(BEN,)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_receipts_are_still_in_the_log(database: Database) -> None:
    with database.write() as session:
        hashed = log(session, a_field(1, "police", ANN))
    place(database, "north")
    receipt = audit.sign_receipt(signing_key(database.keys, "north"), REQUEST, [hashed])
    erase(database, ANN)
    with database.read() as session:
        assert reconciling.reconcile(session, "north", [str(receipt)]) == reconciling.Reconciled(1, ())


def test_a_restored_backup_does_not_open_them(tmp_path: Path) -> None:
    """The database of before, with the key file of today: on SQLite, where a backup is a file."""
    from tests.trail.conftest import fill

    url = f"sqlite:///{tmp_path}/data.db"
    fill(url)
    database = Database(url, KeyFile.create(tmp_path / "keys"))
    ids = [
        write(database, a_field(1, "police", ANN)),
        write(database, a_field(2, "idva", BEN)),
        write(
            database,
            a_field(3, "police", ANN),
            a_field(4, "police", BEN),
            a_field(5, "idva", ANN, BEN),
            agency="police",
        ),
    ]
    place(database, "north")
    before = checkpoint(database)
    with (
        closing(sqlite3.connect(tmp_path / "data.db")) as source,
        closing(sqlite3.connect(tmp_path / "old.db")) as target,
    ):
        source.backup(target)
    shutil.copy(tmp_path / "keys", tmp_path / "old.keys")
    erase(database, ANN)
    database.close()
    restored = Database(f"sqlite:///{tmp_path}/old.db", KeyFile.open(tmp_path / "keys"))
    check_closed(restored, ids, before, tmp_path)
    restored.close()
    # that is what an old key file would bring back, and why its backups are kept for 30 days at most
    careless = Database(f"sqlite:///{tmp_path}/old.db", KeyFile.open(tmp_path / "old.keys"))
    assert open_subjects(careless, "police")[0] == [(ANN,)]
    careless.close()
