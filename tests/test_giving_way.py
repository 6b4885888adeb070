"""What may be done again gives way to what somebody waits for, before PostgreSQL ends one of the two."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from conference import wall
from conference.db import Database, patiently
from conference.vault.keyfile import KeyFile
from conference.vault.models import DataKey
from tests.support.server import serving_world


def test_a_rotation_never_makes_a_writer_the_one_that_is_ended(postgres_url: str, tmp_path) -> None:
    """Each holds the row that the other wants next: the writer ends, and the other is done again after it."""
    (tmp_path / "data").mkdir()
    world = serving_world(tmp_path / "data", postgres_url)
    database = Database(world.settings.database, KeyFile.open(world.settings.keys), agency=wall.SYSTEM)
    with database.read() as session:
        first, second = session.scalars(select(DataKey.id).order_by(DataKey.id).limit(2)).all()
    met = threading.Barrier(2)
    ended: list[str] = []

    def change(session, key_id: str) -> None:
        session.execute(update(DataKey).where(DataKey.id == key_id).values(current=DataKey.current))

    def write() -> None:
        try:
            with database.write() as session:
                change(session, second)
                met.wait(10)
                change(session, first)
        except OperationalError as error:
            ended.append(str(error.orig))

    tries = 0

    def rotate() -> None:
        nonlocal tries
        tries += 1
        with database.write(gives_way=True) as session:
            change(session, first)
            if tries == 1:
                met.wait(10)
            change(session, second)

    writer = threading.Thread(target=write)
    writer.start()
    patiently(rotate)
    writer.join(10)
    assert not ended
    assert tries > 1
    database.close()
    world.database.close()


def test_what_is_no_lock_is_raised_at_once() -> None:
    tries = 0

    def step() -> None:
        nonlocal tries
        tries += 1
        raise OperationalError("", None, Exception("away"))

    with pytest.raises(OperationalError):
        patiently(step)
    assert tries == 1
