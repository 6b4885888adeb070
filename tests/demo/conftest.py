"""The story, told once for all tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conference import clock
from conference.cases import services as cases
from conference.commands import installing
from conference.db import Database
from conference.demo import command
from conference.demo.people import AGENCY_OF
from conference.identity import services as identity
from conference.identity.services import Viewer
from conference.settings import Settings
from conference.sharing.door import disclose
from conference.sharing.view import CaseView


def silent(_said: str) -> None:
    pass


def told_in(folder: Path) -> Settings:
    settings = command.settings_for(folder, 8000)
    installing.install(settings, tell=silent)
    with installing.opened(settings) as database:
        command.seed(database, tell=silent)
    return settings


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return told_in(tmp_path_factory.mktemp("story"))


@pytest.fixture
def database(story: Settings) -> Iterator[Database]:
    with installing.opened(story) as opened:
        yield opened


@pytest.fixture
def look(database: Database) -> Callable[[str], dict[str, CaseView]]:
    """Everything that somebody may see, by the heading of the case, as a page would show it."""

    def looked(who: str) -> dict[str, CaseView]:
        with database.read() as session:
            viewer = viewer_of(session, who)
            mine = cases.cases_of(session, viewer, at=clock.now())
            views = disclose(session, viewer, mine)
            return {f"{view.heading} {view.reference}": view for view in views.values()}

    return looked


def viewer_of(session, who: str) -> Viewer:
    staff = identity.find_staff(session, AGENCY_OF[who], who)
    assert staff is not None
    found = identity.viewer_for(session, staff.id)
    assert found is not None
    return found
