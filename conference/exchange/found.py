"""What reading an input gives, whatever it was written in. Standard library only; nothing here is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

LONGEST_VALUE = 20_000
FAULTS_NAMED = 100


class Malformed(Exception):
    """An input cannot be used as it is: every fault, each with its place.

    Places and reasons are ours, never the input's words: they go to terminals and logs.
    """

    def __init__(self, *faults: Fault) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. place: inside the input, empty where it is the whole."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


@dataclass(frozen=True)
class PersonHint:
    """Whom an input says it is about, in its own words.

    names: each as it may be known, given names first. born: YYYY-MM-DD. nhs_number: ten checked digits.
    role_hint: the role in the case, if the input or its map says it.
    external_id: what the agency's system calls the person; empty if it does not say.
    """

    names: tuple[str, ...] = ()
    born: str | None = None
    nhs_number: str | None = None
    role_hint: str | None = None
    external_id: str = ""

    @property
    def key(self) -> object:
        """Two hints with one key mean the same person."""
        return self.external_id or self

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing here to tell a person by."""
        return not (self.names or self.born or self.nhs_number or self.external_id or self.role_hint)

    @property
    def describes(self) -> bool:
        """Whether it says more than what the agency's system calls the person."""
        return bool(self.names or self.nhs_number)


@dataclass(frozen=True)
class FoundField:
    """One value, in plain English, and where in the input it stood.

    external_id: which of its record's fields it is; the same in the next extract.
    """

    class_name: str
    value: str
    source: str
    kind: Literal["fact", "opinion"]
    recorded_at: datetime | None
    place: str
    external_id: str


@dataclass(frozen=True)
class FoundRecord:
    """Fields that belong together, and whom they are about.

    external_id: what the agency's system calls it; empty where it has no name and its content must do.
    also: somebody else whom it may be about, if they are in the case.
    """

    type: str
    title: str
    about: PersonHint
    fields: tuple[FoundField, ...]
    external_id: str = ""
    also: tuple[PersonHint, ...] = ()


class What(StrEnum):
    """What became of an input."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    NOTHING = "nothing here for a conference"
    LEFT_OUT = "left out"
    OTHER_PERSON = "about another person"
    HELD = "not imported"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one input: a file, a row, an entry of a Bundle.

    fields: how many were new; changed: how many were corrected. detail and notes never quote the input.
    """

    place: str
    what: What
    fields: int = 0
    changed: int = 0
    detail: str = ""
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What became of it: one line, or one for each fault."""
        if self.what is not What.REFUSED:
            return [f"{self.place}: {self.verdict()}" + "".join(f"; {note}" for note in self.notes)]
        named = [f"{self.place}: refused: {fault}" for fault in self.faults[:FAULTS_NAMED]]
        more = len(self.faults) - FAULTS_NAMED
        return [*named, f"{self.place}: refused: and {more} more faults"] if more > 0 else named

    def verdict(self) -> str:
        """What became of it, without its place."""
        if self.what is What.IMPORTED:
            parts = [counted(self.fields, "field")] if self.fields or not self.changed else []
            parts += [f"{counted(self.changed, 'field')} corrected"] if self.changed else []
            return f"imported {', '.join(parts)}"
        return f"{self.what}: {self.detail}" if self.detail else str(self.what)


@dataclass(frozen=True)
class Parsed:
    """One input after reading: a record to import, or what became of it already."""

    place: str
    record: FoundRecord | None = None
    outcome: Outcome | None = None
    notes: tuple[str, ...] = ()


def refused(place: str, *faults: Fault) -> Parsed:
    """An input that cannot be used."""
    return Parsed(place, outcome=Outcome(place, What.REFUSED, faults=faults))


def set_aside(place: str, what: What, detail: str) -> Parsed:
    """An input that is sound but not imported."""
    return Parsed(place, outcome=Outcome(place, what, detail=detail))


def counted(count: int, noun: str) -> str:
    """`1 field`, `2 fields`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


_UNPRINTABLE = re.compile(
    r"[^\x20-\x7e\u00a1-\u02ff\u0370-\u03ff\u0400-\u052f\u1e00-\u1eff\u2013\u2014\u2018\u2019]"
)


def printable(path: str) -> str:
    """A path as one line of a terminal can show it: nothing that moves the cursor or turns the text round."""
    return _UNPRINTABLE.sub("?", path)
