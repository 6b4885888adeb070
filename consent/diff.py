"""Which cells differ between two policies, exactly. Source: the law, "What else the engine answers"."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from consent.model import Level, Policy
from consent.moment import write_moment
from consent.side import Where
from consent.sides import blocks
from consent.space import space_of

Progress = Callable[[int, int], None]


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
        return {
            "owner": self.owner,
            "recipient": self.recipient,
            "role": self.role,
            "purpose": self.purpose,
            "class": self.class_name,
            "subject": self.subject,
            "word": self.word,
            "approvals": self.approvals,
            "at": self.at,
        }


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

    def as_json(self) -> dict[str, object]:
        """The difference as the command writes it."""
        return {"cell": self.cell.as_json(), "from": self.before.word, "to": self.after.word}


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


def diff(old: Policy, new: Policy, *, progress: Progress | None = None) -> Iterator[Difference]:
    """Every cell of the law's space whose level differs, in a fixed order.

    progress: called with (pairs of class and purpose done, all of them).
    Stored consents and decisions of both are left out, as the law says. Policies without a single boundary
    have no instant to be compared at; no agency sees another's then, as every agreement has an end.
    Raises BrokenPolicy, before the first, for a rule that asks for more than 99 approvals.
    """
    space = space_of(old, new)
    for where, instants, before, after in blocks(old, new, space, progress):
        for at in map(write_moment, instants):
            for (word, number), one, other in zip(space.points, before, after, strict=True):
                if one is not other:
                    yield Difference(Cell(*where, word, number, at), one, other)


def diff_groups(old: Policy, new: Policy, *, progress: Progress | None = None) -> tuple[Group, ...]:
    """The same differences for people: rises first, then by owner, recipient, class and levels."""
    space = space_of(old, new)
    gathered: dict[tuple[str, str, str, Level, Level], _Gathered] = {}
    for where, instants, before, after in blocks(old, new, space, progress):
        for point, one, other in zip(space.points, before, after, strict=True):
            if one is not other:
                key = (where.owner, where.recipient, where.class_name, one, other)
                gathered.setdefault(key, _Gathered()).add(where, point, instants)
    groups = [found.group(*key) for key, found in gathered.items()]
    return tuple(
        sorted(
            groups,
            key=lambda one: (not one.rises, one.owner, one.recipient, one.class_name, one.before, one.after),
        )
    )


class _Gathered:
    """What occurs among the differences of a group."""

    def __init__(self) -> None:
        self.wheres: set[Where] = set()
        self.points: set[tuple[str, int]] = set()
        self.instants: set[datetime] = set()
        self.cells = 0

    def add(self, where: Where, point: tuple[str, int], instants: tuple[datetime, ...]) -> None:
        self.wheres.add(where)
        self.points.add(point)
        self.instants.update(instants)
        self.cells += len(instants)

    def group(self, owner: str, recipient: str, class_name: str, before: Level, after: Level) -> Group:
        return Group(
            owner,
            recipient,
            class_name,
            before,
            after,
            purposes=tuple(sorted({where.purpose for where in self.wheres})),
            roles=tuple(sorted({where.role for where in self.wheres})),
            subjects=tuple(sorted({where.subject for where in self.wheres})),
            words=tuple(sorted({word for word, _ in self.points})),
            approvals=tuple(sorted({number for _, number in self.points})),
            instants=tuple(map(write_moment, sorted(self.instants))),
            cells=self.cells,
        )
