"""An agency's copy: whole in pieces of any size, kept only if it verifies, silent about everybody else."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.errors import LogFault
from audit.fetching import Piece, fetch_log
from conference import clock, ids
from conference.db import Database
from conference.errors import NotFound
from conference.trail import copies, tokens
from conference.trail.keys import verifier_key
from conference.trail.proving import export
from conference.trail.roster import current
from conference.trail.sequencer import place
from conference.trail.writing import LoggedItem
from conference.vault.keyfile import KeyFile
from tests.trail.conftest import fill
from tests.trail.things import BEN, OTHER, STAFF, a_field, log, write, write_many


def asking(database: Database, agency: str = "almo"):
    def ask(start: int) -> Piece:
        with database.read() as session:
            found = copies.piece(session, "north", agency, start)
        return Piece(found.content, found.whole)

    return ask


@pytest.fixture
def vkey(database: Database, tmp_path: Path) -> Path:
    path = tmp_path / "vkey"
    path.write_text(f"{verifier_key(database.keys, 'north')}\n")
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def said(_line: str) -> None:
    pass


def test_pieces_make_up_the_export(
    database: Database, vkey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST", 3)
    folder = tmp_path / "copy"
    for grown in (1, 5, 0, 2):
        write_many(database, grown)
        reached = fetch_log(folder, vkey, asking(database), said)
    with database.read() as session:
        done = export(session, "north", tmp_path / "whole", agency="almo")
    assert reached == done
    assert files(folder) == files(tmp_path / "whole")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
@pytest.mark.slow
def test_pieces_over_the_width_of_a_tile(
    database: Database, vkey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST", 100)
    folder = tmp_path / "copy"
    for grown in (250, 7, 260):
        with database.write() as session:
            for _ in range(grown):
                log(session, a_field(1))
        place(database, "north")
        fetch_log(folder, vkey, asking(database), said)
    with database.read() as session:
        export(session, "north", tmp_path / "whole", agency="almo")
    assert files(folder) == files(tmp_path / "whole")
    assert len(files(folder)) == 3 + 3 + 3 + 1  # two full tiles, a partial one; bundles; one tile above


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
@pytest.mark.slow
def test_an_export_whose_front_is_cut_verifies_with_its_parts(
    database: Database, vkey: Path, tmp_path: Path
) -> None:
    with database.write() as session:
        for _ in range(300):
            log(session, a_field(1))
    place(database, "north")
    with database.read() as session:
        export(session, "north", tmp_path / "cut", agency="almo", minimum=260)
    assert audit.verify_folder(tmp_path / "cut", vkey).size == 300
    found = files(tmp_path / "cut")
    assert len(found["parts.jsonl"].splitlines()) == 44
    assert "tile/entries/000" not in found


def spoiled(content: bytes, name: str, change) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for one in old.namelist():
            data = old.read(one)
            new.writestr(one, change(data) if one == name else data)
    return packed.getvalue()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_what_does_not_verify_is_not_kept(database: Database, vkey: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    write_many(database, 3)
    fetch_log(folder, vkey, asking(database), said)
    before = files(folder)
    write_many(database, 3)
    ask = asking(database)
    good = ask(3)
    spoils = {
        "checkpoint": lambda data: data.replace(b"\n6\n", b"\n7\n"),
        "tile/0/000.p/6": lambda data: data[:-1] + b"x",
        "tile/entries/000.p/6": lambda data: data.replace(b"evt_", b"evu_"),
        "parts.jsonl": lambda data: data.replace(b'"position":1', b'"position":2'),
    }
    bad = [b"", b"no zip", good.content[:-30], asking(database, "police")(3).content]
    bad += [spoiled(good.content, name, change) for name, change in spoils.items()]
    with zipfile.ZipFile(io.BytesIO(good.content)) as archive:
        names = archive.namelist()
    assert set(spoils) < set(names)
    for content in bad:
        with pytest.raises(LogFault):
            fetch_log(folder, vkey, lambda _, content=content: Piece(content, 6), said)
        assert files(folder) == before
    for name in ("../outside", "/outside", "tile/0/../../../outside", "extra"):
        packed = io.BytesIO(good.content)
        with zipfile.ZipFile(packed, "a") as archive:
            archive.writestr(name, b"x")
        with pytest.raises(LogFault):
            fetch_log(folder, vkey, lambda _, packed=packed: Piece(packed.getvalue(), 6), said)
        assert files(folder) == before
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []
    assert fetch_log(folder, vkey, ask, said).size == 6


def test_a_log_that_lost_its_end_is_no_continuation(database: Database, vkey: Path, tmp_path: Path) -> None:
    write_many(database, 3)
    fetch_log(tmp_path / "copy", vkey, asking(database), said)
    with database.read() as session, pytest.raises(NotFound):
        copies.piece(session, "north", "almo", 4)
    forked = audit.MemoryStore(audit.SigningKey("conference/north", database.keys.key("log/north/1")))
    forked.append([b"other"] * 5)
    content = spoiled(asking(database)(3).content, "checkpoint", lambda _: forked.checkpoint())
    with pytest.raises(LogFault):
        fetch_log(tmp_path / "copy", vkey, lambda _: Piece(content, 5), said)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_a_copy_that_was_being_swapped_is_found_again(database: Database, vkey: Path, tmp_path: Path) -> None:
    write_many(database, 2)
    fetch_log(tmp_path / "copy", vkey, asking(database), said)
    (tmp_path / "copy").rename(tmp_path / ".copy.0123.old")
    write_many(database, 1)
    assert fetch_log(tmp_path / "copy", vkey, asking(database), said).size == 3
    assert {one.name for one in tmp_path.iterdir()} >= {"copy"}
    assert not os.path.lexists(tmp_path / ".copy.0123.old")


def test_a_token_opens_for_its_agency_until_it_ends(database: Database) -> None:
    write(database)
    with database.write() as session:
        made, token = tokens.make(session, "north", "almo")
    with database.read() as session:
        found = tokens.holder(session, token)
        assert found is not None
        assert found.agency_id == "almo"
        for wrong in ("", token[:-1], token + "A", token[:-1] + ("A" if token[-1] != "A" else "B"), "clt_ä"):
            assert tokens.holder(session, wrong) is None
    with database.write() as session:
        tokens.end(session, made.id)
    with database.write() as session, pytest.raises(NotFound):
        tokens.end(session, made.id)
    with database.read() as session:
        assert tokens.holder(session, token) is None


# --- two worlds that differ only in what concerns others ----------------------------------------------------


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[list[Database]]:
    """Two logs with the same salts; between them differs what the police and the IDVA do with each other."""
    made = []
    for number, others in enumerate(({"shown": b"Wren", "field": 1}, {"shown": b"Else", "field": 2})):
        url = f"sqlite:///{tmp_path}/{number}.db"
        fill(url)
        with ids.repeating("keys", secrets_too=True):
            database = Database(url, KeyFile.create(tmp_path / f"{number}.keys"))
        tell(database, shown=others["shown"], field=others["field"], other=bool(number))  # type: ignore[arg-type]
        made.append(database)
    yield made
    for database in made:
        database.close()


def tell(database: Database, *, shown: bytes, field: int, other: bool) -> None:
    moment = datetime(2026, 11, 24, 10, tzinfo=UTC)
    turn = 0

    def say(*items: Callable[[], LoggedItem], **more: Any) -> None:
        nonlocal turn
        turn += 1
        with (
            clock.held(moment),
            ids.repeating(f"event {turn}", secrets_too=True),
            database.write() as session,
        ):
            log(session, *(make() for make in items), **more)

    say(lambda: a_field(1, "police"), agency="almo")
    # who, about whom, what, on which case, how it was allowed: all of it is others'
    say(
        lambda: a_field(field, "police", "per_" + "c" * 26 if other else BEN, shown=shown),
        agency="idva",
        actor=OTHER if other else STAFF,
        case="cas_" + ("b" if other else "c") * 26,
        purpose="safeguard-child" if other else "prevent-serious-harm",
    )
    say(agency="police", name="access.refused" if other else "case.reasoned", mark="a" if other else "b")
    say(lambda: a_field(3, "almo"), lambda: a_field(4, "idva"), agency="police", actor=OTHER)
    with clock.held(moment), ids.repeating("placing", secrets_too=True):
        place(database, "north")


def test_nothing_of_others_is_in_a_copy(worlds: list[Database], tmp_path: Path) -> None:
    """The same copy but for commitments of others' parts and what is hashed over them."""
    position = 1  # of almo in the roster
    leaves: list[list[dict]] = []
    for number, database in enumerate(worlds):
        with database.read() as session:
            assert current(session, "north").position("almo") == position
            folder = tmp_path / f"copy-{number}"
            export(session, "north", folder, agency="almo")
            content = copies.piece(session, "north", "almo", 0).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == files(folder)
        bundle = (folder / "tile/entries/000.p/4").read_bytes()
        leaves.append([json.loads(leaf) for leaf in audit.tiles.decode_bundle(bundle, 4)])
    one, other = (files(tmp_path / f"copy-{number}") for number in (0, 1))
    assert one["parts.jsonl"] == other["parts.jsonl"]
    assert {name: len(data) for name, data in one.items()} == {
        name: len(data) for name, data in other.items()
    }
    changed = 0
    for before, after in zip(*leaves, strict=True):
        for leaf in (before, after):
            commitments = leaf.pop("parts")
            assert len(commitments) == 3
            leaf["almo"] = commitments[position]
            leaf["others"] = [one for at, one in enumerate(commitments) if at != position]
        changed += before.pop("others") != after.pop("others")
        assert before == after
    assert changed == 2
