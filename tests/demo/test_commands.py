from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from conference import cli
from conference.demo.people import AGENCIES, STAFF
from conference.settings import Settings
from tests.demo.test_story import NAMES

PROGRAM = Path(sys.executable).with_name("conference")


@dataclass
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, data: Path | None = None, **settings: str) -> Done:
    """The command in this process, with `CONFERENCE_DATA` and nothing else of ours."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in os.environ:
            if name.startswith("CONFERENCE_"):
                patch.delenv(name)
        if data is not None:
            patch.setenv("CONFERENCE_DATA", str(data))
        for name, value in settings.items():
            patch.setenv(name, value)
        status = cli.run([str(one) for one in arguments])
    return Done(status, out.getvalue(), err.getvalue())


def start(*arguments: str | Path, data: Path | None = None, **settings: str) -> Done:
    """The same as a shell runs it, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONFERENCE_")}
    if data is not None:
        environment["CONFERENCE_DATA"] = str(data)
    done = subprocess.run(
        [PROGRAM, *arguments],
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("installed") / "data"
    done = start("init", data=data)
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def installed(made: Path, tmp_path: Path) -> Path:
    """The folder of an installation that nothing has happened in."""
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from conference.identity.models import Agency
    from conference.sharing.policy import default_document

    agencies = [Agency(id=name, kind=kind, sector=sector) for name, _, kind, sector in AGENCIES]
    path = tmp_path_factory.mktemp("policy") / "policy.json"
    path.write_text(default_document(agencies, version="1", agreements=[]), "utf-8")
    return path


def test_consent_check_is_silent_about_a_sound_policy(policy: Path) -> None:
    done = start("consent", "check", policy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_consent_check_names_faults_and_ends_with_2(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    done = start("consent", "check", broken)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "format" in done.stderr


def test_consent_decide_answers_each_line(policy: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "consent", "decide", policy], input="{}\n\n", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert [line.count('"incomplete"') for line in done.stdout.splitlines()] == [1, 1]


def test_all_faults_of_the_settings_are_said_at_once() -> None:
    done = start("cases", "list", CONFERENCE_MODE="x", CONFERENCE_BIND="y", CONFERENCE_NAME="z")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 4
    assert all(name in done.stderr for name in ("CONFERENCE_DATA", "CONFERENCE_MODE", "CONFERENCE_BIND"))
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param(("cases", "list"), 1, "conference init", id="nothing-there"),
        pytest.param(("serve",), 1, "conference init", id="serve-nothing"),
        pytest.param(("cases",), 2, "Usage", id="half-a-command"),
        pytest.param(("nonsense",), 2, "No such command", id="no-such-command"),
        pytest.param(("init", "--name", "N"), 2, "--partnership", id="half-a-partnership"),
        pytest.param(("init", "--from", "/no/such.toml"), 1, "cannot be read", id="no-such-file"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, arguments, status: int, says: str) -> None:
    how = start if arguments == ("serve",) else run  # one that serves after all would never come back
    done = how(*arguments, data=tmp_path / "none")
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


FILE = """
[partnership]
id = "westmoor"
name = "Westmoor"
prefix = "WM"

[[agencies]]
id = "west-police"
name = "Westmoor Police"
kind = "police"
sector = "public"
[agencies.sign_in]
issuer = "https://login.police.example"
client_id = "conference"

[[conference_types]]
name = "MARAC"
purpose = "prevent-serious-harm"

[[agreements]]
id = "dsa-1"
purposes = ["prevent-serious-harm"]
from = 2026-01-01
until = 2027-01-01
"""


@pytest.mark.slow
def test_init_from_a_file_makes_a_partnership_once(tmp_path: Path) -> None:
    file, data = tmp_path / "p.toml", tmp_path / "data"
    file.write_text(FILE)
    first = start("init", "--from", file, data=data)
    assert first.returncode == 0, first.stderr
    assert "Published policy" in first.stdout
    assert (data.stat().st_mode & 0o777, (data / "conference.keys").stat().st_mode & 0o777) == (0o700, 0o600)
    second = run("init", "--from", file, data=data)
    assert second.returncode == 0
    assert "Published" not in second.stdout
    assert run("agencies", "list", data=data).stdout.startswith("west-police\t")
    added = run(
        "staff",
        "add",
        "--agency",
        "west-police",
        "--subject",
        "a",
        "--name",
        "Ann Low",
        "--role",
        "chair",
        data=data,
    )
    assert added.returncode == 0, added.stderr
    listed = run("staff", "list", data=data).stdout
    assert listed.startswith(added.stdout.strip())
    assert "Ann" not in listed
    again = run(
        "staff",
        "add",
        "--agency",
        "west-police",
        "--subject",
        "a",
        "--name",
        "Ann Low",
        "--role",
        "chair",
        data=data,
    )
    assert again.returncode == 1
    exported = run("audit", "export", tmp_path / "log", data=data)
    assert exported.returncode == 0, exported.stderr
    verified = subprocess.run(
        [sys.executable, "-m", "audit", "verify", tmp_path / "log", "--vkey", tmp_path / "log" / "vkey"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
    assert run("audit", "export", tmp_path / "log", data=data).returncode == 1
    assert run("audit", "prove", "evt_nothing", data=data).returncode == 1


def test_a_file_with_many_faults_has_them_all_named(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[partnership]\nid = "x"\n[[agencies]]\nid = 4\nkind = "circus"\ncolour = "red"\n')
    done = run("init", "--from", file, data=tmp_path / "data")
    assert done.returncode == 1
    for place in (
        "partnership.name",
        "partnership.prefix",
        "agencies[0].id",
        "agencies[0].kind",
        "agencies[0].colour",
    ):
        assert place in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_lost_key_file_is_not_replaced(installed: Path) -> None:
    (installed / "conference.keys").unlink()
    done = run("init", data=installed)
    assert done.returncode == 1
    assert "backup" in done.stderr
    assert not (installed / "conference.keys").exists()


def test_what_is_no_database_is_said(installed: Path) -> None:
    for path in installed.glob("conference.db*"):
        path.unlink()
    (installed / "conference.db").write_bytes(b"not a database at all" * 100)
    done = start("cases", "list", data=installed)
    assert done.returncode == 1
    assert "database" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_another_installations_keys_are_refused(story: Settings, installed: Path) -> None:
    done = start("serve", data=story.data, CONFERENCE_KEYS=str(installed / "conference.keys"))
    assert done.returncode == 1
    assert "CONFERENCE_KEYS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_lists_begin_with_ids_and_name_nobody(story: Settings) -> None:
    people = {*NAMES, *(name for _, _, name, _ in STAFF)}
    listed = {
        name: run(*name.split(), data=story.data).stdout
        for name in ("agencies list", "cases list", "staff list")
    }
    assert [line.split("\t")[0] for line in listed["agencies list"].splitlines()] == [
        one for one, *_ in AGENCIES
    ]
    assert len(listed["cases list"].splitlines()) >= 12
    assert all(re.match(r"NM-[2-9A-HJ-NP-Z]{6}\t", line) for line in listed["cases list"].splitlines())
    assert len(listed["staff list"].splitlines()) == len(STAFF)
    assert not [name for name in people for text in listed.values() if name in text]


@pytest.mark.slow
def test_seed_only_writes_once_and_stops(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = start("demo", "--seed-only", data=data)
    assert first.returncode == 0, first.stderr
    listed = run("cases", "list", data=data).stdout
    assert len(listed.splitlines()) >= 12
    second = run("demo", "--seed-only", data=data)
    assert second.returncode == 0
    assert "there already" in second.stdout
    assert run("cases", "list", data=data).stdout == listed


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_demo_says_ready_answers_and_ends_with_its_children(story: Settings, ending: signal.Signals) -> None:
    port = _free_pair()
    process = subprocess.Popen(
        [PROGRAM, "demo", "--port", str(port), "--data", story.data],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert any(line.strip() == f"ready http://localhost:{port}" for line in process.stdout)
        with urllib.request.urlopen(f"http://localhost:{port}/sign-in", timeout=20) as answer:
            assert answer.status == 200
        discovery = f"http://127.0.0.1:{port + 1}/police/.well-known/openid-configuration"
        with urllib.request.urlopen(discovery, timeout=20) as answer:
            assert answer.status == 200
        process.send_signal(ending)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()
    deadline = time.monotonic() + 10
    while not (_is_free(port) and _is_free(port + 1)):
        assert time.monotonic() < deadline, "a child is left"
        time.sleep(0.1)


def _free_pair() -> int:
    while True:
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            port: int = chosen.getsockname()[1]
        if port < 65534 and _is_free(port) and _is_free(port + 1):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
