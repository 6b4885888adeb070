"""Erase one of two people in a shared case, and put yesterday's backup back: issue 5, what must show, 4."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from audit.__main__ import main as audit_command
from conference import cli, wall
from conference.cases.models import ERASED, Case, Field, PersonIndex, Record, RecordSubject
from conference.clock import now
from conference.commands import backing_up, restoring
from conference.db import Database
from conference.settings import Settings
from conference.sharing import search
from conference.sharing.door import disclose
from conference.sharing.retention import proposing
from conference.sharing.retention.models import Erasure
from conference.trail import proving
from conference.trail.sequencer import place
from conference.vault.keyfile import KeyFile
from conference.web import parts_of
from tests.retention.conftest import officer, settle_shared, widen
from tests.retention.test_erasing import ADAM
from tests.routes import ROUTES
from tests.support.client import application, signed_in
from tests.support.copies import on_postgres
from tests.support.postgres import BACKUP, OWNER, as_role
from tests.support.server import serving_world
from tests.support.world import HOME, STAFF, World

pytestmark = pytest.mark.slow
HOST = "http://localhost"
SHARED = {"family", "asb.record"}  # of what is about several people, nobody has written what stays


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        with on_postgres(cluster, "serving", serving_world, tmp_path / "data") as made:
            yield widen(made)
        return
    (tmp_path / "data").mkdir()
    made = serving_world(tmp_path / "data")
    with opened(made.settings) as database:
        made.database = database
        yield widen(made)


class opened:  # noqa: N801 - reads as a sentence
    """A database as commands open it."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings.database, KeyFile.open(settings.keys), agency=wall.SYSTEM)

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


@pytest.fixture
def elsewhere(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Another machine: its own empty database, the same key file."""
    (tmp_path / "again").mkdir()
    if not world.root:
        url = f"sqlite:///{tmp_path / 'again' / 'conference.db'}"
        yield dataclasses.replace(world.settings, database=url)
        return
    with request.getfixturevalue("postgres_cluster").database() as url:
        yield dataclasses.replace(world.settings, database=as_role(url, OWNER))


def seen(database: Database, world: World, who: str) -> list[tuple[str, str, str]]:
    """Every line that somebody is shown of the others, but those about him, too."""
    with database.write() as session:
        viewer = officer(session, world, who)
        rows = disclose(session, viewer, [session.get_one(Case, world.case_id)])[world.case_id].rows
    others = [row for row in rows if adam(world) not in row.about and row.class_name not in SHARED]
    return sorted((row.owner, row.text or "", row.class_name) for row in others)


def adam(world: World) -> str:
    return world.people["perpetrator"]


def command(settings: Settings, *words: str) -> str:
    """What `conference` says."""
    environment = {
        "CONFERENCE_DATA": str(settings.data),
        "CONFERENCE_KEYS": str(settings.keys),
        "CONFERENCE_DATABASE": settings.database,
        "CONFERENCE_URL": settings.public_url,
        "CONFERENCE_MODE": settings.mode,
    }
    done = CliRunner().invoke(cli.conference, words, env=environment)
    assert done.exception is None, (done.output, done.exception)
    return done.output


def test_one_of_two_is_erased_and_yesterdays_backup_shows_nothing_of_him(
    world: World, elsewhere: Settings, tmp_path: Path
) -> None:
    before = {who: seen(world.database, world, who) for who in ("p-rep", "h-rep", "n-rep", "v-idva")}
    place(world.database, HOME)
    maker = dataclasses.replace(world.settings, database=as_role(world.root, BACKUP)) if world.root else None
    backing_up.back_up(maker or world.settings, tmp_path / "yesterday", tell=lambda _: None)

    # Homes let go of theirs, on their pages; for the police an officer is named to the operator.
    with world.database.write() as session:
        viewer, case = officer(session, world, "h-ig"), session.get_one(Case, world.case_id)
        own = proposing.own_records(session, viewer, case, adam(world))
        settle_shared(session, own, now())
        made = proposing.propose(session, viewer, case, adam(world), records=own, why="due", at=now())
    with world.database.write() as session:
        found = session.get_one(Erasure, made.id)
        proposing.approve(session, officer(session, world, "h-ig2"), found, at=now())
    assert f"{adam(world)}\talleged-perpetrator" in command(
        world.settings, "erase", "--case", world.reference
    )
    told = command(world.settings, "erase", adam(world), "--dry-run")
    assert "police still holds something" in told
    assert "1 of them about others too; of these nobody has written what stays: 1" in told
    assert not world.database.keys.is_destroyed(f"person/{adam(world)}")
    told = command(
        world.settings, "erase", adam(world), "--approved-by", world.staff["p-ig"], "--approved-by",
        world.staff["p-ig2"], "--lose-shared",
    )  # fmt: skip
    assert "is erased" in told
    assert command(world.settings, "erase", "--finish") == "Nothing was left undone.\n"

    said: list[str] = []
    assert restoring.restore(elsewhere, tmp_path / "yesterday", tell=said.append), said
    assert "1 people in it were erased. They stay so: nothing about them can be read or found." in said
    for settings in (world.settings, elsewhere):
        with opened(settings) as database:
            nothing_is_left(database, world)
            nothing_is_shown(settings, database, world)
            for who, lines in before.items():
                assert seen(database, world, who) == lines, who
            place(database, HOME)
            verifies(database, tmp_path / f"log-{settings is elsewhere}")


def nothing_is_left(database: Database, world: World) -> None:
    """No row of a field is about him, nothing finds him, and what is left in the log does not open."""
    with database.write() as session:
        about = select(RecordSubject.record_id).where(RecordSubject.person_id == adam(world))
        fields = select(Field).where(Field.record_id.in_(about), Field.value != ERASED)
        assert session.scalars(fields).all() == []
        assert not session.scalars(select(PersonIndex).where(PersonIndex.person_id == adam(world))).all()
        assert session.scalars(select(Record).where(Record.type != "erased")).first() is not None
        viewer = officer(session, world, "p-rep")
        for name in ("Adam Kowalczyk", "Kowalczyk Adam"):
            hits = search.find(session, viewer, name=name, born="1988-01-01", at=now())
            assert not [one for one in hits if one.person.person_id == adam(world)]


def nothing_is_shown(settings: Settings, database: Database, world: World) -> None:
    """Every page, for everybody: works, and has nothing of him."""
    if settings.database != world.settings.database and world.root:
        return  # the owner's role serves nobody; what pages show is what the door shows
    there = dataclasses.replace(world, settings=settings, database=database)
    app = application(there)
    for who in [subject for subject, *_ in STAFF] + ["p-ig2"]:
        client = signed_in(app, there, who)
        for (endpoint, method), route in ROUTES.items():
            if method == "GET" and endpoint not in {"live.page", "desk.stay"}:
                for query in route.queries:
                    answer = client.get(route.path(there, who) + query, base_url=HOST)
                    assert answer.status_code < 500 or answer.status_code == 503, (who, endpoint)
                    body = answer.get_data(as_text=True)
                    assert not [text for text in ADAM if text in body], (who, endpoint)
    parts_of(app).database.close()


def verifies(database: Database, folder: Path) -> None:
    """`python -m audit verify` on the log, and on each agency's copy."""
    for agency in (None, "police", "homes", "nhs", "haven"):
        to = folder / str(agency)
        with database.read() as session:
            proving.export(session, HOME, to, agency=agency)
        words = ["verify", str(to), "--vkey", str(to / "vkey")]
        if agency:
            words += ["--parts", str(to / "parts.jsonl")]
            parts = (to / "parts.jsonl").read_bytes()
            assert b"Adam" not in parts
        if agency == "police":  # as an agency's officer types it
            done = subprocess.run(
                [sys.executable, "-m", "audit", *words], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
        else:
            assert audit_command(words) == 0, agency
