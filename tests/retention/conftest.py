"""A world with two officers at two agencies, and a record about two people; on each database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case, Field, Record
from conference.identity import services as identity
from conference.identity.services import Viewer
from conference.permissions import Role
from conference.sharing.retention.models import Rewriting, Word
from tests.support.copies import on_postgres
from tests.support.world import World, add, copied, make, told

MORE = (("h-ig2", "homes", "Olive Marsh"), ("p-ig2", "police", "Piers Dunn"))
BOTH = "Zofia sleeps at her aunt's when Adam calls on Maria"


def widen(world: World) -> World:
    """Colleagues for two officers, and records about several people; Adam's are police's and Homes'."""
    with told("retained", world.now), world.database.write() as session:
        for subject, agency, name in MORE:
            world.staff[subject] = identity.add_staff(
                session,
                agency,
                subject=subject,
                name=name,
                roles=(Role.IG_OFFICER,),
                trained_until=world.now.date() + timedelta(days=200),
            ).id
        case = session.get_one(Case, world.case_id)
        everybody = ("victim", "child", "perpetrator")
        add(session, world, case, "p-rep", "family", BOTH, about=everybody, offered="full", name="both")
        add(session, world, case, "h-rep", "tenancy.history", "Adam left the flat in May",
            about=("perpetrator",), offered="full", name="left")  # fmt: skip
        add(session, world, case, "h-rep", "asb.record", "Shouting between Adam and Maria",
            about=("victim", "perpetrator"), offered="full", name="shouting")  # fmt: skip
    return world


def widened(folder: Path, url: str | None = None) -> World:
    """The world of these tests, new."""
    return widen(make(folder, url))


@pytest.fixture(scope="package")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return widened(tmp_path_factory.mktemp("world"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        with on_postgres(cluster, "retained", widened, tmp_path / "data") as copy:
            yield copy
        return
    made = copied(request.getfixturevalue("told_world"), tmp_path / "data")
    yield made
    made.database.close()


def officer(session: Session, world: World, who: str) -> Viewer:
    """One of the staff, as this transaction knows them."""
    found = identity.viewer_for(session, world.staff[who])
    assert found is not None
    return found


def settle_shared(session: Session, record_ids: Iterable[str], at: datetime) -> None:
    """As if the owners had said of each field about several people that nothing of it need stay."""
    records = session.scalars(select(Record).where(Record.id.in_(list(record_ids)))).all()
    for record in records:
        fields = session.scalars(select(Field).where(Field.record_id == record.id)).all()
        for field in fields if len(record.subjects) > 1 else ():
            if session.get(Rewriting, field.id) is None:
                row = Rewriting(partnership_id=field.partnership_id, field_id=field.id, agency_id=field.owner)
                row.word, row.at, row.by = Word.NOTHING_STAYS.value, at, field.made_by
                session.add(row)
    session.flush()
