"""A rule from draft to published by two people, in the browser; what its reader sees before and after."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import TabFor
from tests.browser.looking import Watched
from tests.browser.running import Demo

pytestmark = pytest.mark.slow

MARIA, SECURE = "Maria Kowalczyk", "Secure tenancy"
SENTENCE = (
    "Northmoor Homes may show Moorland NHS Trust (panel members), in full, tenancy of the victim, "
    "to prevent serious harm; recognised legitimate interest; refusal considered."
)
SLOW = 60_000  # comparing two whole policies, on a busy machine


def press(tab: Watched, name: str) -> None:
    tab.page.get_by_role("button", name=name, exact=True).click(timeout=SLOW)


def told_of_maria(tab: Watched, demo: Demo) -> str:
    page = tab.page
    tab.go("/meetings")
    page.get_by_role("link", name=demo.marac).click()
    page.get_by_role("link", name=MARIA).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(MARIA)
    return tab.text()


def start(tab: Watched, why: str, path: str = "/governance/rules") -> None:
    tab.go(path)
    tab.page.get_by_label("Why should the rules change?").fill(why)
    press(tab, "Start a draft")


def tick(tab: Watched, question: str) -> Callable[[str], None]:
    group = tab.page.get_by_role("group", name=question, exact=True)
    return lambda name: group.get_by_label(name, exact=True).check()


def test_two_officers_change_a_rule_and_change_it_back(demo: Demo, tab_for: TabFor) -> None:
    reader, author, second = tab_for("kiran.shah"), tab_for("iris.cole", scripted=False), tab_for("ian.gale")
    assert SECURE not in told_of_maria(reader, demo)

    start(author, "Health visitors ask where she lives")
    page = author.page
    author.look()
    press(author, "Add a rule")
    author.look()
    press(author, "Save rule")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose the lawful basis.")
    tick(author, "Whose information: only these agencies")("Northmoor Homes")
    tick(author, "Who may be shown it: only these agencies")("Moorland NHS Trust")
    page.get_by_label("How much").select_option("full")
    page.locator('[name="classes"][value="tenancy.status"]').check()
    tick(author, "About whom")("the victim")
    tick(author, "What for")("To prevent serious harm")
    page.get_by_label("Lawful basis").select_option("RLI")
    page.get_by_label("Consent").select_option("considered")
    press(author, "Save rule")
    expect(page.get_by_text(SENTENCE).first).to_be_visible()
    assert SECURE not in told_of_maria(reader, demo), "a draft decides nothing"

    page.set_default_navigation_timeout(SLOW)
    press(author, "See what would change")
    gains = page.get_by_role("table", name="Information of Northmoor Homes")
    expect(gains.first).to_contain_text("Holds information to In full", timeout=SLOW)
    author.look()
    press(author, "Send to second officer")
    expect(page.get_by_role("status")).to_have_text("Waiting for Northmoor Homes.", timeout=SLOW)
    path = path_of(author)

    second.page.set_default_navigation_timeout(SLOW)
    second.go(path)
    expect(second.page.get_by_role("button", name="Publish these rules")).to_have_count(0)
    second.look()
    press(author, "Accept for my agency")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Tick each line", timeout=SLOW)
    page.wait_for_load_state()
    for box in page.get_by_label(re.compile("^I accept:")).all():
        box.check()
    press(author, "Accept for my agency")
    expect(page.get_by_text("accepted by Iris Cole")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Publish these rules")).to_have_count(0)
    author.look()

    second.go(path)
    press(second, "Publish these rules")
    expect(second.page.get_by_text(SENTENCE)).to_be_visible(timeout=SLOW)
    assert SECURE in told_of_maria(reader, demo)
    reader.look()

    # back to what was: it only takes away, so the second officer is enough
    page = second.page
    before = page.get_by_role("heading", name="Versions").locator("xpath=following-sibling::ul//a").nth(1)
    before.click()
    start(second, "It was not needed", path_of(second))
    press(second, "See what would change")
    expect(page.get_by_text("Nobody would be shown more.")).to_be_visible(timeout=SLOW)
    press(second, "Send to second officer")
    expect(page.get_by_text("A second officer publishes it")).to_be_visible(timeout=SLOW)
    author.go(path_of(second))
    press(author, "Publish these rules")
    expect(author.page.get_by_text("is in force since")).to_be_visible(timeout=SLOW)
    assert SECURE not in told_of_maria(reader, demo)


def test_every_page_of_rules_and_agreements_is_for_everybody(tab_for: TabFor) -> None:
    tab = tab_for("ingrid.lund")
    page = tab.page
    page.get_by_role("link", name="Governance", exact=True).click()
    ways = page.get_by_role("navigation", name="Governance")
    ways.get_by_role("link", name="Agreements").click()
    tab.look(narrow_axe=True)
    press(tab, "Enter an agreement")
    press(tab, "Save agreement")
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter the first day.")
    tab.look()
    tab.go("/governance/rules?about=immigration")
    tab.look(narrow_axe=True)
    page.get_by_label("Why should the rules change?").fill("To look at it")
    press(tab, "Start a draft")
    tab.look()
    press(tab, "Add a rule")
    tab.look()
    page.get_by_role("link", name="The draft").click()
    press(tab, "See what would change")
    expect(page.get_by_text("Nobody would be shown more.")).to_be_visible(timeout=SLOW)
    tab.look(narrow_axe=True)
    page.get_by_role("link", name="The draft").click()
    press(tab, "Give this draft up")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules")


def path_of(tab: Watched) -> str:
    return re.sub(r"^https?://[^/]+", "", tab.page.url)
