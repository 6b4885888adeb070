"""Every way to get a name wrong still finds it, and what is stored says nothing of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import select

from conference.cases.finding.models import Likeness, LikenessBlock
from conference.sharing import search
from conference.sharing.searching.scoring import ALIKE, alike
from conference.vault.likeness import SLOTS, Block, Lists, indexed_tokens, wanted_tokens, words_of
from conference.vault.nicknames import same_name, stands_for
from tests.support.world import HOME, World, add, make, told

KEY = bytes(range(32))
LISTS = Lists(KEY, "nm", "police")

MISTAKES = [
    pytest.param("Maria Kowalczik", id="another-letter"),
    pytest.param("Maria Kowalczyyk", id="a-letter-more"),
    pytest.param("Maria Kowalzyk", id="a-letter-less"),
    pytest.param("Maria Kowalzcyk", id="two-letters-turned"),
    pytest.param("Mraia Kowalczyk", id="turned-in-the-given-name"),
    pytest.param("Maria Qowalczyk", id="the-first-letter"),
    pytest.param("Maria Kowalczy", id="the-last-letter"),
    pytest.param("Kowalczyk Maria", id="given-and-family-turned"),
    pytest.param("Kowalcyzk, Maria", id="turned-and-misspelt"),
    pytest.param("Marie Kowalczyk", id="another-form"),
    pytest.param("Marysia Kowalczik", id="another-form-and-misspelt"),
    pytest.param("MARIA KOWALCZYK", id="capitals"),
    pytest.param("Mar\u00eda Kowalczyk", id="an-accent"),
    pytest.param("Maria-Kowalczyk", id="a-dash"),
    pytest.param("Maria Anna Kowalczyk", id="a-name-more"),
    pytest.param("M Kowalczyk", id="an-initial"),
    pytest.param("Kowalczyk", id="the-family-name-alone"),
    pytest.param("MariaKowalczyk", id="no-space"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make(tmp_path_factory.mktemp("world"))


def found(world: World, who: str, name: str) -> list[str | None]:
    viewer = world.viewer(who)
    with told(f"look for {name} {who}"), world.database.read() as session:
        return [hit.person.name for hit in search.find(session, viewer, name=name, at=world.now)]


@pytest.mark.parametrize("typed", MISTAKES)
def test_each_mistake_finds_her(world: World, typed: str) -> None:
    assert "Maria Kowalczyk" in found(world, "h-rep", typed)


@pytest.mark.parametrize("typed", ["John Smith", "Maria Nowak", "Kowal", "Ma", "xyz qqq"])
def test_somebody_else_is_not_her(world: World, typed: str) -> None:
    assert "Maria Kowalczyk" not in found(world, "h-rep", typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [("liz", "elizabeth"), ("bill", "william"), ("kasia", "katarzyna"), ("gosia", "malgorzata"),
     ("mohammed", "muhammad"), ("ayesha", "aisha"), ("peggy", "margaret"), ("alex", "aleksandra")],
)  # fmt: skip
def test_forms_of_one_name(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)
    assert alike(f"{one} smith", f"{other} smith") > 0.9


def test_no_word_stands_for_most_names() -> None:
    """A form that stood for many names would make everybody alike."""
    forms = {word for line in MISTAKES for word in words_of(str(line.values[0]))} | {
        "alex",
        "jo",
        "ellie",
        "mandy",
    }
    assert max(len(stands_for(form)) for form in forms) <= 4


WORDS = st.text("abcdeiklmnorstuz", min_size=4, max_size=10)


@given(st.tuples(WORDS, WORDS), st.data())
def test_one_edit_shares_lists_and_is_alike(words: tuple[str, str], data: st.DataObject) -> None:
    name = " ".join(words)
    spoilt = list(words)
    which = data.draw(st.integers(0, 1))
    spoilt[which] = edited(spoilt[which], data)
    typed = " ".join(spoilt if data.draw(st.booleans()) else reversed(spoilt))
    kept = set(indexed_tokens(name))
    assert any(one.token in kept for one in wanted_tokens(typed))
    assume(len(spoilt[which]) > 3)
    assert alike(typed, name) >= ALIKE


def edited(word: str, data: st.DataObject) -> str:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    return data.draw(
        st.sampled_from(
            [
                word[:at] + letter + word[at:],
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            ]
        )
    )


@given(st.text(max_size=40), st.text(max_size=40))
def test_alike_is_a_measure(one: str, other: str) -> None:
    assert 0 <= alike(one, other) <= 1
    assert alike(one, other) == pytest.approx(alike(other, one))
    if words_of(one):
        assert alike(one, one) == 1


@given(st.lists(st.sampled_from("abcdef ghi\u00e9\u0142'-"), max_size=30).map("".join))
def test_the_quick_way_of_taking_a_name_apart_is_the_other(name: str) -> None:
    assume(name.isascii())
    slow = words_of(f"{name} \u00e9")[:-1]
    assert words_of(name)[: len(slow)] == slow or len(words_of(name)) >= 6


@pytest.mark.parametrize("name", ["Maria", "Li Yu", "", "  ", "M K", "..."])
def test_what_many_bear_is_on_no_list(name: str) -> None:
    assert indexed_tokens(name) == []


def test_which_lists_are_looked_into_rests_on_the_question_alone() -> None:
    assert wanted_tokens("Maria Kowalczyk") == wanted_tokens("  maria KOWALCZYK ")
    assert len(wanted_tokens(" ".join("abcdefghij" * 9 for _ in range(9)))) < 300


# --- what is stored ---


def test_a_block_opens_in_its_place_alone() -> None:
    label = LISTS.label("^ma", 0)
    sealed = LISTS.seal(label, Block(3, (7, 8)))
    assert LISTS.open(label, sealed) == Block(3, (7, 8, *[0] * (SLOTS - 2)))
    assert LISTS.open(label + 1, sealed) is None
    assert Lists(KEY, "nm", "homes").open(label, sealed) is None
    assert Lists(KEY, "other", "police").open(label, sealed) is None
    assert Lists(bytes(32), "nm", "police").open(label, sealed) is None
    for at in range(len(sealed)):
        flipped = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        assert LISTS.open(label, flipped) is None or at == 0


def test_all_blocks_look_alike() -> None:
    sizes = {
        len(LISTS.seal(1, Block(count, tuple(range(1, filled))))) for count in (1, 9) for filled in (1, 2, 30)
    }
    assert len(sizes) == 1


def test_owners_lists_have_nothing_in_common() -> None:
    other = Lists(KEY, "nm", "homes")
    mine = {LISTS.label(token, 0) for token in indexed_tokens("Maria Kowalczyk")}
    assert mine.isdisjoint({other.label(token, 0) for token in indexed_tokens("Maria Kowalczyk")})


def test_a_reader_of_the_database_does_not_learn_who_is_alike(tmp_path: Path) -> None:
    """Forty times one name: no label, no block comes twice, and all are as long."""
    world = make(tmp_path / "w")
    with told("names"), world.database.write() as session:
        for at in range(40):
            add(session, world, world.case_id, "p-rep", "identity.alias", "Anna Kowalczyk", name=f"a{at}")
    with world.database.read() as session:
        blocks = session.scalars(select(LikenessBlock)).all()
        names = session.scalars(select(Likeness)).all()
        assert len({len(one.sealed) for one in blocks}) == 1
        assert len({one.label for one in blocks}) == len(blocks)
        assert len({one.sealed for one in blocks}) == len(blocks)
        by_length = Counter(len(one.places) for one in names)
        assert all((length - 29) % 64 == 0 for length in by_length)
        assert {one.partnership_id for one in blocks} == {HOME}
    assert found(world, "p-rep", "Ana Kowalczyk")
    world.database.close()
