"""What is sealed opens in its own place, for its own owner, with its own keys, and never otherwise."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, update

from conference.db import Database, WriteInReadSession
from conference.vault.bodies import Part, SealedPart, open_parts, seal_parts
from conference.vault.directory import UNREADABLE, open_names, seal_name
from conference.vault.erase import erase_person
from conference.vault.errors import KeyDestroyed, KeyGone, KeyMissing, SealBroken
from conference.vault.keyfile import KeyFile
from conference.vault.models import DataKey
from conference.vault.seal import Place, seal
from conference.vault.unseal import Sealed, open_all

HERE = Place("field", "fld_1", "value")
ANN, BEN = "per_ann", "per_ben"


def put(
    database: Database,
    text: str,
    *subjects: str,
    owner: str = "police",
    place: Place = HERE,
    at: str = "north",
) -> Sealed:
    with database.write() as session:
        blob = seal(session, text, partnership=at, owner=owner, subjects=subjects, place=place)
    return Sealed(blob, at, owner, place)


def get(database: Database, *sealed: Sealed, erased: str | None = None) -> list[str]:
    with database.read() as session:
        return open_all(session, sealed, erased=erased)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    texts=st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"])),
            st.sets(st.sampled_from("abc")),
        )
    ),
    owner=st.sampled_from(["police", "almo", "conference"]),
)
def test_everything_comes_back(database: Database, texts: list[tuple[str, set[str]]], owner: str) -> None:
    places = [Place("field", f"fld_{number}", "value") for number in range(len(texts))]
    with database.write() as session:
        sealed = [
            Sealed(
                seal(
                    session,
                    text,
                    partnership="north",
                    owner=owner,
                    subjects=who,
                    place=place,
                ),
                "north",
                owner,
                place,
            )
            for (text, who), place in zip(texts, places, strict=True)
        ]
    assert get(database, *sealed) == [text for text, _ in texts]


def test_the_order_of_subjects_and_a_repeat_make_no_other_key(
    database: Database,
) -> None:
    one, two = put(database, "x", ANN, BEN), put(database, "x", BEN, ANN, ANN)
    assert one.blob[1:17] == two.blob[1:17]
    assert one.blob != two.blob


def test_one_key_for_each_owner_and_set_of_subjects(database: Database) -> None:
    sealed = [
        put(database, "x", *who, owner=owner)
        for owner in ("police", "almo")
        for who in [(), (ANN,), (ANN, BEN)]
    ]
    assert len({one.blob[1:17] for one in sealed}) == 6


def test_nothing_of_the_text_is_in_the_database(database: Database) -> None:
    sealed = put(database, "Wren's shelter", ANN)
    with database.read() as session:
        stored = b"".join(session.scalars(select(DataKey.wrapped))) + sealed.blob
    assert b"Wren" not in stored
    assert len(sealed.blob) == len("Wren's shelter") + 45


def _flip(blob: bytes, at: int) -> bytes:
    return blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]


def test_every_flipped_byte_and_every_length_is_refused(database: Database) -> None:
    good = put(database, "shelter", ANN)
    bad = [_flip(good.blob, at) for at in range(len(good.blob))]
    bad += [good.blob[:length] for length in range(len(good.blob))] + [good.blob + b"\0"]
    for blob in bad:
        with pytest.raises(SealBroken, match=r"^field fld_1 value: "):
            get(database, good._replace(blob=blob))


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(
            lambda one: one._replace(place=HERE._replace(column="summary")),
            id="another-column",
        ),
        pytest.param(lambda one: one._replace(place=HERE._replace(row="fld_2")), id="another-row"),
        pytest.param(
            lambda one: one._replace(place=HERE._replace(table="note")),
            id="another-table",
        ),
        pytest.param(lambda one: one._replace(owner="almo"), id="another-owner"),
        pytest.param(lambda one: one._replace(owner="conference"), id="the-house"),
        pytest.param(lambda one: one._replace(partnership="south"), id="another-partnership"),
    ],
)
def test_a_moved_value_is_refused(database: Database, moved: Callable[[Sealed], Sealed]) -> None:
    put(database, "theirs", ANN, owner="almo")
    put(database, "far", ANN, at="south")
    with pytest.raises(SealBroken):
        get(database, moved(put(database, "shelter", ANN)))


def test_parts_of_one_value_in_another_are_refused(database: Database) -> None:
    one, two = put(database, "shelter", ANN), put(database, "hostels", BEN)
    for cut in (17, 29, 40):
        with pytest.raises(SealBroken):
            get(database, one._replace(blob=one.blob[:cut] + two.blob[cut:]))


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param({"owner": "almo"}, id="owner"),
        pytest.param({"partnership_id": "south"}, id="partnership"),
        pytest.param({"subjects": ANN}, id="fewer-people"),
        pytest.param({"subjects": ""}, id="nobody"),
        pytest.param({"subjects": f"{BEN} {ANN}"}, id="another-order"),
        pytest.param({"purpose": "body"}, id="purpose"),
        pytest.param({"wrapped": b""}, id="empty"),
        pytest.param({"wrapped": bytes(116)}, id="zeros"),
    ],
)
def test_an_edited_data_key_is_refused(database: Database, edit: dict[str, object]) -> None:
    one = put(database, "shelter", ANN, BEN)
    put(database, "theirs", ANN, owner="almo")
    put(database, "far", ANN, at="south")
    with database.write() as session:
        session.execute(update(DataKey).where(DataKey.id == _key_id(one)).values(**edit))
    follows = one
    if "owner" in edit or "partnership_id" in edit:
        follows = one._replace(
            owner=str(edit.get("owner", "police")),
            partnership=str(edit.get("partnership_id", "north")),
        )
    for sealed in (one, follows):
        with pytest.raises(SealBroken):
            get(database, sealed)


def _key_id(one: Sealed) -> str:
    return "dky_" + base64.b32encode(one.blob[1:17]).decode().rstrip("=").lower()


def test_every_flipped_byte_of_a_wrapped_key_is_refused(database: Database) -> None:
    one = put(database, "shelter", ANN)
    with database.read() as session:
        wrapped = session.scalars(select(DataKey.wrapped)).one()
    bad = [_flip(wrapped, at) for at in range(len(wrapped))] + [
        wrapped[:length] for length in range(0, len(wrapped), 7)
    ]
    for each in bad:
        with database.write() as session:
            session.execute(update(DataKey).values(wrapped=each))
        with pytest.raises(SealBroken):
            get(database, one)


def test_a_swapped_wrapped_key_is_refused(database: Database) -> None:
    one, two = put(database, "shelter", ANN), put(database, "hostel", BEN)
    with database.write() as session:
        found = {row.id: row.wrapped for row in session.scalars(select(DataKey))}
        for mine, theirs in ((one, two), (two, one)):
            row = update(DataKey).where(DataKey.id == _key_id(mine))
            session.execute(row.values(wrapped=found[_key_id(theirs)]))
    for sealed in (one, two):
        with pytest.raises(SealBroken):
            get(database, sealed)


def test_nothing_opens_with_another_key_file(database: Database, tmp_path: Path) -> None:
    one = put(database, "shelter", ANN)
    database.keys = KeyFile.create(tmp_path / "other.jsonl")
    with pytest.raises(KeyGone, match="is it the file of this database") as caught:
        get(database, one, erased="[erased]")
    assert not caught.value.erased
    with pytest.raises(KeyMissing):
        put(database, "more", ANN)
    for name in ("agency/north/police/1", f"person/{ANN}"):
        database.keys.key_or_new(name)
    with pytest.raises(SealBroken, match="another key file"):
        get(database, one)
    with pytest.raises(SealBroken, match="another key file"):
        put(database, "more", ANN)


def test_an_erased_person_takes_what_was_shared_with_them(database: Database, keys: KeyFile) -> None:
    alone, both, other = (
        put(database, "a", ANN),
        put(database, "ab", ANN, BEN),
        put(database, "b", BEN),
    )
    nobody = put(database, "n")
    with database.write() as session:
        erase_person(session, keys, ANN)
        assert open_all(session, [alone]) == ["a"]
    for dark in (alone, both):
        with pytest.raises(KeyGone, match="was destroyed") as caught:
            get(database, dark)
        assert caught.value.erased
        with pytest.raises(KeyGone):
            get(database, other, dark)
    assert get(database, other, nobody) == ["b", "n"]
    assert get(database, other, both, alone, erased="[erased]") == [
        "b",
        "[erased]",
        "[erased]",
    ]
    with pytest.raises(KeyDestroyed):
        put(database, "again", ANN)
    with pytest.raises(KeyDestroyed):
        put(database, "again", ANN, "per_new")


def test_an_erasure_that_is_rolled_back_destroys_nothing(database: Database, keys: KeyFile) -> None:
    alone = put(database, "a", ANN)
    with suppress(ZeroDivisionError), database.write() as session:
        erase_person(session, keys, ANN)
        raise ZeroDivisionError
    assert get(database, alone) == ["a"]


def test_a_revoked_agency_goes_dark_for_all(database: Database, keys: KeyFile) -> None:
    theirs, other = put(database, "a", ANN), put(database, "b", ANN, owner="almo")
    keys.destroy("agency/north/police/1")
    with pytest.raises(KeyGone):
        get(database, theirs)
    assert get(database, other) == ["b"]


def test_a_rolled_back_data_key_is_not_used_again(database: Database) -> None:
    with database.write() as session:
        with suppress(ZeroDivisionError), session.begin_nested():
            seal(
                session,
                "x",
                partnership="north",
                owner="police",
                subjects=[ANN],
                place=HERE,
            )
            raise ZeroDivisionError
        blob = seal(
            session,
            "kept",
            partnership="north",
            owner="police",
            subjects=[ANN],
            place=HERE,
        )
    assert get(database, Sealed(blob, "north", "police", HERE)) == ["kept"]


def test_sealing_needs_a_write_session(database: Database) -> None:
    with pytest.raises(WriteInReadSession), database.read() as session:
        seal(session, "x", partnership="north", owner="police", subjects=[], place=HERE)


@pytest.mark.parametrize("wrong", [["per_a per_b"], [""], ["per/a"], [f"per_{n}" for n in range(81)]])
def test_odd_subjects_are_refused(database: Database, wrong: list[str]) -> None:
    with pytest.raises(ValueError, match=r"people|person"), database.write() as session:
        seal(session, "x", partnership="north", owner="police", subjects=wrong, place=HERE)


def test_opening_asks_once_whatever_is_asked_for(database: Database) -> None:
    sealed = [put(database, str(number), *who) for number, who in enumerate([(), (ANN,), (BEN,), (ANN, BEN)])]
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for count in (0, 1, 4):
        asked.clear()
        with database.read() as session:
            assert open_all(session, sealed[:count]) == [str(number) for number in range(count)]
            assert session.info.get("openings") == count
        assert len([one for one in asked if "data_key" in one]) == 1


def test_a_data_key_that_is_not_there_is_named(database: Database) -> None:
    one = put(database, "x", ANN)
    with database.write() as session:
        session.execute(delete(DataKey))
    with pytest.raises(SealBroken, match="a data key that is not its owner's"):
        get(database, one)


def test_a_log_body_is_no_field_and_a_field_no_log_body(database: Database) -> None:
    field = put(database, "x")
    with database.write() as session:
        blob = seal_parts(session, [Part(b"x", "north", "police", HERE)])[0]
    with pytest.raises(SealBroken):
        get(database, field._replace(blob=blob))
    with pytest.raises(SealBroken), database.read() as session:
        open_parts(session, [SealedPart(field.blob, "north", "police", HERE)])


def test_log_parts_come_back_and_the_erased_are_marked(database: Database, keys: KeyFile) -> None:
    places = [Place("log_part", f"evt_{number}", "body") for number in range(3)]
    parts = [
        Part(b"body", "north", "police", places[0]),
        Part(b"item", "north", "police", places[1], (ANN,)),
        Part(b"item", "north", "almo", places[2], (BEN,)),
    ]
    with database.write() as session:
        blobs = seal_parts(session, parts)
    sealed = [
        SealedPart(blob, part.partnership, part.agency, part.place)
        for blob, part in zip(blobs, parts, strict=True)
    ]
    with database.read() as session:
        assert open_parts(session, sealed) == [b"body", b"item", b"item"]
        with pytest.raises(SealBroken):
            open_parts(session, [sealed[2]._replace(agency="police")])
        with pytest.raises(SealBroken):
            open_parts(session, [sealed[2]._replace(place=places[1])])
    keys.destroy(f"person/{ANN}")
    with database.read() as session:
        assert open_parts(session, sealed) == [b"body", None, b"item"]


def test_names_of_staff(database: Database, keys: KeyFile) -> None:
    with database.write() as session:
        sealed = {
            staff: seal_name(session, "north", staff, name)
            for staff, name in [("stf_1", "Zoë"), ("stf_2", "Bo")]
        }
    with database.read() as session:
        assert open_names(session, "north", sealed) == {"stf_1": "Zoë", "stf_2": "Bo"}
        assert open_names(session, "north", {}) == {}
        moved = {"stf_1": sealed["stf_2"], "stf_2": sealed["stf_2"], "stf_3": b""}
        told = {"stf_1": UNREADABLE, "stf_2": "Bo", "stf_3": UNREADABLE}
        assert open_names(session, "north", moved) == told, "the others are whole"
        assert set(open_names(session, "south", sealed).values()) == {UNREADABLE}
    keys.destroy("directory/north/1")
    with database.read() as session, pytest.raises(KeyGone):
        open_names(session, "north", sealed)


def test_a_key_of_a_person_is_never_kept(database: Database, keys: KeyFile) -> None:
    one = put(database, "x", ANN)
    put(database, "y")
    get(database, one)
    with database.write() as session:
        seal_parts(session, [Part(b"x", "north", "police", HERE, (ANN,))])
    assert keys.remembered() == {}
