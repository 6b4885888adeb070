"""The real server: what an agency gives no more leaves every open page within two seconds."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conference.trail.reading import Wanted, events_for
from tests.holding.test_dark import THEIRS, open_database
from tests.live.marks import asked_by
from tests.support import holders
from tests.support.copies import on_postgres
from tests.support.server import Server, cookie_of, opened, serving_world
from tests.support.world import HOME, World

OF_HOMES = ("Secure tenancy", "Some arrears")


def get(server: Server, cookie: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Cookie": cookie, "Host": f"localhost:{server.port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def shows(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def seconds_until(
    server: Server, cookie: str, page: str, path: str, words: tuple[str, ...], *, there: bool, most: float
) -> float:
    """How long it takes until an open page is told, as it asks, and until asking again shows it."""
    asks = asked_by(page)
    assert asks is not None
    began = time.monotonic()
    while True:
        status, _ = get(server, cookie, asks)
        if status == 200 and shows(get(server, cookie, path)[1], words) is there:
            return time.monotonic() - began
        assert time.monotonic() - began < most, "nobody was told"
        time.sleep(0.1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        with on_postgres(cluster, "serving", serving_world, data) as made:
            yield made
        return
    yield serving_world(data)


@pytest.mark.slow
def test_agencies_take_their_keys_away_in_the_middle_of_a_meeting(
    world: World, kms: holders.Service, tmp_path: Path
) -> None:
    """One whose key is in an HSM, then one whose key is with a key service."""
    service = holders.Service(kms.port, kms.credentials)
    for version in (1, 2):
        service.versions(version)
    with_holders = {
        "nhs": ("moorland", holders.token(tmp_path), THEIRS),
        "homes": ("northmoor", service, OF_HOMES),
    }
    for name, holder, _ in with_holders.values():
        world = replace(world, settings=holders.installed(world.settings, name, holder))
    database = open_database(world)
    for agency, (name, *_) in with_holders.items():
        holders.moved(database, agency, name)
    database.close()
    plain = opened(world)
    cookies = [cookie_of(plain, world, who) for who in ("p-rep", "v-idva", "s-chair")]
    plain.close()
    server = Server(world, tmp_path / "log")
    server.also(CONFERENCE_PROVIDERS=str(world.settings.providers), **holders.environment())
    server.start()
    try:
        for agency, (_, holder, words) in with_holders.items():
            away_and_back(server, cookies, f"/meetings/{world.meeting_id}/room", holder, words)
            database = open_database(world)
            with database.read() as session:
                said = events_for(session, HOME, agency, Wanted(names=("key.revoked", "key.granted")))
            database.close()
            # once, however many noticed
            assert [one.name for one in said] == ["key.granted", "key.revoked"], agency
    finally:
        server.kill()


def away_and_back(server: Server, cookies: list[str], path: str, holder: Any, words: tuple[str, ...]) -> None:
    """Within two seconds what it held is on no open page, and then it is there again; others' stays."""
    of_others = [one for one in (THEIRS, OF_HOMES) if one != words]
    pages = {cookie: get(server, cookie, path)[1] for cookie in cookies}
    pages = {who: text for who, text in pages.items() if shows(text, words)}
    assert pages
    holder.take_away()
    for cookie, page in pages.items():
        assert seconds_until(server, cookie, page, path, words, there=False, most=2.0) < 2.0
    dark = {cookie: get(server, cookie, path)[1] for cookie in pages}
    for cookie, text in dark.items():
        assert [shows(text, one) for one in of_others] == [shows(pages[cookie], one) for one in of_others]
    holder.put_back()
    for cookie, page in dark.items():
        seconds_until(server, cookie, page, path, words, there=True, most=4.0)
