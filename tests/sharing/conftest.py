"""A world as a module's own `prepared` makes it: a copy for each test, on one database or on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.copies import on_sqlite
from tests.support.world import World, make


@pytest.fixture(scope="module")
def told_world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """What the module has prepared, told once."""
    told: World = request.module.prepared(make(tmp_path_factory.mktemp("world")))
    return told


@pytest.fixture
def world(told_world: World, tmp_path: Path) -> Iterator[World]:
    """A copy of it, on SQLite."""
    with on_sqlite(told_world, tmp_path) as one:
        yield one


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, told_world: World, tmp_path: Path) -> Iterator[World]:
    """The same on each database."""
    if request.param == "sqlite":
        with on_sqlite(told_world, tmp_path) as one:
            yield one
        return
    one = request.module.prepared(make(tmp_path, request.getfixturevalue("postgres_url")))
    yield one
    one.database.close()
