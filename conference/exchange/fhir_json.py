"""FHIR's JSON, read without trusting it: no key twice, no number that is none, nothing nested without end."""

from __future__ import annotations

import json
from typing import NoReturn

from conference.exchange.fhir_types import RESOURCES
from conference.exchange.found import Fault, Malformed
from conference.exchange.tree import DEEPEST, MOST_NODES, Node, settle, shown

_EXTENSIONS = frozenset({"extension", "modifierExtension"})


class _Number(str):
    """A number as it was written: `1.50` stays so, and no number is too long to read."""

    __slots__ = ()


class _Twice(dict[str, object]):
    """An object in which a key stood twice."""

    key = ""


def read_json(content: bytes) -> Node:
    """The resource that `content` holds. Raises Malformed with the place of every fault that stops it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(Fault(f"byte {error.start}", "not UTF-8, which FHIR's JSON always is")) from None
    try:
        data = json.loads(
            text, object_pairs_hook=_pairs, parse_int=_Number, parse_float=_Number, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        why = Fault(f"line {error.lineno}, column {error.colno}", "not well-formed JSON")
        raise Malformed(why) from None
    except RecursionError:
        raise Malformed(Fault("", f"nested deeper than {DEEPEST}")) from None
    if not isinstance(data, dict):
        raise Malformed(Fault("", "not a FHIR resource: a JSON object is needed"))
    return settle(_Reader().resource("", data, "", 0))


class _Reader:
    """Turns what JSON gave into nodes, and stops at the first thing that FHIR's JSON does not have."""

    def __init__(self) -> None:
        self._count = 0

    def resource(self, name: str, data: dict[str, object], path: str, depth: int) -> Node:
        kind = data.get("resourceType")
        if not isinstance(kind, str) or isinstance(kind, _Number):
            _fail(path, "no resourceType")
        if kind not in RESOURCES:
            _fail(path, "not a resource type of FHIR R4")
        node = Node(name or kind, type=kind)
        self._inside(node, data, path or kind, depth)
        return node

    def _inside(self, node: Node, data: dict[str, object], path: str, depth: int) -> None:
        if depth > DEEPEST:
            _fail("", f"nested deeper than {DEEPEST}")
        if isinstance(data, _Twice):
            _fail(path, f"the key {shown(data.key)} is given twice")
        for key, given in data.items():
            bare = key.removeprefix("_")
            if key.startswith("_") and bare in data:
                continue  # it was read with the primitive that it belongs to
            at = f"{path}.{shown(bare)}"
            if key == "resourceType":
                continue
            if key == "url" and node.name in _EXTENSIONS:
                node.url = _plain(given, at)
            elif (key == "id" and node.type is None) or (key == "div" and node.name == "text"):
                continue
            else:
                node.children += self._elements(bare, data.get(bare), data.get(f"_{bare}"), at, depth)

    def _elements(self, name: str, value: object, beside: object, path: str, depth: int) -> list[Node]:
        if not isinstance(value, list) and not isinstance(beside, list):
            return [self._element(name, value, beside, path, depth)]
        values = value if isinstance(value, list) else []
        besides = beside if isinstance(beside, list) else []
        if (value is not None and not isinstance(value, list)) or (beside is not None and not besides):
            _fail(path, "a list and what stands beside it do not match")
        if besides and values and len(besides) != len(values):
            _fail(path, "a list and what stands beside it do not match")
        count = max(len(values), len(besides))
        values, besides = values or [None] * count, besides or [None] * count
        return [
            self._element(name, one, other, f"{path}[{place}]" if place else path, depth)
            for place, (one, other) in enumerate(zip(values, besides, strict=True))
            if one is not None or other is not None
        ]

    def _element(self, name: str, value: object, beside: object, path: str, depth: int) -> Node:
        self._count += 1
        if self._count > MOST_NODES:
            _fail("", f"more than {MOST_NODES} elements")
        if isinstance(value, dict) and beside is None:
            if "resourceType" in value:
                return self.resource(name, value, path, depth + 1)
            node = Node(name)
            self._inside(node, value, path, depth + 1)
            return node
        if isinstance(value, list):
            _fail(path, "a list inside a list")
        if value is None and beside is None:
            _fail(path, "null where a value is needed")
        node = Node(name, value=_plain(value, path) or None if value is not None else None)
        if beside is not None:
            if not isinstance(beside, dict):
                _fail(path, "what stands beside a value must be an object")
            self._inside(node, beside, path, depth + 1)
        return node


def _plain(value: object, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        _fail(path, "a value of the wrong kind")
    return value.strip()


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    whole = dict(pairs)
    if len(whole) == len(pairs):
        return whole
    seen: set[str] = set()
    twice = _Twice(whole)
    for key, _ in pairs:
        if key in seen:
            twice.key = key
        seen.add(key)
    return twice


def _constant(_word: str) -> NoReturn:
    _fail("", "NaN or Infinity, which JSON does not have")


def _fail(path: str, reason: str) -> NoReturn:
    raise Malformed(Fault(path, reason))
