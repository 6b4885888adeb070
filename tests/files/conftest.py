"""A world with a document of Homes, shared in full, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documents import documented
from tests.support.world import World, copied, make


@pytest.fixture(scope="module")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make(tmp_path_factory.mktemp("world"))
    documented(world)
    return world


@pytest.fixture
def world(told_world: World, tmp_path: Path) -> Iterator[World]:
    one = copied(told_world, tmp_path)
    yield one
    one.database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, told_world: World, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        one = copied(told_world, tmp_path)
    else:
        one = make(tmp_path, request.getfixturevalue("postgres_url"))
        documented(one)
    yield one
    one.database.close()
