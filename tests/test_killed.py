"""What was answered is in the log, whatever dies: the server by SIGKILL under load, the disk, the database.

A round that failed runs again with `KILLED_SEED=<its number>`, one round of each kind.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import hashlib
import http.client
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.exc import OperationalError

import audit
from conference import clock, wall, web
from conference.cases import records
from conference.cases.models import Field, Offered
from conference.commands import logs
from conference.db import Database
from conference.trail import writing
from conference.trail.keys import verifier_key
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import check_start
from conference.vault.errors import KeyDestroyed
from conference.vault.keyfile import KeyFile
from conference.web import ConferenceFlask, parts_of
from tests.support.client import application, copied, signed_in
from tests.support.postgres import APPLICATION, Cluster, as_role
from tests.support.server import PROGRAM, Server, cookie_of, opened, running, serving_world
from tests.support.soak import Soak
from tests.support.words import words_in
from tests.support.world import AGENCIES, AWAY, HOME, World, by

PEOPLE = ("p-rep", "h-rep", "n-rep", "v-idva", "s-chair", "s-coord")
# Of everybody in the world something that may be shown to somebody.
OF_PERSONS = (
    "Kowalczyk",
    "1992",
    "Dyer Row",
    "Larch Walk",
    "arrears",
    "tenancy",
    "overdose",
    "wrist",
    "knife",
)
OLD = 2_000
CANNOT = b"We cannot show this, because we cannot log it"
SECONDS_TO_GO_ON = 15
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


# --- worlds of either kind --------------------------------------------------------------------------------


@contextmanager
def on_sqlite(made: World, folder: Path) -> Iterator[World]:
    world = copied(made, folder)
    yield world
    world.database.close()


@contextmanager
def on_postgresql(made: World, folder: Path, cluster: Cluster, template: str) -> Iterator[World]:
    folder.mkdir(parents=True)
    shutil.copy(made.settings.keys, folder / "conference.keys")
    with cluster.database(template) as root:
        url = as_role(root, APPLICATION)
        settings = replace(made.settings, data=folder, keys=folder / "conference.keys", database=url)
        database = Database(url, KeyFile.open(settings.keys), agency=wall.SYSTEM)
        world = replace(made, settings=settings, database=database, root=root)
        try:
            yield world
        finally:
            world.database.close()


NewWorld = Callable[[Path], Any]  # a folder that is not there -> a context with a world of its own


@pytest.fixture(scope="module")
def sqlite_worlds(tmp_path_factory: pytest.TempPathFactory) -> NewWorld:
    made = serving_world(tmp_path_factory.mktemp("made"))
    return lambda folder: on_sqlite(made, folder)


@pytest.fixture(scope="session")  # as long as the cluster, whose template is made once
def postgres_worlds(postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> NewWorld:
    made: list[World] = []
    folder = tmp_path_factory.mktemp("made-postgres")
    name = postgres_cluster.template("killed", lambda url: made.append(serving_world(folder, url)))
    return lambda folder: on_postgresql(made[0], folder, postgres_cluster, name)


KINDS = [
    pytest.param("sqlite_worlds", id="sqlite"),
    pytest.param("postgres_worlds", id="postgresql", marks=pytest.mark.postgres),
]


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with request.getfixturevalue(request.param)(tmp_path / "own") as made:
        yield made


# --- what is stored, without the application --------------------------------------------------------------


@dataclass
class Raw:
    """The tables of the log, of one moment."""

    events: list[Any]
    leaves: list[Any]
    queued: set[int]
    checkpoints: list[Any]

    def __post_init__(self) -> None:
        self._of: dict[str, list[bytes]] = defaultdict(list)
        for one in self.events:
            self._of[one.request].append(audit_hash(one.leaf))

    def hashes_of(self, request: str) -> list[bytes]:
        return self._of.get(request, [])

    def check(self, keys: KeyFile) -> None:
        """Each leaf is as hashed; each event is placed once, or waits once; the last checkpoint is of all."""
        for one in self.events:
            assert audit_hash(one.leaf) == one.leaf_hash
        by_number = {one.n: one for one in self.events}
        placed = [one.n for one in self.leaves]
        assert len(placed) == len(set(placed)), "placed twice"
        assert self.queued <= set(by_number), "something waits that is no event"
        assert not self.queued & set(placed), "placed, and waits again"
        assert self.queued | set(placed) == set(by_number), "neither placed nor waiting"
        for partnership in {one.partnership_id for one in self.events}:
            mine = sorted(
                (one for one in self.leaves if one.partnership_id == partnership),
                key=lambda one: one.position,
            )
            assert [one.position for one in mine] == list(range(len(mine)))
            assert all(by_number[one.n].leaf_hash == one.hash for one in mine)
            last = max(
                (one for one in self.checkpoints if one.partnership_id == partnership),
                key=lambda one: one.size,
            )
            signed, _ = audit.open_checkpoint(last.note.encode(), verifier_key(keys, partnership))
            assert (signed.size, signed.root) == (len(mine), tree([one.hash for one in mine]))


def raw(url: str) -> Raw:
    sqlite = url.startswith("sqlite")  # whose driver would begin no transaction for what only reads
    engine = create_engine(url, isolation_level="AUTOCOMMIT" if sqlite else "REPEATABLE READ")
    try:
        with engine.connect() as connection:
            asked = [
                "SELECT n, id, partnership_id, request, leaf, leaf_hash FROM log_event ORDER BY n",
                "SELECT partnership_id, position, n, hash FROM log_leaf",
                "SELECT n FROM log_queue",
                "SELECT partnership_id, size, note FROM log_checkpoint",
            ]
            connection.exec_driver_sql("BEGIN" if sqlite else "SELECT 1")
            events, leaves, queued, checkpoints = (list(connection.execute(text(one))) for one in asked)
            return Raw(events, leaves, {one.n for one in queued}, checkpoints)
    finally:
        engine.dispose()


def audit_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + bytes(leaf)).digest()


def tree(hashes: list[bytes]) -> bytes:
    """RFC 6962's tree head, from its text."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + tree(hashes[:split]) + tree(hashes[split:])).digest()


def check_receipt(found: Raw, keys: KeyFile, header: str) -> None:
    """The log's key signed it, over exactly the leaves that are stored for its request."""
    receipt = audit.Receipt.parse(header)
    audit.verify_receipt(receipt, verifier_key(keys, HOME))
    hashes = found.hashes_of(receipt.request)
    assert hashes, f"answered, and not in the log: {receipt.request}"
    assert hashlib.sha256(b"".join(hashes)).digest() == receipt.leaves_hash


# --- load -------------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What came back, completely or (body is None) only its head."""

    what: str
    status: int
    receipt: str | None
    body: bytes | None


@dataclass
class Load:
    """Several people at their pages at once, until the server is gone."""

    world: World
    port: int
    cookies: dict[str, str]
    seed: int
    answers: list[Answer] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    asked_to_change: int = 0
    checkpoint: str = ""

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._run, args=(who,)) for who in self.cookies]
        self._threads.append(threading.Thread(target=self._watch))
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, who: str) -> None:
        draw = random.Random(f"{self.seed} {who}")
        token = None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        case, meeting = f"/cases/{self.world.case_id}", f"/meetings/{self.world.meeting_id}"
        while not self.over.is_set():
            what = draw.choice(("case", "case", "meeting", "home", "add"))
            try:
                if what == "add" and token is None:
                    page = self._ask(connection, who, "form", "GET", f"{case}/research/add")
                    token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)[1].decode()  # type: ignore[index]
                elif what == "add":
                    self.asked_to_change += 1
                    self._ask(connection, who, what, "POST", f"{case}/research/add", self._form(draw, token))
                else:
                    self._ask(
                        connection, who, what, "GET", {"case": case, "meeting": meeting, "home": "/"}[what]
                    )
            except (OSError, http.client.HTTPException):
                connection.close()
                time.sleep(0.01)
        connection.close()

    def _form(self, draw: random.Random, token: str | None) -> bytes:
        given = {
            "csrf_token": token,
            "class_name": "tenancy.history",
            "about": self.world.people["victim"],
            "value": f"Moved {draw.random()}",
            "kind": "fact",
            "source": "Rent account",
            "offered": draw.choice(("none", "full")),
        }
        return urlencode(given).encode()

    def _ask(
        self, connection: Any, who: str, what: str, method: str, path: str, body: bytes | None = None
    ) -> bytes:
        headers = {"Cookie": self.cookies[who]}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        answer = Answer(what, response.status, response.headers.get("Disclosure-Receipt"), None)
        self.answers.append(answer)
        answer.body = response.read()
        return answer.body

    def _watch(self) -> None:
        """What somebody outside could have kept: the newest checkpoint, up to the end."""
        engine = create_engine(self.world.settings.database)
        newest = text(
            "SELECT note FROM log_checkpoint WHERE partnership_id = :home ORDER BY size DESC LIMIT 1"
        )
        while not self.over.is_set():
            with engine.connect() as connection:
                self.checkpoint = connection.scalar(newest, {"home": HOME})
            time.sleep(0.02)
        engine.dispose()


def killed(new_world: NewWorld, folder: Path, seeds: Iterable[int]) -> None:
    """Rounds, one after the other on one log: load, SIGKILL when the seed says, look, start, look again.

    In every second round one process is killed first, while the others go on.
    """
    with new_world(folder / "own") as world:
        cookies = {who: cookie_of(world.database, world, who) for who in PEOPLE}
        world.database.close()
        with running(world, folder / "server.log", workers=4) as server:
            loads: list[Load] = []
            for seed in seeds:
                print(f"KILLED_SEED={seed}")
                loads.append(Load(world, server.port, cookies, seed))
                kill(server, loads[-1])
                counts = check_after_kill(world, loads)
                counts["ms to start"] = round(server.start() * 1000)
                check_goes_on(world, server, loads, folder / str(seed))
                print(counts, flush=True)
        assert "Traceback" not in server.said(), server.said()


def kill(server: Server, load: Load) -> None:
    """Kill all of its processes at a moment under load; in every second round one of them before."""
    draw = random.Random(load.seed)
    load.start()
    while not any(one.receipt for one in load.answers):
        time.sleep(0.005)
    time.sleep(draw.uniform(0, 2))
    if load.seed % 2 == 0:
        server.kill_one(draw.randrange(4))
        time.sleep(draw.uniform(0, 1))
    server.kill()
    load.end()


def check_after_kill(world: World, loads: list[Load]) -> dict[str, int]:
    """Nothing that was answered is missing, whole or half received; nothing half done is there."""
    load = loads[-1]
    found = raw(world.settings.database)
    keys = KeyFile.open(world.settings.keys)
    found.check(keys)
    for answer in load.answers:
        assert answer.status in {200, 303, 503}, (answer.what, answer.status)
        if answer.receipt is not None:
            check_receipt(found, keys, answer.receipt)
            continue
        assert answer.what == "home" or answer.status == 503, (
            f"{answer.what} {answer.status} without a receipt"
        )
        if answer.body is not None:
            assert not words_in(answer.body, OF_PERSONS)
    receipts = [one.receipt for one in load.answers if one.receipt]
    assert receipts
    ever = receipts_of(loads)
    assert len(set(ever)) == len(ever)
    changed = check_changes(world, loads)
    return {
        "answers": len(load.answers),
        "receipts": len(receipts),
        "503": sum(one.status == 503 for one in load.answers),
        "half received": sum(one.body is None for one in load.answers),
        "changes": changed,
        "waiting": len(found.queued),
    }


def receipts_of(loads: list[Load]) -> list[str]:
    return [one.receipt for load in loads for one in load.answers if one.receipt]


def check_changes(world: World, loads: list[Load]) -> int:
    """A change and its event are both there or both not; what was answered is there."""
    database = opened(world)
    with database.read() as session:
        stored = session.scalar(
            select(func.count()).select_from(Field).where(Field.class_name == "tenancy.history")
        )
        fields = session.scalar(select(func.count()).select_from(Field).where(Field.partnership_id == HOME))
        logged = 0
        for agency, *_ in AGENCIES:
            entries = events_for(session, HOME, agency, Wanted(names=("record.added",)))
            assert not [one for one in entries if one.fault]
            logged += sum(one.own for one in entries)
    database.close()
    assert logged == fields
    answered = sum(one.status == 303 for load in loads for one in load.answers if one.what == "add")
    assert answered <= stored <= sum(load.asked_to_change for load in loads)
    return int(stored or 0)


def check_goes_on(world: World, server: Server, loads: list[Load], folder: Path) -> None:
    """It answers, places what waited, and the log continues what was signed before."""
    load = loads[-1]
    deadline = time.monotonic() + SECONDS_TO_GO_ON
    who, cookie = next(iter(load.cookies.items()))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", f"/cases/{world.case_id}", headers={"Cookie": cookie})
    response = connection.getresponse()
    assert response.status == 200, who
    assert b"Kowalczyk" in response.read()
    connection.close()
    while (found := raw(world.settings.database)).queued:
        assert time.monotonic() < deadline, f"{len(found.queued)} events still wait for a place"
        time.sleep(0.1)
    keys = KeyFile.open(world.settings.keys)
    found.check(keys)
    for header in [response.headers["Disclosure-Receipt"], *receipts_of(loads)]:
        check_receipt(found, keys, header)
    database = opened(world)
    for partnership in (HOME, AWAY):
        check_start(database, partnership)
    database.close()
    folder.mkdir()
    previous = folder / "before"
    previous.write_text(load.checkpoint, "utf-8")
    (check_offline if len(loads) == 1 else check_export)(world, previous, folder / "log")


def check_export(world: World, previous: Path, log: Path) -> None:
    """An export verifies, and continues the checkpoint seen before the kill."""
    database = opened(world)
    logs.export(database, log, agency=None, partnership=HOME, tell=lambda _said: None)
    database.close()
    audit.verify_folder(log, log / "vkey", previous=previous)


def check_offline(world: World, previous: Path, log: Path) -> None:
    """The same with the commands as they are typed, the second with nothing but files."""
    environment = {
        "PATH": os.environ["PATH"],
        "CONFERENCE_DATA": str(world.settings.data),
        "CONFERENCE_DATABASE": world.settings.database,
    }
    commands = (
        [PROGRAM, "audit", "export", log, "--partnership", HOME],
        [sys.executable, "-m", "audit", "verify", log, "--vkey", log / "vkey", "--previous", previous],
    )
    for command in commands:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def rounds(default: int) -> list[int]:
    if "KILLED_SEED" in os.environ:
        return [int(os.environ["KILLED_SEED"])]
    first = random.SystemRandom().randrange(1_000_000)
    return [first + number for number in range(default)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_under_load(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> None:
    """A dozen kills: of all processes in each round, and of one before in every second round."""
    killed(request.getfixturevalue(kind), tmp_path, rounds(8))


@pytest.mark.parametrize("kind", KINDS)
def test_killed_two_hundred_times(
    request: pytest.FixtureRequest, soak: Soak, kind: str, tmp_path: Path
) -> None:
    for seed in soak.rounds(f"killed-{kind.removesuffix('_worlds')}", 200):
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed(request.getfixturevalue(kind), folder, [seed])
        shutil.rmtree(folder)


# --- one process, no kill: what fails between deciding and sending ----------------------------------------


@pytest.fixture
def app(world: World) -> Iterator[ConferenceFlask]:
    made = application(world)
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    parts_of(made).database.close()


def events_of(world: World) -> int:
    return len(raw(world.settings.database).events)


def is_refusal(answer: Any, *, said: bytes = CANNOT, status: int = 503) -> None:
    body = answer.get_data()
    assert answer.status_code == status
    assert said in body
    assert "Disclosure-Receipt" not in answer.headers
    assert not words_in(body, OF_PERSONS)


PAGES = (
    "/cases/{0.case_id}",
    "/cases/{0.case_id}/print",
    "/cases/{0.case_id}/research",
    "/meetings/{0.meeting_id}",
)
FAULTS = (OSError(28, "no space"), OperationalError("INSERT", {}, Exception("gone")))


@pytest.mark.parametrize("path", PAGES)
def test_an_answer_that_cannot_be_logged_is_not_given(
    app: ConferenceFlask, world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, world, "h-rep")
    before = client.get(path.format(world), base_url="http://localhost")
    assert words_in(before.get_data(), OF_PERSONS)
    for fault in FAULTS:
        count = events_of(world)
        with monkeypatch.context() as patch:
            patch.setattr(writing, "commit_prepared", raising(fault))
            is_refusal(client.get(path.format(world), base_url="http://localhost"))
        assert events_of(world) == count


@pytest.mark.parametrize(
    "fault", [RuntimeError("Maria Kowalczyk"), KeyDestroyed("person/x")], ids=["any", "erased"]
)
def test_whatever_else_fails_there_is_an_error_page(
    app: ConferenceFlask, world: World, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, world, "h-rep")
    monkeypatch.setattr(writing, "commit_prepared", raising(fault))
    answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
    is_refusal(answer, said=b"Something went wrong", status=500)


def raising(fault: Exception) -> Callable[..., None]:
    def instead(*_args: object, **_named: object) -> None:
        raise fault

    return instead


FIELD = {
    "class_name": "tenancy.history",
    "value": "Moved twice",
    "kind": "fact",
    "source": "Rent account",
    "offered": "full",
}


def test_a_change_that_cannot_be_logged_is_not_made(
    app: ConferenceFlask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, world, "h-rep")
    before, fields = events_of(world), count_fields(world)
    for fault in FAULTS[1:]:
        with monkeypatch.context() as patch:
            patch.setattr(writing, "commit_prepared", raising(fault))
            answer = client.post(
                f"/cases/{world.case_id}/research/add",
                data={**FIELD, "about": world.people["victim"]},
                base_url="http://localhost",
            )
        is_refusal(answer)
    assert (events_of(world), count_fields(world)) == (before, fields)


def count_fields(world: World) -> int:
    with world.database.read() as session:
        return int(session.scalar(select(func.count()).select_from(Field)) or 0)


def test_a_full_disk(sqlite_worlds: NewWorld, tmp_path: Path) -> None:
    """Pages come until the database cannot grow, then the error page; every page that came is in the log."""
    with sqlite_worlds(tmp_path / "own") as world:
        app = application(world)
        client = signed_in(app, world, "h-rep")
        database = parts_of(app).database
        event.listen(database.engine, "connect", lambda got, _: got.execute("PRAGMA max_page_count=1"))
        database.engine.dispose()
        given = []
        for _ in range(OLD):
            answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
            if answer.status_code != 200:
                break
            given.append(answer.headers["Disclosure-Receipt"])
        is_refusal(answer)
        count = events_of(world)
        is_refusal(client.get(f"/meetings/{world.meeting_id}", base_url="http://localhost"))
        assert events_of(world) == count
        found = raw(world.settings.database)
        for header in given:
            check_receipt(found, world.database.keys, header)
        database.close()


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # a lost connection is never closed
@pytest.mark.parametrize("moment", ["rendered", "locked", "stored"])
def test_the_connection_is_lost(
    postgres_worlds: NewWorld, moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rendered: before the write begins; locked: before the events are stored; stored: before the commit."""
    with postgres_worlds(tmp_path / "own") as world:
        app = application(world)
        client = signed_in(app, world, "h-rep")
        count = events_of(world)

        def cut() -> None:
            engine = create_engine(world.settings.database)
            with engine.connect() as connection:
                connection.execute(text(CUT))
            engine.dispose()
            time.sleep(0.1)

        with monkeypatch.context() as patch:
            if moment == "rendered":
                after_render(patch, lambda _: cut())
            else:
                inner = writing.commit_prepared

                def instead(session: Any, prepared: Any) -> None:
                    if moment == "locked":
                        cut()
                    inner(session, prepared)
                    cut()

                patch.setattr(writing, "commit_prepared", instead)
            answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
        if answer.status_code == 200:
            assert moment == "rendered"
            check_receipt(
                raw(world.settings.database), world.database.keys, answer.headers["Disclosure-Receipt"]
            )
        else:
            is_refusal(answer)
            assert events_of(world) == count
        assert client.get(f"/cases/{world.case_id}", base_url="http://localhost").status_code == 200
        parts_of(app).database.close()
        gc.collect()


def test_no_database_at_all(app: ConferenceFlask, world: World) -> None:
    client = signed_in(app, world, "h-rep")
    database = parts_of(app).database
    event.listen(database.engine, "do_connect", raising(OperationalError("connect", {}, Exception("gone"))))
    database.engine.dispose()
    for path in ("/", f"/cases/{world.case_id}", f"/meetings/{world.meeting_id}"):
        answer = client.get(path, base_url="http://localhost")
        is_refusal(answer)
        assert "Content-Security-Policy" in answer.headers
        assert "Set-Cookie" not in answer.headers  # still signed in when it is back
    assert app.test_client().get("/readyz").status_code == 503


# --- the inputs change between deciding and sending--------------------------------------------------------


def after_render(patch: pytest.MonkeyPatch, act: Callable[[int], None]) -> list[int]:
    """Call `act` each time when a page has been rendered, before its events are stored; counts the times."""
    inner, times = ConferenceFlask._answer, []

    def instead(self: ConferenceFlask, session: Any) -> Any:
        response = inner(self, session)
        times.append(1)
        act(len(times))
        return response

    patch.setattr(ConferenceFlask, "_answer", instead)
    return times


def offer(world: World, level: Offered) -> None:
    """The police put the victim's name on the table, or take it back."""
    with world.database.write() as session:
        found = session.get_one(Field, world.fields["police/identity.name/victim"])
        records.set_offer(session, found, level, by=by(world, "p-rep"))


def shown(world: World, request: str) -> list[str]:
    """The police's fields that the log says were shown in the answer to `request`."""
    with world.database.read() as session:
        entries = events_for(session, HOME, "police", Wanted(request=request))
    return [item.field or "" for one in entries for item in one.items if item]


@pytest.mark.parametrize(
    "path", ["/cases/{0.case_id}", "/cases/{0.case_id}/print", "/meetings/{0.meeting_id}"]
)
def test_what_is_withdrawn_meanwhile_is_not_shown(
    app: ConferenceFlask, world: World, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, world, "h-rep")
    before = client.get(path.format(world), base_url="http://localhost")
    assert b"Maria Kowalczyk" in before.get_data()
    name = world.fields["police/identity.name/victim"]
    assert name in shown(world, before.headers["Disclosure-Receipt"].split()[1])
    times = after_render(monkeypatch, lambda time: offer(world, Offered.NONE) if time == 1 else None)
    answer = client.get(path.format(world), base_url="http://localhost")
    assert answer.status_code == 200
    assert len(times) == 2
    assert b"Maria Kowalczyk" not in answer.get_data()
    check_receipt(raw(world.settings.database), world.database.keys, answer.headers["Disclosure-Receipt"])
    assert name not in shown(world, answer.headers["Disclosure-Receipt"].split()[1])


def test_what_never_holds_still_is_held(
    app: ConferenceFlask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that changes keep overtaking is decided once more while they wait, and logged once."""
    client = signed_in(app, world, "h-rep")
    levels = (Offered.FULL, Offered.NONE)
    times = after_render(
        monkeypatch, lambda time: offer(world, levels[time % 2]) if time <= web.TRIES else None
    )
    answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
    assert answer.status_code == 200
    assert len(times) == web.TRIES + 1
    assert b"Maria Kowalczyk" in answer.get_data()  # as it was offered last
    receipt = answer.headers["Disclosure-Receipt"]
    check_receipt(raw(world.settings.database), world.database.keys, receipt)
    with world.database.read() as session:
        assert len(events_for(session, HOME, "police", Wanted(request=receipt.split()[1]))) == 1


def test_what_ends_by_itself_meanwhile_is_not_shown(
    app: ConferenceFlask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agreement runs out between deciding and sending; so does the training, and the page is refused."""
    client = signed_in(app, world, "h-rep")
    with contextlib.ExitStack() as later:
        at = world.now.replace(year=world.now.year + 2)
        times = after_render(
            monkeypatch, lambda time: later.enter_context(clock.held(at)) if time == 1 else None
        )
        answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
    assert len(times) == 1  # the second time it was not rendered any more
    assert answer.status_code == 403
    assert not words_in(answer.get_data(), OF_PERSONS)


def test_an_answer_without_its_event_would_be_noticed(
    app: ConferenceFlask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, world, "h-rep")
    monkeypatch.setattr(writing, "commit_prepared", lambda *_: None)
    answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
    with pytest.raises(AssertionError, match="not in the log"):
        check_receipt(raw(world.settings.database), world.database.keys, answer.headers["Disclosure-Receipt"])


def test_the_second_tree_is_the_rfcs() -> None:
    """What this file checks with: the root of RFC 6962's first leaves, as the C2SP page has it."""
    leaves = [audit_hash(one) for one in (b"a", b"b", b"c")]
    assert base64.b64encode(tree(leaves)) == b"NmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE="
