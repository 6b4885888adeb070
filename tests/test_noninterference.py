"""What is withheld has no influence: worlds that differ in what a viewer may not see give the same bytes.

Two copies of one world are made to differ in what an owner of secrets withholds: in withheld values, in
withheld records, in how many fields stand behind a presence line, in what stands behind a summary, in hidden
cases on an agenda, in who is kept out of a case. Then everybody else asks for every route in both. The bytes,
the headers, the number of SQL statements and the number of openings must be equal.

There are two owners. To whoever belongs to neither, the worlds differ in the secrets of both at once; to the
people of one owner, in the other's.

In both worlds the same number of events happens: how many there are is what any Merkle log shows.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind, PersonRole, Research
from conference.meetings import services as meetings
from conference.meetings.models import Meeting
from conference.trail import proving
from conference.trail.sqlstore import SqlStore
from conference.vault import unseal
from conference.web import ConferenceFlask
from tests.routes import ROUTES
from tests.support.client import application, copied, looked, settle, signed_in, without_tokens
from tests.support.documents import add_document, png
from tests.support.world import HOME, STAFF, World, add, by, make, told

OWNERS = {"nhs": "n-rep", "police": "p-rep"}
BOTH = "both"
WORDS = {"one": "Alpha", "two": "A very different and much longer text that nobody else may see, LS1 4ZZ"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return looked(make(tmp_path_factory.mktemp("world")))


def differ(world: World, owner: str, which: str) -> None:
    """Make the world one of a pair. The two share ids where both have the thing, and the number of events."""
    who = OWNERS[owner]
    actor = by(world, who)
    with told(f"secret {owner}"), world.database.write() as session:
        main = session.get_one(Case, world.case_id)
        hidden = cases.open_case(
            session,
            partnership_id=HOME,
            conference_type=main.conference_type,
            agencies=[owner],
            by=actor,
            at=world.now,
        )
        hidden_person = cases.add_person(session, hidden, PersonRole.VICTIM)
        more = cases.add_person(session, main if which == "two" else hidden, PersonRole.OTHER)
        cases.assign(session, hidden, world.staff[who], by=actor, at=world.now)
    text = WORDS[which]
    where = world.case_id if which == "two" else hidden.id
    people = {"victim": world.people["victim"] if which == "two" else hidden_person}
    # Each with its own seed: how many keys are new differs, and so would the ids that follow.
    secrets = [
        # a withheld value, and some whose existence is withheld too
        ("secret", world.case_id, "intelligence", {}),
        ("existence", where, "contact.phone", {"people": people}),
        ("a name", where, "identity.name", {"people": {"victim": more}}),
        # what stands behind a presence line, and behind a summary
        ("presence", world.case_id, "health.substance", {"offered": "presence"}),
        ("presence twice", where, "health.substance", {"offered": "presence", "people": people}),
        ("summary", world.case_id, "offending.incident", {"offered": "summary", "summary": "Two calls"}),
    ]
    for name, case_id, class_name, more_said in secrets:
        with told(f"value {name} {owner}"), world.database.write() as session:
            add(session, world, case_id, who, class_name, text, name=name, **more_said)
    # documents: one that is not offered, of another size and length; one behind the presence line
    pages = {"one": ("Alpha",), "two": ("Beta", "Gamma", "Delta")}[which]
    with told(f"research {owner}"), world.database.write() as session:
        for case_id in (world.case_id, hidden.id):  # begun in both, so that a document begins it in neither
            begun = session.get_one(Case, case_id)
            cases.set_research(session, begun, owner, Research.IN_PROGRESS, by=actor)
    with told(f"document {owner}"), world.database.write() as session:
        main = session.get_one(Case, world.case_id)
        add_document(session, world, main, who, title=text, pages=pages, content=png(9, (70, 90 * len(text))))
    with told(f"presence document {owner}"), world.database.write() as session:
        whose = session.get_one(Case, where)
        about = [world.people["victim"] if which == "two" else hidden_person]
        add_document(
            session, world, whose, who, class_name="health.substance", offered="presence", about=about
        )
    # a name, a date of birth and an NHS number that somebody may look for, and must not find
    hidden_name = {"one": "Other Person", "two": "Hidden Person"}[which]
    number = {"one": "9876543210", "two": "9434765919"}[which]
    with told(f"identity {owner}"), world.database.write() as session:
        add(session, world, world.case_id, who, "identity.alias", hidden_name, name="alias")
        add(session, world, world.case_id, who, "identity.dob", "1980-02-01", name="birth")
        add(session, world, world.case_id, who, "identity.nhs-number", number, name="nhs")
    with told(f"others {owner}"), world.database.write() as session:
        # a hidden case between two others on the agenda; somebody's reason; somebody's recusal
        meeting = session.get_one(Meeting, world.meeting_id if which == "two" else world.past_meeting_id)
        between = {"police": 20, "nhs": 25}[owner]
        meetings.list_case(session, meeting, session.get_one(Case, hidden.id), position=between, by=actor)
        colleague = {"police": "p-other", "nhs": "n-rep"}[owner]
        case = session.get_one(Case, world.case_id if which == "two" and owner == "police" else hidden.id)
        cases.exclude(session, case, world.staff[colleague], ExclusionKind.OTHER_SIDE, by=actor, at=world.now)
    settle(world)


@pytest.fixture(scope="module")
def differing(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[World, World]]:
    """A pair for each owner, and one that differs in the secrets of both."""
    out = {owner: pair((world, world), owner, tmp_path_factory) for owner in OWNERS}
    return out | {BOTH: pair(out["police"], "nhs", tmp_path_factory)}


def pair(
    worlds: tuple[World, World], owner: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[World, World]:
    folder = tmp_path_factory.mktemp(f"pair-{owner}")
    one, two = (copied(world, folder / which) for world, which in zip(worlds, WORDS, strict=True))
    differ(one, owner, "one")
    differ(two, owner, "two")
    return one, two


def viewers(owner: str) -> list[str | None]:
    """Everybody of another agency; for both owners somebody of another partnership too, and nobody."""
    if owner != BOTH:
        return [subject for subject, agency, *_ in STAFF if agency in OWNERS and agency != owner]
    return [*(subject for subject, agency, *_ in STAFF if agency not in OWNERS), "a-rep", None]


CASES = [
    pytest.param(owner, who, id=f"{owner}-{who or 'nobody'}")
    for owner in (*OWNERS, BOTH)
    for who in viewers(owner)
]


class Counter:
    """SQL statements sent, and texts opened."""

    def __init__(self, worlds: tuple[World, World], monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements = 0
        self.opened = 0
        inner = unseal.open_each

        def counted(session, sealed):
            self.opened += len(sealed)
            return inner(session, sealed)

        monkeypatch.setattr("conference.sharing.opening.open_each", counted)

    def watch(self, app: ConferenceFlask) -> None:
        engine = app.extensions["conference"].database.engine
        event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_args: object) -> None:
        self.statements += 1

    def taken(self) -> tuple[int, int]:
        """The counts since the last time."""
        now = self.statements, self.opened
        self.statements = self.opened = 0
        return now


@pytest.mark.slow
@pytest.mark.parametrize(("owner", "who"), CASES)
def test_two_worlds_are_one_to_whoever_may_not_see(
    differing: dict[str, tuple[World, World]],
    owner: str,
    who: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worlds = tuple(copied(one, tmp_path / str(n)) for n, one in enumerate(differing[owner]))
    counter = Counter(worlds, monkeypatch)  # type: ignore[arg-type]
    apps = [application(one) for one in worlds]
    for app in apps:
        app.config["WTF_CSRF_ENABLED"] = False
        counter.watch(app)
    with told(f"sign-in {who}"):
        clients = [signed_in(app, one, who) for app, one in zip(apps, worlds, strict=True)]
    asked = 0
    for name, route in in_order():
        for number, form in enumerate(route.every_form()):
            for suffix in route.queries:
                seen = []
                for one, client in zip(worlds, clients, strict=True):
                    counter.taken()
                    path = route.path(one, who or "") + suffix
                    data = form(one, who or "")
                    with told(f"{who} {name} {number} {suffix}"):
                        answer = client.open(path, method=name[1], data=data, base_url="http://localhost")
                    headers = sorted((k, v) for k, v in answer.headers if k != "Set-Cookie")
                    seen.append((answer, headers, counter.taken()))
                (first, first_headers, first_cost), (second, second_headers, second_cost) = seen
                where = f"{who} {name} {suffix}"
                assert first.status_code == second.status_code, where
                if without_tokens(first.get_data()) != without_tokens(second.get_data()):
                    assert plain(first, worlds[0]) == plain(second, worlds[1]), where
                assert first_headers == second_headers, where
                assert first_cost == second_cost, f"{where}: statements and openings"
                asked += 1
    assert asked >= len(ROUTES)


def in_order() -> Iterator[tuple[tuple[str, str], object]]:
    """Pages first, then what changes something, then what ends the session."""
    last = {"meetings.declare_conflict": 1, "meetings.leave": 1, "identity.sign_out": 2}
    yield from sorted(ROUTES.items(), key=lambda one: (last.get(one[0][0], 0), one[0][1] != "GET", one[0]))


def plain(answer: object, world: World) -> bytes:
    """What a viewer gets, without what is fresh or what the log shows to all: its root, hashes and proofs."""
    body = without_tokens(answer.get_data())  # type: ignore[attr-defined]
    if answer.mimetype == "application/zip":  # type: ignore[attr-defined]
        return b"zip"  # what is in it is compared below, part by part
    if body.startswith(b"c2sp.org/tlog-proof"):  # of the tree's hashes: place and length
        lines = body.splitlines()
        return b"\n".join([*lines[:2], str(len(lines)).encode()])
    with world.database.read() as session:
        root = SqlStore(session, HOME).checkpoint()
    if root is not None:
        for line in root.splitlines():
            body = body.replace(line.encode() if isinstance(line, str) else line, b"")
    return _HASH.sub(b"", body)


_HASH = re.compile(rb"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])")


def test_a_route_without_a_case_fails_the_build(world: World) -> None:
    app = application(world)
    known = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert known == set(ROUTES)


@pytest.mark.slow
@pytest.mark.parametrize("owner", OWNERS)
def test_an_agencys_copy_of_the_log_says_nothing_of_others(
    differing: dict[str, tuple[World, World]], owner: str, tmp_path: Path
) -> None:
    """All but the commitments, which are random, and the tree made of them."""
    for agency in {agency for _, agency, *_ in STAFF} - {owner}:
        one, two = (
            opened_parts(world, agency, tmp_path / f"{agency}{n}") for n, world in enumerate(differing[owner])
        )
        assert one == two


def opened_parts(world: World, agency: str, folder: Path) -> list[object]:
    """What an agency's copy says, leaf by leaf."""
    with world.database.read() as session:
        proving.export(session, HOME, folder, agency=agency)
    out = []
    for line in (folder / "parts.jsonl").read_text("utf-8").splitlines():
        part = json.loads(line)
        body = json.loads(base64.b64decode(part["body"])) if part.get("body") else None
        if body:
            body.pop("items", None)
        items = [dict(item["item"]) for item in part.get("items", []) if item]
        for item in items:
            item.pop("commitment", None)
        out.append((part.get("index"), body, items))
    return out


@pytest.mark.slow
def test_the_pair_does_differ(differing: dict[str, tuple[World, World]]) -> None:
    """The test would be empty if the owner saw no difference either."""
    for owner, who in [*OWNERS.items(), *((BOTH, who) for who in OWNERS.values())]:
        texts = []
        for world in differing[owner]:
            app = application(world)
            with told(f"owner {who}"):
                client = signed_in(app, world, who)
                answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
            assert answer.status_code == 200
            texts.append(without_tokens(answer.get_data()))
        assert texts[0] != texts[1]
        assert WORDS["two"].encode() in texts[1]
