"""The offline verifier: a good folder passes, and whatever is changed in it is found."""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time

import pytest

import audit
from audit.__main__ import main
from audit.files import read_within
from tests.audit import second
from tests.audit.made import ORIGIN, ROSTER, SEED, an_event, an_id, opened


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def faulty(folder, key_file, **more):
    with pytest.raises(audit.LogFault) as found:
        audit.verify_folder(folder, key_file, **more)
    return str(found.value)


@pytest.mark.parametrize("size", [0, 1, 2, 40, 255, 256, 257, 300])
def test_exported_folders_verify(exported, size):
    folder, key_file = exported(size)
    inside = {str(path.relative_to(folder)) for path in files_of(folder)}
    leaves = [audit.leaf_hash(b"")] * size
    assert inside == {"checkpoint", "vkey", "parts.jsonl", *second.files([bytes(1)] * len(leaves))}
    checkpoint = audit.verify_folder(
        folder, key_file, parts=folder / "parts.jsonl", previous=folder / "checkpoint"
    )
    assert checkpoint.size == size
    audit.verify_folder(folder, folder / "vkey")


@pytest.mark.slow
def test_seventy_thousand_plain_leaves(key, tmp_path):
    store = audit.MemoryStore(key)
    store.append(b"%d" % number for number in range(65_536))
    early = tmp_path / "early"
    early.write_bytes(store.checkpoint())
    store.append(b"%d" % number for number in range(65_536, 70_000))
    told = []
    audit.export_log(
        store, tmp_path / "log", key.verifier, progress=lambda done, total: told.append((done, total))
    )
    assert told[-1] == (70_000, 70_000)
    assert len(told) == 274
    (tmp_path / "vkey").write_text(str(key.verifier))
    audit.verify_folder(tmp_path / "log", tmp_path / "vkey", previous=early)


@pytest.mark.parametrize("size", [0, 1, 5, 255, 256, 257, 511, 512, 599, 600])
def test_a_previous_checkpoint_is_recomputed_from_the_entries(key, tmp_path, size):
    entries = [b"entry %d" % number for number in range(600)]
    store = audit.MemoryStore(key)
    store.append(entries)
    audit.export_log(store, tmp_path / "log", key.verifier)
    (tmp_path / "vkey").write_text(str(key.verifier))
    early = tmp_path / "early"
    early.write_bytes(second.checkpoint(ORIGIN, SEED, size, second.Tree(entries[:size]).mth(0, size)))
    audit.verify_folder(tmp_path / "log", tmp_path / "vkey", previous=early)
    early.write_bytes(second.checkpoint(ORIGIN, SEED, size, bytes(32)))
    assert "previous" in faulty(tmp_path / "log", tmp_path / "vkey", previous=early)
    early.write_bytes(second.checkpoint(ORIGIN, SEED, 601, bytes(32)))
    assert "601" in faulty(tmp_path / "log", tmp_path / "vkey", previous=early)
    early.write_bytes(second.checkpoint(ORIGIN, bytes(32), size, second.Tree(entries[:size]).mth(0, size)))
    assert "previous" in faulty(tmp_path / "log", tmp_path / "vkey", previous=early)


def change(path, at, rng):
    """Change one byte of a file, and give back what it was."""
    data = path.read_bytes()
    other = (data[at] + rng.randrange(1, 256)) % 256
    path.write_bytes(data[:at] + bytes([other]) + data[at + 1 :])
    return data


def test_single_byte_changes_in_every_file_are_found(exported):
    folder, key_file = exported(40, erased={an_id("per", 1)})
    rng = random.Random(7)
    for path in files_of(folder):
        length = path.stat().st_size
        places = range(length) if length < 400 else sorted(rng.sample(range(length), 250))
        for at in places:
            data = change(path, at, rng)
            assert faulty(folder, key_file), (path, at)
            if path.name == "vkey":
                assert faulty(folder, path)
            path.write_bytes(data)
    audit.verify_folder(folder, key_file)


@pytest.mark.slow
def test_a_hundred_thousand_leaves_verify_in_ten_seconds_and_say_how_far(key, tmp_path):
    """Leaves of 1,000 bytes, as with parts for 15 agencies. Seconds of this process, whoever else runs."""
    store = audit.MemoryStore(key)
    store.append(b"%01000d" % number for number in range(100_000))
    audit.export_log(store, tmp_path / "log", key.verifier)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.monotonic()
    done = run("verify", tmp_path / "log", "--vkey", tmp_path / "log" / "vkey")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    assert done.returncode == 0, done.stderr
    assert spent < 10
    assert "of 100000 entries" in done.stderr or time.monotonic() - began < 1.5


def flipped(path, at, seed):
    """Change one byte of a file where it stands; gives what puts it back."""
    with path.open("r+b") as stream:
        stream.seek(at)
        was = stream.read(1)
        stream.seek(at)
        stream.write(bytes([(was[0] + random.Random(seed).randrange(1, 256)) % 256]))

    def back():
        with path.open("r+b") as stream:
            stream.seek(at)
            stream.write(was)

    return back


@pytest.mark.soak
@pytest.mark.parametrize("what", ["log", "parts"])
def test_every_single_byte_change_at_300_leaves_is_found(exported, soak, what):
    """Of the log itself without the parts beside it, which take twenty times as long; and of those."""
    folder, key_file = exported(300, erased={an_id("per", 1)})
    files = [path for path in files_of(folder) if (path.name == "parts.jsonl") is (what == "parts")]
    if what == "log":
        (folder / "parts.jsonl").unlink()
    places = [(path, at) for path in files for at in range(path.stat().st_size)]
    for number in soak.rounds(f"audit-bytes-{what}", len(places)):
        path, at = places[number]
        back = flipped(path, at, number)
        assert faulty(folder, key_file), (path, at)
        back()
    audit.verify_folder(folder, key_file)


def test_truncated_and_extended_files_are_found(exported):
    folder, key_file = exported(40)
    for path in files_of(folder):
        data = path.read_bytes()
        for bad in (b"", data[:-1], data[: len(data) // 2], data + b"\0", data + b"\n", data + data):
            path.write_bytes(bad)
            assert faulty(folder, key_file), path
        path.write_bytes(data)
    audit.verify_folder(folder, key_file)


def test_removed_and_swapped_files_are_found(exported):
    folder, key_file = exported(300)
    tiles = [path for path in files_of(folder) if path.relative_to(folder).parts[0] == "tile"]
    for path in [*tiles, folder / "checkpoint"]:
        hidden = path.rename(folder.parent / "hidden")
        assert "missing" in faulty(folder, key_file) or path.parent.name.endswith(".p")
        hidden.rename(path)
    for one in tiles:
        for two in tiles:
            if one.read_bytes() != two.read_bytes():
                kept = one.read_bytes(), two.read_bytes()
                one.write_bytes(kept[1])
                two.write_bytes(kept[0])
                assert faulty(folder, key_file)
                one.write_bytes(kept[0])
                two.write_bytes(kept[1])
    audit.verify_folder(folder, key_file)


ADDED = [
    "notes",
    ".hidden",
    "checkpoint.bak",
    "tile/0/000",
    "tile/0/000.p/39",
    "tile/0/000.p/41",
    "tile/1/000.p/1",
    "tile/entries/000",
    "tile/entries/000.p/1",
    "tile/0/001.p/1",
    "tile/8/000.p/1",
    "tile/63/000.p/1",
    "tile/x",
    "tile/entries/x",
    "tile/0/x000/000.p/40",
    "index.html",
    "parts.jsonl.gz",
    "tile/0/000.p/40 ",
    "sub/checkpoint",
    "a\nb",
    "é",
    "\x1b[2J",
    "tile/00/000.p/40",
    "d/e/f/g/h/i/j/k/l/m/n/o/p/q",
]


@pytest.mark.parametrize("name", ADDED)
def test_added_files_are_found(exported, name):
    folder, key_file = exported(40)
    extra = folder / name
    extra.parent.mkdir(parents=True, exist_ok=True)
    extra.write_bytes(b"")
    assert faulty(folder, key_file).isprintable()


def test_added_names_that_are_not_text_are_found(exported):
    folder, key_file = exported(3)
    (folder / os.fsdecode(b"\xff\xfe")).write_bytes(b"")
    fault = faulty(folder, key_file)
    assert fault.isascii()
    assert main(["verify", str(folder), "--vkey", str(key_file)]) == 1


@pytest.mark.parametrize(
    "name", ["empty", "tile/1", "tile/0/000.p/40x", "tile/entries/001.p", "/".join("d" * 30)]
)
def test_empty_folders_are_found(exported, name):
    folder, key_file = exported(40)
    (folder / name).mkdir(parents=True)
    assert faulty(folder, key_file)


@pytest.mark.parametrize(
    "name", ["checkpoint", "vkey", "parts.jsonl", "tile", "tile/0/000.p/40", "tile/entries"]
)
def test_links_are_found_even_to_the_right_bytes(exported, name):
    folder, key_file = exported(40)
    moved = (folder / name).rename(folder.parent / "moved")
    (folder / name).symlink_to(moved)
    assert faulty(folder, key_file)


def test_a_file_that_becomes_a_link_while_it_is_verified_is_not_followed(tmp_path):
    (tmp_path / "file").write_bytes(b"right")
    (tmp_path / "link").symlink_to("file")
    assert read_within(tmp_path, "file", 5) == b"right"
    for name, limit in (("link", 5), ("file", 4), (".", 5), ("nothing", 5)):
        with pytest.raises(audit.BadFolder):
            read_within(tmp_path, name, limit)


@pytest.mark.parametrize("name", ["checkpoint", "parts.jsonl", "tile/0/000.p/40", "extra"])
def test_pipes_are_found_and_nobody_waits_for_them(exported, name):
    folder, key_file = exported(40)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    assert faulty(folder, key_file)


def rewritten(folder, entries, size=None):
    """Replace the folder's tiles by those of other entries, each tile being right in itself."""
    shutil.rmtree(folder / "tile")
    for path, data in second.files(entries).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def test_removed_added_swapped_and_changed_leaves_are_found(exported):
    folder, key_file = exported(40)
    (folder / "parts.jsonl").unlink()
    bundle = (folder / "tile/entries/000.p/40").read_bytes()
    leaves = audit.tiles.decode_bundle(bundle, 40)
    for bad in (
        leaves[:-1],
        leaves[1:],
        [*leaves, b"more"],
        [leaves[1], leaves[0], *leaves[2:]],
        [*leaves[:-1], b"other"],
        [*leaves[:20], leaves[20].replace(b'"v":1', b'"v":2'), *leaves[21:]],
    ):
        rewritten(folder, bad)
        assert faulty(folder, key_file)
        note = second.checkpoint(ORIGIN, bytes(32), len(bad), second.Tree(bad).mth(0, len(bad)))
        kept = (folder / "checkpoint").read_bytes()
        (folder / "checkpoint").write_bytes(note)
        assert "signature" in faulty(folder, key_file)
        (folder / "checkpoint").write_bytes(kept)
    rewritten(folder, leaves)
    audit.verify_folder(folder, key_file)


def test_the_key_in_the_folder_must_be_the_one_given(exported):
    folder, key_file = exported(3)
    key_file.write_text(key_file.read_text().removesuffix("\n"))
    audit.verify_folder(folder, key_file)
    other = audit.SigningKey(ORIGIN, bytes(32)).verifier
    (folder / "vkey").write_text(f"{other}\n")
    assert "vkey" in faulty(folder, key_file)
    assert faulty(folder, folder / "vkey")
    (folder / "vkey").unlink()
    audit.verify_folder(folder, key_file)


def test_a_signed_size_that_nothing_stands_behind_ends_soon(exported):
    folder, key_file = exported(3)
    (folder / "checkpoint").write_bytes(second.checkpoint(ORIGIN, SEED, 2**63 - 1, bytes(32)))
    assert faulty(folder, key_file)
    (folder / "checkpoint").write_bytes(b"x" * 2_000_000)
    assert "more than" in faulty(folder, key_file)


def test_parts_with_erased_people_still_open(exported):
    folder, key_file = exported(40, erased={an_id("per", 1), an_id("per", 5)})
    assert b'"item":null' in (folder / "parts.jsonl").read_bytes()
    audit.verify_folder(folder, key_file, parts=folder / "parts.jsonl")


@pytest.mark.parametrize("agency", ROSTER.agencies)
def test_each_agencys_parts_open(exported, agency):
    folder, key_file = exported(12, agency=agency)
    audit.verify_folder(folder, key_file)


def test_parts_may_stand_elsewhere_and_must_be_whole(exported, tmp_path):
    folder, key_file = exported(12)
    outside = (folder / "parts.jsonl").rename(tmp_path / "mine.jsonl")
    audit.verify_folder(folder, key_file, parts=outside)
    lines = outside.read_bytes().splitlines(keepends=True)
    for bad in (
        lines[:-1],
        lines[1:],
        [*lines, lines[-1]],
        [lines[1], lines[0], *lines[2:]],
        [*lines, b"\n"],
        [],
    ):
        outside.write_bytes(b"".join(bad))
        assert "mine.jsonl" in faulty(folder, key_file, parts=outside)
    assert "read" in faulty(folder, key_file, parts=tmp_path / "nothing")
    assert "read" in faulty(folder, key_file, parts=tmp_path)


HOSTILE = [
    b"\n",
    b"null\n",
    b"[]\n",
    b"{}\n",
    b"\xff\n",
    b"[" * 100_000 + b"\n",
    b'{"index":0,"position":null,"salt":1}\n',
    b'{"index":0,"position":99999999999999999999}\n',
    b'{"index":true,"position":null}\n',
    b"9" * 6000 + b"\n",
    b'{"body":1,"index":0,"items":{},"position":0,"salt":[]}\n',
    b'{"index":0,"items":[[]],"position":0}\n',
    b"x" * 100_000,
]


@pytest.mark.parametrize("line", HOSTILE)
def test_hostile_parts_are_faults_and_no_traceback(exported, tmp_path, capsys, line):
    folder, key_file = exported(3)
    rest = (folder / "parts.jsonl").read_bytes().split(b"\n", 1)[1]
    (folder / "parts.jsonl").write_bytes(line + rest)
    assert main(["verify", str(folder), "--vkey", str(key_file)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fault: parts.jsonl line 1")
    assert err.count("\n") == 1


def test_a_part_of_another_agency_cannot_be_passed_off(log, key, tmp_path):
    """Leaf by leaf another agency's part may open, but not at a position that changes within one roster."""
    store, sealed = log(8)
    mixed = [opened(one, "almo" if number else "nhs") for number, one in enumerate(sealed)]
    absent = [None, *(opened(one, "almo") for one in sealed[1:])]
    (tmp_path / "vkey").write_text(str(key.verifier))
    for number, parts in enumerate((mixed, absent)):
        audit.export_log(store, tmp_path / f"log{number}", key.verifier, parts=parts)
        assert "position" in faulty(tmp_path / f"log{number}", tmp_path / "vkey")
    audit.export_log(store, tmp_path / "none", key.verifier, parts=[None] * 8)
    audit.verify_folder(tmp_path / "none", tmp_path / "vkey")


def test_only_the_first_leaf_continues_another_log(key, tmp_path):
    (tmp_path / "vkey").write_text(str(key.verifier))
    first = audit.seal_event(
        an_event(1), ROSTER, continues=audit.Continuation(audit.Checkpoint("before", 5, bytes(32)), 3)
    )
    later = audit.seal_event(an_event(2), ROSTER)
    for name, order in (("good", (first, later)), ("bad", (later, first))):
        store = audit.MemoryStore(key)
        store.append(one.leaf for one in order)
        audit.export_log(store, tmp_path / name, key.verifier, parts=[opened(one, "almo") for one in order])
    audit.verify_folder(tmp_path / "good", tmp_path / "vkey")
    assert "first leaf" in faulty(tmp_path / "bad", tmp_path / "vkey")


def test_a_line_must_be_for_its_leaf(exported):
    folder, key_file = exported(3)
    data = (folder / "parts.jsonl").read_bytes()
    for wrong in (b'"index":1', b'"index":-1', b'"index":true', b'"index":"0"'):
        (folder / "parts.jsonl").write_bytes(data.replace(b'"index":0', wrong, 1))
        assert "line 1" in faulty(folder, key_file)


@pytest.mark.parametrize(
    "change", [{"id": an_id("evt", 9)}, {"at": "2026-11-22T10:00:09.123Z"}], ids=["id", "at"]
)
def test_a_body_must_be_of_its_leafs_event(key, tmp_path, change):
    parts = audit.seal_event(an_event(1), ROSTER)
    store = audit.MemoryStore(key)
    store.append([audit.canonical({**json.loads(parts.leaf), **change})])
    audit.export_log(store, tmp_path / "log", key.verifier, parts=[opened(parts, "almo")])
    (tmp_path / "vkey").write_text(str(key.verifier))
    assert "another event" in faulty(tmp_path / "log", tmp_path / "vkey")


def test_a_line_must_answer_for_every_item_of_its_body(exported):
    folder, key_file = exported(2)
    lines = (folder / "parts.jsonl").read_bytes().splitlines()
    line = json.loads(lines[0])
    assert len(line["items"]) == 1
    for items in ([], line["items"] * 2):
        bad = audit.canonical({**line, "items": items})
        (folder / "parts.jsonl").write_bytes(bad + b"\n" + lines[1] + b"\n")
        assert "line 1: " in faulty(folder, key_file)


def test_parts_need_leaves_of_our_shape(key, tmp_path):
    store = audit.MemoryStore(key)
    store.append([b"a"])
    audit.export_log(store, tmp_path / "log", key.verifier, parts=[None])
    (tmp_path / "vkey").write_text(str(key.verifier))
    assert "leaf 0" in faulty(tmp_path / "log", tmp_path / "vkey")


def test_an_export_is_whole_or_not_there(log, key, tmp_path):
    store, _ = log(40)
    with pytest.raises(audit.BadFolder, match="leaf 0"):
        audit.export_log(store, tmp_path / "log", key.verifier, parts=[])
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "log").mkdir()
    audit.export_log(store, tmp_path / "log", key.verifier)
    before = files_of(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("log", "file", "link"):
        with pytest.raises(audit.BadFolder, match="not empty"):
            audit.export_log(store, tmp_path / name, key.verifier)
    assert set(before) < set(files_of(tmp_path))
    assert len(list(tmp_path.iterdir())) == 3


def test_an_export_refuses_a_key_that_did_not_sign(log, tmp_path):
    with pytest.raises(audit.BadNote):
        audit.export_log(log(3)[0], tmp_path / "log", audit.SigningKey(ORIGIN, bytes(32)).verifier)


def test_an_agencys_parts_are_not_for_other_users_of_the_machine(exported):
    folder, _ = exported(3)
    assert (folder / "parts.jsonl").stat().st_mode & 0o077 == 0


def run(*arguments):
    command = [sys.executable, "-m", "audit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_says_what_it_found(exported, tmp_path):
    folder, key_file = exported(3)
    good = run(
        "verify",
        folder,
        "--vkey",
        key_file,
        "--previous",
        folder / "checkpoint",
        "--parts",
        folder / "parts.jsonl",
    )
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("verified: ")
    (folder / "tile/0/000.p/3").write_bytes(bytes(96))
    bad = run("verify", folder, "--vkey", key_file)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == "fault: tile/0/000.p/3: hash 0 is not that of the entries below it\n"
    for arguments in (
        (),
        ("verify", folder),
        ("witness",),
        ("verify", folder, "--vkey", key_file, "--nothing"),
    ):
        usage = run(*arguments)
        assert usage.returncode == 2
        assert "usage" in usage.stderr
    helped = run("--help")
    assert helped.returncode == 0
    assert all(name in helped.stdout for name in ("verify", "verify-proof", "witness", "fetch"))


@pytest.mark.parametrize("missing", ["folder", "key", "previous", "policy", "parts"])
def test_what_cannot_be_read_is_a_fault(exported, tmp_path, capsys, missing):
    folder, key_file = exported(3)
    nothing = str(tmp_path / "nothing")
    arguments = ["verify", nothing if missing == "folder" else str(folder), "--vkey"]
    arguments.append(nothing if missing == "key" else str(key_file))
    if missing in ("previous", "policy", "parts"):
        arguments += [f"--{missing}", nothing]
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith("fault: ")


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff", b"x" * 20_000, b"a+b+c", b"[" * 9000])
def test_hostile_keys_are_faults(exported, tmp_path, capsys, data):
    folder, _ = exported(3)
    (tmp_path / "bad").write_bytes(data)
    assert main(["verify", str(folder), "--vkey", str(tmp_path / "bad")]) == 1
    assert capsys.readouterr().err.startswith("fault: ")


def test_progress_is_shown_for_big_logs_only(capsys, monkeypatch):
    progress = audit.__main__._Progress()
    moments = iter([0.0, 5.0, 5.5, 9.0, 9.0])
    monkeypatch.setattr(audit.__main__.time, "monotonic", lambda: 1e9 + next(moments))
    for total in (99, 200_000, 200_000):
        progress(50, total)
    assert "50 of 200000 entries" in capsys.readouterr().err
