"""A world in which something was shown because somebody consented, and something else for other reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, PersonRole
from conference.sharing import consents
from conference.sharing.door import disclose
from conference.sharing.models import ConsentRow
from conference.sharing.recalls.services import Aftermath, after_withdrawal
from conference.web import ConferenceFlask
from tests.support.client import application, copied
from tests.support.world import HOME, World, add, by, make, told

HOST = "http://localhost"
VALUE = "Broken wrist, March"
MEMBERS = ("p-rep", "h-rep", "h-dep", "n-rep", "v-idva", "s-chair", "s-coord")


@dataclass
class Story:
    """The world, and the ids of the case for tenancy support and of the consent in it."""

    world: World
    case_id: str
    consent_id: str
    app: ConferenceFlask | None = None

    def see(self, *people: str, minutes: int = 5, case_id: str | None = None) -> None:
        """These look at the case, one after another."""
        for number, who in enumerate(people):
            viewer = self.world.viewer(who)
            at = self.world.now + timedelta(minutes=minutes, seconds=number)
            with told(f"see {who} {minutes} {case_id}", at), self.world.database.write() as session:
                disclose(session, viewer, [session.get_one(Case, case_id or self.case_id)])

    def withdraw(self, who: str = "v-idva", minutes: int = 10) -> Aftermath:
        """Somebody records that the consent is withdrawn."""
        at = self.world.now + timedelta(minutes=minutes)
        with told("withdraw", at), self.world.database.write() as session:
            case = session.get_one(Case, self.case_id)
            row = session.get_one(ConsentRow, self.consent_id)
            result: object = consents.withdraw(session, case, row, by=by(self.world, who), at=at)
            if isinstance(result, Aftermath):
                return result
            return after_withdrawal(session, case, row, by=by(self.world, who), at=at)


def tell(world: World) -> Story:
    """Maria's case for tenancy support: the NHS tells of her health because she consents."""
    with told("consented", world.now), world.database.write() as session:
        coordinator = by(world, "s-coord")
        kind = cases.add_conference_type(
            session, partnership_id=HOME, name="Tenancy support", purpose="tenancy-support"
        )
        case = cases.open_case(
            session,
            partnership_id=HOME,
            conference_type=kind,
            agencies=["police", "homes", "nhs", "haven", "safety"],
            by=coordinator,
            at=world.now,
        )
        cases.link_person(session, case, world.people["victim"], PersonRole.VICTIM)
        for who in MEMBERS:
            cases.assign(session, case, world.staff[who], by=coordinator, at=world.now)
        add(
            session,
            world,
            case,
            "n-rep",
            "health.physical",
            VALUE,
            summary="An injury",
            offered="full",
            name="consented",
        )
        add(session, world, case, "p-rep", "identity.name", "Maria Kowalczyk", offered="full", name="name")
        row = consents.record_consent(
            session,
            case,
            world.people["victim"],
            word={
                "decision": "grant",
                "purposes": ["tenancy-support"],
                "recipients": ["homes", "haven"],
                "classes": ["health"],
                "until": clock.moment(world.now + timedelta(days=300)),
            },
            how="Alone, in the office",
            by=by(world, "v-idva"),
            at=clock.now(),
        )
        return Story(world, case.id, row.id)


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def anywhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world on each database, for all tests that take it: what one does there, the others must bear."""
    folder = tmp_path_factory.mktemp("world")
    if request.param == "sqlite":
        yield make(folder)
    else:
        with request.getfixturevalue("postgres_cluster").database() as url:
            world = make(folder, url)
            yield world
            world.database.close()


@pytest.fixture(scope="session")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """The story, on SQLite. Nothing happens in it: it is copied."""
    return tell(make(tmp_path_factory.mktemp("story")))


@pytest.fixture
def story(told_once: Story, tmp_path: Path) -> Story:
    """The story, on SQLite, for this test alone."""
    return replace(told_once, world=copied(told_once.world, tmp_path))


@pytest.fixture
def served(story: Story) -> Story:
    """The story, with pages."""
    story.app = application(story.world)
    story.app.config["WTF_CSRF_ENABLED"] = False
    return story
