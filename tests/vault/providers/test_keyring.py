"""A key file some of whose agencies have their key elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conference.vault import held, keychanges
from conference.vault.envelope import NotSealedHere
from conference.vault.errors import KeyMissing, KeyRevoked, NotAnswering, ProviderWrong
from conference.vault.keyfile import KeyFile, owner_key
from conference.vault.keyring import Keyring
from tests.support import holders

P, A = "north", "moorland"
NAME = owner_key(P, A, 1)
POLICE = owner_key(P, "police", 1)
DATA_KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.jsonl"


@pytest.fixture
def keys(path: Path, holder: Any) -> Keyring:
    """Moorland's key is elsewhere, the police's in the file."""
    made = holders.keyring(path, theirs=holder.provider())
    assert keychanges.hand_over(made, P, A, "theirs") == 1
    return made


@pytest.fixture
def again(path: Path, holder: Any) -> Callable[[], Keyring]:
    """Another process's."""
    return lambda: holders.keyring(path, theirs=holder.provider())


def until(what: Callable[[], bool], *, seconds: float = 3.0) -> None:
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it did not happen"
        time.sleep(0.02)


def test_each_agencys_key_is_where_it_is_said_to_be(keys: Keyring, again: Callable[[], Keyring]) -> None:
    asked = []
    for name in (NAME, POLICE, "directory/north/1"):
        rows = (b"this row", b"that row")
        asked += [(name, keys.wrap(name, DATA_KEY, aad), aad) for aad in rows]
    for one in (keys, again()):
        assert one.unwrap_many(asked) == [DATA_KEY] * len(asked)
        assert one.unwrap(*asked[0]) == DATA_KEY
    assert NAME not in keys.names()
    assert POLICE in keys.names()


def test_a_key_file_alone_opens_nothing_of_theirs(keys: Keyring) -> None:
    wrapped = keys.wrap(NAME, DATA_KEY, b"")
    with pytest.raises(KeyMissing):
        KeyFile.open(keys.path).unwrap(NAME, wrapped, b"")
    with pytest.raises(KeyRevoked):
        holders.keyring(keys.path).unwrap(NAME, wrapped, b"")  # without the providers' file


def test_what_is_not_as_it_was_wrapped_is_refused_and_darkens_nobody(keys: Keyring) -> None:
    wrapped = keys.wrap(NAME, DATA_KEY, b"this row")
    police = keys.wrap(POLICE, DATA_KEY, b"this row")
    wrong = [
        (NAME, wrapped, b"that row"),
        (NAME, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"this row"),
        (NAME, wrapped[:10], b"this row"),
        (NAME, b"", b"this row"),
        (NAME, b"\x02" + wrapped[1:], b"this row"),
        (NAME, b"\x03" + wrapped[1:], b"this row"),
        (NAME, police, b"this row"),
        (POLICE, wrapped, b"this row"),
    ]
    assert [type(one) for one in keys.unwrap_many(wrong)] == [NotSealedHere] * len(wrong)
    assert not keys.is_dark(P, A)
    assert keys.unwrap(NAME, wrapped, b"this row") == DATA_KEY


def test_a_revoked_key_opens_nothing_in_any_process_and_comes_back(
    keys: Keyring, again: Callable[[], Keyring]
) -> None:
    other = again()
    for name, of in ((NAME, A), (POLICE, "police")):
        wrapped = keys.wrap(name, DATA_KEY, b"")
        assert other.unwrap(name, wrapped, b"") == DATA_KEY
        before = other.edition
        keychanges.revoke(keys, P, of)
        keychanges.revoke(keys, P, of)
        for one in (keys, other, again()):
            assert one.is_dark(P, of)
            with pytest.raises(KeyRevoked):
                one.unwrap(name, wrapped, b"")
        assert other.edition != before
        keychanges.grant(other, P, of)
        keychanges.grant(other, P, of)
        for one in (keys, other, again()):
            assert not one.is_dark(P, of)
            assert one.unwrap(name, wrapped, b"") == DATA_KEY
        keychanges.revoke(other, P, of)
        assert keys.is_dark(P, of)
        keychanges.grant(other, P, of)


def test_what_is_written_while_the_key_is_not_given_nobody_reads_until_it_is(
    keys: Keyring, holder: Any, again: Callable[[], Keyring]
) -> None:
    keychanges.revoke(keys, P, A)
    while_revoked = keys.wrap(NAME, DATA_KEY, b"row")
    police = keys.wrap(POLICE, DATA_KEY, b"row")
    keychanges.grant(keys, P, A)
    holder.take_away()
    time.sleep(0.5)
    fresh = again()
    while_away = fresh.wrap(NAME, DATA_KEY, b"row")
    for wrapped in (while_revoked, while_away):
        with pytest.raises(KeyRevoked):
            fresh.unwrap(NAME, wrapped, b"row")
    assert fresh.unwrap(POLICE, police, b"row") == DATA_KEY  # nothing else is harmed
    holder.put_back()
    until(lambda: fresh.probe(P, A))
    for wrapped in (while_revoked, while_away):
        assert fresh.unwrap(NAME, wrapped, b"row") == DATA_KEY
        with pytest.raises(NotSealedHere):
            fresh.unwrap(NAME, wrapped, b"another row")
        with pytest.raises(NotSealedHere):
            fresh.unwrap(NAME, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"row")


def test_what_was_unwrapped_is_forgotten_as_soon_as_the_holder_does_not_give_it(
    keys: Keyring, holder: Any
) -> None:
    wrapped = keys.wrap(NAME, DATA_KEY, b"")
    assert keys.unwrap(NAME, wrapped, b"") == DATA_KEY
    assert DATA_KEY in keys.held._opened[P, A].values()
    before = keys.edition
    holder.take_away()
    keys.held.watched = True
    until(lambda: not keys.probe(P, A))
    assert keys.is_dark(P, A)
    assert (P, A) not in keys.held._opened
    assert keys.edition != before
    holder.put_back()
    with pytest.raises(KeyRevoked):  # only whoever watches asks again
        keys.unwrap(NAME, wrapped, b"")
    until(lambda: keys.probe(P, A))
    assert keys.unwrap(NAME, wrapped, b"") == DATA_KEY


def test_without_anybody_who_watches_the_lease_ends_by_itself(
    keys: Keyring, holder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "LEASE", 0.6)
    monkeypatch.setattr(held, "RETRY", 0.2)
    wrapped = keys.wrap(NAME, DATA_KEY, b"")
    assert keys.unwrap(NAME, wrapped, b"") == DATA_KEY
    holder.take_away()
    time.sleep(0.7)
    with pytest.raises(NotAnswering):
        keys.unwrap(NAME, wrapped, b"")
    assert keys.is_dark(P, A)
    holder.put_back()
    time.sleep(0.5)
    assert not keys.is_dark(P, A)  # it may be asked again
    assert keys.unwrap(NAME, wrapped, b"") == DATA_KEY


def test_a_holder_is_asked_once_for_all_and_not_again_for_what_it_said(
    keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [(NAME, keys.wrap(NAME, DATA_KEY, bytes([one])), bytes([one])) for one in range(9)]
    provider = keys.held.providers["theirs"]
    calls: list[int] = []
    real = type(provider).unwrap_many
    monkeypatch.setattr(
        type(provider), "unwrap_many", lambda self, of: (calls.append(len(of)), real(self, of))[1]
    )
    assert keys.unwrap_many(asked) == [DATA_KEY] * 9
    assert keys.unwrap_many(asked) == [DATA_KEY] * 9
    assert calls == [9]


def test_versions_move_between_holders_and_old_ones_open_until_they_are_destroyed(
    path: Path, holder: Any, again: Callable[[], Keyring]
) -> None:
    keys = holders.keyring(path, theirs=holder.provider())
    wrapped = {1: keys.wrap(owner_key(P, A, 1), DATA_KEY, b"")}
    holder.versions(2)
    holder.versions(3)
    keys = again()
    assert keychanges.hand_over(keys, P, A, "theirs") == 2
    assert keys.new_version(P, A) == 3
    assert keys.current_version(P, A) == again().current_version(P, A) == 3
    assert keychanges.hand_over(keys, P, A, "file") == 4
    assert keys.new_version(P, A) == 5
    for version in (2, 3, 4, 5):
        wrapped[version] = keys.wrap(owner_key(P, A, version), DATA_KEY, b"")
    assert keys.agency(P, A).holders == {1: "file", 2: "theirs", 3: "theirs", 4: "file", 5: "file"}
    for version, blob in wrapped.items():
        assert again().unwrap(owner_key(P, A, version), blob, b"") == DATA_KEY
    for version in (1, 2):
        keychanges.destroy_version(keys, P, A, version)
        with pytest.raises(KeyMissing):
            again().unwrap(owner_key(P, A, version), wrapped[version], b"")
    for version in (3, 4, 5):
        assert again().unwrap(owner_key(P, A, version), wrapped[version], b"") == DATA_KEY
    with pytest.raises(ProviderWrong, match="file, theirs"):
        keychanges.hand_over(keys, P, A, "nobody")


def test_who_leaves_leaves_nothing_that_opens_and_the_log_goes_on(
    keys: Keyring, again: Callable[[], Keyring]
) -> None:
    keys.wrap(POLICE, DATA_KEY, b"")
    for name, of in ((NAME, A), (POLICE, "police")):
        wrapped = keys.wrap(name, DATA_KEY, b"")
        keychanges.leave(keys, P, of)
        keychanges.leave(keys, P, of)
        for one in (keys, again()):
            assert one.is_dark(P, of)
            later = one.wrap(owner_key(P, of, one.current_version(P, of)), DATA_KEY, b"")
            for blob in (wrapped, later):
                with pytest.raises(KeyRevoked):
                    one.unwrap(name, blob, b"")
        keychanges.grant(keys, P, of)
        assert keys.is_dark(P, of)


def test_two_processes_making_a_version_make_two_or_one_is_told(
    keys: Keyring, holder: Any, again: Callable[[], Keyring]
) -> None:
    holder.versions(2)
    first, second = again(), again()
    assert keychanges.hand_over(first, P, A, "theirs") == 2
    holder.versions(3)
    assert keychanges.hand_over(again(), P, A, "theirs") == 3
    assert second.current_version(P, A) == 3


@pytest.fixture(autouse=True)
def _put_back(holder: Any) -> Iterator[None]:
    yield
    if holder.kind == "kms":
        holder.put_back()


def test_who_takes_long_is_dark_after_the_lease_and_nobody_waits(
    keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    police = keys.wrap(POLICE, DATA_KEY, b"")
    wrapped = keys.wrap(NAME, DATA_KEY, b"")
    assert keys.probe(P, A)
    keys.held.watched = True
    monkeypatch.setattr(held, "LEASE", 0.2)
    provider = type(keys.held.providers["theirs"])
    monkeypatch.setattr(provider, "unwrap_many", lambda *_: time.sleep(60))
    time.sleep(0.3)  # whoever watches waits for an answer all this time
    began = time.monotonic()
    assert keys.is_dark(P, A)
    with pytest.raises(KeyRevoked):
        keys.unwrap(NAME, wrapped, b"")
    assert keys.wrap(NAME, DATA_KEY, b"")
    assert keys.unwrap(POLICE, police, b"") == DATA_KEY
    assert time.monotonic() - began < 2
