"""Pictures of every screen for the people who use it: `make screenshots`, or `python -m tests.screenshots`.

They go to `screenshots/`, which git does not keep. The one in the README, the same case as two agencies see
it, goes to `docs/pictures/two-views.png`.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import running
from tests.browser.looking import WIDE
from tests.browser.running import Demo
from tests.support.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "screenshots"
PICTURE = ROOT / "docs/pictures/two-views.png"
MARIA = "Maria Kowalczyk"
PHONE = {"width": 320, "height": 640}
SIDE = {"width": 900, "height": 1314}

Shoot = Callable[[str], None]

# Two pictures side by side, each with a line above it. No script, nothing from elsewhere.
TWO_VIEWS = """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Two views</title><style>
body {{ margin: 0; padding: 20px; display: flex; gap: 20px; background: #fff; }}
figure {{ margin: 0; flex: 1; }} figcaption {{ margin: 0 0 12px; font: bold 30px/1.2 Arial, sans-serif; }}
img {{ display: block; width: 100%; border: 2px solid #0b0c0c; box-sizing: border-box; }}
</style>{figures}</html>"""
FIGURE = '<figure><figcaption>{caption}</figcaption><img alt="" src="data:image/png;base64,{png}"></figure>'


def main() -> None:
    """Start the demo, and take them."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.screenshots")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="where the pictures go")
    parser.add_argument("--picture-only", action="store_true", help="only the one in the README")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        running.demo(Path(data) / "demo") as demo,
        chromium() as browser,
    ):
        two_views(browser, demo)
        if not options.picture_only:
            Tour(browser, demo, options.folder).all()


class Tour:
    """Everybody's screens, one person after the other."""

    def __init__(self, browser: Browser, demo: Demo, folder: Path) -> None:
        self._browser = browser
        self._demo = demo
        self._folder = folder

    def all(self) -> None:
        """Take them all; those that change the story last."""
        self._signing_in()
        self._member()
        self._others()
        self._governance()
        self._agreements_and_rules()
        self._consents()
        self._asking_and_overrides()
        self._room()

    def _signing_in(self) -> None:
        page = self._page()
        page.goto(f"{self._demo.url}/sign-in")
        self._shoot(page, "sign-in")
        page.get_by_label("Work email").fill("sam@nowhere.example")
        page.get_by_role("button", name="Continue").click()
        self._shoot(page, "sign-in-unknown")
        page.goto(f"{self._demo.url}/sign-in/homes")
        self._shoot(page, "sign-in-provider")
        page.context.close()

    def _member(self) -> None:
        page = self._page("sam.okafor")
        self._shoot(page, "homes-my-work", phone=True)
        page.get_by_role("link", name="Meetings").click()
        self._shoot(page, "homes-meetings")
        self._meeting(page)
        self._shoot(page, "homes-agenda", phone=True)
        page.get_by_role("link", name=MARIA).click()
        self._shoot(page, "homes-case", phone=True, grey=True)
        for way in ("By agency", "Timeline", "Actions"):
            page.get_by_role("link", name=way).click()
            self._shoot(page, f"homes-case-{way.lower().replace(' ', '-')}", phone=way == "By agency")
        page.get_by_role("button", name="Print", exact=True).click()
        self._shoot(page, "homes-print")
        page.emulate_media(media="print")
        self._shoot(page, "homes-print-paper")
        page.emulate_media(media="screen")
        page.get_by_role("link", name="Back to the case").click()
        page.get_by_role("button", name="Our research").click()
        self._shoot(page, "homes-research", phone=True)
        page.get_by_role("button", name="Add", exact=True).click()
        self._shoot(page, "homes-add", phone=True)
        page.get_by_role("button", name="Save", exact=True).click()
        self._shoot(page, "homes-add-errors")
        page.get_by_role("link", name="Find a case").click()
        self._shoot(page, "homes-find")
        for path in ("labels", "why-not-shown", "receipts"):
            page.goto(f"{self._demo.url}/help/{path}")
            self._shoot(page, f"help-{path}")
        page.goto(f"{self._demo.url}/cases/cas_nothing")
        self._shoot(page, "not-found")
        page.goto(self._demo.url)
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/signed-out")
        self._shoot(page, "signed-out")
        page.context.close()

    def _others(self) -> None:
        for who, name in (("priya.nair", "police"), ("hana.said", "idva"), ("kiran.shah", "nhs")):
            page = self._page(who)
            self._shoot(page, f"{name}-my-work")
            self._meeting(page)
            page.get_by_role("link", name=MARIA).click()
            self._shoot(page, f"{name}-case", phone=name == "idva", grey=name == "police")
            page.context.close()
        for who, name in (
            ("cora.webb", "coordinator"),
            ("helen.marsh", "chair"),
            ("otto.brand", "observer"),
            ("ada.moss", "administrator"),
            ("rory.flynn", "referrer"),
        ):
            page = self._page(who)
            self._shoot(page, f"{name}-my-work", phone=name == "coordinator")
            if name in {"coordinator", "observer"}:
                self._meeting(page)
                self._shoot(page, f"{name}-agenda")
            page.context.close()
        page = self._page("priya.nair")
        find(page, MARIA, self._demo)
        self._shoot(page, "police-found")
        reference = page.locator("#found a").inner_text()
        page.context.close()
        page = self._page("joanna.bell")
        page.get_by_role("link", name="Find a case").click()
        page.get_by_label("Reference").fill(reference)
        page.get_by_role("button", name="Find", exact=True).click()
        page.locator("#found a").click()
        self._shoot(page, "unassigned-reason")
        page.context.close()

    def _governance(self) -> None:
        page = self._page("ingrid.lund")
        self._shoot(page, "ig-my-work")
        page.get_by_role("link", name="Governance", exact=True).click()
        self._shoot(page, "ig-disclosures", phone=True)
        page.get_by_role("row").nth(1).get_by_role("link").click()
        self._shoot(page, "ig-entry", phone=True)
        page.get_by_role("button", name="Check it yourself").click()
        self._shoot(page, "ig-check")
        page.goto(f"{self._demo.url}/governance/log?verify=now")
        self._shoot(page, "ig-log", phone=True)
        for path, name in (
            ("log/meaning", "ig-log-meaning"),
            ("why", "ig-explain"),
            ("reviews/notices", "ig-notices"),
            ("wrong", "ig-wrong"),
            ("reviews", "ig-reviews"),
        ):
            page.goto(f"{self._demo.url}/governance/{path}")
            self._shoot(page, name, phone=True)
        page.get_by_role("main").get_by_role("link", name="Emergency access").first.click()
        self._shoot(page, "ig-review", phone=True)
        page.context.close()

    def _agreements_and_rules(self) -> None:
        page = self._page("iris.cole")
        page.goto(f"{self._demo.url}/governance/agreements")
        self._shoot(page, "ig-agreements", phone=True)
        page.get_by_role("link", name="Early help in Northmoor").click()
        self._shoot(page, "ig-agreement", phone=True)
        page.goto(f"{self._demo.url}/governance/agreements/new")
        self._shoot(page, "ig-agreement-new", phone=True)
        page.goto(f"{self._demo.url}/governance/rules")
        self._shoot(page, "ig-rules", phone=True)
        page.goto(f"{self._demo.url}/governance/rules?about=tenancy")
        self._shoot(page, "ig-rules-tenancy", phone=True)
        page.get_by_label("Why should the rules change?").fill("To show what a draft looks like")
        page.get_by_role("button", name="Start a draft").click()
        self._shoot(page, "ig-draft", phone=True)
        page.get_by_role("button", name="Add a rule").click()
        self._shoot(page, "ig-rule", phone=True)
        page.context.close()
        page = self._page("naomi.adeleke")
        page.goto(f"{self._demo.url}/governance/rules")
        page.get_by_role("link", name="Support workers visit").click()
        self._shoot(page, "ig-changes", phone=True)
        page.context.close()

    def _consents(self) -> None:
        page = self._page("dina.haddad")
        self._shoot(page, "housing-deputy-my-work")
        page.goto(f"{self._demo.url}/notices")
        self._shoot(page, "notices", phone=True)
        page.goto(f"{self._demo.url}/recalls")
        self._shoot(page, "recalls")
        find(page, "Leila Farahani", self._demo)
        page.locator("#found a").click()
        page.get_by_role("link", name="Consent", exact=True).click()
        self._shoot(page, "consents", phone=True)
        page.get_by_role("button", name="Ask for consent").click()
        self._shoot(page, "consent-question", phone=True)
        page.context.close()

    def _asking_and_overrides(self) -> None:
        page = self._page("nia.evans")
        page.locator("main a[href*='/questions/']").first.click()
        self._shoot(page, "question-read", phone=True)
        page.context.close()
        page = self._page("tom.ashworth")
        page.locator("main a[href*='/overrides/']").first.click()
        self._shoot(page, "override-to-approve", phone=True)
        page.context.close()
        page = self._page("sam.okafor")
        self._meeting(page)
        page.get_by_role("link", name=MARIA).click()
        case = page.url.partition("?")[0]
        for path, name in (("ask", "ask-an-agency"), ("emergency", "emergency"), ("overrides", "overrides")):
            page.goto(f"{case}/{path}")
            self._shoot(page, name, phone=True)
        page.context.close()

    def _room(self) -> None:
        chair = self._page("helen.marsh")
        self._meeting(chair)
        chair.get_by_role("button", name="Go into the room").click()
        self._shoot(chair, "chair-room-before")
        chair.get_by_role("button", name="Start the meeting").click()
        chair.get_by_role("button", name="Open the next case").click()
        self._shoot(chair, "chair-room", phone=True)
        for summary in chair.locator("#room details.govuk-details > summary").all():
            summary.click()
        self._shoot(chair, "chair-room-open")
        member = self._page("sam.okafor")
        self._meeting(member)
        member.get_by_role("button", name="Go into the room").click()
        self._shoot(member, "homes-room", phone=True)
        member.get_by_role("link", name="I have a conflict of interest").click()
        self._shoot(member, "homes-conflict")
        chair.context.close()
        member.context.close()

    def _page(self, who: str | None = None) -> Page:
        return tab(self._browser, self._demo, who)

    def _meeting(self, page: Page) -> None:
        open_marac(page, self._demo)

    def _shoot(self, page: Page, name: str, *, phone: bool = False, grey: bool = False) -> None:
        path = self._folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        if phone:
            page.set_viewport_size(PHONE)
            page.screenshot(path=path.with_stem(f"{name}-phone"), full_page=True)
            page.set_viewport_size(WIDE)
        if grey:
            page.evaluate("document.documentElement.style.filter = 'grayscale(1)'")
            page.screenshot(path=path.with_stem(f"{name}-grey"), full_page=True)
            page.evaluate("document.documentElement.style.filter = ''")
        print(path.name)


def two_views(browser: Browser, demo: Demo) -> None:
    """The README's picture: the top of one case, for the police and for housing."""
    figures = []
    for who, caption in (("priya.nair", "What the police see"), ("sam.okafor", "What housing sees")):
        page = tab(browser, demo, who)
        open_marac(page, demo)
        page.get_by_role("link", name=MARIA).click()
        page.set_viewport_size(SIDE)
        shot = page.screenshot()
        figures.append(FIGURE.format(caption=caption, png=base64.b64encode(shot).decode("ascii")))
        page.context.close()
    page = browser.new_page(viewport={"width": 1400, "height": 600})
    page.set_content(TWO_VIEWS.format(figures="".join(figures)))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURE, full_page=True)
    page.close()
    print(PICTURE.name, f"{PICTURE.stat().st_size / 1000:.0f} kB")


def tab(browser: Browser, demo: Demo, who: str | None) -> Page:
    """A page of a new browser, where `who` has signed in."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London", viewport=WIDE)
    page = context.new_page()
    if who is not None:
        running.sign_in(page, demo, who)
    return page


def open_marac(page: Page, demo: Demo) -> None:
    """Today's meeting."""
    page.goto(f"{demo.url}/meetings")
    page.get_by_role("link", name=demo.marac).click()


def find(page: Page, name: str, demo: Demo) -> None:
    """Find a case, as somebody who has its subject's name and date of birth does."""
    born = running.born(demo, name)
    page.get_by_role("link", name="Find a case").click()
    page.get_by_label("Full name").fill(name)
    for label, part in (("Day", born.day), ("Month", born.month), ("Year", born.year)):
        page.get_by_label(label).fill(str(part))
    page.get_by_role("button", name="Find", exact=True).click()


if __name__ == "__main__":
    main()
