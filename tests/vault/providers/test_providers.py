"""What holds for whoever else holds an agency's key, tried on real ones."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pkcs11
import pytest

from conference.vault.errors import NotAnswering, ProviderWrong
from conference.vault.providers import Asked, NotSealedHere
from conference.vault.providers.hsm import Hsm
from conference.vault.providers.kms import Kms
from tests.support import holders

NAME, OTHER = "agency/north/moorland/1", "agency/north/moorland/2"
SECRET = bytes(range(32))


def kinds(found: list[Any]) -> list[type]:
    return [type(one) for one in found]


def test_what_it_wraps_it_unwraps_and_only_where_it_is_bound(holder: Any) -> None:
    provider = holder.provider()
    provider.make(NAME)
    holder.versions(2)
    provider = holder.provider()
    provider.make(OTHER)
    wrapped, theirs = provider.wrap(NAME, SECRET, b"here"), provider.wrap(OTHER, SECRET, b"here")
    changed = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    asked = [
        Asked(NAME, wrapped, b"here"),
        Asked(NAME, wrapped, b"there"),
        Asked(NAME, changed, b"here"),
        Asked(NAME, wrapped[:20], b"here"),
        Asked(NAME, b"", b"here"),
        Asked(NAME, theirs, b"here"),
        Asked(OTHER, theirs, b"here"),
    ]
    found = provider.unwrap_many(asked)
    assert found[0] == found[-1] == SECRET
    assert kinds(found[1:-1]) == [NotSealedHere] * 5
    assert SECRET not in wrapped
    assert provider.wrap(NAME, SECRET, b"here") != wrapped
    assert provider.unwrap_many([]) == []


def test_at_most_what_eighty_people_take_is_wrapped(holder: Any) -> None:
    provider = holder.provider()
    provider.make(NAME)
    long = os.urandom(32 + 80 * 28)
    assert provider.unwrap_many([Asked(NAME, provider.wrap(NAME, long, b"x" * 4000), b"x" * 4000)]) == [long]


def test_a_key_that_is_not_there_is_not_made_by_using_it(holder: Any) -> None:
    provider = holder.provider()
    absent = "agency/north/moorland/9"
    with pytest.raises(NotAnswering):
        provider.wrap(absent, SECRET, b"")
    assert kinds(provider.unwrap_many([Asked(absent, b"x" * 60, b"")])) == [NotAnswering]


def test_what_the_agency_takes_away_comes_back_when_it_gives_it(holder: Any) -> None:
    provider = holder.provider()
    provider.make(NAME)
    asked = [Asked(NAME, provider.wrap(NAME, SECRET, b""), b"")]
    holder.take_away()
    time.sleep(0.5)
    assert kinds(provider.unwrap_many(asked * 2)) == [NotAnswering] * 2
    with pytest.raises(NotAnswering):
        provider.wrap(NAME, SECRET, b"")
    holder.put_back()
    time.sleep(0.5)
    assert provider.unwrap_many(asked) == [SECRET]


# --- the HSM ---


def test_the_key_never_leaves_the_hsm(tmp_path: Path) -> None:
    token = holders.token(tmp_path)
    token.provider().make(NAME)
    said = token.run(
        f"key = session.get_key(label={NAME!r})\n"
        "print(*(key[one] for one in (Attribute.EXTRACTABLE, Attribute.NEVER_EXTRACTABLE, "
        "Attribute.SENSITIVE, Attribute.ALWAYS_SENSITIVE, Attribute.LOCAL, Attribute.PRIVATE)))\n"
        "for ask in (lambda: key[Attribute.VALUE],"
        " lambda: session.generate_key(KeyType.AES, 256, store=False).wrap_key(key)):\n"
        "    try:\n        print(ask())\n"
        "    except PKCS11Error as error:\n        print(type(error).__name__)\n"
    )
    assert said.splitlines() == ["False True True True True True", "AttributeSensitive", "KeyUnextractable"]
    with pytest.raises(ProviderWrong, match="holds a key"):
        token.provider().make(NAME)


def test_a_key_destroyed_at_the_agencys_own_side_is_noticed_at_once(tmp_path: Path) -> None:
    token = holders.token(tmp_path)
    provider = token.provider()
    provider.make(NAME)
    provider.make(OTHER)
    asked = [Asked(one, provider.wrap(one, SECRET, b""), b"") for one in (NAME, OTHER)]
    token.run(f"session.get_key(label={NAME!r}).destroy()")
    found = provider.unwrap_many(asked)
    assert (type(found[0]), found[1]) == (NotAnswering, SECRET)
    provider.destroy(OTHER)
    provider.destroy(OTHER)
    assert kinds(provider.unwrap_many(asked)) == [NotAnswering] * 2


def test_a_wrong_pin_or_module_is_an_hsm_that_does_not_answer(tmp_path: Path) -> None:
    token = holders.token(tmp_path)
    token.provider().make(NAME)
    pkcs11.lib(str(token.provider().module)).reinitialize()  # nobody of this process is logged in
    wrong = tmp_path / "wrong.pin"
    wrong.write_text("1111")
    there = token.provider()
    nowhere = [
        Hsm(there.module, token.label, wrong),
        Hsm(there.module, token.label, tmp_path / "absent.pin"),
        Hsm(there.module, "no such token", token.pin),
        Hsm(tmp_path / "absent.so", token.label, token.pin),
    ]
    for one in nowhere:
        assert kinds(one.unwrap_many([Asked(NAME, b"x" * 60, b"")])) == [NotAnswering]
    assert there.unwrap_many([Asked(NAME, there.wrap(NAME, SECRET, b""), b"")]) == [SECRET]


def test_a_wrong_pin_is_tried_once_and_a_right_one_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = holders.token(tmp_path)
    provider = token.provider()
    provider.make(NAME)
    asked = [Asked(NAME, provider.wrap(NAME, SECRET, b""), b"")]
    token.pin.write_text("1111")
    fresh, tried = token.provider(), []
    real = pkcs11.lib
    real(str(provider.module)).reinitialize()  # nobody of this process is logged in
    monkeypatch.setattr(pkcs11, "lib", lambda path: (tried.append(path), real(path))[1])
    for _ in range(20):
        assert kinds(fresh.unwrap_many(asked)) == [NotAnswering]
    assert len(tried) == 1
    assert "1111" not in repr(fresh)
    token.pin.write_text(holders.PIN)
    assert fresh.unwrap_many(asked) == [SECRET]


def test_two_that_share_a_token_do_not_throw_each_other_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = holders.token(tmp_path)
    one, other = token.provider(), token.provider()
    one.make(NAME)
    other.make(OTHER)
    asked = (
        [Asked(NAME, one.wrap(NAME, SECRET, b""), b"")],
        [Asked(OTHER, other.wrap(OTHER, SECRET, b""), b"")],
    )
    monkeypatch.setattr(pkcs11, "lib", lambda _: pytest.fail("it was opened anew"))
    for _ in range(3):
        assert one.unwrap_many(asked[0]) == other.unwrap_many(asked[1]) == [SECRET]


def test_an_hsm_that_hangs_is_left_behind_after_its_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = holders.token(tmp_path)
    provider = token.provider(timeout=0.3)
    provider.make(NAME)
    wrapped = provider.wrap(NAME, SECRET, b"")
    with monkeypatch.context() as hung:
        hung.setattr(Hsm, "_opened", lambda *_: time.sleep(2))
        began = time.monotonic()
        assert kinds(provider.unwrap_many([Asked(NAME, wrapped, b"")])) == [NotAnswering]
        assert time.monotonic() - began < 1
    assert provider.unwrap_many([Asked(NAME, wrapped, b"")]) == [SECRET]


# --- the key service ---


def test_a_service_that_takes_the_call_and_never_answers(tmp_path: Path, kms: holders.Service) -> None:
    with holders.deaf() as port:
        provider = Kms("eu-west-2", {1: "any"}, kms.credentials, f"http://127.0.0.1:{port}", 0.3)
        began = time.monotonic()
        assert kinds(provider.unwrap_many([Asked(NAME, b"x" * 60, b"")] * 8)) == [NotAnswering] * 8
        assert time.monotonic() - began < 3
    absent = Kms("eu-west-2", {1: "any"}, tmp_path / "absent.json", kms.address)
    assert kinds(absent.unwrap_many([Asked(NAME, b"x" * 60, b"")])) == [NotAnswering]


def test_what_the_service_is_told_names_nobody(kms: holders.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    kms.versions(1)
    provider = kms.provider()
    provider.make(NAME)
    told: list[dict[str, Any]] = []
    service = provider._service()
    monkeypatch.setattr(service, "encrypt", lambda **of: told.append(of) or {"CiphertextBlob": b""})
    provider.wrap(NAME, SECRET, b"dky_1\x1fper_1")
    [of] = told
    assert of["EncryptionContext"]["conference-key"] == NAME
    assert "per_1" not in str(of["EncryptionContext"])
    assert len(of["EncryptionContext"]["bound-to"]) == 64


def test_versions_are_keys_that_the_agency_made(tmp_path: Path, kms: holders.Service) -> None:
    provider = Kms("eu-west-2", {}, kms.credentials, kms.address)
    with pytest.raises(ProviderWrong, match="for version 1"):
        provider.make(NAME)
    assert provider.destroy(NAME) is not None
