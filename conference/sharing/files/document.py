"""What of a document is asked for, and what of it is handed out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from conference.files.tokens import WHOLE, Box

MOST_REGIONS = 500
MOST_WORDS = 100
LONGEST_WORD = 200


MARKS_ALONE = 0


class Part(NamedTuple):
    """Which part of a document: the file itself, one of its pages, or a redacted copy, whole or a page of it.

    page: counted from 1; None is the whole, MARKS_ALONE what is marked in the file.
    is_copy: the copy that was chosen, or for its owner `copy_id`.
    """

    page: int | None = None
    is_copy: bool = True
    copy_id: str | None = None


class Region(NamedTuple):
    """A part of a page that is painted over. page: counted from 1."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be removed. corner: the first of two, where only one is known: page, across, down."""

    regions: tuple[Region, ...] = ()
    words: tuple[str, ...] = ()
    corner: tuple[int, int, int] | None = None

    def to_text(self) -> str:
        """As it is sealed."""
        regions = [[one.page, *one.box] for one in self.regions]
        return json.dumps({"regions": regions, "words": list(self.words), "corner": self.corner})

    @classmethod
    def of(cls, text: str | None) -> Marks:
        """What `to_text` wrote; no marks for None."""
        if text is None:
            return cls()
        held: dict[str, Any] = json.loads(text)
        regions = tuple(Region(page, Box(*box)) for page, *box in held["regions"])
        corner = held["corner"]
        return cls(regions, tuple(held["words"]), None if corner is None else tuple(corner))

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is to be removed."""
        return not self.regions and not self.words

    def on(self, page: int) -> list[tuple[int, Region]]:
        """The regions of a page, each with its place in the list."""
        return [(number, one) for number, one in enumerate(self.regions) if one.page == page]


def box_of(one: tuple[int, int], other: tuple[int, int]) -> Box:
    """The box between two corners, whichever they are."""
    across, down = sorted((one[0], other[0])), sorted((one[1], other[1]))
    sides = (across[0], down[0], across[1], down[1])
    return Box(*(min(max(side, 0), WHOLE) for side in sides))


@dataclass(frozen=True, slots=True)
class Document:
    """A part of a document as far as this viewer may have it.

    content: the bytes of a picture or a file.   mime: what they are.   pages: how many that file has.
    text:    what a machine reads on the page of a copy; empty elsewhere.
    marks:   only for the owner's agency.
    """

    content: bytes
    mime: str
    pages: int
    text: str = ""
    marks: Marks = field(default_factory=Marks)

    def shown(self) -> bytes:
        """What is shown, for the log to commit to: what the machine read, what is marked, then the bytes."""
        marked = "" if self.marks.is_empty else self.marks.to_text()
        return f"{self.text}{marked}".encode() + self.content
