"""Who is who."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from conference import clock
from conference.db import Database
from conference.errors import BadInput, NotFound
from conference.identity import services
from conference.identity.services import Provider
from conference.permissions import Permission, Role
from tests.identity.world import settle


@pytest.fixture
def settled(database: Database) -> Database:
    with database.write() as session:
        settle(session)
    return database


def test_a_viewer_has_agency_name_and_roles(settled: Database) -> None:
    with settled.read() as session:
        staff = services.find_staff(session, "northmoor-police", "p-1")
        assert staff is not None
        viewer = services.viewer_for(session, staff.id)
    assert viewer is not None
    assert (viewer.name, viewer.agency_name, viewer.agency_kind) == (
        "Zoë Adeyemi",
        "Northmoor Police",
        "police",
    )
    assert viewer.roles == {Role.CHAIR, Role.REPRESENTATIVE}
    assert viewer.may(Permission.MEETING_CHAIR)
    assert not viewer.may(Permission.GOVERNANCE)


@pytest.mark.parametrize(
    ("until", "trained"),
    [
        pytest.param(None, False, id="never"),
        pytest.param(date(2026, 11, 23), False, id="until-yesterday"),
        pytest.param(date(2026, 11, 24), True, id="until-today"),
    ],
)
def test_training_holds_until_its_last_day(settled: Database, until: date | None, *, trained: bool) -> None:
    with settled.write() as session:
        staff = services.add_staff(
            session, "northmoor-homes", subject="new", name="New", roles=["observer"], trained_until=until
        )
    with settled.read() as session, clock.held(datetime(2026, 11, 24, 23, 30, tzinfo=UTC)):
        viewer = services.viewer_for(session, staff.id)
    assert viewer is not None
    assert viewer.trained is trained


def test_nobody_without_a_role_or_after_leaving_is_a_viewer(settled: Database) -> None:
    with settled.write() as session:
        no_role = services.find_staff(session, "northmoor-homes", "h-2")
        left = services.find_staff(session, "northmoor-homes", "h-1")
        assert no_role is not None
        assert left is not None
        services.deactivate(session, left.id)
    with settled.read() as session:
        assert services.viewer_for(session, no_role.id) is None
        assert services.viewer_for(session, left.id) is None
        assert services.viewer_for(session, "stf_nobody") is None


def test_a_subject_is_of_one_agency_only(settled: Database) -> None:
    with settled.read() as session:
        assert services.find_staff(session, "northmoor-homes", "p-1") is None
    with pytest.raises(IntegrityError), settled.write() as session:
        services.add_staff(session, "northmoor-homes", subject="h-1", name="Twice", roles=["chair"])


def test_names_of_many_and_of_no_other_partnership(settled: Database) -> None:
    with settled.write() as session:
        services.add_partnership(session, "southmoor", name="Southmoor", reference_prefix="SM")
        services.add_agency(session, "southmoor", "south-fire", name="Fire", kind="fire", sector="public")
        other = services.add_staff(session, "south-fire", subject="f", name="Not Ours", roles=["chair"])
    with settled.read() as session:
        ours = [staff.id for staff in services.list_staff(session, "northmoor")]
        names = services.staff_names(session, "northmoor", [*ours, other.id, "stf_nobody"])
    assert sorted(names.values()) == ["Noor Haddad", "Sam Okafor", "Zoë Adeyemi"]
    assert set(names) == set(ours)


def test_no_name_is_in_the_database(settled: Database) -> None:
    with settled.read() as session:
        rows = session.execute(text("SELECT name_sealed FROM staff")).scalars()
        assert not any(b"Okafor" in bytes(row) for row in rows)


def test_agencies_come_by_position(settled: Database) -> None:
    with settled.read() as session:
        names = [agency.id for agency in services.list_agencies(session, "northmoor")]
    assert names == ["northmoor-police", "northmoor-homes", "moorland-nhs"]


@pytest.mark.parametrize(
    "provider",
    [
        pytest.param(Provider("https://a", "b", algorithms=("none",)), id="unsigned"),
        pytest.param(Provider("https://a", "b", algorithms=("RS256", "HS256")), id="symmetric"),
        pytest.param(Provider("https://a", "b", algorithms=()), id="no-algorithm"),
        pytest.param(Provider("https://a", "b", amr=()), id="no-second-factor"),
        pytest.param(Provider("https://a", "b", secret_file="../keys"), id="secret-elsewhere"),
    ],
)
def test_an_unsafe_provider_is_refused(settled: Database, provider: Provider) -> None:
    with settled.read() as session:
        agency = services.get_agency(session, "moorland-nhs")
        session.expunge(agency)
    with pytest.raises(BadInput):
        services.set_provider(agency, provider)


def test_an_id_is_a_slug(settled: Database) -> None:
    with pytest.raises(BadInput), settled.write() as session:
        services.add_partnership(session, "North Moor", name="N", reference_prefix="N")
    with pytest.raises(NotFound), settled.read() as session:
        services.get_agency(session, "nobody")
