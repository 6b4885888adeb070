"""Whether the second wall stands: what `conference doctor` looks at on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from conference import wall
from conference.db import SERVING
from conference.wall import ddl

_LOCAL = "(inet_client_addr() IS NULL OR inet_client_addr() << '127.0.0.0/8' OR inet_client_addr() = '::1')"
_ENCRYPTED = "(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
_POLICIES = 4  # for each table: seen, added, changed, dropped

# What the role that asks must not be or have, each a condition that is true where it is wrong.
_ROLE = {
    "is a superuser": "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)",
    "may bypass row security": "(SELECT rolbypassrls FROM pg_roles WHERE rolname = current_user)",
    "belongs to another role": (
        "EXISTS (SELECT FROM pg_roles WHERE rolname <> current_user"
        " AND pg_has_role(current_user, oid, 'MEMBER'))"
    ),
    "owns something in the database": (
        "EXISTS (SELECT FROM pg_class WHERE relowner = current_user::regrole)"
        " OR EXISTS (SELECT FROM pg_proc WHERE proowner = current_user::regrole)"
        " OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = current_user::regrole)"
        " OR EXISTS (SELECT FROM pg_database WHERE datname = current_database()"
        " AND datdba = current_user::regrole)"
    ),
    "may make schemas or temporary tables": (
        "has_database_privilege(current_database(), 'CREATE, TEMPORARY')"
        " OR EXISTS (SELECT FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'"
        " AND has_schema_privilege(oid, 'CREATE'))"
    ),
    "may use the wall's key": (
        "has_table_privilege('wall.key', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
        " OR has_any_column_privilege('wall.key', 'SELECT, INSERT, UPDATE, REFERENCES')"
    ),
    "may empty tables or hang triggers on them": (
        "EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND has_table_privilege(oid, 'TRUNCATE, TRIGGER'))"
    ),
    "may call functions that work with others' rights": (
        "EXISTS (SELECT FROM pg_proc WHERE prosecdef AND oid <> 'wall.agency()'::regprocedure"
        " AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
        " AND has_function_privilege(oid, 'EXECUTE'))"
    ),
}


def faults(session: Session) -> list[str]:
    """What is wrong with the wall, as the role of this session finds it, each in a sentence."""
    if session.scalar(text("SELECT to_regnamespace('wall')")) is None:
        return ["There is no second wall in this database. Run `conference migrate` as the tables' owner."]
    found = [*_tables(session), *_function(session)]
    found += [f"The application's role {what}." for what in _ROLE if _is_so(session, _ROLE[what])]
    return found + _key(session)


def connection_faults(session: Session) -> list[str]:
    """What is wrong with the connection itself."""
    found = []
    if not _is_so(session, _LOCAL) and not _is_so(session, _ENCRYPTED):
        found.append("The connection to the database is not encrypted.")
    query = text("SELECT current_setting(:name)")
    off = [name for name in SERVING if session.scalar(query, {"name": name}) == "0"]
    return found + [f"PostgreSQL's {name} is off: what hangs, hangs for ever." for name in off]


def _is_so(session: Session, condition: str) -> bool:
    return bool(session.scalar(text(f"SELECT {condition}")))


def _tables(session: Session) -> Iterator[str]:
    query = text(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS stands,"
        " (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polpermissive) AS policies"
        " FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(:tables)"
    )
    rows = {row.relname: row for row in session.execute(query, {"tables": sorted(ddl.BEHIND)})}
    for table in sorted(ddl.BEHIND):
        row = rows.get(table)
        if row is None or not row.stands or row.policies != _POLICIES:
            yield f"The table {table} is not behind the second wall as it should be."


def _function(session: Session) -> Iterator[str]:
    query = text(
        "SELECT p.prosecdef AND p.provolatile = 's' AND p.prosrc = :body"
        " AND p.proconfig = ARRAY['search_path=pg_catalog, pg_temp']"
        " AND p.proowner = (SELECT relowner FROM pg_class WHERE oid = 'field'::regclass)"
        " FROM pg_proc AS p WHERE p.oid = to_regprocedure('wall.agency()')"
    )
    if not session.scalar(query, {"body": ddl.BODY}):
        yield "The function wall.agency() is not what the migration made."


def _key(session: Session) -> list[str]:
    """Whether the database takes what we sign, and nothing else."""
    nested = session.begin_nested()  # what is said in it is taken back
    try:
        ours = session.scalar(text("SELECT wall.agency()"))
        forged = wall.bound_to(wall.SYSTEM, "elsewhere", bytes(32))
        session.execute(text("SELECT set_config('wall.binding', :said, true)"), {"said": forged})
        theirs = session.scalar(text("SELECT wall.agency()"))
    except DBAPIError:
        return ["The application's role may not ask for whom it works. Run `conference migrate --grant-to`."]
    finally:
        nested.rollback()
    if ours != wall.SYSTEM:
        return ["The wall's key in the database is not the one in the key file. Run `conference migrate`."]
    return ["The database takes a binding that nobody signed."] if theirs is not None else []
