"""Names that may be meant: from lists that hold everybody's, narrowed at once to whom the searcher may see.

Each search asks the database the same number of times. What is hidden lengthens a list; it takes no place of
anybody else, since no list is cut before it is narrowed.
"""

from __future__ import annotations

import heapq
import json
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from conference import driver
from conference.cases.finding import keeping
from conference.vault.errors import KeyMissing
from conference.vault.likeness import Lists, Wanted, ids_of, length_of, wanted_tokens

OPENED = 100
"""As many of the likeliest names that a searcher may see are opened and compared."""

_FLOOR = 12.0
"""Two or three things in common: below, it is nobody's misspelling."""


class Source(NamedTuple):
    """Somebody's lists: an owner's, in one version of the keys."""

    lists: Lists
    version: int


def sources_of(session: Session, partnership_id: str, owners: Iterable[str]) -> list[Source]:
    """The lists of these owners that can be read now. One query, whoever they are."""
    found = []
    for version in keeping.state_of(session, partnership_id):
        for owner in sorted(set(owners)):
            try:
                found.append(Source(keeping.lists_of(session, partnership_id, owner, version), version))
            except KeyMissing:
                continue
    return found


def likely_fields(
    session: Session, sources: Iterable[Source], name: str, visible: Mapping[int, str], most: int = OPENED
) -> list[str]:
    """Ids of those of the `visible` fields that are likeliest to say something like `name`, likeliest first.

    visible: their ids, by `short_id`. Two queries, whatever is found.
    """
    wanted, owners = wanted_tokens(name), list(sources)
    floor = min(_FLOOR, 0.3 * sum(one.weight for one in wanted))
    versions = len({one.version for one in owners})  # somebody may be on a list once in each
    weights = sorted([one.weight for one in wanted] * versions)
    named = {weight: ids_of(blocks) for weight, blocks in _named(session, owners, wanted).items()}
    worth = _worth_weighing(named.values(), visible, weights, most, floor)
    scores: dict[int, float] = dict.fromkeys(worth, 0.0)
    for weight, ids in sorted(named.items()):  # sums that are equal stay so, whatever stands on which list
        for one in filter(worth.__contains__, ids):
            scores[one] += weight
    best = [(-score, visible[one]) for one, score in scores.items() if score >= floor]
    return [field_id for _, field_id in heapq.nsmallest(most, best)]


def _worth_weighing(
    named: Iterable[array[int]], visible: Mapping[int, str], weights: list[float], most: int, floor: float
) -> set[int]:
    """Whoever may be one of the `most` best: counting is quick, and says between what their weights must lie.

    weights: of each time that somebody can be named, the least first.
    """
    times: Counter[int] = Counter()
    for ids in named:
        times.update(ids)
    del times[0]  # free slots
    least = (0.0, *accumulate(weights))
    greatest = (0.0, *accumulate(reversed(weights)))
    fewest = bisect_left(greatest, floor)
    alike: dict[int, list[int]] = defaultdict(list)
    for one, count in times.items():
        if count >= fewest:
            alike[count].append(one)
    worth: set[int] = set()
    for count in sorted(alike, reverse=True):
        if count < fewest:
            break
        worth.update(filter(visible.__contains__, alike[count]))
        if len(worth) >= most:  # whoever is named so seldom that even the greatest weights are less, is out
            fewest = max(fewest, bisect_left(greatest, least[min(count, len(weights))]))
    return worth


def _named(session: Session, sources: list[Source], wanted: list[Wanted]) -> dict[float, list[bytes]]:
    """The blocks of all wanted lists, by what each says: the lists' first blocks, then all others."""
    named: dict[float, list[bytes]] = defaultdict(list)
    firsts = {source.lists.label(one.token, 0): (source.lists, one) for source in sources for one in wanted}
    more: dict[int, tuple[Lists, Wanted]] = {}
    for label, sealed in _blocks(session, firsts):
        lists, one = firsts[label]
        block = lists.open_packed(label, sealed)
        if block is not None:
            named[one.weight].append(block)
            more |= {lists.label(one.token, at): firsts[label] for at in range(1, length_of(block))}
    for label, sealed in _blocks(session, more):
        lists, one = more[label]
        block = lists.open_packed(label, sealed)
        if block is not None:
            named[one.weight].append(block)
    return named


_BLOCKS = "SELECT label, sealed FROM likeness_block WHERE label "
_AMONG = {
    "sqlite": "IN (SELECT value FROM json_each(?))",
    "postgresql": "= ANY(%b::bigint[])",
}  # one parameter for all


def _blocks(session: Session, labels: Iterable[int]) -> Sequence[Any]:
    connection = session.connection()
    on = connection.dialect.name
    given = sorted(labels)
    parameter = json.dumps(given) if on == "sqlite" else driver.array("BIGINT", given)
    return connection.exec_driver_sql(_BLOCKS + _AMONG[on], (parameter,)).all()
