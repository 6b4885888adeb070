"""Keyed index tokens: find a person by what is known exactly, without storing it.

Deterministic, so a reader of the database sees which rows are equal: only values that few people share are
ever indexed, a name never without its date of birth, an address never without its postcode.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from datetime import date

from conference.errors import BadInput
from conference.vault.keyfile import KeyFile

TOKEN_BYTES = 16


_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})\b", re.ASCII | re.IGNORECASE)
_UPRN = re.compile(r"\bUPRN[ :]{0,3}(\d{1,12})\b", re.ASCII | re.IGNORECASE)
_INSIDE = frozenset({"flat", "apartment", "apt", "unit", "room", "studio", "maisonette"})
_SHORT = {
    "st": "street",
    "rd": "road",
    "ave": "avenue",
    "av": "avenue",
    "ln": "lane",
    "cl": "close",
    "dr": "drive",
    "ct": "court",
    "cres": "crescent",
    "gdns": "gardens",
    "gr": "grove",
    "pl": "place",
    "sq": "square",
    "terr": "terrace",
}


def name_and_birth(keys: KeyFile, partnership: str, name: str, born: date, *, version: int = 1) -> bytes:
    """The token of a person's name with the date of birth. Raises BadInput for a name without a letter."""
    plain = normalised_name(name)
    if not plain:
        raise BadInput("Enter a name", "name")
    return _token(keys, partnership, "name-birth", f"{plain}\n{born.isoformat()}", version)


def nhs_number(keys: KeyFile, partnership: str, number: str, *, version: int = 1) -> bytes:
    """The token of an NHS number, however it is spaced. Raises BadInput if it is not a valid one."""
    if not valid_nhs_number(number):
        raise BadInput("Enter an NHS number, like 485 777 3456", "nhs_number")
    return _token(keys, partnership, "nhs-number", _digits(number), version)


def address(keys: KeyFile, partnership: str, text: str, postcode: str, *, version: int = 1) -> bytes:
    """The token of an address line with its postcode. Raises BadInput if either is empty."""
    line, code = normalised_line(text), normalised_name(postcode).replace(" ", "")
    if not line or not code:
        raise BadInput("Enter the first line of an address and its postcode", "address")
    return _token(keys, partnership, "address", f"{line}\n{code}", version)


def uprn(keys: KeyFile, partnership: str, number: str, *, version: int = 1) -> bytes:
    """The token of a property's number. Raises BadInput unless it has 1 to 12 digits."""
    digits = number.strip().replace(" ", "")
    if not re.fullmatch(r"\d{1,12}", digits, re.ASCII) or not int(digits):
        raise BadInput("Enter a UPRN of 1 to 12 digits, like 100012345678", "uprn")
    return _token(keys, partnership, "uprn", digits.lstrip("0"), version)


def birthday(text: str) -> date | None:
    """A date of birth written YYYY-MM-DD; none where it is not one."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def lines_of(text: str) -> tuple[list[str], str]:
    """What may be typed as the first line of this address, and its postcode; nothing without a postcode."""
    found = list(_POSTCODE.finditer(text))
    if not found:
        return [], ""
    last = found[-1]
    parts = [part.strip() for part in re.split(r"[,\n;]", text[: last.start()]) if part.strip()]
    lines = [parts[0], " ".join(parts[:2])] if parts else []
    if len(parts) > 1 and _is_inside(parts[0]):
        lines += [parts[1], " ".join(parts[1:3])]
    return list(dict.fromkeys(lines)), f"{last[1]} {last[2]}".upper()


def uprns_in(text: str) -> list[str]:
    """The numbers of properties that a text names as such."""
    return list(dict.fromkeys(_UPRN.findall(text)))


def _is_inside(part: str) -> bool:
    return normalised_name(part).partition(" ")[0] in _INSIDE


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


def normalised_line(line: str) -> str:
    """A line of an address without case, accents and punctuation, and with its last word in full."""
    *first, last = normalised_name(line.replace(",", " ")).split() or [""]
    return " ".join([*first, _SHORT.get(last, last)])


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _token(keys: KeyFile, partnership: str, kind: str, value: str, version: int) -> bytes:
    key = keys.key_or_new(f"index/{partnership}/{kind}/{version}")
    return hmac.digest(key, value.encode(), hashlib.sha256)[:TOKEN_BYTES]
