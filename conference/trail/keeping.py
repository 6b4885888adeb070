"""A connection that one user keeps who comes again and again, as the committer does for each group.

Between two transactions a connection costs two ways there and back: one asks whether it still answers, and
one leaves nothing in it for whoever is next. Whoever keeps it is next themselves, for nobody's agency and
with the same few statements. After a pause it is asked whether it still answers; after anything that failed
it goes back to the pool, which cleans it before it gives it away again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from conference.db import Database

PAUSE = 2.0  # seconds


class Kept:
    """Write sessions, on PostgreSQL over a connection that is kept as long as one soon follows another."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._idle: list[tuple[Connection, float]] = []  # at most one, and since when

    @contextmanager
    def write(self) -> Iterator[Session]:
        """As `Database.write`: durable when it is left. For one at a time."""
        if self._database.is_sqlite:
            with self._database.write() as session:
                yield session
            return
        connection = self._taken()
        try:
            with self._database.write(on=connection) as session:
                yield session
        except BaseException:
            connection.close()
            raise
        self._idle.append((connection, time.monotonic()))

    def let_go(self) -> None:
        """Give back what is kept."""
        while self._idle:
            connection, _ = self._idle.pop()
            connection.close()

    def _taken(self) -> Connection:
        """Nobody else's until it is put back: whoever is ended meanwhile leaves nothing half done here."""
        if self._idle:
            connection, since = self._idle.pop()
            if time.monotonic() - since < PAUSE or _answers(connection):
                return connection
            connection.invalidate()
            connection.close()
        return self._database.kept_for(self)


def _answers(connection: Connection) -> bool:
    try:
        return connection.dialect.do_ping(connection.connection.dbapi_connection)  # type: ignore[arg-type]
    except connection.dialect.loaded_dbapi.Error:
        return False
