"""One partnership's database, on SQLite and on PostgreSQL, with a key file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table

from conference.db import Base, Database
from conference.identity.models import Partnership
from conference.inputs import Inputs
from conference.vault.keyfile import KeyFile
from conference.vault.models import DataKey, KeyRotation, SealingCount, SealingRun

MODELS = (Partnership, Inputs, DataKey, SealingRun, SealingCount, KeyRotation)
TABLES: list[Table] = [model.__table__ for model in MODELS]  # type: ignore[misc]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile.create(tmp_path / "keys.jsonl")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path, keys: KeyFile) -> Iterator[Database]:
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/data.db" if on_sqlite else request.getfixturevalue("postgres_url")
    database = Database(url, keys)
    Base.metadata.create_all(database.engine, TABLES)
    with database.write() as session:
        for name in ("north", "south"):
            session.add(Partnership(id=name, name=name, reference_prefix="NM"))
    yield database
    if not on_sqlite:
        Base.metadata.drop_all(database.engine, TABLES)
    database.close()
