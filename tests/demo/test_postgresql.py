from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from conference.cases.models import Case
from conference.commands import granting, installing
from conference.demo import command
from conference.demo.people import PARTNERSHIP
from conference.trail.sequencer import check_start
from tests.demo.test_commands import PROGRAM, _free_pair
from tests.support.postgres import APPLICATION, OWNER, as_role

pytestmark = pytest.mark.slow


def silent(_said: str) -> None:
    pass


def test_the_story_is_told_and_served_from_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    owners = replace(command.settings_for(tmp_path / "data", 8000), database=as_role(postgres_url, OWNER))
    installing.install(owners, tell=silent)
    granting.grant(owners.database, APPLICATION, tell=silent)
    settings = replace(owners, database=as_role(postgres_url, APPLICATION))
    with installing.opened(settings) as database:
        command.seed(database, tell=silent)
        check_start(database, PARTNERSHIP)
        with database.read() as session:
            assert session.scalar(select(func.count()).select_from(Case)) >= 12
    port = _free_pair()
    environment = {
        "PATH": os.environ["PATH"],
        "CONFERENCE_DATA": str(settings.data),
        "CONFERENCE_DATABASE": settings.database,
        "CONFERENCE_BIND": f"127.0.0.1:{port}",
        "CONFERENCE_WORKERS": "2",
    }
    with subprocess.Popen([PROGRAM, "serve"], env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert _ready(port) == 200
        finally:
            server.send_signal(signal.SIGTERM)
            said = server.communicate(timeout=30)[1]
    assert server.returncode == 0, said
    assert "Booting worker" in said
    assert "Traceback" not in said


def _ready(port: int) -> int | None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return answer.status
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    return None
