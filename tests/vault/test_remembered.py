"""Data keys that seal every event are remembered between transactions, as long as they may be used."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conference import driver
from conference.clock import now
from conference.db import Database
from conference.vault import rotation
from conference.vault.bodies import Part, SealedPart, open_parts, seal_parts
from conference.vault.datakeys import SEALING
from conference.vault.envelope import key_id_in
from conference.vault.errors import KeyDestroyed
from conference.vault.keyfile import KeyFile, owner_key
from conference.vault.models import DataKey
from conference.vault.place import Place

HERE = Place("log_part", "evt_1", "police")


class Stop(Exception):
    """Of a transaction that is to be rolled back."""


def part(owner: str = "police") -> Part:
    return Part(b"a body", "north", owner, HERE)


def seal(database: Database) -> bytes:
    """What was sealed for the police in a transaction of its own."""
    with database.write() as session:
        [blob] = seal_parts(session, [part()])
    return blob


def assert_opens(database: Database, blob: bytes) -> None:
    with database.read() as session:
        assert open_parts(session, [SealedPart(blob, "north", "police", HERE)]) == [b"a body"]


def test_it_is_read_from_the_database_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [seal(database), seal(database)]
    asked: list[Any] = []

    def run(connection: Any, statement: str, given: Any = (), **more: Any) -> Any:
        rows = kept(connection, statement, given, **more)
        asked.extend(rows)
        return rows

    kept = driver.run
    monkeypatch.setattr(driver, "run", run)
    third = seal(database)
    assert asked == []
    assert {key_id_in(blob) for blob in first} == {key_id_in(third)}
    assert_opens(database, third)


def test_a_key_that_was_rolled_back_is_not(database: Database) -> None:
    with suppress(Stop), database.write() as session:
        seal_parts(session, [part()])
        raise Stop
    assert_opens(database, seal(database))


def test_a_key_that_was_found_again_before_it_was_rolled_back_is_not(database: Database) -> None:
    with suppress(Stop), database.write() as session:
        seal_parts(session, [part()])
        with suppress(Stop), session.begin_nested():
            raise Stop
        seal_parts(session, [part()])
        raise Stop
    assert_opens(database, seal(database))


def test_a_key_that_another_process_retires_seals_nothing_more(database: Database) -> None:
    before = [seal(database), seal(database)]
    url = database.engine.url.render_as_string(hide_password=False)
    other = Database(url, KeyFile.open(database.keys.path))
    with other.write() as session:
        owner = rotation.Owner("north", "police")
        task = rotation.begin(session, owner, fields=False, at=now(), log=lambda *_: None)
    rotation.retire(other, task)
    after = [seal(database), seal(database)]
    assert not {key_id_in(blob) for blob in before} & {key_id_in(blob) for blob in after}
    for blob in before + after:
        assert_opens(database, blob)
    other.close()


def test_a_key_that_is_retired_in_the_key_file_alone_seals_nothing_more(database: Database) -> None:
    """As between the two steps of a rotation, or when somebody makes it current again in the database."""
    before = [seal(database), seal(database)]
    other = KeyFile.open(database.keys.path)
    version = other.new_version("north", "police")
    other.key_or_new(f"retired/north/police/{version - 1}")
    after = seal(database)
    assert key_id_in(after) not in {key_id_in(blob) for blob in before}
    with database.read() as session:
        current = session.scalars(select(DataKey.id).where(DataKey.current)).all()
    assert current == [key_id_in(after)]


def test_nothing_is_sealed_with_what_a_destroyed_key_protects(database: Database) -> None:
    for _ in range(2):
        seal(database)
    KeyFile.open(database.keys.path).destroy(owner_key("north", "police", 1))
    with database.write() as session, pytest.raises(KeyDestroyed):
        seal_parts(session, [part()])


def test_what_is_about_a_person_is_not_remembered(database: Database) -> None:
    about_ann = part()._replace(subjects=("per_ann",))
    for _ in range(2):
        with database.write() as session:
            seal_parts(session, [about_ann, part(), part("almo")])
    names = {name for name in database.keys.remembered() if name.startswith("current/")}
    assert names == {"current/north/police", "current/north/almo"}


def test_on_postgresql_a_rotation_waits_for_whoever_seals_with_it(database: Database) -> None:
    before = [seal(database), seal(database)]
    if database.is_sqlite:
        return  # one writes at a time

    def goes_on(session: Session) -> bool:
        return bool(session.scalar(select(func.pg_try_advisory_xact_lock(SEALING))))

    with database.write() as sealing:
        assert [key_id_in(blob) for blob in seal_parts(sealing, [part()])] == [key_id_in(before[1])]
        with database.write() as rotating:
            assert not goes_on(rotating)
    with database.write() as rotating:
        assert goes_on(rotating)
