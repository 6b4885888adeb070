"""The indexes follow what is recorded: as it comes, changes, goes, and under new keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from conference.cases import records
from conference.cases.finding import keeping
from conference.cases.finding.models import IndexState, Likeness, LikenessBlock
from conference.cases.models import Field, PersonIndex
from conference.db import Database
from conference.errors import BadInput
from conference.sharing import search
from conference.sharing.search import Typed
from conference.sharing.searching import reindexing
from conference.sharing.searching.reindexing import reindex
from conference.sharing.searching.renewing import renew
from conference.vault.errors import KeyDestroyed
from conference.vault.likeness import SLOTS, short_id
from tests.support.world import HOME, World, add, by, make, told

ADDRESS = "Flat 3, 12 Mill St, Leeds, LS1 4ZZ"


def found(world: World, who: str, **typed: str) -> list[str | None]:
    viewer = world.viewer(who)
    with told(f"look {typed} {who}"), world.database.read() as session:
        return [hit.person.name for hit in search.look_for(session, viewer, Typed(**typed), at=world.now)]


def put(world: World, who: str, class_name: str, value: str, **more: object) -> str:
    with told(f"put {class_name} {value} {who}"), world.database.write() as session:
        return add(session, world, world.case_id, who, class_name, value, **more).id


def correct(world: World, field_id: str, value: str) -> None:
    with told(f"correct {field_id} {value}"), world.database.write() as session:
        records.correct_field(
            session,
            session.get_one(Field, field_id),
            value=value,
            recorded_at=None,
            by=by(world, "h-rep").staff_id,
            at=world.now,
        )


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0
            for model in (PersonIndex, Likeness, LikenessBlock)
        }


LOOKED_FOR = (
    ({"line": "flat 3, 12 Mill Street", "postcode": "ls1 4zz"}, True),
    ({"line": "12 mill street", "postcode": "LS14ZZ"}, True),  # without the flat
    ({"line": "12 Mill St.", "postcode": "LS1 4ZZ"}, True),
    ({"line": "12 Mill Street", "postcode": "LS1 4ZX"}, False),
    ({"line": "14 Mill Street", "postcode": "LS1 4ZZ"}, False),
    ({"uprn": "10001234567"}, True),
    ({"uprn": "010001234567"}, True),
    ({"uprn": "10001234568"}, False),
    ({"nhs": "943 476 5919"}, True),
    ({"name": "Mary Kowalczyk", "born": "1992-03-03"}, True),
    ({"name": "Mary Kowalczyk", "born": "1992-03-08"}, True),  # alike, and born nearly then
    ({"name": "Mary Kowalczyk", "born": "1961-11-08"}, False),
)


def test_by_number_and_place(each_world: World) -> None:
    put(each_world, "h-rep", "contact.current-address", ADDRESS, offered="full")
    put(each_world, "h-rep", "contact", "UPRN 10001234567", offered="full")
    put(each_world, "h-rep", "identity.nhs-number", "9434765919")
    for typed, is_found in LOOKED_FOR:
        assert ("Maria Kowalczyk" in found(each_world, "h-rep", **typed)) is is_found, typed


NOT_COMPLETE = (
    ({"nhs": "123"}, "nhs"),
    ({"uprn": "12a"}, "uprn"),
    ({"uprn": "0"}, "uprn"),
    ({"line": "12 Mill St"}, "postcode"),
    ({"postcode": "LS1 4ZZ"}, "line"),
    ({}, "name"),
    ({"name": "!!"}, "name"),
    ({"name": "A", "born": "x"}, "born"),
)


def test_what_is_not_complete_is_refused(tmp_path: Path) -> None:
    world = make(tmp_path / "w")
    for typed, field in NOT_COMPLETE:
        with pytest.raises(BadInput) as refused:
            found(world, "h-rep", **typed)
        assert refused.value.field == field, typed


def test_a_safe_address_is_in_no_index(tmp_path: Path) -> None:
    world = make(tmp_path / "w")
    before = counts(world.database)
    put(world, "v-idva", "contact.safe-address", f"{ADDRESS}, UPRN 10001234567", offered="full")
    assert counts(world.database) == before
    assert not found(world, "v-idva", line="12 Mill Street", postcode="LS1 4ZZ")


def test_it_follows_a_correction(each_world: World) -> None:
    name = put(each_world, "h-rep", "identity.alias", "Gwendolyn Ffrench", offered="full")
    place = put(each_world, "h-rep", "contact.current-address", ADDRESS, offered="full")
    assert found(each_world, "h-rep", name="Gwen French")
    correct(each_world, name, "Persephone Quill")
    correct(each_world, place, "9 Elm Road, Leeds, LS2 9AA")
    assert not found(each_world, "h-rep", name="Gwen French")
    assert found(each_world, "h-rep", name="Persefone Quil")
    assert not found(each_world, "h-rep", line="12 Mill Street", postcode="LS1 4ZZ")
    assert found(each_world, "h-rep", line="9 Elm Rd", postcode="LS2 9AA")


def test_a_birth_that_comes_later_is_found_with_the_name(tmp_path: Path) -> None:
    """What one session recorded of the name and another of the birth: as an import brings them."""
    world = make(tmp_path / "w")
    put(world, "h-rep", "identity.name", "Gwendolyn Ffrench")
    put(world, "h-rep", "identity.dob", "1980-02-01")
    with world.database.write() as session:
        renew(session, HOME, world.case_id, "homes", [world.people["victim"]])
    with world.database.read() as session:
        row = session.scalars(select(PersonIndex).where(PersonIndex.owner == "homes")).one()
        assert row.birth_field_id is not None


def test_nothing_is_left_of_who_is_forgotten(each_world: World) -> None:
    put(each_world, "h-rep", "contact.current-address", ADDRESS, offered="full")
    who = each_world.people["victim"]
    with each_world.database.read() as session:
        numbers = set(
            map(short_id, session.scalars(select(Likeness.field_id).where(Likeness.person_id == who)))
        )
    assert numbers & on_lists(each_world)
    with told("forget"), each_world.database.write() as session:
        search.forget_person(session, who)
    assert not numbers & on_lists(each_world)
    with each_world.database.read() as session:
        for model in (PersonIndex, Likeness):
            assert session.scalar(select(func.count()).where(model.person_id == who)) == 0
    assert "Maria Kowalczyk" not in found(each_world, "h-rep", name="Maria Kowalczik")
    assert found(each_world, "h-rep", name="Zofia Kowalczik") == ["Zofia Kowalczyk"]


def on_lists(world: World) -> set[int]:
    """The short ids of all names that any list still holds."""
    with world.database.write() as session:
        owners = {row.owner for row in session.scalars(select(Likeness))} | {"police", "homes"}
        lists = [keeping.lists_of(session, HOME, owner, 1) for owner in sorted(owners)]
        out: set[int] = set()
        for block in session.scalars(select(LikenessBlock)):
            opened = [one for each in lists if (one := each.open(block.label, block.sealed)) is not None]
            assert len(opened) == 1
            out |= set(opened[0].ids) - {0}
    return out


def test_a_list_longer_than_a_block(tmp_path: Path) -> None:
    world = make(tmp_path / "w")
    for at in range(SLOTS + 5):
        put(
            world,
            "h-rep",
            "identity.alias",
            f"Zachary Quill{'abcdefghij'[at % 10]}{'klmnopqrst'[at // 10]}",
            name=f"{at}",
        )
    with told("last"), world.database.read() as session:
        hits = search.look_for(session, world.viewer("h-rep"), Typed(name="Zachary Quilljq"), at=world.now)
        assert [hit.person.name for hit in hits] == ["Maria Kowalczyk"]
    with told("gone"), world.database.write() as session:
        search.forget_fields(session, [world.fields[f"{at}"] for at in range(SLOTS + 5)])
    assert not found(world, "h-rep", name="Zachary Quillak")
    put(world, "h-rep", "identity.alias", "Zachary Quillaz", name="again")
    assert found(world, "h-rep", name="Zachary Quilzaz")


# --- under new keys ---

STOPPED = ["_begin", "_next", "_end", "_destroy_old"]


@pytest.mark.parametrize("at", STOPPED)
@pytest.mark.parametrize("done", [False, True])
def test_stopped_anywhere_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, done: object
) -> None:
    world = make(tmp_path / "w")
    before = counts(world.database)
    inner = getattr(reindexing, at)

    def stops(*arguments: object) -> object:
        if done:
            inner(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(reindexing, at, stops)
    with pytest.raises(KeyboardInterrupt):
        reindex(world.database, HOME, tell=print)
    monkeypatch.undo()
    assert "Maria Kowalczyk" in found(world, "h-rep", name="Maria Kowalczik", born="1992-03-03")
    said: list[str] = []
    assert reindex(world.database, HOME, tell=said.append)
    assert said
    assert counts(world.database) == before
    assert "Maria Kowalczyk" in found(world, "h-rep", name="Maria Kowalczik", born="1992-03-03")


def test_old_index_keys_are_gone_and_new_names_are_found(each_world: World) -> None:
    assert reindex(each_world.database, HOME, tell=print)
    keys = each_world.database.keys
    for kind in ("likeness", "name-birth"):
        with pytest.raises(KeyDestroyed):
            keys.key(f"index/{HOME}/{kind}/1")
    put(each_world, "h-rep", "identity.alias", "Gwendolyn Ffrench")
    assert found(each_world, "h-rep", name="Gwen French")
    assert found(each_world, "h-rep", name="Maria Kowalczyk", born="1992-03-03")[0] == "Maria Kowalczyk"
    assert reindex(each_world.database, HOME, tell=print)
    with each_world.database.read() as session:
        state = session.get_one(IndexState, HOME)
        assert (state.version, state.building) == (3, None)
    assert found(each_world, "h-rep", name="Gwen French")


def test_a_backup_from_before_finds_nobody_until_it_is_indexed_again(tmp_path: Path) -> None:
    world = make(tmp_path / "w")
    for kind in reindexing.KINDS:
        world.database.keys.key_or_new(f"index/{HOME}/{kind}/1")
        world.database.keys.destroy(f"index/{HOME}/{kind}/1")
    assert not found(world, "h-rep", name="Maria Kowalczyk", born="1992-03-03")
    put(world, "h-rep", "identity.alias", "Gwendolyn Ffrench")
    assert reindex(world.database, HOME, tell=print)
    assert found(world, "h-rep", name="Gwen French")


def test_a_row_that_somebody_wrote_makes_nobody_a_hit(tmp_path: Path) -> None:
    """A token copied from one person's row to another's: what the fields say is looked at again."""
    world = make(tmp_path / "w")
    with world.database.write() as session:
        rows = session.scalars(select(PersonIndex).where(PersonIndex.birth_field_id.is_not(None))).all()
        theirs = {
            "field_id": world.fields["police/identity.name/perpetrator"],
            "person_id": world.people["perpetrator"],
        }
        session.execute(update(PersonIndex).where(PersonIndex.id == rows[0].id).values(theirs))
    hits = found(world, "h-rep", name="Maria Kowalczyk", born="1992-03-03")
    assert hits[:1] != ["Adam Kowalczyk"]
