"""A start looks at what came after the last look, which nobody but the application can write down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from conference.clock import now
from conference.db import Database
from conference.trail.errors import LogDisagrees
from conference.trail.inspecting import check_whole
from conference.trail.models import LogStanding
from conference.trail.sequencer import check_start, place
from tests.trail.things import a_field, as_superuser, write, write_many


def standing(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.scalars(text("SELECT n FROM log_standing ORDER BY n")))


def numbers(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.scalars(text("SELECT n FROM log_event ORDER BY n")))


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """The statements that the database is asked."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


def test_each_look_is_remembered_up_to_the_first_that_waits(database: Database) -> None:
    assert standing(database) == []
    write_many(database, 3)
    check_start(database, "north")
    check_start(database, "north")
    all_three = numbers(database)
    assert standing(database) == [all_three[-1]]
    write_many(database, 1)
    write(database, a_field(5))
    check_start(database, "north")
    assert standing(database) == [all_three[-1], numbers(database)[3]]
    place(database, "north")
    check_start(database, "north")
    assert standing(database)[-1] == numbers(database)[-1]


def test_what_came_after_the_last_look_is_looked_at(database: Database) -> None:
    write_many(database, 3)
    check_start(database, "north")
    lost = write(database, a_field(4))
    with database.write() as session:
        session.execute(text("DELETE FROM log_queue"))
    with pytest.raises(LogDisagrees, match=f"{lost} is neither placed nor queued"):
        check_start(database, "north")


def test_what_was_sound_at_the_last_look_is_for_the_look_at_the_whole(database: Database) -> None:
    ids = write_many(database, 3)
    check_start(database, "north")
    write_many(database, 2)
    with as_superuser(database) as session:
        session.execute(
            text("UPDATE log_event SET leaf = :leaf WHERE id = :id"), {"leaf": b"{}", "id": ids[0]}
        )
    check_start(database, "north")
    with pytest.raises(LogDisagrees, match=f"event {ids[0]}, which is leaf 0, is not what was hashed"):
        check_whole(database, "north")


@pytest.mark.parametrize("edit", ["inserted", "moved"])
def test_a_look_that_nobody_took_is_refused(database: Database, edit: str) -> None:
    write_many(database, 3)
    check_start(database, "north")
    with as_superuser(database) as session:
        if edit == "moved":
            session.execute(text("UPDATE log_standing SET n = 1000000"))
        else:
            at = "2026-01-01 00:00:00.000000" if database.is_sqlite else now()
            session.execute(text("INSERT INTO log_standing VALUES ('north', 1000000, :at, NULL)"), {"at": at})
    with pytest.raises(LogDisagrees, match="written by somebody else"):
        check_start(database, "north")


def test_a_start_asks_as_much_of_a_long_log_as_of_a_short_one(database: Database) -> None:
    """As many statements, and of events none that were looked at before."""
    write_many(database, 3)
    check_start(database, "north")
    with asked(database) as short:
        check_start(database, "north")
    write_many(database, 40)
    check_start(database, "north")
    with asked(database) as long:
        check_start(database, "north")
    assert len(long) == len(short)
    assert any("log_event.n >" in statement for statement in long)


def test_a_look_at_the_whole_says_how_far_it_is(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conference.trail.inspecting.CHUNK", 4)
    for count in (1, 2, 5, 3):
        write_many(database, count)
    told: list[int] = []
    assert check_whole(database, "north", told.append) == 11
    assert told == [4, 8, 11]
    assert check_whole(database, "south") == 0


def test_a_standing_is_a_row_of_the_application(database: Database) -> None:
    write_many(database, 1)
    check_start(database, "north")
    with database.read() as session:
        found = session.get_one(LogStanding, ("north", numbers(database)[-1]))
        assert found.row_seal is not None
