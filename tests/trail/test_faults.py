"""Each step of logging and placing, failed, or done and the answer to it lost: nothing lost, nothing twice.

The steps are those that the databases really are asked to do: a test holds that the table names all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from audit import open_checkpoint
from audit.tree import consistency_proof, verify_consistency
from conference import driver
from conference.db import Database
from conference.trail import sequencer, writing
from conference.trail.committing import Committer
from conference.trail.inspecting import check_whole
from conference.trail.keys import verifier_key
from conference.trail.models import LogEvent
from conference.trail.sequencer import check_start, place
from conference.trail.sqlstore import SqlStore
from conference.vault.keyfile import KeyFile
from tests.trail.conftest import fill
from tests.trail.test_committing import at_once, prepared
from tests.trail.things import a_field, log, write, write_many

WRITING = (
    "SELECT inputs",
    "SELECT data_key",
    "SELECT numbers",
    "INSERT log_event",
    "INSERT log_salts",
    "INSERT log_mark",
    "INSERT log_queue",
    "COMMIT",
)
PLACING = (
    "SELECT log_queue",
    "SELECT log_epoch",
    "SELECT log_checkpoint",
    "SELECT log_leaf",
    "SELECT nodes",
    "SIGN",
    "INSERT log_leaf",
    "INSERT log_node",
    "INSERT log_checkpoint",
    "DELETE log_queue",
    "COMMIT",
)
ROWS = {"INSERT log_salts", "INSERT log_mark", "INSERT log_queue"}  # one by one there
ONLY = {"sqlite": {"BEGIN", *ROWS}, "postgresql": {"LOCK"}}
HOW = ("failed", "answer lost", "failed each time")
_TABLE = re.compile(r"(SELECT|INSERT|DELETE)\b.*?(?:INTO|FROM) (\w+)", re.DOTALL)


def step(statement: str) -> str:
    """The name of what the database is asked to do."""
    if statement.startswith("BEGIN"):
        return "BEGIN"
    if "advisory" in statement and "data_key" not in statement:
        return "LOCK"
    if "sqlite_sequence" in statement or "nextval" in statement:
        return "SELECT numbers"
    if "log_node AS n" in statement:
        return "SELECT nodes"
    if "FROM data_key" in statement:
        return "SELECT data_key"
    found = _TABLE.search(statement)
    assert found, statement
    return " ".join(found.groups())


@dataclass
class Faults:
    """Lets the step `name` fail, before or after it was done, the first time or each time."""

    name: str = ""
    how: str = "failed"
    met: list[str] = field(default_factory=list)
    struck: int = 0

    def at(self, name: str, *, done: bool) -> None:
        if not done:
            self.met.append(name)
        again = self.how == "failed each time" or not self.struck
        if name == self.name and again and done is (self.how == "answer lost"):
            self.struck += 1
            raise OperationalError(name, {}, Exception("the connection is gone"))


@contextmanager
def struck(database: Database, patch: pytest.MonkeyPatch, faults: Faults) -> Iterator[None]:
    """The faults are in force inside."""
    engine, dialect = database.engine, database.engine.dialect
    commit, sign, run = dialect.do_commit, sequencer.sign_checkpoint, driver.run

    def before(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        faults.at(step(statement), done=False)

    def after(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        faults.at(step(statement), done=True)

    def commits(connection: Any) -> None:
        faults.at("COMMIT", done=False)
        commit(connection)
        faults.at("COMMIT", done=True)

    def runs(connection: Any, statement: str, *given: Any, **more: Any) -> Any:
        faults.at(step(statement), done=False)
        found = run(connection, statement, *given, **more)
        faults.at(step(statement), done=True)
        return found

    def signs(*given: Any) -> Any:
        faults.at("SIGN", done=False)
        note = sign(*given)
        faults.at("SIGN", done=True)
        return note

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    with patch.context() as inside:
        inside.setattr(dialect, "do_commit", commits)
        inside.setattr(sequencer, "sign_checkpoint", signs)
        inside.setattr(driver, "run", runs)
        yield
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)


def count(database: Database) -> int:
    with database.read() as session:
        return int(session.scalar(select(func.count()).select_from(LogEvent)) or 0)


def checkpoint(database: Database) -> bytes:
    with database.read() as session:
        return SqlStore(session, "north").checkpoint()


def goes_on(database: Database, before: bytes, events: int) -> None:
    """Every event has one place, the log begins with what was signed before, and it starts again."""
    place(database, "north")
    check_start(database, "north")
    assert check_whole(database, "north") == events
    key = verifier_key(database.keys, "north")
    (old, _), (new, _) = open_checkpoint(before, key), open_checkpoint(checkpoint(database), key)
    assert new.size == events
    with database.read() as session:
        store = SqlStore(session, "north")
        proof = store.answer(lambda get: consistency_proof(get, old.size, new.size))
    verify_consistency(old.size, old.root, new.size, new.root, proof)


@pytest.mark.parametrize("name", [*WRITING, "BEGIN"])
def test_writing(database: Database, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An answer is given only if its event is durable; it is tried once more, and stored once."""
    if name in ONLY["sqlite"] and not database.is_sqlite:
        return  # psycopg begins by itself, and all rows go in one statement
    write_many(database, 3)
    for how in HOW:
        before, had, ready = checkpoint(database), count(database), prepared(database)
        faults = Faults(name, how)
        with struck(database, monkeypatch, faults):
            try:
                given = Committer(database).log(*ready)
            except OperationalError:
                given = False
        assert faults.struck == (2 if how == "failed each time" else 1)
        assert given is (how != "failed each time")
        assert count(database) == had + given
        goes_on(database, before, had + given)


@pytest.mark.parametrize("name", [*PLACING, "BEGIN", "LOCK"])
def test_placing(database: Database, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever fails, the next try places each event once."""
    if name in ONLY["postgresql" if database.is_sqlite else "sqlite"]:
        return
    write_many(database, 3)
    for number, how in enumerate(HOW, start=1):
        before = checkpoint(database)
        for _ in range(2):
            assert Committer(database).log(*prepared(database))
        faults = Faults(name, how)
        with struck(database, monkeypatch, faults), pytest.raises(OperationalError):
            place(database, "north")
        assert faults.struck == 1
        goes_on(database, before, 3 + 2 * number)


def test_the_tables_name_every_step(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    write_many(database, 3)
    ready = prepared(database)
    only, lacks = ({"BEGIN"}, set()) if database.is_sqlite else ({"LOCK"}, ROWS)
    for names, work in (
        (WRITING, lambda: Committer(database).log(*ready)),
        (PLACING, lambda: place(database, "north")),
    ):
        faults = Faults()
        with struck(database, monkeypatch, faults):
            work()
        assert set(faults.met) - only == set(names) - lacks


def test_a_key_file_that_cannot_be_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is placed, what waits waits, and it goes on when the file is back."""
    write_many(database, 2)
    before = checkpoint(database)
    assert Committer(database).log(*prepared(database))

    def gone(*_: Any, **__: Any) -> NoReturn:
        raise OSError(5, "input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(sequencer, "signing_key", gone)
        with pytest.raises(OSError, match="input/output"):
            place(database, "north")
    goes_on(database, before, 3)


def test_two_sequencers_at_once_place_each_event_once(database: Database) -> None:
    """Two processes, as two databases over one; one event is stored and waits while the others are placed."""
    other = Database(database.engine.url.render_as_string(hide_password=False), database.keys)
    write_many(database, 2)
    before = checkpoint(database)
    for _ in range(5):
        for one in (database, other):
            assert Committer(one).log(*prepared(one))
            at_once([lambda: place(database, "north"), lambda: place(other, "north")])
    other.close()
    goes_on(database, before, 12)


@pytest.mark.postgres
def test_a_smaller_number_that_commits_later_gets_its_place(postgres_log: Database) -> None:
    """Numbers come from a sequence before the commit: they do not say who is durable, and place nobody."""
    database = postgres_log
    write_many(database, 2)
    before = checkpoint(database)
    first, second = prepared(database), prepared(database)
    with database.write() as late:
        writing.commit_prepared(late, first[0])  # it has the smaller number, and is not durable yet
        assert Committer(database).log(*second)
        assert place(database, "north") == 1
        check_start(database, "north")
    assert place(database, "north") == 1
    with database.read() as session:
        numbers = session.scalars(select(LogEvent.n).order_by(LogEvent.n)).all()
        order = SqlStore(session, "north").leaves(2, 4)
    assert len(numbers) == 4
    assert list(order) == [second[0][0].parts.leaf, first[0][0].parts.leaf]
    goes_on(database, before, 4)


@pytest.mark.parametrize("name", ["SELECT nodes", "INSERT log_leaf", "INSERT log_checkpoint", "COMMIT"])
@pytest.mark.postgres
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # lost connections stay open
def test_the_connection_is_lost_while_placing(
    postgres_log: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The server ends the session, as it does when it is restarted; the next try places each event once."""
    database = postgres_log
    write_many(database, 2)
    before = checkpoint(database)
    write(database, a_field(1))
    other = create_engine(database.engine.url)

    class Cuts(Faults):
        def at(self, name: str, *, done: bool) -> None:
            if name == self.name and not done and not self.struck:
                self.struck = 1
                with other.connect() as connection:
                    connection.execute(text(CUT))

    with struck(database, monkeypatch, Cuts(name)), pytest.raises(OperationalError):
        place(database, "north")
    other.dispose()
    goes_on(database, before, 3)


CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_a_full_disk_while_placing(tmp_path: Path, keys: KeyFile) -> None:
    """Nothing is placed by halves, and when there is room again each event gets its place."""
    url = f"sqlite:///{tmp_path}/data.db"
    fill(url)
    database = Database(url, keys)
    write_many(database, 2)
    before = checkpoint(database)
    with database.write() as session:
        for number in range(200):
            log(session, a_field(number))
    engine = database.engine

    def is_full(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # no page more than there are

    event.listen(engine, "connect", is_full)
    engine.dispose()
    with pytest.raises(OperationalError, match="full"):
        place(database, "north")
    event.remove(engine, "connect", is_full)
    engine.dispose()
    goes_on(database, before, 202)
    database.close()
