"""Whoever is hidden has no part in what a searcher finds: generated worlds, without and with them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from conference.cases import services as cases
from conference.cases.models import Case, PersonRole
from conference.desk.matching import services as matching
from conference.desk.matching.own_list import Client, OwnList
from conference.meetings.models import Meeting
from conference.sharing import search
from conference.sharing.search import MOST_SHOWN, Typed
from tests.support.client import copied
from tests.support.world import HOME, World, add, by, make, told

NAMES = [
    "Maria Kowalczyk",
    "Marie Kowalczik",
    "Mary Kowalski",
    "Adam Kowalczyk",
    "Anna Nowak",
    "Marianne Kowal",
]
ASKED = [
    Typed(name="Maria Kowalczyk"),
    Typed(name="Mary Kowalczik", born="1992-03-03"),
    Typed(name="Kowalczyk"),
    Typed(name="Anna Nowack"),
    Typed(line="12 Mill Street", postcode="LS1 4ZZ"),
    Typed(uprn="10001234567"),
    Typed(nhs="9434765919"),
    Typed(name="Zzyzx Qwfp"),
]


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that are sent."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(world.database.engine, "before_cursor_execute", note)


def hide(world: World, chance: random.Random, count: int) -> None:
    """People of the police in a case of theirs alone, and more that they do not offer in the common one."""
    police = by(world, "p-rep")
    with told("hidden case"), world.database.write() as session:
        common = session.get_one(Case, world.case_id)
        alone = cases.open_case(
            session,
            partnership_id=HOME,
            conference_type=common.conference_type,
            agencies=["police"],
            by=police,
            at=world.now,
        )
        for number in range(count):
            where = chance.choice((common, alone))
            person = (
                world.people["victim"]
                if where is common
                else cases.add_person(session, alone, PersonRole.OTHER)
            )
            said = {
                "identity.alias": chance.choice(NAMES),
                "identity.dob": "1992-03-03",
                "identity.nhs-number": "9434765919",
                "contact.current-address": "12 Mill Street, Leeds, LS1 4ZZ",
                "contact": "UPRN 10001234567",
            }
            for class_name, value in said.items():
                add(
                    session,
                    world,
                    where,
                    "p-rep",
                    class_name,
                    value,
                    name=f"h{number}{class_name}",
                    people={"victim": person},
                )


def asked(world: World, who: str, typed: Typed) -> tuple[object, ...]:
    """What a searcher gets, what it took, and what it opened."""
    viewer = world.viewer(who)
    with told(f"{who} {typed}"), world.database.read() as session, counted(world) as sent:
        before = session.info.get("openings", 0)
        hits = search.look_for(session, viewer, typed, at=world.now)
        statements = len(sent)
        opened = session.info.get("openings", 0) - before
    return hits, statements, opened


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("who", ["h-rep", "n-rep"])
def test_who_is_hidden_changes_nothing(tmp_path: Path, seed: int, who: str) -> None:
    chance = random.Random(seed)
    without = make(tmp_path / "w")
    with told("seen"), without.database.write() as session:
        for number in range(chance.randrange(1, 9)):
            name = chance.choice(NAMES)
            add(
                session,
                without,
                without.case_id,
                "h-rep",
                "identity.alias",
                name,
                name=f"{number}",
                offered="full",
            )
    for count in (1, 40):
        without, hiding = (copied(without, tmp_path / f"{name}{count}") for name in ("without", "hiding"))
        hide(hiding, chance, count)
        for typed in ASKED:
            assert asked(without, who, typed) == asked(hiding, who, typed), typed
        hiding.database.close()


def test_the_hidden_push_nobody_out(tmp_path: Path) -> None:
    """More than are ever opened or shown bear the very name; the one who may be seen still comes."""
    world = make(tmp_path / "w")
    with told("one"), world.database.write() as session:
        add(session, world, world.case_id, "h-rep", "identity.alias", "Persefone Quil", offered="full")
    with told("many"), world.database.write() as session:
        for number in range(130):
            add(
                session,
                world,
                world.case_id,
                "p-rep",
                "identity.alias",
                "Persephone Quill",
                name=f"p{number}",
            )
    hits, *_ = asked(world, "h-rep", Typed(name="Persephone Quill"))
    assert [hit.person.name for hit in hits] == ["Maria Kowalczyk"]  # type: ignore[attr-defined]
    assert MOST_SHOWN < 130


@pytest.mark.parametrize("who", ["h-rep", "n-rep"])
def test_the_hidden_match_no_list(tmp_path: Path, who: str) -> None:
    without = make(tmp_path / "w")
    hiding = copied(without, tmp_path / "two")
    hide(hiding, random.Random(1), 30)
    mine = OwnList(
        [
            Client(1, "Marie Kowalczik"),
            Client(2, "Anna Nowak"),
            Client(3, "Somebody Else", nhs="9434765919"),
            Client(4, "Maria Kowalczyk"),
        ]
    )
    seen = []
    for world in (without, hiding):
        viewer = world.viewer(who)
        with told(f"match {who}"), world.database.read() as session, counted(world) as sent:
            meeting = session.get_one(Meeting, world.meeting_id)
            compared = matching.compare(session, viewer, meeting, mine, at=world.now)
            seen.append((compared, len(sent), session.info.get("openings")))
    assert seen[0] == seen[1]
    numbers = {match.client.number for one in seen[0][0] for match in one.matches}
    assert numbers == {1, 4}
