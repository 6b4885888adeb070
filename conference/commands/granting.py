"""Let the application's own role into a PostgreSQL database, and no further than it needs."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.engine import Connection

from conference.commands import migrating
from conference.commands.errors import Stopped
from conference.trail.ddl import KEPT

READ = "SELECT"
ADD = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE, DELETE"
# Tables that the application only reads. All of `ddl.KEPT` it only reads and adds to; the others it changes,
# among them log_queue: a row of it goes when its event has got its place in the tree.
READ_ONLY = frozenset({"alembic_version"})
_KEEPS_OUT = (
    ("rolsuper", "is a superuser"),
    ("rolcreaterole", "may make roles"),
    ("rolcreatedb", "may make databases"),
    ("rolreplication", "may replicate"),
    ("rolbypassrls", "may bypass row security"),
)


def grant(database: str, role: str, *, tell: Callable[[str], None]) -> None:
    """Give `role` what the application needs in `database`, and take away whatever else it had there.

    database: the address with which the owner of the tables signs in.   tell: is told in a sentence.
    Safe to run at any time; to be run again after each migration. Raises Stopped on SQLite, for a role that
    is not there, and for one that could get round its grants.
    """
    with migrating.connected(database) as connection, connection.begin():
        if connection.dialect.name == "sqlite":
            raise Stopped(
                "SQLite has no roles: its triggers refuse changes of the log, and nothing else does."
            )
        _check_role(connection, role)
        quoted = connection.dialect.identifier_preparer.quote(role)
        for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            for schema in ("public", "wall"):
                connection.exec_driver_sql(f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {quoted}")
        for schema in ("public", "wall"):
            connection.exec_driver_sql(f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC")
            connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {schema} FROM {quoted}")
            connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {quoted}")
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION wall.agency() TO {quoted}")
        _without_own_things(connection, role, quoted)
        connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        tables = _tables(connection)
        for table in tables:
            connection.exec_driver_sql(f'GRANT {allowed(table)} ON "{table}" TO {quoted}')
        kept = len(KEPT.keys() & set(tables))
    tell(f"The role {role} may use {len(tables)} tables; to the {kept} of the log it can only add.")


def allowed(table: str) -> str:
    """What the application's role may do with a table."""
    if table in READ_ONLY:
        return READ
    return ADD if table in KEPT else CHANGE


def _without_own_things(connection: Connection, role: str, quoted: str) -> None:
    """Nothing of its own beside what is there: a temporary table would stand before the one of its name."""
    name = connection.scalar(text("SELECT current_database()"))
    database = connection.dialect.identifier_preparer.quote(str(name))
    connection.exec_driver_sql(f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {quoted}")
    query = text("SELECT has_database_privilege(:role, current_database(), 'CREATE, TEMPORARY')")
    if connection.scalar(query, {"role": role}):
        raise Stopped(
            f"The role {role} may make tables of its own here, and only the database's owner can take that "
            f"away. Have them run: REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {quoted};"
        )


def _check_role(connection: Connection, role: str) -> None:
    query = text("SELECT * FROM pg_roles WHERE rolname = :role")
    found = connection.execute(query, {"role": role}).mappings().one_or_none()
    if found is None:
        raise Stopped(
            f"There is no role {role}. Have whoever runs PostgreSQL make it, with a password of its own: "
            f'CREATE ROLE "{role}" LOGIN;'
        )
    for column, why in _KEEPS_OUT:
        if found[column]:
            raise Stopped(f"The role {role} {why}. The application must not sign in as that; make another.")
    belongs = connection.scalars(
        text(
            "SELECT rolname FROM pg_roles WHERE rolname <> :role AND pg_has_role(:role, oid, 'MEMBER')"
            " ORDER BY rolname"
        ),
        {"role": role},
    ).all()
    if belongs:
        raise Stopped(
            f"The role {role} belongs to {', '.join(belongs)}: it could become that. Make one for the "
            "application that belongs to none."
        )
    theirs = connection.scalar(
        text(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'S') AND relowner = (SELECT oid FROM pg_roles WHERE rolname = :role)"
        ),
        {"role": role},
    )
    if theirs:
        raise Stopped(
            f"The role {role} owns tables here: it could give itself anything. Make another for the "
            "application."
        )


def _tables(connection: Connection) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    return [str(row.tablename) for row in connection.execute(text(query))]
