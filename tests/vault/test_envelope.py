"""What a value is bound to, made for many at once, is what it always was: parts with a sign between them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from conference.vault.envelope import (
    KeyInfo,
    NotSealedHere,
    OpenKey,
    decrypt_many,
    encrypt_each,
    encrypt_many,
    open_key,
)
from conference.vault.place import Place

KEYS = [bytes([number]) * 32 for number in range(3)]
INFOS = [
    KeyInfo(f"dky_{'abc'[at] * 26}", "north", f"agency_{at}", "per_1", "field", at + 1) for at in range(3)
]
PART = st.text(st.characters(exclude_characters="\x1e\x1f", exclude_categories=["Cs"]), max_size=6)
PLACES = st.builds(
    Place, st.sampled_from(["field", "file"]) | PART, PART, st.sampled_from(["value/1"]) | PART
)


def by_hand(info: KeyInfo, place: Place) -> bytes:
    parts = ("1", info.purpose, info.partnership, info.owner, info.id, str(info.version), *place)
    return "\x1f".join(parts).encode()


def opened_by_hand(which: int, blob: bytes, place: Place) -> bytes:
    return AESGCM(KEYS[which]).decrypt(blob[17:29], blob[29:], by_hand(INFOS[which], place))


def keys() -> list[OpenKey]:
    return [open_key(info, key) for info, key in zip(INFOS, KEYS, strict=True)]


@given(st.lists(st.tuples(st.binary(max_size=40), PLACES), max_size=8))
def test_many_values_of_one_key_are_each_bound_to_their_place(values: list[tuple[bytes, Place]]) -> None:
    plain, places = [one for one, _ in values], [place for _, place in values]
    key = keys()[0]
    blobs = encrypt_many(key, plain, places)
    assert [opened_by_hand(0, *one) for one in zip(blobs, places, strict=True)] == plain
    assert decrypt_many(key, blobs, places) == plain


@given(st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=40), PLACES), max_size=8))
def test_values_of_several_keys_are_each_bound_to_their_own(values: list[tuple[int, bytes, Place]]) -> None:
    made = keys()
    blobs = encrypt_each(
        [made[which] for which, *_ in values], [one for _, one, _ in values], [at for *_, at in values]
    )
    for (which, plain, place), blob in zip(values, blobs, strict=True):
        assert opened_by_hand(which, blob, place) == plain


@pytest.mark.parametrize("sign", ["\x1e", "\x1f"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_place_that_reads_as_two_is_refused(sign: str, at: int) -> None:
    place = Place(*(f"a{sign}b" if number == at else "c" for number in range(3)))
    beside = Place("c", "c", "c")
    for places in ([place], [beside, place], [Place("other", "c", "c"), place]):
        with pytest.raises(ValueError, match="control sign"):
            encrypt_many(keys()[0], [b""] * len(places), places)
        with pytest.raises(ValueError, match="control sign"):
            encrypt_each(keys()[: len(places)], [b""] * len(places), places)
    with pytest.raises(ValueError, match="control sign"):
        open_key(INFOS[0]._replace(owner=f"a{sign}b"), KEYS[0])


def test_one_that_names_another_key_opens_none() -> None:
    one, other, _ = keys()
    places = [Place("field", "a", "value/1"), Place("field", "b", "value/1")]
    blobs = [*encrypt_many(one, [b"x"], places[:1]), *encrypt_many(other, [b"y"], places[1:])]
    with pytest.raises(NotSealedHere):
        decrypt_many(one, blobs, places)


def test_nothing_is_sealed_in_fewer_places_than_there_are_values() -> None:
    with pytest.raises(ValueError, match="argument"):
        encrypt_many(keys()[0], [b"x", b"y"], [Place("field", "a", "value/1")])


def test_a_nonce_is_never_one_of_another_value() -> None:
    places = [Place("field", str(number), "value/1") for number in range(500)]
    blobs = encrypt_many(keys()[0], [b""] * 500, places)
    assert len({blob[17:29] for blob in blobs}) == 500
