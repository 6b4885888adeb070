"""Keys are rotated while people work: nothing is lost, nothing forgotten, whatever dies."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from conference import clock
from conference.cases import records
from conference.cases.models import Field, Record
from conference.commands import keys as commands
from conference.commands.errors import Stopped
from conference.db import Database
from conference.trail.reading import Wanted, events_for
from conference.vault import rotation, rotation_values, sealed_columns
from conference.vault.datakeys import Fault, for_opening
from conference.vault.erase import erase_person
from conference.vault.keyfile import KeyFile
from conference.vault.models import DataKey, KeyRotation
from conference.vault.rotation import Owner
from conference.vault.sealed_columns import SEALED
from conference.web import ConferenceFlask, parts_of
from tests.support.client import application, copied, signed_in
from tests.support.copies import on_postgres
from tests.support.server import opened, serving_world
from tests.support.soak import Soak
from tests.support.world import HOME, World
from tests.vault.rotating import add_many, data_keys, ended, everything, meanwhile, read_some, start

pytestmark = pytest.mark.slow
KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
HOST = "http://localhost"
PAUSE = commands.LONGEST_PAUSE


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return serving_world(tmp_path_factory.mktemp("made"))


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        one = copied(request.getfixturevalue("made"), tmp_path / "data")
        yield one
        one.database.close()
        return
    cluster = request.getfixturevalue("postgres_cluster")
    with on_postgres(cluster, "serving", serving_world, tmp_path / "data") as one:
        yield one


@pytest.fixture
def database(world: World) -> Iterator[Database]:
    database = opened(world)
    yield database
    database.close()


@pytest.fixture
def another(world: World) -> Iterator[Callable[[], Database]]:
    """The database as another process opens it, as often as it is called."""
    made: list[Database] = []

    def make() -> Database:
        made.append(opened(world))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits where nobody else works."""
    monkeypatch.setattr(rotation, "GRACE", timedelta(0))
    monkeypatch.setattr(commands, "LONGEST_PAUSE", 0.0)


def silent(_said: str) -> None:
    pass


def page(world: World, app: ConferenceFlask | None = None) -> str:
    """A case's page without what is random in it: of this application, or of one that starts for it."""
    serving = app or application(world)
    answer = signed_in(serving, world, "p-rep").get(f"/cases/{world.case_id}", base_url=HOST)
    if app is None:
        parts_of(serving).database.close()
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    return text[text.index("<h1") : text.index("</main>")].split('id="receipt"')[0]


@pytest.fixture
def app(world: World) -> Iterator[ConferenceFlask]:
    """An application that goes on serving while keys are rotated."""
    serving = application(world)
    yield serving
    parts_of(serving).database.close()


def events(database: Database, name: str) -> list[tuple[str, ...]]:
    """What the police read of events of that name: what each is about, and its mark."""
    with database.read() as session:
        found = events_for(session, HOME, "police", Wanted(names=(name,)))
        return sorted((*one.about, one.mark or "") for one in found)


def test_a_new_version_wraps_data_keys_anew_and_touches_nothing_else(
    world: World, database: Database, another: Callable[[], Database], app: ConferenceFlask
) -> None:
    before, keys_before, shown = everything(database), data_keys(database), page(world, app)
    assert commands.rotate(database, tell=silent) == 0
    assert everything(database) == before
    after = data_keys(database)
    assert after.keys() == keys_before.keys()
    assert {(one.version, one.wrapped_by, one.current) for one in after.values()} == {(1, 2, True)}
    assert all(after[one].wrapped != keys_before[one].wrapped for one in after)
    assert commands.destroy(database, tell=silent) == 0
    names = database.keys.names()
    assert not [one for one in names if one.startswith(("agency/", "directory/")) and one.endswith("/1")]
    assert everything(another()) == before
    assert page(world, app) == shown
    assert page(world) == shown


def test_fields_are_sealed_anew_and_old_data_keys_can_go(
    world: World, database: Database, another: Callable[[], Database], app: ConferenceFlask
) -> None:
    before, shown = everything(database), page(world, app)
    assert before
    assert all(one.text is not None for one in before.values())
    assert commands.rotate(database, fields=True, tell=silent) == 0
    after = everything(database)
    assert {place: one.text for place, one in after.items()} == {
        place: one.text for place, one in before.items()
    }
    assert not {one.data_key for one in after.values()} & {one.data_key for one in before.values()}
    assert page(world, app) == shown
    old = {row.id for row in data_keys(database).values() if row.version == 1 and row.purpose == "field"}
    assert old
    assert commands.destroy(database, tell=silent) == 0
    assert not old & data_keys(database).keys()
    assert everything(another()) == after
    assert page(world) == shown


def test_one_agency_is_rotated_alone(database: Database) -> None:
    assert commands.rotate(database, agency="police", fields=True, tell=silent) == 0
    versions = {(row.owner, row.wrapped_by) for row in data_keys(database).values()}
    assert ("police", 2) in versions
    assert {version for owner, version in versions if owner != "police"} == {1}
    with pytest.raises(Stopped, match="Nobody of that name"):
        commands.rotate(database, agency="nobody", tell=silent)


def test_what_a_thief_had_before_opens_nothing_afterwards(
    world: World, database: Database, another: Callable[[], Database]
) -> None:
    """With the database of then and the key file of now."""
    with database.read() as session:
        rows = session.execute(select(DataKey.id, DataKey.wrapped, DataKey.wrapped_by)).all()
    commands.rotate(database, fields=True, destroy_old=True, tell=silent)
    stolen = {row.id: row for row in rows}
    with database.write() as session:
        for one, row in stolen.items():
            values = {"wrapped": row.wrapped, "wrapped_by": row.wrapped_by}
            session.execute(update(DataKey).where(DataKey.id == one).values(values))
    again = another()
    left = [row for row in data_keys(again).values() if row.id in stolen and row.purpose == "body"]
    assert left
    with again.read() as session:
        found = for_opening(session, [row.id for row in left], "body")
        assert all(isinstance(one, Fault) for one in found.values())


def test_each_rotation_is_in_the_log(database: Database) -> None:
    commands.rotate(database, agency="police", fields=True, tell=silent)
    assert events(database, "key.created") == [("police/2", "fields")]
    assert events(database, "key.rotated") == [("police/2", "fields")]
    assert events(database, "key.destroyed") == []
    commands.destroy(database, tell=silent)
    assert events(database, "key.destroyed") == [("police/2", "fields")]
    commands.destroy(database, tell=silent)
    assert len(events(database, "key.destroyed")) == 1, "there was nothing left to destroy"


def test_the_erased_and_the_broken_stay_as_they_are_and_the_rest_moves(
    world: World, database: Database
) -> None:
    broken = world.fields["police/identity.name/victim"]
    with database.write() as session:
        erase_person(session, database.keys, world.people["child"])
    with database.write() as session:
        value = session.scalar(select(Field.value).where(Field.id == broken))
        assert value is not None
        session.execute(update(Field).where(Field.id == broken).values(value=value[:-1] + b"!"))
    before, said = everything(database), list[str]()
    here = {row.id for row in data_keys(database).values() if row.partnership_id == HOME}
    assert commands.rotate(database, fields=True, tell=said.append) == 1
    after = everything(database)
    unread = {place for place, one in before.items() if one.text is None}
    assert unread > {f"field {broken} value/1"}
    for place, one in before.items():
        assert after[place].text == one.text
        assert (after[place].data_key == one.data_key) == (place in unread)
    assert [line for line in said if line.startswith(f"field {broken} value/1 could not be moved")]
    said.clear()
    assert commands.destroy(database, tell=said.append) == 1, "the broken may yet be mended from a backup"
    assert [line for line in said if line.startswith(f"field {broken} value/1: it is not what was sealed")]
    assert {row.id for row in data_keys(database).values()} >= here
    with database.write() as session:
        session.execute(update(Field).where(Field.id == broken).values(value=value))
    assert commands.rotate(database, fields=True, tell=silent) == 0
    assert commands.destroy(database, tell=silent) == 0
    kept = {one.data_key for place, one in before.items() if place in unread} - {
        before[f"field {broken} value/1"].data_key
    }
    assert kept <= data_keys(database).keys(), "what nobody can open is not said to be changed"


def test_old_keys_stay_until_nothing_needs_them(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(rotation, "GRACE", timedelta(minutes=1))
    commands.rotate(database, agency="police", tell=silent)
    assert commands.destroy(database, tell=said.append) == 1
    assert "seconds more" in said[-1]
    assert "agency/nm/police/1" in database.keys.names()
    with clock.held(clock.now() + timedelta(minutes=2)):
        with database.write() as session:
            session.execute(update(KeyRotation).values(done_at=None))
        assert commands.destroy(database, tell=said.append) == 1
        assert "its rotation is not done" in said[-1]
        with database.write() as session:
            session.execute(update(KeyRotation).values(done_at=clock.now() - timedelta(hours=1)))
            some = select(DataKey.id).where(DataKey.owner == "police").limit(1).scalar_subquery()
            session.execute(update(DataKey).where(DataKey.id == some).values(wrapped_by=1))
        assert commands.destroy(database, tell=said.append) == 1
        assert "nothing is destroyed while something does not open" in said[-1]
    assert "agency/nm/police/1" in database.keys.names()


def test_a_rotation_that_goes_on_is_not_begun_again(database: Database) -> None:
    def begin(*, fields: bool) -> rotation.Task:
        with database.write() as session:
            return rotation.begin(
                session, Owner(HOME, "police"), fields=fields, at=clock.now(), log=commands._log
            )

    first = begin(fields=False)
    assert (begin(fields=False), first.version) == (first, 2)
    assert begin(fields=True) == first._replace(fields=True)
    assert begin(fields=False) == first._replace(fields=True), "what was begun is not taken back"
    commands.rotate(database, agency="police", tell=silent)
    assert begin(fields=False).version == 3


def test_show_says_how_far_it_is(database: Database) -> None:
    said: list[str] = []
    with database.write() as session:
        rotation.begin(session, Owner(HOME, "police"), fields=True, at=clock.now(), log=commands._log)
    commands.show(database, agency="police", partnership=HOME, tell=said.append)
    assert said[0] == "nm/police: version 2."
    assert "version 1 wraps" in said[1]
    assert "data keys are not wrapped anew yet" in said[2]
    commands.rotate(database, agency="police", tell=silent)
    said.clear()
    commands.show(database, agency="police", partnership=HOME, tell=said.append)
    assert "rotated" in said[-1]


@pytest.mark.parametrize("column", ["wrapped_by", "version", "value"])
def test_no_key_is_destroyed_because_the_database_says_that_nothing_needs_it(
    world: World, database: Database, column: str
) -> None:
    """Somebody who writes to the database says that all is done already, or that values need other keys."""
    fields = [world.fields[name] for name in world.fields if name.startswith("haven/")]
    with database.write() as session:
        before = dict(session.execute(select(Field.id, Field.value).where(Field.id.in_(fields))).all())  # type: ignore[arg-type]
        of_fields = (DataKey.owner == "haven", DataKey.purpose == "field")
        theirs = session.scalars(select(DataKey.id).where(*of_fields)).all()
        if column == "value":
            for one, value in before.items():
                changed = value[:1] + bytes(16) + value[17:]
                session.execute(update(Field).where(Field.id == one).values(value=changed))
        else:
            session.execute(update(DataKey).where(DataKey.id.in_(theirs)).values(**{column: 2}))
    said: list[str] = []
    commands.rotate(database, agency="haven", fields=True, tell=silent)
    commands.destroy(database, tell=said.append)
    assert [line for line in said if "nothing is destroyed while something does not open" in line]
    assert "agency/nm/haven/1" in database.keys.names()
    with database.write() as session:  # as a backup says
        for one, value in before.items():
            session.execute(update(Field).where(Field.id == one).values(value=value))
        if column != "value":
            session.execute(update(DataKey).where(DataKey.id.in_(theirs)).values(**{column: 1}))
    found = everything(database)
    assert all(found[f"field {one} value/1"].text for one in fields)


def test_an_old_data_key_that_is_made_current_again_seals_nothing(world: World, database: Database) -> None:
    """By somebody who writes to the database, and knows the old key, for which it was rotated."""
    commands.rotate(database, fields=True, tell=silent)
    with database.write() as session:
        of_fields = (DataKey.owner == "nhs", DataKey.purpose == "field")
        session.execute(update(DataKey).where(*of_fields).values(current=False))
        session.execute(update(DataKey).where(*of_fields, DataKey.version == 1).values(current=True))
    before = everything(database)
    adding(database, world)
    made = {place: one for place, one in everything(database).items() if place not in before}
    rows = data_keys(database)
    assert {rows[one.data_key].version for one in made.values()} == {2}


def test_no_data_key_is_dropped_while_a_table_is_not_known(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = tuple(one for one in SEALED if one.name != "file_chunk")
    monkeypatch.setattr(sealed_columns, "SEALED", known)
    commands.rotate(database, agency="police", fields=True, tell=silent)
    said: list[str] = []
    assert commands.destroy(database, agency="police", tell=said.append) == 1
    assert "file_chunk.sealed: it may be sealed, and no rotation knows of it." in said


# --- while people work, and whatever dies ------------------------------------------------------------------


def correcting(database: Database, world: World, numbers: Iterator[int]) -> None:
    """Somebody corrects a field, and offers it no further, again and again."""
    with database.write() as session:
        field = session.get_one(Field, world.fields["police/identity.name/victim"])
        records.correct_field(
            session,
            field,
            value=f"Name {next(numbers)}",
            recorded_at=None,
            by=world.staff["p-rep"],
            at=clock.now(),
        )


def adding(database: Database, world: World) -> None:
    """Somebody records something new."""
    with database.write() as session:
        first = session.get_one(Field, world.fields["nhs/health.mental/victim"])
        record = session.get_one(Record, first.record_id)
        records.add_field(
            session,
            record,
            class_name="health",
            value="Seen again",
            recorded_at=None,
            by=world.staff["n-rep"],
            at=clock.now(),
        )


def check_complete(world: World, database: Database) -> None:
    """Nothing is wrapped or sealed with what was there before the last rotations of the owners."""
    found, rows = everything(database), data_keys(database).values()
    with database.read() as session:
        for owner in rotation.owners(session, None, None):
            task = rotation.latest(session, owner)
            assert task is not None
            assert task.done_at is not None
            assert rotation.left(session, task) == 0
            old = {row.id for row in rows if _is_old(row, task)}
            assert not old & {one.data_key for one in found.values()}
    assert all(one.text is not None for one in found.values())


def _is_old(row: DataKey, task: rotation.Task) -> bool:
    mine = (row.partnership_id, row.owner) == task.owner
    return mine and row.version < task.version and row.purpose == "field"


@pytest.mark.slow
def test_readers_and_writers_work_on_while_two_rotate_at_once(
    world: World, database: Database, another: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "LONGEST_PAUSE", PAUSE)
    monkeypatch.setattr(rotation, "BATCH", 20)
    monkeypatch.setattr(rotation_values, "BATCH", 20)
    many = add_many(database, world, 300)
    others, numbers = [another() for _ in range(3)], iter(range(1_000_000))
    works = (
        lambda: read_some(others[0], many, 20),
        lambda: correcting(others[1], world, numbers),
        lambda: adding(others[1], world),
    )
    with meanwhile(*works) as seen, ThreadPoolExecutor(2) as two:
        both = [two.submit(commands.rotate, one, fields=True, tell=silent) for one in (database, others[2])]
        assert [one.result() for one in both] == [0, 0]
    assert [one.faults for one in seen] == [[]] * 3
    assert all(one.done for one in seen)
    assert commands.rotate(database, fields=True, destroy_old=True, tell=silent) == 0
    check_complete(world, database)
    read_some(database, many, len(many.says))


@pytest.mark.slow
def test_killed_at_any_commit_it_goes_on_and_ends(
    world: World, database: Database, another: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    many, numbers = add_many(database, world, 300), iter(range(1_000_000))
    other = another()
    seed = random.Random(5)
    works = (lambda: read_some(database, many, 20), lambda: correcting(other, world, numbers))
    with meanwhile(*works) as seen:
        for _ in range(3):
            killed, _ = ended(
                start(world, "rotate", "--fields", dies_at=seed.choice([1, 2, 5, 9, 14, 25]), size=10)
            )
            assert killed
        monkeypatch.setattr(commands, "LONGEST_PAUSE", PAUSE)
        assert commands.rotate(another(), fields=True, tell=silent) == 0
    assert [one.faults for one in seen] == [[], []]
    assert all(one.done for one in seen)
    check_complete(world, database)
    read_some(database, many, len(many.says))
    assert commands.destroy(database, tell=silent) == 0
    check_complete(world, another())


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_fields_twenty_kills(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, soak: Soak
) -> None:
    """It ends complete, and no reader failed meanwhile. Each round is a rotation of all of them."""
    url = None if kind == "sqlite" else request.getfixturevalue("postgres_url")
    (tmp_path / "data").mkdir()
    world = serving_world(tmp_path / "data", url)
    database, reader = opened(world), opened(world)
    many = add_many(database, world, 100_000)
    app = application(world)
    client = signed_in(app, world, "h-rep")

    def look() -> None:
        answer = client.get(f"/cases/{world.case_id}", base_url=HOST)
        assert answer.status_code == 200
        assert b"Maria Kowalczyk" in answer.get_data()

    for number in soak.rounds(f"rotation-{kind}", 1):
        seed, kills = random.Random(number), 0
        with meanwhile(lambda: read_some(reader, many, 200), look) as seen:
            while kills < 20:
                died, _ = ended(start(world, "rotate", "--fields", dies_at=seed.randint(1, 80)))
                assert died
                kills += 1
            began = time.monotonic()
            killed, said = ended(start(world, "rotate", "--fields"))
        assert not killed
        assert [one.faults for one in seen] == [[], []]
        check_complete(world, database)
        print(said, f"{time.monotonic() - began:.0f} s at last;", [(one.done, one.longest) for one in seen])
    for one in (reader, database, parts_of(app).database):
        one.close()
    shutil.rmtree(tmp_path / "data", ignore_errors=True)


def test_a_key_file_of_another_process_is_followed(
    world: World, database: Database, another: Callable[[], Database]
) -> None:
    """A server that runs meanwhile makes new data keys under the new version."""
    other = another()
    assert isinstance(other.keys, KeyFile)
    commands.rotate(database, fields=True, tell=silent)
    adding(other, world)
    assert {row.version for row in data_keys(other).values() if row.current} == {2}
