"""Fixtures that every room's tests may use. What one room needs alone stays in its own conftest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support import browser as browsers
from tests.support import postgres
from tests.support.soak import Soak

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SOAKING = os.environ.get("SOAK") == "1"

# A busy machine is no fault of an example, so no deadline. Where CI=true the same examples are tried each
# time, so that a red build stays red; at a desk and in a soak they are new each time.
hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=20_000)
hypothesis.settings.load_profile("soak" if SOAKING else "ci" if os.environ.get("CI") == "true" else "desk")

# A test that takes the fixture carries the mark, so that nobody has to remember it.
MARK_OF_FIXTURE = {"browser": "browser", "postgres_cluster": "postgres", "soak": "soak"}


PASSED = Path(__file__).resolve().parent.parent / ".soak" / "passed"  # generated tests done with in this soak


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if SOAKING and PASSED.exists():
        done = set(PASSED.read_text("utf-8").splitlines())
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
        items[:] = [item for item in items if item.nodeid not in done]
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("generated")
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARK_OF_FIXTURE:
                item.add_marker(MARK_OF_FIXTURE[fixture])
        if item.get_closest_marker("soak") and not SOAKING:
            item.add_marker(pytest.mark.skip(reason="a long count: `make soak`"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A generated test that has held in this soak is not tried again when the soak goes on."""
    if SOAKING and report.when == "call" and report.passed and "generated" in report.keywords:
        PASSED.parent.mkdir(exist_ok=True)
        with PASSED.open("a", encoding="utf-8") as out:
            out.write(f"{report.nodeid}\n")


def pytest_sessionfinish(exitstatus: int) -> None:
    """All held: the next soak begins anew."""
    if SOAKING and exitstatus in {0, 5}:
        PASSED.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    """A private PostgreSQL server; each worker has its own."""
    with postgres.cluster() as running:
        yield running


@pytest.fixture
def postgres_url(postgres_cluster: postgres.Cluster) -> Iterator[str]:
    """The address of a new, empty database, for this test alone."""
    with postgres_cluster.database() as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium.

    Shared by one module and no further: while Playwright runs, `asyncio.run` is refused in this process.
    """
    with browsers.chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """One page of a browser that knows nobody: no cookies, no history."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.fixture
def axe() -> Callable[[Page], list[browsers.Violation]]:
    """Faults of accessibility on a page; none is what a page should have."""
    return browsers.violations


@pytest.fixture
def soak() -> Soak:
    """Numbered rounds that go on where they were stopped."""
    return Soak()
