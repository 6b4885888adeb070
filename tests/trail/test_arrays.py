"""What a PostgreSQL array is sent as, is what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from conference import driver
from conference.db import Database
from conference.vault.keyfile import KeyFile

AT = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
VALUES: dict[str, list[Any]] = {
    "BIGINT": [0, -1, 2**63 - 1, -(2**63)],
    "BYTEA": [b"", b"\x00\xff", bytes(70_000)],
    "INTEGER": [0, -1, 2**31 - 1],
    "TEXT": ["", "a b", 'a"b\\c,{}', "NULL", "Née"],
    "TIMESTAMP WITH TIME ZONE": [AT, datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)],
    "VARCHAR": ["agency-1", "x" * 300],
}


@pytest.fixture
def database(tmp_path: Path, postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url, KeyFile.create(tmp_path / "keys.jsonl"))
    yield made
    made.close()


def sent(database: Database, kind: str, values: list[Any]) -> list[Any]:
    with database.read() as session:
        asked = f"SELECT * FROM unnest(%b::{kind}[])"  # noqa: S608 - names of our own kinds
        return [row[0] for row in driver.run(session.connection(), asked, [driver.array(kind, values)])]


def test_an_array_comes_back_as_it_was_sent(database: Database) -> None:
    assert VALUES.keys() == driver.KINDS.keys()
    for kind, values in VALUES.items():
        for given in (values, [None, *values, None], [None], []):
            assert sent(database, kind, given) == given, kind


def test_a_moment_is_sent_whatever_its_zone(database: Database) -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=-7)))
    assert sent(database, "TIMESTAMP WITH TIME ZONE", [elsewhere]) == [AT]


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        driver.array("TIMESTAMP WITH TIME ZONE", [AT.replace(tzinfo=None)])
