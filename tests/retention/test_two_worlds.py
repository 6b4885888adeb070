"""An agency that erases its own learns nothing of what others hold: not before, not by it, not after."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conference.web import ConferenceFlask, parts_of
from tests.routes import ROUTES
from tests.support.client import application, copied, looked, signed_in
from tests.support.world import World, make, told
from tests.test_noninterference import differ, plain

pytestmark = pytest.mark.slow
HOST = "http://localhost"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> list[World]:
    """Two worlds: in the second one the police and the NHS hold much more about her, all of it withheld."""
    world = looked(make(tmp_path_factory.mktemp("world")))
    worlds = [copied(world, tmp_path_factory.mktemp(which)) for which in ("one", "two")]
    for one, which in zip(worlds, ("one", "two"), strict=True):
        differ(one, "nhs", which)
    return worlds


def test_after_an_agency_erased_its_own_each_page_is_the_same_in_both(
    pair: list[World], tmp_path: Path
) -> None:
    worlds = [copied(one, tmp_path / str(n)) for n, one in enumerate(pair)]
    apps = [application(one) for one in worlds]
    for app in apps:
        app.config["WTF_CSRF_ENABLED"] = False
    visitors = {
        who: [entering(app, one, who) for app, one in zip(apps, worlds, strict=True)]
        for who in ("h-ig", "h-rep", "v-idva")
    }
    approved = [one.ask(("retention.approve", "POST"), 0) for one in visitors["h-ig"]]
    assert approved[0] == approved[1]
    assert approved[0][0] == 303
    asked = 0
    for who, pair_of in visitors.items():
        for number, name in enumerate(sorted(name for name in ROUTES if name[1] == "GET")):
            first, second = (one.ask(name, number) for one in pair_of)
            assert first == second, (who, name)
            asked += first[0] == 200
    assert asked > 60
    for app in apps:
        parts_of(app).database.close()


@dataclass
class Visitor:
    """Somebody who is signed in, in one of the worlds."""

    client: FlaskClient
    world: World
    who: str

    def ask(self, name: tuple[str, str], number: int) -> tuple[int, bytes]:
        """What they get, without what is fresh."""
        route = ROUTES[name]
        with told(f"{self.who} {name} {number}"):
            path, data = route.path(self.world, self.who), route.form(self.world, self.who)
            answer = self.client.open(path, method=name[1], data=data, base_url=HOST)
        return answer.status_code, plain(answer, self.world)


def entering(app: ConferenceFlask, world: World, who: str) -> Visitor:
    with told(f"sign in {who}"):
        return Visitor(signed_in(app, world, who), world, who)
