"""Statements of the log that go to the driver as they are: what SQLAlchemy asks of each would cost more.

They run in the transaction of the connection that is given, and fail as SQLAlchemy's own do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect, LargeBinary, Table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from conference.db import Base

_Row = tuple[Any, ...]
_Processor = tuple[int, Callable[[Any], Any]]  # of a column, what makes its values fit for the driver


def run(
    connection: Connection, statement: str, given: Sequence[Any] = (), *, many: bool = False
) -> list[_Row]:
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


class Bulk:
    """An insert of `columns` into a table. It knows neither defaults nor events of the ORM."""

    def __init__(self, model: type[Base], *columns: str) -> None:
        self._table: Table = model.__table__  # type: ignore[assignment]
        self._columns = columns
        self._made: dict[str, tuple[str, list[_Processor]]] = {}

    def insert(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Add `rows`, each with its values in the order of the columns, in one statement."""
        if not rows:
            return
        dialect = connection.dialect
        statement, processors = self._for(dialect)
        if dialect.name != "sqlite":
            run(connection, statement, self.arrays(rows))
            return
        for at, process in processors:
            rows = [(*row[:at], process(row[at]), *row[at + 1 :]) for row in rows]
        run(connection, statement, rows if len(rows) > 1 else rows[0], many=len(rows) > 1)

    def into(self, dialect: Dialect) -> str:
        """PostgreSQL: the same insert as a piece of a longer statement; `arrays` has what it takes."""
        return self._for(dialect)[0]

    def arrays(self, rows: Sequence[_Row]) -> tuple[list[Any], ...]:
        """PostgreSQL: the values of `rows` column by column."""
        return tuple(map(list, zip(*rows, strict=True))) or tuple([] for _ in self._columns)

    def _for(self, dialect: Dialect) -> tuple[str, list[_Processor]]:
        if dialect.name not in self._made:
            self._made[dialect.name] = self._make(dialect)
        return self._made[dialect.name]

    def _make(self, dialect: Dialect) -> tuple[str, list[_Processor]]:
        columns = [self._table.c[name] for name in self._columns]
        into = f"INSERT INTO {self._table.name} ({', '.join(self._columns)})"
        if dialect.name == "sqlite":
            values = ", ".join("?" * len(columns))
            bound = [one.type.dialect_impl(dialect).bind_processor(dialect) for one in columns]
            processors: list[_Processor] = [
                (at, process)
                for at, (one, process) in enumerate(zip(columns, bound, strict=True))
                if process is not None and not isinstance(one.type, LargeBinary)  # bytes go as they are
            ]
            return f"{into} VALUES ({values})", processors
        # in binary, for bytes as text are twice as long
        arrays = ", ".join(f"%b::{one.type.compile(dialect).split('(')[0]}[]" for one in columns)
        return f"{into} SELECT * FROM unnest({arrays})", []  # noqa: S608 - names of our own columns
