"""What an abuser's friend with an account tried against consents, overrides and what follows from them."""

from __future__ import annotations

from datetime import timedelta
from itertools import count as count_from
from pathlib import Path

import pytest
from sqlalchemy import select

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind, PersonRole
from conference.errors import BadInput, Refused
from conference.identity import services as identity
from conference.permissions import Role
from conference.sharing import consents
from conference.sharing.asking import services as asking
from conference.sharing.door import disclose
from conference.sharing.models import ConsentRow
from conference.sharing.overrides import services as overrides
from conference.sharing.overrides.looked_at import doers
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import Review
from conference.sharing.taking import shown
from conference.trail.reading import Wanted, events_for
from conference.web import ConferenceFlask
from tests.support.client import application, copied, settle, signed_in
from tests.support.world import HOME, NOW, World, add, by, make, told

PAGE = "http://localhost"
ASKED = count_from()
UNTIL = clock.moment(NOW + timedelta(days=300))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The usual world, in which two more of Homes are officers as well as members of the panel."""
    world = make(tmp_path_factory.mktemp("world"))
    with told("more staff"), world.database.write() as session:
        for subject, name, roles in (
            ("h-both", "Beth Both", (Role.REPRESENTATIVE, Role.IG_OFFICER)),
            ("h-also", "Al Also", (Role.REPRESENTATIVE, Role.IG_OFFICER)),
        ):
            staff = identity.add_staff(
                session,
                "homes",
                subject=subject,
                name=name,
                roles=roles,
                trained_until=NOW.date() + timedelta(days=200),
            )
            world.staff[subject] = staff.id
            case = session.get_one(Case, world.case_id)
            cases.assign(session, case, staff.id, by=by(world, "s-coord"), at=NOW)
    return world


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    return copied(first, tmp_path / "world")


@pytest.fixture
def app(world: World) -> ConferenceFlask:
    made = application(world)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def ask(app: ConferenceFlask, world: World, who: str, method: str, path: str, **form: object):
    with told(f"{who} {next(ASKED)}"):
        client = signed_in(app, world, who)
        return client.open(path, method=method, data=form, base_url=PAGE)


# --- nobody reviews what they did themselves ----------------------------------------------------------------


def test_nobody_closes_the_review_of_their_own_emergency(app: ConferenceFlask, world: World) -> None:
    opened = ask(app, world, "h-both", "POST", f"/cases/{world.case_id}/emergency", reason="He is there")
    assert opened.status_code == 303
    with world.database.read() as session:
        (review,) = reviews.of_own_agency(session, world.viewer("h-both"))
    path, said = f"/governance/reviews/{review.id}", {"outcome": "justified", "note": "It was me"}
    assert ask(app, world, "h-both", "POST", path, **said).status_code == 403
    assert ask(app, world, "h-ig", "POST", path, **said).status_code == 303


@pytest.mark.parametrize("who", ["h-both", "h-also"])
def test_who_asked_for_or_approved_an_override_does_not_review_it(world: World, who: str) -> None:
    with told("override"), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        asker, colleague = world.viewer("h-both"), world.viewer("h-also")
        line = overrides.own_line(session, asker, case, world.fields["homes/tenancy.arrears/victim"])
        typed = overrides.Typed(
            ["nhs"], "summary", "She may lose her home", "No less", "VI", NOW + timedelta(7)
        )
        request = overrides.ask_override(session, asker, case, line, typed, at=NOW)
        overrides.approve(session, colleague, request, "Yes", at=NOW)
    with told("close"), world.database.write() as session:
        viewer = world.viewer(who)
        (review,) = [one for one in reviews.of_own_agency(session, viewer) if one.about == request.id]
        with pytest.raises(Refused):
            reviews.close_review(
                session,
                viewer,
                review,
                outcome="justified",
                note="Fine",
                doers=doers(session, review),
                at=NOW,
            )


# --- what is withdrawn tells of no other case ---------------------------------------------------------------


def consented(world: World, who: str = "h-rep", person: str = "victim", **word: object) -> tuple[str, str]:
    """A case for tenancy support of the same people, and a consent in it; their ids."""
    with told("second case"), world.database.write() as session:
        coordinator = by(world, "s-coord")
        kind = cases.add_conference_type(session, partnership_id=HOME, name="T", purpose="tenancy-support")
        made = []
        for agencies, staff in (
            (["homes", "nhs", "haven"], ["h-rep", "n-rep", "v-idva"]),
            (["nhs", "haven"], ["v-idva"]),
        ):
            case = cases.open_case(
                session, partnership_id=HOME, conference_type=kind, agencies=agencies, by=coordinator, at=NOW
            )
            for known in ("victim", "child"):
                cases.link_person(session, case, world.people[known], PersonRole(known))
            for one in staff:
                cases.assign(session, case, world.staff[one], by=coordinator, at=NOW)
            add(
                session,
                world,
                case,
                "n-rep",
                "health.physical",
                "Wrist",
                about=(person,),
                offered="full",
                summary="x",
            )
            made.append(case)
        row = consents.record_consent(
            session,
            made[0],
            world.people[person],
            word={
                "decision": "grant",
                "recipients": ["homes", "police", "haven"],
                "purposes": ["tenancy-support"],
                "classes": ["health"],
                "until": UNTIL,
                **word,
            },
            how="Alone",
            by=by(world, who),
            at=NOW,
        )
    for number, (case, one) in enumerate(((made[0], "v-idva"), (made[0], "h-rep"), (made[1], "v-idva"))):
        with (
            told(f"see {one} {number}", NOW + timedelta(seconds=number + 1)),
            world.database.write() as session,
        ):
            disclose(session, world.viewer(one), [session.get_one(Case, case.id)])
    return made[1].id, row.id


def withdrawn(world: World, consent_id: str, who: str) -> None:
    at = NOW + timedelta(minutes=1)
    with told("back", at), world.database.write() as session:
        row = session.get_one(ConsentRow, consent_id)
        consents.withdraw(session, session.get_one(Case, row.case_id), row, by=by(world, who), at=at)


def recalls(app: ConferenceFlask, world: World, who: str) -> str:
    return ask(app, world, who, "GET", "/recalls").text


def test_how_far_a_recall_is_tells_of_no_case_that_is_not_theirs(app: ConferenceFlask, world: World) -> None:
    other, consent_id = consented(world)
    withdrawn(world, consent_id, "h-rep")
    text = recalls(app, world, "h-rep")
    assert "Hana Said" in text
    with world.database.read() as session:
        assert session.get_one(Case, other).reference not in text


def test_an_idva_is_not_told_who_was_named_by_a_child(app: ConferenceFlask, world: World) -> None:
    _, consent_id = consented(world, who="n-rep", person="child")
    withdrawn(world, consent_id, "v-idva")
    assert "Sam Okafor" not in recalls(app, world, "v-idva")


def test_who_left_a_case_hears_no_more_of_what_goes_back_in_it(app: ConferenceFlask, world: World) -> None:
    _, consent_id = consented(world)
    withdrawn(world, consent_id, "h-rep")
    assert "Hana Said" in recalls(app, world, "h-rep")
    with told("leaves"), world.database.write() as session:
        case = session.get_one(Case, session.get_one(ConsentRow, consent_id).case_id)
        cases.exclude(
            session, case, world.staff["h-rep"], ExclusionKind.RECUSED, by=by(world, "h-rep"), at=NOW
        )
    assert "Hana Said" not in recalls(app, world, "h-rep")


# --- the log of who looked at consents ----------------------------------------------------------------------


def test_an_agency_reads_in_the_log_of_no_consent_that_others_recorded(world: World) -> None:
    ids = {}
    for who in ("p-rep", "n-rep"):
        with told(f"said {who}"), world.database.write() as session:
            case = session.get_one(Case, world.case_id)
            ids[who] = consents.record_consent(
                session,
                case,
                world.people["victim"],
                word={
                    "decision": "refuse",
                    "recipients": ["*"],
                    "purposes": ["early-help"],
                    "classes": ["care"],
                },
                how="Alone",
                by=by(world, who),
                at=NOW,
            ).id
    with told("looks", NOW + timedelta(minutes=1)), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        lines = shown.consents_for(session, world.viewer("v-idva"), case, at=clock.now())
    assert set(ids.values()) <= {line.id for line in lines}
    settle(world)
    known = {}
    for agency in ("police", "nhs", "haven"):
        with world.database.read() as session:
            found = events_for(session, HOME, agency, Wanted(names=("consent.shown",)))
        known[agency] = {one for entry in found for one in entry.about}
    assert known["police"] == {ids["p-rep"]}
    assert known["nhs"] == {ids["n-rep"]}
    assert known["haven"] >= set(ids.values())


def test_the_log_tells_the_agency_that_was_told_of_no_other_case(world: World) -> None:
    """Where it goes on without the consent is looked at in each case, also in one that is not theirs."""
    _, consent_id = consented(world)
    with told("another"), world.database.write() as session:
        kind = session.get_one(Case, world.case_id).conference_type
        case = cases.open_case(
            session,
            partnership_id=HOME,
            conference_type=kind,
            agencies=["nhs", "haven"],
            by=by(world, "n-rep"),
            at=NOW,
        )
        cases.link_person(session, case, world.people["victim"], PersonRole.VICTIM)
        add(session, world, case, "n-rep", "health.physical", "Wrist", offered="full", summary="x")
        other = case.id
    withdrawn(world, consent_id, "h-rep")
    settle(world)
    with world.database.read() as session:
        assert session.scalars(select(Review).where(Review.case_id == other)).one()
        assert other not in {entry.case for entry in events_for(session, HOME, "homes", Wanted())}
        mine = session.get_one(ConsentRow, consent_id).case_id
        assert mine in {entry.case for entry in events_for(session, HOME, "homes", Wanted())}


def test_an_agency_that_is_not_on_a_case_reads_of_no_question_in_it(world: World) -> None:
    with told("small case"), world.database.write() as session:
        coordinator = by(world, "s-coord")
        main = session.get_one(Case, world.case_id)
        case = cases.open_case(
            session,
            partnership_id=HOME,
            conference_type=main.conference_type,
            agencies=["police", "haven"],
            by=coordinator,
            at=NOW,
        )
        person = cases.add_person(session, case, PersonRole.VICTIM)
        for to in ("nhs", "haven"):
            asking.ask(
                session,
                world.viewer("p-rep"),
                case,
                to=to,
                person_id=person,
                class_name="health",
                text="Is she well?",
                at=NOW,
            )
    settle(world)
    with world.database.read() as session:
        told_of = {
            agency: list(events_for(session, HOME, agency, Wanted(case=case.id)))
            for agency in ("nhs", "haven")
        }
    assert not told_of["nhs"]
    assert [one.name for one in told_of["haven"] if one.name.startswith("question")] == ["question.asked"]


# --- no override reaches a safe address ---------------------------------------------------------------------


def test_no_override_is_asked_for_what_lies_above_a_safe_address(world: World) -> None:
    with told("contact"), world.database.write() as session:
        case, viewer = session.get_one(Case, world.case_id), world.viewer("v-idva")
        field = add(
            session, world, case, "v-idva", "contact", "Ring the school", offered="full", name="contact"
        )
        line = overrides.own_line(session, viewer, case, field.id)
        typed = overrides.Typed(["police"], "full", "Why", "No less", "VI", NOW + timedelta(days=7))
        with pytest.raises(BadInput):
            overrides.ask_override(session, viewer, case, line, typed, at=NOW)


# --- who reads the log is in the log ------------------------------------------------------------------------


def test_an_officer_who_reads_what_was_shown_leaves_a_trace(app: ConferenceFlask, world: World) -> None:
    """Also on the way to a report that is never sent, and in the review of another agency's emergency."""
    assert (
        ask(app, world, "h-rep", "POST", f"/cases/{world.case_id}/emergency", reason="Now").status_code == 303
    )
    ask(app, world, "h-rep", "GET", f"/cases/{world.case_id}")
    settle(world)
    with world.database.read() as session:
        event = events_for(
            session, HOME, "police", Wanted(names=("disclosure.shown",), actor_agency="homes")
        )[0]
        (review,) = reviews.of_own_agency(session, world.viewer("p-ig"))
    for path, about in (
        (f"/governance/disclosures/{event.id}/wrong", event.id),
        (f"/governance/reviews/{review.id}", review.about),
    ):
        answer = ask(app, world, "p-ig", "GET", path)
        assert answer.status_code == 200
        assert answer.headers["Disclosure-Receipt"]
        settle(world)
        with world.database.read() as session:
            last = events_for(session, HOME, "police", Wanted(names=("log.searched",)))[0]
        assert last.about == (about,)
