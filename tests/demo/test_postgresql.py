from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from flask.json.tag import TaggedJSONSerializer
from sqlalchemy import func, select

from conference.assembly import assemble
from conference.cases.models import Case, CaseAssignment
from conference.commands import granting, installing
from conference.db import Database
from conference.demo import command
from conference.demo.people import PARTNERSHIP
from conference.identity import session_store
from conference.identity.models import Staff
from conference.identity.session_store import Owner
from conference.identity.sessions import cookie_name
from conference.settings import Settings
from conference.trail.sequencer import check_start
from conference.web import parts_of
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
        walk(settings, database)
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


def walk(settings: Settings, database: Database) -> None:
    """Everybody's first page, and a case of theirs: shown behind the second wall, and logged."""
    app = assemble(settings)
    answered: Counter[int] = Counter()
    receipts = 0
    with database.read() as session:
        people = session.execute(
            select(Staff.id, func.min(CaseAssignment.case_id))
            .outerjoin(CaseAssignment, CaseAssignment.staff_id == Staff.id)
            .group_by(Staff.id)
        ).all()
    for staff_id, case_id in people:
        client = app.test_client()
        client.set_cookie(cookie_name(app), session_of(database, staff_id), domain="localhost")
        for path in ("/", f"/cases/{case_id}" if case_id else "/notices"):
            answer = client.get(path, base_url="http://localhost")
            answered[answer.status_code] += 1
            receipts += "Disclosure-Receipt" in answer.headers
    parts_of(app).database.close()
    assert answered.keys() <= {200, 303, 403, 404}, answered
    assert answered[200] > len(people)
    assert receipts >= 10


def session_of(database: Database, staff_id: str) -> str:
    token = session_store.new_token()
    data = TaggedJSONSerializer().dumps({"_user_id": staff_id, "_fresh": True}).encode()
    with database.write() as session:
        session_store.create(session, token, data, Owner(staff_id, PARTNERSHIP))
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")


def _ready(port: int) -> int | None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return answer.status
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    return None
