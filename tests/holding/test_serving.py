"""The real server: what an agency gives no more leaves every open page within two seconds."""

from __future__ import annotations

import http.client
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conference.trail.reading import Wanted, events_for
from tests.holding.test_dark import THEIRS, open_database
from tests.live.marks import asked_by
from tests.support import holders
from tests.support.server import Server, cookie_of, opened, serving_world
from tests.support.world import HOME


def get(server: Server, cookie: str, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers={"Cookie": cookie, "Host": f"localhost:{server.port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def seconds_until(server: Server, cookie: str, page: str, path: str, *, there: bool, most: float) -> float:
    """How long it takes until an open page is told, as it asks, and until asking again shows it."""
    asks = asked_by(page)
    assert asks is not None
    began = time.monotonic()
    while True:
        status, _ = get(server, cookie, asks)
        _, text = get(server, cookie, path) if status == 200 else (0, "" if there else THEIRS[0])
        if status == 200 and any(word in text for word in THEIRS) is there:
            return time.monotonic() - began
        assert time.monotonic() - began < most, "nobody was told"
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_an_agency_takes_its_key_away_in_the_middle_of_a_meeting(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, holder: Any
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    (tmp_path / "data").mkdir(mode=0o700)
    world = serving_world(tmp_path / "data", url)
    world = replace(world, settings=holders.installed(world.settings, "moorland", holder))
    database = open_database(world)
    holders.moved(database, "nhs", "moorland")
    database.close()
    plain = opened(world)
    cookies = [cookie_of(plain, world, who) for who in ("p-rep", "v-idva", "s-chair")]
    plain.close()
    server = Server(world, tmp_path / "log")
    server.also(CONFERENCE_PROVIDERS=str(world.settings.providers), **holders.environment())
    server.start()
    try:
        path = f"/meetings/{world.meeting_id}/room"
        pages = {cookie: get(server, cookie, path)[1] for cookie in cookies}
        pages = {who: text for who, text in pages.items() if any(word in text for word in THEIRS)}
        assert pages
        holder.take_away()
        for cookie, page in pages.items():
            assert seconds_until(server, cookie, page, path, there=False, most=2.0) < 2.0
        dark = {cookie: get(server, cookie, path)[1] for cookie in pages}
        holder.put_back()
        for cookie, page in dark.items():
            seconds_until(server, cookie, page, path, there=True, most=4.0)
        database = open_database(world)
        with database.read() as session:
            said = events_for(session, HOME, "nhs", Wanted(names=("key.revoked", "key.granted")))
        database.close()
        assert [one.name for one in said] == ["key.granted", "key.revoked"]  # once, however many noticed
    finally:
        server.kill()
        if holder.kind == "kms":
            holder.put_back()
