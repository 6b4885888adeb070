"""What an attacker with a friend in an agency tried, each once: none of it works any more."""

from __future__ import annotations

from itertools import count as count_from
from pathlib import Path

import pytest
from sqlalchemy import func, select

from conference.cases.models import Field, Record
from conference.trail.reading import Wanted, events_for
from conference.web import ConferenceFlask
from tests.support.client import application, copied, settle, signed_in
from tests.support.world import HOME, World, add, make, told

PAGE = "http://localhost"
ASKED = count_from()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    return copied(first, tmp_path / "world")


@pytest.fixture
def app(world: World) -> ConferenceFlask:
    made = application(world)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def ask(app: ConferenceFlask, world: World, who: str, method: str, path: str, **form: object):
    with told(f"{who} {next(ASKED)}"):  # the same question twice is two sessions
        client = signed_in(app, world, who)
        return client.open(path, method=method, data=form, base_url=PAGE)


@pytest.mark.parametrize("what", ["actions", "risk", "next", "start", "let-back"])
@pytest.mark.parametrize("who", ["n-rep", "p-other", "s-coord"])
def test_who_is_not_in_the_room_learns_nothing_by_posting_to_it(
    app: ConferenceFlask, world: World, what: str, who: str
) -> None:
    answer = ask(app, world, who, "POST", f"/meetings/{world.meeting_id}/{what}")
    assert answer.status_code == 403
    assert "Kowalczyk" not in answer.text
    assert "Larch" not in answer.text


def test_a_chair_who_has_left_moves_nothing(app: ConferenceFlask, world: World) -> None:
    assert ask(app, world, "s-chair", "POST", f"/meetings/{world.meeting_id}/leave").status_code == 303
    assert ask(app, world, "s-chair", "POST", f"/meetings/{world.meeting_id}/next").status_code == 403


def test_a_colleague_who_joins_still_says_why(app: ConferenceFlask, world: World) -> None:
    ask(app, world, "p-other", "POST", f"/meetings/{world.meeting_id}/statement")
    ask(app, world, "p-other", "POST", f"/meetings/{world.meeting_id}/join")
    page = ask(app, world, "p-other", "GET", f"/meetings/{world.meeting_id}/room")
    assert "Kowalczyk" not in page.text
    assert "Say why you need it" in page.text


def test_looking_for_a_hidden_alias_leaves_no_trace_of_it(app: ConferenceFlask, world: World) -> None:
    with told("hidden"), world.database.write() as session:
        add(session, world, world.case_id, "p-rep", "identity.alias", "Eva Hidden", name="alias")
        add(session, world, world.case_id, "p-rep", "identity.dob", "1980-02-01", name="born")
    born = {"born-day": "1", "born-month": "2", "born-year": "1980"}
    before = shown_to_homes(world)
    for name in ("Eva Hidden", "Eva Nobody"):
        page = ask(app, world, "h-rep", "POST", "/find", name=name, **born)
        assert "No case matches." in page.text
    assert shown_to_homes(world) == before


def test_a_preview_does_not_say_what_a_person_refused(app: ConferenceFlask, world: World) -> None:
    from conference.cases.models import Case
    from conference.sharing import consents
    from tests.support.world import by

    form = {
        "class_name": "health.physical",
        "about": world.people["victim"],
        "value": "x",
        "offered": "full",
        "act": "preview",
    }
    before = ask(app, world, "n-rep", "POST", f"/cases/{world.case_id}/research/add", **form).text
    with told("refusal"), world.database.write() as session:
        consents.record_consent(
            session,
            session.get_one(Case, world.case_id),
            world.people["victim"],
            word={
                "decision": "refuse",
                "recipients": ["*"],
                "purposes": ["prevent-serious-harm"],
                "classes": ["health"],
            },
            how="Said alone",
            by=by(world, "v-idva"),
            at=world.now,
        )
    after = ask(app, world, "n-rep", "POST", f"/cases/{world.case_id}/research/add", **form).text
    assert preview(before) == preview(after)
    assert "In full" in preview(before) or "Summary" in preview(before)


def test_taking_a_summary_off_the_table_is_logged(app: ConferenceFlask, world: World) -> None:
    field = world.fields["homes/tenancy.arrears/victim"]
    form = {"value": "£1,240", "kind": "fact", "offered": "none"}
    path = f"/cases/{world.case_id}/research/{field}"
    assert ask(app, world, "h-rep", "POST", path, **form).status_code == 303
    assert "offer.withdrawn" in names_in_log(world, "homes")


def test_a_refused_action_leaves_nothing_behind(app: ConferenceFlask, world: World) -> None:
    before = count(world, Record), count(world, Field)
    form = {
        "text": "   ",
        "staff_id": world.staff["h-rep"],
        "due-day": "1",
        "due-month": "12",
        "due-year": "2026",
    }
    answer = ask(app, world, "h-rep", "POST", f"/meetings/{world.meeting_id}/actions", **form)
    assert answer.status_code == 422
    assert (count(world, Record), count(world, Field)) == before


def test_an_action_that_is_saved_shows_nothing_and_says_so(app: ConferenceFlask, world: World) -> None:
    before = shown_to_homes(world)
    form = {
        "text": "Fit an alarm",
        "staff_id": world.staff["h-rep"],
        "due-day": "1",
        "due-month": "12",
        "due-year": "2026",
    }
    answer = ask(app, world, "h-rep", "POST", f"/meetings/{world.meeting_id}/actions", **form)
    assert answer.status_code == 303
    assert shown_to_homes(world) == before


def preview(page: str) -> str:
    return page.partition("Who would see it:")[2].partition("</p>")[0]


def names_in_log(world: World, agency: str) -> list[str]:
    settle(world)
    with world.database.read() as session:
        return [entry.name for entry in events_for(session, HOME, agency, Wanted())]


def shown_to_homes(world: World) -> int:
    return names_in_log(world, "homes").count("disclosure.shown")


def count(world: World, table: type) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
