"""A world in which Homes and the NHS were shown things, and the officers who may read of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from conference.cases.models import Case
from conference.governance import services
from conference.governance.services import Answer, Search
from conference.sharing.door import EVERYTHING, Asked, disclose
from conference.trail.reading import Entry, Wanted, events_for
from tests.support.client import copied, settle
from tests.support.world import HOME, NOW, World, make, told

TODAY = NOW.date()
TURNS = count(1)


@dataclass(frozen=True)
class Seen:
    """The world, and the event of each who was shown the case."""

    world: World
    events: dict[str, str]

    def entries(self, agency: str, **wanted: object) -> list[Entry]:
        with self.world.database.read() as session:
            return events_for(session, HOME, agency, Wanted(**wanted))  # type: ignore[arg-type]

    def search(self, who: str, **wanted: object) -> Answer:
        asked = {"why": "complaint", "reason_reference": "C-118", "since": TODAY, "until": TODAY, **wanted}
        with told(f"search {next(TURNS)}", NOW), self.world.database.write() as session:
            return services.search(session, self.world.viewer(who), Search(**asked))  # type: ignore[arg-type]

    def receipt(self, who: str, code: str) -> Answer:
        with told(f"receipt {next(TURNS)}", NOW), self.world.database.write() as session:
            return services.by_receipt(session, self.world.viewer(who), code)


def show(world: World, who: str, asked: Asked = EVERYTHING) -> str:
    """Show `who` the main case, as a page of theirs would, and say which event that was."""
    viewer = world.viewer(who)
    turn = next(TURNS)
    with told(f"shown {turn}", NOW), world.database.write() as session:
        session.info.update(request=f"req_{turn:026}", channel="screen")
        disclose(session, viewer, [session.get_one(Case, world.case_id)], asked=asked)
    with world.database.read() as session:
        found = events_for(session, HOME, viewer.agency_id, Wanted(actor=viewer.staff_id))
    settle(world)
    return next(entry.id for entry in found if entry.name == "disclosure.shown")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    world = make(tmp_path_factory.mktemp("governance"))
    return Seen(world, {who: show(world, who) for who in ("h-rep", "n-rep")})


@pytest.fixture
def seen(made: Seen, tmp_path: Path) -> Seen:
    return Seen(copied(made.world, tmp_path), made.events)
