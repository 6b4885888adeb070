"""The second wall: whoever has the application's role and a raw SQL prompt sees no row beyond it.

Each attack is tried outside a request's transaction, and inside one: on the very connection of a page that is
being made for somebody of Northmoor Homes. What they may see at most is worked out a second time, from all
rows, by plain Python.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from conference import wall
from conference.wall import ddl
from conference.web import parts_of
from tests.support.postgres import Cluster
from tests.support.walled import Rows, Walled, allowed, inside, prompts, seen, seen_walled, walled_world

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

READER = "homes"


@pytest.fixture(scope="module")
def walled(postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walled]:
    yield from walled_world(postgres_cluster, tmp_path_factory.mktemp("walled"))


def test_each_agency_sees_all_that_it_may_and_no_more(walled: Walled) -> None:
    database = parts_of(walled.app).database
    for agency in ("police", "homes", "nhs", "haven", "safety"):
        with database.read(agency) as session:
            found = seen(session.connection().connection.driver_connection)
        assert found == allowed(walled.world.root, agency), agency
    with database.read(wall.SYSTEM) as session:
        found = seen(session.connection().connection.driver_connection)
    assert sum(map(len, found.values())) > sum(map(len, allowed(walled.world.root, "homes").values()))
    assert (walled.ids["hidden"],) in found["field"]


def test_of_a_document_others_see_the_copy_that_is_shared(walled: Walled) -> None:
    with parts_of(walled.app).database.read(READER) as session:
        found = seen(session.connection().connection.driver_connection)
    assert found["file_chunk"] == {("cpy_offered_shared/page/1", 0)}
    assert found["document_copy"] == {("cpy_offered_shared",)}
    assert found["attachment"] == {(walled.ids["offered"],)}


def test_without_a_binding_there_is_no_row(walled: Walled) -> None:
    for connection in prompts(walled):
        assert seen_walled(connection) == {}


WAYS_TO_READ = (
    "TABLE field",
    "SELECT id FROM ONLY field TABLESAMPLE SYSTEM (100)",
    (
        "SELECT id FROM field WHERE ctid = ANY (SELECT format('(%s,%s)', a, b)::tid"
        " FROM generate_series(0, 20) a, generate_series(1, 100) b)"
    ),
    "WITH all_of AS MATERIALIZED (SELECT * FROM field) SELECT id FROM all_of",
    "SELECT id FROM field FOR KEY SHARE",
    "UPDATE field SET version = version RETURNING id",
    "DELETE FROM field_audience RETURNING field_id",
    "SELECT query_to_xml('SELECT * FROM field', true, false, '')",
    "SELECT table_to_xml('field', true, false, '')",
    "SELECT schema_to_xml('public', true, false, '')",
    "SELECT row_to_json(f) FROM field AS f",
    "SELECT word FROM ts_stat('SELECT to_tsvector(id) FROM field')",
    "MERGE INTO field AS f USING (SELECT 1) AS one ON true WHEN MATCHED THEN UPDATE SET version = f.version",
)


@pytest.mark.parametrize("way", WAYS_TO_READ)
def test_no_way_to_read_shows_more(walled: Walled, way: str) -> None:
    beyond = [walled.ids[name] for name in ("hidden", "elsewhere", "text", "hidden_record")]
    with parts_of(walled.app).database.write(READER) as session:
        connection = session.connection().connection.driver_connection
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            cursor = connection.execute(way)
            found = repr(cursor.fetchall()) if cursor.description else ""
            assert not [one for one in beyond if one in found]
        with connection.cursor().copy("COPY field TO STDOUT") as copied:
            found = b"".join(copied).decode()
        assert walled.ids["offered"] in found
        assert not [one for one in beyond if one in found]
        session.rollback()


# --- attacks ----------------------------------------------------------------------------------------------

FORGED = "0" * 64
# What is typed at the prompt, in order; what is refused is passed over. `{mac}` is that of this transaction,
# `{system}` what another connection was bound to the system with, `{names}` are ids.
ATTACKS: dict[str, tuple[str, ...]] = {
    "set_config": ("SELECT set_config('wall.binding', '*', false)",),
    "an agency alone": ("SELECT set_config('wall.binding', 'nhs', false)",),
    "a made-up MAC": (f"SELECT set_config('wall.binding', '{FORGED} *', false)",),
    "this MAC for the system": ("SELECT set_config('wall.binding', '{mac} *', false)",),
    "this MAC for another": ("SELECT set_config('wall.binding', '{mac} nhs', true)",),
    "the system's, seen elsewhere": ("SELECT set_config('wall.binding', '{system}', false)",),
    "the system's, in a coarser world": (
        "SET LOCAL extra_float_digits = -15",
        "SET LOCAL bytea_output = 'escape'",
        "SELECT set_config('wall.binding', '{system}', false)",
    ),
    "SET ROLE": ("SET ROLE conference_owner", "SET LOCAL ROLE postgres", "SET ROLE conference_backup"),
    "SET SESSION AUTHORIZATION": ("SET SESSION AUTHORIZATION conference_owner",),
    "row_security off": ("SET row_security = off",),
    "replication": ("SET session_replication_role = replica",),
    "grants": (
        "GRANT conference_owner TO conference_app",
        "ALTER ROLE conference_app BYPASSRLS",
        "GRANT ALL ON wall.key TO conference_app",
        "REASSIGN OWNED BY conference_owner TO conference_app",
    ),
    "no wall": (
        "ALTER TABLE field DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE field NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY field_seen ON field",
        "CREATE POLICY mine ON field USING (true)",
        "ALTER POLICY field_seen ON field USING (true)",
        "ALTER FUNCTION wall.agency() SET search_path = public",
        "CREATE OR REPLACE FUNCTION wall.agency() RETURNS text LANGUAGE sql AS $$ SELECT '*' $$",
        "DROP SCHEMA wall CASCADE",
    ),
    "another key": (
        "UPDATE wall.key SET inner_pad = ''",
        "DELETE FROM wall.key",
        "INSERT INTO wall.key VALUES (false, '', '')",
        "TRUNCATE wall.key",
    ),
    "a function of one's own": (
        "CREATE FUNCTION mine() RETURNS SETOF field LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM field'",
        "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$",
        "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$",
        "CREATE SCHEMA mine",
        "SET search_path = pg_temp, mine, public",
    ),
    "what stands before a table": (
        "CREATE TEMP TABLE field AS SELECT 1",
        "CREATE TEMP VIEW case_agency AS SELECT 1",
        "CREATE VIEW mine WITH (security_invoker = off) AS SELECT * FROM field",
        "CREATE RULE mine AS ON SELECT TO record DO INSTEAD SELECT * FROM record",
        "CREATE TRIGGER mine AFTER UPDATE ON inputs EXECUTE FUNCTION refuse_change()",
    ),
    "listed by oneself": (
        (
            "INSERT INTO case_agency (case_id, agency_id, research, partnership_id)"
            " VALUES ('{other}', 'homes', 'NOT_STARTED', 'nm')"
        ),
    ),
    "one's own line moved": ("UPDATE case_agency SET case_id = '{other}' WHERE agency_id = 'homes'",),
    "another's line taken": (
        "UPDATE case_agency SET agency_id = 'homes' WHERE case_id = '{other}' AND agency_id = 'nhs'",
    ),
    "offered by oneself": ("UPDATE field SET offered = 'FULL' WHERE id = '{hidden}'",),
    "owned by oneself": (
        "UPDATE field SET owner = 'homes' WHERE id IN ('{hidden}', '{elsewhere}', '{offered}')",
        "UPDATE record SET owner = 'homes'",
        "UPDATE person_index SET owner = 'homes'",
    ),
    "in the way of an insert": (
        (
            "INSERT INTO field SELECT * FROM field WHERE id = '{own}'"
            " ON CONFLICT (id) DO UPDATE SET offered = 'FULL'"
        ),
        (
            "INSERT INTO record (id, case_id, owner, type, made_at, made_by, partnership_id) VALUES"
            " ('{hidden_record}', '{main}', 'homes', 'x', now(), 'x', 'nm')"
            " ON CONFLICT (id) DO UPDATE SET owner = 'homes'"
        ),
    ),
    "a field in another's record": (
        "UPDATE field SET record_id = '{hidden_record}', offered = 'FULL' WHERE id = '{own}'",
        "UPDATE field SET case_id = '{other}', offered = 'FULL' WHERE id = '{own}'",
    ),
    "a line that leads there": (
        (
            "INSERT INTO record_subject (record_id, person_id, partnership_id)"
            " VALUES ('{hidden_record}', '{somebody}', 'nm')"
        ),
        "INSERT INTO field_source (field_id, source_id, partnership_id) VALUES ('{own}', '{hidden}', 'nm')",
        (
            "INSERT INTO field_audience (field_id, staff_id, partnership_id)"
            " SELECT '{text}', id, 'nm' FROM staff WHERE agency_id = 'homes'"
        ),
        (
            "INSERT INTO relation (field_id, case_id, person_id, other_id, partnership_id)"
            " VALUES ('{own}', '{other}', '{somebody}', '{victim}', 'nm')"
        ),
        (
            "INSERT INTO person_index (id, token, owner, case_id, person_id, field_id, partnership_id)"
            " VALUES ('pix_x', '', 'nhs', '{other}', '{somebody}', '{elsewhere}', 'nm')"
        ),
    ),
    "taken away": (
        "DELETE FROM field WHERE owner = 'nhs'",
        "DELETE FROM case_agency",
        "TRUNCATE field CASCADE",
    ),
    "kept for later": (
        "DECLARE mine CURSOR WITH HOLD FOR SELECT * FROM field",
        "PREPARE mine AS SELECT * FROM field",
    ),
    "a block of code": (
        "DO $$ BEGIN PERFORM set_config('wall.binding', '*', false); END $$",
        "DO $$ BEGIN EXECUTE 'SET ROLE conference_owner'; END $$",
    ),
    "the machine": (
        "COPY field TO PROGRAM 'cat'",
        "COPY wall.key TO '/tmp/key'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_import('/etc/passwd')",
        "CREATE EXTENSION dblink",
        "LOAD 'auto_explain'",
    ),
}


def typed(walled: Walled, connection: psycopg.Connection, statements: tuple[str, ...], system: str) -> int:
    """Type them at the prompt, each in a savepoint; how many were not refused."""
    said = connection.execute("SELECT current_setting('wall.binding', true)").fetchone()
    mac = ((said or ("",))[0] or FORGED)[:64]
    done = 0
    for statement in statements:
        names = walled.ids | {"mac": mac, "system": system}
        for name, value in names.items():
            statement = statement.replace(f"{{{name}}}", value)  # noqa: PLW2901
        with contextlib.suppress(psycopg.Error), connection.transaction():
            connection.execute(statement)
            done += 1
    return done


@pytest.fixture
def system(walled: Walled) -> Iterator[str]:
    """What a transaction of the system is bound with just now, as somebody might have seen it."""
    with parts_of(walled.app).database.read(wall.SYSTEM) as session:
        connection = session.connection().connection.driver_connection
        yield connection.execute("SELECT current_setting('wall.binding')").fetchone()[0]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_from_outside_shows_a_row(walled: Walled, attack: str, system: str) -> None:
    for connection in prompts(walled):
        typed(walled, connection, ATTACKS[attack], system)
        assert seen_walled(connection) == {}
        connection.rollback()


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_inside_a_request_shows_a_row_beyond(
    walled: Walled, attack: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = allowed(walled.world.root, READER)
    found: list[Rows] = []
    inside(
        walled,
        monkeypatch,
        lambda one: (typed(walled, one, ATTACKS[attack], system), found.append(seen(one))),
    )
    assert found
    for one in found:
        for table, rows in one.items():
            assert rows <= may[table] | own_now(walled, table), (attack, table)
    assert allowed(walled.world.root, READER) == may  # and nothing of it stayed


def own_now(walled: Walled, table: str) -> set[tuple[Any, ...]]:
    """Rows that an attack adds to the reader's own."""
    ids = walled.ids
    return {
        "field_source": {(ids["own"], ids["hidden"])},
        "relation": {(ids["own"],)},
    }.get(table, set())


_COUNT = "SELECT count(*) FROM field WHERE "


# --- what may be learned without a row --------------------------------------------------------------------


def test_a_condition_is_asked_of_no_row_beyond(walled: Walled, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails, or tells, for a row that it is asked about."""
    asked: list[str] = []

    def ask(connection: psycopg.Connection) -> None:
        for condition in (
            "1 / (CASE WHEN id = '{hidden}' THEN 0 ELSE 1 END) = 1",
            "1 / (CASE WHEN id IN ('{hidden}', '{text}') THEN 0 ELSE 1 END) = 1",
            "CAST(CASE WHEN id = '{elsewhere}' THEN 'x' ELSE '1' END AS int) = 1",
        ):
            for name, value in walled.ids.items():
                condition = condition.replace(f"{{{name}}}", value)  # noqa: PLW2901
            for also in ("true", f"case_id = '{walled.ids['other']}'"):
                connection.execute(_COUNT + condition + " AND " + also)
            asked.append(condition)

    inside(walled, monkeypatch, ask)
    for connection in prompts(walled):
        ask(connection)
    assert len(asked) >= 9


def test_statistics_and_plans_tell_no_value(walled: Walled, monkeypatch: pytest.MonkeyPatch) -> None:
    told_of: list[object] = []

    def ask(connection: psycopg.Connection) -> None:
        query = "SELECT * FROM pg_stats WHERE tablename = ANY(%s)"
        told_of.extend(connection.execute(query, (sorted(ddl.BEHIND.keys() - {"case_agency"}),)).fetchall())
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            told_of.extend(connection.execute("SELECT * FROM pg_statistic").fetchall())

    inside(walled, monkeypatch, ask)
    for connection in prompts(walled):
        ask(connection)
    assert told_of == []


def test_an_error_tells_no_more_than_the_id_that_was_typed(walled: Walled) -> None:
    database = parts_of(walled.app).database
    texts = []
    for statement in (
        (
            "INSERT INTO record (id, case_id, owner, type, made_at, made_by, partnership_id) VALUES"
            " ('{hidden_record}', '{main}', 'homes', 'x', now(), 'x', 'nm')"
        ),
        "UPDATE field SET id = '{hidden}' WHERE id = '{own}'",
        "UPDATE field SET record_id = 'nowhere' WHERE id = '{own}'",
        "INSERT INTO field (id, case_id, owner, class_name) VALUES ('{hidden}', '{main}', 'homes', 'x')",
    ):
        for name, value in walled.ids.items():
            statement = statement.replace(f"{{{name}}}", value)  # noqa: PLW2901
        with database.read(READER) as session:
            pass
        with database.write(READER) as session:
            connection = session.connection().connection.driver_connection
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(statement)
            texts.append(f"{refused.value} {refused.value.diag.message_detail}")
            session.rollback()
    for text in texts:
        assert "nhs" not in text, text
        assert "health" not in text, text


def test_no_print_of_a_plan_shows_the_key(walled: Walled) -> None:
    key = walled.world.database.keys.key(wall.KEY)
    notices: list[str] = []
    with parts_of(walled.app).database.read(READER) as session:
        connection = session.connection().connection.driver_connection
        connection.add_notice_handler(
            lambda one: notices.append(f"{one.message_primary} {one.message_detail}")
        )
        for name in ("debug_print_parse", "debug_print_rewritten", "debug_print_plan"):
            connection.execute(f"SET {name} = on")
        connection.execute("SET client_min_messages = log")
        for _ in range(8):
            connection.execute("SELECT wall.agency()")
    shown = " ".join(notices)
    assert "QUERY" in shown or "PLANNEDSTMT" in shown.upper()
    for pad in wall.pads(key):
        numbers = " ".join(str(byte if byte < 128 else byte - 256) for byte in pad[:8])
        assert numbers not in shown
        assert pad.hex() not in shown
