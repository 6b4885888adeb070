"""An open page asks whether it still holds: the answer moves with what its reader sees, with nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from conference import clock, inputs, wall
from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind, Field, Offered, PersonRole
from conference.identity.models import WebSession
from conference.live.known import MOST, Answer, Known, Memory
from conference.meetings import conduct
from conference.meetings import services as meetings
from conference.meetings.models import Meeting
from conference.sharing import consents
from conference.trail.models import LogEvent
from conference.vault import unseal
from conference.vault.erase import erase_person
from conference.web import ConferenceFlask, parts_of
from tests.live.marks import asked_by
from tests.support.client import application, signed_in
from tests.support.world import HOME, NOW, World, add, by, copied, make

HOST = "http://localhost"
LATER = NOW + timedelta(seconds=30)


@pytest.fixture(scope="module")
def told_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return prepared(make(tmp_path_factory.mktemp("world")))


def prepared(world: World) -> World:
    """Something at each level that Homes can see."""
    with clock.held(NOW), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        add(session, world, case, "p-rep", "offending.incident", "He hit her on 3 May", offered="full",
            summary="Two calls", about=("perpetrator",), name="incident")  # fmt: skip
        add(session, world, case, "n-rep", "health.substance", "Drinks", offered="presence", name="drinks")
    return world


@pytest.fixture
def app(told_world: World, tmp_path: Path) -> Iterator[ConferenceFlask]:
    made = application(copied(told_world, tmp_path))
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    parts_of(made).database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(request: pytest.FixtureRequest, told_world: World, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        one = copied(told_world, tmp_path)
    else:
        one = prepared(make(tmp_path, request.getfixturevalue("postgres_url")))
    yield one
    one.database.close()


class Screen:
    """A page that somebody has open, and what it asks."""

    def __init__(self, app: ConferenceFlask, world: World, who: str, path: str, query: str = "") -> None:
        self.app, self.path, self.query = app, path, query
        with clock.held(NOW):
            self.client: FlaskClient = signed_in(app, world, who)
        self.open()

    def open(self, at=NOW) -> str:
        with clock.held(at):
            answer = self.client.get(f"{self.path}{self.query}", base_url=HOST)
        assert answer.status_code == 200
        self.text = answer.text
        asks = asked_by(self.text)
        assert asks is not None
        self.asks = asks
        return self.text

    def ask(self, at=LATER):
        with clock.held(at):
            return self.client.get(self.asks, base_url=HOST)

    def became(self, at=LATER) -> str:
        answer = self.ask(at)
        if answer.status_code == 204:
            assert answer.data == b""
            return "same"
        assert answer.status_code == 200
        assert answer.json.keys() == {"answer"}
        return answer.json["answer"]


def change(app: ConferenceFlask, do: Callable[[Session, Case], object], world: World, at=NOW) -> None:
    with clock.held(at), parts_of(app).database.write(wall.SYSTEM) as session:
        do(session, session.get_one(Case, world.case_id))


def screen(app: ConferenceFlask, world: World, who: str = "h-rep", query: str = "") -> Screen:
    return Screen(app, world, who, f"/cases/{world.case_id}", query)


@pytest.mark.slow
def test_a_page_that_was_just_made_holds(app: ConferenceFlask, told_world: World) -> None:
    for more in ("", "?view=agency", "?view=timeline", "?view=actions", "/print", "/research"):
        page = screen(app, told_world, query=more)
        assert [page.became() for _ in range(3)] == ["same"] * 3, more


def corrected(world: World, name: str, who: str, **said: str) -> Callable[[Session, Case], None]:
    def do(session: Session, _case: Case) -> None:
        field = session.get_one(Field, world.fields[name])
        records.correct_field(
            session, field, recorded_at=field.recorded_at, by=world.staff[who], at=clock.now(),
            then_offered=field.offered, **said,
        )  # fmt: skip

    return do


def unseen(world: World) -> dict[str, Callable[[Session, Case], object]]:
    """Changes of which Homes sees nothing."""
    return {
        "withheld": lambda s, c: add(s, world, c, "p-rep", "intelligence", "New", name="x"),
        "corrected at presence": corrected(world, "drinks", "n-rep", value="Drinks more"),
        "one more at presence": lambda s, c: add(
            s, world, c, "n-rep", "health.substance", "Again", offered="presence", name="x"
        ),
        "behind a summary": corrected(world, "incident", "p-rep", value="Twice", summary="Two calls"),
        "a person": lambda s, c: cases.add_person(s, c, PersonRole.OTHER),
        "somebody kept out": lambda s, c: cases.exclude(
            s, c, world.staff["p-other"], ExclusionKind.OTHER_SIDE, by=by(world, "p-rep"), at=NOW
        ),
        "a hidden case": lambda s, c: cases.open_case(
            s, partnership_id=HOME, conference_type=c.conference_type, agencies=["police"],
            by=by(world, "p-rep"), at=NOW,
        ),
        "an offer that the rules do not let through": lambda s, _c: records.set_offer(
            s, s.get_one(Field, world.fields["haven/contact.safe-address/victim"]), Offered.NONE,
            by=by(world, "v-idva"),
        ),
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["before", "first now"])
def test_what_this_reader_does_not_see_moves_nothing(
    app: ConferenceFlask, told_world: World, asked: str
) -> None:
    pages = [screen(app, told_world), screen(app, told_world, query="?view=agency")]
    pages.append(Screen(app, told_world, "h-rep", f"/meetings/{told_world.meeting_id}/room"))
    if asked == "before":
        assert [page.became() for page in pages] == ["same"] * 3
    for name, do in unseen(told_world).items():
        change(app, do, told_world)
        if asked == "before":
            assert [page.became() for page in pages] == ["same"] * 3, name
    assert [page.became() for page in pages] == ["same"] * 3


def test_a_summary_that_is_shown_moves_its_readers_page(app: ConferenceFlask, told_world: World) -> None:
    page = screen(app, told_world)
    assert "Two calls" in page.text
    more = corrected(told_world, "incident", "p-rep", value="He hit her on 3 May", summary="Three calls")
    change(app, more, told_world)
    assert page.became() == "less"
    assert "Three calls" in page.open()
    assert page.became() == "same"


def offered(world: World, name: str) -> Callable[[Session, Case], object]:
    """Something new of the police."""
    return lambda session, case: add(
        session, world, case, "p-rep", "offending.marker", "Violent", offered="full", summary="V",
        about=("perpetrator",), name=name,
    )  # fmt: skip


def taken_back(world: World, name: str) -> Callable[[Session, Case], object]:
    """It is on the table no more."""
    return lambda session, _case: records.set_offer(
        session, session.get_one(Field, world.fields[name]), Offered.NONE, by=by(world, "p-rep")
    )


def test_what_is_taken_back_goes_and_what_is_new_waits(either: World) -> None:
    told_world, app = either, application(either)
    page, owner = screen(app, told_world), screen(app, told_world, "p-rep")
    paper, ours = screen(app, told_world, query="/print"), screen(app, told_world, query="/research")
    assert page.became() == owner.became() == paper.became() == ours.became() == "same"
    change(app, offered(told_world, "new"), told_world)
    assert page.became() == owner.became() == "more"
    assert page.became() == "more"
    change(app, taken_back(told_world, "new"), told_world)
    assert page.became() == "same"
    change(app, taken_back(told_world, "incident"), told_world)
    assert page.became() == "less"
    assert "Two calls" not in page.open()
    assert page.became() == "same"
    assert paper.became() == "less"
    assert ours.became() == "same"  # it holds the names, and what is our own
    change(app, taken_back(told_world, "police/identity.name/victim"), told_world)
    assert ours.became() == "less"
    parts_of(app).database.close()


def test_where_nobody_knows_what_a_page_showed_it_is_made_anew(
    app: ConferenceFlask, told_world: World
) -> None:
    page = screen(app, told_world)
    change(app, offered(told_world, "new"), told_world)
    assert page.became() == "less"


def test_a_refusal_that_is_recorded_blanks_what_it_stops(app: ConferenceFlask, told_world: World) -> None:
    page = screen(app, told_world, "v-idva")
    assert page.became() == "same"
    assert "Injury" in page.text or "Broken wrist" in page.text

    def refuse(session: Session, case: Case) -> None:
        word = {"decision": "refuse", "recipients": ["*"], "classes": ["health"],
                "purposes": ["prevent-serious-harm"]}  # fmt: skip
        consents.record_consent(session, case, told_world.people["victim"], word=word, how="Said so",
                                by=by(told_world, "v-idva"), at=clock.now())  # fmt: skip

    change(app, refuse, told_world, at=LATER)
    assert page.became(LATER + timedelta(seconds=1)) == "less"
    assert "Broken wrist" not in page.open(LATER + timedelta(seconds=1))


@pytest.mark.parametrize(("off", "became"), [(-1, "same"), (0, "less"), (1, "less")])
def test_an_emergency_leaves_the_screen_with_its_hour(
    app: ConferenceFlask, told_world: World, off: int, became: str
) -> None:
    page = screen(app, told_world)
    with clock.held(NOW):
        page.client.post(f"{page.path}/emergency", data={"reason": "He is outside"}, base_url=HOST)
    assert "Emergency access until" in page.open()
    hour = NOW + timedelta(minutes=60)
    for minutes in (10, 20, 30, 40, 50):
        with clock.held(NOW + timedelta(minutes=minutes)):
            page.client.get("/stay", base_url=HOST)
    assert page.became(NOW + timedelta(minutes=59)) == "same"
    assert page.became(hour + timedelta(microseconds=off)) == became


def test_asking_shows_logs_and_extends_nothing(app: ConferenceFlask, told_world: World) -> None:
    page = screen(app, told_world)
    database = parts_of(app).database

    def counted() -> tuple[int | None, list[object]]:
        with database.read() as session:
            events = session.scalar(select(func.count()).select_from(LogEvent))
            return events, list(session.scalars(select(WebSession.last_seen_at)))

    change(app, corrected(told_world, "incident", "p-rep", value="x", summary="Nine calls"), told_world)
    before = counted()
    answer = page.ask(NOW + timedelta(minutes=5))
    assert "Nine calls" not in answer.text
    assert "Disclosure-Receipt" not in answer.headers
    assert counted() == before
    assert page.ask(NOW + timedelta(minutes=15)).status_code == 303  # nobody used it


def test_whoever_may_not_see_the_page_is_not_told_either(app: ConferenceFlask, told_world: World) -> None:
    page = screen(app, told_world)
    assert page.became() == "same"
    change(app, lambda s, c: cases.exclude(s, c, told_world.staff["h-rep"], ExclusionKind.RECUSED,
                                           by=by(told_world, "h-rep"), at=NOW), told_world)  # fmt: skip
    assert page.ask().status_code == 404


def test_a_reason_that_is_over_closes_the_page(app: ConferenceFlask, told_world: World) -> None:
    with clock.held(NOW):
        client = signed_in(app, told_world, "p-other")
        client.post(f"/cases/{told_world.case_id}/reason", data={"reason": "On duty"}, base_url=HOST)
    page = screen(app, told_world, "p-other")
    end = NOW + cases.REASON_LASTS
    assert page.became() == "same"
    for step in range(5, 12 * 60, 10):
        with clock.held(NOW + timedelta(minutes=step)):
            page.client.get("/stay", base_url=HOST)
    assert page.ask(end - timedelta(seconds=1)).status_code == 204
    assert page.ask(end).status_code == 303


def test_a_room_moves_with_who_is_there_and_what_is_heard(app: ConferenceFlask, told_world: World) -> None:
    page = Screen(app, told_world, "h-rep", f"/meetings/{told_world.meeting_id}/room")
    assert page.became() == "same"
    viewer = told_world.viewer("v-idva")

    def leave(session: Session, _case: Case) -> None:
        conduct.leave(
            session, viewer, meetings.visible_meeting(session, viewer, told_world.meeting_id), at=NOW
        )

    change(app, leave, told_world)
    assert page.became() == "less"
    page.open()
    chair = told_world.viewer("s-chair")

    def move_on(session: Session, _case: Case) -> None:
        meeting = meetings.visible_meeting(session, chair, told_world.meeting_id)
        conduct.move_on(session, chair, meeting, at=clock.now())

    change(app, move_on, told_world)
    assert page.became() == "less"


def test_while_nothing_moves_it_costs_little_and_opens_nothing(
    app: ConferenceFlask, told_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    inner = unseal.open_each

    def counting(session, sealed, **more):
        opened.append(len(sealed))
        return inner(session, sealed, **more)

    monkeypatch.setattr("conference.sharing.opening.open_each", counting)
    statements: list[str] = []
    event.listen(parts_of(app).database.engine, "before_cursor_execute",
                 lambda _c, _cu, statement, *_: statements.append(statement))  # fmt: skip
    page = screen(app, told_world)
    page.became()
    opened.clear()
    statements.clear()
    assert page.became() == "same"
    assert opened == []
    assert not any("FROM field" in one or "consent" in one for one in statements)
    assert len(statements) < 8  # whose session it is, who that is, and one of our own
    change(app, unseen(told_world)["withheld"], told_world)
    opened.clear()
    assert page.became() == "same"
    change(app, taken_back(told_world, "incident"), told_world)
    assert page.became() == "less"
    assert opened == []


def test_an_agenda_moves_with_its_names_and_its_order(app: ConferenceFlask, told_world: World) -> None:
    page = Screen(app, told_world, "h-rep", f"/meetings/{told_world.meeting_id}")
    assert "Maria Kowalczyk" in page.text
    assert page.became() == "same"
    for do in unseen(told_world).values():
        change(app, do, told_world)
    assert page.became() == "same"
    change(app, taken_back(told_world, "police/identity.name/victim"), told_world)
    assert page.became() == "less"
    assert "Maria" not in page.open()
    assert page.became() == "same"

    def listed(session: Session, case: Case) -> None:
        more = cases.open_case(
            session, partnership_id=HOME, conference_type=case.conference_type, agencies=["homes"],
            by=by(told_world, "s-coord"), at=NOW,
        )  # fmt: skip
        meeting = session.get_one(Meeting, told_world.meeting_id)
        meetings.list_case(session, meeting, more, position=40, by=by(told_world, "s-coord"))

    change(app, listed, told_world)
    assert page.became() == "less"


def test_an_erased_person_leaves_every_open_page(app: ConferenceFlask, told_world: World) -> None:
    pages = [screen(app, told_world, query=more) for more in ("", "/print", "/ask", "/consents")]
    assert [page.became() for page in pages] == ["same"] * 4
    assert all("Maria" in page.text for page in pages)
    keys, person = parts_of(app).database.keys, told_world.people["victim"]
    before = version_of(app)
    change(app, lambda s, _c: erase_person(s, keys, person), told_world)
    assert version_of(app) == before + 1
    assert [page.became() for page in pages] == ["less"] * 4


def test_a_key_that_goes_when_the_counter_has_moved_is_noticed(
    app: ConferenceFlask, told_world: World
) -> None:
    page = screen(app, told_world)
    assert page.became() == "same"
    parts_of(app).database.keys.destroy(f"person/{told_world.people['victim']}")
    assert page.became() == "less"


def version_of(app: ConferenceFlask) -> int:
    with parts_of(app).database.read() as session:
        return inputs.version(session, HOME)


def test_what_was_found_is_asked_about_and_goes(app: ConferenceFlask, told_world: World) -> None:
    looked_for = {"name": "Maria Kowalczyk", "born-day": "3", "born-month": "3", "born-year": "1992"}
    with clock.held(NOW):
        client = signed_in(app, told_world, "p-rep")
        answer = client.post("/find", data=looked_for, base_url=HOST)
    assert "Maria" in answer.text
    assert 'data-live-once="Search again."' in answer.text
    page = Screen.__new__(Screen)
    page.client, page.asks = client, asked_by(answer.text)
    assert page.became() == "same"
    change(app, offered(told_world, "new"), told_world)
    assert page.became() == "same"  # it shows nothing else of the case
    name = corrected(told_world, "police/identity.name/victim", "p-rep", value="Maria Nowak")
    change(app, name, told_world)
    assert page.became() == "less"


def test_a_mark_is_its_readers_alone(app: ConferenceFlask, told_world: World) -> None:
    one, other = screen(app, told_world, "h-rep"), screen(app, told_world, "h-dep")
    one.client = other.client
    assert one.ask().status_code == 404
    one.asks = one.asks.replace("asks=", "asks=x")
    assert one.ask().status_code == 404


def test_an_answer_without_news_is_not_written_down(
    app: ConferenceFlask, told_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    page = screen(app, told_world)
    with caplog.at_level("INFO", logger="conference.web"):
        page.became()
        assert caplog.records == []
        change(app, taken_back(told_world, "incident"), told_world)
        page.became()
        assert [one.fields["route"] for one in caplog.records] == ["/live"]


def test_marks_differ_between_readers_who_see_the_same(app: ConferenceFlask, told_world: World) -> None:
    one, other = screen(app, told_world, "h-rep"), screen(app, told_world, "h-dep")
    assert one.asks != other.asks


def test_what_is_remembered_is_bounded() -> None:
    memory = Memory()
    known = Known(1, None, "", None, None, Answer.SAME)
    for number in range(MOST + 10):
        memory.keep((number,), known)
    assert memory.find((0,)) is None
    assert memory.find((MOST + 9,)) == known
