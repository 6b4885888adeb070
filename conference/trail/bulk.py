"""Put many rows into a table of the log with one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect, LargeBinary, Table
from sqlalchemy.engine import Connection

from conference import driver
from conference.db import Base

_Row = tuple[Any, ...]
_Processor = tuple[int, Callable[[Any], Any]]  # of a column, what makes its values fit for the driver


class Bulk:
    """An insert of `columns` into a table. It knows neither defaults nor events of the ORM."""

    def __init__(self, model: type[Base], *columns: str) -> None:
        self._table: Table = model.__table__  # type: ignore[assignment]
        self._columns = columns
        self._kinds: list[str] = []  # of the columns, at PostgreSQL
        self._made: dict[str, tuple[str, list[_Processor]]] = {}

    def insert(self, connection: Connection, rows: Sequence[_Row]) -> None:
        """Add `rows`, each with its values in the order of the columns, in one statement."""
        if not rows:
            return
        dialect = connection.dialect
        statement, processors = self._for(dialect)
        if dialect.name != "sqlite":
            driver.run(connection, statement, self.arrays(dialect, rows))
            return
        for at, process in processors:
            rows = [(*row[:at], process(row[at]), *row[at + 1 :]) for row in rows]
        driver.run(connection, statement, rows if len(rows) > 1 else rows[0], many=len(rows) > 1)

    def into(self, dialect: Dialect) -> str:
        """PostgreSQL: the same insert as a piece of a longer statement; `arrays` has what it takes."""
        return self._for(dialect)[0]

    def arrays(self, dialect: Dialect, rows: Sequence[_Row]) -> list[driver.Array]:
        """PostgreSQL: the values of `rows` column by column."""
        self._for(dialect)
        columns = zip(*rows, strict=True) if rows else [()] * len(self._columns)
        return [driver.array(kind, values) for kind, values in zip(self._kinds, columns, strict=True)]

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
        self._kinds = [one.type.compile(dialect).split("(")[0] for one in columns]
        arrays = ", ".join(f"%b::{kind}[]" for kind in self._kinds)
        return f"{into} SELECT * FROM unnest({arrays})", []  # noqa: S608 - names of our own columns
