"""The database: typed base, and the two kinds of session.

A *read* session sees one snapshot and cannot write; a *write* session is one transaction: leaving the block
commits, raising rolls back. Services take a session and never commit.

On PostgreSQL each transaction is bound to an agency, or to the system, or to nobody, and the database shows
it no row beyond (`conference.wall`). On SQLite that changes nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar
from weakref import WeakSet

from sqlalchemy import (
    DateTime,
    Dialect,
    ForeignKey,
    LargeBinary,
    MetaData,
    String,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, UOWTransaction, mapped_column
from sqlalchemy.types import TypeDecorator

from conference import driver, wall

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.pool import PoolResetState

    from conference.vault.keyfile import KeyFile

Result = TypeVar("Result")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Ciphertext with its header, made by `conference.vault.seal`. Nothing else is ever put in such a column.
SealedBytes = Annotated[bytes, mapped_column(LargeBinary)]


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC, on both databases. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment; SQLite stores the UTC wall clock."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give it back aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table stands on."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Utc(), str: String(255)}  # noqa: RUF012 - SQLAlchemy reads it so


class OfPartnership:
    """A row that belongs to one partnership: its partition key."""

    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnership.id"), index=True)


class WriteInReadSession(RuntimeError):
    """A page that only reads tried to change something."""


class Turns:
    """A lock that those who wait get in the order in which they came, so that nobody starves."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        """Wait for one's turn."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            gate = threading.Lock()
            gate.acquire()  # released by whoever hands the turn over
            self._waiting.append(gate)
        try:
            gate.acquire()
        except BaseException:
            self._give_up(gate)
            raise

    def __exit__(self, *_: object) -> None:
        """Hand the turn over."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _give_up(self, gate: threading.Lock) -> None:
        """Of somebody who was interrupted while waiting, perhaps just when the turn was theirs."""
        with self._mutex:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return
        self.__exit__()


class Keeps(Protocol):
    """Somebody who keeps a connection."""

    def let_go(self) -> None:
        """Give it back."""


# Milliseconds until PostgreSQL ends what takes too long. Commands look through whole logs and wrap many keys.
SERVING = {
    "statement_timeout": 20_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 60_000,
}
WORKING = {
    "statement_timeout": 600_000,
    "lock_timeout": 60_000,
    "idle_in_transaction_session_timeout": 600_000,
}


# What a role may set for its own next connections (ALTER ROLE … SET) gives way to what a connection asks for.
ALWAYS = {"search_path": "public", "row_security": "on"}


class Database:
    """One database, SQLite or PostgreSQL, with the keys that its sealed columns need.

    url:    SQLAlchemy's form, `sqlite:///PATH` or `postgresql://…`.
    agency: whose rows sessions see that are not told: None is nobody's, `wall.SYSTEM` is for commands.
    """

    def __init__(self, url: str, keys: KeyFile, *, agency: str | None = None) -> None:
        self.keys = keys
        self.is_sqlite = url.startswith("sqlite")
        self._agency = agency
        self._writer = Turns()
        self._keeping = WeakSet[Keeps]()
        if self.is_sqlite:
            self.engine: Engine = create_engine(url, hide_parameters=True)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._reading = self.engine.execution_options(conference_begin="BEGIN")
            self._writing = self.engine.execution_options(conference_begin="BEGIN IMMEDIATE")
        else:
            self.engine = _postgresql(url, WORKING if agency == wall.SYSTEM else SERVING)
            self._reading = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._writing = self.engine.execution_options(isolation_level="READ COMMITTED")

    @contextmanager
    def read(self, agency: str | None = None) -> Iterator[Session]:
        """A session over one snapshot. Writing in it raises WriteInReadSession.

        agency: whose rows it sees; the database's own if not said.
        """
        with _Reading(self._reading, info=self._info("read", agency)) as session:
            yield session

    @contextmanager
    def write(
        self, agency: str | None = None, *, gives_way: bool = False, on: Connection | None = None
    ) -> Iterator[Session]:
        """One transaction: leaving commits, raising rolls back. On SQLite one writer at a time, in turn.

        agency: whose rows it sees and changes; the database's own if not said.
        gives_way: it is ended, to be done again with `patiently`, before anybody waits for it long.
        on: over which connection, of those that `kept_for` gave.
        """
        turn = self._writer if self.is_sqlite else nullcontext()
        info = self._info("write", agency)
        made = _Writing(self._writing if on is None else on, expire_on_commit=False, info=info)
        with turn, made as session, session.begin():
            if gives_way and not self.is_sqlite:
                session.execute(text(f"SET LOCAL lock_timeout = {GIVE_WAY}"))
            yield session

    def kept_for(self, user: Keeps) -> Connection:
        """A connection that writes, until `user` closes it, or lets it go as this database is closed."""
        self._keeping.add(user)
        return self._writing.connect()

    def close(self) -> None:
        """Give all connections back."""
        while self._keeping:
            self._keeping.pop().let_go()
        self.engine.dispose()

    def _info(self, mode: str, agency: str | None) -> dict[str, Any]:
        return {"keys": self.keys, "mode": mode, "database": self, "agency": agency or self._agency}


def bind(session: Session, agency: str) -> None:
    """From now on `session` sees the rows of `agency`, and no more."""
    if session.info["agency"] == agency:
        return
    session.info["agency"] = agency
    if session.in_transaction() and not session.info["database"].is_sqlite:
        _bind(session.connection(), session.info["keys"], agency)


# PostgreSQL's words for a deadlock, a change beneath one's feet, and a row that another held too long.
IN_EACH_OTHERS_WAY = {"40P01", "40001", "55P03"}
PAUSE = 0.05  # seconds before it is tried again
GIVE_WAY = 300  # milliseconds; it looks for deadlocks after a second


def patiently(step: Callable[[], Result], times: int = 50) -> Result:
    """Do a transaction that may be done again, again where PostgreSQL ended it to let another go on."""
    for _ in range(times - 1):
        try:
            return step()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in IN_EACH_OTHERS_WAY:
                raise
        time.sleep(PAUSE)
    return step()


def writable(session: Session) -> bool:
    """Whether `session` may change things."""
    return session.info.get("mode") == "write"


def _refuse_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        raise WriteInReadSession("a read session was asked to write")


def _bind_as_it_begins(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    agency = session.info["agency"]
    if agency is not None and not transaction.nested and not session.info["database"].is_sqlite:
        _bind(connection, session.info["keys"], agency)


class _Reading(Session):
    """As `Database.read` gives it."""


class _Writing(Session):
    """As `Database.write` gives it."""


event.listen(_Reading, "before_flush", _refuse_flush)  # for the class: to listen to each costs as much as it
event.listen(_Reading, "after_begin", _bind_as_it_begins)
event.listen(_Writing, "after_begin", _bind_as_it_begins)


def _bind(connection: Connection, keys: KeyFile, agency: str) -> None:
    here = str(connection.exec_driver_sql(wall.HERE).scalar_one())
    said = wall.bound_to(agency, here, keys.key(wall.KEY))
    connection.exec_driver_sql(wall.SET, (said,))


def _postgresql(url: str, timeouts: dict[str, int]) -> Engine:
    named = make_url(url)
    theirs = named.query.get("options", "")
    options = " ".join(
        [*(f"-c {name}={value}" for name, value in {**ALWAYS, **timeouts}.items()), str(theirs)]
    ).strip()
    engine = create_engine(
        named,
        pool_pre_ping=True,
        pool_reset_on_return=None,
        hide_parameters=True,
        connect_args={"options": options, "client_encoding": "utf8"},
    )
    event.listen(engine, "connect", driver.know_arrays)
    event.listen(engine, "reset", _leave_nothing)
    return engine


# A connection serves another agency next: what was set, opened or prepared in SQL does not go along. What the
# driver has prepared by itself stays, unless somebody prepared as well and may have taken its place.
_CLEAN = (
    b"RESET ALL; RESET ROLE; CLOSE ALL; UNLISTEN *; SELECT pg_catalog.pg_advisory_unlock_all();"
    b"SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_statement() WHERE from_sql"
)


class Touched(RuntimeError):
    """A connection comes back with something in it that the application never leaves there."""


def _leave_nothing(connection: Any, _record: object, state: PoolResetState) -> None:
    """Called as a connection goes back to the pool, which drops it where this raises."""
    if state.terminate_only:
        return
    connection.rollback()
    done = connection.pgconn.exec_(_CLEAN)
    if done.get_value(0, 0) != b"0":
        raise Touched("a statement was prepared in it, or it does not answer")


PRAGMAS = (
    "foreign_keys=ON",
    "journal_mode=WAL",
    "synchronous=FULL",
    "busy_timeout=10000",
    "mmap_size=268435456",  # bytes: all connections read the same memory, not a copy of each page
)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event says BEGIN, not the driver
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    driver.run(connection, str(connection.get_execution_options().get("conference_begin", "BEGIN")))
