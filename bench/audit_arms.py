"""The arms of `make bench-audit`: each makes a number of durable appends, by so many writers at once."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import text

from bench import audit_bare as bare
from bench import audit_limit as limit
from conference.clock import now
from conference.db import Base, Database
from conference.identity.models import Agency, Partnership
from conference.inputs import Inputs
from conference.trail import models as log
from conference.trail import writing
from conference.trail.committing import Committer
from conference.trail.ddl import refusal_ddl
from conference.trail.sequencer import Sequencer, check_start
from conference.vault.keyfile import KeyFile
from conference.vault.models import DataKey, SealingCount, SealingRun
from tests.support.postgres import Cluster

AGENCIES = 15
ROW = 300  # bytes: what the goals were set with
REAL_ROW = 3_700  # about what a real event is stored with: leaf, parts, salts, keys
Append = Callable[[], object]  # one durable append
Writer = Callable[[], Append]  # makes what one writer needs


@dataclass
class Run:
    """What one arm did: seconds until the last append was durable, and each append's own seconds."""

    seconds: float
    each: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds

    def within(self, share: float) -> float:
        """The seconds within which that share of the appends was durable."""
        return sorted(self.each)[min(len(self.each) - 1, int(len(self.each) * share))]


def run(new_writer: Writer, writers: int, count: int) -> Run:
    """`writers` at once, each making `count` appends one after the other, each waiting for its own."""
    ready, found = threading.Barrier(writers + 1), Run(0.0)

    def work() -> None:
        one = new_writer()
        mine = []
        ready.wait()
        for _ in range(count):
            began = time.perf_counter()
            one()
            mine.append(time.perf_counter() - began)
        found.each += mine

    threads = [threading.Thread(target=work) for _ in range(writers)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    found.seconds = time.perf_counter() - began
    return found


# --- others -----------------------------------------------------------------------------------------------


def _sqlite(path: Path) -> sqlite3.Connection:
    made = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("PRAGMA synchronous=FULL")
    return made


@contextmanager
def raw_sqlite(folder: Path, size: int = ROW) -> Iterator[Writer]:
    """Each writer inserts rows of `size` bytes on a connection of its own, durably."""
    path = folder / f"raw-{size}.db"
    with closing(_sqlite(path)) as first:
        first.execute("CREATE TABLE entry (n INTEGER PRIMARY KEY, body BLOB)")

        def writer() -> Append:
            own, body = _sqlite(path), secrets.token_bytes(size)
            return lambda: own.execute("INSERT INTO entry (body) VALUES (?)", (body,))

        yield writer


@contextmanager
def raw_postgresql(url: str, size: int = ROW) -> Iterator[Writer]:
    """The same on PostgreSQL."""
    table = f"entry_{size}"
    with psycopg.connect(url, autocommit=True) as first:
        first.execute(f"CREATE TABLE {table} (n bigserial PRIMARY KEY, body bytea)")  # type: ignore[arg-type]

        def writer() -> Append:
            own, body = psycopg.connect(url, autocommit=True), secrets.token_bytes(size)
            into: Any = f"INSERT INTO {table} (body) VALUES (%s)"  # noqa: S608 - ours
            return lambda: own.execute(into, (body,))

        yield writer


@contextmanager
def chained_postgresql(url: str) -> Iterator[Writer]:
    """Each entry holds the hash of the one before: the head is locked until the commit."""
    with psycopg.connect(url, autocommit=True) as first:
        first.execute("CREATE TABLE chained (n bigserial PRIMARY KEY, body bytea, hash bytea)")
        first.execute("CREATE TABLE head (hash bytea)")
        first.execute("INSERT INTO head VALUES ('')")

        def writer() -> Append:
            own, body = psycopg.connect(url), secrets.token_bytes(ROW)

            def one() -> None:
                row = own.execute("SELECT hash FROM head FOR UPDATE").fetchone()
                assert row is not None
                hashed = hashlib.sha256(row[0] + body).digest()
                own.execute("INSERT INTO chained (body, hash) VALUES (%s, %s)", (body, hashed))
                own.execute("UPDATE head SET hash = %s", (hashed,))
                own.commit()

            return one

        yield writer


# --- ours -------------------------------------------------------------------------------------------------


@dataclass
class Real:
    """The application's log with 15 agencies, and its sequencer at work beside the writers."""

    database: Database
    committer: Committer
    sequencer: Sequencer

    def alone(self) -> Append:
        """As `writer`, but no answer shares a transaction with another."""
        return self.writer(Committer(self.database))

    def writer(self, committer: Committer | None = None) -> Append:
        """Makes an event of one item, its leaf, parts and seals, and logs it as an answer's."""
        chosen = committer or self.committer
        with self.database.read() as session:
            log_one(session)
            info = session.info

        def one() -> None:
            info["prepared"] = []
            log_one(session)
            assert chosen.log(info["prepared"], {"north": 0})
            self.sequencer.wake()

        return one

    def waiting(self) -> int:
        """How many events have no place yet."""
        with self.database.read() as session:
            return int(session.scalar(text("SELECT count(*) FROM log_queue")) or 0)


def log_one(session: Any) -> None:
    """Prepare one disclosure of one value."""
    writing.record(
        session,
        "disclosure.shown",
        partnership="north",
        actor="stf_" + "a" * 26,
        agency="agency-1",
        case="cas_" + "a" * 26,
        purpose="prevent-serious-harm",
        channel="screen",
        request="req_" + "a" * 26,
        items=[
            writing.item(
                field="fld_" + "a" * 26,
                owner="agency-2",
                subjects=["per_" + "a" * 26],
                class_name="identity.name",
                level="full",
                shown=b"Wren",
                rule="r-010",
            )
        ],
    )


@contextmanager
def real(folder: Path, url: str | None = None) -> Iterator[Real]:
    """A partnership of 15 agencies on SQLite, or at `url`."""
    with ExitStack() as stack:
        keys = KeyFile.create(folder / f"keys-{secrets.token_hex(4)}")
        database = Database(url or f"sqlite:///{folder}/real.db", keys)
        stack.callback(database.close)
        _fill(database)
        sequencer = Sequencer(database).start()
        stack.callback(sequencer.stop)
        yield Real(database, Committer(database), sequencer)


def _fill(database: Database) -> None:
    models = (Partnership, Agency, DataKey, Inputs, log.LogEvent, log.LogSalts, log.LogMark)
    more = (log.LogLeaf, log.LogNode, log.LogCheckpoint, log.LogQueue, log.RosterRow)
    last = (log.LogEpoch, log.LogStanding, SealingRun, SealingCount)
    tables = [model.__table__ for model in (*models, *more, *last)]
    Base.metadata.create_all(database.engine, tables)  # type: ignore[arg-type]
    with database.write() as session:
        names = {table.name for table in tables}  # type: ignore[attr-defined]
        for statement in refusal_ddl(database.engine.dialect.name):
            if not _of_another(statement, names):
                session.connection().exec_driver_sql(statement)
        session.add(Partnership(id="north", name="North", reference_prefix="NM"))
        session.flush()
        for number in range(AGENCIES):
            session.add(_agency(number))
    check_start(database, "north")


def _of_another(statement: str, names: set[str]) -> bool:
    """Whether it makes a trigger of a table that is not here."""
    words = statement.split()
    return words[1] == "TRIGGER" and words[words.index("ON") + 1] not in names


def _agency(number: int) -> Agency:
    name = f"agency-{number}"
    given = {"kind": "police", "sector": "public", "position": number, "joined_at": now()}
    return Agency(id=name, partnership_id="north", name=name, **given)


@contextmanager
def all_arms(cluster: Cluster) -> Iterator[dict[str, Writer]]:
    """Every arm with stores of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        url, real_url = (stack.enter_context(cluster.database()) for _ in range(2))
        here, there = stack.enter_context(real(folder)), stack.enter_context(real(folder, real_url))
        yield {
            "raw SQLite": stack.enter_context(raw_sqlite(folder)),
            "raw SQLite, rows as large": stack.enter_context(raw_sqlite(folder, REAL_ROW)),
            "one interpreter's limit, SQLite": stack.enter_context(limit.least(folder, _sqlite)),
            "bare tree, SQLite": stack.enter_context(bare.on_sqlite(_sqlite(folder / "bare.db"), ROW)),
            "real log, SQLite": here.writer,
            "real log not in groups, SQLite": here.alone,
            "raw PostgreSQL": stack.enter_context(raw_postgresql(url)),
            "raw PostgreSQL, rows as large": stack.enter_context(raw_postgresql(url, REAL_ROW)),
            "chain under a lock, PostgreSQL": stack.enter_context(chained_postgresql(url)),
            "bare tree, PostgreSQL": stack.enter_context(bare.on_postgresql(url, ROW)),
            "real log, PostgreSQL": there.writer,
            "real log not in groups, PostgreSQL": there.alone,
        }
