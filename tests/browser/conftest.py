"""The real demo, started once a worker; tabs in which somebody of the story is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import running
from tests.browser.looking import WIDE, Watched, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TabFor = Callable[..., Watched]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[running.Demo]:
    """`conference demo`, ready. Tests share it, so each changes what no other looks at."""
    with running.demo(tmp_path_factory.mktemp("demo") / "data") as started:
        yield started


@pytest.fixture
def tab_for(browser: Browser, demo: running.Demo) -> Iterator[TabFor]:
    """A tab of a new browser where somebody has just signed in; `scripted=False` for none of it."""
    contexts = []

    def made(who: str, *, scripted: bool = True) -> Watched:
        context = browser.new_context(
            locale="en-GB", timezone_id="Europe/London", viewport=WIDE, java_script_enabled=scripted
        )
        contexts.append(context)
        tab = watched(context, scripted=scripted)
        running.sign_in(tab.page, demo, who)
        return tab

    yield made
    for context in contexts:
        context.close()
