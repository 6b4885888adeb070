"""How alike two names are, once both may be read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from rapidfuzz.distance import OSA, JaroWinkler

from conference.vault.likeness import words_of
from conference.vault.nicknames import same_name

ALIKE = 0.7
"""From here on a name is worth showing to whoever looks for the other."""

_ANOTHER_FORM = 0.96
_TURNED = 0.02
_WORD_MORE = 0.04
_INITIAL = 0.85

_Grid = list[list[float]]


def alike(asked: str, name: str) -> float:
    """From 0 to 1; 1 is the same words in the same order; misspelt, short or turned round is less."""
    return alike_words(words_of(asked), words_of(name))


def alike_words(one: Sequence[str], other: Sequence[str]) -> float:
    """The same of names that are taken apart already. As many steps as there are pairs of words."""
    if not one or not other:
        return 0.0
    if list(one) == list(other):
        return 1.0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    grid = [[_word(first, second) for second in long] for first in short]
    chosen = _beside(grid)
    letters = [len(first) + len(long[at]) for first, at in zip(short, chosen, strict=True)]
    weighed = (grid[row][at] * letters[row] for row, at in enumerate(chosen))
    found = sum(weighed) / sum(letters) - _WORD_MORE * (len(long) - len(short))
    if chosen != sorted(chosen):
        found -= _TURNED
    joined = OSA.normalized_similarity("".join(one), "".join(other)) - _TURNED
    return max(0.0, min(found, 0.999), joined)


def _beside(grid: _Grid) -> list[int]:
    """Which word of the longer name stands beside each of the shorter: the best, for long names nearly so."""
    rows, columns = len(grid), len(grid[0])
    if rows == columns == 2:  # most names
        [[one, two], [three, four]] = grid
        return [0, 1] if one + four >= two + three else [1, 0]
    if columns <= 3:
        ways = permutations(range(columns), rows)
        return list(max(ways, key=lambda way: sum(grid[row][at] for row, at in enumerate(way))))
    pairs = sorted((-grid[row][at], row, at) for row in range(rows) for at in range(columns))
    chosen: dict[int, int] = {}
    for _, row, at in pairs:
        if row not in chosen and at not in chosen.values():
            chosen[row] = at
    return [chosen[row] for row in range(rows)]


def _word(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if same_name(one, other):
        return _ANOTHER_FORM
    if len(one) == 1 or len(other) == 1:
        return _INITIAL if one[0] == other[0] else 0.0
    edits = OSA.normalized_similarity(one, other)
    return 0.8 * edits + 0.2 * JaroWinkler.similarity(one, other)
