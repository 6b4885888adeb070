"""A real browser for the tests: Debian's Chromium, driven by Playwright, shut in with this machine.

Under the pages' own content security policy `page.wait_for_function` and `page.add_script_tag` are refused:
wait with locators, and run scripts with `page.evaluate`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import absent

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # Chromium refuses root otherwise; it sees our own pages only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that asks for anything from elsewhere must break here, not pass because the network is there.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
)
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@dataclass(frozen=True)
class Violation:
    """One rule of accessibility that a page breaks, and where."""

    rule: str
    impact: str
    help: str
    targets: tuple[str, ...]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser without windows. Skips or fails where none is installed."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        absent("Chromium is not on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def violations(page: Page) -> list[Violation]:
    """What axe finds wrong with the page as it stands; run it again after each swap.

    Only faults that axe is sure of. Each target is the CSS path of an element.
    """
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(_axe_source())
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        list(STANDARDS),
    )
    return [
        Violation(
            rule=each["id"],
            impact=each["impact"],
            help=each["help"],
            targets=tuple(" ".join(map(str, node["target"])) for node in each["nodes"]),
        )
        for each in found["violations"]
    ]


@cache
def _axe_source() -> str:
    if not AXE.is_file():
        absent("axe-core is not in node_modules")
    return AXE.read_text(encoding="utf-8")
