"""Everybody's way through the demo in a real browser, with JavaScript and without it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import running
from tests.browser.conftest import TabFor
from tests.browser.looking import FOOT, Watched
from tests.browser.running import Demo

pytestmark = pytest.mark.slow

BOTH = pytest.mark.parametrize(
    "scripted", [pytest.param(True, id="script"), pytest.param(False, id="no-script")]
)
MARIA, THANH, CHLOE, DANIEL = "Maria Kowalczyk", "Thanh Nguyen", "Chloe Bennett", "Daniel Reyes"
MEMBER = ("My work", "Meetings", "Find a case")

# Who, their menu, and whether they are at today's meeting.
WALKERS = {
    "police": ("priya.nair", MEMBER, True),
    "housing": ("sam.okafor", MEMBER, True),
    "nhs": ("kiran.shah", MEMBER, True),
    "deputy": ("dina.haddad", MEMBER, True),
    "idva": ("hana.said", MEMBER, True),
    "coordinator": ("cora.webb", MEMBER, True),
    "chair": ("helen.marsh", MEMBER, True),
    "referrer": ("rory.flynn", MEMBER, False),
    "observer": ("otto.brand", ("My work", "Meetings"), True),
    "ig-officer": ("ingrid.lund", ("My work", "Governance"), False),
    "administrator": ("ada.moss", ("My work",), False),
}


# --- the walk of each role ----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("role", WALKERS)
def test_everybody_walks_from_sign_in_to_sign_out(
    demo: Demo, tab_for: TabFor, role: str, *, scripted: bool
) -> None:
    who, menu, invited = WALKERS[role]
    tab = tab_for(who, scripted=scripted, anew=True)
    tab.small_axe = role in {"housing", "ig-officer"}  # the others' pages have the same parts
    page = tab.page
    tab.look(narrow_axe=True)
    expect(page.get_by_role("navigation", name="Menu").get_by_role("link")).to_have_text(menu)

    if "Meetings" in menu:
        page.get_by_role("link", name="Meetings").click()
        tab.look()
        if invited:
            page.get_by_role("link", name=demo.marac).click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Northmoor MARAC")
            tab.look(narrow_axe=True)
    if "Find a case" in menu:
        if not invited:
            open_found(page, demo, MARIA)
        else:
            page.get_by_role("link", name=MARIA).click()
        walk_case(tab)
        walk_research(tab)
        walk_search(tab, demo)
    if "Governance" in menu:
        walk_governance(tab)
    for path in ("labels", "why-not-shown", "receipts"):
        assert tab.come_to(f"/help/{path}") == 200
    refused = {"Meetings": "/meetings", "Find a case": "/find", "Governance": "/governance/disclosures"}
    for place, path in refused.items():
        if place not in menu:
            assert tab.come_to(path) == 403
    assert tab.come_to("/nowhere") == 404

    tab.go("/")
    sign_out(page, demo)
    tab.look()
    tab.go("/meetings")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Conference")
    tab.look()


def walk_case(tab: Watched) -> None:
    page = tab.page
    look_at_case(tab, narrow_axe=True)
    for way in ("By agency", "Timeline", "Actions"):
        page.get_by_role("navigation", name="Ways").get_by_role("link", name=way).click()
        look_at_case(tab, axe=way != "Actions")
    button(page, "Print").click()
    look_at_case(tab)
    page.get_by_role("link", name="Back to the case").click()


def look_at_case(tab: Watched, *, axe: bool = True, narrow_axe: bool = False) -> None:
    page = tab.page
    expect(page.get_by_role("heading", level=1)).to_contain_text(MARIA)
    expect(page.locator(".app-foot")).to_contain_text(FOOT)
    assert "Contact nobody in this case unless an action says so." in tab.text()
    expect(page.locator(".app-receipt__code")).to_have_count(1)
    # Nothing stands over nothing, and a sentence that only says that there is something says no more.
    expect(page.locator(".app-card:not(:has(.app-row))")).to_have_count(0)
    for row in page.locator(".app-row--presence:not(.app-legend__item)").all_inner_texts():
        assert re.search(r"Holds information\s.*\. Ask them\.$", row, re.DOTALL)
        assert not re.search(r"\d", row)
    tab.look(axe=axe, narrow_axe=narrow_axe)


def walk_research(tab: Watched) -> None:
    page = tab.page
    button(page, "Our research").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Our research")
    tab.look(narrow_axe=True)
    button(page, "Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add to our research")
    tab.look()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter what you want to record.")
    tab.look(narrow_axe=True)
    page.get_by_role("link", name="Back to our research").click()


def walk_search(tab: Watched, demo: Demo) -> None:
    page = tab.page
    page.get_by_role("link", name="Find a case").click()
    tab.look(narrow_axe=True)
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    tab.look()
    find(page, demo, MARIA)
    expect(page.locator("#found a")).to_have_count(1)
    assert urlsplit(page.url).query == ""
    tab.look()


def walk_governance(tab: Watched) -> None:
    page = tab.page
    page.get_by_role("link", name="Governance", exact=True).click()
    tab.look(narrow_axe=True)
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say why you are looking.")
    tab.look()
    page.get_by_role("link", name="Governance", exact=True).click()
    page.get_by_role("table").get_by_role("link").first.click()
    tab.look(narrow_axe=True)
    button(page, "Check it yourself").click()
    tab.look()
    page.get_by_role("link", name="Governance", exact=True).click()
    page.get_by_role("link", name="The log", exact=True).click()
    tab.look()
    page.get_by_role("link", name="What this means, in plain words").click()
    tab.look(narrow_axe=True)
    page.get_by_role("link", name="The log", exact=True).click()
    button(page, "Verify now").click()
    expect(page.get_by_text("Yes: the log is what was signed.")).to_be_visible()
    tab.look(narrow_axe=True)


# --- the newcomer -------------------------------------------------------------------------------------------


def test_two_agencies_two_views_and_a_log_that_anyone_can_verify(
    demo: Demo, tab_for: TabFor, tmp_path: Path
) -> None:
    told, codes = {}, {}
    for who in ("sam.okafor", "kiran.shah"):
        tab = tab_for(who)
        open_at_meeting(tab.page, demo, MARIA)
        tab.look(axe=False)
        told[who] = tab.text()
        codes[who] = tab.page.locator(".app-receipt__code").inner_text()
        sign_out(tab.page, demo)
    assert told["sam.okafor"] != told["kiran.shah"]
    assert "Secure tenancy" in told["sam.okafor"]
    assert codes["sam.okafor"] != codes["kiran.shah"]

    officer = tab_for("ingrid.lund")
    page = officer.page
    for who, name in (("sam.okafor", "Sam Okafor"), ("kiran.shah", "Kiran Shah")):
        page.get_by_role("link", name="Governance", exact=True).click()
        page.get_by_label("Receipt code").fill(codes[who])
        page.get_by_role("button", name="Find", exact=True).click()
        line = page.locator("#found tbody tr")
        expect(line).to_have_count(1)
        expect(line).to_contain_text(name)
        officer.look()
        line.get_by_role("link").click()
        expect(page.locator("main")).to_contain_text(name)
        expect(page.get_by_text(re.compile(r"^Yes: at place [\d,]+, signed"))).to_be_visible()
        officer.look()
    page.get_by_role("link", name="Governance", exact=True).click()
    page.get_by_role("link", name="The log", exact=True).click()
    copies = {}
    for words, name in (("Download a copy", "log.zip"), ("Download the key", "vkey")):
        with page.expect_download() as download:
            button(page, words).click()
        copies[name] = tmp_path / name
        download.value.save_as(copies[name])
    officer.look(axe=False)

    log = running.export(demo, tmp_path / "exported")
    assert running.verify(log, log / "vkey").returncode == 0
    log = running.unpacked(copies["log.zip"], tmp_path / "unpacked")
    done = running.verify(log, copies["vkey"], "--parts", log / "parts.jsonl")
    assert (done.returncode, done.stdout.split()[:1]) == (0, ["verified:"]), done.stderr
    origin, size, *rest = (log / "checkpoint").read_bytes().split(b"\n")
    (log / "checkpoint").write_bytes(b"\n".join([origin, b"%d" % (int(size) + 1), *rest]))
    assert running.verify(log, copies["vkey"]).returncode != 0


# --- who may not see ----------------------------------------------------------------------------------------


def test_the_safe_address_is_in_the_pages_of_its_readers_only(demo: Demo, tab_for: TabFor) -> None:
    for who, may in (("priya.nair", True), ("hana.said", True), ("sam.okafor", False), ("kiran.shah", False)):
        tab = tab_for(who)
        page = tab.page
        case = open_at_meeting(page, demo, THANH)
        sources = []
        for path in ("", "?view=agency", "?view=timeline", "?view=actions", "/print"):
            assert tab.go(f"{case}{path}") == 200
            sources.append(tab.source())
            assert tab.answer is not None
            sources.append(tab.answer.text())
        tab.look(axe=may, narrow_axe=may)
        if may:
            assert "Alder Lodge" in sources[0]
            tab.go(case)
            frame = page.locator(".app-safe").first
            expect(frame).to_contain_text("SAFE ADDRESS. Do not read out, copy or post.")
            first, plan = (
                frame.bounding_box(),
                page.get_by_role("heading", name="What they want").bounding_box(),
            )
            assert first is not None
            assert plan is not None
            assert first["y"] < plan["y"]
        else:
            for source in sources:
                assert not re.search(
                    "alder lodge|quarry rise|LS8 1XN|safe.address|app-safe", source, re.IGNORECASE
                )


def test_who_has_left_a_case_does_not_find_it_anywhere(demo: Demo, tab_for: TabFor) -> None:
    other = tab_for("sam.okafor")
    case = open_at_meeting(other.page, demo, CHLOE)
    reference = other.page.title().partition(" ")[0]
    assert reference.startswith("NM-")

    tab = tab_for("marek.novak")
    page = tab.page
    for path in ("/", "/meetings"):
        tab.go(path)
        assert not re.search(f"{reference}|Chloe|Bennett", page.content())
    for way in ("", "?view=agency", "/print", "/reason", "/research", "/research/add", "/conflict"):
        assert tab.go(f"{case}{way}") == 404
        assert "Page not found. Ask the coordinator." in page.locator("main").inner_text()
        assert not re.search(f"{reference}|Chloe|Bennett", page.content())
        assert tab.answer is not None
        assert tab.answer.header_value("disclosure-receipt") is None
    tab.go("/")
    find(page, demo, CHLOE)
    expect(page.locator("#found")).to_have_text("No case matches.")
    find_reference(page, reference)
    expect(page.locator("#found")).to_have_text("No case matches.")
    assert case not in tab.source()
    tab.look(axe=False)


@BOTH
def test_whoever_leaves_a_case_stops_seeing_it_at_once(
    demo: Demo, tab_for: TabFor, *, scripted: bool
) -> None:
    tab = tab_for("dina.haddad" if scripted else "peter.lomax", scripted=scripted)
    page = tab.page
    case = open_at_meeting(page, demo, THANH)
    assert tab.go(f"{case}/conflict") == 200
    tab.look(narrow_axe=True)
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("You left a case at")
    assert "Thanh" not in tab.source()
    tab.look()
    assert tab.go(case) == 404
    tab.go("/meetings")
    page.get_by_role("link", name=demo.marac).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Northmoor MARAC")
    assert "Thanh" not in tab.source()
    page.go_back()
    page.go_back()
    assert "Thanh" not in page.locator("body").inner_text()


@BOTH
def test_a_colleague_who_is_not_assigned_says_why_first(
    demo: Demo, tab_for: TabFor, *, scripted: bool
) -> None:
    police = tab_for("priya.nair")
    open_at_meeting(police.page, demo, MARIA)
    reference = police.page.title().partition(" ")[0]
    tab = tab_for("joanna.bell" if scripted else "fatima.rahman", scripted=scripted)
    page = tab.page
    find_reference(page, reference)
    expect(page.locator("#found a")).to_have_count(1)
    assert "Maria" not in tab.source()
    page.locator("#found a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are not working on this case")
    assert "Maria" not in tab.source()
    tab.look(narrow_axe=True)
    button(page, "Continue").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Say why you need this case.")
    tab.look()
    page.get_by_label("Why do you need it?").fill("On duty tonight; she has rung the desk")
    button(page, "Continue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(MARIA)
    tab.look(axe=False)


# --- our own research ---------------------------------------------------------------------------------------


@BOTH
def test_a_record_is_added_offered_and_taken_back(demo: Demo, tab_for: TabFor, *, scripted: bool) -> None:
    said = f"Rent paid in full, {'with' if scripted else 'without'} a script"
    tab, police = tab_for("sam.okafor", scripted=scripted), tab_for("priya.nair", scripted=scripted)
    page = tab.page
    case = open_at_meeting(page, demo, DANIEL)
    add_to_research(page, DANIEL, "tenancy.status", said, offered=None)
    ours = page.get_by_role("listitem").filter(has_text=said)
    expect(ours).to_contain_text("Not offered")
    police.go(case)
    assert said not in police.page.content()

    ours.get_by_role("link", name="Change").click()
    expect(page.get_by_label("What your record says")).to_have_value(said)
    page.get_by_label("Offer a summary").check()
    page.get_by_label("Summary", exact=True).fill(f"In short: {said}")
    page.get_by_role("button", name="Show who would see it").click()
    expect(page.locator("#who-would-see")).to_contain_text("Northmoor Police Summary")
    expect(page.get_by_label("What your record says")).to_have_value(said)
    tab.look(narrow_axe=True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(ours).to_contain_text("Offered: Summary")
    tab.look()
    police.go(case)
    assert f"In short: {said}" in police.page.locator("main").inner_text()

    ours.get_by_role("button", name="Take back").click()
    expect(ours).to_contain_text("Not offered")
    police.go(case)
    assert said not in police.page.content()


@BOTH
def test_markup_that_is_typed_in_is_shown_as_text_and_does_nothing(
    demo: Demo, tab_for: TabFor, *, scripted: bool
) -> None:
    mark = "one" if scripted else "two"
    typed = (
        f'<div hx-get="/help/labels?{mark}" hx-trigger="load" hx-on:click="alert(1)">{mark}</div>'
        f'<img src="/help/receipts?{mark}" onerror="alert(1)"><script>alert(1)</script>{{{{ 7*7 }}}}'
        "<a href=\"javascript:alert(1)\" hx-boost='true'>press</a></textarea>'\">"
    )
    tab, police = tab_for("sam.okafor", scripted=scripted), tab_for("priya.nair", scripted=scripted)
    asked: list[str] = []
    for one in (tab, police):
        one.page.on("request", lambda request: asked.append(request.url))
    case = open_at_meeting(tab.page, demo, DANIEL)
    add_to_research(tab.page, DANIEL, "tenancy.support", typed, offered="Offer a summary", preview=True)
    police.go(case)
    for page, where in (
        (tab.page, ""),
        (tab.page, "/print"),
        (police.page, ""),
        (police.page, "?view=agency"),
    ):
        if where or page is police.page:
            (tab if page is tab.page else police).go(f"{case}{where}")
        expect(page.locator("main")).to_contain_text(typed, use_inner_text=True)
        page.get_by_text(f"{mark}</div>").first.click()
        assert page.locator("[hx-get], [hx-boost], [onerror], main img, main script").count() == 0
    police.look()
    assert [url for url in asked if f"?{mark}" in url] == []
    assert (tab.faults, police.faults) == ([], [])


# --- the meeting --------------------------------------------------------------------------------------------


def test_a_meeting_is_held_without_script_and_with_it(demo: Demo, tab_for: TabFor) -> None:
    chair, member = tab_for("helen.marsh", scripted=False), tab_for("sam.okafor", scripted=False)
    idva, observer = tab_for("hana.said"), tab_for("otto.brand")
    for tab in (chair, member, idva, observer):
        page = tab.page
        page.get_by_role("link", name="Meetings").click()
        page.get_by_role("link", name=demo.marac).click()
        if tab is observer:
            button(page, "Sign the confidentiality statement").click()
        button(page, "Go into the room").click()
        expect(page.get_by_text("The next case is not open yet.")).to_be_visible()
        tab.look(narrow_axe=True)
    button(chair.page, "Start the meeting").click()
    chair.look()
    button(chair.page, "Open the next case").click()
    for tab in (chair, member, idva, observer):
        if tab is not chair:
            button(tab.page, "Show what is new").click()
        expect(tab.page.get_by_role("heading", level=1)).to_contain_text(MARIA if tab is not observer else "")
        tab.look(narrow_axe=True)

    # The member, without script: an action with a fault, then without.
    page = member.page
    page.get_by_text("Add action").click()
    button(page, "Save action").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter what will be done.")
    member.look()
    page.get_by_label("What will be done?").fill("Change the locks of the flat")
    page.get_by_label("Who will do it?").select_option(label="Sam Okafor, Northmoor Homes")
    due = demo.today + timedelta(days=3)
    fill_date(page.get_by_role("group", name="By when?"), due)
    button(page, "Save action").click()
    expect(
        page.locator(".app-row").filter(has_text="Change the locks of the flat, Sam Okafor")
    ).to_be_visible()
    member.look()

    # The chair's risk summary, without script.
    chair.go(urlsplit(chair.page.url).path)
    chair.page.get_by_text("Write the risk summary").click()
    chair.page.get_by_label("High risk").check()
    chair.page.get_by_label("Risk summary").fill("Risk is highest when he is bailed back")
    button(chair.page, "Save risk summary").click()
    expect(chair.page.locator(".app-identity")).to_contain_text("High risk")
    chair.look()

    # Another's page, with script, and the chair moves on.
    button(idva.page, "Show what is new").click()
    expect(idva.page.get_by_role("heading", name="Actions")).to_be_visible()
    idva.look(narrow_axe=True)
    button(chair.page, "Close case and open next").click()
    expect(chair.page.get_by_role("heading", level=1)).to_contain_text(THANH)
    chair.look()
    button(observer.page, "Show what is new").click()
    observer.look()

    # What was agreed is the member's work; it is done.
    page.get_by_role("link", name="My work").click()
    page.get_by_role("link", name="Change the locks of the flat").click()
    member.look()
    page.get_by_label("It is done").check()
    button(page, "Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My work")
    expect(page.get_by_role("link", name="Change the locks of the flat")).to_have_count(0)


# --- leaving the screen -------------------------------------------------------------------------------------


@BOTH
def test_after_signing_out_the_back_button_shows_nothing(
    demo: Demo, tab_for: TabFor, *, scripted: bool
) -> None:
    tab = tab_for("sam.okafor", scripted=scripted)
    page = tab.page
    case = open_at_meeting(page, demo, MARIA)
    reference = page.title().partition(" ")[0]
    sign_out(page, demo)
    for _ in range(4):
        page.go_back()
        said = page.content() + page.title()
        assert not re.search(f"Maria|Kowalczyk|{reference}", said), page.url
    assert tab.go(case) in {200, 401}
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Conference")


@pytest.mark.parametrize("way", ["button", "keys"])
def test_hide_screen_empties_the_page_and_signs_out(demo: Demo, tab_for: TabFor, way: str) -> None:
    tab = tab_for("hana.said")
    page = tab.page
    case = open_at_meeting(page, demo, MARIA)
    with page.expect_response(re.compile("/sign-out$")) as signed_out:
        if way == "button":
            page.get_by_role("button", name="Hide screen").click()
        else:
            for _ in range(3):
                page.keyboard.press("Shift")
    expect(page).to_have_title("Ready")
    assert page.locator("body").inner_text() == ""
    assert urlsplit(page.url).path == "/sign-in"
    assert signed_out.value.ok
    page.go_back()
    assert "Maria" not in page.content()
    tab.go(case)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Conference")


# --- helpers ------------------------------------------------------------------------------------------------


def button(page: Page, name: str) -> Locator:
    """A button, or a link in its shape."""
    return page.get_by_role("button", name=name, exact=True)


def sign_out(page: Page, demo: Demo) -> None:
    button(page, "Sign out").click()
    page.wait_for_url(f"{demo.url}/signed-out")


def open_at_meeting(page: Page, demo: Demo, name: str) -> str:
    """A case by today's agenda; its path."""
    page.get_by_role("link", name="Meetings").click()
    page.get_by_role("link", name=demo.marac).click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.wait_for_load_state()
    return urlsplit(page.url).path


def open_found(page: Page, demo: Demo, name: str) -> None:
    find(page, demo, name)
    page.locator("#found a").first.click()


def find(page: Page, demo: Demo, name: str) -> None:
    page.get_by_role("link", name="Find a case").click()
    page.get_by_label("Full name").fill(name)
    fill_date(page.get_by_role("group", name="Date of birth"), running.born(demo, name))
    page.get_by_role("button", name="Find", exact=True).click()


def find_reference(page: Page, reference: str) -> None:
    page.get_by_role("link", name="Find a case").click()
    page.get_by_label("Reference").fill(reference)
    page.get_by_role("button", name="Find", exact=True).click()


def fill_date(group: Locator, day: date) -> None:
    for label, part in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        group.get_by_label(label).fill(str(part))


def add_to_research(
    page: Page, about: str, class_name: str, value: str, *, offered: str | None, preview: bool = False
) -> None:
    """From the case's page to our research, with a new record on it."""
    button(page, "Our research").click()
    button(page, "Add").click()
    page.get_by_label("What is it?").select_option(value=class_name)
    page.get_by_label(re.compile(f"^{about}")).check()
    page.get_by_label("What your record says").fill(value)
    page.get_by_label("Source", exact=True).fill("Tenancy file")
    fill_date(page.get_by_role("group", name="Date of the record"), running.LONG_AGO)
    if offered is not None:
        page.get_by_label(offered).check()
        page.get_by_label("Summary", exact=True).fill(value)
    if preview:
        page.get_by_role("button", name="Show who would see it").click()
        expect(page.locator("#who-would-see")).to_contain_text("Who would see it:")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Our research")
    page.wait_for_load_state()
