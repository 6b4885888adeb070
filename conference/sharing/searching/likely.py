"""Names that may be meant: from lists that hold everybody's, narrowed at once to whom the searcher may see.

Each search asks the database the same number of times. What is hidden lengthens a list; it takes no place of
anybody else, since no list is cut before it is narrowed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

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
    session: Session, sources: Iterable[Source], name: str, visible: Collection[str], most: int = OPENED
) -> list[str]:
    """Ids of those of the `visible` fields that are likeliest to say something like `name`, likeliest first.

    Three queries, whatever is found.
    """
    wanted = wanted_tokens(name)
    floor = min(_FLOOR, 0.3 * sum(one.weight for one in wanted))
    scores = _scores(session, list(sources), wanted)
    likely = [number for number, score in scores.items() if score >= floor]
    fields = _fields(session, likely)
    best: dict[str, float] = {}
    for number, field_id in fields.items():
        if field_id in visible:
            best[field_id] = max(best.get(field_id, 0.0), scores[number])
    return sorted(best, key=lambda one: (-best[one], one))[:most]


def _scores(session: Session, sources: list[Source], wanted: list[Wanted]) -> dict[int, float]:
    """How much speaks for each name, by its number: from the lists' first blocks, then from all others."""
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
    for number in block.ids:
        scores[number] += weight
    return block.length


_BLOCKS = "SELECT label, sealed FROM likeness_block WHERE label "
_FIELDS = "SELECT id, field_id FROM likeness WHERE id "
_AMONG = {"sqlite": "IN (SELECT value FROM json_each(?))", "postgresql": "= ANY(%s)"}  # one parameter for all


def _blocks(session: Session, labels: Iterable[int]) -> list[tuple[int, bytes]]:
    return [(label, bytes(sealed)) for label, sealed in _asked(session, _BLOCKS, labels)]


def _fields(session: Session, numbers: Iterable[int]) -> dict[int, str]:
    return dict(_asked(session, _FIELDS, numbers))


def _asked(session: Session, what: str, numbers: Iterable[int]) -> list[tuple[int, Any]]:
    connection = session.connection()
    on = connection.dialect.name
    given = sorted(numbers)
    parameter = json.dumps(given) if on == "sqlite" else given
    return [(row[0], row[1]) for row in connection.exec_driver_sql(what + _AMONG[on], (parameter,)).all()]
