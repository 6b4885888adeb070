"""Two policies side by side: the cells that differ, alike ones together."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product
from typing import NamedTuple

from consent.model import Policy
from consent.side import Levels, Side, Where
from consent.space import Space

Progress = Callable[[int, int], None]


class Block(NamedTuple):
    """Cells that differ, alike but for their moment. before, after: the level at each point of the space."""

    where: Where
    instants: tuple[datetime, ...]
    before: Levels
    after: Levels


class _Then(NamedTuple):
    """All that changes with time on one side of a class and purpose.

    parties: whose agreements are in force. usable: the rules that each agency can use as an owner, as bits.
    """

    parties: frozenset[frozenset[str]]
    usable: tuple[int, ...]


class _Half:
    """One side of one class and purpose."""

    def __init__(self, side: Side, space: Space, class_name: str, purpose: str) -> None:
        self._side, self._space, self._class, self._purpose = side, space, class_name, purpose
        self._known = side.knows(class_name, purpose)
        self._speaking = side.speaking(class_name, purpose)

    def then(self, at: datetime) -> _Then:
        return _Then(
            self._side.parties(self._class, self._purpose, at),
            tuple(self._speaking & self._side.usable(owner, at) for owner in self._space.agencies),
        )

    def rows(self, then: _Then, at: datetime) -> Iterator[tuple[Levels, ...]]:
        """For each owner and recipient, the levels for each role and subject."""
        for owner, usable in zip(self._space.agencies, then.usable, strict=True):
            for recipient in self._space.agencies:
                yield self._row(then, usable, owner, recipient, at)

    def _row(self, then: _Then, usable: int, owner: str, recipient: str, at: datetime) -> tuple[Levels, ...]:
        if owner == recipient:
            known = self._known and owner in self._side.policy.agency
            return self._side.full_row if known else self._side.empty_row
        if not any(owner in parties and recipient in parties for parties in then.parties):
            return self._side.empty_row
        return self._side.row(usable, Where(owner, recipient, "", self._purpose, self._class, ""), at)


def blocks(old: Policy, new: Policy, space: Space, progress: Progress | None = None) -> Iterator[Block]:
    """The differences of two policies in their space, in a fixed order."""
    before, after = Side(old, space), Side(new, space)
    pairs = list(product(space.classes, space.purposes))
    for done, (class_name, purpose) in enumerate(pairs, start=1):
        halves = _Half(before, space, class_name, purpose), _Half(after, space, class_name, purpose)
        yield from _of_pair(*halves, space, class_name, purpose)
        if progress:
            progress(done, len(pairs))


def _of_pair(old: _Half, new: _Half, space: Space, class_name: str, purpose: str) -> Iterator[Block]:
    alike: dict[tuple[_Then, _Then], list[datetime]] = {}
    for at in space.instants:
        alike.setdefault((old.then(at), new.then(at)), []).append(at)
    for (one, other), instants in alike.items():
        rows = zip(
            product(space.agencies, space.agencies),
            old.rows(one, instants[0]),
            new.rows(other, instants[0]),
            strict=True,
        )
        for (owner, recipient), before, after in rows:
            if before == after:
                continue
            for (role, subject), levels, changed in zip(space.roles_and_subjects, before, after, strict=True):
                if levels != changed:
                    where = Where(owner, recipient, role, purpose, class_name, subject)
                    yield Block(where, tuple(instants), levels, changed)
