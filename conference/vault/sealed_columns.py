"""Every column that is sealed under a data key, and where its values stand: what a rotation seals anew.

Tables by name, for the vault knows no model. A test holds that no sealed column of the models is missing.
Where a value is moved with its seal from one table to another, the one that it comes from stands first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, inspect
from sqlalchemy.types import NullType

from conference.vault.place import Place

Row = Mapping[str, Any]  # of the columns in `key` and `more`
PlaceOf = Callable[[Row], Place]


class SealedTable(NamedTuple):
    """A table with sealed columns.

    key:    the columns of its primary key.   more: others that a place is made of.
    places: for each sealed column what gives the place of a row's value.
    or_at:  the other place, where a value can stand in one of two and no column says in which.
    """

    name: str
    places: Mapping[str, PlaceOf]
    key: tuple[str, ...] = ("id",)
    more: tuple[str, ...] = ()
    or_at: Mapping[str, PlaceOf] = MappingProxyType({})

    @property
    def table(self) -> Table:
        """It, as far as a rotation needs it."""
        names = (*self.key, *self.more, "partnership_id")
        plain = [Column(name, NullType(), primary_key=name in self.key) for name in names]
        return Table(self.name, MetaData(), *plain, *(Column(name, LargeBinary) for name in self.places))


def _own(table: str, *columns: str) -> SealedTable:
    """Columns whose place is just that: table, id, column."""
    return SealedTable(table, {column: _here(table, column) for column in columns})


def _here(table: str, column: str) -> PlaceOf:
    return lambda row: Place(table, row["id"], column)


def _of_version(column: str, row_id: str = "id") -> PlaceOf:
    """In a field, as `cases.seals.place_of` says it."""
    return lambda row: Place("field", row[row_id], f"{column}/{row['version']}")


def _withheld(row: Row) -> Place:
    number = row["withheld_number"]
    return Place("field", row["id"], f"withheld_reason/{number}" if number else "withheld_reason")


SEALED: tuple[SealedTable, ...] = (
    SealedTable(
        "field",
        {
            **{column: _of_version(column) for column in ("value", "summary", "source", "relevance")},
            "withheld_reason": _withheld,
        },
        more=("version", "withheld_number"),
    ),
    SealedTable(
        "field_version",
        {column: _of_version(column, "field_id") for column in ("value", "summary", "source")},
        key=("field_id", "version"),
    ),
    SealedTable("staff", {"name_sealed": _here("staff", "name")}),
    _own("action", "note"),
    SealedTable(
        "attachment",
        {"marks": lambda row: Place("attachment", row["field_id"], f"marks/{row['marks_number']}")},
        key=("field_id",),
        more=("marks_number",),
    ),
    _own("consent", "given_how"),
    _own("consent_unanswered", "how"),
    _own("decision", "reason"),
    _own("document_copy", "marks", "words"),
    _own("emergency", "reason"),
    SealedTable(
        "file_chunk",
        {"sealed": lambda row: Place("file_chunk", row["file_id"], str(row["number"]))},
        key=("file_id", "number"),
        or_at={"sealed": lambda row: Place("file_chunk", row["file_id"], f"{row['number']}/last")},
    ),
    _own("legal_hold", "reason"),
    _own("override_answer", "reason"),
    _own("override_request", "necessity", "proportionality"),
    _own("question", "text"),
    _own("recall_notice", "reason"),
    SealedTable(
        "retention_day",
        {"day": lambda row: Place("retention_day", f"{row['agency_id']}/{row['person_id']}", "day")},
        key=("agency_id", "person_id"),
    ),
    _own("review", "note"),
    _own("wrong_note", "text"),
    _own("wrong_report", "what", "why"),
)

_SEAL = "the seal of a row or a list, under the key of rows"
_HASH = "a hash or a signature, not sealed"
_TOKEN = "a keyed token, under a key of the index"  # noqa: S105 - what it is, not one

NOT_HERE: Mapping[str, str] = {
    "likeness.places": "under an index key; `conference search reindex` makes it anew",
    "likeness_block.sealed": "under an index key; `conference search reindex` makes it anew",
    "data_key.wrapped": "the data key itself: wrapped anew",
    "web_session.data": "sealed under a key of the browser's and one of ours; ends within a day",
    "import_seen.digest": _HASH,
    "import_seen.token": _TOKEN,
    "field.external_token": _TOKEN,
    "record.external_token": _TOKEN,
    "person_index.token": _TOKEN,
    "partnership.policies_seal": _SEAL,
    "person.said_seal": _SEAL,
    "staff.kept_out_seal": _SEAL,
}
"""Columns of bytes that no rotation of data keys touches, and why."""


def unknown_columns(connection: Connection) -> list[str]:
    """Columns of bytes in the database of which nobody said here whether they are sealed.

    `row_seal` is nowhere one. What the log holds is never sealed anew: its data keys are only wrapped anew.
    """
    known = {f"{one.name}.{column}" for one in SEALED for column in one.places} | NOT_HERE.keys()
    found = inspect(connection).get_multi_columns().items()
    return sorted(
        f"{table}.{column['name']}"
        for (_, table), columns in found
        for column in columns
        if isinstance(column["type"], LargeBinary)
        and column["name"] != "row_seal"
        and not table.startswith("log_")
        and f"{table}.{column['name']}" not in known
    )
