"""The database: typed base, and the two kinds of session.

A *read* session sees one snapshot and cannot write; a *write* session is one transaction: leaving the block
commits, raising rolls back. Services take a session and never commit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from sqlalchemy import DateTime, Dialect, ForeignKey, LargeBinary, MetaData, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, UOWTransaction, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from conference.vault.keyfile import KeyFile

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


class Database:
    """One database, SQLite or PostgreSQL, with the keys that its sealed columns need.

    url: SQLAlchemy's form, `sqlite:///PATH` or `postgresql://…`.
    """

    def __init__(self, url: str, keys: KeyFile) -> None:
        self.keys = keys
        self.is_sqlite = url.startswith("sqlite")
        self.engine: Engine = create_engine(url, pool_pre_ping=not self.is_sqlite, hide_parameters=True)
        self._writer = Turns()
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._reading = self.engine.execution_options(conference_begin="BEGIN")
            self._writing = self.engine.execution_options(conference_begin="BEGIN IMMEDIATE")
        else:
            self._reading = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._writing = self.engine.execution_options(isolation_level="READ COMMITTED")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session over one snapshot. Writing in it raises WriteInReadSession."""
        with Session(self._reading, info=self._info("read")) as session:
            event.listen(session, "before_flush", _refuse_flush)
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: leaving commits, raising rolls back. On SQLite one writer at a time, in turn."""
        turn = self._writer if self.is_sqlite else nullcontext()
        made = Session(self._writing, expire_on_commit=False, info=self._info("write"))
        with turn, made as session, session.begin():
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _info(self, mode: str) -> dict[str, Any]:
        return {"keys": self.keys, "mode": mode, "database": self}


def writable(session: Session) -> bool:
    """Whether `session` may change things."""
    return session.info.get("mode") == "write"


def _refuse_flush(session: Session, _context: UOWTransaction, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        raise WriteInReadSession("a read session was asked to write")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event says BEGIN, not the driver
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(str(connection.get_execution_options().get("conference_begin", "BEGIN")))
