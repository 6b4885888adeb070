"""Cut out of a Word document's XML what its pages do not show: deleted, moved away, hidden, commented."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from conference.files.faults import Fault, Unfit

_SPACES = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_GONE = {f"{space} {name}" for space in _SPACES for name in ("del", "moveFrom", "delText", "delInstrText")}
_COMMENTS = {f"{space} comment" for space in _SPACES}
_HIDDEN = {f"{space} {name}" for space in _SPACES for name in ("vanish", "webHidden")}
_RUNS = {f"{space} r" for space in _SPACES}
_FIELDS = {f"{space} {name}" for space in _SPACES for name in ("instrText", "fldSimple")}
_FETCHING = re.compile(r"INCLUDE(PICTURE|TEXT)|\bDDE(AUTO)?\b|\bLINK\b|\bIMPORT\b", re.IGNORECASE)
_DEEPEST = 400
_MAIN_PART = "word/document.xml"
_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")


def is_fetching(relations: bytes) -> bool:
    """Whether a list of relations names what would be fetched, run or read past us. A link does not."""
    found = False

    def start(_name: str, given: dict[str, str]) -> None:
        nonlocal found
        kind = given.get("Type", "").rpartition("/")[2].lower()
        is_outside = given.get("TargetMode", "").lower() == "external" and kind != "hyperlink"
        is_nested = kind in {"afchunk", "subdocument", "control", "vbaproject"}
        is_astray = kind == "officedocument" and given.get("Target", "").lstrip("/") != _MAIN_PART
        found = found or is_outside or is_nested or is_astray

    parser = _parser(relations)
    parser.StartElementHandler = start
    _parse(parser, relations)
    return found


def without_hidden(part: bytes, *, empty: bool = False) -> bytes:
    """A part of the document without what its pages do not show. empty: a list of comments, emptied.

    Raises Unfit for a part that fetches something, or is no XML in UTF-8.
    """
    cutter = _Cutter(part, _COMMENTS if empty else _GONE)
    parser = _parser(part)
    parser.StartElementHandler = cutter.start
    parser.EndElementHandler = cutter.end
    parser.CharacterDataHandler = cutter.said
    cutter.parser = parser
    _parse(parser, part)
    if _FETCHING.search("".join(cutter.fields)):
        raise Unfit(Fault.ACTIVE)
    return cutter.result()


class _Cutter:
    """Notes from which byte to which byte is cut."""

    parser: Any

    def __init__(self, part: bytes, gone: set[str]) -> None:
        self.part = part
        self.gone = gone
        self.cuts: list[tuple[int, int]] = []
        self.fields: list[str] = []
        self._open: list[tuple[str, int]] = []
        self._hidden: list[bool] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise Unfit(Fault.BOMB)
        self._open.append((name, self.parser.CurrentByteIndex))
        if name in _RUNS:
            self._hidden.append(False)
        elif name in _HIDDEN and self._hidden and not _is_off(given):
            self._hidden[-1] = True
        elif name in _FIELDS:
            self.fields.append(" ".join(given.values()))

    def end(self, name: str) -> None:
        _, begins = self._open.pop()
        is_hidden = name in _RUNS and self._hidden.pop()
        if name in self.gone or is_hidden:
            self.cuts.append((begins, self._after(begins)))

    def said(self, text: str) -> None:
        if self._open and self._open[-1][0] in _FIELDS:
            self.fields.append(text)

    def _after(self, begins: int) -> int:
        """Where the element that ends now is over: with its end tag, or with its only one."""
        tag = _TAG.match(self.part, begins)
        if tag is not None and tag[1]:
            return tag.end()
        return self.part.index(b">", self.parser.CurrentByteIndex) + 1

    def result(self) -> bytes:
        out, at = [], 0
        for begins, ends in sorted(self.cuts):
            if begins >= at:
                out.append(self.part[at:begins])
            at = max(at, ends)
        return b"".join([*out, self.part[at:]])


def _is_off(given: dict[str, str]) -> bool:
    return any(value in {"0", "false", "off"} for value in given.values())


def _parser(part: bytes) -> Any:
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in part[:4]:
        raise Unfit(Fault.BROKEN)  # places are counted in bytes of UTF-8
    parser = expat.ParserCreate("utf-8", " ")
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_: object) -> None:
    """No document of Word's declares a type, and entities are how XML grows without end."""
    raise Unfit(Fault.BOMB)


def _parse(parser: Any, part: bytes) -> None:
    try:
        parser.Parse(part, True)  # noqa: FBT003 - expat's own
    except expat.ExpatError:
        raise Unfit(Fault.BROKEN) from None
