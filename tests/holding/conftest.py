"""A world, and worlds in which an agency's key is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import holders
from tests.support.client import looked
from tests.support.world import World, make


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Something of everything, and a log with disclosures."""
    return looked(make(tmp_path_factory.mktemp("world")))


@pytest.fixture(scope="package")
def kms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[holders.Service]:
    with holders.service(tmp_path_factory.mktemp("kms")) as running:
        yield running


@pytest.fixture(params=["hsm", "kms"])
def holder(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A token, or a service with keys for the first versions."""
    if request.param == "hsm":
        return holders.token(tmp_path)
    service: holders.Service = request.getfixturevalue("kms")
    made = holders.Service(service.port, service.credentials)
    for version in (1, 2, 3):
        made.versions(version)
    return made
