"""A worker asks for consent, page by page; the recipient sees more; one press takes it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import running
from tests.browser.conftest import TabFor
from tests.browser.looking import Watched
from tests.browser.running import Demo

pytestmark = pytest.mark.slow

BOTH = pytest.mark.parametrize(
    "scripted", [pytest.param(True, id="script"), pytest.param(False, id="no-script")]
)
KWAME = "Kwame Mensah"
GAINED = "Needs a ground floor"


def open_case(page: Page, demo: Demo) -> str:
    """Kwame's case, found by name and birth; its path."""
    page.get_by_role("link", name="Find a case").click()
    page.get_by_label("Full name").fill(KWAME)
    born = running.born(demo, KWAME)
    group = page.get_by_role("group", name="Date of birth")
    for label, value in (("Day", born.day), ("Month", born.month), ("Year", born.year)):
        group.get_by_label(label).fill(str(value))
    page.get_by_role("button", name="Find", exact=True).click()
    page.locator("#found a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(KWAME)
    page.wait_for_load_state()
    return urlsplit(page.url).path


def go_on(tab: Watched, heading: str, answer: Callable[[Page], None]) -> None:
    """One question: it is what we think, nothing of it stands in the address, it is answered."""
    page = tab.page
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert re.fullmatch(r"/cases/cas_\w+/consents/ask/\w+", urlsplit(page.url).path)
    assert urlsplit(page.url).query == ""
    tab.look(axe=heading in {"Agencies", "Read this aloud", "End"})
    answer(page)
    page.get_by_role("button", name="Continue", exact=True).click()


def tick(*names: str) -> Callable[[Page], None]:
    def answer(page: Page) -> None:
        for name in names:
            page.get_by_label(name, exact=True).check()

    return answer


@BOTH
def test_consent_is_recorded_shows_more_and_is_withdrawn_in_one_press(
    demo: Demo, tab_for: TabFor, *, scripted: bool
) -> None:
    worker, reader = tab_for("kiran.shah", scripted=scripted), tab_for("sam.okafor")
    case = open_case(reader.page, demo)
    assert GAINED not in reader.page.content()
    page = worker.page
    assert open_case(page, demo) == case
    page.get_by_role("navigation", name="Ways").get_by_role("link", name="Consent").click()
    worker.look()
    page.get_by_role("button", name="Ask for consent", exact=True).click()
    go_on(worker, "Who is asked", tick(f"{KWAME}, {age(demo)}, victim"))
    go_on(worker, "Safe to ask", tick("Yes"))
    go_on(worker, "Alone", tick("Yes"))
    go_on(worker, "Interpreter", tick("No"))
    go_on(worker, "Able to decide", tick("Yes"))
    go_on(worker, "Read this aloud", tick("Read aloud beside them"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Agencies")
    page.wait_for_load_state()
    assert page.locator("input[type=checkbox]:checked").count() == 0, "no agency is ticked"
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_contain_text(
        "Name each agency. 'Partner agencies' is not enough."
    )
    worker.look()
    go_on(worker, "Agencies", tick("Northmoor Homes"))
    go_on(worker, "Purposes", tick("For tenancy support"))
    go_on(worker, "Kinds of information", tick("Health"))
    go_on(worker, "Left out", tick("Mental health"))
    go_on(worker, "End", tick())
    expect(page.get_by_role("heading", level=1)).to_have_text("Check before you record")
    expect(page.locator("#sentence")).to_contain_text(
        f"{KWAME} agrees that Northmoor Homes may be told about health, but not mental health, "
        "for tenancy support, until "
    )
    worker.look(narrow_axe=True)
    page.get_by_role("button", name="Record consent", exact=True).click()
    expect(page.locator("main")).to_contain_text("Given")
    worker.look(narrow_axe=True)

    reader.go(case)
    expect(reader.page.locator("main")).to_contain_text(GAINED)
    assert "Recent bereavement" not in reader.page.content(), "mental health was left out"
    reader.look(axe=False)

    # Withdrawn in one browser, while the other has the case open.
    page.get_by_role("button", name="Withdraw this consent", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Consent withdrawn")
    expect(page.locator("main")).to_contain_text(
        re.compile(r"Consent withdrawn at \d{1,2}:\d\d[ap]m\. What rested on it has gone from every screen\.")
    )
    worker.look()
    reader.go(case)
    assert GAINED not in reader.page.content()
    reader.go(f"{case}/consents")
    expect(reader.page.locator("main")).not_to_contain_text("Withdraw this consent")
    reader.look()


def age(demo: Demo) -> int:
    """How old he is on the day of the story."""
    born, today = running.born(demo, KWAME), date.today()  # noqa: DTZ011 - the day that the demo was made
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def test_a_question_goes_to_the_agency_and_nothing_comes_back(demo: Demo, tab_for: TabFor) -> None:
    asker, asked = tab_for("sam.okafor"), tab_for("kiran.shah")
    page = asker.page
    open_case(page, demo)
    page.locator(".app-acts").get_by_role("button", name="Ask an agency", exact=True).click()
    asker.look(narrow_axe=True)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose whom to ask.")
    asker.look()
    page.get_by_label("Moorland NHS Trust", exact=True).check()
    page.get_by_label("The whole case, or somebody else").check()
    page.get_by_label("What do you ask for?").select_option(label="Appointments")
    page.get_by_label("What do you ask, and why?").fill("When can the lift be fitted? He cannot climb.")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("main")).to_contain_text("Your question has gone to Moorland NHS Trust.")
    asker.look()

    page = asked.page
    asked.go("/")
    asked.look(axe=False)
    page.get_by_role("link", name=re.compile("question about Appointments")).first.click()
    expect(page.locator("main")).to_contain_text("When can the lift be fitted?")
    asked.look(narrow_axe=True)
    page.get_by_role("button", name="Mark as done", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My work")
    expect(page.locator("main")).not_to_contain_text("question about Appointments")
