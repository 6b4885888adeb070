"""The pages of overrides and emergencies, as their people walk them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case
from conference.web import ConferenceFlask, parts_of
from tests.support.client import application, signed_in
from tests.support.world import NOW, World, add, by, copied, make, told

HOST = "http://localhost"
PHONE = "07700 900123"
ASKED = {
    "recipients": "homes",
    "level": "full",
    "necessity": "He was seen near her flat",
    "proportionality": "A summary cannot be rung",
    "basis": "PT",
    "until-day": "1",
    "until-month": "12",
    "until-year": "2026",
}


@pytest.fixture(scope="module")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make(tmp_path_factory.mktemp("world"))
    with told("more"), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        cases.assign(session, case, world.staff["p-other"], by=by(world, "s-coord"), at=NOW)
        add(session, world, case, "p-rep", "contact.phone", PHONE, offered="full", summary="A mobile")
    return world


@pytest.fixture
def app(told_world: World, tmp_path: Path) -> Iterator[ConferenceFlask]:
    made = application(copied(told_world, tmp_path))
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    parts_of(made).database.close()


@pytest.fixture
def ask(app: ConferenceFlask, told_world: World):
    clients: dict[str, FlaskClient] = {}

    def asked(who: str, path: str, form: dict[str, str] | None = None, at=NOW):
        with clock.held(at):
            if (who, at) not in clients:
                clients[who, at] = signed_in(app, told_world, who)
            method = "GET" if form is None else "POST"
            return clients[who, at].open(path, method=method, data=form, base_url=HOST)

    return asked


def test_an_override_is_asked_for_approved_and_ends_by_itself(ask, told_world: World) -> None:
    case = f"/cases/{told_world.case_id}"
    field = told_world.fields["police/contact.phone/victim"]
    assert f"{field}/override" in ask("p-rep", f"{case}/research").text
    page = ask("p-rep", f"{case}/research/{field}/override")
    assert "Share by override: Phone, Maria Kowalczyk" in page.text
    assert "What do you ask for?" not in page.text
    assert PHONE not in ask("h-rep", case).text

    sent = ask("p-rep", f"{case}/research/{field}/override", ASKED)
    assert sent.status_code == 303
    request = sent.headers["Location"]
    mine = ask("p-rep", request)
    assert "Waiting for approval" in mine.text
    assert "Approve" not in mine.text.replace("For your approval", "")
    assert "Take back" in mine.text
    assert PHONE not in ask("h-rep", case).text
    assert request in ask("p-other", "/").text
    assert request not in ask("p-rep", "/").text

    theirs = ask("p-other", request)
    assert "He was seen near her flat" in theirs.text
    assert ask("p-other", f"{request}/approve", {"reason": ""}).status_code == 422
    assert ask("p-rep", f"{request}/approve", {"reason": "Mine"}).status_code == 403
    assert ask("h-rep", f"{request}/approve", {"reason": "Yes"}).status_code == 404
    assert ask("h-rep", request).status_code == 404
    assert ask("p-other", f"{request}/approve", {"reason": "I agree"}).status_code == 303
    assert "In force until the end of 1 December 2026" in ask("p-rep", request).text
    assert PHONE in ask("h-rep", case).text
    assert request not in ask("p-other", "/").text

    midnight = NOW.replace(month=12, day=2, hour=0, minute=0)
    assert PHONE in ask("h-rep", case, at=midnight - timedelta(microseconds=1)).text
    assert PHONE not in ask("h-rep", case, at=midnight).text
    assert "Ended 1 December 2026" in ask("p-rep", f"{case}/overrides", at=midnight).text


def test_one_that_is_in_force_is_ended_with_one_press(ask, told_world: World) -> None:
    case = f"/cases/{told_world.case_id}"
    field = told_world.fields["police/contact.phone/victim"]
    request = ask("p-rep", f"{case}/research/{field}/override", ASKED).headers["Location"]
    ask("p-other", f"{request}/approve", {"reason": "I agree"})
    later = NOW + timedelta(minutes=5)
    assert PHONE in ask("h-rep", case, at=later).text
    assert ask("p-rep", f"{request}/end", {}, at=later).status_code == 303
    assert PHONE not in ask("h-rep", case, at=later).text
    assert ask("p-rep", f"{request}/end", {}, at=later).status_code == 409


WRONG: list[tuple[dict[str, str], str]] = [
    ({"recipients": ""}, "Name each agency that would see it."),
    ({"recipients": "haven2"}, "Name each agency that would see it."),
    ({"level": ""}, "Choose how much they would see at most."),
    ({"necessity": " "}, "Say why it is necessary."),
    ({"proportionality": ""}, "Say why no less than this would do."),
    ({"basis": ""}, "Choose a legal basis that is open to your agency."),
    ({"basis": "RLI"}, "Choose a legal basis that is open to your agency."),
    ({"until-day": "", "until-month": "", "until-year": ""}, "Enter the day on which it ends."),
    ({"until-year": "2025"}, "Enter a day that is still to come."),
    ({"until-year": "9999", "until-month": "12", "until-day": "31"}, "within the next 3 months"),
]


def test_what_is_missing_is_said(ask, told_world: World) -> None:
    field = told_world.fields["police/contact.phone/victim"]
    for wrong, said in WRONG:
        form = {name: value for name, value in (ASKED | wrong).items() if value or name == "necessity"}
        answer = ask("p-rep", f"/cases/{told_world.case_id}/research/{field}/override", form)
        assert answer.status_code == 422, wrong
        assert said in answer.text, wrong


def test_no_way_leads_to_sharing_a_safe_address(ask, told_world: World) -> None:
    case, field = f"/cases/{told_world.case_id}", told_world.fields["haven/contact.safe-address/victim"]
    assert f"{field}/override" not in ask("v-idva", f"{case}/research").text
    answer = ask("v-idva", f"{case}/research/{field}/override", ASKED | {"basis": "VI"})
    assert answer.status_code == 422
    assert "A safe address or safe contact cannot be shared by override." in answer.text


def test_an_emergency_is_opened_said_and_ended(ask, told_world: World) -> None:
    case = f"/cases/{told_world.case_id}"
    before = ask("h-rep", case).text
    assert f"{case}/emergency" in before
    assert "Emergency access" not in before
    assert "Every use is reviewed." in ask("h-rep", f"{case}/emergency").text
    assert ask("h-rep", f"{case}/emergency", {"reason": " "}).status_code == 422
    assert ask("h-rep", f"{case}/emergency", {"reason": "He is outside"}).status_code == 303
    during = ask("h-rep", case).text
    assert "Emergency access until 11:00am" in during
    assert "A mobile" in during
    assert PHONE not in during
    assert ask("h-rep", f"{case}/emergency", {"reason": "Again"}).status_code == 422
    assert "Emergency access" not in ask("h-dep", case).text
    hour = NOW + timedelta(hours=1)
    assert "Emergency access until 11:00am" in ask("h-rep", case, at=hour - timedelta(microseconds=1)).text
    after = ask("h-rep", case, at=hour).text
    assert "Emergency access" not in after
    assert "A mobile" not in after
    assert ask("h-rep", f"{case}/emergency/end", {}).status_code == 303
    assert "Emergency access" not in ask("h-rep", case).text
    assert ask("h-rep", f"{case}/emergency/end", {}).status_code == 404


def test_it_is_said_even_if_nothing_was_added(ask, told_world: World, app: ConferenceFlask) -> None:
    """A case of which nobody holds anything, and the same without a thing to add: one and the same page."""
    with told("empty"), parts_of(app).database.write() as session:
        main = session.get_one(Case, told_world.case_id)
        empty = cases.open_case(
            session, partnership_id=main.partnership_id, conference_type=main.conference_type,
            agencies=["homes", "police"], by=by(told_world, "s-coord"), at=NOW,
        )  # fmt: skip
        cases.assign(session, empty, told_world.staff["h-rep"], by=by(told_world, "s-coord"), at=NOW)
    assert ask("h-rep", f"/cases/{empty.id}/emergency", {"reason": "He is outside"}).status_code == 303
    page = ask("h-rep", f"/cases/{empty.id}").text
    assert "Emergency access until 11:00am" in page
    assert "Nothing is shared with you in this case." in page
