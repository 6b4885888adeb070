"""What a table is made of, and what is looked up once before its answers are worked out."""

from dataclasses import dataclass
from typing import NamedTuple

from consent.ask import Request
from consent.model import Agency, Consent, Decision, Signed
from consent.words_said import Said


class TableCell(NamedTuple):
    """A field as the law sees it: what all fields with the same owner, class, offer and subjects share.

    offered: the level's word.   subjects: (person, role) of everybody the field is about.
    """

    owner: str
    class_name: str
    offered: str
    subjects: tuple[tuple[str, str], ...]


class Recipient(NamedTuple):
    """Who asks: an agency, and what its member of staff is there. excluded: kept out of the case."""

    agency: str
    roles: frozenset[str]
    excluded: bool


class Speaking(NamedTuple):
    """What is the same for all fields of one owner and class.

    rules, agreements: those in force that speak of them, to somebody.
    locked: the answer, where a lock is on the class.
    """

    rules: int
    agreements: int
    locked: Decision | None


@dataclass(frozen=True, slots=True)
class Part:
    """One subject of a field: what is the same whoever asks.

    asked: by the owner's own.   rules, agreements, locked: as `Speaking`, the rules for this role only.
    spoken: what the subject said that may be about it.
    """

    asked: Request
    person: str
    rules: int
    agreements: int
    locked: Decision | None
    spoken: tuple[Consent, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A cell.

    asked: by its owner's own, None if that is incomplete.   parts: by number.   signed: about its subjects.
    """

    cell: TableCell
    asked: Request | None = None
    parts: tuple[int, ...] = ()
    signed: tuple[Signed, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One recipient, and the rules and agreements that speak to them.

    heard: the latest word for them, by person and class, as far as it was looked for.
    """

    recipient: Recipient
    agency: Agency
    rules: int
    agreements: int
    heard: dict[tuple[str, str], Said | None]
