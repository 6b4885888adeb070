"""What must hold on every page that anybody comes to, whoever they are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Response

from conference.demo import complex as complex_needs
from conference.demo import marac
from conference.demo.people import STAFF
from tests.support import browser as browsers

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}
MARKING = "OFFICIAL-SENSITIVE"
FOOT = (
    "This page shows what agencies share with you for this purpose. "
    "It does not tell you whether anything else exists. Why you might not see something. Ask an agency."
)

_SUBJECTS = {
    said.value
    for told in (*marac.ALL, *complex_needs.ALL)
    for said in told.said
    if said.class_name == "identity.name"
}
_STAFF = {name for _, _, name, _ in STAFF}
# Given names and surnames of everybody in the story: none belongs in a tab, a file's name or an address.
NAMES = sorted({word.lower() for name in _SUBJECTS | _STAFF for word in name.split()})

# Elements of the page that reach beyond the screen, though they are shown.
_CUT = """() => {
  const out = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) out.push(`the page is ${root.scrollWidth} px wide`);
  for (const one of document.body.querySelectorAll('*')) {
    if (one.closest('.govuk-visually-hidden, .govuk-skip-link, thead') || !one.checkVisibility()) continue;
    const { left, right, width } = one.getBoundingClientRect();
    const name = `${one.tagName}.${one.className}`;
    if (width > 1 && (right > root.clientWidth + 1 || left < -1)) out.push(`${name}: ${left} to ${right}`);
    const { overflowX } = getComputedStyle(one);
    if (width > 1 && overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1
        && !['INPUT', 'SELECT', 'TEXTAREA'].includes(one.tagName)) out.push(`${name} hides part of itself`);
  }
  return out;
}"""


@dataclass
class Watched:
    """One tab, with all that went wrong in it, and the answer that it shows."""

    page: Page
    scripted: bool
    faults: list[str] = field(default_factory=list)
    answer: Response | None = None
    small_axe: bool = True  # whether `narrow_axe` is heeded

    def look(self, *, axe: bool = True, narrow_axe: bool = False) -> None:
        """Assert all that holds on every page of ours, of the page as it stands."""
        page = self.page
        page.wait_for_load_state()  # a click returns when the answer begins, not when the page is whole
        where = urlsplit(page.url).path
        main = page.locator("body").inner_text()
        assert page.locator("h1").count() == 1, where
        assert page.locator("h1").inner_text().strip(), where
        assert MARKING in main, where
        title = page.title()
        assert title.endswith(" - Conference"), where
        assert not named(title), f"{where}: the tab says {title!r}"
        assert not named(page.url), f"a name is in the address {page.url}"
        assert page.locator(".govuk-button:not([class*='govuk-button--']):visible").count() <= 1, where
        assert page.locator(".govuk-notification-banner").count() <= 1, where
        assert "withheld" not in main.lower(), where
        self._receipt(where)
        if self.scripted and axe:
            assert browsers.violations(page) == [], where
        page.set_viewport_size(NARROW)
        try:
            assert page.evaluate(_CUT) == [], f"{where} at 320 px"
            if self.scripted and narrow_axe and self.small_axe:
                assert browsers.violations(page) == [], f"{where} at 320 px"
        finally:
            page.set_viewport_size(WIDE)
        assert self.faults == [], where

    def go(self, path: str) -> int:
        """An address of ours; the status of what comes."""
        origin = re.match(r"https?://[^/]+", self.page.url)
        assert origin is not None
        came = self.page.goto(f"{origin[0]}{path}")
        assert came is not None
        return came.status

    def _receipt(self, where: str) -> None:
        """The foot says what the header says; both or neither."""
        assert self.answer is not None
        sent = self.answer.header_value("disclosure-receipt")
        shown = self.page.locator(".app-receipt__full")
        if sent is None:
            assert shown.count() == 0, f"{where} shows a receipt that was not sent"
        else:
            assert shown.count() == 1, f"{where} does not show its receipt"
            assert shown.text_content() == sent, where


def named(text: str) -> list[str]:
    """The words of a text that are somebody's name."""
    words = set(re.findall(r"[^\W\d_]+", text.lower()))
    return [name for name in NAMES if name in words]


def watched(context: BrowserContext, *, scripted: bool) -> Watched:
    """A new tab whose faults are noted: refusals of the policy, errors of scripts, what is missing."""
    context.add_init_script(
        "document.addEventListener('securitypolicyviolation', (event) => "
        "console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    tab = Watched(page, scripted)

    def heard(kind: str, text: str) -> None:
        # What a whole page is answered with is for the tests to judge, below for all else.
        if kind == "error" and not text.startswith("Failed to load resource: the server responded"):
            tab.faults.append(text)

    def answered(response: Response) -> None:
        request = response.request
        if request.is_navigation_request():
            tab.answer = response
        elif response.status >= 400:
            tab.faults.append(f"{response.status} for {request.url}")

    page.on("console", lambda message: heard(message.type, message.text))
    page.on("pageerror", lambda error: tab.faults.append(str(error)))
    page.on("response", answered)
    page.on("dialog", lambda dialog: (tab.faults.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
    return tab
