"""A map file: which columns an extract has, what may stand in them, and what fields a row makes.

`docs/import.md` describes the format.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any, Literal

from conference.exchange.csv_cells import is_kind
from conference.exchange.found import Fault, Malformed
from conference.exchange.text import in_words
from conference.sharing.catalogue import LABELS

ENCODINGS = frozenset({"utf-8", "utf-16", "cp1252", "iso-8859-1", "iso-8859-15", "ascii"})
_SLOT = re.compile(r"\{([^{}]+)\}")
_KEYS = {"name", "record", "encoding", "delimiter", "id", "recorded", "required", "columns", "about", "field"}
_ABOUT = {"name", "born", "nhs_number", "id", "role"}
_FIELD = {"class", "text", "joiner", "kind", "only_if"}
_ROLES = {"victim", "child", "alleged-perpetrator", "other"}


@dataclass(frozen=True)
class Template:
    """One kind of field. parts: each is told only if all the columns that it names are filled."""

    class_name: str
    parts: tuple[str, ...]
    joiner: str = "; "
    kind: Literal["fact", "opinion"] = "fact"
    only_if: tuple[str, ...] = ()

    def told(self, cells: dict[str, str], dates: frozenset[str]) -> str:
        """The field's value for one row; empty if the row has nothing for it."""
        if any(name not in cells for name in self.only_if):
            return ""
        return self.joiner.join(said for part in self.parts if (said := filled(part, cells, dates)))


@dataclass(frozen=True)
class Plan:
    """What a map file says."""

    name: str
    record: str
    columns: dict[str, str]
    fields: tuple[Template, ...]
    about: dict[str, str] = field(default_factory=dict)
    id: tuple[str, ...] = ()
    recorded: str | None = None
    required: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","

    @property
    def dates(self) -> frozenset[str]:
        """The columns that hold dates."""
        return frozenset(name for name, kind in self.columns.items() if kind in {"past", "date"})


def filled(part: str, cells: dict[str, str], dates: frozenset[str] = frozenset()) -> str:
    """`part` with its columns filled in, or nothing if one of them is empty."""
    names = _SLOT.findall(part)
    if any(name not in cells for name in names):
        return ""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        return (in_words(cells[name]) or cells[name]) if name in dates else cells[name]

    return _SLOT.sub(value, part)


def load_plan(content: bytes) -> Plan:
    """The map that `content` holds. Raises Malformed with everything that is wrong with it."""
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+), column (\d+)", str(error))
        at = f"line {line.group(1)}, column {line.group(2)}" if line else ""
        raise Malformed(Fault(at, "not a TOML file in UTF-8")) from None
    checks = _Checks(data)
    checks.all()
    if checks.faults:
        raise Malformed(*checks.faults)
    return _plan(data)


class _Checks:
    """Every fault of a map file, by its key."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.faults: list[Fault] = []
        self._data = data
        columns = data.get("columns")
        self._columns: dict[str, Any] = columns if isinstance(columns, dict) else {}

    def all(self) -> None:
        self._keys("", self._data, _KEYS)
        for name in ("name", "record"):
            if not isinstance(self._data.get(name), str) or not self._data[name].strip():
                self._fault(name, "words are needed")
        if self._data.get("encoding", "utf-8") not in ENCODINGS:
            self._fault("encoding", f"none of: {', '.join(sorted(ENCODINGS))}")
        if self._data.get("delimiter", ",") not in {",", ";", "\t", "|"}:
            self._fault("delimiter", "none of: comma, semicolon, tab, bar")
        if not self._columns:
            self._fault("columns", "no columns")
        for name, kind in self._columns.items():
            if not isinstance(kind, str) or not is_kind(kind):
                self._fault(f"columns.{name}", "not a kind of cell")
        for name in ("id", "required"):
            self._are_columns(name, self._data.get(name, []))
        if "recorded" in self._data:
            self._are_columns("recorded", [self._data["recorded"]])
        self._about()
        self._fields()

    def _about(self) -> None:
        about = self._data.get("about", {})
        if not isinstance(about, dict):
            self._fault("about", "not a table")
            return
        self._keys("about.", about, _ABOUT)
        for name in ("born", "nhs_number", "id"):
            if name in about:
                self._are_columns(f"about.{name}", [about[name]])
        if "name" in about:
            self._template("about.name", about["name"])
        if about.get("role", "victim") not in _ROLES:
            self._fault("about.role", f"none of: {', '.join(sorted(_ROLES))}")

    def _fields(self) -> None:
        fields = self._data.get("field")
        if not isinstance(fields, list) or not fields:
            self._fault("field", "no fields")
            return
        for number, one in enumerate(fields):
            at = f"field[{number}]"
            if not isinstance(one, dict):
                self._fault(at, "not a table")
                continue
            self._keys(f"{at}.", one, _FIELD)
            if one.get("class") not in LABELS:
                self._fault(f"{at}.class", "not a class of information")
            text = one.get("text")
            for part in text if isinstance(text, list) and text else [text]:
                self._template(f"{at}.text", part)
            if not isinstance(one.get("joiner", ""), str):
                self._fault(f"{at}.joiner", "words are needed")
            if one.get("kind", "fact") not in {"fact", "opinion"}:
                self._fault(f"{at}.kind", "neither fact nor opinion")
            self._are_columns(f"{at}.only_if", one.get("only_if", []))

    def _template(self, place: str, part: object) -> None:
        if not isinstance(part, str) or not _SLOT.search(part):
            self._fault(place, "a text that names a column in braces is needed")
        elif any(name not in self._columns for name in _SLOT.findall(part)):
            self._fault(place, "it names a column that is not under columns")

    def _are_columns(self, place: str, names: object) -> None:
        if not isinstance(names, list) or any(not isinstance(name, str) for name in names):
            self._fault(place, "names of columns are needed")
        elif any(name not in self._columns for name in names):
            self._fault(place, "it names a column that is not under columns")

    def _keys(self, prefix: str, table: dict[str, Any], known: set[str]) -> None:
        for key in sorted(set(table) - known):
            self._fault(f"{prefix}{key}", "not a key of a map")

    def _fault(self, place: str, reason: str) -> None:
        self.faults.append(Fault(place, reason))


def _plan(data: dict[str, Any]) -> Plan:
    templates = tuple(
        Template(
            one["class"],
            tuple(one["text"] if isinstance(one["text"], list) else [one["text"]]),
            one.get("joiner", "; "),
            one.get("kind", "fact"),
            tuple(one.get("only_if", [])),
        )
        for one in data["field"]
    )
    return Plan(
        name=data["name"],
        record=data["record"],
        columns=dict(data["columns"]),
        fields=templates,
        about=dict(data.get("about", {})),
        id=tuple(data.get("id", [])),
        recorded=data.get("recorded"),
        required=tuple(data.get("required", [])),
        encoding=data.get("encoding", "utf-8"),
        delimiter=data.get("delimiter", ","),
    )
