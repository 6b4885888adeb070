"""Which cells differ between two policies, exactly. Source: the law, "What else the engine answers"."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from consent.model import Level, Policy

GRANTED, REFUSED, SILENT = "granted", "refused", "silent"
WORDS = (GRANTED, REFUSED, SILENT)


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of the space that two policies are compared in.

    role: the recipient's. subject: the role of the person the field is about. word: what that person's latest
    word is. approvals: how many staff of the owner approved an override at level full; 0: there is none.
    at: the moment, as a request writes it.
    """

    owner: str
    recipient: str
    role: str
    purpose: str
    class_name: str
    subject: str
    word: str
    approvals: int
    at: str

    def as_json(self) -> dict[str, object]:
        """The cell as the command writes it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell whose level differs."""

    cell: Cell
    before: Level
    after: Level

    @property
    def rises(self) -> bool:
        """Whether the new policy shows more."""
        return self.after > self.before


@dataclass(frozen=True, slots=True)
class Group:
    """All the differences of one owner, recipient, class, level before and level after.

    purposes, roles, subjects, words, approvals, instants: every value that occurs among them, sorted. Not
    every combination of these needs to differ. own: owner and recipient are the same agency.
    """

    owner: str
    recipient: str
    class_name: str
    before: Level
    after: Level
    purposes: tuple[str, ...]
    roles: tuple[str, ...]
    subjects: tuple[str, ...]
    words: tuple[str, ...]
    approvals: tuple[int, ...]
    instants: tuple[str, ...]
    cells: int

    @property
    def rises(self) -> bool:
        """Whether the new policy shows more."""
        return self.after > self.before

    @property
    def own(self) -> bool:
        """Whether it is only an agency's view of its own (a class, purpose or agency is new or gone)."""
        return self.owner == self.recipient


def diff(
    old: Policy, new: Policy, *, progress: Callable[[int, int], None] | None = None
) -> Iterator[Difference]:
    """Every cell of the law's space whose level differs, in a fixed order.

    progress: called with (pairs of class and purpose done, all of them).
    Stored consents and decisions of both are left out, as the law says.
    """
    raise NotImplementedError


def diff_groups(
    old: Policy, new: Policy, *, progress: Callable[[int, int], None] | None = None
) -> tuple[Group, ...]:
    """The same differences for people: rises first, then by owner, recipient, class and levels."""
    raise NotImplementedError
