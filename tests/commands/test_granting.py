"""The application works as a role that can only add to the log, and that role can do nothing else to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import text

from conference import wall
from conference.commands import granting
from conference.commands.errors import Stopped
from conference.db import Database
from conference.trail.ddl import KEPT
from conference.vault.keyfile import KeyFile
from conference.web import parts_of
from tests.routes import ROUTES
from tests.support.client import application, settle, signed_in
from tests.support.postgres import Cluster, as_role
from tests.support.world import World, make, told
from tests.test_postgres import HOST, steps, verified

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@contextmanager
def a_role(url: str) -> Iterator[str]:
    """A role that may sign in and nothing else; roles belong to the server, so it goes at the end."""
    name = f"app_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def world(postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose tables somebody else owns."""
    with postgres_cluster.database() as url, a_role(url) as role:
        made = make(tmp_path_factory.mktemp("world"), url)
        made.database.close()
        said: list[str] = []
        granting.grant(url, role, tell=said.append)
        assert "can only add" in said[0]
        settings = replace(made.settings, database=as_role(url, role))
        database = Database(settings.database, KeyFile.open(settings.keys), agency=wall.SYSTEM)
        yield replace(made, settings=settings, database=database)
        database.close()


def test_a_days_work_is_done_under_the_role(world: World) -> None:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    clients: dict[str, FlaskClient] = {}
    for number, (who, path, form) in enumerate(steps(world)):
        if who not in clients:
            with told(f"sign in {who}"):
                clients[who] = signed_in(app, world, who)
        with told(f"step {number}"):
            answer = clients[who].post(path, data=form, base_url=HOST)
        assert answer.status_code in {200, 303, 403, 404, 409, 422}, (number, who, path)
    for who in ("h-rep", "h-ig"):
        with told(f"walk {who}"):
            client = signed_in(app, world, who)
            for (endpoint, method), route in sorted(ROUTES.items()):
                if method != "GET" or endpoint in {"identity.sign_out", "health.ready"}:
                    continue  # the one ends the session; the other says that no sequencer runs here
                answer = client.get(route.path(world, who), base_url=HOST)
                assert answer.status_code < 500, (who, endpoint)
    settle(world)
    verified(world)
    parts_of(app).database.close()


def test_the_role_is_refused_every_change_of_the_log(world: World) -> None:
    with psycopg.connect(world.settings.database, autocommit=True) as connection:
        for table in KEPT:
            for change in ("UPDATE {} SET partnership_id = 'x'", "DELETE FROM {}", "TRUNCATE {}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
                    connection.execute(change.format(table))


ROUND = (
    "ALTER TABLE log_event DISABLE TRIGGER ALL",
    "DROP TRIGGER log_event_no_change ON log_event",
    "DROP TABLE log_event CASCADE",
    "SET session_replication_role = replica",
    "CREATE TABLE mine (n int)",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "TRUNCATE log_queue",
    "COPY log_event FROM PROGRAM 'true'",
)


@pytest.mark.parametrize("statement", ROUND)
def test_the_role_gets_round_nothing(world: World, statement: str) -> None:
    with (
        psycopg.connect(world.settings.database, autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_role_that_could_get_round_its_grants_is_refused(postgres_url: str) -> None:
    said: list[str] = []
    with pytest.raises(Stopped, match="There is no role nobody_here"):
        granting.grant(postgres_url, "nobody_here", tell=said.append)
    with pytest.raises(Stopped, match="is a superuser"):
        granting.grant(postgres_url, "postgres", tell=said.append)
    with a_role(postgres_url) as role, psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE theirs (n int)")
        connection.execute(sql.SQL("ALTER TABLE theirs OWNER TO {}").format(sql.Identifier(role)))
        with pytest.raises(Stopped, match="owns tables here"):
            granting.grant(postgres_url, role, tell=said.append)
    assert not said


def test_what_is_not_the_logs_can_be_changed(world: World) -> None:
    """The queue, and whatever else the application updates; of alembic it only reads."""
    assert granting.allowed("log_queue") == granting.allowed("field") == granting.CHANGE
    assert granting.allowed("alembic_version") == granting.READ
    with world.database.write() as session:
        session.execute(text("DELETE FROM log_queue WHERE n < 0"))


def test_sqlite_has_no_roles(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="SQLite has no roles"):
        granting.grant(f"sqlite:///{tmp_path}/some.db", "app", tell=print)
