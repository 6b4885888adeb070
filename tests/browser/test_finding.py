"""Finding somebody, and comparing an agenda with an agency's own list, in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import violations
from tests.support.held import Held, held
from tests.support.world import add, make, told

PICTURES = os.environ.get("PICTURES")  # a folder, to look at them


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """A world to look things up in; nothing that is done here changes it."""
    world = make(tmp_path_factory.mktemp("world"))
    with told("more"), world.database.write() as session:
        add(session, world, world.case_id, "h-rep", "identity.name", "Maria Kowalczyk", offered="full")
    with held(world) as started:
        yield started
    world.database.close()


@pytest.mark.parametrize("scripted", [True, False])
def test_a_name_nearly_right_and_a_list(
    browser: Browser, running: Held, tmp_path: Path, *, scripted: bool
) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "Name,Date of Birth,Tenancy Reference\nMary Kowalczik,3/3/1992,T-77\nAdam Kowalczyk,,T-78\n"
        ",,T-79\nJo Bell,,\n"
    )
    page = running.tab(browser, "h-rep", scripted=scripted).page
    page.goto(f"{running.url}/find")
    page.get_by_label("Full name").fill("Kowalczik Mary")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("heading", name="Similar names").wait_for()
    page.wait_for_load_state()
    assert "Maria Kowalczyk, 34, victim" in page.locator("#found").inner_text()
    shoot(page, f"find-{scripted}")
    page.goto(f"{running.url}/meetings/{running.world.meeting_id}")
    page.get_by_role("link", name="Compare with a list of your agency's own clients").click()
    shoot(page, f"matching-ask-{scripted}")
    page.get_by_label("Your list").set_input_files(own)
    page.get_by_role("button", name="Compare").click()
    page.get_by_text("We read 4 rows.").wait_for()
    page.wait_for_load_state()
    said = page.locator("#matches").inner_text()
    assert "T-77" in said
    assert "Similar name, same date of birth" in said
    assert "Jo Bell" not in said
    assert "left out" in said
    if scripted:
        assert violations(page) == []
    shoot(page, f"matching-{scripted}")
    page.context.close()


def shoot(page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
