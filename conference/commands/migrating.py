"""Bring a database to the newest migration: one process at a time, one transaction a migration.

Every command asks how far the database is, and few migrate: alembic is imported only by those.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from conference.commands.errors import Stopped

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

FOLDER = Path(__file__).parent.parent.parent / "migrations"
_TURN = 7_305_812_246_100_917  # any number that no other program uses as an advisory lock in this database
_VERSION = "alembic_version"

Say = Callable[[str], None]


def migrate(database: str, *, tell: Say, target: str = "head", metadata: Any = None) -> None:
    """Run what is missing. Safe to run at any time and by several at once.

    database: the address, as in the settings.   tell: is told each step in a sentence.
    """
    from alembic import command

    with connected(database) as connection, _in_turn(connection):
        configuration = _configuration(connection, tell, metadata)
        before = _at(connection)
        command.upgrade(configuration, target)
        if _at(connection) == before:
            tell("The database is up to date.")


def go_back(database: str, target: str, *, tell: Say) -> None:
    """Undo migrations, down to and without what comes after `target`. Takes what they hold away with them."""
    from alembic import command

    with connected(database) as connection, _in_turn(connection):
        command.downgrade(_configuration(connection, tell, None), target)


def missing(database: str) -> list[str]:
    """The migrations that this database has not had, oldest first. Raises Stopped where it is newer."""
    with connected(database) as connection:
        there = _at(connection)
    names = all_there_are()
    if there is not None and there not in names:
        raise Stopped(
            f"The database was made by a newer version of this program (migration {there}). "
            "Install that version, or restore a backup from before it."
        )
    return names if there is None else names[names.index(there) + 1 :]


def all_there_are() -> list[str]:
    """Every migration of this version, oldest first: each file's name begins with its own."""
    names = sorted(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))
    if not names:
        raise Stopped(f"There are no migrations in {FOLDER / 'versions'}. Install this version again, whole.")
    return names


def newest(database: str) -> str:
    """The last migration that this database has had; empty if none."""
    with connected(database) as connection:
        return _at(connection) or ""


def is_empty(database: str) -> bool:
    """Whether no migration was ever run here."""
    with connected(database) as connection:
        return _at(connection) is None


@contextmanager
def connected(database: str) -> Iterator[Connection]:
    """A connection for migrations: its transactions hold changes of tables, on both databases."""
    if database.startswith("sqlite") and not Path(make_url(database).database or "").parent.is_dir():
        raise Stopped(
            f"There is no folder {Path(make_url(database).database or '').parent}. "
            "Run `conference init` first, or correct CONFERENCE_DATA or CONFERENCE_DATABASE."
        )
    engine = create_engine(database, hide_parameters=True)
    if database.startswith("sqlite"):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        if error.connection_invalidated or "connect" in str(error.orig) or "open" in str(error.orig):
            raise Stopped(
                "The database does not answer. Check that it runs and that CONFERENCE_DATABASE is right."
            ) from None
        raise
    finally:
        engine.dispose()


def say(*, ctx: MigrationContext, step: Any, **_rest: object) -> None:
    """Alembic calls this after each step."""
    configuration = ctx.config
    tell = configuration.attributes.get("tell") if configuration is not None else None
    if tell is not None:
        undone = "" if step.is_upgrade else "undone: "
        name = step.up_revision
        words = (name.doc if name is not None else "").rstrip(".")
        tell(f"Migration {undone}{step.up_revision_id}: {words}.")


def _configuration(connection: Connection, tell: Say, metadata: Any) -> Config:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    configuration.attributes.update(connection=connection, tell=tell, metadata=metadata)
    return configuration


def _at(connection: Connection) -> str | None:
    found: str | None = None
    if inspect(connection).has_table(_VERSION):
        found = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION}").scalar()  # noqa: S608 - ours
    connection.rollback()
    return found


@contextmanager
def _in_turn(connection: Connection) -> Iterator[None]:
    """One process at a time, whichever machine it is on."""
    if connection.dialect.name == "sqlite":
        path = Path(connection.engine.url.database or "").absolute()
        lock = os.open(path.with_name(f"{path.name}.migrating"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
        return
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({_TURN})")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_TURN})")
        connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event says BEGIN, not the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}").close()
