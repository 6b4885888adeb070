"""A world behind the second wall, what an agency may see of it worked out a second time, and raw prompts."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.orm import Session

from conference import clock
from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import Case, PersonRole
from conference.db import Base
from conference.sharing import door
from conference.sharing.files.models import Attachment, DocumentCopy, FileChunk
from conference.wall import ddl
from conference.web import ConferenceFlask, parts_of
from tests.support.client import application, signed_in
from tests.support.postgres import Cluster
from tests.support.world import HOME, World, add, by, make, told

HOST = "http://localhost"
NUMBER = itertools.count()
SECRET = "Larch Walk 9, not to be known"
Rows = dict[str, set[tuple[Any, ...]]]


@dataclass
class Walled:
    """A world on PostgreSQL, its application, and ids of what lies on either side."""

    world: World
    app: ConferenceFlask
    ids: dict[str, str] = field(default_factory=dict)


def walled_world(cluster: Cluster, folder: Path) -> Iterator[Walled]:
    """Made anew, for a fixture to yield from."""
    with cluster.database() as url:
        world = make(folder, url)
        made = Walled(world, application(world))
        with told("beyond", world.now), world.database.write() as session:
            _beyond(session, made)
            _documents(session, made)
        with psycopg.connect(world.root, autocommit=True) as connection:
            connection.execute("ANALYZE")
        yield made
        parts_of(made.app).database.close()
        world.database.close()


def _beyond(session: Any, made: Walled) -> None:
    """What Homes may not know of: a field that is not offered, a case of the police and the NHS alone."""
    world, at = made.world, clock.now()
    main = session.get_one(Case, world.case_id)
    hidden = add(session, world, main, "n-rep", "health.physical", SECRET, name="hidden")
    offered = add(session, world, main, "n-rep", "wishes", "To be left alone", offered="full", name="offered")
    records.correct_field(
        session, offered, value="To be asked", recorded_at=None, by=world.staff["n-rep"], at=at
    )
    own = add(session, world, main, "h-rep", "tenancy.history", "Moved in 2019", name="own")
    other = cases.open_case(
        session, partnership_id=HOME, conference_type=main.conference_type, agencies=["police", "nhs"],
        by=by(world, "p-rep"), at=at,
    )  # fmt: skip
    who = cases.add_person(session, other, PersonRole.VICTIM)
    known = {"victim": who}
    elsewhere = add(session, world, other, "n-rep", "identity.name", "Anna Elsewhere", offered="full",
                    name="elsewhere", people=known)  # fmt: skip
    add(
        session,
        world,
        other,
        "n-rep",
        "identity.dob",
        "1980-01-02",
        offered="full",
        people=known,
        name="born",
    )
    text = records.write_for_conference(
        session, other, class_name="conference.note", value="Of another case", about=[who],
        sources=[elsewhere.id], audience=[world.staff["p-rep"]], by=by(world, "p-rep"), at=at,
    )  # fmt: skip
    made.ids = {
        "main": main.id, "other": other.id, "hidden": hidden.id, "offered": offered.id, "own": own.id,
        "elsewhere": elsewhere.id, "text": text.id, "hidden_record": hidden.record_id,
        "own_record": own.record_id, "victim": world.people["victim"], "somebody": who,
    }  # fmt: skip


def _documents(session: Session, made: Walled) -> None:
    """A document of the NHS on what it offers and on what it does not, with a copy shared and one older."""
    for name in ("offered", "hidden"):
        field_id, shared, older = made.ids[name], f"cpy_{name}_shared", f"cpy_{name}_older"
        of: dict[str, Any] = {"case_id": made.ids["main"], "owner": "nhs", "partnership_id": HOME}
        by_whom: dict[str, Any] = {"made_at": made.world.now, "made_by": made.world.staff["n-rep"]}
        session.add(Attachment(field_id=field_id, media="pdf", size=1, copy_id=shared, **of, **by_whom))
        for copy in (shared, older):
            session.add(DocumentCopy(id=copy, field_id=field_id, marks=b"sealed", **of, **by_whom))
        for file_id in (f"{field_id}/original", f"{shared}/page/1", f"{older}/page/1"):
            session.add(FileChunk(file_id=file_id, number=0, field_id=field_id, sealed=b"sealed", **of))
        session.flush()


# --- what may be seen, a second time ----------------------------------------------------------------------


def allowed(root: str, agency: str) -> Rows:
    """By primary key, what `agency` may see at most of each table behind the wall."""
    with psycopg.connect(root) as connection:
        all_of = {table: _all(connection, table) for table in ddl.BEHIND}
    listed = {row["case_id"] for row in all_of["case_agency"] if row["agency_id"] == agency}
    fields = {
        row["id"]: row
        for row in all_of["field"]
        if row["owner"] == agency
        or (row["case_id"] in listed and (row["owner"] == "conference" or row["offered"] != "NONE"))
    }
    of_fields = {(row["record_id"], row["owner"]) for row in fields.values()}
    seen_records = {
        row["id"]
        for row in all_of["record"]
        if row["owner"] == agency
        or (row["case_id"] in listed and row["owner"] == "conference")
        or (row["id"], row["owner"]) in of_fields
    }
    versions = {one for one, row in fields.items() if row["owner"] in {agency, "conference"}}
    copies = {(row["copy_id"], row["field_id"]) for row in all_of["attachment"] if row["field_id"] in fields}
    mine = {row["id"] for row in all_of["override_request"] if row["owner"] == agency}
    may: dict[str, Callable[[dict[str, Any]], bool]] = {
        "case_agency": lambda _row: True,
        "record": lambda row: row["id"] in seen_records,
        "record_subject": lambda row: row["record_id"] in seen_records,
        "field": lambda row: row["id"] in fields,
        "field_version": lambda row: row["field_id"] in versions,
        "import_seen": lambda row: row["agency_id"] == agency,
        "wrong_note": lambda row: row["agency_id"] == agency,
        "document_copy": lambda row: row["owner"] == agency or (row["id"], row["field_id"]) in copies,
        "file_chunk": lambda row: (
            row["owner"] == agency or (row["file_id"].partition("/")[0], row["field_id"]) in copies
        ),
        "override_request": lambda row: row["id"] in mine,
        "override_answer": lambda row: row["request_id"] in mine,
        "person_index": lambda row: (
            row["owner"] == agency or (row["field_id"] in fields and row["birth_field_id"] in {None, *fields})
        ),
    }
    of_field = lambda row: row["field_id"] in fields  # noqa: E731
    return {
        table: {_key(table, row) for row in rows if may.get(table, of_field)(row)}
        for table, rows in all_of.items()
    }


def _all(connection: psycopg.Connection, table: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))).fetchall()


def _key(table: str, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in Base.metadata.tables[table].primary_key.columns)


def seen(connection: psycopg.Connection) -> Rows:
    """What a prompt sees of each table behind the wall; nothing where it is refused."""
    out: Rows = {}
    for table in ddl.BEHIND:
        with contextlib.suppress(psycopg.Error), connection.transaction():
            out[table] = {_key(table, row) for row in _all(connection, table)}
    return out


def seen_walled(connection: psycopg.Connection) -> Rows:
    """The same, without what everybody may see: who is on a case."""
    return {table: rows for table, rows in seen(connection).items() if rows and table != "case_agency"}


def prompts(walled: Walled) -> Iterator[psycopg.Connection]:
    """Outside a request: a new connection of the role's, and one of the application's with no agency."""
    with psycopg.connect(walled.world.settings.database) as connection:
        yield connection
    with parts_of(walled.app).database.write() as session:
        yield session.connection().connection.driver_connection
        session.rollback()


def bound(connection: psycopg.Connection) -> str | None:
    return connection.execute("SELECT wall.agency()").fetchone()[0]


def inside(
    walled: Walled, monkeypatch: pytest.MonkeyPatch, do: Callable[[psycopg.Connection], object]
) -> None:
    """Do something in the middle of a page, and of a change, of somebody of Homes: on its own connection."""
    real = door.people_of

    def people_of(session: Any, case_ids: Any) -> Any:
        connection = session.connection().connection.driver_connection
        with contextlib.suppress(_Enough), connection.transaction():
            do(connection)
            raise _Enough
        return real(session, case_ids)

    monkeypatch.setattr(door, "people_of", people_of)
    walled.app.config["WTF_CSRF_ENABLED"] = False
    with told(f"inside {next(NUMBER)}", walled.world.now):
        client = signed_in(walled.app, walled.world, "h-rep")
        path = f"/cases/{walled.world.case_id}"
        assert client.get(path, base_url=HOST).status_code == 200
        client.post(f"{path}/research/add", data={}, base_url=HOST)


class _Enough(Exception):
    """Take back what was done, and go on with the page."""
