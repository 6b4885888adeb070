"""The session store, and the cookie in front of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from conference import clock
from conference.db import Database
from conference.identity import services
from conference.identity import session_store as store
from conference.identity.models import WebSession
from conference.identity.session_store import Owner, State
from conference.identity.sessions import PLAIN_COOKIE as COOKIE
from conference.vault.keyfile import KeyFile
from tests.identity import world
from tests.identity.world import PUBLIC, settle

START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def after(**kwargs: float) -> Any:
    return clock.held(START + timedelta(**kwargs))


class Log:
    """Remembers events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def __call__(self, _session: Session, kind: str, _partnership: str, _staff: str, how: str) -> None:
        self.events.append((kind, how))


@pytest.fixture
def owner(database: Database) -> Owner:
    with database.write() as session:
        settle(session)
        staff = services.find_staff(session, "northmoor-homes", "h-1")
        assert staff is not None
        return Owner(staff.id, "northmoor")


@pytest.mark.parametrize(
    ("uses", "then", "state"),
    [
        pytest.param([], {"minutes": 14, "seconds": 59}, State.ALIVE, id="unused-for-less"),
        pytest.param([], {"minutes": 15}, State.UNUSED, id="unused-for-15-minutes"),
        pytest.param([14], {"minutes": 28}, State.ALIVE, id="used-meanwhile"),
        pytest.param(range(10, 720, 10), {"minutes": 719, "seconds": 59}, State.ALIVE, id="used-all-day"),
        pytest.param(range(10, 721, 10), {"minutes": 720}, State.UNUSED, id="ends-after-12-hours"),
    ],
)
def test_a_session_lives(database: Database, owner: Owner, uses: Any, then: Any, state: State) -> None:
    token = store.new_token()
    with database.write() as session, after():
        store.create(session, token, b"kept", owner)
    for minutes in uses:
        with database.write() as session, after(minutes=minutes):
            store.touch(session, token)
    with database.read() as session, after(**then):
        found = store.find(session, token)
    assert found.state is state
    assert found.data == (b"kept" if state is State.ALIVE else b"")


def test_the_table_neither_signs_in_nor_says_anything(database: Database, owner: Owner) -> None:
    token = store.new_token()
    with database.write() as session:
        store.create(session, token, b"the provider's token", owner)
    with database.read() as session:
        row = session.scalars(select(WebSession)).one()
    assert row.token_hash == hashlib.sha256(token).hexdigest()
    assert token not in row.data
    assert b"provider" not in row.data


def test_data_moved_to_another_row_is_refused(database: Database, owner: Owner) -> None:
    one, two = store.new_token(), store.new_token()
    with database.write() as session:
        first = store.create(session, one, b"one", owner)
        store.create(session, two, b"two")
        session.execute(
            update(WebSession).where(WebSession.token_hash != first.token_hash).values(data=first.data)
        )
    with database.read() as session:
        assert store.find(session, one).state is State.ALIVE
        assert store.find(session, two).state is State.UNKNOWN


@pytest.mark.parametrize(
    "edit",
    [
        {"ends_at": START + timedelta(days=900)},
        {"created_at": START - timedelta(hours=1)},
        {"staff_id": None, "partnership_id": None},
        {"data": b"x"},
    ],
    ids="+".join,
)
def test_an_edited_row_is_nobodys_and_is_not_sealed_again(
    database: Database, owner: Owner, edit: dict[str, Any]
) -> None:
    token = store.new_token()
    with after():
        with database.write() as session:
            store.create(session, token, b"one", owner)
            session.execute(update(WebSession).values(**edit))
        with database.write() as session:
            assert not store.save(session, token, b"two")
        with database.read() as session:
            assert store.find(session, token) == store.Found(State.UNKNOWN)


def test_without_our_key_a_token_opens_nothing(database: Database, owner: Owner, tmp_path: Path) -> None:
    token = store.new_token()
    with database.write() as session:
        store.create(session, token, b"one", owner)
        session.info["keys"] = KeyFile.create(tmp_path / "other.jsonl")
        assert store.find(session, token) == store.Found(State.UNKNOWN)


def test_an_ended_session_is_never_brought_back(database: Database, owner: Owner) -> None:
    token, log = store.new_token(), Log()
    with database.write() as session:
        store.create(session, token, b"", owner)
    with database.write() as session:
        store.end(session, token, "signed out", log)
    with database.write() as session:
        assert not store.save(session, token, b"late")
        assert not store.touch(session, token)
    with database.read() as session:
        assert store.find(session, token).state is State.UNKNOWN
    assert log.events == [("session.ended", "signed out")]


def test_all_of_somebodys_sessions_end(database: Database, owner: Owner) -> None:
    log = Log()
    with database.write() as session:
        for _ in range(3):
            store.create(session, store.new_token(), b"", owner)
        other = store.create(session, store.new_token(), b"")
        assert store.end_all_of(session, owner.staff_id, "left", log) == 3
        assert session.scalars(select(WebSession.token_hash)).all() == [other.token_hash]
    assert log.events == [("session.ended", "left")] * 3


def test_old_rows_are_purged_and_said_to_have_ended(database: Database, owner: Owner) -> None:
    log = Log()
    with database.write() as session, after():
        store.create(session, store.new_token(), b"", owner)
        store.create(session, store.new_token(), b"")
    with database.write() as session, after(minutes=20):
        store.purge(session, log)
        assert len(session.scalars(select(WebSession)).all()) == 1  # its browser is still to be told
    with database.write() as session, after(hours=13):
        store.purge(session, log)
        assert session.scalars(select(WebSession)).all() == []
    assert log.events == [("session.ended", "unused")]


# --- the cookie ---


@pytest.fixture
def pages(make: Any) -> tuple[Flask, world.Parts]:
    return make(lambda agency: f"https://{agency}.example")  # type: ignore[no-any-return]


def rows(parts: world.Parts) -> list[WebSession]:
    with parts.database.read() as session:
        return list(session.scalars(select(WebSession)))


def test_a_page_that_keeps_nothing_sets_no_cookie(pages: tuple[Flask, world.Parts]) -> None:
    app, parts = pages
    answer = app.test_client().get("/sign-in", base_url=PUBLIC)
    assert "Set-Cookie" not in answer.headers
    assert rows(parts) == []


def test_the_cookie_holds_a_token_and_nothing_else(pages: tuple[Flask, world.Parts]) -> None:
    app, parts = pages
    answer = app.test_client().get("/keep/harbour", base_url=PUBLIC)
    cookie = answer.headers["Set-Cookie"]
    name, _, value = cookie.partition(";")[0].partition("=")
    assert name == COOKIE
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
    }
    token = base64.urlsafe_b64decode(value + "=")
    assert len(token) == 32
    (row,) = rows(parts)
    assert row.token_hash == hashlib.sha256(token).hexdigest()


def test_behind_tls_the_cookie_is_for_this_host_alone(pages: tuple[Flask, world.Parts]) -> None:
    app, parts = pages
    parts.settings = replace(parts.settings, public_url="https://conference.example")
    answer = app.test_client().get("/keep/harbour", base_url="https://conference.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-conference=")
    assert "; Secure;" in cookie


@pytest.mark.parametrize(
    "value",
    ["", "x", "A" * 43, "A" * 42 + "!", "é" * 43, "A" * 4000],
    ids=lambda value: f"{len(value)} signs",
)
def test_a_made_up_cookie_is_nobody(pages: tuple[Flask, world.Parts], value: str) -> None:
    client = pages[0].test_client()
    client.set_cookie(COOKIE, value, domain="localhost")
    assert client.get("/", base_url=PUBLIC).text == "nobody"


def test_a_chosen_token_is_not_adopted(pages: tuple[Flask, world.Parts]) -> None:
    chosen = base64.urlsafe_b64encode(b"c" * 32).rstrip(b"=").decode()
    client = pages[0].test_client()
    client.set_cookie(COOKIE, chosen, domain="localhost")
    client.get("/keep/harbour", base_url=PUBLIC)
    cookie = client.get_cookie(COOKIE, domain="localhost")
    assert cookie is not None
    assert cookie.value != chosen


def test_use_is_noted_at_most_once_a_minute(pages: tuple[Flask, world.Parts]) -> None:
    app, parts = pages
    client = app.test_client()
    for when, path, noted in [
        (after(), "/keep/harbour", START),
        (after(seconds=59), "/", START),
        (after(seconds=61), "/poll", START),
        (after(seconds=61), "/", START + timedelta(seconds=61)),
    ]:
        with when:
            client.get(path, base_url=PUBLIC)
        assert [row.last_seen_at for row in rows(parts)] == [noted]


def sign_in_by_hand(app: Flask, client: FlaskClient) -> None:
    """A row as `begin` makes it, and its cookie."""
    parts = app.extensions["conference"]
    token = store.new_token()
    with parts.database.write() as session:
        staff = services.find_staff(session, "northmoor-homes", "h-1")
        assert staff is not None
        owner = Owner(staff.id, "northmoor")
        store.create(session, token, f'{{"_user_id": "{staff.id}"}}'.encode(), owner)
    client.set_cookie(COOKIE, base64.urlsafe_b64encode(token).rstrip(b"=").decode(), domain="localhost")


def test_unused_for_15_minutes_says_so_and_asks_afresh(pages: tuple[Flask, world.Parts]) -> None:
    app, _ = pages
    client = app.test_client()
    with after():
        sign_in_by_hand(app, client)
        assert client.get("/", base_url=PUBLIC).text == "Sam Okafor, Northmoor Homes"
    with after(minutes=16):
        assert client.get("/", base_url=PUBLIC).text == "nobody"
        page = client.get("/sign-in", base_url=PUBLIC).text
    assert "You were signed out after 15 minutes without use. Sign in again." in page


def test_the_row_says_whose_it_is_not_its_data(pages: tuple[Flask, world.Parts]) -> None:
    app, parts = pages
    client = app.test_client()
    sign_in_by_hand(app, client)
    with parts.database.write() as session:
        other = services.find_staff(session, "northmoor-police", "p-1")
        assert other is not None
        session.execute(update(WebSession).values(staff_id=other.id))
    assert client.get("/", base_url=PUBLIC).text == "nobody"


def test_whoever_leaves_is_nobody_at_once(pages: tuple[Flask, world.Parts]) -> None:
    app, parts = pages
    client = app.test_client()
    sign_in_by_hand(app, client)
    (row,) = rows(parts)
    with parts.database.write() as session:
        services.deactivate(session, str(row.staff_id))
    assert client.get("/", base_url=PUBLIC).text == "nobody"


def test_a_remember_cookie_is_never_believed(pages: tuple[Flask, world.Parts]) -> None:
    from flask_login.utils import encode_cookie

    app, parts = pages
    with parts.database.read() as session:
        staff = services.find_staff(session, "northmoor-homes", "h-1")
    assert staff is not None
    with app.app_context():
        forged = encode_cookie(staff.id)
    client = app.test_client()
    client.set_cookie("remember_token", forged, domain="localhost")
    assert client.get("/", base_url=PUBLIC).text == "nobody"
