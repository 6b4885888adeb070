"""Finding somebody, and comparing an agenda with an agency's own list, in a browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import violations
from tests.support.held import held
from tests.support.world import add, make, told

PICTURES = os.environ.get("PICTURES")  # a folder, to look at them


@pytest.mark.parametrize("scripted", [True, False])
def test_a_name_nearly_right_and_a_list(browser: Browser, tmp_path: Path, scripted: bool) -> None:  # noqa: FBT001
    world = make(tmp_path / "world")
    with told("more"), world.database.write() as session:
        add(session, world, world.case_id, "h-rep", "identity.name", "Maria Kowalczyk", offered="full")
    own = tmp_path / "own.csv"
    own.write_text(
        "Name,Date of Birth,Tenancy Reference\nMary Kowalczik,3/3/1992,T-77\nAdam Kowalczyk,,T-78\n"
        ",,T-79\nJo Bell,,\n"
    )
    with held(world) as running:
        page = running.tab(browser, "h-rep", scripted=scripted).page
        page.goto(f"{running.url}/find")
        page.get_by_label("Full name").fill("Kowalczik Mary")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("heading", name="Similar names").wait_for()
        assert "Maria Kowalczyk, 34, victim" in page.locator("#found").inner_text()
        shoot(page, f"find-{scripted}")
        page.goto(f"{running.url}/meetings/{world.meeting_id}")
        page.get_by_role("link", name="Compare with a list of your agency's own clients").click()
        shoot(page, f"matching-ask-{scripted}")
        page.get_by_label("Your list").set_input_files(own)
        page.get_by_role("button", name="Compare").click()
        page.get_by_text("We read 4 rows.").wait_for()
        said = page.locator("#matches").inner_text()
        assert "T-77" in said
        assert "Similar name, same date of birth" in said
        assert "Jo Bell" not in said
        assert "left out" in said
        if scripted:
            assert violations(page) == []
        shoot(page, f"matching-{scripted}")
        page.context.close()
    world.database.close()


def shoot(page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
