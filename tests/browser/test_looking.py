"""A page like one that was judged before is not judged again; one with a fault is, however small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import looking
from tests.browser.looking import watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GOOD = (
    "<!doctype html><html lang=en><title>x</title><main id=m><h1>One</h1><h2>Two</h2>"
    "<p style='color: #000'>Words</p><img alt=Map src=data:,><label for=a>Name</label><input id=a name=a>"
    "<a href=/x>Go</a><button type=button>Do</button><ul><li>A</li><li>B</li><li>C</li></ul></main></html>"
)
FAULTS = {
    "image-alt": ("alt=Map ", ""),
    "label": ("for=a", "for=b"),
    "link-name": (">Go<", "><"),
    "button-name": (">Do<", "> <"),
    "html-has-lang": (" lang=en", ""),
    "heading-order": ("<h2>Two</h2>", "<h4>Two</h4>"),
    "color-contrast": ("#000", "#ddd"),
    "list": ("<li>C</li>", "<p>C</p>"),
    "aria-hidden-focus": ("<a href", "<a aria-hidden=true href"),
    "aria-valid-attr-value": ("<button ", "<button aria-expanded=maybe "),
}
ALIKE = (("Two", "Three"), ("<li>C</li>", "<li>C</li><li>D</li>"), ("/x", "/y"))


def test_only_what_is_alike_is_not_judged_again(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    inner = looking.browsers.violations

    def counting(page):
        asked.append(page.url)
        return inner(page)

    monkeypatch.setattr(looking.browsers, "violations", counting)
    context = browser.new_context()
    tab = watched(context, scripted=True)
    for page in (GOOD, GOOD, *(GOOD.replace(*other) for other in ALIKE)):
        tab.page.set_content(page)
        tab.judge(1280)
    assert len(asked) == 1
    tab.judge(320)
    assert len(asked) == 2
    for rule, (good, bad) in FAULTS.items():
        assert good in GOOD
        tab.page.set_content(GOOD.replace(good, bad))
        with pytest.raises(AssertionError, match=f"rule='{rule}'"):
            tab.judge(1280)
    context.close()
