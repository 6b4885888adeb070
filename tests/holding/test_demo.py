"""The demo's whole story, told and looked at with every agency's key in an HSM, or with a key service."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask.json.tag import TaggedJSONSerializer

from conference import clock
from conference.assembly import assemble
from conference.cases import services as cases
from conference.commands import installing
from conference.db import Database
from conference.demo import command
from conference.demo.people import AGENCY_OF, PARTNERSHIP
from conference.identity import session_store
from conference.identity.session_store import Owner
from conference.identity.sessions import cookie_name
from conference.settings import Settings
from conference.sharing.door import disclose
from conference.sharing.holding import services
from conference.trail.soundness import sound_size
from conference.vault import keychanges
from tests.demo.conftest import silent, viewer_of
from tests.support import holders

KINDS = ("hsm", "kms")


def told_in(folder: Path, service: holders.Service, elsewhere: Mapping[str, str]) -> Settings:
    """The story, with the keys of these agencies in an HSM or with a key service."""
    settings = command.settings_for(folder, 8000)
    installing.install(settings, tell=silent)
    for agency, kind in elsewhere.items():
        theirs: Any = (
            holders.token(folder) if kind == "hsm" else holders.Service(service.port, service.credentials)
        )
        theirs.versions(1)
        settings = holders.installed(settings, f"of-{agency}", theirs)
    with installing.opened(settings) as database:
        for agency in elsewhere:
            keychanges.hand_over(services.keyring(database), PARTNERSHIP, agency, f"of-{agency}")
        command.seed(database, tell=silent)
    return settings


def everything(database: Database) -> dict[str, list[tuple[str, str, str]]]:
    """What everybody may see, in words."""
    seen = {}
    with database.read() as session:
        for who in sorted(AGENCY_OF):
            viewer = viewer_of(session, who)
            views = disclose(session, viewer, cases.cases_of(session, viewer, at=clock.now()))
            rows = [row for view in views.values() for row in view.rows]
            seen[who] = sorted((row.level, row.class_name, row.text or "") for row in rows)
    return seen


@pytest.fixture(scope="module")
def from_file(tmp_path_factory: pytest.TempPathFactory, kms: holders.Service) -> dict[str, Any]:
    settings = told_in(tmp_path_factory.mktemp("file"), kms, {})
    with installing.opened(settings) as database:
        return everything(database)


@pytest.mark.slow
@pytest.mark.parametrize(
    "first", [0, pytest.param(1, marks=pytest.mark.soak)], ids=["one-way-round", "the-other-way-round"]
)
def test_the_whole_demo_with_every_agencys_key_elsewhere(
    first: int, tmp_path: Path, kms: holders.Service, from_file: dict[str, Any]
) -> None:
    """Every other agency has an HSM, the rest a key service; the soak gives each the other one."""
    agencies = sorted(set(AGENCY_OF.values()))
    settings = told_in(tmp_path, kms, {one: KINDS[at % 2] for at, one in enumerate(agencies, first)})
    with installing.opened(settings) as database:
        assert everything(database) == from_file
        keys = services.keyring(database)
        known = [keys.agency(PARTNERSHIP, agency) for agency in agencies]
        assert all(list(one.elsewhere) == [1] for one in known)
        assert not [
            name for name in keys.names() if name.startswith("agency/") and "/conference/" not in name
        ]
        with database.read() as session:
            assert sound_size(session, PARTNERSHIP)[0] > 100
    app = assemble(settings)
    parts = app.extensions["conference"]
    for who in sorted(AGENCY_OF):
        client = app.test_client()
        token = session_store.new_token()
        with parts.database.write() as session:
            viewer = viewer_of(session, who)
            mine = [case.id for case in cases.cases_of(session, viewer, at=clock.now())]
            data = TaggedJSONSerializer().dumps({"_user_id": viewer.staff_id, "_fresh": True}).encode()
            session_store.create(session, token, data, Owner(viewer.staff_id, PARTNERSHIP))
        value = base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")
        client.set_cookie(cookie_name(app), value, domain="localhost")
        for path in ["/", *(f"/cases/{case_id}" for case_id in mine[:3])]:
            answer = client.get(path, base_url="http://localhost:8000")
            expected = {200, 403} if who == "otto.brand" else {200}  # an observer opens no case
            assert answer.status_code in expected, (who, path, answer.status_code)
    parts.database.close()
