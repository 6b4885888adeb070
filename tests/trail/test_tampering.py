# ruff: noqa: S608 - the names of tables are our own
"""What somebody who owns the database can do to a log, who finds it, and what it is called.

At start: the application refuses to serve. By a look at the whole log. By an earlier checkpoint that an
agency has kept, and by a witness: what is there now does not continue what they have seen.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import audit
from audit import LogFault, SigningKey, leaf_hash
from audit.note import COSIGNATURE
from audit.tree import append, consistency_proof, root
from audit.witness import Answer, Witness
from conference.db import Database
from conference.trail.errors import LogDisagrees
from conference.trail.inspecting import check_whole
from conference.trail.keys import signing_key, verifier_key
from conference.trail.proving import export
from conference.trail.sequencer import check_start, place
from conference.trail.sqlstore import SqlStore
from conference.vault.errors import SealBroken
from conference.vault.keyfile import KeyFile
from tests.trail.conftest import fill
from tests.trail.things import a_field, as_superuser, write, write_many, zeros

OTHER = b'{"v":1}'
SIGNED = 5


@dataclass
class Seen:
    """What was there before, and what others have of it."""

    ids: list[str]
    note: bytes
    witness: Witness


class Kept:
    """A witness's memory."""

    def __init__(self) -> None:
        self.notes: dict[str, bytes] = {}

    def last(self, origin: str) -> bytes | None:
        return self.notes.get(origin)

    def keep(self, origin: str, note: bytes) -> None:
        self.notes[origin] = note


def seen_before(database: Database) -> Seen:
    """Five events under two checkpoints; an agency has the last, and a witness has cosigned it."""
    ids = [*write_many(database, 3), *write_many(database, 2)]
    witness = Witness(
        SigningKey("witness.example", bytes(32), COSIGNATURE),
        [verifier_key(database.keys, "north")],
        Kept(),
        clock=lambda: 1_800_000_000,
        tell=lambda _origin, _note: None,
    )
    assert asked(database, witness, 0).status == 200
    with database.read() as session:
        return Seen(ids, SqlStore(session, "north").checkpoint(), witness)


@contextmanager
def as_owner(database: Database) -> Iterator[Session]:
    """A transaction without triggers, and without foreign keys."""
    if not database.is_sqlite:
        with as_superuser(database) as session:
            yield session
        return
    engine = create_engine(database.engine.url)  # on which nobody has switched them on
    with Session(engine) as session, session.begin():
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        yield session
    engine.dispose()


def asked(database: Database, witness: Witness, old: int) -> Answer:
    """What the witness answers to the newest checkpoint, `old` being the size it has seen."""
    with database.read() as session:
        store = SqlStore(session, "north")
        latest = store.latest()
        size = 0 if latest is None else latest.size
        try:
            proof = store.answer(lambda get: consistency_proof(get, old, size)) if 0 < old <= size else []
        except LogFault:
            proof = []
        lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", ""]
        return witness.add_checkpoint("\n".join(lines).encode() + store.checkpoint())


# --- edits ------------------------------------------------------------------------------------------------

Edit = Callable[[Session, Seen, KeyFile], None]


def sql(*statements: str) -> Edit:
    """Statements in which :one is the second event, :other another leaf and :hash its hash."""

    def edit(session: Session, seen: Seen, _keys: KeyFile) -> None:
        known = {"one": seen.ids[1], "other": OTHER, "hash": leaf_hash(OTHER)}
        for statement in statements:
            given = {name: value for name, value in known.items() if f":{name}" in statement}
            session.execute(text(statement), given)

    return edit


LEAF = "UPDATE log_event SET leaf = :other WHERE id = :one"
ITS_HASH = "UPDATE log_event SET leaf_hash = :hash WHERE id = :one"
NUMBER = "(SELECT n FROM log_event WHERE id = :one)"
IN_TREE = f"UPDATE log_leaf SET hash = :hash WHERE n = {NUMBER}"
OF_EVENT = ("log_mark", "log_salts")
CUT = (
    "DELETE FROM log_leaf WHERE position >= 3",
    "DELETE FROM log_node WHERE level = 1 AND position >= 1",
    "DELETE FROM log_node WHERE level >= 2",
)
GONE = "n NOT IN (SELECT n FROM log_leaf)"
CUT_WHOLE = (
    *CUT,
    "DELETE FROM log_checkpoint WHERE size > 3",
    *(f"DELETE FROM {table} WHERE {GONE}" for table in OF_EVENT),
    f"DELETE FROM log_event WHERE {GONE}",
)
ALL = ("log_leaf", "log_node", "log_checkpoint", *OF_EVENT, "log_event")


def swapped(session: Session, seen: Seen, _keys: KeyFile) -> None:
    """The second and the third leaf change places."""
    rows = session.execute(text("SELECT position, n, hash FROM log_leaf WHERE position IN (1, 2)")).all()
    session.execute(text("DELETE FROM log_leaf WHERE position IN (1, 2)"))
    for position, n, hashed in rows:
        given = {"at": 3 - position, "n": n, "hash": hashed}
        session.execute(text("INSERT INTO log_leaf VALUES ('north', :at, :n, :hash)"), given)


def rewritten(session: Session, seen: Seen, keys: KeyFile) -> None:
    """A leaf is changed, and the whole tree above it signed anew: by somebody who has the key file too."""
    sql(LEAF, ITS_HASH, IN_TREE)(session, seen, keys)
    hashes = session.scalars(text("SELECT hash FROM log_leaf ORDER BY position")).all()
    nodes = {(node.level, node.position): node.hash for node in append(_none, 0, map(bytes, hashes))}
    for (level, at), hashed in nodes.items():
        given = {"hash": hashed, "level": level, "at": at}
        session.execute(
            text("UPDATE log_node SET hash = :hash WHERE level = :level AND position = :at"), given
        )
    key = signing_key(keys, "north")
    for size in (3, SIGNED):
        found = root(lambda level, at: nodes[level, at], size)
        note = bytes(audit.sign_checkpoint(audit.Checkpoint(key.name, size, found), [key])).decode()
        given = {"root": found, "note": note, "size": size}
        session.execute(
            text("UPDATE log_checkpoint SET root = :root, note = :note WHERE size = :size"), given
        )


def _none(_level: int, _position: int) -> bytes:
    raise KeyError


NOT_HASHED = "event {one}, which is leaf 1, is not what was hashed"
PREFIX = "of 5 entries, where the log has only"
# What is done, and what is said of it at start, by a look at the whole, by an earlier checkpoint; or None.
TABLE: dict[str, tuple[Edit, str | None, str | None, str | None]] = {
    "a leaf": (sql(LEAF), None, NOT_HASHED, "previous checkpoint: its root"),
    "a leaf and its hash": (sql(LEAF, ITS_HASH), None, NOT_HASHED, "previous checkpoint: its root"),
    "a leaf and both hashes": (
        sql(LEAF, ITS_HASH, IN_TREE),
        None,
        "node 0 of level 1 is not that of the leaves below it",
        "not that of the",
    ),
    "a node": (
        sql("UPDATE log_node SET hash = :hash WHERE level = 1 AND position = 0"),
        None,
        "node 0 of level 1 is not that of the leaves below it",
        None,
    ),
    "an earlier checkpoint": (
        sql("UPDATE log_checkpoint SET root = :hash WHERE size = 3"),
        None,
        "checkpoint of size 3 is not of the leaves that are there",
        None,
    ),
    "what finds an agency's part": (
        sql(f"DELETE FROM log_mark WHERE n = {NUMBER} AND agency = 'police'"),
        None,
        "event {one} is not listed for those whom it concerns",
        None,
    ),
    "what finds a part, for others": (
        sql(
            f"INSERT INTO log_mark SELECT partnership_id, 'idva', n, mark FROM log_mark WHERE n = {NUMBER}"
            " AND agency = 'police'"
        ),
        None,
        "event {one} is not listed for those whom it concerns",
        None,
    ),
    "what opens an event": (
        sql("UPDATE log_event SET sealed = :other WHERE id = :one"),
        None,
        "what opens event {one} was changed",
        None,
    ),
    "an event deleted": (
        sql(
            *(f"DELETE FROM {table} WHERE n = {NUMBER}" for table in OF_EVENT),
            "DELETE FROM log_event WHERE id = :one",
        ),
        None,
        "event number 2, which is leaf 1, is missing",
        "no leaves 0 to 5",
    ),
    "a leaf deleted": (
        sql("DELETE FROM log_leaf WHERE position = 1"),
        "event {one} is neither placed nor queued",
        "event {one} is neither placed nor queued",
        "no leaves 0 to 5",
    ),
    "two leaves swapped": (swapped, None, "node 0 of level 1|node 1 of level 1", "not that of the"),
    "the end cut off": (sql(*CUT), "3 leaves where the last checkpoint has 5", "neither placed", "no leaves"),
    "the end cut off, cleanly": (sql(*CUT_WHOLE), None, None, f"{PREFIX} 3"),
    "all of it taken away": (sql(*(f"DELETE FROM {table}" for table in ALL)), None, None, f"{PREFIX} 0"),
    "all of it written anew, with the key": (
        rewritten,
        None,
        None,
        "previous checkpoint: its root is not that",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_a_superuser_does_is_found_and_named(database: Database, tmp_path: Path, name: str) -> None:
    edit, at_start, whole, earlier = TABLE[name]
    seen = seen_before(database)
    assert check_whole(database, "north") == SIGNED
    with as_owner(database) as session:
        edit(session, seen, database.keys)
    says(lambda: check_start(database, "north"), at_start, seen)
    says(lambda: check_whole(database, "north"), whole, seen)
    says(lambda: verified(database, tmp_path / "log", seen), earlier, seen)
    if earlier is not None and whole is None:  # a log that is sound in itself: only those outside can tell
        answer = asked(database, seen.witness, SIGNED)
        assert answer.status in {409, 422, 400}, answer
        for number in range(6):
            write(database, a_field(number))
        place(database, "north")
        says(lambda: verified(database, tmp_path / "later", seen), "previous checkpoint: its root", seen)
        assert asked(database, seen.witness, SIGNED).status == 422


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE log_event SET sealed = NULL",
        "UPDATE log_event SET sealed = {zeros}",
        "DELETE FROM log_salts",
        "UPDATE log_salts SET sealed = {zeros}",
    ],
)
def test_a_part_that_is_gone_is_missed_by_whoever_it_is_for(
    database: Database, tmp_path: Path, edit: str
) -> None:
    """The tree says nothing of what opens a leaf: its agency's own copy does not come without it."""
    seen = seen_before(database)
    with as_owner(database) as session:
        session.execute(text(edit.format(zeros=zeros(database))))
    verified(database, tmp_path / "log", seen)
    agency = "almo" if "log_event" in edit else "idva"
    with database.read() as session, pytest.raises(SealBroken, match=r"missing|changed"):
        export(session, "north", tmp_path / "own", agency=agency)
    assert not (tmp_path / "own").exists()


def says(work: Callable[[], object], words: str | None, seen: Seen) -> None:
    """`work` finds nothing, or a fault with these words."""
    if words is None:
        work()
        return
    with pytest.raises((LogDisagrees, LogFault), match=words.format(one=seen.ids[1])):
        work()


def verified(database: Database, folder: Path, seen: Seen) -> None:
    """What the agency does that kept the checkpoint: takes an export, and verifies that it continues it."""
    with database.read() as session:
        export(session, "north", folder)
    previous, vkey = folder.with_name("previous"), folder.with_name("vkey")
    previous.write_bytes(seen.note)
    vkey.write_text(f"{verifier_key(database.keys, 'north')}\n", "utf-8")
    audit.verify_folder(folder, vkey, previous=previous)


def test_an_old_backup_is_noticed_by_those_outside(tmp_path: Path, keys: KeyFile) -> None:
    """Restored whole it is sound in itself; a later checkpoint is of more, and then of another log."""
    url = f"sqlite:///{tmp_path}/data.db"
    fill(url)
    database = Database(url, keys)
    write_many(database, 2)
    database.close()
    shutil.copy(tmp_path / "data.db", tmp_path / "backup.db")
    seen = seen_before(database)
    assert check_whole(database, "north") == 7
    database.close()
    for left in ("data.db-wal", "data.db-shm"):
        (tmp_path / left).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", tmp_path / "data.db")
    check_start(database, "north")
    assert check_whole(database, "north") == 2
    says(lambda: verified(database, tmp_path / "log", seen), "of 7 entries, where the log has only 2", seen)
    assert asked(database, seen.witness, 7).status in {400, 409}
    for number in range(9):
        write(database, a_field(number))
    place(database, "north")
    says(lambda: verified(database, tmp_path / "later", seen), "previous checkpoint: its root", seen)
    assert asked(database, seen.witness, 7).status == 422
    database.close()
