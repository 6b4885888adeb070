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


def alike(asked: str, name: str) -> float:
    """From 0 to 1; 1 is the same words in the same order; misspelt, short or turned round is less."""
    one, other = words_of(asked), words_of(name)
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    found = max(_together(short, chosen) for chosen in permutations(long, len(short)))
    found -= _WORD_MORE * (len(long) - len(short))
    if long[: len(short)] != short and sorted(one) == sorted(other):
        found -= _TURNED
    joined = OSA.normalized_similarity("".join(one), "".join(other)) - _TURNED
    return max(0.0, min(found, 0.999), joined)


def _together(short: Sequence[str], chosen: Sequence[str]) -> float:
    letters = sum(map(len, short)) + sum(map(len, chosen))
    return (
        sum(_word(*pair) * (len(pair[0]) + len(pair[1])) for pair in zip(short, chosen, strict=True))
        / letters
    )


def _word(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if same_name(one, other):
        return _ANOTHER_FORM
    if len(one) == 1 or len(other) == 1:
        return _INITIAL if one[0] == other[0] else 0.0
    edits = OSA.normalized_similarity(one, other)
    return 0.8 * edits + 0.2 * JaroWinkler.similarity(one, other)
