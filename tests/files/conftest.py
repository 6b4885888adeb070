"""A world with a document of Homes, shared in full, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.copies import on_postgres, on_sqlite
from tests.support.documents import documented
from tests.support.world import World, make


def tell(folder: Path, url: str | None = None) -> World:
    """The world of these tests, new."""
    world = make(folder, url)
    documented(world)
    return world


@pytest.fixture(scope="package")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return tell(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(told_world: World, tmp_path: Path) -> Iterator[World]:
    with on_sqlite(told_world, tmp_path) as one:
        yield one


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, told_world: World, tmp_path: Path) -> Iterator[World]:
    if request.param == "postgresql":
        with on_postgres(request.getfixturevalue("postgres_cluster"), "documented", tell, tmp_path) as one:
            yield one
        return
    with on_sqlite(told_world, tmp_path) as one:
        yield one
