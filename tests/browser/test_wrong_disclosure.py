"""In a browser: a disclosure is reported as wrong, its reader gives back what they have, it is closed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from conference.sharing.recalls.receipts import RECALLED
from tests.browser.looking import Watched
from tests.support.held import Held, held
from tests.support.world import make

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Held]:
    with held(make(tmp_path)) as started:
        yield started


def test_from_the_entry_to_the_closed_report(running: Held, browser: Browser) -> None:
    reader, officer = running.tab(browser, "h-rep"), running.tab(browser, "p-ig")
    case = f"/cases/{running.world.case_id}"
    reader.go(case)
    expect(reader.page.locator("main")).to_contain_text("Bail and orders")
    running.at += timedelta(minutes=1)

    report_as_wrong(officer)
    page = officer.page
    expect(page.locator("main")).to_contain_text(
        "Tell the ICO by 27 November 2026, 10:01am, unless a risk is unlikely"
    )
    expect(page.locator("main")).to_contain_text("Sam Okafor, Northmoor Homes")
    expect(page.locator("main")).to_contain_text("Not answered")
    officer.look(narrow_axe=True)

    give_back(reader, case)

    page.reload()
    expect(page.locator("main")).to_contain_text("Destroyed, or no copy was made")
    decide_and_tell(page)
    officer.look(narrow_axe=True)
    page.get_by_role("button", name="Close report").click()
    expect(page.locator("main")).to_contain_text("Closed 24 November 2026, 10:01am")
    officer.look()
    for path in ("/governance/wrong", "/governance/reviews", "/governance/notices"):
        assert officer.go(path) == 200
        officer.look(narrow_axe=True)


def report_as_wrong(tab: Watched) -> None:
    """From Governance to the entry in which Sam was shown it, and one step from there."""
    page = tab.page
    page.get_by_role("link", name="Governance", exact=True).click()
    page.get_by_role("table").get_by_role("link", name="Sam Okafor").first.click()
    expect(page.get_by_role("heading", name="Why it was allowed")).to_be_visible()
    tab.look()
    page.get_by_role("button", name="Report as wrong").click()
    tab.look(narrow_axe=True)
    page.get_by_role("button", name="Report as wrong").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say what is wrong.")
    tab.look()
    page.get_by_label("They should not have been shown it").check()
    page.get_by_label(re.compile("Bail and orders")).check()
    page.get_by_label("What happened?").fill("The rule for bail was wrong")
    page.get_by_role("button", name="Report as wrong").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Wrong disclosure")


def give_back(tab: Watched, case: str) -> None:
    """The reader is told on the case and in My work, and answers."""
    page = tab.page
    tab.go(case)
    expect(page.locator("main")).to_contain_text(RECALLED)
    tab.look(narrow_axe=True)
    page.get_by_role("link", name="Say what you did with your copies").click()
    tab.look()
    page.get_by_role("link", name="My work").click()
    expect(page.locator("main")).to_contain_text(RECALLED)
    tab.look(narrow_axe=True)
    page.get_by_role("heading", name="Notices").locator("xpath=following::a[1]").click()
    expect(page.locator("main")).to_contain_text("Bail and orders")
    tab.look(narrow_axe=True)
    page.get_by_role("button", name="Send answer").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say what you did")
    page.get_by_label("Destroyed, or no copy was made").check()
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("heading", name="Your answer")).to_be_visible()
    tab.look()
    tab.go(case)
    expect(page.locator("main")).not_to_contain_text(RECALLED)


def decide_and_tell(page: Page) -> None:
    """What is left to do before the report can be closed."""
    expect(page.locator("main")).to_contain_text("Decide whether the ICO must be told.")
    page.get_by_label("No, a risk to the person is unlikely").check()
    page.get_by_label("Why?").fill("Destroyed within the hour, and nobody else saw it")
    page.get_by_role("button", name="Save decision").click()
    page.get_by_label("What was done?").fill("Rang Sam Okafor's manager")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("main")).to_contain_text("Rang Sam Okafor's manager")
    page.get_by_role("button", name=re.compile("Told.*data protection officer")).click()
    expect(page.locator("main")).to_contain_text("Told 24 November 2026, 10:01am")
