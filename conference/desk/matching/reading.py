"""A list of clients as an agency's system writes it: CSV with a header. What nobody needs is not read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from conference.desk.matching.own_list import Client, OwnList
from conference.errors import BadInput
from conference.vault.index import valid_nhs_number

LARGEST = 20 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
LONGEST_CELL = 500
UNREAD_NAMED = 20

COLUMNS = {
    "name": ("name", "full name", "client name", "tenant name", "person name", "patient name"),
    "given": ("given name", "first name", "forename", "forenames"),
    "family": ("surname", "family name", "last name"),
    "born": ("date of birth", "dob", "birth date", "born"),
    "nhs": ("nhs number", "nhs no"),
    "reference": (
        "person id",
        "client id",
        "child id",
        "tenancy reference",
        "reference",
        "pnc id",
        "cro number",
    ),
}
_WHICH = {heading: column for column, headings in COLUMNS.items() for heading in headings}
_BRITISH = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Read:
    """A list that was read. unread: rows, by number, that could not be; more: how many others."""

    clients: OwnList
    rows: int
    unread: tuple[int, ...]
    more: int


def read_list(content: bytes) -> Read:
    """The clients of a list. Raises BadInput with what to do; it never quotes what the list says."""
    if len(content) > LARGEST:
        raise BadInput("The file must be smaller than 20 MB.", "file")
    lines = _lines(content)
    header = _header(next(lines, None))
    clients, unread, rows = [], [], 0
    for rows, cells in enumerate(lines, start=1):
        if rows > MOST_ROWS:
            raise BadInput(f"Use a list of {MOST_ROWS:,} rows or fewer, or compare it in parts.", "file")
        client = _client(rows, cells, header)
        if client is None:
            unread.append(rows)
        else:
            clients.append(client)
    if not rows:
        raise BadInput("The file has a header and no rows.", "file")
    return Read(OwnList(clients), rows, tuple(unread[:UNREAD_NAMED]), len(unread[UNREAD_NAMED:]))


def _lines(content: bytes) -> Iterator[list[str]]:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield cells
    except csv.Error:
        raise BadInput(
            f"Line {reader.line_num} cannot be read: quotes or line ends do not match.", "file"
        ) from None


def _header(cells: Sequence[str] | None) -> dict[str, int]:
    if cells is None:
        raise BadInput("The file is empty.", "file")
    if len(cells) > MOST_COLUMNS:
        raise BadInput(f"Use a list of {MOST_COLUMNS} columns or fewer.", "file")
    found: dict[str, int] = {}
    for place, heading in enumerate(cells):
        column = _WHICH.get(" ".join(heading.split()).casefold())
        if column is not None:
            found.setdefault(column, place)
    if "name" not in found and not {"given", "family"} <= found.keys():
        raise BadInput(
            "The first line must name the columns, with Name, or with Given Name and Surname.", "file"
        )
    return found


def _client(number: int, cells: Sequence[str], header: dict[str, int]) -> Client | None:
    """The client of a row; nothing where it has no name, or a date or number that is none."""

    def cell(column: str) -> str:
        place = header.get(column, len(cells))
        return " ".join(cells[place].split()) if place < len(cells) else ""

    name = cell("name") or f"{cell('given')} {cell('family')}".strip()
    born, nhs, reference = cell("born"), cell("nhs"), cell("reference")
    birthday = _date(born)
    too_long = max(map(len, (name, reference))) > LONGEST_CELL
    if not name or too_long or (born and birthday is None) or (nhs and not valid_nhs_number(nhs)):
        return None
    return Client(number, name, birthday, "".join(sign for sign in nhs if sign.isdigit()), reference)


def _date(text: str) -> date | None:
    """A date as YYYY-MM-DD, or as it is written in Britain, 3/3/1992."""
    british = _BRITISH.fullmatch(text)
    try:
        if british is not None:
            day, month, year = map(int, british.groups())
            return date(year, month, day)
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
