"""The copy over HTTP: for whoever shows a token, with a receipt, and followed by `python -m audit fetch`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask.testing import FlaskClient

import audit
from conference.trail import tokens
from conference.trail.keys import verifier_key
from conference.trail.sequencer import place
from conference.web import ConferenceFlask, parts_of
from tests.governance.conftest import Seen
from tests.support.client import application
from tests.support.world import HOME

BASE = "http://localhost"
PATH = "/api/log/copy"


@pytest.fixture
def app(seen: Seen) -> Iterator[ConferenceFlask]:
    made = application(seen.world)
    yield made
    parts_of(made).database.close()


@pytest.fixture
def client(app: ConferenceFlask) -> FlaskClient:
    return app.test_client()


def token_of(seen: Seen, agency: str) -> str:
    with seen.world.database.write() as session:
        made = tokens.make(session, HOME, agency)[1]
    place(seen.world.database, HOME)
    return made


def test_without_a_token_there_is_nothing(client: FlaskClient, seen: Seen) -> None:
    for shown in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {token_of(seen, 'homes')}"}):
        answer = client.get(PATH, headers=shown, base_url=BASE)
        assert answer.status_code == 401
        assert "Disclosure-Receipt" not in answer.headers


def test_it_is_given_logged_and_receipted(client: FlaskClient, seen: Seen) -> None:
    shown = {"Authorization": f"Bearer {token_of(seen, 'homes')}"}
    answer = client.get(PATH, headers=shown, base_url=BASE)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    receipt = audit.Receipt.parse(answer.headers["Disclosure-Receipt"])
    audit.verify_receipt(receipt, verifier_key(seen.world.database.keys, HOME))
    found = seen.entries("homes", names=("log.exported",))
    assert [(one.channel, one.actor, one.mark, one.request) for one in found] == [
        ("api", None, "copy", receipt.request)
    ]
    assert seen.entries("police", names=("log.exported",)) == []


def test_what_the_log_has_not_is_not_found(client: FlaskClient, seen: Seen) -> None:
    shown = {"Authorization": f"Bearer {token_of(seen, 'homes')}"}
    for query, status in (("from=999999", 404), ("epoch=2", 404), ("from=x", 400), ("from=-1", 400)):
        assert client.get(f"{PATH}?{query}", headers=shown, base_url=BASE).status_code == status


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_copy_is_followed(app: ConferenceFlask, seen: Seen, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{token_of(seen, 'homes')}\n")
    (tmp_path / "vkey").write_text(f"{verifier_key(seen.world.database.keys, HOME)}\n")
    with make_server("127.0.0.1", 0, app, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            command = [sys.executable, "-m", "audit", "fetch", "copy", "--token", "token", "--vkey", "vkey"]
            command += ["--url", f"http://127.0.0.1:{server.server_port}"]
            for _ in range(2):
                env = {"PYTHONPATH": str(Path(__file__).parents[2])}
                done = subprocess.run(
                    command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
                )
                assert (done.returncode, done.stderr) == (0, "")
                place(seen.world.database, HOME)
        finally:
            server.shutdown()
            thread.join()
    assert len(seen.entries("homes", names=("log.exported",))) == 2
    verify = [
        sys.executable,
        "-m",
        "audit",
        "verify",
        "copy",
        "--vkey",
        "vkey",
        "--parts",
        "copy/parts.jsonl",
    ]
    done = subprocess.run(verify, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
