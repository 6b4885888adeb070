"""Names that may be meant: from lists that hold everybody's, narrowed at once to whom the searcher may see.

Each search asks the database the same number of times. What is hidden lengthens a list; it takes no place of
anybody else, since no list is cut before it is narrowed.
"""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from conference.cases.finding import keeping
from conference.vault.errors import KeyMissing
from conference.vault.likeness import Lists, Wanted, wanted_tokens

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
    wanted = wanted_tokens(name)
    scores = _scores(session, list(sources), wanted)
    floor = min(_FLOOR, 0.3 * sum(one.weight for one in wanted))
    best = [(-score, visible[one]) for one, score in scores.items() if score >= floor and one in visible]
    return [field_id for _, field_id in heapq.nsmallest(most, best)]


def _scores(session: Session, sources: list[Source], wanted: list[Wanted]) -> dict[int, float]:
    """How much speaks for each name, by its short id: from the lists' first blocks, then from all others."""
    scores: dict[int, float] = defaultdict(float)
    firsts = {source.lists.label(one.token, 0): (source.lists, one) for source in sources for one in wanted}
    more: dict[int, tuple[Lists, Wanted]] = {}
    for label, sealed in _blocks(session, firsts):
        lists, one = firsts[label]
        count = _add(scores, lists, label, sealed, one.weight)
        more |= {lists.label(one.token, number): (lists, one) for number in range(1, count)}
    for label, sealed in _blocks(session, more):
        lists, one = more[label]
        _add(scores, lists, label, sealed, one.weight)
    return scores


def _add(scores: dict[int, float], lists: Lists, label: int, sealed: bytes, weight: float) -> int:
    block = lists.open(label, sealed)
    if block is None:
        return 0
    for one in block.ids:
        scores[one] += weight
    return block.length


_BLOCKS = "SELECT label, sealed FROM likeness_block WHERE label "
_AMONG = {"sqlite": "IN (SELECT value FROM json_each(?))", "postgresql": "= ANY(%s)"}  # one parameter for all


def _blocks(session: Session, labels: Iterable[int]) -> list[tuple[int, bytes]]:
    connection = session.connection()
    on = connection.dialect.name
    given = sorted(labels)
    parameter = json.dumps(given) if on == "sqlite" else given
    found = connection.exec_driver_sql(_BLOCKS + _AMONG[on], (parameter,)).all()
    return [(row[0], bytes(row[1])) for row in found]
