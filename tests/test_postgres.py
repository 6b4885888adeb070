"""PostgreSQL does what SQLite does: the same walk through every page, and eight people at once."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit import verify_folder
from conference import clock
from conference.cases.models import Field
from conference.trail import proving, reading
from conference.trail.keys import verifier_key
from conference.trail.sequencer import check_start
from conference.web import ConferenceFlask, parts_of
from tests.routes import ROUTES
from tests.support.client import application, settle, signed_in, without_tokens
from tests.support.needles import listening, needles, occurring, typed
from tests.support.postgres import Cluster
from tests.support.world import HOME, World, make, told
from tests.test_access import ROLES

pytestmark = pytest.mark.slow

AppOf = Callable[[World], ConferenceFlask]

HOST = "http://localhost"
FIELD = {
    "class_name": "tenancy.history",
    "value": "Moved twice",
    "kind": "fact",
    "source": "Rent account",
    "offered": "full",
    "summary": "Has moved",
}
DUE = {"due-day": "1", "due-month": "12", "due-year": "2026"}
# Those two differ by their keys: codes, hashes and what is signed.
FRESH = re.compile(
    r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}\b|[A-Za-z0-9+/]{43}=|v1;\S+|\S+\+[0-9a-f]{8}\+\S+|— \S+ \S+"
)


@pytest.fixture
def worlds(postgres_url: str, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """The same world twice: on SQLite, and on PostgreSQL."""
    folders = [tmp_path / name for name in ("sqlite", "postgresql")]
    for folder in folders:
        folder.mkdir()
    made = make(folders[0]), make(folders[1], postgres_url)
    yield made
    for world in made:
        world.database.close()


@pytest.fixture
def app_of() -> Iterator[AppOf]:
    """The application over a world; its connections are given back at the end."""
    made: list[ConferenceFlask] = []

    def one(world: World) -> ConferenceFlask:
        made.append(application(world))
        made[-1].config["WTF_CSRF_ENABLED"] = False
        return made[-1]

    yield one
    for app in made:
        parts_of(app).database.close()


def words(answer: TestResponse) -> str:
    """What somebody reads, without what the keys make different."""
    if not answer.mimetype.startswith("text/html"):
        return answer.mimetype
    page = re.sub(r"<[^>]*>", " ", without_tokens(answer.get_data()).decode("utf-8"))
    return re.sub(r"\s+", " ", FRESH.sub("", unescape(page))).strip()


def both(worlds: tuple[World, World], seen: list[list[tuple[object, ...]]]) -> None:
    """What was seen in both worlds is the same."""
    for first, second in zip(*seen, strict=True):
        assert first == second


# --- pages ---


LEAVING = {("meetings.declare_conflict", "POST"), ("meetings.leave", "POST")}
SENDERS = ("p-rep", "v-idva", "s-chair", "p-ig")


def test_every_page_answers_everybody_the_same_on_both_and_no_value_is_in_a_file(
    worlds: tuple[World, World],
    app_of: AppOf,
    postgres_cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = listening(monkeypatch)
    seen: list[list[tuple[object, ...]]] = []
    for world in worlds:
        app, answers = app_of(world), []
        name_events(world, app)
        for role, who in [*ROLES.items(), ("the police", "p-rep")]:
            with told(f"walk {role}"):
                client = signed_in(app, world, who)
            for (endpoint, method), route in sorted(ROUTES.items()):
                for suffix in route.queries if method == "GET" else ():
                    if endpoint == "identity.sign_out":
                        continue
                    with told(f"{role} {endpoint} {suffix}"):
                        answer = client.get(route.path(world, who) + suffix, base_url=HOST)
                    receipt = "Disclosure-Receipt" in answer.headers
                    answers.append((role, endpoint, suffix, answer.status_code, receipt, words(answer)))
        seen.append(answers)
    both(worlds, seen)
    assert sum(bool(line[4]) for line in seen[1]) > 50
    send(app, worlds[1])
    settle(worlds[1])
    verified(worlds[1])
    nothing_in_files(postgres_cluster, worlds[1], opened)


def send(app: ConferenceFlask, world: World) -> None:
    """Every form of every route, by some."""
    for who in SENDERS:
        with told(f"send {who}"):
            client = signed_in(app, world, who)
        forms = [one for one in ROUTES.items() if one[0][1] != "GET" and one[0][0] != "identity.sign_out"]
        for name, route in sorted(forms, key=lambda one: (one[0] in LEAVING, one[0])):
            for number, form in enumerate(route.every_form()):
                with told(f"send {who} {name} {number}"):
                    client.post(route.path(world, who), data=form(world, who), base_url=HOST)


def nothing_in_files(cluster: Cluster, world: World, opened: set[str]) -> None:
    """Nothing that was opened or typed in is in the bytes of PostgreSQL's files."""
    with psycopg.connect(world.root, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert found is not None
    content = files_of(cluster, found[0])
    wanted = needles(opened | typed(world))
    assert {"Maria Kowalczyk", "Refuge, 7 Larch Walk, LS9 0AA"} <= set(wanted.values())
    its_own = occurring(files_of(cluster, 1), wanted)  # what any PostgreSQL holds, in template1
    assert its_own <= {"Chris", "Maria"}
    assert world.reference.encode() in content
    assert occurring(content, wanted) <= its_own


def files_of(cluster: Cluster, oid: int) -> bytes:
    """The bytes of one database."""
    folder = cluster._sockets / "data" / "base" / str(oid)
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())


def name_events(world: World, app: ConferenceFlask) -> None:
    """An entry of the log for each agency's IG officer to open."""
    for who in ("h-rep", "p-rep", "n-rep"):
        with told(f"events {who}"):
            signed_in(app, world, who).get(f"/cases/{world.case_id}", base_url=HOST)
    settle(world)
    with world.database.read() as session:
        for agency in ("homes", "police", "nhs"):
            world.events[agency] = reading.events_for(session, HOME, agency)[0].id


# --- changes ---


def steps(world: World) -> Iterator[tuple[str, str, dict[str, str]]]:
    """A day's work: who, where, what. Ids are looked up as it goes on."""
    case, meeting = f"/cases/{world.case_id}", f"/meetings/{world.meeting_id}"
    victim, rep = world.people["victim"], world.staff["h-rep"]
    yield "h-rep", f"{case}/research/add", FIELD | {"about": victim}
    yield "h-rep", f"{case}/research/add", FIELD | {"about": victim, "act": "preview"}
    yield "h-rep", f"{case}/research/add", {}
    field = f"{case}/research/{newest(world, 'homes')}"
    yield "h-rep", field, FIELD | {"value": "Moved three times", "offered": "summary"}
    yield "p-rep", field, FIELD
    yield "h-rep", f"{field}/take-back", {}
    yield "h-rep", f"{case}/research/send", {}
    yield "n-rep", f"{case}/research/send", {"nil": "yes"}
    yield "n-rep", f"{meeting}/join", {}
    yield "n-rep", f"{meeting}/statement", {}
    yield "n-rep", f"{meeting}/join", {}
    yield "n-rep", f"{meeting}/apologies", {}
    yield (
        "s-chair",
        f"{meeting}/risk",
        {"level": "High risk", "text": "Risk of harm", "sources": newest(world, "homes")},
    )
    yield "s-chair", f"{meeting}/risk", {}
    yield "h-rep", f"{meeting}/actions", DUE | {"text": "Fit an alarm", "staff_id": rep}
    yield "h-rep", f"{meeting}/actions", {"text": ""}
    yield "h-rep", f"/actions/{world.action_id}", {"status": "not-possible"}
    yield "h-rep", f"/actions/{world.action_id}", {"status": "done", "note": "The locks were changed"}
    yield "h-rep", f"/actions/{world.action_id}", {"status": "done"}
    yield "h-rep", f"{case}/conflict", {}
    yield "h-rep", f"{case}/research/send", {}
    yield "s-chair", f"{meeting}/let-back", {"staff_id": rep}
    yield "h-rep", f"{case}/research/send", {}
    yield "p-other", f"{case}/reason", {"reason": ""}
    yield "p-other", f"{case}/reason", {"reason": "Duty call"}
    yield (
        "p-rep",
        "/find",
        {"name": "Maria Kowalczyk", "born-day": "3", "born-month": "3", "born-year": "1992"},
    )
    yield (
        "p-rep",
        "/find",
        {"name": "maria KOWALCZYK ", "born-day": "3", "born-month": "3", "born-year": "1992"},
    )
    yield "p-rep", "/find", {"reference": world.reference.lower()}
    yield "p-rep", "/find", {}
    yield "h-ig", "/governance/disclosures", {"why": "audit", "case": world.reference}
    yield "s-chair", f"{meeting}/next", {}
    yield "s-chair", f"{meeting}/next", {}
    yield "s-chair", f"{meeting}/next", {}
    yield "p-rep", f"{meeting}/leave", {}


def newest(world: World, agency: str) -> str:
    """The field that an agency added last, or else any of its own."""
    with world.database.read() as session:
        rows = session.scalars(select(Field.id).where(Field.owner == agency)).all()
    return next((one for one in rows if one not in world.fields.values()), rows[0])


def test_a_days_work_goes_the_same_on_both(worlds: tuple[World, World], app_of: AppOf) -> None:
    seen: list[list[tuple[object, ...]]] = []
    for world in worlds:
        app, answers = app_of(world), []
        clients: dict[str, FlaskClient] = {}
        for number, (who, path, form) in enumerate(steps(world)):
            if who not in clients:
                with told(f"sign in {who}"):
                    clients[who] = signed_in(app, world, who)
            with told(f"step {number}"):
                answer = clients[who].post(path, data=form, base_url=HOST)
                where = answer.headers.get("Location")
                after = clients[who].get(where, base_url=HOST) if where else None
            said = (words(answer), words(after) if after else None)
            answers.append((number, who, path, answer.status_code, where, said))
        seen.append(answers)
        settle(world)
        verified(world)
    both(worlds, seen)
    assert not [line for line in seen[1] if line[3] not in {200, 303, 403, 404, 409, 422}]  # type: ignore[comparison-overlap]


# --- many at once ---

THREADS = 8
FINE = {200, 303, 409, 422}


@pytest.mark.parametrize("rounds", [6, pytest.param(24, marks=pytest.mark.soak)])
def test_eight_people_at_once_end_without_a_fault(
    postgres_url: str, tmp_path: Path, app_of: AppOf, rounds: int
) -> None:
    world = make(tmp_path, postgres_url)
    app = app_of(world)
    people = ("h-rep", "p-rep", "v-idva", "s-chair", "h-dep", "n-rep", "p-ref", "s-coord")
    with told("sign in"):
        clients = [signed_in(app, world, who) for who in people]
        for client in clients:
            for what in ("statement", "join"):
                came = client.post(f"/meetings/{world.meeting_id}/{what}", base_url=HOST)
                assert came.status_code == 303
    answers: Counter[tuple[str, int]] = Counter()
    unreceipted: list[str] = []
    ready = threading.Barrier(THREADS)

    def work(number: int) -> None:
        client, who = clients[number], people[number]
        ready.wait()
        for round_ in range(rounds):
            for method, path, form in busy(world, who, round_):
                with clock.held(world.now):  # a thread has a clock of its own
                    answer = client.open(path, method=method, data=form, base_url=HOST)
                answers[f"{method} {path.rpartition('/')[2]}", answer.status_code] += 1
                if (
                    method == "GET"
                    and answer.status_code == 200
                    and "Disclosure-Receipt" not in answer.headers
                ):
                    unreceipted.append(path)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answers.values()) == THREADS * rounds * 4
    assert {status for _, status in answers} <= FINE, sorted(answers.items())
    assert unreceipted == []
    settle(world)
    verified(world)
    world.database.close()


def busy(world: World, who: str, round_: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Four things that somebody does in one round: two that change, two that read."""
    case, meeting = f"/cases/{world.case_id}", f"/meetings/{world.meeting_id}"
    yield (
        "POST",
        f"{case}/research/add",
        FIELD
        | {
            "about": world.people["victim"],
            "class_name": "contact.phone",
            "value": f"07700 9001{round_:02}",
            "offered": ("none", "presence", "full")[round_ % 3],
        },
    )
    yield "GET", case, {}
    if who == "s-chair":
        yield "POST", f"{meeting}/risk", {"level": "High risk", "text": f"Round {round_}"}
    elif who == "p-ref":
        yield "POST", f"{meeting}/statement", {}
    else:
        yield (
            "POST",
            f"{meeting}/actions",
            DUE | {"text": f"{who} {round_}", "staff_id": world.staff["h-rep"]},
        )
    yield "GET", f"{case}?view=actions", {}


def verified(world: World) -> None:
    """The log follows from its entries, and its export is verified by files alone."""
    check_start(world.database, HOME)
    folder = world.settings.data / "export"
    with world.database.read() as session:
        done = proving.export(session, HOME, folder, agency="homes")
    vkey = folder.with_name("vkey")
    vkey.write_text(f"{verifier_key(world.database.keys, HOME)}\n", "utf-8")
    assert verify_folder(folder, vkey).size == done.size > 0
