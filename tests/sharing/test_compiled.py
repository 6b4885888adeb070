"""The door's tables: never another answer than the law's, never after a change, a withdrawal or an end."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

import consent
from conference import clock, inputs
from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import Case, Field, Offered
from conference.db import Database
from conference.sharing import compiled, consents, door, policy, stored
from conference.sharing.door import EVERYTHING, NAMES, disclose
from conference.sharing.kept import Kept
from conference.sharing.models import ConsentRow
from conference.sharing.overrides import services as overrides
from conference.sharing.taking.taken import Taken
from conference.sharing.taking.wording import CURRENT
from conference.vault.errors import RowBroken
from conference.vault.keyfile import KeyFile
from tests.support.world import HOME, NOW, STAFF, World, add, by, by_hand, copied

MICRO = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
END = NOW + timedelta(days=30)
WRIST = ("health.physical", "summary", "Injury")


def prepared(world: World) -> World:
    """The victim has refused, and later granted until END, that Homes be told of an injury."""
    said(world, NOW + MINUTE, {"decision": "refuse", "recipients": ["*"]})
    grant = {"decision": "grant", "recipients": ["homes"], "until": clock.moment(END)}
    world.consent_id = said(world, NOW + 2 * MINUTE, grant)
    return world


LATER = NOW + 5 * MINUTE


def said(world: World, at: datetime, word: dict[str, Any]) -> str:
    """What the victim says about her health."""
    whole = {"purposes": ["prevent-serious-harm"], "classes": ["health.physical"], **word}
    how = Taken(way="aloud", wording=CURRENT, safe=True, alone=True, able=True)
    with clock.held(at), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        victim = world.people["victim"]
        row = consents.record_consent(
            session, case, victim, word=whole, how=how, by=by(world, "v-idva"), at=at
        )
        return row.id


def withdrawn(session: Any, world: World, at: datetime) -> None:
    case, row = session.get_one(Case, world.case_id), session.get_one(ConsentRow, world.consent_id)
    consents.withdraw(session, case, row, by=by(world, "v-idva"), at=at)


def seen(
    world: World, who: str, at: datetime = LATER, *, asked: Any = EVERYTHING, database: Database | None = None
) -> set[tuple[str, str, str | None]]:
    with clock.held(NOW):
        viewer = world.viewer(who)
    with clock.held(at), (database or world.database).read() as session:
        case = session.get_one(Case, world.case_id)
        view = disclose(session, viewer, [case], asked=asked)[case.id]
        return {(row.class_name, row.level, row.text) for row in view.rows}


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The moment of each compile."""
    counted: list[datetime] = []
    inner = consent.compile_table

    def counting(*given: Any) -> consent.Table:
        counted.append(given[4])
        return inner(*given)

    monkeypatch.setattr(consent, "compile_table", counting)
    return counted


# --- the law, and nothing else ---


@pytest.mark.slow
def test_the_door_decides_about_every_field_as_the_law_does(world: World) -> None:
    with clock.held(LATER):
        viewers = [world.viewer(who) for who, *_ in STAFF]
    compared = 0
    for at in (LATER, END):
        for viewer in [*viewers, *viewers[:3]]:
            with clock.held(at), world.database.read() as session:
                case = session.get_one(Case, world.case_id)
                decided = door._decide(session, viewer, [case], EVERYTHING, None)
                assert decided.shown[case.id] == by_the_law(session, viewer, case, at)
                compared += len(decided.shown[case.id])
    assert compared > 100


def by_the_law(session: Any, viewer: Any, case: Case, at: datetime) -> list[Any]:
    people = stored.people_of(session, [case.id])[case.id]
    rests = policy.in_force(session, viewer.partnership_id, people, at, staff=viewer.staff_id)
    kept_out = bool(stored.kept_out_of(session, viewer, [case.id])) or not viewer.trained
    fields = stored.stored_fields(session, viewer, [case.id], EVERYTHING)
    decided = {
        one.id: consent.decide(
            rests.policy,
            policy.request_for(
                at=at,
                purpose=case.conference_type.purpose,
                owner=one.owner,
                class_name=one.class_name,
                offered=one.offered,
                subjects=[(who, people[who]) for who in one.subjects],
                agency=viewer.agency_id,
                roles=[role.value for role in viewer.roles],
                excluded=kept_out,
            ),
        )
        for one in fields
    }
    leaving = (door._leaving(one, decided, viewer, people) for one in fields)
    return [one for one in leaving if one is not None]


def test_an_answer_is_compiled_once_and_looked_up_from_then_on(
    world: World, compiles: list[datetime]
) -> None:
    first = seen(world, "h-rep")
    assert WRIST in first
    for minutes in range(5):
        assert seen(world, "h-rep", LATER + minutes * MINUTE) == first
    assert compiles == [LATER]


def test_any_change_in_the_partnership_is_compiled_anew_so_that_time_does_not_tell_whose_it_was(
    world: World, compiles: list[datetime]
) -> None:
    first = seen(world, "h-rep")
    with world.database.write() as session:
        inputs.moved(session, HOME)
    assert seen(world, "h-rep") == first
    assert len(compiles) == 2


def test_a_page_that_asks_for_less_and_one_that_asks_for_all_share_a_table(
    world: World, compiles: list[datetime]
) -> None:
    names = seen(world, "h-rep", asked=NAMES)
    everything = seen(world, "h-rep")
    assert names < everything
    assert seen(world, "h-rep", asked=NAMES) == names
    assert len(compiles) == 2


def test_the_same_statements_are_sent_whether_there_is_a_table_or_not(world: World) -> None:
    sent: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    seen(world, "n-rep")  # so that the connection is there
    answers = []
    for _ in range(3):
        sent.clear()
        answers.append((seen(world, "h-rep"), list(sent)))
    assert answers[0] == answers[1] == answers[2]


# --- never after it ends ---


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_consent_that_ends_is_not_served_from_its_end(world: World, off: int) -> None:
    assert WRIST in seen(world, "h-rep")  # so that there is a table
    assert (WRIST in seen(world, "h-rep", END + off * MICRO)) is (off < 0)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_a_consent_counts_from_its_moment_and_a_table_from_before_it_is_not_served(
    world: World, off: int
) -> None:
    at = NOW + 2 * MINUTE  # when the grant was given
    assert WRIST not in seen(world, "h-rep", NOW + MINUTE)
    assert (WRIST in seen(world, "h-rep", at + off * MICRO)) is (off >= 0)


def test_a_clock_that_goes_back_is_not_served_from_a_table_of_later(world: World) -> None:
    assert WRIST not in seen(world, "h-rep", END)
    assert WRIST in seen(world, "h-rep", END - MICRO)
    assert WRIST not in seen(world, "h-rep", NOW + MINUTE)


# --- never after a change ---


def test_a_consent_that_is_withdrawn_is_not_served_again(either: World, compiles: list[datetime]) -> None:
    assert WRIST in seen(either, "h-rep")
    with clock.held(LATER), either.database.write() as session:
        withdrawn(session, either, LATER)
    assert WRIST not in seen(either, "h-rep")
    assert len(compiles) == 2


def test_what_a_session_changed_and_took_back_is_served_to_nobody_else(world: World) -> None:
    """Inside the session the change counts; rolled back, it never was, though counters may meet again."""
    with clock.held(NOW):
        viewer = world.viewer("h-rep")

    def undone() -> None:
        with clock.held(LATER), world.database.write() as session:
            case = session.get_one(Case, world.case_id)
            withdrawn(session, world, LATER)
            rows = disclose(session, viewer, [case])[case.id].rows
            assert WRIST[2] not in {row.text for row in rows}
            raise Undone

    with pytest.raises(Undone):
        undone()
    assert WRIST in seen(world, "h-rep")
    with clock.held(LATER), world.database.write() as session:
        inputs.moved(session, HOME)  # the counter is now where it was in there
    assert WRIST in seen(world, "h-rep")


class Undone(Exception):
    """Nothing happened."""


WITHDRAW = """
import sys
from datetime import datetime
from pathlib import Path
from conference import clock
from conference.cases.models import Case
from conference.cases.services import By
from conference.db import Database
from conference.sharing import consents
from conference.sharing.models import ConsentRow
from conference.vault.keyfile import KeyFile
from tests.support.world import import_models

import_models()
url, keys, at, case_id, consent_id, staff_id = sys.argv[1:]
database = Database(url, KeyFile.open(Path(keys)))
at = datetime.fromisoformat(at)
with clock.held(at), database.write() as session:
    case, row = session.get_one(Case, case_id), session.get_one(ConsentRow, consent_id)
    consents.withdraw(session, case, row, by=By(staff_id, "haven"), at=at)
"""


@pytest.mark.slow
def test_what_another_process_changes_is_seen_at_once(either: World) -> None:
    assert WRIST in seen(either, "h-rep")
    settings = either.settings
    told = (settings.database, str(settings.keys), LATER.isoformat(), either.case_id, either.consent_id)
    subprocess.run([sys.executable, "-c", WITHDRAW, *told, either.staff["v-idva"]], check=True, timeout=60)
    assert WRIST not in seen(either, "h-rep")


def test_a_field_offered_or_taken_back_is_seen_at_once(world: World) -> None:
    assert seen(world, "h-rep") == seen(world, "h-rep")
    with clock.held(LATER), world.database.write() as session:
        add(session, world, world.case_id, "p-rep", "identity.alias", "Mary", offered="full", name="alias")
    shown = ("identity.alias", "full", "Mary")
    assert shown in seen(world, "h-rep")
    with clock.held(LATER), world.database.write() as session:
        field = session.get_one(Field, world.fields["alias"])
        records.set_offer(session, field, Offered.NONE, by=by(world, "p-rep"))
    assert shown not in seen(world, "h-rep")


# --- whose it is ---


def test_emergency_access_is_theirs_who_asked_and_not_their_colleagues(world: World) -> None:
    with clock.held(NOW), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        cases.assign(session, case, world.staff["p-other"], by=by(world, "s-coord"), at=NOW)
    for who in ("p-rep", "p-other"):
        assert WRIST not in seen(world, who)
    with clock.held(NOW):
        viewer = world.viewer("p-rep")
    with clock.held(LATER), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        overrides.break_glass(session, viewer, case, "She does not answer", at=LATER)
    for _ in range(2):
        assert WRIST in seen(world, "p-rep")
        assert WRIST not in seen(world, "p-other")
    assert WRIST not in seen(world, "p-rep", LATER + timedelta(hours=1))


def test_a_viewer_of_other_roles_or_kept_out_has_a_table_of_their_own(world: World) -> None:
    assert seen(world, "h-rep")
    with clock.held(LATER), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        kind = cases.ExclusionKind.RECUSED
        cases.exclude(session, case, world.staff["h-rep"], kind, by=by(world, "h-rep"), at=LATER)
    assert seen(world, "h-rep") == set()
    assert seen(world, "h-dep")


# --- an edited row is not believed because there is a table ---


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE consent SET document = replace(document, 'refuse', 'grant')", id="a word"),
        pytest.param("UPDATE consent SET row_seal = NULL", id="a seal"),
        pytest.param("DELETE FROM consent WHERE document LIKE '%refuse%'", id="a row gone"),
        pytest.param(
            "UPDATE policy_version SET document = replace(document, 'summary', 'full')", id="a rule"
        ),
        pytest.param("UPDATE field SET offered = 'FULL'", id="an offer"),
        pytest.param("UPDATE case_person SET role = 'CHILD'", id="a role"),
    ],
)
def test_what_was_edited_by_hand_is_refused_though_the_answer_is_known(world: World, statement: str) -> None:
    assert WRIST in seen(world, "h-rep")
    with by_hand(world) as connection:
        connection.execute(text(statement))
    with pytest.raises(RowBroken):
        seen(world, "h-rep")


# --- bounded, and shared by threads ---


def test_no_more_are_kept_than_there_is_room_for(world: World) -> None:
    kept: Kept[int] = Kept(3)
    for number in range(10):
        kept.put(world.database, number, number)
        kept.get(world.database, 0)
    assert kept.count(world.database) == 3
    assert kept.get(world.database, 0) == 0  # used all the time
    assert [kept.get(world.database, number) for number in (7, 8, 9)] == [None, 8, 9]


def test_two_databases_share_nothing(told_world: World, tmp_path: Path) -> None:
    one, two = (copied(told_world, tmp_path / name) for name in ("one", "two"))
    kept: Kept[str] = Kept(3)
    kept.put(one.database, "key", "value")
    assert kept.get(two.database, "key") is None
    one.database.close()
    two.database.close()


def test_what_nobody_uses_any_more_goes_with_its_database(told_world: World, tmp_path: Path) -> None:
    one = copied(told_world, tmp_path)
    assert seen(one, "h-rep")
    assert compiled._tables.count(one.database) == 1
    gone = weakref.ref(one.database)
    one.database.close()
    del one
    gc.collect()
    assert gone() is None  # tables hold no database, and go with it: they are kept by a weak key
    assert all(database is not None for database in compiled._tables._of)


@contextmanager
def together(work: Callable[[], None], count: int) -> Iterator[list[BaseException]]:
    """`work` in many threads at once, until the block ends."""
    failed: list[BaseException] = []
    stop = threading.Event()

    def run() -> None:
        try:
            while not stop.is_set():
                work()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
def test_while_many_look_a_withdrawal_is_seen_by_everybody_who_looks_after_it(world: World) -> None:
    gone = threading.Event()

    def look() -> None:
        began_after = gone.is_set()
        shown = WRIST in seen(world, "h-rep")
        assert not (began_after and shown)

    with together(look, 4) as failed:
        for _ in range(3):
            assert WRIST in seen(world, "h-rep")
        with clock.held(LATER), world.database.write() as session:
            withdrawn(session, world, LATER)
        gone.set()
        for _ in range(3):
            assert WRIST not in seen(world, "h-rep")
    assert not failed


def test_a_second_database_on_the_same_file_sees_what_the_first_changed(world: World) -> None:
    other = Database(world.settings.database, KeyFile.open(world.settings.keys))
    assert WRIST in seen(world, "h-rep", database=other)
    with clock.held(LATER), world.database.write() as session:
        withdrawn(session, world, LATER)
    assert WRIST not in seen(world, "h-rep", database=other)
    other.close()
