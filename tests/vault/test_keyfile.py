"""The key file: made safely, refused clearly, whole after any crash, shared by processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conference.vault.envelope import NotSealedHere
from conference.vault.errors import KeyDestroyed, KeyFileBroken, KeyMissing
from conference.vault.keyfile import KeyFile, owner_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.jsonl"


def test_created_for_its_owner_only_whatever_the_umask(path: Path) -> None:
    old = os.umask(0)
    try:
        keys = KeyFile.create(path)
        keys.key_or_new("web/secret")
        keys.destroy("web/secret")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600


def test_never_created_over_another(path: Path) -> None:
    first = KeyFile.create(path).key_or_new("web/secret")
    with pytest.raises(KeyFileBroken, match="there already"):
        KeyFile.create(path)
    assert KeyFile.open(path).key("web/secret") == first


def test_a_key_is_made_once_and_found_again(path: Path) -> None:
    keys = KeyFile.create(path)
    made = keys.key_or_new("agency/north/police/1")
    assert len(made) == 32
    assert keys.key_or_new("agency/north/police/1") == made == keys.key("agency/north/police/1")
    assert KeyFile.open(path).key("agency/north/police/1") == made
    assert keys.key_or_new("agency/north/almo/1") != made
    assert keys.names() == ["agency/north/police/1", "agency/north/almo/1"]


def test_an_unknown_key_is_missing(path: Path) -> None:
    with pytest.raises(KeyMissing, match="person/per_1 is not in this key file"):
        KeyFile.create(path).key("person/per_1")


@pytest.mark.parametrize("name", ["", "secret", "a//b", "a/b\n", "a/ b", 'a/"', "/a"])
def test_a_name_that_is_none_is_refused(path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name for a key"):
        KeyFile.create(path).key_or_new(name)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666])
def test_a_file_that_others_may_use_is_refused(path: Path, mode: int) -> None:
    KeyFile.create(path)
    path.chmod(mode)
    with pytest.raises(KeyFileBroken, match="chmod 600"):
        KeyFile.open(path)


def test_a_file_that_others_may_use_later_is_refused_too(path: Path) -> None:
    keys = KeyFile.create(path)
    keys.key_or_new("web/secret")
    path.chmod(0o644)
    with pytest.raises(KeyFileBroken, match="chmod 600"):
        keys.key("web/secret")


GOOD = '{"format":"conference-keys-1","edition":"x"}\n'
KEY = '{"name":"web/secret","key":"' + "A" * 43 + '=","made":"2026-01-01T00:00:00.000000Z"}\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("", "not a key file", id="empty"),
        pytest.param(GOOD[:-1], "not a key file", id="no-line-end"),
        pytest.param("[]\n", "not a key file", id="a-list"),
        pytest.param('{"format":"conference-keys-2"}\n', "not a key file", id="another-format"),
        pytest.param(KEY, "not a key file", id="no-header"),
        pytest.param("\x00\x01\n", "not a key file", id="bytes"),
        pytest.param(GOOD + "nonsense\n", "key line 1 is not readable", id="nonsense"),
        pytest.param(GOOD + "\n", "key line 1 is not readable", id="empty-line"),
        pytest.param(GOOD + '{"name":"a/b","key":"AAAA"}\n', "not readable", id="short-key"),
        pytest.param(GOOD + '{"name":"a/b"}\n', "not readable", id="no-key"),
        pytest.param(
            GOOD + KEY.replace("web/secret", "web secret"),
            "not readable",
            id="bad-name",
        ),
        pytest.param(GOOD + KEY + KEY, "two lines for web/secret", id="twice"),
    ],
)
def test_a_file_of_another_form_is_refused(path: Path, content: str, says: str) -> None:
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileBroken, match=says):
        KeyFile.open(path)


def test_a_missing_file_is_refused_with_its_path(path: Path) -> None:
    with pytest.raises(KeyFileBroken, match=r"keys\.jsonl: No such file"):
        KeyFile.open(path)


def test_keys_are_never_shown_nor_carried_away(path: Path) -> None:
    keys = KeyFile.create(path)
    made = keys.key_or_new("web/secret")
    assert repr(keys) == f"KeyFile({str(path)!r})"
    text = path.read_text().replace("web/secret", "web secret")
    path.write_text(text)
    with pytest.raises(KeyFileBroken) as caught:
        KeyFile.open(path)
    shown = repr(caught.value) + str(caught.value)
    assert made.hex() not in shown
    assert json.loads(text.splitlines()[1])["key"] not in shown
    with pytest.raises(TypeError):
        pickle.dumps(keys)


def test_a_destroyed_key_is_gone_from_the_file_and_never_comes_back(path: Path) -> None:
    keys, other = KeyFile.create(path), KeyFile.open(path)
    gone, kept = keys.key_or_new("person/per_1"), keys.key_or_new("person/per_2")
    secret = json.loads(path.read_text().splitlines()[1])["key"]
    assert other.key("person/per_1") == gone
    keys.destroy("person/per_1")
    keys.destroy("person/per_1")
    assert secret not in path.read_text()
    for each in (keys, other, KeyFile.open(path)):
        assert each.key("person/per_2") == kept
        with pytest.raises(KeyDestroyed):
            each.key("person/per_1")
        with pytest.raises(KeyDestroyed):
            each.key_or_new("person/per_1")
    assert other.names() == ["person/per_2"]


def test_one_without_a_key_can_be_destroyed_beforehand(path: Path) -> None:
    keys = KeyFile.create(path)
    keys.destroy("person/per_1")
    with pytest.raises(KeyDestroyed):
        keys.key_or_new("person/per_1")


def test_what_a_crash_left_of_a_line_is_dropped(path: Path) -> None:
    first = KeyFile.create(path).key_or_new("web/secret")
    whole = path.read_bytes()
    for length in range(1, len(KEY)):
        path.write_bytes(whole + KEY.replace("web/secret", "person/per_1")[:length].encode())
        keys = KeyFile.open(path)
        assert keys.key("web/secret") == first
        with pytest.raises(KeyMissing):
            keys.key("person/per_1")
        made = keys.key_or_new("person/per_2")
        again = KeyFile.open(path)
        assert (again.key("person/per_2"), again.names()) == (
            made,
            ["web/secret", "person/per_2"],
        )


def test_a_failed_write_leaves_no_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeyFile.create(path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            keys.key_or_new("web/secret")
    assert path.read_bytes() == before
    assert keys.key_or_new("web/secret") == KeyFile.open(path).key("web/secret")


def test_a_crash_while_destroying_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeyFile.create(path)
    made = keys.key_or_new("person/per_1")

    def died(*_: object) -> None:
        raise OSError(5, "died")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", died)
        with pytest.raises(OSError, match="died"):
            keys.destroy("person/per_1")
    assert KeyFile.open(path).key("person/per_1") == made
    keys.destroy("person/per_1")
    with pytest.raises(KeyDestroyed):
        keys.key("person/per_1")


def _make_many(path: Path, out: multiprocessing.Queue[list[bytes]]) -> None:
    keys = KeyFile.open(path)
    out.put([keys.key_or_new(f"person/per_{number}") for number in range(100)])


def test_two_processes_agree_on_every_key(path: Path) -> None:
    KeyFile.create(path)
    context = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[list[bytes]] = context.Queue()
    workers = [context.Process(target=_make_many, args=(path, out)) for _ in range(2)]
    for worker in workers:
        worker.start()
    first, second = out.get(timeout=60), out.get(timeout=60)
    for worker in workers:
        worker.join()
    assert first == second
    assert len(set(first)) == 100
    assert len(KeyFile.open(path).names()) == 100


def test_threads_agree_on_every_key_while_others_are_destroyed(path: Path) -> None:
    KeyFile.create(path)
    found: list[list[bytes]] = []

    def work(number: int) -> None:
        keys = KeyFile.open(path)
        mine = []
        for each in range(40):
            mine.append(keys.key_or_new(f"person/per_{each}"))
            keys.key_or_new(f"person/gone_{number}_{each}")
            keys.destroy(f"person/gone_{number}_{each}")
        found.append(mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(each == found[0] for each in found)
    assert len(KeyFile.open(path).names()) == 40


KILLED = """
import sys
from conference.vault.keyfile import KeyFile, owner_key
keys = KeyFile.open(sys.argv[1])
for number in range(100000):
    keys.key_or_new(f"person/per_{number}")
    if number % 3 == 0:
        keys.destroy(f"person/per_{number}")
    print(number, flush=True)
"""


def test_a_process_killed_at_any_time_loses_no_key_that_it_gave(path: Path) -> None:
    KeyFile.create(path)
    for _ in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        said = [worker.stdout.readline() for _ in range(20)]
        worker.kill()
        said += worker.stdout.readlines()
        worker.wait()
        worker.stdout.close()
        keys = KeyFile.open(path)
        for number in (int(line) for line in said if line.endswith("\n")):
            if number % 3:
                assert len(keys.key(f"person/per_{number}")) == 32
            else:
                with pytest.raises(KeyDestroyed):
                    keys.key(f"person/per_{number}")
        path.unlink()
        KeyFile.create(path)


def test_what_a_key_wraps_it_alone_unwraps_and_only_where_it_is_bound(path: Path) -> None:
    keys = KeyFile.create(path)
    name = owner_key("north", "police", 1)
    wrapped = keys.wrap(name, b"a data key", b"of this row")
    other = keys.wrap(owner_key("north", "nhs", 1), b"a data key", b"of this row")
    asked = [
        (name, wrapped, b"of this row"),
        (name, wrapped, b"of that row"),
        (name, wrapped[:27], b"of this row"),
        (name, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"of this row"),
        (name, other, b"of this row"),
        ("agency/north/absent/1", wrapped, b"of this row"),
    ]
    found = keys.unwrap_many(asked)
    assert found[0] == b"a data key"
    assert [type(one) for one in found[1:]] == [NotSealedHere] * 4 + [KeyMissing]
    assert keys.wrap(name, b"a data key", b"of this row") != wrapped
    keys.destroy(name)
    with pytest.raises(KeyDestroyed):
        keys.unwrap(*asked[0])
    with pytest.raises(KeyDestroyed):
        keys.wrap(name, b"a data key", b"of this row")


def test_versions_of_an_owners_key_only_grow(path: Path) -> None:
    keys, other = KeyFile.create(path), KeyFile.open(path)
    assert keys.current_version("north", "police") == 1
    assert keys.names() == []  # asking makes none
    assert keys.new_version("north", "police") == 1
    assert other.new_version("north", "police") == 2
    old = keys.wrap(owner_key("north", "police", 1), b"a data key", b"")
    assert keys.unwrap(owner_key("north", "police", 1), old, b"") == b"a data key"
    keys.destroy(owner_key("north", "police", 2))
    assert other.current_version("north", "police") == 2  # a destroyed one is not used again
    assert keys.new_version("north", "police") == 3
    assert keys.new_version("north", "directory") == 1
    assert set(other.names()) == {"agency/north/police/1", "agency/north/police/3", "directory/north/1"}
