"""Who may come where: every endpoint and every role, nobody, another partnership's staff, by the client."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from conference.permissions import Role
from conference.web import ConferenceFlask, parts_of
from tests.routes import ROUTES
from tests.support.client import application, copied, looked, signed_in
from tests.support.world import World, make, told

# One person for each role.
ROLES = {
    Role.REFERRER: "p-ref",
    Role.REPRESENTATIVE: "h-rep",
    Role.DEPUTY: "h-dep",
    Role.IDVA: "v-idva",
    Role.COORDINATOR: "s-coord",
    Role.CHAIR: "s-chair",
    Role.OBSERVER: "s-obs",
    Role.IG_OFFICER: "h-ig",
    Role.ADMINISTRATOR: "s-admin",
}
REFUSED = {403}
NOT_SIGNED_IN = {303, 401}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return looked(make(tmp_path_factory.mktemp("world")))


@pytest.fixture
def app(world: World, tmp_path: Path) -> ConferenceFlask:
    made = application(copied(world, tmp_path))
    made.config["WTF_CSRF_ENABLED"] = False
    return made


@pytest.fixture(scope="module")
def unchanging(world: World, tmp_path_factory: pytest.TempPathFactory) -> ConferenceFlask:
    """An application for those who are refused or only read, who change nothing: one for all of them."""
    made = application(copied(world, tmp_path_factory.mktemp("unchanging")))
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def ask(app: ConferenceFlask, world: World, who: str | None, name: tuple[str, str]):
    route = ROUTES[name]
    with told(f"{who} {name}"):
        client = signed_in(app, world, who)
        return client.open(
            route.path(world, who or ""),
            method=name[1],
            data=route.form(world, who or ""),
            base_url="http://localhost",
        )


EACH = [pytest.param(name, id=f"{name[1]}-{name[0]}") for name in sorted(ROUTES)]


PAGES = [one for one in EACH if one.values[0][1] == "GET"]
CHANGES = [one for one in EACH if one.values[0][1] != "GET"]


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_each_role_gets_in_or_not(app: ConferenceFlask, world: World, name: tuple[str, str]) -> None:
    in_or_not(app, world, name)


def in_or_not(app: ConferenceFlask, world: World, name: tuple[str, str]) -> None:
    """Have somebody of each role ask: only those whose it is are not told that it is not for their role."""
    for role, who in ROLES.items():
        answer = ask(app, world, who, name)
        allowed = ROUTES[name].roles is None or role in ROUTES[name].roles
        refused_by_role = answer.status_code == 403 and b"not for your role" in answer.get_data()
        assert refused_by_role is not allowed, f"{role}: {answer.status_code}"
        assert answer.status_code < 500 or answer.status_code == 503, f"{role}: {answer.status_code}"


@pytest.mark.parametrize("what", ["show", "check", "proof", "leaf"])
def test_an_officer_reads_an_entry_of_their_agency(app: ConferenceFlask, world: World, what: str) -> None:
    assert ask(app, world, "h-ig", (f"governance.{what}", "GET")).status_code == 200


@pytest.mark.parametrize("name", EACH)
def test_nobody_gets_in_without_signing_in(
    unchanging: ConferenceFlask, world: World, name: tuple[str, str]
) -> None:
    answer = ask(unchanging, world, None, name)
    if ROUTES[name].roles is not None:
        assert answer.status_code in NOT_SIGNED_IN
        assert answer.headers["Location"].startswith("/sign-in")
        assert "Disclosure-Receipt" not in answer.headers


@pytest.mark.parametrize("name", [one for one in EACH if ROUTES[one.values[0]].scoped])
def test_another_partnership_finds_nothing(
    unchanging: ConferenceFlask, world: World, name: tuple[str, str]
) -> None:
    answer = ask(unchanging, world, "a-rep", name)
    assert answer.status_code in {403, 404}
    assert "Maria" not in answer.get_data(as_text=True)


def test_the_table_is_the_url_map(app: ConferenceFlask) -> None:
    known = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert known == set(ROUTES)


def test_a_view_that_declares_no_access_is_refused(app: ConferenceFlask, world: World) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "shown to everybody")
    with told("forgotten"):
        answer = signed_in(app, world, "s-chair").get("/forgotten", base_url="http://localhost")
    assert answer.status_code == 500
    assert b"shown" not in answer.get_data()


# It does what a link to the agency's own sign-in does, and nothing more.
MAY_BE_FORGED = {("identity.sign_in", "POST")}


@pytest.mark.parametrize("name", [one for one in CHANGES if one.values[0] not in MAY_BE_FORGED])
def test_a_forged_request_is_refused(
    unchanging: ConferenceFlask, world: World, name: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(unchanging.config, "WTF_CSRF_ENABLED", value=True)
    assert ask(unchanging, world, "s-chair", name).status_code == 400


# What answering alone may write, whoever asks.
OWN = ("log_", "web_session", "data_key", "sealing_", "roster")


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_each_role_gets_in_or_not_and_a_page_changes_nothing_but_the_log(
    unchanging: ConferenceFlask, world: World, name: tuple[str, str]
) -> None:
    changed: list[str] = []

    def watch(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        words = statement.split()
        if words[0] in {"INSERT", "UPDATE", "DELETE"}:
            changed.append(words[2] if words[0] in {"INSERT", "DELETE"} else words[1])

    engine = parts_of(unchanging).database.engine
    event.listen(engine, "before_cursor_execute", watch)
    try:
        in_or_not(unchanging, world, name)
    finally:
        event.remove(engine, "before_cursor_execute", watch)
    assert "web_session" in changed  # what is written is seen
    assert [table for table in changed if not table.strip('"').startswith(OWN)] == []
