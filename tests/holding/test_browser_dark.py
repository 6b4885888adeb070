"""In a meeting an agency takes its key back: open pages of others lose what is its, by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conference import wall
from conference.db import Database
from conference.sharing.holding import services
from conference.vault.holders import open_keys
from tests.support.server import Server, cookie_of, opened, serving_world
from tests.support.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

THEIRS = ("Broken wrist", "Attempted overdose", "Under the crisis team", "Injury")
SECONDS = 15  # of which a quiet machine needs one


@pytest.fixture
def world(tmp_path: Path) -> World:
    return serving_world(tmp_path)


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[Server]:
    running = Server(world, tmp_path / "server.log", workers=2)
    running.start()
    yield running
    running.kill()


@dataclass
class Tab:
    """Somebody's open page, and each time that it has asked whether it still holds."""

    page: Page
    asked: list[str] = field(default_factory=list)

    def heard(self, request: Request) -> None:
        if "seen=" in request.url:
            self.asked.append(request.url)

    def shown(self) -> list[str]:
        """What of the agency's is in the document, seen or not."""
        content = self.page.content()
        return [word for word in THEIRS if word in content]


def tab(browser: Browser, server: Server, world: World, who: str, path: str) -> Tab:
    database = opened(world)
    name, _, value = cookie_of(database, world, who).partition("=")
    database.close()
    url = f"http://localhost:{server.port}"
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    context.add_cookies([{"name": name, "value": value, "url": url}])
    made = Tab(context.new_page())
    made.page.on("request", made.heard)
    made.page.goto(f"{url}{path}")
    made.page.evaluate("window.stayed = true")
    return made


def revoke(world: World, agency: str) -> None:
    database = Database(world.settings.database, open_keys(world.settings), agency=wall.SYSTEM)
    services.revoke(database, agency)
    database.close()


def test_open_pages_go_dark_by_themselves(browser: Browser, server: Server, world: World) -> None:
    tabs = [
        tab(browser, server, world, "p-rep", f"/cases/{world.case_id}"),
        tab(browser, server, world, "v-idva", f"/cases/{world.case_id}"),
        tab(browser, server, world, "p-rep", f"/meetings/{world.meeting_id}/room"),
    ]
    for one in tabs:
        assert one.shown(), one.page.url
        one.page.wait_for_event("requestfinished", lambda request: "seen=" in request.url)
        assert one.shown(), one.page.url  # it has asked, and what it shows still holds
    before = [one.asked[-1] for one in tabs]
    revoke(world, "nhs")
    for one in tabs:
        one.asked.clear()
    for one, question in zip(tabs, before, strict=True):
        for _ in range(SECONDS * 10):
            if not one.shown():
                break
            one.page.wait_for_timeout(100)
        assert one.shown() == [], one.page.url
        assert one.asked.count(question) <= 2, "one may be under way, the next tells"
        assert one.page.evaluate("window.stayed"), "it was not loaded anew"
        assert one.page.locator("main").is_visible()
        assert one.page.locator("[data-live-stale]").count() == 0
