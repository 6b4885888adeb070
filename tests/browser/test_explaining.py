"""The page that asks the rules: in the browser, an explanation for each reason that the engine knows."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from conference import clock
from conference.commands import installing
from conference.demo.command import settings_for
from conference.demo.people import PARTNERSHIP
from conference.sharing import policy, versions
from tests.browser.conftest import TabFor
from tests.browser.looking import Watched
from tests.browser.running import Demo

pytestmark = pytest.mark.slow

# What every question supposes, until it says otherwise.
MARAC = {
    "class_name": "contact.current-address",
    "subject": "victim",
    "recipient": "homes",
    "role": "representative",
    "purpose": "prevent-serious-harm",
    "approvals": "0",
    "offered": "full",
    "word": "silent",
    "excluded": "",
}
TENANCY = {"purpose": "tenancy-support"}

# Reason, what the officer of the police asks, the answer, what would show more.
POLICE = (
    ("incomplete", {"purpose": ""}, "something in it is missing", "Ask a complete question."),
    ("excluded", {"excluded": "y"}, "This reader is kept out of the case", "Nothing changes this"),
    ("own", {"recipient": "police"}, "its own staff see it in full", "There is nothing more to see."),
    ("locked", {"class_name": "health.sexual"}, "is locked (lock-sexual-health)", "records an exemption"),
    ("no-agreement", {"purpose": "crime-prevention"}, "have no agreement in force", "sign an agreement"),
    ("forbidden", {"class_name": "contact.safe-address"}, "forbids it", "takes rule f-contact-safe away"),
    ("not-offered", {"offered": "none"}, "Northmoor Police has not offered it", "Northmoor Police offers it"),
    (
        "no-rule",
        {"class_name": "identity"},
        "No rule permits Northmoor Homes",
        "agrees a rule that permits it",
    ),
    ("consent-missing", TENANCY, "there is no word from them", "is asked, where that is safe"),
    ("consent-refused", TENANCY | {"word": "refused"}, "does not agree", "Do not press them."),
    ("approval-needed", {}, "asks for the approval of 1 member of staff", "records an override"),
    ("limited", {"class_name": "immigration"}, "limited to nothing by rule l-try", "takes rule l-try away"),
    ("permitted", {"approvals": "1"}, "permits it, and Northmoor Homes sees it", "There is nothing more"),
)
REST = ("basis-invalid", {"class_name": "identity.name", "recipient": "nhs", "word": "refused"} | TENANCY)


@pytest.fixture
def limited(demo: Demo) -> None:
    """The rules of the story, with one more that nobody in it meets: it limits something to nothing."""
    with installing.opened(settings_for(demo.data, 1)) as database, database.write() as session:
        document = json.loads(versions.newest(session, PARTNERSHIP, clock.now()).document)
        permit = {"id": "r-try", "effect": "permit", "level": "full", "basis": "PT", "consent": "irrelevant"}
        limit = {"id": "l-try", "effect": "limit", "level": "none"}
        where = {
            "classes": ["immigration"],
            "owners": {"kinds": ["police"]},
            "recipients": {"kinds": ["housing"]},
            "subjects": ["victim"],
        }
        document["rules"] += [permit | where, limit | where]
        document["version"] += "-try"
        text = json.dumps(document, ensure_ascii=False, indent=1)
        policy.publish(session, PARTNERSHIP, text, actor=None, agency=None, at=clock.now())


def ask(page: Page, question: dict[str, str]) -> None:
    for name, value in (MARAC | question).items():
        if name == "excluded":
            page.get_by_label("The reader is kept out of the case").set_checked(value == "y")
        elif name in ("offered", "word"):
            page.locator(f"input[name={name}][value={value}]").check()
        else:
            page.locator(f"select[name={name}]").select_option(value)
    page.get_by_role("button", name="Ask the rules").click()


def explain(tab: Watched, reason: str, question: dict[str, str], *, narrow: bool = False) -> str:
    """The answer to a question, asked from wherever the form stands: it is with each answer too."""
    page = tab.page
    ask(page, question)
    answer = page.locator("#answer")
    expect(answer).to_have_attribute("data-reason", reason)
    assert page.url.endswith("/governance/why"), "the address says what was asked"
    tab.look(narrow_axe=narrow)
    return answer.inner_text()


@pytest.mark.usefixtures("limited")
def test_each_reason_is_explained_in_plain_words(tab_for: TabFor) -> None:
    tab = tab_for("ingrid.lund")
    tab.go("/governance/disclosures")
    tab.page.get_by_role("link", name="Why would they see it?").click()
    tab.look(narrow_axe=True)
    for reason, question, why, more in POLICE:
        said = explain(tab, reason, question, narrow=reason in {"locked", "approval-needed"})
        assert why in said, reason
        assert more in said, reason
    homes = tab_for("iris.cole")
    homes.go("/governance/why")
    said = explain(homes, *REST)
    assert "cannot use its lawful basis now (public task)" in said
    assert "Do not press them." in said


def test_the_page_needs_no_script(tab_for: TabFor) -> None:
    tab = tab_for("ian.gale", scripted=False)
    tab.go("/governance/why")
    said = explain(tab, "forbidden", {"class_name": "contact.safe-address"})
    assert "Rule f-contact-safe forbids it." in said
