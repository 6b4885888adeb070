"""A case in which consent decides: somebody to ask, a child, a grandmother, an alleged perpetrator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from conference.cases import services as cases
from conference.cases.models import Case, PersonRole
from conference.sharing import consents
from conference.sharing.door import disclose
from conference.sharing.models import ConsentRow
from conference.web import ConferenceFlask, parts_of
from tests.support.client import application, copied, signed_in, without_tokens
from tests.support.copies import on_postgres
from tests.support.world import HOME, World, add, by, make, told

HOST = "http://localhost"
TURNS = count(1)
MEMBERS = ("p-rep", "p-ref", "h-rep", "h-dep", "n-rep", "v-idva", "s-chair", "s-coord")


@dataclass
class Support:
    """The world with a case for tenancy support; `now` moves on by hand."""

    world: World
    case_id: str
    people: dict[str, str]
    now: datetime
    app: ConferenceFlask | None = None
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, who: str) -> FlaskClient:
        """Somebody who is signed in."""
        if self.app is None:
            self.app = application(self.world)
            self.app.config["WTF_CSRF_ENABLED"] = False
        if who not in self.clients:
            with told(f"sign-in {who} {next(TURNS)}", self.now):
                self.clients[who] = signed_in(self.app, self.world, who)
        return self.clients[who]

    def get(self, who: str, path: str, seed: str | None = None) -> TestResponse:
        """A page; `path` may name the case, and people."""
        return self.ask(who, "GET", path, {}, seed)

    def post(self, who: str, path: str, seed: str | None = None, **form: Any) -> TestResponse:
        """A form that is sent."""
        return self.ask(who, "POST", path, form, seed)

    def ask(
        self, who: str, method: str, path: str, form: dict[str, Any], seed: str | None = None
    ) -> TestResponse:
        where = path.format(case=self.case_id, marac=self.world.case_id, **self.people)
        client = self.client(who)
        with told(seed or f"ask {next(TURNS)}", self.now):
            return client.open(where, method=method, data=form, base_url=HOST)

    def shown(self, who: str) -> set[str]:
        """The classes that the door shows somebody of the case, in words."""
        with told(f"shown {next(TURNS)}", self.now), self.world.database.write() as session:
            case = session.get_one(Case, self.case_id)
            view = disclose(session, self.world.viewer(who), [case])[case.id]
        return {row.class_name for row in view.rows if row.level != "presence"}

    def said(self, who: str, person: str = "victim", seed: str | None = None, **word: Any) -> str:
        """Somebody told `who` something; the id of the consent."""
        known: dict[str, Any] = {
            "decision": "grant",
            "recipients": ["homes"],
            "purposes": ["tenancy-support"],
            "classes": ["health"],
        }
        document = known | word
        if document["decision"] == "grant":
            document.setdefault("until", f"{self.now + timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}")
        with told(seed or f"said {next(TURNS)}", self.now), self.world.database.write() as session:
            case = session.get_one(Case, self.case_id)
            row = consents.record_consent(
                session,
                case,
                self.people[person],
                word=document,
                how="Told at the desk",
                by=by(self.world, who),
                at=self.now,
            )
            return row.id

    def withdrawn(self, consent_id: str, who: str = "v-idva") -> None:
        """It is taken back."""
        with told(f"back {next(TURNS)}", self.now), self.world.database.write() as session:
            case, row = session.get_one(Case, self.case_id), session.get_one(ConsentRow, consent_id)
            consents.withdraw(session, case, row, by=by(self.world, who), at=self.now)

    def later(self, **by_: float) -> None:
        """Time goes on."""
        self.now += timedelta(**by_)

    def asked(self, who: str, person: str = "victim", **answers: dict[str, Any]) -> None:
        """Go through the questions, each with the usual answer or the one given."""
        assert self.post(who, "/cases/{case}/consents/begin").status_code == 303
        for step, usual in usually(self, person).items():
            answer = answers.get(step, usual)
            if answer is not None:
                came = self.post(who, f"/cases/{{case}}/consents/ask/{step}", **answer)
                assert came.status_code == 303, (step, words(came))

    def recorded(self, who: str, outcome: str) -> TestResponse:
        """Press a button of the page on which one checks, or stops."""
        page = self.get(who, "/cases/{case}/consents/check")
        if page.status_code == 303:
            page = self.get(who, "/cases/{case}/consents/stop")
        turn = re.search(r'name="turn" value="([^"]+)"', page.get_data(as_text=True))
        assert turn is not None
        return self.post(who, "/cases/{case}/consents/record", outcome=outcome, turn=turn[1])


def usually(support: Support, person: str) -> dict[str, dict[str, Any] | None]:
    """What is answered where nothing else is said; None: is not asked."""
    is_child = person == "child"
    return {
        "person": {"person": support.people[person]},
        "safe": {"safe": "yes"},
        "alone": {"alone": "yes"},
        "unsafe": {},
        "interpreter": {"interpreter": "none"},
        "speaker": {"speaker": "self"} if is_child else None,
        "able": {"able": "yes"},
        "gillick": {"gillick": "Explains in her own words what it means"} if is_child else None,
        "read": {"way": "aloud"},
        "agencies": {"agencies": ["homes", "nhs"]},
        "purposes": {"purposes": ["tenancy-support"]},
        "kinds": {"kinds": ["health"]},
        "left_out": {"left_out": ["health.mental"]},
        "until": {"until-day": "23", "until-month": "11", "until-year": "2027"},
    }


def words(answer: TestResponse) -> str:
    """What somebody reads."""
    page = re.sub(r"<[^>]*>", " ", without_tokens(answer.get_data()).decode("utf-8"))
    return re.sub(r"\s+", " ", unescape(page)).strip()


def main(answer: TestResponse) -> str:
    """What somebody reads between head and foot."""
    page = answer.get_data(as_text=True)
    found = re.search(r"<main.*?</main>", page, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", found[0]))).strip()


def supported(world: World) -> Support:
    """The world with the case added to it."""
    with told("support", world.now), world.database.write() as session:
        return _support(session, world)


def _support(session: Session, world: World) -> Support:
    kind = cases.add_conference_type(
        session, partnership_id=HOME, name="Complex needs", purpose="tenancy-support"
    )
    coordinator = by(world, "s-coord")
    case = cases.open_case(
        session,
        partnership_id=HOME,
        conference_type=kind,
        agencies=["police", "homes", "nhs", "haven", "safety"],
        by=coordinator,
        at=world.now,
    )
    roles = {
        "victim": PersonRole.VICTIM,
        "child": PersonRole.CHILD,
        "perpetrator": PersonRole.ALLEGED_PERPETRATOR,
        "other": PersonRole.OTHER,
    }
    people = {name: cases.add_person(session, case, role) for name, role in roles.items()}
    for who in MEMBERS:
        cases.assign(session, case, world.staff[who], by=coordinator, at=world.now)
    called = {
        "victim": "Leila Haddad",
        "child": "Noor Haddad",
        "perpetrator": "Omar Kay",
        "other": "Ines Haddad",
    }
    for name, text in called.items():
        add(
            session,
            world,
            case,
            "v-idva",
            "identity.name",
            text,
            about=(name,),
            offered="full",
            people=people,
        )
    add(
        session,
        world,
        case,
        "v-idva",
        "identity.dob",
        "2013-05-06",
        about=("child",),
        offered="full",
        people=people,
    )
    add(
        session,
        world,
        case,
        "n-rep",
        "health.physical",
        "Broken wrist, March",
        offered="full",
        summary="An injury",
        people=people,
        name="support/physical",
    )
    add(
        session,
        world,
        case,
        "n-rep",
        "health.mental",
        "Attempted overdose in May",
        offered="full",
        summary="Under the crisis team",
        people=people,
        name="support/mental",
    )
    return Support(world, case.id, people, world.now)


@pytest.fixture(scope="session")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Support:
    return supported(make(tmp_path_factory.mktemp("support")))


@pytest.fixture
def support(told_once: Support, tmp_path: Path) -> Iterator[Support]:
    """A copy on SQLite."""
    made = copy_of(told_once, tmp_path)
    yield made
    close(made)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def on_both(request: pytest.FixtureRequest, told_once: Support, tmp_path: Path) -> Iterator[Support]:
    """The same on each database."""
    if request.param == "sqlite":
        made = copy_of(told_once, tmp_path)
        yield made
        close(made)
        return
    cluster = request.getfixturevalue("postgres_cluster")
    with on_postgres(cluster, "taking", telling, tmp_path) as world:
        made = Support(world, told_once.case_id, dict(told_once.people), world.now)
        yield made
        close(made)


def telling(data: Path, url: str) -> World:
    """The world with the case, whose ids are the same each time."""
    return supported(make(data, url)).world


def copy_of(support: Support, folder: Path) -> Support:
    """The same in another folder."""
    return Support(copied(support.world, folder), support.case_id, dict(support.people), support.now)


def close(support: Support) -> None:
    """Give the connections back."""
    if support.app is not None:
        parts_of(support.app).database.close()
    support.world.database.close()
