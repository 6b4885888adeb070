"""Laws of the house that no linter keeps: each is short, and says why where a line is excepted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select
from sqlalchemy.schema import Column

from conference.db import Base
from conference.permissions import Permission
from conference.web import ConferenceFlask
from tests.support.client import application
from tests.support.world import World, make

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted(
    path for package in ("conference", "consent", "audit") for path in (ROOT / package).rglob("*.py")
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def app(world: World) -> ConferenceFlask:
    return application(world)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- what is stored ---

NO_PARTITION = {
    "partnership": "it is the partition",
    "staff_role": "part of a row of staff, which has it",
    "sealing_run": "a process, which seals for every partnership",
}

# Bytes that are no sealed content, and why they may lie open.
OPEN_BYTES = {
    "web_session.data": "sealed under a key made from the token, which is not stored",
    "data_key.wrapped": "a key, sealed under the keys of the key file",
    "record.external_token": "a keyed token of another system's name",
    "field.external_token": "a keyed token of another system's name",
    "person_index.token": "a keyed token of what is searched for",
    "import_seen.token": "a keyed token of what was brought in",
    "import_seen.digest": "a keyed digest of what was brought in",
    "log_event.leaf": "the log's own, made to be public: commitments, no content",
    "log_event.leaf_hash": "the log's own",
    "log_leaf.hash": "the log's own",
    "log_mark.mark": "which data key: stands in the clear on the seal",
    "log_node.hash": "the log's own",
    "log_checkpoint.root": "the log's own",
    "log_meeting.leaf_hash": "the log's own",
    "log_token.digest": "a hash of 32 random bytes",
}
SEALED_FORMAT = 1  # the first byte of what conference.vault seals


def byte_columns() -> Iterator[Column[bytes]]:
    for table in Base.metadata.tables.values():
        yield from (column for column in table.columns if isinstance(column.type, LargeBinary))


def test_every_table_has_its_partition_key() -> None:
    without = {table.name for table in Base.metadata.tables.values() if "partnership_id" not in table.columns}
    assert without == set(NO_PARTITION)


def test_all_bytes_are_sealed_by_the_vault_but_those_named_here(world: World) -> None:
    marks = re.compile(r"(^|_)seal$")  # a keyed mark over a row, which holds nothing of it
    sealed = [one for one in byte_columns() if str(one) not in OPEN_BYTES and not marks.search(one.name)]
    assert {"field.value", "staff.name_sealed", "log_event.sealed"} <= {str(column) for column in sealed}
    with world.database.read() as session:
        for column in sealed:
            for value in session.scalars(select(column).where(column.is_not(None))):
                assert value[0] == SEALED_FORMAT, column
                assert len(value) > 29 + 16, column  # head and tag


# --- what is written ---

# Over the length at which a file is split; each with its reason.
LONG = {
    "conference/cases/records.py": "one subject: a record and its fields, from added to taken back",
    "conference/cases/services.py": "one subject: a case, who is in it, who works on it, who is kept out",
    "conference/cli.py": "one command: a list of what it can be asked",
}
ROUTE_LINES = 20  # house style: about ten; this is where one is split
LONG_ROUTES = {
    "conference/identity/routes.py: sign_in": "an email, a list and their three refusals",
    "conference/identity/routes.py: sign_out": "ours ends first, then the agency's own",
    "conference/meetings/routes.py: add_action": "all that an action is made of, line by line",
}
ENVIRONMENT = {
    "conference/settings.py": "the one place where the environment is read",
}


def test_no_file_is_too_long_to_read_at_once() -> None:
    long = {name(path) for path in CODE if len(path.read_text("utf-8").splitlines()) > 350}
    assert long <= set(LONG)


def test_a_route_is_short() -> None:
    long = {
        f"{name(path)}: {node.name}"
        for path in CODE
        if path.name == "routes.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= ROUTE_LINES
    }
    assert long <= set(LONG_ROUTES)


def test_only_settings_read_the_environment() -> None:
    read = {name(path) for path in CODE if re.search(r"\bos\.(environ|getenv)", path.read_text("utf-8"))}
    assert read == set(ENVIRONMENT)


def test_no_template_passes_by_the_escaping() -> None:
    unsafe = re.compile(r"\|\s*safe\b|autoescape\s+false|\|\s*attr\b")
    assert [name(path) for path in TEMPLATES if unsafe.search(path.read_text("utf-8"))] == []
    assert [name(path) for path in CODE if "Markup(" in path.read_text("utf-8")] == []


# --- who may come ---


def test_every_view_declares_who_may_come(app: ConferenceFlask) -> None:
    silent = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        access = getattr(view, "access", None)
        is_public = getattr(view, "is_public", False)
        if rule.endpoint != "static" and not (isinstance(access, Permission) or (is_public and access)):
            silent.append(rule.endpoint)
    assert silent == []
