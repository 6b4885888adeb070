"""What opens an agency's own parts of the log: `parts.jsonl`.

One line of canonical JSON for each leaf of the log, in order, each ended by a line feed:

    {"index": 0, "position": 1, "salt": "base64", "body": "base64 of the canonical body",
     "items": [{"item": {…}, "salt": "base64"}, {"commitment": "base64", "item": null}]}

`position` is where the agency's part stands in that leaf; `items` follows the body's commitments, with null
for an
item about a person who has been erased: its commitment still stands, so the body still opens. Where the
agency had
no part yet (the leaf's roster does not name it) the line is `{"index": 0, "position": null}`. Within one
roster the position is always the same. Keys stand in RFC 8785's order; the spaces above are for the reader.
"""

import re
from binascii import a2b_base64
from dataclasses import dataclass
from typing import BinaryIO, cast

from audit.encoding import canonical_plain, from_base64, load_canonical, to_base64
from audit.errors import BadEncoding, BadEvent
from audit.event import EMPTY_BODY, SALT_BYTES, commitment
from audit.patterns import plain_leaf
from audit.shape import Check, a_hash, check_body, check_item, check_keys, check_leaf

LINE_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """An item with its salt; both None where it has been erased."""

    commitment: bytes
    salt: bytes | None
    data: bytes | None


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """An agency's part of one leaf, unsealed: its place among the leaf's parts, and what opens it."""

    position: int
    salt: bytes
    body: bytes
    items: tuple[OpenedItem, ...]


def part_line(index: int, part: OpenedPart | None) -> bytes:
    """The line for leaf `index`; `part` is None where the agency has no part in that leaf."""
    if part is None:
        return canonical_plain({"index": index, "position": None}) + b"\n"
    items = [
        {"commitment": to_base64(item.commitment), "item": None}
        if item.data is None or item.salt is None
        else {"item": load_canonical(item.data, "item"), "salt": to_base64(item.salt)}
        for item in part.items
    ]
    line = {
        "index": index,
        "position": part.position,
        "salt": to_base64(part.salt),
        "items": items,
        "body": to_base64(part.body),
    }
    return canonical_plain(line) + b"\n"


def _a_number(value: object) -> bool:
    return type(value) is int and value >= 0


def _a_list(value: object) -> bool:
    return isinstance(value, list)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _any(_: object) -> bool:
    return True


_NO_PART: dict[str, Check] = {"index": _a_number, "position": lambda value: value is None}
_PART: dict[str, Check] = {
    "index": _a_number,
    "position": _a_number,
    "salt": a_hash,
    "body": _text,
    "items": _a_list,
}
_OPEN: dict[str, Check] = {"item": _any, "salt": a_hash}
_ERASED: dict[str, Check] = {"item": lambda value: value is None, "commitment": a_hash}


class PartsReader:
    """Checks the lines of a `parts.jsonl` against the leaves of the log, both in order."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        """name: what the file is called in a fault."""
        self._stream = stream
        self._name = name
        self._positions: dict[str, int | None] = {}

    def check(self, index: int, leaf: bytes) -> None:
        """Raise a fault unless the next line opens the agency's part of `leaf`."""
        what = f"{self._name} line {index + 1}"
        line = self._stream.readline(LINE_LIMIT)
        if not line.endswith(b"\n"):
            raise BadEvent(f"{what}: missing, cut short or too long")
        shape = read_leaf(leaf, f"leaf {index}")
        if index and "continues" in shape:
            raise BadEvent(f"leaf {index}: only the first leaf may continue another log")
        position = check_line(line[:-1], index, shape, what)
        if self._positions.setdefault(str(shape["roster"]), position) != position:
            raise BadEvent(f"{what}: another position than before in the same roster")

    def finish(self) -> None:
        """Raise a fault unless the file ends here."""
        if self._stream.read(1):
            raise BadEvent(f"{self._name}: goes on after the last leaf")


def read_leaf(leaf: bytes, what: str) -> dict[str, object]:
    """The leaf as JSON, whose shape and canonical form have been checked. Raises BadEncoding, BadEvent."""
    return plain_leaf(leaf) or check_leaf(load_canonical(leaf, what), what)


def check_line(line: bytes, index: int, leaf: dict[str, object], what: str) -> int | None:
    """The position at which `line` opens `leaf`, a checked leaf; None where it says there is no part."""
    found = _EMPTY_LINE.fullmatch(line)
    if found is not None and _opens_empty(found, index, cast("list[str]", leaf["parts"])):
        return int(found["position"])
    value = load_canonical(line, what)
    whole = isinstance(value, dict) and value.get("position") is not None
    part = check_keys(value, _PART if whole else _NO_PART, {}, what)
    if part["index"] != index:
        raise BadEvent(f"{what}: not for leaf {index}")
    if not whole:
        return None
    position, committed = cast("int", part["position"]), cast("list[str]", leaf["parts"])
    if position >= len(committed):
        raise BadEvent(f"{what}: leaf has no part {position}")
    body = _decoded(part["body"], f"{what}: body")
    if to_base64(commitment(_salt(part, what), body)) != committed[position]:
        raise BadEvent(f"{what}: salt and body do not open the leaf's part {position}")
    _check_body(body, leaf, cast("list[object]", part["items"]), what)
    return position


# The line of an empty part, as most are: what it fits is canonical. What does not fit is read the long way.
_EMPTY_LINE = re.compile(
    rb'\{"body":"e30=","index":(?P<index>0|[1-9][0-9]{0,14}),"items":\[\],'
    rb'"position":(?P<position>0|[1-9][0-9]{0,5}),"salt":"(?P<salt>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)"\}'
)


def _opens_empty(found: re.Match[bytes], index: int, committed: list[str]) -> bool:
    position = int(found["position"])
    if int(found["index"]) != index or position >= len(committed):
        return False
    return to_base64(commitment(a2b_base64(found["salt"]), EMPTY_BODY)) == committed[position]


def _check_body(data: bytes, leaf: dict[str, object], items: list[object], what: str) -> None:
    body = check_body(load_canonical(data, f"{what}: body"), f"{what}: body")
    if body and (body["id"], body["at"]) != (leaf["id"], leaf["at"]):
        raise BadEvent(f"{what}: body is of another event than its leaf")
    committed = cast("list[str]", body.get("items", []))
    if len(items) != len(committed):
        raise BadEvent(f"{what}: {len(items)} items where the body has {len(committed)}")
    for number, (item, expected) in enumerate(zip(items, committed, strict=True)):
        _check_item(item, expected, f"{what}: items[{number}]")


def _check_item(value: object, expected: str, what: str) -> None:
    erased = isinstance(value, dict) and value.get("item") is None
    opened = check_keys(value, _ERASED if erased else _OPEN, {}, what)
    if erased:
        found = opened["commitment"]
    else:
        item = check_item(opened["item"], what)
        found = to_base64(commitment(_salt(opened, what), canonical_plain(item)))
    if found != expected:
        raise BadEvent(f"{what}: does not open the body's commitment")


def _salt(holder: dict[str, object], what: str) -> bytes:
    return _decoded(holder["salt"], f"{what}: salt", SALT_BYTES)


def _decoded(value: object, what: str, length: int | None = None) -> bytes:
    try:
        return from_base64(cast("str", value), what, length)
    except BadEncoding as error:
        raise BadEvent(str(error)) from None
