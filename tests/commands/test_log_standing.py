"""The log's commands as they are typed: witnesses, receipts, tokens, a new epoch, and the doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from sqlite3 import connect

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from conference import cli
from conference.trail.keys import verifier_key
from conference.trail.sequencer import check_start, place
from conference.trail.sqlstore import SqlStore
from tests.support.client import application, copied, signed_in
from tests.support.postgres import Cluster
from tests.support.server import serving_world
from tests.support.world import HOME, World
from tests.trail.things import as_superuser
from tests.trail.witnesses import running

SCRIPTS = ScriptDirectory(str(Path(__file__).parents[2] / "migrations"))
LAST_BUT_ONE = SCRIPTS.get_revision("head").down_revision

Typed = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return serving_world(tmp_path_factory.mktemp("made"))


@pytest.fixture
def world(made: World, tmp_path: Path) -> Iterator[World]:
    own = copied(made, tmp_path / "own")
    own.settings.data.chmod(0o700)
    yield own
    own.database.close()


@pytest.fixture
def typed(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Types a command; gives its exit status and what it said."""
    return typing_in(world, monkeypatch, capsys)


def typing_in(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    monkeypatch.setenv("CONFERENCE_DATA", str(world.settings.data))
    monkeypatch.setenv("CONFERENCE_DATABASE", world.settings.database)

    def typed(*words: object) -> tuple[int, str]:
        capsys.readouterr()
        status = cli.run([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return typed


def receipts(world: World, count: int = 3) -> list[str]:
    """What an agency's proxy kept of so many answers."""
    app = application(world)
    client = signed_in(app, world, "h-rep")
    path = f"/cases/{world.case_id}"
    kept = [client.get(path, base_url="http://localhost").headers["Disclosure-Receipt"] for _ in range(count)]
    app.extensions["conference"].database.close()
    place(world.database, HOME)
    return kept


def test_receipts_are_held_against_the_log(world: World, typed: Typed, tmp_path: Path) -> None:
    kept = receipts(world)
    file = tmp_path / "receipts"
    file.write_text("\n".join([kept[0], f"Disclosure-Receipt: {kept[1]}", "", kept[2]]) + "\n")
    assert typed("audit", "reconcile", file, "--partnership", HOME) == (0, "3 in the log, 0 not.\n")
    version, request, hashed, signature = kept[0].split(" ")
    other = kept[1].split(" ")
    lines = [
        "what is this",
        f"{version} {other[1]} {hashed} {signature}",  # another's request under this signature
        f"{version} {request} {other[2]} {signature}",
        kept[2],
    ]
    file.write_text("\n".join(lines))
    status, said = typed("audit", "reconcile", file, "--partnership", HOME)
    assert status == 1
    assert said.splitlines()[0] == "line 1: is no receipt"
    assert said.count("was not signed by this log") == 2
    assert said.endswith("1 in the log, 3 not.\n")


def test_a_receipt_that_is_missing_from_the_log_is_told(world: World, typed: Typed, tmp_path: Path) -> None:
    kept = receipts(world, 2)
    file = tmp_path / "receipts"
    file.write_text("\n".join(kept))
    with as_superuser(world.database) as session:
        session.execute(text("PRAGMA foreign_keys = OFF"))
        which = "(SELECT n FROM log_event WHERE request = :request)"
        given = {"request": kept[0].split(" ")[1]}
        for table in ("log_leaf", "log_mark", "log_salts"):
            session.execute(text(f"DELETE FROM {table} WHERE n IN {which}"), given)  # noqa: S608 - ours
        session.execute(text("DELETE FROM log_event WHERE request = :request"), given)
    status, said = typed("audit", "reconcile", file, "--partnership", HOME)
    assert status == 1
    assert "line 1: MISSING: its signature is ours, and the log has nothing for it" in said
    assert "1 in the log, 1 not." in said


def test_a_receipt_of_edited_leaves_is_told(world: World, typed: Typed, tmp_path: Path) -> None:
    kept = receipts(world, 1)
    file = tmp_path / "receipts"
    file.write_text(kept[0])
    edit = (
        "UPDATE log_event SET leaf = CAST(replace(CAST(leaf AS TEXT), ':', ': ') AS BLOB) WHERE request = :r"
    )
    with as_superuser(world.database) as session:
        session.execute(text(edit), {"r": kept[0].split(" ")[1]})
    status, said = typed("audit", "reconcile", file, "--partnership", HOME)
    assert status == 1
    assert "other entries for this request" in said


def test_witnesses_are_added_asked_listed_and_removed(world: World, typed: Typed, tmp_path: Path) -> None:
    log = verifier_key(world.database.keys, HOME)
    with ExitStack() as stack:
        for one in running(stack, tmp_path / "w", log, "police", "homes"):
            status, said = typed(
                "audit", "witness", "add", "--agency", one.name, "--vkey", one.vkey, "--url", one.url
            )
            assert status == 0
            assert str(log) in said
        status, said = typed("audit", "witness", "ask", "--partnership", HOME)
        assert (status, said.count("cosigned\n")) == (0, 2)
    status, said = typed("audit", "witness", "list", "--partnership", HOME)
    lines = said.splitlines()
    assert (status, len(lines)) == (0, 2)
    assert "police.example/1\tcosigned\tlast " in lines[0]
    rules = typed("audit", "witness", "policy", "--partnership", HOME)[1]
    assert "group agencies.quorum 2 police homes\nquorum agencies.quorum\n" in rules
    which = lines[0].split("\t")[0]
    assert typed("audit", "witness", "remove", which)[0] == 0
    assert typed("audit", "witness", "remove", which)[0] == 1
    assert len(typed("audit", "witness", "list", "--partnership", HOME)[1].splitlines()) == 1
    assert typed("audit", "witness", "ask", "--partnership", HOME)[0] == 1  # it is down now


def test_a_new_epoch_needs_two_officers_of_two_agencies(world: World, typed: Typed, tmp_path: Path) -> None:
    receipts(world, 1)
    (tmp_path / "vkey").write_text(f"{verifier_key(world.database.keys, HOME)}\n")
    world.database.keys.destroy(f"log/{HOME}/1")

    def ask(*who: str) -> tuple[int, str]:
        officers = [word for one in who for word in ("--approved-by", world.staff.get(one, one))]
        more = ("--vkey", tmp_path / "vkey", "--partnership", HOME)
        return typed("audit", "new-epoch", *officers, *more)

    for who in (("p-ig",), ("p-ig", "p-ig"), ("p-ig", "p-rep"), ("p-ig", "a-rep"), ("p-ig", "nobody")):
        assert ask(*who)[0] == 1, who
    status, said = ask("p-ig", "h-ig")
    assert status == 0, said
    assert f"conference/{HOME}/2+" in said
    check_start(world.database, HOME)
    receipts(world, 1)
    assert ask("p-ig", "n-ig")[0] == 1  # it is sound now
    for epoch in (1, 2):
        folder = tmp_path / f"log-{epoch}"
        words = ("audit", "export", folder, "--agency", "police", "--epoch", epoch)
        assert typed(*words)[0] == 0
        assert (folder / "checkpoint").exists()


def test_after_a_restore_witnesses_say_what_is_gone(world: World, typed: Typed, tmp_path: Path) -> None:
    """An older database is sound in itself; only its witness knows better, and is asked."""
    log = verifier_key(world.database.keys, HOME)
    with ExitStack() as stack:
        (one,) = running(stack, tmp_path / "w", log, "police")
        typed("audit", "witness", "add", "--agency", "police", "--vkey", one.vkey, "--url", one.url)
        old = copied(world, tmp_path / "old")
        receipts(world, 3)
        assert typed("audit", "witness", "ask", "--partnership", HOME)[0] == 0
        restore(old, world)
        assert typed("audit", "witness", "ask", "--partnership", HOME)[0] == 1
        assert "rollback" in typed("audit", "witness", "list", "--partnership", HOME)[1]
        assert "has seen another log (rollback)" in typed("doctor")[1]
        officers = [f"--approved-by={world.staff[who]}" for who in ("p-ig", "h-ig")]
        status, said = typed("audit", "new-epoch", *officers, "--partnership", HOME)
    assert status == 0, said
    assert "The witness of police gave its last checkpoint." in said
    assert "Opened epoch 2." in said


def restore(old: World, world: World) -> None:
    """Put the older database in the place of the newer."""
    world.database.close()
    old.database.close()
    for path in world.settings.data.glob("conference.db*"):
        path.unlink()
    with (
        closing(connect(old.settings.data / "conference.db")) as source,
        closing(connect(world.settings.data / "conference.db")) as target,
    ):
        source.backup(target)


def test_two_officers_of_one_agency_are_not_enough(world: World, typed: Typed) -> None:
    from conference.identity import services as identity

    with world.database.write() as session:
        second = identity.add_staff(session, "police", subject="p-ig2", name="Ola Two", roles=["ig-officer"])
    words = ("--approved-by", world.staff["p-ig"], "--approved-by", second.id, "--partnership", HOME)
    status, said = typed("audit", "new-epoch", *words)
    assert status == 1
    assert "one agency" in said


def test_a_server_on_a_log_that_disagrees_names_the_one_way_on(world: World, typed: Typed) -> None:
    with as_superuser(world.database) as session:
        session.execute(text("DELETE FROM log_leaf WHERE position = 0"))
    status, said = typed("serve")
    assert status == 1
    assert "conference audit new-epoch" in said


# --- the doctor -------------------------------------------------------------------------------------------


def test_the_doctor_finds_nothing_wrong(world: World, typed: Typed) -> None:
    status, said = typed("doctor")
    assert (status, said.splitlines()[-1]) == (0, "All is well."), said


def broken(database: str, statement: str) -> None:
    with closing(connect(database.removeprefix("sqlite:///"))) as raw, raw:
        raw.execute(statement)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("keys", "others may use it"),
        ("no-keys", "The key file"),
        ("folder", "Others may enter the data folder"),
        ("trigger", "1 of the triggers"),
        ("leaf", "is not what was signed"),
        ("queue", "wait for their place"),
        ("future", "in the future"),
        ("migration", "lacks 1 migrations"),
    ],
)
def test_the_doctor_says_what_is_wrong(world: World, typed: Typed, spoil: str, says: str) -> None:
    place(world.database, HOME)
    data = world.settings.database
    match spoil:
        case "keys":
            world.settings.keys.chmod(0o644)
        case "no-keys":
            world.settings.keys.unlink()
        case "folder":
            world.settings.data.chmod(0o755)
        case "trigger":
            broken(data, "DROP TRIGGER log_leaf_no_update")
        case "leaf":
            with as_superuser(world.database) as session:
                session.execute(text("DELETE FROM log_leaf WHERE position = 0"))
        case "queue":
            with world.database.write() as session:
                before = SqlStore(session, HOME).newest()
                assert before is not None
            world.database.close()
            broken(data, "INSERT INTO log_queue SELECT partnership_id, n FROM log_event LIMIT 0")
            stale(world)
        case "future":
            for name in ("update", "delete", "replace"):
                broken(data, f"DROP TRIGGER log_checkpoint_no_{name}")
            broken(data, "UPDATE log_checkpoint SET at = '2099-01-01 00:00:00.000000'")
        case "migration":
            broken(data, f"UPDATE alembic_version SET version_num = {LAST_BUT_ONE!r}")  # noqa: S608 - our own name
    status, said = typed("doctor")
    assert status == 1
    assert says in said


def stale(world: World) -> None:
    """An event of an hour ago that nobody has placed."""
    from datetime import timedelta

    from conference import clock
    from conference.trail.writing import record

    with clock.held(clock.now() - timedelta(hours=1)), world.database.write() as session:
        record(session, "key.created", partnership=HOME, actor=None, agency=None)


def test_the_doctor_reads_postgresql(
    postgres_cluster: Cluster,
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pg").mkdir()
    world = serving_world(tmp_path / "pg", postgres_url)
    world.settings.data.chmod(0o700)
    typed = typing_in(world, monkeypatch, capsys)
    status, said = typed("doctor")
    assert status == 0, said
    assert "PostgreSQL's fsync is on." in said
    assert "does not connect as a superuser" in said
    monkeypatch.setenv("CONFERENCE_DATABASE", world.root)
    monkeypatch.setenv("CONFERENCE_MODE", "production")
    monkeypatch.setenv("CONFERENCE_URL", "https://conference.example")
    status, said = typed("doctor")
    assert status == 1
    assert "WRONG The application connects as a superuser" in said
