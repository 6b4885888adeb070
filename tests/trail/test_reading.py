"""Each agency reads its own part and no other, and can prove what it reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from audit import Proof, verify_folder
from audit.__main__ import main
from conference import clock
from conference.db import Database
from conference.errors import NotFound
from conference.trail.codes import code_for
from conference.trail.errors import NotPlacedYet
from conference.trail.keys import verifier_key
from conference.trail.packing import ITEMS, PART, Piece, pieces
from conference.trail.proving import CHECKED, export, proof_for, verify_now
from conference.trail.reading import Wanted, event_for, events_for
from conference.trail.sequencer import place
from conference.vault.erase import erase_person
from conference.vault.errors import SealBroken
from conference.vault.keyfile import KeyFile
from tests.trail.conftest import an_agency
from tests.trail.things import (
    ANN,
    BEN,
    CASE,
    OTHER,
    REQUEST,
    STAFF,
    a_field,
    as_superuser,
    read,
    reframe,
    write,
    write_many,
    zeros,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def shown(database: Database) -> str:
    """ALMO staff saw two fields of the police and one of the IDVA; one of each is also about Ben."""
    with clock.held(NOON):
        return write(
            database,
            a_field(1, "police", ANN),
            a_field(2, "idva", BEN),
            a_field(3, "police", ANN, BEN),
            a_field(4, "conference", BEN),
            note="Ann's neighbour",
        )


def test_the_agency_whose_staff_looked_sees_the_whole_event(database: Database, shown: str) -> None:
    (entry,) = read(database, "almo")
    assert (entry.id, entry.at, entry.name, entry.own, entry.fault) == (
        shown,
        NOON,
        "disclosure.shown",
        True,
        None,
    )
    assert (entry.actor, entry.agency, entry.case, entry.request) == (STAFF, "almo", CASE, REQUEST)
    assert [item and (item.field, item.owner, item.subjects) for item in entry.items] == [
        ("fld_" + f"{1:026}", "police", (ANN,)),
        ("fld_" + f"{2:026}", "idva", (BEN,)),
        ("fld_" + f"{3:026}", "police", (ANN, BEN)),
        ("fld_" + f"{4:026}", "conference", (BEN,)),
    ]
    assert entry.note == "Ann's neighbour"
    assert entry.index is None
    place(database, "north")
    assert read(database, "almo")[0].index == 0


@pytest.mark.parametrize(("agency", "numbers"), [("police", [1, 3]), ("idva", [2])])
def test_an_owner_sees_only_its_own_items(
    database: Database, shown: str, agency: str, numbers: list[int]
) -> None:
    (entry,) = read(database, agency)
    assert [item and item.field for item in entry.items] == [f"fld_{number:026}" for number in numbers]
    assert (entry.id, entry.own, entry.note) == (shown, False, None)


def test_an_agency_without_a_part_finds_nothing(database: Database, shown: str) -> None:
    hidden = write(database, a_field(1, "police"))
    assert [entry.id for entry in read(database, "idva")] == [shown]
    assert read(database, "nobody") == []
    with database.read() as session:
        for agency, partnership in (("idva", "north"), ("nobody", "north"), ("almo", "south")):
            with pytest.raises(NotFound):
                event_for(session, partnership, agency, hidden)
        assert event_for(session, "north", "police", hidden).id == hidden


def test_one_that_is_concerned_gets_the_head(database: Database) -> None:
    write(database, name="policy.published", concerns=("idva",))
    (entry,) = read(database, "idva")
    assert (entry.name, entry.items) == ("policy.published", ())
    assert read(database, "police") == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [2, 1, 0]),
        ({"since": NOON + timedelta(minutes=1)}, [2, 1]),
        ({"until": NOON + timedelta(minutes=1)}, [0]),
        ({"since": NOON, "until": NOON + timedelta(minutes=2)}, [1, 0]),
        ({"person": BEN}, [1]),
        ({"person": "per_" + "c" * 26}, []),
        ({"case": CASE}, [1, 0]),
        ({"actor": OTHER}, [2]),
        ({"actor_agency": "almo"}, [1, 0]),
        ({"purpose": "audit"}, [2]),
        ({"names": ("offer.changed",)}, [2]),
        ({"names": ("offer.changed", "disclosure.shown"), "person": ANN}, [2, 0]),
        ({"request": REQUEST}, [1, 0]),
        ({"code": code_for(REQUEST).replace("-", " ").lower()}, [1, 0]),
        ({"code": "-"}, []),
    ],
)
def test_filters(database: Database, wanted: dict[str, object], found: list[int]) -> None:
    with clock.held(NOON):
        ids = [write(database, a_field(1))]
    with clock.held(NOON + timedelta(minutes=1)):
        ids.append(write(database, a_field(2, "police", BEN)))
    with clock.held(NOON + timedelta(minutes=2)):
        other = {"actor": OTHER, "purpose": "audit", "case": "cas_" + "b" * 26, "request": "req_" + "b" * 26}
        ids.append(write(database, a_field(3), name="offer.changed", agency="police", **other))
    assert [ids.index(entry.id) for entry in read(database, "police", **wanted)] == found


def test_a_limit_counts_what_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conference.trail.reading.CHUNK", 2)
    ids = [write(database, a_field(number, "police", BEN if number % 2 else ANN)) for number in range(7)]
    with database.read() as session:
        found = events_for(session, "north", "police", Wanted(person=BEN), limit=2)
        assert [entry.id for entry in found] == [ids[5], ids[3]]
        assert len(events_for(session, "north", "police", Wanted(person=BEN))) == 3
        assert len(events_for(session, "north", "police", limit=100)) == 7


def test_an_erased_person_is_dark_and_the_log_still_verifies(
    database: Database, keys: KeyFile, shown: str, tmp_path: Path
) -> None:
    place(database, "north")
    with database.write() as session:
        erase_person(session, keys, ANN)
    (entry,) = read(database, "almo")
    assert [item and item.field for item in entry.items] == [None, f"fld_{2:026}", None, f"fld_{4:026}"]
    assert entry.fault is None
    assert read(database, "almo", person=ANN) == []
    with database.read() as session:
        assert verify_now(session, "north", "police", shown).holds
        for agency in ("police", "almo", "idva"):
            export(session, "north", tmp_path / agency, agency=agency)
            assert main(["verify", str(tmp_path / agency), "--vkey", str(tmp_path / agency / "vkey")]) == 0


def test_an_event_verifies_and_its_proof_stands_alone(database: Database, keys: KeyFile) -> None:
    key = verifier_key(keys, "north")
    for count in (1, 2, 5):
        for event_id in write_many(database, count):
            with database.read() as session:
                done = verify_now(session, "north", "police", event_id)
                proof, leaf = proof_for(session, "north", event_id)
            assert (done.holds, done.checked, done.failure) == (True, CHECKED, None)
            checkpoint = Proof.parse(proof).verify(leaf, key)
            assert (done.size, done.index) == (checkpoint.size, Proof.parse(proof).index)


def test_what_has_no_place_yet_has_no_proof(database: Database) -> None:
    event_id = write(database, a_field(1))
    with database.read() as session:
        with pytest.raises(NotPlacedYet):
            proof_for(session, "north", event_id)
        with pytest.raises(NotFound):
            proof_for(session, "south", event_id)
        done = verify_now(session, "north", "police", event_id)
    assert (done.holds, done.failure, done.checked) == (False, None, CHECKED[:3])


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        pytest.param("UPDATE log_event SET sealed = {zeros}", "its part is missing", id="no-frame"),
        pytest.param(
            "UPDATE log_event SET leaf = (SELECT leaf FROM log_event WHERE n > 1)",
            "does not commit",
            id="leaf",
        ),
        pytest.param("UPDATE log_event SET leaf = {zeros}", "not canonical JSON", id="no-leaf"),
        pytest.param("UPDATE roster SET agencies = 'almo police idva'", "does not commit", id="roster"),
        pytest.param(
            "UPDATE log_leaf SET hash = {zeros} WHERE position = 1", "leads to another root", id="other-leaf"
        ),
        pytest.param("UPDATE log_leaf SET position = 5 - position", "", id="place"),
        pytest.param("UPDATE log_checkpoint SET note = 'x' || note", "", id="checkpoint"),
    ],
)
def test_an_edit_fails_verification(database: Database, edit: str, says: str) -> None:
    event_id = write_many(database, 2)[0]
    with as_superuser(database) as session:
        session.execute(text(edit.format(zeros=zeros(database))))
    with database.read() as session:
        done = verify_now(session, "north", "police", event_id)
    assert not done.holds
    assert done.failure is not None
    assert says in done.failure


@pytest.mark.parametrize(
    ("kind", "sealed", "says"),
    [
        pytest.param(PART, bytes(32), "its part was changed", id="part"),
        pytest.param(ITEMS, bytes(32), "its items are not those", id="items"),
        pytest.param(ITEMS, None, "its items are not those", id="no-items"),
        pytest.param(PART, None, "its part is missing", id="no-part"),
    ],
)
def test_an_edited_piece_fails_verification(
    database: Database, kind: int, sealed: bytes | None, says: str
) -> None:
    event_id = write_many(database, 2)[0]

    def edited(_id: str, piece: Piece) -> Piece | None:
        if piece.kind != kind:
            return piece
        return None if sealed is None else piece._replace(sealed=sealed)

    with as_superuser(database) as session:
        reframe(session, edited)
    with database.read() as session:
        done = verify_now(session, "north", "police", event_id)
    assert (done.holds, says in str(done.failure)) == (False, True)


def test_pieces_that_changed_places_do_not_open(database: Database) -> None:
    """Of another event, another agency, another kind: each seal is bound to where it stands."""
    one, other = write_many(database, 2)
    with database.read() as session:
        frames = dict(session.execute(text("SELECT id, sealed FROM log_event")).all())  # type: ignore[arg-type]
    known = {at: pieces(bytes(frame)) for at, frame in frames.items()}

    def of_the_other(at: str, piece: Piece) -> Piece:
        there = known[other if at == one else one]
        return next(it for it in there if (it.kind, it.agency) == (piece.kind, piece.agency))

    def of_others(at: str, piece: Piece) -> Piece:
        there = next(it for it in known[at] if it.kind == piece.kind and it.agency != piece.agency)
        return piece._replace(sealed=there.sealed)

    for change in (of_the_other, of_others):
        with as_superuser(database) as session:
            reframe(session, lambda at, piece: next(it for it in known[at] if it[:3] == piece[:3]))
            reframe(session, change)
        assert all(entry.fault for agency in ("police", "almo") for entry in read(database, agency))


def test_an_edited_event_is_listed_with_its_fault(database: Database) -> None:
    good, bad = write_many(database, 2)
    with as_superuser(database) as session:
        reframe(session, lambda at, piece: None if (at, piece.kind) == (bad, ITEMS) else piece)
    entries = read(database, "police", person=ANN)
    assert [(entry.id, entry.fault is None) for entry in entries] == [(bad, False), (good, True)]
    with as_superuser(database) as session:
        reframe(
            session,
            lambda at, piece: (
                piece if piece.kind != PART else piece._replace(sealed=at.encode() + good.encode())
            ),
        )
    assert all(entry.fault for entry in read(database, "police", person=ANN))
    with pytest.raises(SealBroken), database.read() as session:
        export(session, "north", Path("/nowhere/at/all"), agency="police")


def test_exports_are_clean_for_every_agency(database: Database, keys: KeyFile, tmp_path: Path) -> None:
    with database.read() as session:
        assert export(session, "north", tmp_path / "empty").size == 0
    write_many(database, 3)
    with database.write() as session:
        session.add(an_agency("nhs", 3))
        session.flush()
    write(database, a_field(1, "idva", BEN), agency="nhs")
    write_many(database, 2)
    write(database, a_field(9))
    vkey = tmp_path / "vkey"
    vkey.write_text(f"{verifier_key(keys, 'north')}\n")
    for agency in (None, "police", "almo", "idva", "nhs"):
        folder = tmp_path / str(agency)
        with database.read() as session:
            assert export(session, "north", folder, agency=agency).size == 6
        assert verify_folder(folder, vkey).size == 6
