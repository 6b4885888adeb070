"""One row in every table that there is, made up from what the database says of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

# What a column's type does not say.
WORDS = {
    ("agency", "kind"): "police",
    ("agency", "sector"): "public",
    ("staff_role", "role"): "chair",
    ("data_key", "purpose"): "field",
    ("agency_key", "standing"): "given",
    ("web_session", "ends_at"): datetime(2030, 1, 1, tzinfo=UTC),
}


def add_rows(connection: sa.Connection) -> dict[str, int]:
    """Fill each table that is empty with one row; how many rows each has then."""
    counts = count_rows(connection)
    empty = [name for name, count in counts.items() if not count]
    metadata = sa.MetaData()
    if empty:
        metadata.reflect(connection, only=empty)  # and what they refer to
    kept: dict[str, Any] = {}
    for table in metadata.sorted_tables:
        if table.name in empty:
            values = {column.name: _value(table, column, kept) for column in table.columns}
            connection.execute(table.insert().values(values))
            counts[table.name] = 1
        if table.name in empty or any(_refers(other, table) for other in metadata.tables.values()):
            kept[table.name] = connection.execute(sa.select(table)).mappings().first()
    return counts


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = sorted(set(sa.inspect(connection).get_table_names()) - {"alembic_version"})
    if not names:
        return {}
    each = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)  # noqa: S608
    return dict(connection.exec_driver_sql(each).all())


def _refers(table: sa.Table, to: sa.Table) -> bool:
    return any(key.column.table is to for key in table.foreign_keys)


def _value(table: sa.Table, column: sa.Column[Any], kept: dict[str, Any]) -> object:
    known = WORDS.get((table.name, column.name))
    if known is not None:
        return known
    for key in column.foreign_keys:
        return kept[key.column.table.name][key.column.name]
    kind = column.type
    if isinstance(kind, sa.Enum):
        return kind.enums[0]
    makers: list[tuple[type, object]] = [
        (sa.Boolean, True),
        (sa.Integer, 1),
        (sa.DateTime, datetime(2026, 11, 22, 10, tzinfo=UTC)),
        (sa.Date, date(2026, 11, 22)),
        (sa.LargeBinary, b"sealed"),
    ]
    return next((value for of, value in makers if isinstance(kind, of)), "x")
