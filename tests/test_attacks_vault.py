"""What was tried against keys, erasing, searching and documents, and must not work again."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from conference.cases.models import Case
from conference.commands import keys as rotating
from conference.db import Database
from conference.desk.matching.own_list import Client, Known, OwnList
from conference.sharing.door import disclose
from conference.sharing.holding import services as holding
from conference.sharing.models import ConsentRow
from conference.web import ConferenceFlask, parts_of
from tests.routes import ROUTES
from tests.support.client import application, copied, looked, signed_in
from tests.support.world import NOW, World, make, told


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    return looked(make(tmp_path_factory.mktemp("world")))


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    return copied(first, tmp_path / "world")


@pytest.fixture
def app(world: World) -> ConferenceFlask:
    made = application(world)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def shown(world: World, who: str, seed: str) -> set[str | None]:
    with told(seed), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        return {row.text for row in disclose(session, world.viewer(who), [case])[case.id].rows}


# --- searching ---


def test_a_list_of_long_names_holds_up_nobody() -> None:
    """36 minutes for a list of the allowed size, in the one transaction that writes."""
    rows = (Client(n, f"Maria Kowalczyk Ab{n % 90}x Cdefg Hijkl Mnopq") for n in range(3_000))
    clients = OwnList(rows)
    began = time.process_time()
    assert clients.matches(Known(("Maria Kowalczyk Ab1x Cdefh Hijkm Mnopr",)))
    assert time.process_time() - began < 5


# --- keys that are not given ---


@pytest.mark.parametrize("agency", ["haven", "nhs"])
def test_consent_is_taken_back_while_an_agency_does_not_give_its_key(
    app: ConferenceFlask, world: World, agency: str
) -> None:
    """It answered 503, and what rested on the consent went on being shown to everybody else."""
    database = parts_of(app).database
    with told("taken back"):
        holding.revoke(database, agency)
    with told("withdrawn"):
        client = signed_in(app, world, "h-rep")
        answer = client.post(f"/cases/{world.case_id}/consents/{world.consent_id}/withdraw")
    assert answer.status_code == 303
    with database.read() as session:
        assert session.get_one(ConsentRow, world.consent_id).withdrawn_at is not None


def test_a_wrong_disclosure_is_reported_while_an_agency_does_not_give_its_key(
    app: ConferenceFlask, world: World
) -> None:
    with told("taken back"):
        holding.revoke(parts_of(app).database, "haven")
    route = ROUTES["wrong.report", "POST"]
    with told("reported"):
        answer = signed_in(app, world, "p-ig").post(route.path(world, "p-ig"), data=route.form(world, "p-ig"))
    assert answer.status_code == 303


# --- rotating ---


def rotate(database: Database, agency: str) -> None:
    with told("rotated"):
        rotating.rotate(database, agency=agency, fields=True, tell=lambda _: None)
    with told("destroyed", NOW + timedelta(minutes=5)):
        rotating.destroy(database, agency=agency, tell=lambda _: None)


def test_documents_outlive_the_keys_that_they_came_under(app: ConferenceFlask, world: World) -> None:
    """Their data keys were dropped as unused."""
    rotate(world.database, "homes")
    place = f"/cases/{world.case_id}"
    document, copy = world.afterwards["document"], world.afterwards["copy"]
    for who, path in (
        ("p-rep", f"{place}/shared/{document}"),
        ("p-rep", f"{place}/shared/{document}/document.pdf"),
        ("h-rep", f"{place}/documents/{document}/original"),
        ("h-rep", f"{place}/documents/{document}/pages/1"),
        ("h-rep", f"{place}/documents/{document}/copies/{copy}"),
    ):
        with told(path):
            assert signed_in(app, world, who).get(path).status_code == 200, path


def test_a_data_key_under_a_false_label_keeps_old_keys_from_being_destroyed(world: World) -> None:
    """The database said that nothing was under the old key; it was destroyed, and all with it."""
    with world.database.write() as session:
        labelled = session.scalars(
            text("SELECT id FROM data_key WHERE owner = 'haven' AND purpose = 'field'")
        ).all()
        session.execute(
            text("UPDATE data_key SET wrapped_by = 2 WHERE owner = 'haven' AND purpose = 'field'")
        )
    rotate(world.database, "haven")
    with world.database.write() as session:
        rows = [{"id": one} for one in labelled]
        session.execute(text("UPDATE data_key SET wrapped_by = 1 WHERE id = :id"), rows)
    assert "To stay near the school" in shown(world, "v-idva", "after")
