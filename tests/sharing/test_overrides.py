"""Overrides, exemptions and emergency access: who may, what follows, and that it ends by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind, PersonRole
from conference.db import Database
from conference.errors import BadInput, Conflict, NotFound, ReasonNeeded, Refused
from conference.identity.services import Viewer
from conference.sharing import policy
from conference.sharing.door import disclose
from conference.sharing.models import DecisionRow, PolicyVersion
from conference.sharing.overrides import rules, services
from conference.sharing.overrides.models import Emergency, OverrideRequest, State
from conference.sharing.overrides.opening import reason_of, texts_of
from conference.sharing.reviews.models import Review
from conference.trail.models import LogEvent
from conference.vault.errors import RowBroken
from tests.support.world import HOME, NOW, STAFF, World, add, by, by_hand, copied

SOON = NOW + timedelta(seconds=2)
END = NOW + timedelta(days=7)
PHONE = "07700 900123"


def prepared(world: World) -> World:
    """Offers of the police that only an override or an emergency lets Homes see."""
    with clock.held(NOW - timedelta(minutes=1)), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        cases.assign(session, case, world.staff["p-other"], by=by(world, "s-coord"), at=clock.now())
        add(session, world, case, "p-rep", "contact.phone", PHONE, offered="full", summary="A mobile")
        add(session, world, case, "p-rep", "intelligence", "He has a knife", about=("perpetrator",),
            offered="full", summary="May be armed", name="knife")  # fmt: skip
        add(session, world, case, "n-rep", "health.gender-recognition", "Details", offered="full",
            summary="Held", name="locked")  # fmt: skip
        add(session, world, case, "p-rep", "contact.safe-address", "Flat 2, LS9 0AB", offered="full",
            summary="In Leeds", name="police safe")  # fmt: skip
    return world


@contextmanager
def writing(world: World, at: datetime = NOW) -> Iterator[Session]:
    with clock.held(at), world.database.write() as session:
        yield session


def seen(world: World, who: str, at: datetime = NOW) -> set[tuple[str, str, str | None]]:
    """What somebody is shown of the case at a moment: (class, level, text)."""
    viewer = viewer_of(world, who)
    with clock.held(at), world.database.read() as session:
        case = session.get_one(Case, world.case_id)
        view = disclose(session, viewer, [case])[case.id]
        return {(row.class_name, row.level, row.text) for row in view.rows}


def viewer_of(world: World, who: str) -> Viewer:
    with clock.held(NOW):
        return world.viewer(who)


def ask(
    session: Session, world: World, who: str = "p-rep", field: str = "police/contact.phone/victim", **given
) -> OverrideRequest:
    at = clock.now()
    viewer = viewer_of(world, who)
    case = cases.visible_case(session, viewer, world.case_id, at=at)
    line = services.own_line(session, viewer, case, world.fields[field])
    typed = {
        "recipients": ["homes"],
        "level": "full",
        "necessity": "He was seen near her flat",
        "proportionality": "A summary cannot be rung",
        "basis": "PT",
        "until": END,
    }
    return services.ask_override(session, viewer, case, line, services.Typed(**(typed | given)), at=at)


def approved(world: World, *, at: datetime = NOW, until: datetime = END, **given) -> str:
    with writing(world, at) as session:
        request = ask(session, world, until=until, **given)
        services.approve(session, viewer_of(world, "p-other"), request, "I agree", at=at)
        return request.id


SHOWN = ("contact.phone", "full", PHONE)


# --- asking and answering ---


def test_what_is_asked_for_shows_nobody_anything_until_a_colleague_approves(either: World) -> None:
    world = either
    before = seen(world, "h-rep")
    with writing(world) as session:
        request_id = ask(session, world).id
    assert seen(world, "h-rep") == before
    with writing(world) as session:
        request = session.get_one(OverrideRequest, request_id)
        services.approve(session, viewer_of(world, "p-other"), request, "I agree", at=NOW)
    assert seen(world, "h-rep") - before == {SHOWN}
    assert SHOWN not in seen(world, "n-rep")


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_an_override_ends_by_itself(world: World, off: int) -> None:
    approved(world)
    assert (SHOWN in seen(world, "h-rep", END + timedelta(microseconds=off))) is (off < 0)


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.integers(1, int(services.LONGEST.total_seconds())),
    off=st.sampled_from([-1, 0, 1]),
    ended=st.none() | st.integers(0, 100),
)
def test_whenever_it_was_to_end_and_was_ended_nothing_is_shown_after(
    told_world: World, tmp_path_factory: pytest.TempPathFactory, seconds: int, off: int, ended: int | None
) -> None:
    world = copied(told_world, tmp_path_factory.mktemp("one"))
    until = NOW + timedelta(seconds=seconds)
    request_id = approved(world, until=until)
    last = until
    if ended is not None:
        last = NOW + timedelta(seconds=seconds * ended / 101) + timedelta(microseconds=1)
        if last < until:
            with writing(world, last) as session:
                request = session.get_one(OverrideRequest, request_id)
                services.end(session, viewer_of(world, "p-rep"), request, at=last)
    last = min(last, until)
    assert (SHOWN in seen(world, "h-rep", last + timedelta(microseconds=off))) is (off < 0)
    world.database.close()


def test_nothing_counts_before_it_was_approved(world: World) -> None:
    later = NOW + timedelta(hours=1)
    approved(world, at=later)
    assert SHOWN not in seen(world, "h-rep", later - timedelta(microseconds=1))
    assert SHOWN in seen(world, "h-rep", later)


def test_whoever_asked_cannot_approve_nor_can_another_agency_or_role(world: World) -> None:
    with writing(world) as session:
        request_id = ask(session, world).id
    for who, error in (
        ("p-rep", Refused),  # who asked
        ("p-ref", Refused),  # of the agency, without the role
        ("p-ig", Refused),
        ("h-rep", NotFound),  # whom it is for
        ("s-chair", NotFound),
    ):
        for answer in (services.approve, services.refuse):
            with pytest.raises(error):
                answered(world, answer, who, request_id)
    assert SHOWN not in seen(world, "h-rep")


def test_as_many_colleagues_approve_as_a_rule_asks_for(world: World) -> None:
    asks_for(world, 2)
    with writing(world, SOON) as session:
        request_id = ask(session, world).id
        request = session.get_one(OverrideRequest, request_id)
        assert request.approvals == 2
        services.approve(session, viewer_of(world, "p-other"), request, "I agree", at=SOON)
        assert request.state == State.WAITING
        with pytest.raises(Conflict):
            services.approve(session, viewer_of(world, "p-other"), request, "Twice", at=SOON)
    assert SHOWN not in seen(world, "h-rep", SOON)
    third = joined(world, "police")
    with writing(world, SOON) as session:
        request = session.get_one(OverrideRequest, request_id)
        services.approve(session, third, request, "So do I", at=SOON)
    assert SHOWN in seen(world, "h-rep", SOON)


def test_what_was_refused_or_taken_back_or_is_over_cannot_be_approved(world: World) -> None:
    colleague, asker = viewer_of(world, "p-other"), viewer_of(world, "p-rep")
    with writing(world) as session:
        refused, back, old = ask(session, world), ask(session, world), ask(session, world)
        services.refuse(session, colleague, refused, "A summary would do", at=NOW)
        services.end(session, asker, back, at=NOW)
        for request, at in ((refused, NOW), (back, NOW), (old, END)):
            with pytest.raises(Conflict):
                services.approve(session, colleague, request, "Yes", at=at)
            with pytest.raises(Conflict):
                services.end(session, asker, request, at=at)
    assert SHOWN not in seen(world, "h-rep")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"recipients": []}, "recipients"),
        ({"recipients": ["police"]}, "recipients"),
        ({"recipients": ["conference"]}, "recipients"),
        ({"recipients": ["away-police"]}, "recipients"),
        ({"level": "none"}, "level"),
        ({"necessity": " "}, "necessity"),
        ({"proportionality": ""}, "proportionality"),
        ({"basis": "RLI"}, "basis"),
        ({"basis": "CONS"}, "basis"),
        ({"until": NOW}, "until"),
        ({"until": NOW + services.LONGEST + timedelta(seconds=1)}, "until"),
        ({"lock": "lock-adoption"}, "lock"),
    ],
)
def test_what_cannot_be_asked_for_is_said(world: World, given: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as refused, writing(world) as session:
        ask(session, world, **given)
    assert refused.value.field == field


def test_only_ones_own_agencys_field_can_be_asked_for_and_never_a_safe_address(world: World) -> None:
    with pytest.raises(NotFound), writing(world) as session:
        ask(session, world, who="h-rep")
    with pytest.raises(BadInput, match="safe address"), writing(world) as session:
        ask(session, world, field="police safe")


def test_an_exemption_lifts_the_lock_it_names_for_whom_it_names(world: World) -> None:
    colleague = joined(world, "nhs")
    assert ("health.gender-recognition", "full", "Details") not in seen(world, "p-rep")
    with writing(world) as session:
        given = {"recipients": ["police"], "level": "summary", "lock": "lock-gender-recognition"}
        lift = ask(session, world, who="n-rep", field="locked", **given)
        assert lift.kind == "exemption"
        services.approve(session, colleague, lift, "Yes", at=NOW)
    assert not any(
        one[0].startswith("health.gender") for one in seen(world, "p-rep")
    )  # approval is asked too
    with writing(world) as session:
        given["lock"] = None
        share = ask(session, world, who="n-rep", field="locked", **given)
        services.approve(session, colleague, share, "Yes", at=NOW)
    assert ("health.gender-recognition", "summary", "Held") in seen(world, "p-rep")
    assert not any(one[0].startswith("health.gender") for one in seen(world, "v-idva"))


def test_its_texts_are_for_its_agency_alone_and_their_reading_is_logged(world: World) -> None:
    with writing(world) as session:
        request = ask(session, world)
        assert texts_of(session, viewer_of(world, "h-rep"), request, []) is None
        before = len(session.scalars(select(LogEvent)).all())
        texts = texts_of(session, viewer_of(world, "p-other"), request, [])
        assert texts is not None
        assert texts.necessity == "He was seen near her flat"
        assert len(session.scalars(select(LogEvent)).all()) == before + 1


def test_the_owners_officers_are_asked_to_look_without_a_word_about_anybody(world: World) -> None:
    request_id = approved(world)
    with writing(world) as session:
        review = session.scalars(select(Review).where(Review.about == request_id)).one()
        assert (review.kind, review.agency_id, review.case_id) == ("override", "police", world.case_id)
        assert review.due.date() == (NOW + timedelta(days=1)).date()


def test_a_request_that_was_edited_in_the_database_is_refused(world: World) -> None:
    with writing(world) as session:
        request_id = ask(session, world).id
    with by_hand(world) as connection:
        connection.exec_driver_sql("UPDATE override_request SET level = 'presence', approvals = 0")
    with pytest.raises(RowBroken), writing(world) as session:
        session.get_one(OverrideRequest, request_id)


# --- emergencies ---


def opened(world: World, who: str = "h-rep", at: datetime = NOW) -> str:
    viewer = viewer_of(world, who)
    with writing(world, at) as session:
        case = cases.visible_case(session, viewer, world.case_id, at=at)
        return services.break_glass(session, viewer, case, "She rang, he is outside", at=at).id


def test_in_an_emergency_summaries_are_seen_for_an_hour(either: World) -> None:
    world = either
    before = seen(world, "h-rep")
    opened(world)
    more = {("contact.phone", "summary", "A mobile"), ("intelligence", "summary", "May be armed")}
    assert seen(world, "h-rep") - before == more
    hour = NOW + timedelta(minutes=60)
    for off, shown in ((-1, True), (0, False), (1, False)):
        now = seen(world, "h-rep", hour + timedelta(microseconds=off))
        assert (more <= now) is shown
        assert bool(more & now) is shown


def test_it_is_for_whoever_opened_it_and_not_for_their_colleagues(world: World) -> None:
    """Two of the same agency with the same roles, each asked before and after the other."""
    with writing(world) as session:
        add(session, world, world.case_id, "n-rep", "immigration", "Spouse visa until May", offered="full",
            summary="Has a visa", name="visa")  # fmt: skip
    mine, theirs = seen(world, "p-rep"), seen(world, "p-other")
    opened(world, "p-rep")
    assert seen(world, "p-other") == theirs
    assert seen(world, "p-rep") - mine == {("immigration", "summary", "Has a visa")}
    assert seen(world, "p-other") == theirs


def test_ended_by_hand_it_shows_nothing_more_and_can_be_opened_again(world: World) -> None:
    before = seen(world, "h-rep")
    opened(world)
    later = NOW + timedelta(minutes=5)
    viewer = viewer_of(world, "h-rep")
    with pytest.raises(BadInput), writing(world, later) as session:
        services.break_glass(session, viewer, session.get_one(Case, world.case_id), "Again", at=later)
    with writing(world, later) as session:
        services.end_emergency(session, viewer, session.get_one(Case, world.case_id), at=later)
    assert seen(world, "h-rep", later) == before
    assert seen(world, "h-rep", later - timedelta(microseconds=1)) != before
    opened(world, at=later)
    assert seen(world, "h-rep", later) != before


def test_each_officer_concerned_must_look_by_the_next_working_day(world: World) -> None:
    emergency_id = opened(world)
    with writing(world) as session:
        reviews = session.scalars(select(Review).where(Review.about == emergency_id)).all()
        assert {one.agency_id for one in reviews} == {agency for _, agency, *_ in STAFF}
        assert {one.kind for one in reviews} == {"break-glass"}
        assert {one.due.date() for one in reviews} == {(NOW + timedelta(days=1)).date()}
        emergency = session.get_one(Emergency, emergency_id)
        assert reason_of(session, viewer_of(world, "h-ig"), emergency) == "She rang, he is outside"
        assert reason_of(session, viewer_of(world, "p-ig"), emergency) is None


@pytest.mark.parametrize("who", ["p-ref", "s-obs", "h-ig", "s-admin"])
def test_by_role(world: World, who: str) -> None:
    viewer = viewer_of(world, who)
    with pytest.raises(Refused), writing(world) as session:
        services.break_glass(session, viewer, session.get_one(Case, world.case_id), "Now", at=NOW)


def test_who_is_kept_out_or_not_assigned_finds_no_case_to_open(world: World) -> None:
    with pytest.raises(NotFound):
        opened_case(world, "h-rep", world.recused_case_id)
    with writing(world) as session:
        case = session.get_one(Case, world.case_id)
        cases.exclude(session, case, world.staff["h-dep"], ExclusionKind.OTHER_SIDE,
                      by=by(world, "h-rep"), at=NOW)  # fmt: skip
    with pytest.raises(NotFound):
        opened_case(world, "h-dep", world.case_id)
    with pytest.raises(ReasonNeeded):
        opened_case(world, "s-obs", world.recused_case_id)


def opened_case(world: World, who: str, case_id: str) -> None:
    viewer = viewer_of(world, who)
    with writing(world) as session:
        case = cases.visible_case(session, viewer, case_id, at=NOW)
        services.break_glass(session, viewer, case, "Now", at=NOW)


def test_no_emergency_shows_a_safe_address_even_where_a_rule_would_permit_it(world: World) -> None:
    """The rules are made as bad as they can be: nothing forbids it, and one approval is all that is asked."""

    def open_up(document: dict) -> None:
        document["classes"] += [{"name": "contact.safe-house"}, {"name": "contact.safe-address.flat"}]
        document["rules"] = [one for one in document["rules"] if one["effect"] != "forbid"]
        for need, approvals in (("considered", 1), ("irrelevant", 1)):
            document["rules"].append(
                {"id": f"r-bad-{need}", "effect": "permit", "level": "full", "classes": ["contact"],
                 "basis": "PT", "consent": need, "approvals": approvals}
            )  # fmt: skip

    published(world, open_up)
    for name in ("contact.safe-contact", "contact.safe-house", "contact.safe-address.flat"):
        with writing(world) as session:
            case = session.get_one(Case, world.case_id)
            add(session, world, case, "p-rep", name, "LS9 0AB", offered="full", summary="In Leeds", name=name)
    for who in ("h-rep", "h-dep", "n-rep", "s-chair", "s-coord"):
        opened(world, who, SOON)
        now = seen(world, who, SOON)
        assert not {one for one in now if one[0].startswith("contact.safe")}
        assert ("contact.phone", "summary", "A mobile") in now
    with world.database.read() as session:
        for row in session.scalars(select(DecisionRow)):
            classes = json.loads(row.document)["classes"]
            assert not {one for one in classes if one.startswith("contact.safe")} | ({"contact"} & {*classes})


PARTS = st.sampled_from(["contact", "safe-address", "safe-contact", "safe", "phone", "a"])


@given(st.lists(st.lists(PARTS, min_size=1, max_size=3).map(".".join), max_size=12))
def test_no_class_that_is_named_reaches_a_safe_one(names: list[str]) -> None:
    kept = rules.never_reaching_safe(names)
    assert set(kept) <= set(names)
    for name in kept:
        for other in [*names, "contact.safe-address", "contact.safe-contact", "contact.safe-x"]:
            covers = other == name or other.startswith(f"{name}.")
            assert not (covers and other.startswith("contact.safe"))


def test_opening_and_ending_take_the_same_whatever_there_is(told_world: World, tmp_path: Path) -> None:
    counts = []
    for extra in (0, 3):
        world = copied(told_world, tmp_path / str(extra))
        with writing(world) as session:
            case = session.get_one(Case, world.case_id)
            people = [cases.add_person(session, case, PersonRole.OTHER) for _ in range(extra)]
            for number, person in enumerate(people):
                add(session, world, case, "n-rep", "health.physical", "Ill", offered="full", name=f"{number}",
                    about=("more",), people={"more": person})  # fmt: skip
        took = [statements(world.database, do) for do in (partial(opened, world), partial(ended, world))]
        counts.append(took)
        world.database.close()
    assert counts[0] == counts[1]


def ended(world: World) -> None:
    with writing(world) as session:
        case = session.get_one(Case, world.case_id)
        services.end_emergency(session, viewer_of(world, "h-rep"), case, at=NOW)


def statements(database: Database, do) -> int:
    count = 0

    def heard(*_args: object) -> None:
        nonlocal count
        count += 1

    event.listen(database.engine, "before_cursor_execute", heard)
    do()
    event.remove(database.engine, "before_cursor_execute", heard)
    return count


# --- helpers ---


def answered(world: World, answer, who: str, request_id: str) -> None:
    with writing(world) as session:
        request = session.get_one(OverrideRequest, request_id)
        answer(session, viewer_of(world, who), request, "Yes", at=NOW)


def joined(world: World, agency: str) -> Viewer:
    """One more representative of an agency, who works on the case."""
    from conference.identity.services import add_staff, viewer_for

    with writing(world) as session:
        staff = add_staff(
            session, agency, subject=f"{agency}-more", name="Nora More", roles=["representative"],
            trained_until=NOW.date() + timedelta(days=100),
        )  # fmt: skip
        case = session.get_one(Case, world.case_id)
        cases.assign(session, case, staff.id, by=by(world, "s-coord"), at=NOW)
        viewer = viewer_for(session, staff.id)
        assert viewer is not None
        return viewer


def published(world: World, change) -> None:
    """A changed policy, in force from before `SOON`."""
    with writing(world, NOW + timedelta(seconds=1)) as session:
        latest = session.scalars(select(PolicyVersion).where(PolicyVersion.partnership_id == HOME)).one()
        document = json.loads(latest.document)
        document["version"] = "changed"
        change(document)
        policy.publish(
            session, HOME, json.dumps(document), actor=world.staff["s-coord"], agency="safety",
            at=NOW + timedelta(seconds=1),
        )  # fmt: skip


def asks_for(world: World, approvals: int) -> None:
    def change(document: dict) -> None:
        for one in document["rules"]:
            if one["id"].startswith("r-p1-contact-approved"):
                one["approvals"] = approvals

    published(world, change)
