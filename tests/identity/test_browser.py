"""Signing in and out in a real browser, under the policy that forms lead to our own pages only.

The application is on `localhost` and the provider on `127.0.0.1`: two sites, so cookies are put to the test.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from conference.db import Database
from conference.demo import idp
from tests.identity import world


@pytest.fixture
def address(sqlite: Database, tmp_path: Path) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    public = f"http://localhost:{server.server_port}"
    with idp.start(world.provider_config(public), world.Settings(tmp_path)) as provider:
        with sqlite.write() as session:
            world.settle(session, provider.issuer)
        server.app, _ = world.make_app(sqlite, tmp_path, public)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield public
        server.shutdown()
        server.server_close()


def test_in_by_email_out_by_button_in_as_somebody_else(
    page: Page, address: str, axe: Callable[[Page], list[Any]]
) -> None:
    page.goto(f"{address}/sign-in?next=/poll")
    page.get_by_label("Work email").fill("sam@homes.example")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Northmoor Homes (demo)")
    assert axe(page) == []
    page.get_by_role("button", name="Sam Okafor, representative").click()
    page.wait_for_url(f"{address}/poll")
    (cookie,) = [each for each in page.context.cookies(address) if each["name"] == "conference"]
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, False, "Lax")  # no TLS here

    page.goto(f"{address}/button")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{address}/signed-out")

    page.get_by_role("link", name="Sign in again").click()
    page.get_by_role("link", name="Northmoor Homes").click()
    page.get_by_role("button", name="Somebody Else").click()
    expect(page.get_by_text("you have no role here")).to_be_visible()
    page.get_by_role("link", name="Choose another agency").click()
    page.get_by_role("link", name="Northmoor Police").click()
    page.get_by_role("button", name="Zoë Adeyemi").click()
    expect(page.get_by_text("Zoë Adeyemi, Northmoor Police")).to_be_visible()
    page.goto(f"{address}/sign-out")  # typed into the address bar
    page.wait_for_url(f"{address}/signed-out")


def test_without_script_all_the_same(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for person in ("Somebody Else", "Sam Okafor"):  # the second time as another person
        page.goto(f"{address}/sign-in/northmoor-homes")
        page.get_by_role("button", name=person).click()
    expect(page.get_by_text("Sam Okafor, Northmoor Homes")).to_be_visible()
    page.goto(f"{address}/sign-out")
    page.wait_for_url(f"{address}/signed-out")
    context.close()
