"""What one cell of an extract may hold: each kind checks the text and gives it back as people write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from conference import clock
from conference.exchange.found import LONGEST_VALUE
from conference.exchange.text import real_date, real_time, tidy, why_not_plain
from conference.vault.index import valid_nhs_number

# What a spreadsheet would run. A plain number or telephone number may begin so, and nothing else.
_STARTS = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{3})*(\.\d+)?|[+-]?\d+(\.\d+)?|\+\d[\d ()-]{5,20}", re.ASCII)
_NOTHING = frozenset({"-", "\u2013", "\u2014"})


class BadCell(Exception):
    """This cell cannot be used; the text says why without quoting it."""


def cell(raw: str, kind: str) -> str:
    """`raw` checked as `kind`; empty where nothing was recorded. Raises BadCell.

    kind: a name of KINDS, `least:20` for a text of at least so many characters, `one of:a|b` for a list.
    """
    if len(raw) > LONGEST_VALUE:
        raise BadCell(f"longer than {LONGEST_VALUE:,} characters")
    if why := why_not_plain(raw):
        raise BadCell(why)
    text = tidy(raw)
    if not text or text in _NOTHING:
        return ""
    if (raw[0] in _STARTS or text[0] in _STARTS) and not _NUMBER.fullmatch(text):
        raise BadCell("a formula: it begins with a sign that a spreadsheet would run")
    name, _, detail = kind.partition(":")
    if name == "least":
        return _least(text, int(detail))
    if name == "one of":
        return _one_of(text, detail.split("|"))
    return KINDS[name](text)


def _text(text: str) -> str:
    return text


def _past(text: str) -> str:
    found = real_date(text)
    if found is None:
        raise BadCell("not a real date as YYYY-MM-DD")
    if found > clock.today():
        raise BadCell("a date in the future")
    if found.year < 1880:
        raise BadCell("a date before 1880")
    return text


def _date(text: str) -> str:
    found = real_date(text)
    if found is None:
        raise BadCell("not a real date as YYYY-MM-DD")
    return text


def _time(text: str) -> str:
    if real_time(text) is None:
        raise BadCell("not a time as hh:mm")
    return text


def _uprn(text: str) -> str:
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
        raise BadCell("not a UPRN: 1 to 12 digits")
    return text


def _nhs(text: str) -> str:
    if not valid_nhs_number(text):
        raise BadCell("not an NHS number: ten digits with a right check digit")
    return "".join(sign for sign in text if sign.isdigit())


def _pounds(text: str) -> str:
    bare = text.removeprefix("\u00a3").strip()
    if not _NUMBER.fullmatch(bare) or bare.startswith("+"):
        raise BadCell("not an amount in pounds")
    try:
        amount = Decimal(bare.replace(",", ""))
    except InvalidOperation:
        raise BadCell("not an amount in pounds") from None
    if abs(amount) >= 10_000_000 or amount != amount.quantize(Decimal("0.01")):
        raise BadCell("not an amount in pounds and pence")
    return f"{'-' if amount < 0 else ''}\u00a3{abs(amount):,.2f}"


def _count(text: str) -> str:
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII):
        raise BadCell("not a whole number")
    return str(int(text))


def _degrees(most: int) -> Callable[[str], str]:
    def degrees(text: str) -> str:
        if not re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", text, re.ASCII) or abs(Decimal(text)) > most:
            raise BadCell(f"not degrees between -{most} and {most}")
        return text

    return degrees


def _postcode(text: str) -> str:
    bare = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", bare, re.ASCII):
        raise BadCell("not a postcode")
    return f"{bare[:-3]} {bare[-3:]}"


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text, re.ASCII):
        raise BadCell("not a country code of three capital letters")
    return text


def _yes_or_no(text: str) -> str:
    said = {
        "y": "yes",
        "yes": "yes",
        "true": "yes",
        "1": "yes",
        "n": "no",
        "no": "no",
        "false": "no",
        "0": "no",
    }
    if text.lower() not in said:
        raise BadCell("neither yes nor no")
    return said[text.lower()]


def _least(text: str, least: int) -> str:
    if len(text) < least:
        raise BadCell(f"shorter than {least} characters")
    return text


def _one_of(text: str, allowed: list[str]) -> str:
    for one in allowed:
        if text.casefold() == one.casefold():
            return one
    raise BadCell(f"none of: {', '.join(allowed)}")


KINDS: dict[str, Callable[[str], str]] = {
    "text": _text,
    "past": _past,
    "date": _date,
    "time": _time,
    "uprn": _uprn,
    "nhs number": _nhs,
    "pounds": _pounds,
    "count": _count,
    "latitude": _degrees(90),
    "longitude": _degrees(180),
    "postcode": _postcode,
    "country": _country,
    "yes or no": _yes_or_no,
}


def is_kind(kind: str) -> bool:
    """Whether `kind` is one that `cell` knows."""
    name, _, detail = kind.partition(":")
    if name == "least":
        return detail.isascii() and detail.isdigit() and len(detail) < 6
    return bool(detail) if name == "one of" else kind in KINDS
