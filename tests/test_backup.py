"""A backup is made while others write, put back, and held against what others kept of the log."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from conference import wall
from conference.cases.models import Case
from conference.commands import backing_up, doctoring, restoring
from conference.commands.errors import Stopped
from conference.db import Database
from conference.settings import Settings
from conference.sharing import search
from conference.sharing.door import disclose
from conference.sharing.searching.reindexing import reindex
from conference.trail.sequencer import place
from conference.trail.sqlstore import SqlStore
from conference.vault.erase import erase_person
from conference.vault.keyfile import KeyFile
from tests.support.postgres import BACKUP, OWNER, as_role
from tests.support.server import serving_world
from tests.support.world import HOME, World

pytestmark = pytest.mark.slow
BOTH = pytest.mark.parametrize(
    "world", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    is_postgresql = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgres_url") if is_postgresql else None
    (tmp_path / "data").mkdir()
    made = serving_world(tmp_path / "data", url)
    with closing_of(made) as database:
        look(made, database)
    yield made
    made.database.close()  # `viewer` asked it


@pytest.fixture
def elsewhere(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """The settings of another machine: its own empty database, the same key file."""
    url = f"sqlite:///{tmp_path / 'again' / 'conference.db'}"
    (tmp_path / "again").mkdir()
    if not world.settings.database.startswith("sqlite"):
        cluster = request.getfixturevalue("postgres_cluster")
        url = as_role(request.getfixturevalue("another_database"), OWNER) if cluster else url
    return dataclasses.replace(world.settings, database=url)


@pytest.fixture
def another_database(request: pytest.FixtureRequest) -> object:
    with request.getfixturevalue("postgres_cluster").database() as url:
        yield url


class closing_of:  # noqa: N801 - reads as a sentence
    def __init__(self, world: World, settings: Settings | None = None) -> None:
        chosen = settings or world.settings
        self._database = Database(chosen.database, KeyFile.open(chosen.keys), agency=wall.SYSTEM)

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


def for_backups(world: World) -> Settings:
    """The settings of whoever makes backups: on PostgreSQL a role of its own."""
    if not world.root:
        return world.settings
    with pytest.raises(Stopped, match="before the second wall"):
        backing_up.back_up(world.settings, world.settings.data.parent / "refused", tell=lambda _: None)
    return dataclasses.replace(world.settings, database=as_role(world.root, BACKUP))


def look(world: World, database: Database) -> None:
    """Somebody looks at the case; it gets its place in the log."""
    with database.write() as session:
        session.info["channel"] = "screen"
        disclose(session, world.viewer("h-rep"), [session.get_one(Case, world.case_id)])
    place(database, HOME)


def checkpoint(database: Database, to: Path) -> Path:
    with database.read() as session:
        to.write_bytes(SqlStore(session, HOME).checkpoint())
    return to


def said(lines: list[str]) -> str:
    return "\n".join(lines)


@BOTH
def test_a_restored_backup_is_whole_and_says_what_its_log_lost(
    world: World, elsewhere: Settings, tmp_path: Path
) -> None:
    told: list[str] = []
    with closing_of(world) as database:
        kept = checkpoint(database, tmp_path / "kept")
        backing_up.back_up(for_backups(world), tmp_path / "backup", tell=told.append)
        assert restoring.restore(elsewhere, tmp_path / "backup", kept=[kept], tell=told.append), said(told)
        look(world, database)
        later = checkpoint(database, tmp_path / "later")
    with closing_of(world, elsewhere) as copy, copy.write() as session:
        view = disclose(session, world.viewer("h-rep"), [session.get_one(Case, world.case_id)])
        assert any(row.text == "Maria Kowalczyk" for row in view[world.case_id].rows)
    with closing_of(world, elsewhere) as copy:
        assert not restoring._against_any(copy, later.read_bytes(), later, told.append)
    assert "are lost" in told[-1]


def test_it_says_that_nobody_is_found_where_the_indexes_are_older_than_their_keys(
    world: World, elsewhere: Settings, tmp_path: Path
) -> None:
    backing_up.back_up(world.settings, tmp_path / "backup", tell=lambda _: None)
    with closing_of(world) as database:
        assert reindex(database, HOME, tell=lambda _: None)
    told: list[str] = []
    assert restoring.restore(elsewhere, tmp_path / "backup", tell=told.append)
    assert "run `conference search reindex`" in said(told)
    assert f"{HOME}: nobody is found" in said(doctored(elsewhere))
    with closing_of(world, elsewhere) as database:
        assert reindex(database, HOME, tell=lambda _: None)
    assert "nobody is found" not in said(doctored(elsewhere))
    with closing(sqlite3.connect(elsewhere.database.removeprefix("sqlite:///"))) as anybody:
        anybody.execute("UPDATE index_state SET version = 9")
        anybody.commit()
    found = said(doctored(elsewhere))
    assert "index_state" in found
    assert f"The log of {HOME}" in found.partition("index_state")[2]  # all the rest is looked at


def doctored(settings: Settings) -> list[str]:
    told: list[str] = []
    doctoring.run(settings, tell=told.append)
    return told


@BOTH
def test_nothing_is_left_of_whoever_was_erased_since(
    world: World, elsewhere: Settings, tmp_path: Path
) -> None:
    told: list[str] = []
    backing_up.back_up(for_backups(world), tmp_path / "backup", tell=told.append)
    with closing_of(world) as database, database.write() as session:
        erase_person(session, database.keys, world.people["victim"])
    assert restoring.restore(elsewhere, tmp_path / "backup", tell=told.append), said(told)
    assert any("1 people in it were erased" in line for line in told)
    with closing_of(world, elsewhere) as copy, copy.write() as session:
        viewer = world.viewer("h-rep")
        rows = disclose(session, viewer, [session.get_one(Case, world.case_id)])[world.case_id].rows
        assert rows  # the other people are whole
        assert not [row for row in rows if world.people["victim"] in row.about]
        hits = search.find(session, viewer, name="Maria Kowalczyk", born="1992-03-03", at=world.now)
        assert not [one for one in hits if one.person.person_id == world.people["victim"]]


def test_a_changed_backup_is_refused_and_nothing_is_put_there(
    world: World, elsewhere: Settings, tmp_path: Path
) -> None:
    manifest = backing_up.back_up(world.settings, tmp_path / "backup", tell=lambda _: None)
    data = tmp_path / "backup" / manifest.data
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    with pytest.raises(Stopped, match="not what was written"):
        restoring.restore(elsewhere, tmp_path / "backup", tell=lambda _: None)
    assert not Path(elsewhere.database.removeprefix("sqlite:///")).exists()


def test_what_is_there_is_never_overwritten(world: World, tmp_path: Path) -> None:
    backing_up.back_up(world.settings, tmp_path / "backup", tell=lambda _: None)
    for work in (
        lambda: backing_up.back_up(world.settings, tmp_path / "backup", tell=lambda _: None),
        lambda: restoring.restore(world.settings, tmp_path / "backup", tell=lambda _: None),
        lambda: backing_up.back_up(world.settings, world.settings.data / "inside", tell=lambda _: None),
        lambda: backing_up.back_up_keys(world.settings, tmp_path / "backup" / "keys", tell=lambda _: None),
    ):
        with pytest.raises(Stopped):
            work()
    assert not list(tmp_path.glob(".*.partial"))


def test_the_keys_are_in_no_backup_of_the_data(world: World, tmp_path: Path) -> None:
    manifest = backing_up.back_up(world.settings, tmp_path / "backup", tell=lambda _: None)
    keys = KeyFile.open(world.settings.keys)
    data = (tmp_path / "backup" / manifest.data).read_bytes()
    assert not [name for name in keys.names() if keys.key(name) in data]
    assert b"Kowalczyk" not in data
    backing_up.back_up_keys(world.settings, tmp_path / "apart" / "keys", tell=lambda _: None)
    assert KeyFile.open(tmp_path / "apart" / "keys").names() == keys.names()


def test_it_is_one_moment_while_others_write(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    world = serving_world(tmp_path / "data")
    stop = threading.Event()

    def write_on(database: Database) -> None:
        while not stop.is_set():
            look(world, database)

    with closing_of(world) as database:
        writer = threading.Thread(target=write_on, args=(database,))
        writer.start()
        try:
            manifests = [
                backing_up.back_up(world.settings, tmp_path / f"backup-{number}", tell=lambda _: None)
                for number in range(3)
            ]
        finally:
            stop.set()
            writer.join(30)
    world.database.close()
    for number, manifest in enumerate(manifests):
        folder = tmp_path / f"again-{number}"
        folder.mkdir()
        there = dataclasses.replace(world.settings, database=f"sqlite:///{folder / 'conference.db'}")
        told: list[str] = []
        assert restoring.restore(there, tmp_path / f"backup-{number}", tell=told.append), said(told)
        with closing(sqlite3.connect(tmp_path / f"backup-{number}" / manifest.data)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
