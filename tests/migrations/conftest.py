"""A database of each kind: new and empty, or with every migration."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from conference.commands import migrating
from tests.support.postgres import Cluster

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module", autouse=True)
def scripts_read_once() -> Iterator[None]:
    """What the files of migrations say is the same for all that migrate here."""
    with pytest.MonkeyPatch.context() as patch:
        read = cache(lambda: ScriptDirectory(str(migrating.FOLDER)))
        patch.setattr(ScriptDirectory, "from_config", lambda _configuration: read())
        yield


def to_head(url: str) -> None:
    migrating.migrate(url, tell=lambda _said: None)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'conference.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_at_head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("at-head") / "conference.db"
    to_head(f"sqlite:///{path}")
    return path


@pytest.fixture(params=KINDS)
def at_head(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A copy of one that was migrated once."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_at_head"), tmp_path / "conference.db")
        yield f"sqlite:///{tmp_path / 'conference.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    with cluster.database(cluster.template("at-head", to_head)) as url:
        yield url
