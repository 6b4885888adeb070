"""The room: what it says to each role, and that a case which is hidden from somebody leaves no mark in it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind
from conference.meetings.models import AgendaItem, ItemStatus, Meeting, MeetingStatus
from conference.meetings.services import open_item
from conference.sharing import opening
from conference.vault import unseal
from conference.web import ConferenceFlask, parts_of
from tests.support.client import application, copied, settle, signed_in, without_tokens
from tests.support.world import World, by, make, told

NOT_YET = "The next case is not open yet."
PRIMARY = re.compile(r'class="govuk-button"')


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    return copied(first, tmp_path / "world")


def room(app: ConferenceFlask, world: World, who: str) -> TestResponse:
    with told(f"room {who}"):
        return signed_in(app, world, who).get(
            f"/meetings/{world.meeting_id}/room", base_url="http://localhost"
        )


def words(answer: TestResponse) -> str:
    """What somebody reads."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)))).strip()


# --- what it says ---


@pytest.mark.parametrize("who", ["s-chair", "h-rep", "p-rep", "v-idva", "s-obs"])
def test_each_has_one_thing_to_press_first_and_one_heading(world: World, who: str) -> None:
    answer = room(application(world), world, who)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert len(PRIMARY.findall(page)) == 1
    assert page.count("<h1") == 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "Contact nobody in this case unless an action says so." in words(answer)
    assert answer.headers["Disclosure-Receipt"]


def test_a_member_reads_who_what_they_want_how_high_the_risk_is_and_what_is_agreed(world: World) -> None:
    said = words(room(application(world), world, "h-rep"))
    order = (
        "Maria Kowalczyk, 34",
        "High risk",
        "What they want",
        "To stay near the school",
        "Risk of serious harm",
        "Actions",
        "Change the locks, Sam Okafor, 27 November",
        "Northmoor Homes",
        "Secure tenancy since 2 May 2019",
        "In the room",
    )
    places = [said.index(one) for one in order[:1]]
    for one in order[1:]:
        places.append(said.index(one, places[-1]))
    assert "Close case and open next" not in said
    assert "SAFE ADDRESS" not in said


def test_safe_contact_comes_first_for_its_readers(world: World) -> None:
    said = words(room(application(world), world, "v-idva"))
    assert 0 < said.index("SAFE ADDRESS") < said.index("What they want")


def test_the_chair_has_the_buttons_of_the_chair(world: World) -> None:
    said = words(room(application(world), world, "s-chair"))
    assert "Close case and open next" in said
    assert "Write the risk summary" in said


def test_an_observer_is_told_that_nothing_is_shown(world: World) -> None:
    said = words(room(application(world), world, "s-obs"))
    assert "You are here to listen. Nothing of this case is shown to observers." in said
    for one in ("Maria", "risk", "locks", "conflict of interest", "Add action"):
        assert one not in said


def test_the_chair_moves_on_until_the_meeting_has_ended(world: World) -> None:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    with told("chair"):
        chair = signed_in(app, world, "s-chair")
        for _ in range(2):
            answer = chair.post(f"/meetings/{world.meeting_id}/next", base_url="http://localhost")
            assert answer.status_code == 303
    answer = room(app, world, "s-chair")
    assert "This meeting has ended." in words(answer)
    assert len(PRIMARY.findall(answer.get_data(as_text=True))) == 1


# --- what it does not say ---

HIDDEN = {
    "recused": lambda session, case, world: cases.exclude(
        session, case, world.staff["h-rep"], ExclusionKind.RECUSED, by=by(world, "h-rep"), at=world.now
    ),
    "other-side": lambda session, case, world: cases.exclude(
        session, case, world.staff["h-rep"], ExclusionKind.OTHER_SIDE, by=by(world, "s-coord"), at=world.now
    ),
    "not-listed": lambda _session, _case, _world: None,
}


def hide(world: World, how: str, *, is_heard: bool) -> None:
    """Close the case that was heard; where `is_heard`, a case hidden from housing is open."""
    with told(f"hide {how}"), world.database.write() as session:
        meeting = session.get_one(Meeting, world.meeting_id)
        main = session.get_one(Case, world.case_id)
        listed = ["police", "safety"] if how == "not-listed" else ["police", "homes", "safety"]
        hidden = cases.open_case(
            session,
            partnership_id=main.partnership_id,
            conference_type=main.conference_type,
            agencies=listed,
            by=by(world, "s-coord"),
            at=world.now,
        )
        HIDDEN[how](session, hidden, world)
        now_open = open_item(session, meeting)
        assert now_open is not None
        now_open.status, now_open.closed_at = ItemStatus.HEARD, world.now
        session.add(
            AgendaItem(
                id="agi_" + "b" * 26,
                partnership_id=meeting.partnership_id,
                meeting_id=meeting.id,
                case_id=hidden.id,
                position=25,
                status=ItemStatus.OPEN if is_heard else ItemStatus.WAITING,
                opened_at=world.now + timedelta(minutes=1) if is_heard else None,
            )
        )
        assert meeting.status is MeetingStatus.IN_SESSION
    settle(world)


@pytest.mark.parametrize("how", HIDDEN)
def test_while_a_hidden_case_is_heard_the_room_is_as_it_is_between_cases(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    opened: list[int] = []
    inner = unseal.open_each

    def counted(session, sealed):
        opened.append(len(sealed))
        return inner(session, sealed)

    monkeypatch.setattr(opening, "open_each", counted)
    seen = []
    for is_heard in (False, True):
        one = copied(world, tmp_path / str(is_heard))
        hide(one, how, is_heard=is_heard)
        app = application(one)
        statements: list[str] = []
        event.listen(
            parts_of(app).database.engine,
            "before_cursor_execute",
            lambda _c, _u, statement, *_, into=statements: into.append(statement),
        )
        opened.clear()
        answer = room(app, one, "h-rep")
        headers = sorted((name, value) for name, value in answer.headers if name != "Set-Cookie")
        assert NOT_YET in words(answer)
        seen.append(
            (answer.status_code, without_tokens(answer.get_data()), headers, statements, list(opened))
        )
    assert seen[0] == seen[1]


def test_to_those_who_may_know_of_it_the_room_does_differ(world: World) -> None:
    """The test above would be empty otherwise."""
    hide(world, "not-listed", is_heard=True)
    assert NOT_YET not in words(room(application(world), world, "p-rep"))
