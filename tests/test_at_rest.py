"""A stolen database is unreadable: its bytes, with other keys, with values moved or changed, once erased.

The bytes of files are looked through after the walks of `test_headers` and `test_postgres`.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from conference.trail import proving
from conference.trail.errors import LogDisagrees
from conference.vault.erase import erase_person
from conference.vault.keyfile import KeyFile
from conference.web import ConferenceFlask, JsonLines, parts_of
from tests.support.client import application, copied, settle, signed_in
from tests.support.needles import LEAST, listening, needles, occurring
from tests.support.server import PROGRAM, serving_world
from tests.support.words import words_in
from tests.support.world import HOME, STAFF, World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return serving_world(tmp_path_factory.mktemp("made"))


@pytest.fixture
def world(made: World, tmp_path: Path) -> Iterator[World]:
    own = copied(made, tmp_path / "own")
    yield own
    own.database.close()


@pytest.fixture
def opened_texts(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every text that is opened from now on: of fields, and names of staff."""
    return listening(monkeypatch)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the application writes to its log, as it is written."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("conference")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield out
    logger.removeHandler(handler)
    logger.setLevel(before)


def application_of(world: World) -> ConferenceFlask:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def test_the_search_finds_what_is_there() -> None:
    wanted = needles({"Maria Kowalczyk", "1992-03-03"})
    for plain in (
        b"xx Maria Kowalczyk",
        "Kowalczyk".encode("utf-16-le"),
        b"03/03/1992",
        *(base64.b64encode(b"x" * n + b"Maria Kowalczyk" + b"y" * n) for n in range(6)),
    ):
        assert occurring(b"before" + plain + b"after", wanted), plain
    assert not occurring(b"nobody at all", wanted)


# --- other keys -------------------------------------------------------------------------------------------


def other_keys(path: Path, kept: str) -> None:
    """A key file with the same names and other keys, but for the names that match `kept`."""
    head, *rest = path.read_text("ascii").splitlines()
    out = [head]
    for line in rest:
        key = json.loads(line)
        if not re.match(kept, key["name"]):
            key["key"] = base64.b64encode(os.urandom(32)).decode("ascii")
        out.append(json.dumps(key))
    path.write_text("\n".join(out) + "\n", "ascii")


def of_nobody(body: bytes, texts: set[str]) -> None:
    assert not [one for one in texts if len(one) >= LEAST and one.encode() in body]


@pytest.mark.parametrize("kind", ["other", "empty", "gone", "spoilt"])
def test_the_server_refuses_another_key_file(world: World, kind: str) -> None:
    keys = world.settings.keys
    if kind == "other":
        other_keys(keys, "nothing")
    elif kind == "empty":
        keys.unlink()
        KeyFile.create(keys)
    elif kind == "gone":
        keys.unlink()
    else:
        keys.write_bytes(keys.read_bytes()[:-60] + b"\n")
    environment = {
        "PATH": os.environ["PATH"],
        "CONFERENCE_DATA": str(world.settings.data),
        "CONFERENCE_BIND": "127.0.0.1:1",
    }
    done = subprocess.run(
        [PROGRAM, "serve"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    print(done.stderr)


# What stays right: the log's own keys, so that it starts, and all but the agencies', the people's ...
KEPT = {
    "agencies": r"(?!agency/)",
    "people": r"(?!person/)",
    "directory": r"(?!directory/)",
    "all": r"log/|web/|rows/",
}


@pytest.mark.parametrize("which", KEPT)
def test_other_keys_open_nothing(
    world: World, which: str, opened_texts: set[str], lines: io.StringIO
) -> None:
    app = application_of(world)
    before = signed_in(app, world, "h-rep").get(f"/cases/{world.case_id}", base_url="http://localhost")
    parts_of(app).database.close()
    assert before.status_code == 200
    values = {one for one in opened_texts if one in before.get_data(as_text=True)}
    assert len(values) > 5
    other_keys(world.settings.keys, KEPT[which])
    opened_texts.clear()
    own = copied_again(world)
    app = application_of(own)
    names = {name for _, _, name, _ in STAFF}
    for path in ("/cases/{}", "/cases/{}/print", "/cases/{}/research"):
        for who in ("h-rep", "p-rep", "s-chair"):
            answer = signed_in(app, own, who).get(path.format(world.case_id), base_url="http://localhost")
            if which == "directory":  # no name of staff opens; the rest is whole, and sealed with other keys
                of_nobody(answer.get_data(), values & names)
                continue
            assert answer.status_code >= 500, (path, who)
            of_nobody(answer.get_data(), values - names)
    if which != "directory":
        assert opened_texts <= names
    of_nobody(lines.getvalue().encode(), values)
    parts_of(app).database.close()
    own.database.close()


def test_with_other_keys_of_rows_it_does_not_start(world: World, opened_texts: set[str]) -> None:
    parts_of(application_of(world)).database.close()
    other_keys(world.settings.keys, r"log/|web/")
    opened_texts.clear()
    with pytest.raises(LogDisagrees, match="written by somebody else"):
        application_of(copied_again(world))
    assert not opened_texts


def copied_again(world: World) -> World:
    """The same folder with nothing remembered of its keys."""
    return copied(world, world.settings.data.with_name("again"))


# --- moved, or changed ------------------------------------------------------------------------------------

SAME = ("police/identity.name/victim", "police/identity.dob/victim")  # one owner, one person: one data key
OTHER = ("police/identity.name/victim", "police/identity.name/child")


def stored(world: World, name: str, column: str) -> bytes:
    with closing(sqlite3.connect(world.settings.data / "conference.db")) as raw:
        return raw.execute(f"SELECT {column} FROM field WHERE id = ?", [world.fields[name]]).fetchone()[0]  # noqa: S608


def store(world: World, name: str, column: str, blob: bytes) -> None:
    with closing(sqlite3.connect(world.settings.data / "conference.db")) as raw, raw:
        raw.execute(f"UPDATE field SET {column} = ? WHERE id = ?", [blob, world.fields[name]])  # noqa: S608


def swap(world: World, one: tuple[str, str], other: tuple[str, str]) -> None:
    first, second = stored(world, *one), stored(world, *other)
    store(world, *one, second)
    store(world, *other, first)


def swapped_rows(world: World) -> None:
    for column in ("value", "source"):
        swap(world, (OTHER[0], column), (OTHER[1], column))


def flipped(at: int) -> Callable[[World], None]:
    def act(world: World) -> None:
        blob = bytearray(stored(world, SAME[0], "value"))
        blob[at] ^= 1
        store(world, SAME[0], "value", bytes(blob))

    return act


def old_key(world: World) -> None:
    with closing(sqlite3.connect(world.settings.data / "conference.db")) as raw, raw:
        rows = raw.execute(
            "SELECT id, wrapped FROM data_key WHERE owner = 'police' AND purpose = 'field'"
        ).fetchall()
        for (key, _), (_, wrapped) in zip(rows, rows[1:] + rows[:1], strict=True):
            raw.execute("UPDATE data_key SET wrapped = ? WHERE id = ?", [wrapped, key])


TAMPERED: dict[str, Callable[[World], None]] = {
    "two fields": lambda world: swap(world, (SAME[0], "value"), (SAME[1], "value")),
    "two columns": lambda world: swap(world, (SAME[0], "value"), (SAME[0], "source")),
    "two people": lambda world: swap(world, (OTHER[0], "value"), (OTHER[1], "value")),
    "two rows": swapped_rows,
    "format": flipped(0),
    "key id": flipped(5),
    "nonce": flipped(20),
    "ciphertext": flipped(30),
    "tag": flipped(-1),
    "cut off": lambda world: store(world, SAME[0], "value", stored(world, SAME[0], "value")[:-1]),
    "emptied": lambda world: store(world, SAME[0], "value", b""),
    "data keys": old_key,
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_was_moved_or_changed_is_refused(
    world: World, how: str, opened_texts: set[str], lines: io.StringIO
) -> None:
    app = application_of(world)
    before = signed_in(app, world, "h-rep").get(f"/cases/{world.case_id}", base_url="http://localhost")
    values = {one for one in opened_texts if one in before.get_data(as_text=True)}
    kept = {one for one in values if "tenancy" in one or "Some arrears" in one}
    assert kept
    gone = {"Maria Kowalczyk"} if how != "data keys" else {"Maria Kowalczyk", "Zofia Kowalczyk"}
    with world.database.read() as session:
        events = proving.export(session, HOME, world.settings.data / "log").size
    TAMPERED[how](world)
    parts_of(app).database.close()
    app = application_of(copied_again(world))
    for who in ("h-rep", "p-rep"):
        for path in ("/cases/{}", "/cases/{}?view=timeline", "/cases/{}/print"):
            answer = signed_in(app, world, who).get(path.format(world.case_id), base_url="http://localhost")
            assert answer.status_code == 200, (who, path)
            assert "Disclosure-Receipt" in answer.headers
            of_nobody(answer.get_data(), gone)
            if who == "h-rep":
                assert all(one in answer.get_data(as_text=True) for one in kept), path
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    errors = [one for one in said if one["level"] == "error"]
    assert errors
    places = {one.get("place") for one in errors}
    columns = ("value", "source", "summary")
    assert places <= {f"field {row} {column}/1" for row in world.fields.values() for column in columns}
    of_nobody(lines.getvalue().encode(), values)
    assert events
    parts_of(app).database.close()


# --- erased -----------------------------------------------------------------------------------------------


def erase(world: World, app: ConferenceFlask, who: str) -> None:
    database = parts_of(app).database
    with database.write() as session:
        erase_person(session, database.keys, world.people[who])


def test_an_erased_person_is_unreadable_and_the_log_verifies(
    world: World, opened_texts: set[str], tmp_path: Path
) -> None:
    app = application_of(world)
    client = signed_in(app, world, "h-rep")
    before = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
    assert b"Maria Kowalczyk" in before.get_data()
    settle(world)
    erase(world, app, "victim")
    opened_texts.clear()
    for who in ("h-rep", "p-rep", "v-idva", "s-chair"):
        for path in (
            "/cases/{0.case_id}",
            "/cases/{0.case_id}/print",
            "/cases/{0.case_id}/research",
            "/meetings/{0.meeting_id}",
        ):
            answer = signed_in(app, world, who).get(path.format(world), base_url="http://localhost")
            of_nobody(
                answer.get_data(),
                {"Maria", "1992", "3 March 1992", "Larch Walk", "near the school", "£1,240"},
            )
    assert not [one for one in opened_texts if "Maria" in one or "1992" in one or "Larch" in one]
    # the log is whole: by itself, and each agency's own copy, whose items about her stay closed
    settle(world)
    for agency in (None, "police", "homes", "safety"):
        folder = tmp_path / f"log-{agency}"
        with world.database.read() as session:
            proving.export(session, HOME, folder, agency=agency)
        command = [sys.executable, "-m", "audit", "verify", folder, "--vkey", folder / "vkey"]
        if agency:
            command += ["--parts", folder / "parts.jsonl"]
            assert b"Kowalczyk" not in (folder / "parts.jsonl").read_bytes()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    for who in ("p-ig", "h-ig"):
        answer = signed_in(app, world, who).get("/governance/disclosures", base_url="http://localhost")
        assert answer.status_code == 200
    parts_of(app).database.close()


def test_when_one_is_erased_the_rest_is_whole(world: World) -> None:
    app = application_of(world)
    erase(world, app, "perpetrator")
    answer = signed_in(app, world, "h-rep").get(f"/cases/{world.case_id}", base_url="http://localhost")
    assert answer.status_code == 200
    for text in (b"Maria Kowalczyk", b"Zofia Kowalczyk"):
        assert text in answer.get_data()
    assert b"Adam Kowalczyk" not in answer.get_data()
    parts_of(app).database.close()


def test_an_old_copy_of_the_database_does_not_bring_somebody_back(world: World, tmp_path: Path) -> None:
    """A backup of the database from before the erasure, and the key file of today."""
    old = copied(world, tmp_path / "old")
    app = application_of(world)
    erase(world, app, "victim")
    parts_of(app).database.close()
    old.database.close()
    shutil.copy(world.settings.keys, old.settings.keys)
    app = application_of(old)
    answer = signed_in(app, old, "h-rep").get(f"/cases/{world.case_id}", base_url="http://localhost")
    assert b"Maria Kowalczyk" not in answer.get_data()
    assert not words_in(answer.get_data(), ["1992"])
    parts_of(app).database.close()
