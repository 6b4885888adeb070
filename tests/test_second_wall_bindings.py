"""A binding holds for one transaction of one connection; the doctor says where the wall does not stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import LargeBinary

from conference import wall
from conference.cases import records
from conference.cases.models import Field, Offered
from conference.commands import migrating, wall_standing
from conference.db import Base, Database
from conference.vault.keyfile import KeyFile
from conference.wall import ddl
from conference.web import parts_of
from tests.support.postgres import OWNER, Cluster, as_role
from tests.support.walled import Rows, Walled, bound, inside, seen_walled, walled_world
from tests.support.world import add, by, import_models, told

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def walled(postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walled]:
    yield from walled_world(postgres_cluster, tmp_path_factory.mktemp("walled"))


def test_a_binding_is_of_one_transaction_of_one_connection(walled: Walled) -> None:
    database, url = parts_of(walled.app).database, walled.world.settings.database
    key = walled.world.database.keys.key(wall.KEY)
    with psycopg.connect(url) as first, psycopg.connect(url) as second:
        said = wall.bound_to("nhs", first.execute(wall.HERE).fetchone()[0], key)
        first.execute(wall.SET, (said,))
        assert bound(first) == "nhs"
        with first.transaction():
            assert bound(first) == "nhs"
        second.execute(wall.SET, (said,))
        assert bound(second) is None
        first.execute("SELECT set_config('wall.binding', %s, false)", (said,))  # stays when this one ends
        first.commit()
        assert first.execute("SELECT current_setting('wall.binding')").fetchone()[0] == said
        assert bound(first) is None
        first.execute("COMMIT AND CHAIN")
        assert bound(first) is None
    with database.read("nhs") as session:
        assert bound(session.connection().connection.driver_connection) == "nhs"
        session.rollback()  # what begins after that is bound anew
        assert bound(session.connection().connection.driver_connection) == "nhs"


def test_ends_in_the_middle_of_a_request_end_the_binding(
    walled: Walled, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Rows] = []

    def end(connection: psycopg.Connection) -> None:
        said = connection.execute("SELECT current_setting('wall.binding')").fetchone()[0]
        with psycopg.connect(walled.world.settings.database, autocommit=True) as other:
            other.execute("BEGIN")
            other.execute("SELECT set_config('wall.binding', %s, true)", (said,))
            found.append(seen_walled(other))

    inside(walled, monkeypatch, end)
    assert found
    assert not any(found)


LEFT_BEHIND = (
    "SET search_path = nowhere",
    "SET SESSION wall.binding = 'x'",
    "SET default_transaction_read_only = on",
    "SET row_security = off",
    "DECLARE mine CURSOR WITH HOLD FOR SELECT 1",
    "LISTEN mine",
    "SELECT pg_advisory_lock(1)",
    "PREPARE _pg3_0 AS SELECT 1",
)


LEFT = """
SELECT (SELECT count(*) FROM pg_cursors WHERE is_holdable) + (SELECT count(*) FROM pg_listening_channels())
  + (SELECT count(*) FROM pg_prepared_statements WHERE from_sql)
"""


def test_nothing_that_was_set_goes_along_to_the_next(walled: Walled) -> None:
    url, keys = walled.world.settings.database, walled.world.database.keys
    for statement in LEFT_BEHIND:
        database = Database(url, keys)
        with database.write("homes") as session:
            session.connection().exec_driver_sql(statement)
            before = session.connection().connection.driver_connection.info.backend_pid
        with database.write("nhs") as session:
            connection = session.connection().connection.driver_connection
            assert connection.execute("SHOW search_path").fetchone()[0] == "public"
            assert connection.execute("SHOW row_security").fetchone()[0] == "on"
            assert connection.execute(LEFT).fetchone()[0] == 0, statement
            locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            assert connection.execute(locks).fetchone()[0] == 0
            assert bound(connection) == "nhs"
            same = connection.info.backend_pid == before
        assert same is not statement.startswith("PREPARE"), "dropped where somebody prepared, else kept"
        database.close()


def test_a_write_beyond_is_refused(walled: Walled) -> None:
    """By the services too: a session that is bound to one agency writes nothing of another's."""
    with told("other"), pytest.raises(Exception, match="row-level security"):  # noqa: SIM117
        with parts_of(walled.app).database.write("homes") as session:
            add(session, walled.world, walled.world.case_id, "n-rep", "wishes", "Not theirs to write")
    with parts_of(walled.app).database.read("homes") as session:
        assert session.get(Field, walled.ids["hidden"]) is None
        assert session.get_one(Field, walled.ids["offered"]).offered is Offered.FULL


def test_what_somebody_offers_is_seen_at_once_and_gone_when_taken_back(walled: Walled) -> None:
    database = parts_of(walled.app).database
    for level, there in ((Offered.PRESENCE, True), (Offered.NONE, False)):
        with told(f"offer {level}"), database.write("nhs") as session:
            one = session.get_one(Field, walled.ids["hidden"])
            records.set_offer(session, one, level, by=by(walled.world, "n-rep"))
        with database.read("homes") as session:
            assert (session.get(Field, walled.ids["hidden"]) is not None) is there


def test_another_key_file_sees_nothing(walled: Walled, tmp_path: Path) -> None:
    other = KeyFile.create(tmp_path / "keys")
    other.key_or_new(wall.KEY)
    database = Database(walled.world.settings.database, other, agency=wall.SYSTEM)
    with database.read() as session:
        assert seen_walled(session.connection().connection.driver_connection) == {}
    database.close()


# --- the whole of it --------------------------------------------------------------------------------------

STANDING = """
SELECT p.polname::text, c.relname::text, p.polcmd::text, pg_get_expr(p.polqual, p.polrelid),
  pg_get_expr(p.polwithcheck, p.polrelid)
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
UNION ALL SELECT c.relname, c.relname, '', c.relrowsecurity::text, c.relforcerowsecurity::text
FROM pg_class AS c WHERE c.relrowsecurity OR c.relforcerowsecurity
UNION ALL SELECT p.proname, p.prosrc, p.provolatile::text,
  p.prosecdef::text || p.proparallel::text, p.proconfig::text
FROM pg_proc AS p WHERE p.pronamespace = 'wall'::regnamespace
UNION ALL SELECT t.tgname, c.relname, '', pg_get_triggerdef(t.oid), ''
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid WHERE t.tgname LIKE '%_stays'
ORDER BY 1, 2
"""


def test_what_migrations_build_is_what_is_tested_here(walled: Walled, postgres_url: str) -> None:
    migrating.migrate(as_role(postgres_url, OWNER), tell=lambda _said: None)
    built = []
    for url in (postgres_url, walled.world.root):
        with psycopg.connect(url) as connection:
            built.append(connection.execute(STANDING).fetchall())
    assert built[0] == built[1]
    assert len(built[0]) == 5 * len(ddl.BEHIND) + 3
    body = next(row[1] for row in built[0] if row[0] == "agency")
    assert body == ddl.BODY
    assert "pg_backend_pid()" in body
    assert "%" not in body  # a driver may take it for a place to fill


def test_every_table_with_an_owners_values_is_behind_it_or_named() -> None:
    """What is sealed for an owner, or leads to it, is behind the wall; or the list says why not."""
    import_models()
    named = ddl.BEHIND.keys() | ddl.IN_FRONT.keys()
    assert not ddl.BEHIND.keys() & ddl.IN_FRONT.keys()
    missing = []
    for table in Base.metadata.sorted_tables:
        blobs = [c.name for c in table.columns if isinstance(c.type, LargeBinary) and c.name not in SEALS]
        owned = {"owner", "field_id", "record_id", "agency_id"} & set(table.columns.keys())
        if blobs and owned and table.name not in named and not table.name.startswith("log_"):
            missing.append((table.name, blobs, sorted(owned)))
    assert missing == []
    assert named <= set(Base.metadata.tables)


SEALS = {"row_seal", "kept_out_seal", "policies_seal", "said_seal"}


def test_the_doctor_sees_what_is_not_as_it_should_be(walled: Walled, postgres_cluster: Cluster) -> None:
    database = walled.world.database
    with database.read() as session:
        assert wall_standing.faults(session) == []
        assert wall_standing.connection_faults(session) == []
    for statement, said in BROKEN.items():
        with psycopg.connect(walled.world.root) as connection:
            connection.execute(statement)
            with database.read() as session:
                assert wall_standing.faults(session) == []  # not yet committed
            connection.commit()
        with database.read() as session:
            assert any(said in one for one in wall_standing.faults(session)), statement
        with psycopg.connect(walled.world.root) as connection:
            for repair in REPAIRS[statement]:
                connection.execute(repair)
    with database.read() as session:
        assert wall_standing.faults(session) == []


POLICY = "CREATE POLICY more ON field USING (true)"
BODY = "ALTER FUNCTION wall.agency() SET search_path = public"
KEY = "UPDATE wall.key SET inner_pad = outer_pad, outer_pad = inner_pad"
OPEN = "GRANT SELECT (inner_pad) ON wall.key TO conference_app"
BROKEN = {
    "ALTER TABLE field NO FORCE ROW LEVEL SECURITY": "The table field",
    "ALTER TABLE record_subject DISABLE ROW LEVEL SECURITY": "The table record_subject",
    POLICY: "The table field",
    BODY: "wall.agency() is not what",
    KEY: "not the one in the key file",
    OPEN: "may use the wall's key",
    "GRANT conference_owner TO conference_app": "belongs to another role",
    "ALTER ROLE conference_app BYPASSRLS": "may bypass row security",
    "GRANT CREATE ON SCHEMA public TO conference_app": "may make schemas or temporary tables",
}
REPAIRS = {
    "ALTER TABLE field NO FORCE ROW LEVEL SECURITY": ("ALTER TABLE field FORCE ROW LEVEL SECURITY",),
    "ALTER TABLE record_subject DISABLE ROW LEVEL SECURITY": (
        "ALTER TABLE record_subject ENABLE ROW LEVEL SECURITY",
    ),
    POLICY: ("DROP POLICY more ON field",),
    BODY: ("ALTER FUNCTION wall.agency() SET search_path = pg_catalog, pg_temp",),
    KEY: (KEY,),
    OPEN: ("REVOKE SELECT (inner_pad) ON wall.key FROM conference_app",),
    "GRANT conference_owner TO conference_app": ("REVOKE conference_owner FROM conference_app",),
    "ALTER ROLE conference_app BYPASSRLS": ("ALTER ROLE conference_app NOBYPASSRLS",),
    "GRANT CREATE ON SCHEMA public TO conference_app": (
        "REVOKE CREATE ON SCHEMA public FROM conference_app",
    ),
}
