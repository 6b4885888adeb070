"""Statements that go to the driver as they are: for those that every answer waits for, SQLAlchemy costs more.

They run in the transaction of the connection that is given, and fail as SQLAlchemy's own do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]


def run(
    connection: Connection, statement: str, given: Sequence[Any] = (), *, many: bool = False
) -> list[Row]:
    """What `statement`, in the driver's own words, gives. many: run it for each row of `given`.

    Raises what SQLAlchemy raises for such an error; a connection that is lost is not used again.
    """
    cursor = connection.connection.cursor()
    try:
        if many:
            cursor.executemany(statement, given)
        else:
            cursor.execute(statement, given)
        return list(cursor.fetchall()) if cursor.description else []
    except connection.dialect.loaded_dbapi.Error as fault:
        raise _as_usual(connection, statement, fault) from fault
    finally:
        cursor.close()


def _as_usual(connection: Connection, statement: str, fault: Exception) -> BaseException:
    dialect = connection.dialect
    lost = dialect.is_disconnect(fault, connection.connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(fault)
    return DBAPIError.instance(
        statement,
        None,
        fault,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
