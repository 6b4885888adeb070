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
from tests.migrations.samples import add_rows

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


def test_head_equals_the_models(database: str) -> None:
    migrating.migrate(database, tell=silent)
    with migrating.connected(database) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, all_models()) == []


def test_head_refuses_what_the_log_says_must_be_refused(database: str) -> None:
    migrating.migrate(database, tell=silent)
    with migrating.connected(database) as connection:
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


def test_head_has_the_refusals_of_the_log_word_for_word(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'conference.db'}"
    migrating.migrate(database, tell=silent)
    with migrating.connected(database) as connection:
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'trigger'").scalars()
        assert sorted(made) == sorted(ddl.refusal_ddl("sqlite"))


@pytest.mark.slow
def test_each_goes_up_down_and_up_over_rows(database: str) -> None:
    """One after the other on one database, each over the rows that the ones before it have."""
    before = "base"
    for this in (script.revision for script in SCRIPTS):
        there = tables(database) if before != "base" else set()
        had = rows_everywhere(database)
        migrating.migrate(database, tell=silent, target=this)
        counts = had | rows_everywhere(
            database
        )  # a table may be taken away, and must come back with its rows
        migrating.go_back(database, before, tell=silent)
        assert tables(database) == there, this
        with migrating.connected(database) as connection:
            left = {table: count for table, count in add_rows(connection).items() if table in there}
            connection.rollback()
        assert left == {table: counts[table] for table in there}, f"{this}: rows were lost on the way down"
        migrating.migrate(database, tell=silent, target=this)
        assert tables(database) == set(rows_everywhere(database)), this
        before = this


def rows_everywhere(database: str) -> dict[str, int]:
    """Fill each table that is empty; how many rows each has then."""
    with migrating.connected(database) as connection:
        counts = add_rows(connection)
        connection.commit()
    return counts


def test_all_the_way_down_leaves_nothing(database: str) -> None:
    migrating.migrate(database, tell=silent)
    migrating.go_back(database, "base", tell=silent)
    assert tables(database) == set()
    migrating.migrate(database, tell=silent)  # no type, function or trigger was left either
    assert migrating.missing(database) == []


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


def test_a_database_from_the_future_is_refused_in_words(database: str) -> None:
    migrating.migrate(database, tell=silent)
    with migrating.connected(database) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(Stopped, match="newer version"):
        migrating.missing(database)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.revision)
def test_each_says_why_what_it_locks_and_how_to_undo_it(script) -> None:
    text = Path(script.path).read_text("utf-8")
    assert re.fullmatch(rf"{script.revision}_[a-z_]+\.py", Path(script.path).name)
    assert all(f"{word}: " in script.module.__doc__ for word in ("Why", "Locks", "Undo"))
    assert "conference" not in "".join(re.findall(r"^(?:import|from) .*", text, re.MULTILINE))
