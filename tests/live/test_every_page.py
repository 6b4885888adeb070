"""Every page that shows something asks whether it still holds: a new route cannot escape that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind
from conference.web import ConferenceFlask, parts_of
from tests.live.marks import asked_by
from tests.live.test_live import prepared, unseen
from tests.routes import IG, ROUTES
from tests.support.client import application, copied, looked, signed_in
from tests.support.world import NOW, World, by, make, told

HOST = "http://localhost"
LATER = NOW + timedelta(seconds=30)
WHO = ("h-rep", "v-idva", "s-chair")
PAGES = {name: route for name, route in ROUTES.items() if name[1] == "GET" and route.roles not in {None, IG}}
SHOW_THE_PAST: frozenset[str] = (
    frozenset()
)  # routes of others than officers, of which nothing can be taken back


@pytest.fixture(scope="module")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return prepared(looked(make(tmp_path_factory.mktemp("world"))))


@pytest.fixture
def app(told_world: World, tmp_path: Path) -> Iterator[ConferenceFlask]:
    made = application(copied(told_world, tmp_path))
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    parts_of(made).database.close()


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
def test_each_page_that_is_logged_asks_and_goes_with_its_case(
    app: ConferenceFlask, told_world: World, who: str
) -> None:
    open_pages: dict[str, str] = {}
    with clock.held(NOW):
        client = signed_in(app, told_world, who)
    for (endpoint, _), route in sorted(PAGES.items()):
        for query in route.queries:
            with clock.held(NOW), told(f"{who} {endpoint}"):
                answer = client.get(route.path(told_world, who) + query, base_url=HOST)
            is_page = answer.status_code == 200 and answer.mimetype == "text/html"
            if is_page and "Disclosure-Receipt" in answer.headers and endpoint not in SHOW_THE_PAST:
                asks = asked_by(answer.text)
                assert asks is not None, f"{endpoint}{query} shows something and does not ask about it"
                open_pages[endpoint + query] = asks
    assert len(open_pages) >= 9
    with clock.held(LATER):
        for name, asks in open_pages.items():
            assert client.get(asks, base_url=HOST).status_code == 204, name
        if who == "h-rep":  # what they do not see moves none of them
            for do in unseen(told_world).values():
                with parts_of(app).database.write() as session:
                    do(session, session.get_one(Case, told_world.case_id))
            for name, asks in open_pages.items():
                assert client.get(asks, base_url=HOST).status_code == 204, name
        with parts_of(app).database.write() as session:
            case = session.get_one(Case, told_world.case_id)
            cases.exclude(session, case, told_world.staff[who], ExclusionKind.OTHER_SIDE,
                          by=by(told_world, "s-coord"), at=clock.now())  # fmt: skip
        still = {name for name, asks in open_pages.items()
                 if client.get(asks, base_url=HOST).status_code == 204}  # fmt: skip
    assert still == set()
