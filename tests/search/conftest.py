"""A world on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.copies import on_postgres
from tests.support.world import World, make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def each_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        with on_postgres(cluster, "world", make, tmp_path / "world") as made:
            yield made
        return
    made = make(tmp_path / "world")
    yield made
    made.database.close()
