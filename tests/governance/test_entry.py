"""One entry: said in words, proved with `audit` alone, and not believed once it was touched."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from conference.errors import NotFound
from conference.governance import entry, whole
from conference.governance.services import UNRELIABLE
from conference.trail.errors import NotPlacedYet
from conference.trail.packing import ITEMS, PART, Piece
from tests.governance.conftest import TURNS, Seen, show
from tests.support.world import NOW, told
from tests.trail.things import as_superuser, reframe


def zeroed(piece: Piece) -> Piece:
    return piece._replace(sealed=bytes(len(piece.sealed)))


def the_part(_event_id: str, piece: Piece) -> Piece:
    return zeroed(piece) if (piece.kind, piece.agency) == (PART, "police") else piece


def the_items(_event_id: str, piece: Piece) -> Piece:
    return zeroed(piece) if piece.kind == ITEMS else piece


def edited(sql: str) -> Callable[[Session], object]:
    return lambda session: session.execute(text(sql))


BROKEN: dict[str, Callable[[Session], object]] = {
    "part": lambda session: reframe(session, the_part),
    "item": lambda session: reframe(session, the_items),
    "leaf": edited("UPDATE log_event SET leaf = CAST(replace(CAST(leaf AS TEXT), 'T10:', 'T11:') AS BLOB)"),
    "place": edited("UPDATE log_leaf SET hash = zeroblob(32)"),
    "checkpoint": edited("UPDATE log_checkpoint SET note = replace(note, 'conference/nm', 'conference/nn')"),
}


def page(seen: Seen, who: str, event_id: str) -> entry.EntryPage:
    viewer = seen.world.viewer(who)
    with told(f"page {next(TURNS)}", NOW), seen.world.database.write() as session:
        return entry.entry_page(session, viewer, event_id)


def test_it_says_who_was_shown_how_much_of_ours(seen: Seen) -> None:
    shown = page(seen, "p-ig", seen.events["h-rep"])
    assert shown.sentence is not None
    assert shown.sentence.startswith("Sam Okafor, Northmoor Homes, was shown ")
    assert "of yours about " in shown.sentence
    assert shown.sentence.endswith(", on screen")
    assert "Maria Kowalczyk" in shown.sentence
    assert {reason.owner for reason in shown.reasons} == {"Northmoor Police"}


def test_it_says_why_it_was_allowed(seen: Seen) -> None:
    shown = page(seen, "p-ig", seen.events["h-rep"])
    said = next(one.sentence for one in shown.reasons if one.label == "Name")
    assert said.startswith(
        "Northmoor Police may show Northmoor Homes the name in full, to prevent serious harm. "
    )
    assert "dsa-1" in said


def test_where_the_agency_holds_no_name_the_reference_stands(seen: Seen) -> None:
    shown = page(seen, "n-ig", seen.events["h-rep"])
    assert shown.sentence is not None
    assert "Maria" not in repr(shown)
    assert seen.world.reference in shown.sentence


def test_it_is_in_the_log(seen: Seen) -> None:
    shown = page(seen, "p-ig", seen.events["h-rep"])
    assert not shown.is_broken
    assert shown.place is not None


def test_an_event_without_a_place_is_no_failure(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.governance.conftest.settle", lambda _world: None)
    fresh = show(seen.world, "h-rep")
    shown = page(seen, "h-ig", fresh)
    assert (shown.is_broken, shown.place) == (False, None)
    with seen.world.database.read() as session, pytest.raises(NotPlacedYet):
        entry.proof(session, seen.world.viewer("h-ig"), fresh)


@pytest.mark.parametrize("what", BROKEN)
def test_what_was_touched_does_not_match(seen: Seen, what: str) -> None:
    with as_superuser(seen.world.database) as session:
        BROKEN[what](session)
    assert page(seen, "p-ig", seen.events["h-rep"]).is_broken


@pytest.mark.parametrize("what", ["part", "item"])
def test_no_answer_counts_past_what_was_touched(seen: Seen, what: str) -> None:
    with as_superuser(seen.world.database) as session:
        BROKEN[what](session)
    answer = seen.search("p-ig", agency="haven")
    assert answer.sentence == UNRELIABLE
    assert all(line.is_fault for line in answer.lines)


@pytest.mark.parametrize("what", BROKEN)
def test_the_whole_log_does_not_match_either(seen: Seen, what: str) -> None:
    with as_superuser(seen.world.database) as session:
        BROKEN[what](session)
    viewer = seen.world.viewer("p-ig")
    with seen.world.database.read() as session:
        assert whole.check(session, viewer).is_broken


def test_the_whole_log_holds(seen: Seen) -> None:
    with seen.world.database.read() as session:
        checked = whole.check(session, seen.world.viewer("h-ig"))
    assert not checked.is_broken
    assert len(checked.holds) == 4


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "audit", *arguments]
    env = {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_proof_verifies_without_us(seen: Seen, tmp_path: Path) -> None:
    viewer, which = seen.world.viewer("p-ig"), seen.events["h-rep"]
    with told("proof", NOW), seen.world.database.write() as session:
        (tmp_path / "one.tlog-proof").write_bytes(entry.proof(session, viewer, which))
        (tmp_path / "one.leaf").write_bytes(entry.leaf(session, viewer, which))
        (tmp_path / "vkey").write_text(f"{whole.log_page(session, viewer).key}\n")
    done = run("verify-proof", "one.leaf", "one.tlog-proof", "--vkey", "vkey", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [one.about for one in seen.entries("police", names=("log.exported",))] == [(which,), (which,)]


def test_the_copy_verifies_without_us(seen: Seen, tmp_path: Path) -> None:
    viewer = seen.world.viewer("h-ig")
    with told("copy", NOW), seen.world.database.write() as session:
        packed = whole.as_zip(session, viewer, NOW)
        (tmp_path / "vkey").write_text(f"{whole.log_page(session, viewer).key}\n")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    done = run("verify", "log", "--vkey", "vkey", "--parts", "log/parts.jsonl", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert seen.entries("homes", names=("log.exported",))


def test_no_proof_of_what_is_not_theirs(seen: Seen) -> None:
    viewer = seen.world.viewer("p-ig")
    ours = {one.id for one in seen.entries("police")}
    own = next(one.id for one in seen.entries("homes") if one.id not in ours)
    with seen.world.database.read() as session, pytest.raises(NotFound):
        entry.proof(session, viewer, own)
