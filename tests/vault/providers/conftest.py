"""Each other holder of keys in turn: an HSM, and a key service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import holders


@pytest.fixture(scope="module")
def kms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[holders.Service]:
    """A key service for all tests of a module: each makes its own keys there."""
    with holders.service(tmp_path_factory.mktemp("kms")) as running:
        yield running


@pytest.fixture(params=["hsm", "kms"])
def holder(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A token, or a service with a key for version 1."""
    if request.param == "hsm":
        return holders.token(tmp_path)
    service: holders.Service = request.getfixturevalue("kms")
    made = holders.Service(service.port, service.credentials, service._server)
    made.versions(1)
    return made
