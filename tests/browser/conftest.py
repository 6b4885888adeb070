"""The real demo, started once a worker; tabs in which somebody of the story is signed in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import running
from tests.browser.looking import WIDE, Watched, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, StorageState

TabFor = Callable[..., Watched]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[running.Demo]:
    """`conference demo`, ready. Tests share it, so each changes what no other looks at."""
    folder = tmp_path_factory.mktemp("demo")
    if "PYTEST_XDIST_WORKER" in os.environ:  # the workers' folders are in one
        running.copy_story(tmp_path_factory.getbasetemp().parent / "story", folder / "data")
    with running.demo(folder / "data") as started:
        yield started


@pytest.fixture(scope="session")
def signed_in() -> dict[str, StorageState]:
    """Who has signed in to the demo before, and the cookies that they went on with."""
    return {}


@pytest.fixture
def tab_for(browser: Browser, demo: running.Demo, signed_in: dict[str, StorageState]) -> Iterator[TabFor]:
    """A tab of a new browser where somebody is signed in, at My work; `scripted=False` for no script.

    They go on with a session of before if there is one that lasts; `anew=True` signs in once more.
    """
    contexts = []

    def made(who: str, *, scripted: bool = True, anew: bool = False) -> Watched:
        before = None if anew else signed_in.get(who)
        context = browser.new_context(
            locale="en-GB",
            timezone_id="Europe/London",
            viewport=WIDE,
            java_script_enabled=scripted,
            storage_state=before,
        )
        contexts.append(context)
        tab = watched(context, scripted=scripted)
        if before is None or not running.go_on(tab.page, demo, who):
            running.sign_in(tab.page, demo, who)
            signed_in[who] = context.storage_state()
        return tab

    yield made
    for context in contexts:
        context.close()
