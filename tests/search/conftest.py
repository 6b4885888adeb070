"""A world on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.world import World, make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def each_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    made = make(tmp_path / "world", url) if url is None else make(_folder(tmp_path), url)
    yield made
    made.database.close()


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "world"
    folder.mkdir()
    return folder
