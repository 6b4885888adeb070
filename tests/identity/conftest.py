"""A partnership on SQLite and on PostgreSQL, and the demo's identity provider as it really is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from conference.db import Database
from conference.demo import idp
from conference.vault.keyfile import KeyFile
from tests.identity import world
from tests.support.postgres import Cluster


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path, empty: Path) -> Iterator[Database]:
    """An empty database with all its tables."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = copied(empty, tmp_path)
        else:
            cluster: Cluster = request.getfixturevalue("postgres_cluster")
            url = stack.enter_context(cluster.database(cluster.template("identity", world.tables)))
        made = Database(url, KeyFile.create(tmp_path / "keys.jsonl"))
        stack.callback(made.close)
        yield made


@pytest.fixture
def sqlite(tmp_path: Path, empty: Path) -> Iterator[Database]:
    """The same, on SQLite only."""
    made = Database(copied(empty, tmp_path), KeyFile.create(tmp_path / "keys.jsonl"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with all tables that others are copied from."""
    path = tmp_path_factory.mktemp("identity") / "data.db"
    world.tables(f"sqlite:///{path}")
    return path


def copied(empty: Path, folder: Path) -> str:
    """The address of a copy."""
    shutil.copy(empty, folder / "data.db")
    return f"sqlite:///{folder}/data.db"


@pytest.fixture
def make(sqlite: Database, tmp_path: Path) -> Callable[[Callable[[str], str]], tuple[Flask, world.Parts]]:
    """Make the application for agencies whose issuers the given function names."""

    def make(issuer: Callable[[str], str]) -> tuple[Flask, world.Parts]:
        with sqlite.write() as session:
            world.settle(session, issuer)
        return world.make_app(sqlite, tmp_path)

    return make


@pytest.fixture(scope="session")
def oidc_provider() -> Iterator[idp.DemoProvider]:
    """The demo's identity provider, running, for the two agencies of `world`."""
    with idp.start(world.provider_config(), world.Settings(Path())) as running:
        yield running


@pytest.fixture
def app(make: Any, oidc_provider: idp.DemoProvider) -> tuple[Flask, world.Parts]:
    """The application, with the real provider."""
    return make(oidc_provider.issuer)  # type: ignore[no-any-return]


@pytest.fixture
def client(app: tuple[Flask, world.Parts]) -> FlaskClient:
    """A browser that knows nobody."""
    return app[0].test_client()
