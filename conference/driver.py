"""Statements that go to the driver as they are: for those that every answer waits for, SQLAlchemy costs more.

They run in the transaction of the connection that is given, and fail as SQLAlchemy's own do.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
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
        return list(cursor.fetchall()) if _has_rows(cursor) else []
    except connection.dialect.loaded_dbapi.Error as fault:
        raise _as_usual(connection, statement, fault) from fault
    finally:
        cursor.close()


def rows_with(
    connection: Connection, table: str, columns: tuple[str, ...], ids: Collection[str]
) -> Sequence[Row]:
    """`columns` of the rows of `table` with these ids, in one statement that whoever counts them sees.

    However many ids there are, the statement's text is the same. Both names are code's, nobody types them.
    """
    on = connection.dialect.name
    given = json.dumps(list(ids)) if on == "sqlite" else list(ids)
    return connection.exec_driver_sql(_with_ids(on, table, columns), (given,)).fetchall()


@cache
def _with_ids(on: str, table: str, columns: tuple[str, ...]) -> str:
    among = "IN (SELECT value FROM json_each(?))" if on == "sqlite" else "= ANY(%s::text[])"
    return f"SELECT {', '.join(columns)} FROM {table} WHERE id {among}"  # noqa: S608 - see above


def _has_rows(cursor: Any) -> bool:
    """Whether there is anything to fetch. PostgreSQL's driver would first describe every column at length."""
    if hasattr(cursor, "pgresult"):
        return cursor.pgresult is not None and cursor.pgresult.nfields > 0
    return cursor.description is not None


class Array(bytes):
    """A PostgreSQL array as it is sent, which takes the driver itself ten times as long to write."""

    __slots__ = ()


def array(kind: str, values: Sequence[Any]) -> Array:
    """`values`, of which some may be None, for a statement that says `%b::KIND[]`; kind: one of KINDS."""
    number, written = KINDS[kind]
    if not values:
        return Array(_NO_ARRAY.pack(0, 0, number))
    parts = [_ARRAY.pack(1, None in values, number, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(_NONE)
        else:
            data = written(value)
            parts.append(_LENGTH(len(data)))
            parts.append(data)
    return Array(b"".join(parts))


def _moment(at: datetime) -> bytes:
    return _BIG((at - _EPOCH) // _MICROSECOND)


_ARRAY, _NO_ARRAY = struct.Struct(">iiIii"), struct.Struct(">iiI")
_BIG, _LENGTH = struct.Struct(">q").pack, struct.Struct(">i").pack
_NONE = _LENGTH(-1)
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
# The type's number at PostgreSQL, and how it writes a value.
KINDS: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "BIGINT": (20, _BIG),
    "BYTEA": (17, bytes),
    "INTEGER": (23, _LENGTH),
    "TEXT": (25, str.encode),
    "TIMESTAMP WITH TIME ZONE": (1184, _moment),
    "VARCHAR": (1043, str.encode),
}


def know_arrays(connection: Any, _record: object) -> None:
    """Called for each new connection to PostgreSQL: its driver sends an `Array` as it is."""
    connection.adapters.register_dumper(Array, _as_it_is())


@cache
def _as_it_is() -> type[Any]:
    from psycopg import pq  # noqa: PLC0415 - who is on SQLite does not wait for it
    from psycopg.adapt import Dumper  # noqa: PLC0415

    class AsItIs(Dumper):
        format = pq.Format.BINARY

        def dump(self, obj: Array) -> Array:
            return obj

    return AsItIs


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
