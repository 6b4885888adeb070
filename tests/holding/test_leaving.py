"""An agency leaves with what it held; and what can be typed about keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conference import cli
from conference.commands import keys as rotating
from conference.errors import BadInput
from conference.sharing.holding import leaving, services
from conference.sharing.holding.models import Standing
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.vault.errors import KeyHeldBack, ProviderWrong
from conference.vault.holders import open_keys
from conference.vault.providers import reading
from tests.holding.test_dark import THEIRS, open_database
from tests.support import holders
from tests.support.server import serving_world
from tests.support.world import HOME, World, copied, told

PROGRAM = Path(sys.executable).with_name("conference")


@pytest.fixture
def one(world: World, tmp_path: Path) -> World:
    return copied(world, tmp_path / "one")


def test_it_leaves_with_all_it_held_and_what_it_held_is_gone(one: World, tmp_path: Path) -> None:
    database = open_database(one)
    out = tmp_path / "out"
    with told("left", one.now):
        done = leaving.export(database, "nhs", one.staff["n-ig"], out)
    lines = [json.loads(line) for line in (out / "records.jsonl").read_text("utf-8").splitlines()]
    assert done.entries == len(lines) >= 2
    texts = {line["text"]: line for line in lines}
    assert {"Broken wrist, March", "Attempted overdose in May"} <= texts.keys()
    assert texts["Attempted overdose in May"]["summary"] == "Under the crisis team"
    assert {line["class"].split(".")[0] for line in lines} == {"health"}
    roles = [json.loads(line) for line in (out / "roles.jsonl").read_text("utf-8").splitlines()]
    assert {line["role"] for line in roles} == {"victim"}
    assert {line["case"] for line in lines} <= {line["case"] for line in roles}
    assert (out / "records.jsonl").stat().st_mode & 0o077 == 0
    assert out.stat().st_mode & 0o077 == 0
    with database.read() as session:
        exported = events_for(session, HOME, "nhs", Wanted(names=("disclosure.exported",)))
    assert {item.field for entry in exported for item in entry.items if item} >= {
        line["field"] for line in lines
    }
    with told("destroyed", one.now):
        assert services.destroy_all(database, "nhs") == []
        assert services.destroy_all(database, "nhs") == []
    place(database, HOME)
    with database.read() as session:
        [line] = [
            line for line in services.listed(session, services.keyring(database)) if line.agency_id == "nhs"
        ]
    assert (line.standing, line.holders) == (Standing.LEFT, ())
    assert services.grant(database, "nhs") is Standing.LEFT
    with pytest.raises((KeyHeldBack, BadInput)):
        leaving.export(database, "nhs", one.staff["n-ig"], tmp_path / "again")
    database.close()


@pytest.mark.parametrize(
    ("agency", "who"), [("nhs", "n-rep"), ("nhs", "h-ig"), ("nhs", "p-ig"), ("no", "n-ig")]
)
def test_it_is_handed_to_an_officer_of_that_agency_alone(
    one: World, tmp_path: Path, agency: str, who: str
) -> None:
    database = open_database(one)
    with pytest.raises(BadInput):
        leaving.export(database, agency, one.staff[who], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "anything").touch()
    with pytest.raises(BadInput):
        leaving.export(database, "nhs", one.staff["n-ig"], tmp_path / "full")
    database.close()


@pytest.mark.slow
def test_what_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    world = serving_world(tmp_path / "data")
    token = holders.token(tmp_path)
    world = replace(world, settings=holders.installed(world.settings, "moorland", token))
    out = tmp_path / "out"

    settings = {"DATA": world.settings.data, "PROVIDERS": world.settings.providers}
    for name in [name for name in os.environ if name.startswith("CONFERENCE_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(f"CONFERENCE_{name}", str(value))

    def typed(*arguments: str, status: int = 0, group: tuple[str, ...] = ("keys",)) -> str:
        """What the command says, run in this process."""
        capsys.readouterr()
        ended = cli.run([*group, *arguments])
        said = capsys.readouterr()
        assert ended == status, said.out + said.err
        return said.out + said.err

    def started(*arguments: str) -> str:
        """What it says in a process of its own."""
        done = subprocess.run(
            [PROGRAM, "keys", *arguments],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "nhs  given  version 1: file" in started("holders")
    assert "Each agency" not in typed("use", "--agency", "nhs", "--holder", "moorland")
    assert "version 2: moorland" in typed("holders")
    assert "holds the key of nhs" in typed("use", "--agency", "homes", "--holder", "moorland", status=1)
    assert "known are file, moorland" in typed("use", "--agency", "homes", "--holder", "nobody", status=1)
    waits: list[float] = []  # for whatever began to read before: no test need sit through the minute
    with monkeypatch.context() as patched:
        patched.setattr(rotating, "time", SimpleNamespace(sleep=waits.append, monotonic=time.monotonic))
        typed("destroy-old", "--agency", "nhs")
    assert 30 < max(waits) <= 60
    assert "nhs  given  version 2: moorland" in typed("holders")
    assert "moorland gives the key of Moorland NHS Trust" in typed("doctor", group=())
    token.take_away()
    assert "Whoever holds the key of Moorland NHS Trust" in typed("doctor", group=(), status=1)
    assert "nhs  its holder is not answering" in typed("holders", status=1)
    token.put_back()
    started("revoke", "--agency", "nhs")
    assert "nhs  taken back" in typed("holders", status=1)
    assert "does not give its key" in typed("use", "--agency", "nhs", "--holder", "file", status=1)
    assert "given" in typed("grant", "--agency", "nhs")
    officer = world.staff["n-ig"]
    leave = ("leave", "--agency", "nhs", "--for", officer, "--destroy")
    typed(*leave, "--yes", "homes", "--out", str(out), status=1)
    assert not out.exists()
    assert "is destroyed" in started(*leave, "--yes", "nhs", "--out", str(out))
    assert any(word in (out / "records.jsonl").read_text("utf-8") for word in THEIRS)
    assert (out / "log").is_dir()
    assert "nhs  destroyed" in typed("holders", status=1)
    assert token.run("print(len(list(session.get_objects())))").strip() == "0"
    assert "no agency absent" in typed("revoke", "--agency", "absent", status=1)


BAD = {
    "[Police]\nkind='hsm'\nmodule='m'\ntoken='t'": "small letters",
    "[file]\nkind='hsm'\nmodule='m'\ntoken='t'": "not `file`",
    "[a]\nkind='paper'": "kind must be",
    "[a]\nkind='hsm'\nmodule='m'": "token is missing",
    "[a]\nkind='hsm'\nmodule='m'\ntoken='t'\npin='1'": "pin is not known",
    "[a]\nkind='hsm'\nmodule='m'\ntoken='t'\ntimeout=60": "at most 10",
    "[a]\nkind='kms'\nregion='r'\nkeys={x='arn'}": "by version",
    "[a]\nkind='kms'\nregion='r'\nkeys={1='arn',2='arn'}": "a key of its own",
    "[a]\nkind='kms'\nregion='r'\nkeys={1='arn'}\nendpoint='http://kms.example'": "must be https",
    "[a]\nkind='kms'\nregion='r'\nkeys={1='arn'}": "there is no file",
    "[a": "no TOML",
}


@pytest.mark.parametrize(("text", "says"), BAD.items(), ids=BAD.values())
def test_what_is_wrong_in_the_providers_file_is_said(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "providers.toml"
    path.write_text(text)
    with pytest.raises(ProviderWrong, match=says):
        reading.read(path, tmp_path)


def test_secrets_that_others_may_read_are_refused(one: World, tmp_path: Path) -> None:
    with pytest.raises(ProviderWrong, match="No such file"):
        reading.read(tmp_path / "absent.toml", tmp_path)
    token = holders.token(tmp_path)
    settings = holders.installed(one.settings, "moorland", token)
    (settings.secrets / "moorland.pin").chmod(0o644)
    with pytest.raises(ProviderWrong, match="chmod 600"):
        open_keys(settings)
    (settings.secrets / "moorland.pin").chmod(0o600)
    assert list(open_keys(settings).held.providers) == ["moorland"]
