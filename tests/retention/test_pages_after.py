"""Every page and every form after everybody in a case was erased: it works, and shows nothing of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conference import clock
from conference.sharing.retention import erasing
from conference.web import ConferenceFlask, parts_of
from tests.routes import ROUTES
from tests.support.client import application, copied, looked, signed_in
from tests.support.world import STAFF, World, make, told

pytestmark = pytest.mark.slow
HOST = "http://localhost"
LAST = ("meetings.declare_conflict", "meetings.leave", "identity.sign_out")
GONE = (
    *(
        "Maria",
        "3 March 1992",
        "1992-03-03",
        "Zofia",
        "Adam Kowalczyk",
        "12 Dyer Row",
        "has a knife",
        "near the school",
    ),
    *("Larch Walk", "Secure tenancy", "£1,240", "Some arrears", "overdose", "Broken wrist", "Has moved"),
    *("Change the locks", "Risk of serious harm"),
)
OF_OTHERS = ("Zofia", "Adam Kowalczyk", "12 Dyer Row", "has a knife")


@pytest.fixture(scope="module", params=[("victim",), ("victim", "child", "perpetrator")], ids=["one", "all"])
def erased(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world that every route is asked in, its people erased by an officer of each agency."""
    world = looked(make(tmp_path_factory.mktemp("world")))
    with clock.held(world.now), world.database.write() as session:
        for person in request.param:
            officers = [(f"stf_{agency}", agency) for agency in ("police", "homes", "nhs", "haven", "safety")]
            erasing.erase(session, world.people[person], officers=officers, at=clock.now(), lose_shared=True)
    return world


@pytest.mark.parametrize("who", ["h-rep", "v-idva", "s-chair", "h-ig"])
def test_every_page_and_form_works_and_shows_nothing(erased: World, who: str, tmp_path: Path) -> None:
    world = copied(erased, tmp_path)
    assert who in {subject for subject, *_ in STAFF}
    app: ConferenceFlask = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    is_all = world.database.keys.is_destroyed(f"person/{world.people['child']}")
    gone = [text for text in GONE if is_all or text not in OF_OTHERS]
    with told(f"sign in {who}"):
        client = signed_in(app, world, who)
    for (endpoint, method), route in sorted(
        ROUTES.items(), key=lambda one: (one[0][0] in LAST, one[0][1] != "GET", one[0])
    ):
        for number, form in enumerate(route.every_form()):
            for query in route.queries:
                with told(f"{who} {endpoint} {method} {number} {query}"):
                    answer = client.open(
                        route.path(world, who) + query, method=method, data=form(world, who), base_url=HOST
                    )
                assert answer.status_code < 500 or answer.status_code == 503, (endpoint, method, number)
                if method == "GET":
                    body = answer.get_data()
                    assert not [text for text in gone if text.encode() in body], (endpoint, query)
    parts_of(app).database.close()
