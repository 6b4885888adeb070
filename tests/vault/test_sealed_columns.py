"""No sealed column is forgotten by a rotation."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary

import conference
from conference.cases.seals import place_of
from conference.db import Base
from conference.vault.sealed_columns import NOT_HERE, SEALED


@pytest.fixture(scope="module")
def columns() -> set[str]:
    """Every column of bytes that there is, as table.column."""
    folder = Path(conference.__file__).parent
    for path in sorted(folder.rglob("models.py")):
        importlib.import_module(".".join(("conference", *path.relative_to(folder).with_suffix("").parts)))
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.name != "row_seal"
        if not table.name.startswith("log_")  # never sealed anew
    }


def test_every_column_of_bytes_is_sealed_anew_or_named_as_an_exception(columns: set[str]) -> None:
    registered = {f"{table.name}.{column}" for table in SEALED for column in table.places}
    assert not registered & NOT_HERE.keys()
    missing = columns - registered - NOT_HERE.keys()
    assert not missing, "say in conference/vault/sealed_columns.py where it stands, or why it is not rotated"
    assert registered | NOT_HERE.keys() <= columns, "there is no such column"


def test_the_register_names_the_columns_that_there_are(columns: set[str]) -> None:
    for one in SEALED:
        table = Base.metadata.tables[one.name]
        assert {column.name for column in table.primary_key} == {*one.key}
        assert {*one.key, *one.more, "partnership_id"} <= {column.name for column in table.columns}
    assert len({one.name for one in SEALED}) == len(SEALED)


@pytest.mark.parametrize("number", [0, 1, 7])
def test_values_of_fields_stand_where_cases_puts_them(number: int) -> None:
    fields, versions = SEALED[:2]
    row = {"id": "fld_1", "version": 3, "withheld_number": number}
    for column, place in fields.places.items():
        assert place(row) == place_of("fld_1", column, 3, number)
    for column, place in versions.places.items():
        assert place({"field_id": "fld_1", "version": 2}) == place_of("fld_1", column, 2)
    assert fields.name == "field", "a corrected value moves from there to field_version"
