from __future__ import annotations

import importlib
import re
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import conference
from conference.commands import migrating
from conference.commands.errors import Stopped
from conference.db import Base
from conference.trail import ddl
from tests.migrations.samples import add_rows, count_rows

SCRIPTS = list(ScriptDirectory(str(migrating.FOLDER)).walk_revisions())[::-1]
HEAD = SCRIPTS[-1].revision


def silent(_said: str) -> None:
    pass


def all_models() -> sa.MetaData:
    folder = Path(conference.__file__).parent
    for path in sorted(folder.rglob("models.py")):
        importlib.import_module(".".join(("conference", *path.relative_to(folder).with_suffix("").parts)))
    importlib.import_module("conference.inputs")  # a table of no room
    return Base.metadata


def tables(database: str) -> set[str]:
    with migrating.connected(database) as connection:
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def test_head_equals_the_models(at_head: str) -> None:
    with migrating.connected(at_head) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, all_models()) == []


def test_head_refuses_what_the_log_says_must_be_refused(at_head: str) -> None:
    with migrating.connected(at_head) as connection:
        add_rows(connection)
        connection.commit()
        for table in ddl.KEPT:
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET partnership_id = 'y'"):  # noqa: S608
                with pytest.raises(sa.exc.DBAPIError, match="append-only"):
                    connection.exec_driver_sql(statement)
                connection.rollback()
            if connection.dialect.name == "postgresql":
                with pytest.raises(sa.exc.DBAPIError, match="append-only"):
                    connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")
                connection.rollback()


def test_head_has_the_refusals_of_the_log_word_for_word(sqlite_at_head: Path) -> None:
    with migrating.connected(f"sqlite:///{sqlite_at_head}") as connection:
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'").scalars()
        assert sorted(made) == sorted(ddl.refusal_ddl("sqlite"))


@pytest.mark.slow
def test_each_goes_up_down_and_up_over_rows(database: str) -> None:
    """One after the other on one database, each over the rows that the ones before it have."""
    before = "base"
    there: dict[str, int] = {}
    for this in (script.revision for script in SCRIPTS):
        migrating.migrate(database, tell=silent, target=this)
        counts = there | rows_everywhere(
            database
        )  # a table may be taken away, and must come back with its rows
        migrating.go_back(database, before, tell=silent)
        assert rows(database) == {table: counts[table] for table in there}, f"{this}: lost on the way down"
        migrating.migrate(database, tell=silent, target=this)
        there = rows_everywhere(database)
        before = this


def rows_everywhere(database: str) -> dict[str, int]:
    """Fill each table that is empty; how many rows each has then."""
    with migrating.connected(database) as connection:
        counts = add_rows(connection)
        connection.commit()
    return counts


def rows(database: str) -> dict[str, int]:
    """How many rows each table has."""
    with migrating.connected(database) as connection:
        return count_rows(connection)


def test_all_the_way_down_leaves_nothing(at_head: str) -> None:
    migrating.go_back(at_head, "base", tell=silent)
    assert tables(at_head) == set()
    migrating.migrate(at_head, tell=silent)  # no type, function or trigger was left either
    assert migrating.missing(at_head) == []


def test_two_at_once_take_turns(database: str) -> None:
    said: list[str] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            migrating.migrate(database, tell=said.append)
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion
            faults.append(fault)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len([line for line in said if "Migration" in line]) == len(SCRIPTS)
    assert said.count("The database is up to date.") == 2


def test_says_what_is_missing(database: str) -> None:
    assert migrating.missing(database) == [script.revision for script in SCRIPTS]
    migrating.migrate(database, tell=silent, target="0002")
    assert migrating.missing(database)[0] == "0003"


def test_a_database_from_the_future_is_refused_in_words(at_head: str) -> None:
    with migrating.connected(at_head) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(Stopped, match="newer version"):
        migrating.missing(at_head)


def test_all_are_known_by_their_files() -> None:
    assert migrating.all_there_are() == [script.revision for script in SCRIPTS]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.revision)
def test_each_says_why_what_it_locks_and_how_to_undo_it(script) -> None:
    text = Path(script.path).read_text("utf-8")
    assert re.fullmatch(rf"{script.revision}_[a-z_]+\.py", Path(script.path).name)
    assert all(f"{word}: " in script.module.__doc__ for word in ("Why", "Locks", "Undo"))
    assert "conference" not in "".join(re.findall(r"^(?:import|from) .*", text, re.MULTILINE))
