"""In a browser, with the clock held by the test: overrides, emergencies, and what leaves an open screen."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, PersonRole
from conference.sharing import consents
from conference.vault.erase import erase_person
from conference.web import parts_of
from tests.browser.looking import Watched
from tests.support.held import Held, held
from tests.support.world import HOME, NOW, World, add, by, copied, make

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow
PHONE = "07700 900123"
WRIST = "Broke her wrist in March"
SECONDS = 2.0  # in which what does not hold any more has left every open screen


@pytest.fixture(scope="module")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make(tmp_path_factory.mktemp("world"))
    with clock.held(NOW), world.database.write() as session:
        case, coordinator = session.get_one(Case, world.case_id), by(world, "s-coord")
        cases.assign(session, case, world.staff["p-other"], by=coordinator, at=clock.now())
        add(session, world, case, "p-rep", "contact.phone", PHONE, offered="full", summary="A mobile")
        kind = cases.add_conference_type(
            session, partnership_id=HOME, name="Tenancy", purpose="tenancy-support"
        )
        support = cases.open_case(
            session, partnership_id=HOME, conference_type=kind, agencies=["homes", "nhs", "haven"],
            by=coordinator, at=clock.now(),
        )  # fmt: skip
        for who in ("h-rep", "n-rep", "v-idva"):
            cases.assign(session, support, world.staff[who], by=coordinator, at=clock.now())
        person = cases.add_person(session, support, PersonRole.VICTIM)
        people = {"victim": person}
        add(session, world, support, "n-rep", "health.physical", WRIST, offered="full",
            summary="An injured wrist", name="wrist", people=people)  # fmt: skip
        word = {
            "decision": "grant", "recipients": ["homes"], "purposes": ["tenancy-support"],
            "classes": ["health"], "until": clock.moment(NOW + timedelta(days=300)),
        }  # fmt: skip
        consents.record_consent(
            session, support, person, word=word, how="Alone, in the kitchen", by=by(world, "v-idva"),
            at=clock.now(),
        )  # fmt: skip
        world.fields["support"] = support.id
    return world


@pytest.fixture
def running(told_world: World, tmp_path: Path) -> Iterator[Held]:
    with held(copied(told_world, tmp_path)) as started:
        yield started


def test_an_override_is_approved_by_a_colleague_shows_and_ends(running: Held, browser: Browser) -> None:
    asker, colleague = running.tab(browser, "p-rep"), running.tab(browser, "p-other")
    reader = running.tab(browser, "h-rep")
    case = f"/cases/{running.world.case_id}"
    reader.go(case)
    assert PHONE not in reader.page.content()

    page = asker.page
    asker.go(f"{case}/research")
    phone = page.locator(".app-rows__item").filter(has_text=PHONE)
    phone.get_by_role("link", name="Share by override").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Share by override: Phone, Maria Kowalczyk")
    asker.look(narrow_axe=True)
    button(page, "Send for approval").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say why it is necessary.")
    asker.look()
    page.get_by_label("Northmoor Homes").check()
    page.get_by_label("In full").check()
    page.get_by_label("Why is it necessary?").fill("He was seen near her flat")
    page.get_by_label("Why no less than this?").fill("A summary cannot be rung")
    page.get_by_label("Legal basis").select_option(label="Public task")
    for part, typed in (("Day", "1"), ("Month", "12"), ("Year", "2026")):
        page.get_by_label(part).fill(typed)
    button(page, "Send for approval").click()
    expect(page.locator("main")).to_contain_text("Waiting for approval")
    asker.look(narrow_axe=True)
    assert page.get_by_role("button", name="Approve").count() == 0

    page = colleague.page
    colleague.go("/")
    colleague.look()
    page.get_by_role("link", name=re.compile("Approve or refuse sharing")).click()
    expect(page.locator("main")).to_contain_text("He was seen near her flat")
    colleague.look(narrow_axe=True)
    page.get_by_label("Why do you approve or refuse?").fill("Nothing less would do")
    button(page, "Approve").click()
    expect(page.locator("main")).to_contain_text("In force until the end of 1 December 2026")
    colleague.look()

    expect(button(reader.page, "Show what is new")).to_be_visible()
    assert PHONE not in reader.page.content()
    button(reader.page, "Show what is new").click()
    expect(reader.page.locator("main")).to_contain_text(PHONE)
    reader.look(narrow_axe=True)

    for tab in (asker, colleague, reader):
        tab.go("/healthz")  # or an open page would go to sign in, once its session is over, whenever it asks
    running.at = NOW.replace(month=12, day=2, hour=0, minute=0) - timedelta(microseconds=1)
    for off, shown in ((0, True), (1, False)):
        running.at += timedelta(microseconds=off)
        running.sign_in(reader.page.context, "h-rep")
        assert reader.go(case) == 200
        assert (PHONE in reader.page.content()) is shown
    running.sign_in(asker.page.context, "p-rep")
    asker.go(f"{case}/overrides")
    expect(asker.page.locator("main")).to_contain_text("Ended 1 December 2026")
    asker.look(narrow_axe=True)
    close(asker, colleague, reader)


def test_an_emergency_shows_a_summary_for_an_hour_and_leaves_the_open_screen(
    running: Held, browser: Browser
) -> None:
    tab = running.tab(browser, "h-rep")
    page = tab.page
    tab.go(f"/cases/{running.world.case_id}")
    assert "A mobile" not in page.content()
    button(page, "Open in an emergency").click()
    expect(page.locator("main")).to_contain_text("Every use is reviewed.")
    tab.look(narrow_axe=True)
    button(page, "Open").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say what is happening.")
    tab.look()
    page.get_by_label("What is happening?").fill("He is outside her flat and nobody answers")
    button(page, "Open").click()
    expect(page.locator("main")).to_contain_text("Emergency access until 11:00am")
    expect(page.locator("main")).to_contain_text("A mobile")
    assert PHONE not in tab.source()
    assert "LS9 0AA" not in tab.source()
    tab.look(narrow_axe=True)

    running.wait(timedelta(minutes=60) - timedelta(microseconds=1), tab)
    asked(page, times=2)
    expect(page.locator("main")).to_contain_text("A mobile")
    running.at += timedelta(microseconds=1)
    assert gone(page, "A mobile") <= SECONDS
    assert "Emergency access" not in page.content()
    page.reload()
    tab.look()
    close(tab)


def test_a_withdrawn_consent_blanks_the_other_open_screen(running: Held, browser: Browser) -> None:
    worker, reader = running.tab(browser, "v-idva"), running.tab(browser, "h-rep")
    case = f"/cases/{running.world.fields['support']}"
    reader.go(case)
    expect(reader.page.locator("main")).to_contain_text("An injured wrist")
    asked(reader.page)
    worker.go(f"{case}/consents")
    running.at += timedelta(seconds=1)
    button(worker.page, "Withdraw this consent").click()
    expect(worker.page.locator("main")).to_contain_text("Consent withdrawn at 10:00am")
    assert gone(reader.page, "An injured wrist") <= SECONDS
    assert WRIST not in reader.page.content()
    reader.page.reload()
    reader.look()
    close(worker, reader)


def test_erasing_somebody_blanks_my_work_what_was_found_and_what_was_said(
    running: Held, browser: Browser
) -> None:
    work, finder = running.tab(browser, "h-rep"), running.tab(browser, "p-rep")
    consent = running.tab(browser, "v-idva")
    task = work.page.locator(f'a[href="/actions/{running.world.action_id}"]').inner_text()
    finder.go("/find")
    finder.page.get_by_label("Name").fill("Maria Kowalczyk")
    for part, typed in (("Day", "3"), ("Month", "3"), ("Year", "1992")):
        finder.page.get_by_label(part).fill(typed)
    button(finder.page, "Find").click()
    expect(finder.page.locator("main")).to_contain_text("Maria Kowalczyk")
    consent.go(f"/cases/{running.world.case_id}/consents")
    expect(consent.page.locator("main")).to_contain_text("Maria Kowalczyk")
    for tab in (finder, work, consent):
        asked(tab.page)
    with clock.held(running.at), parts_of(running.app).database.write() as session:
        erase_person(session, parts_of(running.app).database.keys, running.world.people["victim"])
    started = time.monotonic()
    gone(finder.page, "Maria")
    gone(work.page, task)
    gone(consent.page, "Maria")
    assert time.monotonic() - started <= SECONDS
    expect(finder.page.get_by_role("alert")).to_have_text(
        "Something here is no longer shared with you. Search again."
    )
    close(work, finder, consent)


def test_without_a_connection_the_case_is_hidden(running: Held, browser: Browser) -> None:
    tab = running.tab(browser, "h-rep")
    page = tab.page
    tab.go(f"/cases/{running.world.case_id}")
    expect(page.locator("main")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("main")).to_be_hidden()
    expect(page.get_by_role("alert")).to_have_text(
        re.compile(
            r"Connection lost at \d+:\d\d[ap]m\. The case is hidden because it may have changed\. "
            r"Your notes are safe\."
        )
    )
    assert "Maria" not in page.locator("body").inner_text()
    page.context.set_offline(False)
    expect(page.locator("main")).to_be_visible()
    assert page.get_by_role("alert").count() == 0
    close(tab)


def test_what_is_typed_in_the_room_stays_when_the_room_moves(running: Held, browser: Browser) -> None:
    member, other = running.tab(browser, "h-rep"), running.tab(browser, "v-idva")
    page, room = member.page, f"/meetings/{running.world.meeting_id}"
    member.go(f"{room}/room")
    page.get_by_text("Add action").click()
    page.get_by_label("What will be done?").fill("Change the locks of")
    other.go(room)
    receipt = page.locator(".app-receipt__full").text_content()
    button(other.page, "Leave the room").click()
    there = page.locator(".app-card").filter(has=page.get_by_role("heading", name="In the room"))
    expect(there).not_to_contain_text("Hana Said")
    expect(page.get_by_label("What will be done?")).to_be_visible()
    expect(page.get_by_label("What will be done?")).to_have_value("Change the locks of")
    expect(page.locator(".app-receipt__full")).not_to_have_text(receipt or "")
    assert member.faults == []
    close(member, other)


# --- helpers ---


def asked(page: Page, *, times: int = 1) -> None:
    """Wait until the open page has asked whether it still holds; the first may have begun before."""
    for _ in range(times):
        with page.expect_response(re.compile("/live\\?")):
            pass


def gone(page: Page, text: str) -> float:
    """How many seconds it took until the text had left the page; it waits longer than it may take."""
    started = time.monotonic()
    expect(page.locator("main")).not_to_contain_text(text, timeout=10_000)
    return time.monotonic() - started


def button(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def close(*tabs: Watched) -> None:
    for tab in tabs:
        tab.page.context.close()
