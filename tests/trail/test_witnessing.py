"""Witnesses of several agencies: asked, counted by agency, late, away, and seeing another log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

import audit
from conference import clock
from conference.clock import now
from conference.db import Database
from conference.errors import BadInput, NotFound
from conference.trail.keys import verifier_key
from conference.trail.models import LogCheckpoint, LogLeaf
from conference.trail.proving import proof_for
from conference.trail.sequencer import place
from conference.trail.witnessing import asker, roll, standing
from conference.trail.witnessing.asking import Outcome
from conference.trail.witnessing.closing import meeting_closed
from conference.trail.witnessing.models import Asked, Cosignature, Witness
from tests.trail.things import as_superuser, log, read, write_many
from tests.trail.witnesses import Running, running

MEETING = "mtg_" + "a" * 26
AGENCIES = ("police", "almo", "idva")


@pytest.fixture
def witnesses(database: Database, tmp_path: Path) -> Iterator[list[Running]]:
    """A witness of each of the three agencies, registered; nothing is logged yet but that."""
    with ExitStack() as stack:
        made = running(stack, tmp_path / "w", verifier_key(database.keys, "north"), *AGENCIES)
        for one in made:
            register(database, one.name, one)
        place(database, "north")
        yield made


def register(database: Database, agency: str, one: Running) -> str:
    with database.write() as session:
        return roll.add(session, "north", agency, one.vkey, one.url).id


def ask(database: Database, *, hours: float = 0) -> list[Outcome]:
    """What becomes due in so many hours; the order is that of registration."""
    with clock.held(now() + timedelta(hours=hours)):
        return list(asker.ask_those_due(database).values())


def newest(database: Database, place: int = 0) -> standing.Witnessed | None:
    with database.read() as session:
        return standing.newest(session, "north", place)


def end_meeting(database: Database, meeting: str = MEETING) -> None:
    with database.write() as session:
        hashed = log(session, name="meeting.closed", meeting=meeting, case=None)
        meeting_closed(session, "north", meeting, hashed)


def of_meeting(database: Database, meeting: str = MEETING) -> standing.Witnessed | None:
    with database.read() as session:
        return standing.of_meeting(session, "north", meeting)


def test_all_are_asked_and_a_quorum_verifies_offline(
    database: Database, witnesses: list[Running], tmp_path: Path
) -> None:
    ids = write_many(database, 5)
    assert ask(database) == [Outcome.COSIGNED] * 3
    found = newest(database)
    assert found is not None
    assert (found.agencies, found.needed, found.has_quorum) == (AGENCIES, 2, True)
    with database.read() as session:
        policy = audit.parse_policy(roll.policy(session, "north"))
        proof, leaf = proof_for(session, "north", ids[0])
    key = verifier_key(database.keys, "north")
    policy.check(audit.Note.parse(found.note), key)
    read_proof = audit.Proof.parse(proof)
    read_proof.verify(leaf, key)
    policy.check(audit.Note.parse(read_proof.checkpoint), key)
    assert [entry.name for entry in read(database, "idva", names=("witness.added",))] == ["witness.added"] * 3


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_two_of_three_are_enough_and_one_is_not(database: Database, witnesses: list[Running]) -> None:
    write_many(database, 2)
    witnesses[0].stop()
    witnesses[1].stop()
    assert ask(database) == [Outcome.AWAY, Outcome.AWAY, Outcome.COSIGNED]
    found = newest(database)
    assert found is not None
    assert (found.agencies, found.has_quorum) == (("idva",), False)
    witnesses[0].start()
    assert ask(database, hours=0.02) == [Outcome.COSIGNED, Outcome.AWAY]
    found = newest(database)
    assert found is not None
    assert (set(found.agencies), found.has_quorum) == ({"police", "idva"}, True)
    witnesses[1].start()


def test_one_agency_with_two_keys_counts_once(
    database: Database, witnesses: list[Running], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        (second,) = running(stack, tmp_path / "w", verifier_key(database.keys, "north"), "police-2")
        register(database, "police", second)
        write_many(database, 2)
        for one in witnesses[1:]:
            one.stop()
        assert ask(database).count(Outcome.COSIGNED) == 2
        found = newest(database)
        assert found is not None
        assert (found.agencies, found.needed, found.has_quorum) == (("police",), 2, False)
        note = audit.Note.parse(found.note)
        assert len(note.signatures) == 3
        with database.read() as session:
            policy = audit.parse_policy(roll.policy(session, "north"))
        with pytest.raises(audit.BadPolicy, match="quorum"):
            policy.check(note, verifier_key(database.keys, "north"))
        for one in witnesses[1:]:
            one.start()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_a_key_is_registered_once_and_for_one_agency(database: Database, witnesses: list[Running]) -> None:
    key = audit.VerifierKey.parse(witnesses[0].vkey)
    renamed = str(audit.VerifierKey("almo.example/2", key.kind, key.public))
    for vkey in (witnesses[0].vkey, renamed, str(verifier_key(database.keys, "north")), "no key"):
        with database.write() as session, pytest.raises(BadInput):
            roll.add(session, "north", "almo", vkey, "http://localhost:1")
    for url in ("ftp://x", "http://", "http://a:b@c", "http://c?d=e", "localhost:1"):
        with database.write() as session, pytest.raises(BadInput):
            roll.add(session, "north", "almo", "", url)


def test_one_that_is_removed_is_asked_no_more_and_what_it_cosigned_stands(
    database: Database, witnesses: list[Running]
) -> None:
    write_many(database, 2)
    ask(database)
    with database.write() as session:
        gone = roll.remove(session, roll.active(session, "north")[0].id).id
    with database.write() as session, pytest.raises(NotFound):
        roll.remove(session, gone)
    assert ask(database, hours=1) == [Outcome.COSIGNED] * 2
    found = newest(database)
    assert found is not None
    assert found.needed == 2
    assert [entry.name for entry in read(database, "almo", names=("witness.removed",))] == ["witness.removed"]


def test_they_are_asked_hourly_and_not_before(database: Database, witnesses: list[Running]) -> None:
    write_many(database, 2)
    assert ask(database) == [Outcome.COSIGNED] * 3
    assert ask(database) == []
    assert ask(database, hours=0.5) == []
    assert ask(database, hours=1) == [Outcome.COSIGNED] * 3  # the log has not grown: they say so again


def test_a_meeting_that_ends_has_its_checkpoint(database: Database, witnesses: list[Running]) -> None:
    write_many(database, 2)
    ask(database)
    end_meeting(database)
    assert of_meeting(database) is None
    assert ask(database) == []  # it has no place yet
    place(database, "north")
    assert of_meeting(database) is None
    assert ask(database) == [Outcome.COSIGNED] * 3
    kept = of_meeting(database)
    assert kept is not None
    assert kept.has_quorum
    write_many(database, 2)
    ask(database, hours=1)
    assert of_meeting(database) == kept  # it stays the first that holds the meeting's end
    assert of_meeting(database, "mtg_" + "b" * 26) is None


def test_one_that_is_away_is_asked_again_soon_then_seldom(
    database: Database, witnesses: list[Running]
) -> None:
    write_many(database, 2)
    witnesses[0].stop()
    assert ask(database).count(Outcome.AWAY) == 1
    assert ask(database) == []
    assert ask(database, hours=0.01) == [Outcome.AWAY]
    assert ask(database, hours=10) == [Outcome.AWAY, Outcome.COSIGNED, Outcome.COSIGNED]
    assert ask(database, hours=10.2) == []
    assert ask(database, hours=10.3) == [Outcome.AWAY]
    witnesses[0].start()


def test_one_that_is_late_is_told(database: Database, witnesses: list[Running]) -> None:
    write_many(database, 2)
    witnesses[2].stop()
    ask(database)

    def late(hours: float) -> list[bool]:
        with clock.held(now() + timedelta(hours=hours)), database.read() as session:
            return [one.is_late for one in standing.standings(session, "north")]

    assert late(0) == [False] * 3
    assert late(2.1) == [True] * 3
    ask(database, hours=2)
    assert late(2.1) == [False, False, True]
    witnesses[2].start()


def test_the_room_waits_for_no_witness(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a witness that never answers is asked, changes commit."""
    asked = threading.Event()
    done = threading.Event()

    def never(*_: object, **__: object) -> None:
        asked.set()
        assert done.wait(20)
        raise OSError

    monkeypatch.setattr("conference.trail.witnessing.asking.requests.post", never)
    with database.write() as session:
        key = audit.SigningKey("slow.example/1", bytes(32), audit.COSIGNATURE)
        roll.add(session, "north", "police", str(key.verifier), "http://localhost:1")
    write_many(database, 1)
    thread = threading.Thread(target=asker.ask_those_due, args=(database,))
    thread.start()
    try:
        assert asked.wait(20)
        started = time.monotonic()
        end_meeting(database)
        assert time.monotonic() - started < 5
        if not database.is_sqlite:
            assert asker.ask_those_due(database) == {}  # another process would find that one is at it
    finally:
        done.set()
        thread.join()


# --- another log ------------------------------------------------------------------------------------------


def refused(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(one.agency_id, one.kind) for one in standing.refusals(session, "north")]


def test_a_restored_backup_is_a_rollback(database: Database, witnesses: list[Running]) -> None:
    write_many(database, 4)
    ask(database)
    with as_superuser(database) as session:  # as it was before: shorter, and signed as it was then
        session.execute(text("DELETE FROM log_cosignature"))
        session.execute(text("DELETE FROM log_leaf WHERE position = (SELECT max(position) FROM log_leaf)"))
        session.execute(text("DELETE FROM log_node"))
        session.execute(text("DELETE FROM log_asked"))
        note = audit.MemoryStore(_signing(database))
        for hashed in session.execute(
            text("SELECT leaf FROM log_event e JOIN log_leaf l ON l.n = e.n ORDER BY l.position")
        ):
            note.append([bytes(hashed[0])])
        session.execute(text("DELETE FROM log_checkpoint"))
        session.add(
            LogCheckpoint(
                partnership_id="north", size=note.size, root=b"", note=note.checkpoint().decode(), at=now()
            )
        )
    assert ask(database) == [Outcome.ROLLBACK] * 3
    assert sorted(refused(database)) == [(one, "rollback") for one in sorted(AGENCIES)]
    assert ask(database, hours=1) == [Outcome.ROLLBACK] * 3
    assert len(refused(database)) == 3  # told once for each checkpoint, and for good


def _signing(database: Database) -> audit.SigningKey:
    return audit.SigningKey("conference/north", database.keys.key("log/north/1"))


def test_a_rewritten_log_is_a_fork(database: Database, witnesses: list[Running]) -> None:
    write_many(database, 4)
    ask(database)
    write_many(database, 1)
    with as_superuser(database) as session:
        forged = audit.MemoryStore(_signing(database))
        size = session.scalar(select(func.count()).select_from(LogLeaf)) or 0
        forged.append(b"other %d" % number for number in range(size))
        checkpoint = audit.Checkpoint.parse(audit.Note.parse(forged.checkpoint()).text)
        for number in range(size):
            session.execute(
                update(LogLeaf).where(LogLeaf.position == number).values(hash=forged.node(0, number))
            )
        session.execute(
            text("UPDATE log_checkpoint SET note = :note, root = :root WHERE size = :size"),
            {"note": forged.checkpoint().decode(), "root": checkpoint.root, "size": size},
        )
    assert ask(database, hours=1) == [Outcome.FORK] * 3
    assert {kind for _, kind in refused(database)} == {"fork"}


def test_a_split_view_is_refused(database: Database, witnesses: list[Running]) -> None:
    """Another database with the same key shows its own log: whoever saw this one does not cosign that one."""
    write_many(database, 3)
    ask(database)
    other = audit.MemoryStore(_signing(database))
    other.append([b"for other eyes"] * 20)
    with as_superuser(database) as session:
        session.execute(text("DELETE FROM log_asked"))
        session.add(
            LogCheckpoint(
                partnership_id="north",
                size=20,
                root=b"",
                note=other.checkpoint().decode(),
                at=now(),
            )
        )
    assert ask(database) == [Outcome.FORK] * 3


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_a_witness_of_another_log_is_a_stranger(database: Database, tmp_path: Path) -> None:
    with ExitStack() as stack:
        elsewhere = audit.SigningKey("elsewhere.example", bytes(32)).verifier
        (one,) = running(stack, tmp_path / "w", elsewhere, "police")
        register(database, "police", one)
        write_many(database, 1)
        assert ask(database) == [Outcome.STRANGER]
        assert refused(database) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_nonsense_is_not_a_cosignature(
    database: Database, witnesses: list[Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    from conference.trail.witnessing import asking

    write_many(database, 1)
    bodies = (b"", b"\xff", b"x\n", b"409\n", "— police.example/1 AAAAAAAA\n".encode())
    for number, body in enumerate(bodies):
        monkeypatch.setattr(asking, "_post", lambda *_, body=body: asking.Reply(200, body))
        assert ask(database, hours=number) == [Outcome.NONSENSE] * 3
    assert newest(database) is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the database has no part in it
def test_a_cosignature_in_the_table_proves_nothing(database: Database, witnesses: list[Running]) -> None:
    write_many(database, 1)
    witnesses[0].stop()
    witnesses[1].stop()
    ask(database)
    with as_superuser(database) as session:
        row = session.scalars(select(Cosignature)).one()
        for witness in session.scalars(select(Witness).where(Witness.id != row.witness_id)):
            session.add(
                Cosignature(
                    partnership_id="north",
                    witness_id=witness.id,
                    size=row.size,
                    time=row.time,
                    line=row.line,
                    at=row.at,
                )
            )
    found = newest(database)
    assert found is not None
    assert (found.agencies, found.has_quorum) == (("idva",), False)
    witnesses[0].start()
    witnesses[1].start()


def test_the_thread_asks_by_itself(
    database: Database, witnesses: list[Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asker, "EVERY_SECONDS", 0.05)
    write_many(database, 1)
    running_one = asker.asking(database).start()
    try:
        until = time.monotonic() + 20
        while (found := newest(database)) is None or not found.has_quorum:
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        running_one.stop()
    with database.read() as session:
        assert {one.outcome for one in session.scalars(select(Asked))} == {"cosigned"}
