"""In a browser: years are set, a colleague approves what is erased, what stays of others is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.looking import Watched
from tests.retention.conftest import widen
from tests.support.held import Held, held
from tests.support.world import make

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Held]:
    with held(widen(make(tmp_path))) as started:
        yield started


def test_from_the_years_to_what_is_erased(running: Held, browser: Browser) -> None:
    officer, colleague = running.tab(browser, "h-ig"), running.tab(browser, "h-ig2")
    set_years(officer)
    page = officer.page
    page.get_by_role("link", name="Records to review").first.click()
    expect(page.locator("main")).to_contain_text("2 of 3 records")
    officer.look(narrow_axe=True)
    page.get_by_label("Case reference").fill(running.world.reference)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("what we hold")
    officer.look(narrow_axe=True)
    page.get_by_role("link", name="Victim").first.click()
    page.get_by_role("button", name="Propose to erase").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose what to erase.")
    officer.look(narrow_axe=True)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_label("Its time is over").check()
    page.get_by_role("button", name="Propose to erase").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("about others too")
    nothing_stays(running.tab(browser, "h-rep"), running.world.case_id)
    page.get_by_role("button", name="Propose to erase").click()
    expect(page.locator("main")).to_contain_text("Another of your agency's IG officers")
    officer.look()

    assert colleague.go("/governance/retention") == 200
    colleague.page.locator("main").get_by_role("link", name="Victim").last.click()
    expect(colleague.page.locator("main")).to_contain_text("About others too")
    colleague.look(narrow_axe=True)
    colleague.page.get_by_role("button", name="Approve and erase").click()
    expect(colleague.page.locator("main")).to_contain_text("Your agency no longer holds these records.")
    colleague.look()


def nothing_stays(tab: Watched, case_id: str) -> None:
    """A colleague who works on the case says of everything about several people that nothing need stay."""
    tab.go(f"/cases/{case_id}/several")
    open_lines = tab.page.locator(".app-rows__item").filter(has_text="Not settled")
    left = open_lines.count()
    assert left > 0
    for settled in range(left):
        expect(open_lines).to_have_count(left - settled)
        open_lines.first.get_by_role("link", name="Write what stays").click()
        tab.page.get_by_role("button", name="Nothing stays").click()
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("What we hold about several people")
    expect(open_lines).to_have_count(0)


def set_years(tab: Watched) -> None:
    """From Governance to the years of one kind."""
    page = tab.page
    page.get_by_role("link", name="Governance", exact=True).click()
    page.get_by_role("link", name="Records to review").click()
    expect(page.locator("main")).to_contain_text("your agency has not set any years yet")
    page.get_by_role("link", name="How long we keep information").click()
    tab.look(narrow_axe=True)
    page.get_by_role("link", name="Change Tenancy").click()
    page.get_by_label("The record was made").check()
    page.get_by_label("Number of years").fill("many")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter a whole number of years, like 6.")
    tab.look(narrow_axe=True)
    page.get_by_label("Number of years").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("0 years after the record was made")


def test_what_stays_is_written(running: Held, browser: Browser) -> None:
    member = running.tab(browser, "p-rep")
    page = member.page
    assert member.go(f"/cases/{running.world.case_id}/research") == 200
    page.get_by_role("link", name="What we hold about several people").click()
    member.look(narrow_axe=True)
    page.get_by_role("link", name="Write what stays").first.click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose who this is still about")
    member.look(narrow_axe=True)
    page.get_by_label("Zofia Kowalczyk").check()
    page.get_by_label("What stays about them").fill("She sleeps at her aunt's at times")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Written down again")
    member.look()
