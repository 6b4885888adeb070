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


# All that is read of a page at once, so that nothing can change between one word and the next.
_FACTS = """() => {
  const all = (chosen) => [...document.querySelectorAll(chosen)];
  const shown = (one) => {
    const { width, height } = one.getBoundingClientRect();
    return width * height > 0 && one.checkVisibility({ visibilityProperty: true });
  };
  return {
    text: document.body.innerText,
    heads: all('h1').map((one) => one.innerText.trim()),
    title: document.title,
    buttons: all(".govuk-button:not([class*='govuk-button--'])").filter(shown).length,
    banners: all('.govuk-notification-banner').length,
    receipts: all('.app-receipt__full').map((one) => one.textContent),
  };
}"""

# What axe goes by: each element with its attributes, and where words stand; not what they are, nor what is
# chosen in a form. Where ids or addresses lead does not matter, but to what kind of thing an id leads does.
# Of a row of things that are alike, two are kept. Nothing for a page that uses an id twice: that one is
# judged each time.
_SKELETON = """() => {
  const LEADS = ['for', 'headers', 'list', 'form', 'aria-labelledby', 'aria-describedby', 'aria-controls',
    'aria-owns', 'aria-details', 'aria-errormessage', 'aria-activedescendant', 'aria-flowto'];
  const ANY = ['href', 'src', 'action', 'formaction', 'value', 'content', 'datetime', 'nonce', 'id', 'name'];
  const CHOSEN = ['checked', 'selected'];
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  if (new Set(ids).size < ids.length) return null;
  const kind = (id) => {
    const one = document.getElementById(id);
    return one ? `${one.tagName}.${one.className}` : '?';
  };
  const said = ({ name, value }) => {
    if (name === 'href' && /^#./.test(value)) return `href>${kind(value.slice(1))}`;
    if (LEADS.includes(name)) return `${name}>${value.split(/\\s+/).map(kind)}`;
    if (ANY.includes(name) || /^(data|hx)-/.test(name)) return `${name}${value ? '=' : ''}`;
    return `${name}=${value}`;
  };
  const told = (one) => {
    if (one.nodeType === Node.TEXT_NODE) return one.data.trim() ? 'T' : '';
    if (one.nodeType !== Node.ELEMENT_NODE) return '';
    const kept = [];
    for (const part of [...one.childNodes].map(told)) {
      if (part && !(part === kept.at(-1) && part === kept.at(-2))) kept.push(part);
    }
    const has = [...one.attributes].filter(({ name }) => !CHOSEN.includes(name)).map(said).sort();
    return `<${one.tagName} ${has}>${kept.join('')}`;
  };
  return told(document.documentElement);
}"""
_JUDGED: set[tuple[int, str]] = set()  # by width and skeleton, what axe had nothing against in this process

# What differs between two answers with the same page in them, for people who have the same menu.
_OWN = re.compile(
    r'(?<= nonce=")[^"]*|(?<=name="csrf_token" value=")[^"]*|(?<=data-session-ends=")[^"]*'
    r'|(?<=data-session-now=")[^"]*|(?<=class="app-header__who">)[^<]*'
)
_LOOKED_AT: set[tuple[bool, str]] = set()  # with script or without, the pages that `come_to` has looked at


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
        facts = page.evaluate(_FACTS)
        assert len(facts["heads"]) == 1, where
        assert facts["heads"][0], where
        assert MARKING in facts["text"], where
        title = facts["title"]
        assert title.endswith(" - Conference"), where
        assert not named(title), f"{where}: the tab says {title!r}"
        assert not named(page.url), f"a name is in the address {page.url}"
        assert facts["buttons"] <= 1, where
        assert facts["banners"] <= 1, where
        assert "withheld" not in facts["text"].lower(), where
        self._receipt(where, facts["receipts"])
        if axe:
            self.judge(WIDE["width"])
        page.set_viewport_size(NARROW)
        try:
            assert page.evaluate(_CUT) == [], f"{where} at 320 px"
            if narrow_axe and self.small_axe:
                self.judge(NARROW["width"])
        finally:
            page.set_viewport_size(WIDE)
        assert self.faults == [], where

    def go(self, path: str) -> int:
        """An address of ours; the status of what comes."""
        came = self.page.goto(f"{self._origin()}{path}")
        assert came is not None
        return came.status

    def come_to(self, path: str) -> int:
        """Go to a page that many people see, and look at it unless it is just what was looked at before."""
        came = self.page.request.get(f"{self._origin()}{path}")
        told = _OWN.sub("", came.text())
        if (self.scripted, told) in _LOOKED_AT:
            assert "disclosure-receipt" not in came.headers, path
            return came.status
        status = self.go(path)
        self.look(narrow_axe=True)
        if "app-receipt" not in told:
            _LOOKED_AT.add((self.scripted, told))
        return status

    def source(self) -> str:
        """All of the page, once it has come whole."""
        self.page.wait_for_load_state()
        return self.page.content()

    def text(self) -> str:
        """What the main part of the page says, once it has come whole."""
        self.page.wait_for_load_state()
        return self.page.locator("main").inner_text()

    def judge(self, width: int) -> None:
        """Nothing that axe could object to, unless it was asked about just such a page before."""
        if not self.scripted:
            return
        skeleton = self.page.evaluate(_SKELETON)
        if skeleton is None or (width, skeleton) not in _JUDGED:
            found = browsers.violations(self.page)
            assert found == [], f"{self.page.url} at {width} px: {found}"
            if skeleton is not None:
                _JUDGED.add((width, skeleton))

    def _origin(self) -> str:
        origin = re.match(r"https?://[^/]+", self.page.url)
        assert origin is not None
        return origin[0]

    def _receipt(self, where: str, shown: list[str]) -> None:
        """The foot says what the header says; both or neither."""
        assert self.answer is not None
        sent = self.answer.header_value("disclosure-receipt")
        assert shown == ([] if sent is None else [sent]), f"{where}: the receipt is not the one that was sent"


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
