"""The second wall's key: the same in the key file and in a table that only the tables' owner can read."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection

from conference import wall
from conference.commands import migrating
from conference.commands.errors import Stopped
from conference.db import Database
from conference.vault.keyfile import KeyFile
from conference.wall import ddl


def put_key(database: str, keys: Path | KeyFile) -> None:
    """Let the database check what the application signs. Nothing to do on SQLite. Safe to run at any time.

    database: the address with which the owner of the tables signs in.
    """
    if database.startswith("sqlite"):
        return
    if isinstance(keys, Path) and not keys.exists():
        raise Stopped(
            f"There is no key file {keys}, so the database cannot check who asks and shows nothing. "
            "Run `conference init`, or set CONFERENCE_KEYS, and migrate again."
        )
    held = keys if isinstance(keys, KeyFile) else KeyFile.open(keys)
    with migrating.connected(database) as connection, connection.begin():
        put_key_through(connection, held)


def stands_before(database: Database) -> bool:
    """Whether the wall stands between the role of this connection and some of the rows."""
    if database.is_sqlite:
        return False
    with database.read() as session:
        found = session.scalar(text("SELECT row_security_active('field')"))
    return bool(found)


def put_key_through(connection: Connection, keys: KeyFile) -> None:
    """The same, over a connection of the tables' owner."""
    inner, outer = wall.pads(keys.key_or_new(wall.KEY))
    connection.execute(text(ddl.PUT_KEY), {"inner": inner, "outer": outer})
