"""Keyed index tokens: find a person by what is known exactly, without storing it.

Deterministic, so a reader of the database sees which rows are equal: only values that few people share are
ever indexed, a name never without its date of birth.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from datetime import date

from conference.errors import BadInput
from conference.vault.keyfile import KeyFile

TOKEN_BYTES = 16


def name_and_birth(keys: KeyFile, partnership: str, name: str, born: date) -> bytes:
    """The token of a person's name with the date of birth. Raises BadInput for a name without a letter."""
    plain = normalised_name(name)
    if not plain:
        raise BadInput("Enter a name", "name")
    return _token(keys, partnership, "name-birth", f"{plain}\n{born.isoformat()}")


def nhs_number(keys: KeyFile, partnership: str, number: str) -> bytes:
    """The token of an NHS number, however it is spaced. Raises BadInput if it is not a valid one."""
    if not valid_nhs_number(number):
        raise BadInput("Enter an NHS number, like 485 777 3456", "nhs_number")
    return _token(keys, partnership, "nhs-number", _digits(number))


def address(keys: KeyFile, partnership: str, text: str, postcode: str) -> bytes:
    """The token of an address line with its postcode. Raises BadInput if either is empty."""
    line, code = normalised_name(text), normalised_name(postcode).replace(" ", "")
    if not line or not code:
        raise BadInput("Enter the first line of an address and its postcode", "address")
    return _token(keys, partnership, "address", f"{line}\n{code}")


def valid_nhs_number(number: str) -> bool:
    """Whether `number` has ten digits, apart from spaces and dashes, and a right check digit.

    Source: NHS Data Dictionary, NHS NUMBER (Modulus 11).
    """
    digits = _digits(number)
    if len(digits) != 10 or not digits.isascii() or set(number) - set("0123456789 -\u00a0"):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(digits[9])


def normalised_name(name: str) -> str:
    """`name` without case, accents and punctuation; a dash counts as a space."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    spaced = "".join(" " if unicodedata.category(sign) == "Pd" else sign for sign in folded)
    kept = (sign for sign in spaced if sign.isalnum() or sign.isspace() or unicodedata.category(sign) == "Mc")
    return " ".join("".join(kept).split())


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _token(keys: KeyFile, partnership: str, kind: str, value: str) -> bytes:
    key = keys.key_or_new(f"index/{partnership}/{kind}/1")
    return hmac.digest(key, value.encode(), hashlib.sha256)[:TOKEN_BYTES]
