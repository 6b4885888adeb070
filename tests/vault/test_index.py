"""Tokens find what is the same, however it is written, and say nothing without their key."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conference.errors import BadInput
from conference.vault.index import (
    address,
    name_and_birth,
    nhs_number,
    normalised_name,
    valid_nhs_number,
)
from conference.vault.keyfile import KeyFile

BORN = date(1990, 2, 28)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("Zoë  O'Brien", "zoe obrien"),
        ("ZOE O\u2019BRIEN", "zoe obrien"),
        ("Zoe\u0308 O'Brien.", "zoe obrien"),
        ("Smith-Jones", "smith jones"),
        ("Smith\u2013Jones", "smith jones"),
        ("Weiß", "weiss"),
        ("\uff37\uff25\uff29\uff33\uff33", "weiss"),
        ("Łukasz", "łukasz"),
        ("Нина", "нина"),
        ("  ", ""),
        ("-'", ""),
    ],
)
def test_names_are_normalised(written: str, normalised: str) -> None:
    assert normalised_name(written) == normalised
    assert normalised_name(normalised) == normalised


def test_the_same_person_has_the_same_token(keys: KeyFile) -> None:
    token = name_and_birth(keys, "north", "Zoë O'Brien", BORN)
    assert len(token) == 16
    assert name_and_birth(keys, "north", "zoe OBRIEN", BORN) == token
    assert name_and_birth(KeyFile.open(keys.path), "north", "Zoë O'Brien", BORN) == token


def test_another_person_partnership_kind_or_key_has_another(keys: KeyFile, tmp_path: Path) -> None:
    other = KeyFile.create(tmp_path / "other.jsonl")
    tokens = [
        name_and_birth(keys, "north", "Zoe", BORN),
        name_and_birth(keys, "north", "Zoe", date(1990, 3, 1)),
        name_and_birth(keys, "south", "Zoe", BORN),
        name_and_birth(other, "north", "Zoe", BORN),
        nhs_number(keys, "north", "9434765919"),
        nhs_number(keys, "south", "9434765919"),
        address(keys, "north", "1 High St", "NE1 1AA"),
    ]
    assert len(set(tokens)) == len(tokens)
    assert nhs_number(keys, "north", "943 476 5919") == nhs_number(keys, "north", "943-476-5919") == tokens[4]
    assert address(keys, "north", "1, High St.", "ne11aa") == tokens[6]


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("9434765919", True),
        ("943 476 5919", True),
        ("9434765918", False),
        ("943476591", False),
        ("94347659190", False),
        ("", False),
        ("943476591X", False),
        ("943x476 5919", False),
        ("٩٤٣٤٧٦٥٩١٩", False),
        ("0000000000", True),
        ("1234567890", False),  # its check digit would be 10
    ],
)
def test_nhs_numbers(keys: KeyFile, number: str, *, valid: bool) -> None:
    assert valid_nhs_number(number) is valid
    if not valid:
        with pytest.raises(BadInput):
            nhs_number(keys, "north", number)


@pytest.mark.parametrize(
    "call",
    [
        lambda keys: name_and_birth(keys, "n", " -", BORN),
        lambda keys: address(keys, "n", "", "x"),
    ],
)
def test_nothing_has_no_token(keys: KeyFile, call: object) -> None:
    with pytest.raises(BadInput):
        call(keys)  # type: ignore[operator]
