"""When something is due: never without years, with the last of its kinds, counting only one's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference import clock
from conference.cases.models import Case
from conference.errors import BadInput, NotFound
from conference.governance.retention import services
from conference.sharing.door import disclose
from conference.sharing.retention import due, proposing, rewriting, schedule
from conference.sharing.retention.due import Days, Holding, years_after
from conference.sharing.retention.kinds import KINDS, Trigger, kind_of
from conference.sharing.retention.schedule import Kept
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.web import ConferenceFlask, parts_of
from tests.retention.conftest import BOTH, officer
from tests.support.client import application, signed_in
from tests.support.world import HOME, World

HOST = "http://localhost"
DAY = date(2010, 6, 1)


def set_years(world: World, who: str, kind: str, trigger: Trigger, years: int | None) -> None:
    with clock.held(world.now), world.database.write() as session:
        viewer = officer(session, world, who)
        schedule.set_rule(session, viewer, kind, trigger=trigger.value, years=years, at=clock.now())


def known(world: World, who: str) -> services.Known:
    with clock.held(world.now), world.database.write() as session:
        return services.known(session, officer(session, world, who), at=clock.now(), mark="due")


def due_of(world: World, who: str) -> dict[str, int]:
    """How many records are due, by person."""
    page = known(world, who)
    return {one.person_id: len(found) for one in page.people if (found := one.due(page.today))}


def test_nothing_is_due_until_an_officer_has_set_years(world: World) -> None:
    assert due_of(world, "h-ig") == {}
    victim, perpetrator = world.people["victim"], world.people["perpetrator"]
    set_years(world, "h-ig", "tenancy", Trigger.RECORD_MADE, 0)
    assert due_of(world, "h-ig") == {victim: 2, perpetrator: 1}
    set_years(world, "h-ig", "asb", Trigger.LAST_CONTACT, 0)
    assert due_of(world, "h-ig") == {victim: 3, perpetrator: 2}  # what is about both counts for each
    set_years(world, "h-ig2", "tenancy", Trigger.RECORD_MADE, None)
    assert due_of(world, "h-ig") == {victim: 1, perpetrator: 1}
    assert due_of(world, "p-ig") == {}  # each agency's own schedule


def test_a_case_that_is_still_to_be_heard_has_not_lapsed(world: World) -> None:
    set_years(world, "h-ig", "tenancy", Trigger.CASE_LAPSE, 0)
    assert due_of(world, "h-ig") == {}
    page = known(world, "h-ig")
    (lacks,) = {reason for one in page.people for each in one.holdings for reason in each.lacks
                if "heard" in reason}  # fmt: skip
    assert lacks == "Tenancy: no day known for the case was last heard"


def test_a_death_is_sealed_and_counts_for_whoever_entered_it(world: World) -> None:
    set_years(world, "h-ig", "tenancy", Trigger.DEATH, 1)
    assert due_of(world, "h-ig") == {}
    with clock.held(world.now), world.database.write() as session:
        viewer, on = officer(session, world, "h-ig"), world.now.date() - timedelta(days=400)
        schedule.set_death(session, viewer, world.case_id, world.people["victim"], on, at=clock.now())
        victim, tomorrow = world.people["victim"], world.now.date() + timedelta(days=1)
        with pytest.raises(BadInput):
            schedule.set_death(session, viewer, world.case_id, victim, tomorrow, at=clock.now())
    assert due_of(world, "h-ig") == {world.people["victim"]: 2}
    with world.database.read() as session:
        assert schedule.deaths(session, officer(session, world, "p-ig")) == {}


def test_looking_and_setting_are_logged_for_the_agency_alone(world: World) -> None:
    set_years(world, "h-ig", "tenancy", Trigger.RECORD_MADE, 6)
    known(world, "h-ig")
    place(world.database, HOME)
    with world.database.read() as session:
        names = ("retention.set", "retention.shown")
        seen = {a: events_for(session, HOME, a, Wanted(names=names)) for a in ("homes", "police")}
    assert {one.name for one in seen["homes"]} == set(names)
    assert seen["police"] == []


# --- what the days say, by law --------------------------------------------------------------------


def holding(classes: set[str], about: tuple[str, ...] = ("per_a",)) -> Holding:
    return Holding("rec_a", "cas_a", about, DAY, DAY, classes)


@given(
    years=st.dictionaries(st.sampled_from(sorted(KINDS)), st.none() | st.integers(0, 150)),
    classes=st.sets(st.sampled_from(["tenancy.status", "health.mental", "new.class"]), min_size=1),
)
def test_a_record_is_due_with_the_last_of_its_kinds_and_never_without_years(
    years: dict[str, int | None], classes: set[str]
) -> None:
    table = {kind: Kept(kind, Trigger.RECORD_MADE, years.get(kind)) for kind in KINDS}
    one = holding(classes)
    due._settle([one], table, Days({}, {}, {}))
    each = [years.get(kind_of(name)) for name in classes]
    if None in each:
        assert one.due is None
        assert one.lacks
    else:
        assert one.due == max(years_after(DAY, number) for number in each if number is not None)


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        pytest.param(Trigger.BIRTHDAY_18, date(2029, 2, 28), id="18th-birthday-of-the-younger"),
        pytest.param(Trigger.BIRTHDAY_25, date(2036, 2, 28), id="25th-birthday-of-the-younger"),
        pytest.param(Trigger.DEATH, None, id="one-is-alive"),
        pytest.param(Trigger.CASE_LAPSE, date(2021, 1, 5), id="lapse"),
        pytest.param(Trigger.LAST_CONTACT, date(2011, 6, 1), id="last-contact"),
    ],
)
def test_years_count_from_the_last_of_several_people(trigger: Trigger, expected: date | None) -> None:
    births = {"per_a": date(2008, 2, 29), "per_b": date(2010, 2, 28)}
    days = Days(births, {"per_a": date(2020, 1, 1)}, {"cas_a": date(2020, 1, 5)})
    one = holding({"tenancy"}, ("per_a", "per_b"))
    due._settle([one], {kind: Kept(kind, trigger, 1) for kind in KINDS}, days)
    assert one.due == expected


def test_a_day_that_there_is_not_is_the_day_after() -> None:
    assert years_after(date(2008, 2, 29), 1) == date(2009, 3, 1)
    assert years_after(date(2008, 2, 29), 4) == date(2012, 2, 29)


# --- rewriting, and the pages ---------------------------------------------------------------------


@pytest.fixture
def app(world: World) -> Iterator[ConferenceFlask]:
    made = application(world)
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    parts_of(made).database.close()


def test_what_stays_is_written_and_the_rest_goes(world: World, app: ConferenceFlask) -> None:
    """The police write what stays about the women; then Adam's records go, and what was rewritten stays."""
    field = world.fields["both"]
    with clock.held(world.now):
        writer = signed_in(app, world, "p-rep")
        page = writer.get(f"/cases/{world.case_id}/several", base_url=HOST)
        assert BOTH.split("'")[0] in page.get_data(as_text=True)
        assert "Not settled" in page.get_data(as_text=True)
        everybody = [world.people[one] for one in ("victim", "child", "perpetrator")]
        path = f"/cases/{world.case_id}/several/{field}"
        for about in ([], everybody):
            bad = writer.post(path, data={"about": about, "text": "She stays"}, base_url=HOST)
            assert bad.status_code == 422
        said = {"about": everybody[:2], "text": "Zofia sometimes sleeps at her aunt's"}
        assert writer.post(path, data=said, base_url=HOST).status_code == 303
        page = writer.get(f"/cases/{world.case_id}/several", base_url=HOST)
        assert "Written down again" in page.get_data(as_text=True)

        first, second = (signed_in(app, world, who) for who in ("p-ig", "p-ig2"))
        person = f"/governance/retention/cases/{world.case_id}/people/{world.people['perpetrator']}"
        text = first.get(person, base_url=HOST).get_data(as_text=True)
        assert "your agency has settled what stays" in text
        with world.database.read() as session:
            case = session.get_one(Case, world.case_id)
            own = proposing.own_records(
                session, officer(session, world, "p-ig"), case, world.people["perpetrator"]
            )
        made = first.post(person, data={"records": own, "why": "due"}, base_url=HOST)
        assert made.status_code == 303
        there = made.headers["Location"]
        assert "Approve" not in first.get(there, base_url=HOST).get_data(as_text=True)
        assert first.post(f"{there}/approve", base_url=HOST).status_code == 403
        assert "Approve and erase" in second.get(there, base_url=HOST).get_data(as_text=True)
        assert second.post(f"{there}/approve", base_url=HOST).status_code == 303
        done = second.get(there, base_url=HOST).get_data(as_text=True)
        assert "Your agency no longer holds these records" in done
        assert first.get(person, base_url=HOST).status_code == 404
        case_page = writer.get(f"/cases/{world.case_id}", base_url=HOST).get_data(as_text=True)
        assert "sleeps at her aunt" in case_page
        assert "when Adam calls" not in case_page
        assert "Adam Kowalczyk" not in case_page


def test_nobody_rewrites_what_is_not_theirs(world: World) -> None:
    with clock.held(world.now), world.database.write() as session:
        viewer, case = officer(session, world, "h-rep"), session.get_one(Case, world.case_id)
        rows = disclose(session, viewer, [case])[case.id].rows
        theirs = next(row for row in rows if row.owner != "homes" and row.field_id)
        alone = next(row for row in rows if row.field_id == world.fields["left"])
        for line in (theirs, alone):
            with pytest.raises(NotFound):
                rewriting.let_go(session, viewer, line, at=clock.now())


def test_a_hold_on_a_case_is_told_without_its_reason_and_one_on_a_person_not_at_all(
    world: World, app: ConferenceFlask
) -> None:
    with clock.held(world.now):
        ours, theirs = (signed_in(app, world, who) for who in ("h-ig", "n-ig"))
        path = f"/governance/retention/cases/{world.case_id}/hold"
        assert ours.post(path, data={"reason": ""}, base_url=HOST).status_code == 422
        assert ours.post(path, data={"reason": "An inquest"}, base_url=HOST).status_code == 303
        adam = {"reason": "A claim", "person": world.people["perpetrator"]}
        assert theirs.post(path, data=adam, base_url=HOST).status_code == 404  # they hold nothing of him
        assert ours.post(path, data=adam, base_url=HOST).status_code == 303
        index = "/governance/retention"
        mine = ours.get(index, base_url=HOST).get_data(as_text=True)
        assert "An inquest" in mine
        assert "A claim" in mine
        seen = theirs.get(index, base_url=HOST).get_data(as_text=True)
        assert "everybody in it" in seen
        assert "Northmoor Homes" in seen
        for secret in ("An inquest", "A claim", "Lift hold"):
            assert secret not in seen
