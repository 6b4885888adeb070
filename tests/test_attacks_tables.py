"""No change of anything that a decision rests on leaves a table that was compiled before it to be served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, ConferenceType, ExclusionKind
from conference.db import Database
from conference.identity import services as identity
from conference.identity.models import Agency, Staff, StaffRole
from conference.permissions import Role
from conference.sharing import consents
from conference.sharing.agreements import services as agreements
from conference.sharing.door import disclose
from conference.sharing.models import ConsentRow
from conference.vault.erase import erase_person
from conference.vault.keyfile import KeyFile
from tests.support.copies import on_sqlite
from tests.support.world import NOW, World, by, make, told

Change = Callable[[Session, World], object]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The NHS may tell Homes of an injury because she agreed, in a case for tenancy support."""
    world = make(tmp_path_factory.mktemp("world"))
    with told("supports"), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        session.get_one(ConferenceType, case.conference_type_id).purpose = "tenancy-support"
    return world


@pytest.fixture
def world(first: World, tmp_path: Path) -> Iterator[World]:
    with on_sqlite(first, tmp_path) as one:
        yield one


def seen(database: Database, world: World) -> list[tuple[object, ...]] | None:
    """The lines that Sam is shown; None where he is nobody any more."""
    with clock.held(NOW + timedelta(seconds=1)), database.write() as session:
        viewer = identity.viewer_for(session, world.staff["h-rep"])
        if viewer is None:
            return None
        case = session.get_one(Case, world.case_id)
        rows = disclose(session, viewer, [case])[case.id].rows
        return [(row.class_name, row.level, row.text, row.owner) for row in rows]


def of_staff(session: Session, world: World) -> Staff:
    return session.get_one(Staff, world.staff["h-rep"])


def _roles(session: Session, world: World) -> None:
    staff = of_staff(session, world)
    staff.roles[:] = [StaffRole(role=Role.OBSERVER)]
    identity._seal_staff(session, staff)


def _training(session: Session, world: World) -> None:
    staff = of_staff(session, world)
    staff.trained_until = NOW.date() - timedelta(days=1)
    identity._seal_staff(session, staff)


def _recusal(session: Session, world: World) -> None:
    case = session.get_one(Case, world.case_id)
    who = world.staff["h-rep"]
    cases.exclude(session, case, who, ExclusionKind.RECUSED, by=by(world, "h-rep"), at=NOW)


def _agreement(session: Session, world: World) -> None:
    agreements.end_installed(session, world.viewer("h-ig"), "dsa-1", why="It is over", at=clock.now())


def _consent(session: Session, world: World) -> None:
    row = session.get_one(ConsentRow, world.consent_id)
    consents.withdraw(
        session, session.get_one(Case, row.case_id), row, by=by(world, "v-idva"), at=clock.now()
    )


def _purpose(session: Session, world: World) -> None:
    session.get_one(Case, world.case_id).conference_type.purpose = "early-help"


def _erased(session: Session, world: World) -> None:
    erase_person(session, session.info["keys"], world.people["victim"])


CHANGES: dict[str, Change] = {
    "roles": _roles,
    "training": _training,
    "recusal": _recusal,
    "agreement": _agreement,
    "consent": _consent,
    "purpose": _purpose,
    "erased": _erased,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_another_process_changed_is_decided_as_if_there_were_no_table(world: World, name: str) -> None:
    before = seen(world.database, world)
    assert before == seen(world.database, world)
    other, cold = (Database(world.settings.database, KeyFile.open(world.settings.keys)) for _ in range(2))
    with told(name), other.write() as session:
        CHANGES[name](session, world)
    after = seen(world.database, world)
    assert after == seen(cold, world)
    assert after != before
    for database in (other, cold):
        database.close()


def test_the_kind_of_an_agency_is_what_the_policy_says(world: World) -> None:
    """Another kind counts once the rules are published with it, and not before: with or without a table."""
    before = seen(world.database, world)
    with told("kind"), world.database.write() as session:
        session.get_one(Agency, "homes").kind = "police"
    cold = Database(world.settings.database, KeyFile.open(world.settings.keys))
    assert seen(world.database, world) == seen(cold, world) == before
    cold.close()
