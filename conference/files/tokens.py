"""Words of a page with their places, and which of them say what is to be removed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

WHOLE = 10_000
"""Places are told in so many parts of the page's width and height."""


class Box(NamedTuple):
    """A part of a page, from its left upper corner, in parts of WHOLE."""

    left: int
    top: int
    right: int
    bottom: int


class Token(NamedTuple):
    """A word as it was read, and where it stands. sure: how sure the reader was, of 100."""

    text: str
    box: Box
    sure: int = 100


# What is easily misread for another sign is the same sign here, on both sides.
_ALIKE = str.maketrans("01i|!58", "ollllsb")
_ALIKE_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
_SHORT = 4  # below that, only whole words
_FUZZY = 5  # from that on, a letter may be misread


def folded(text: str) -> str:
    """A text as it is compared: letters and digits alone, without accents, look-alike signs made one."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_ALIKE)
    return "".join(sign for sign in plain if sign.isalnum())


def _paired(text: str) -> str:
    """The same, with pairs of signs that look like one sign made that one."""
    plain = folded(text)
    for pair, one in _ALIKE_PAIRS:
        plain = plain.replace(pair, one)
    return plain


def found_in(tokens: Sequence[Token], words: Iterable[str]) -> set[int]:
    """Which tokens say one of `words`, alone or together, by their place in the list.

    Also inside longer words, over a break of line, and with a letter or two misread: rather too many.
    """
    hits: set[int] = set()
    given = list(words)
    for fold in (folded, _paired):
        own = [fold(token.text) for token in tokens]
        for word in given:
            parts = [part for part in map(fold, word.split()) if part]
            if parts:
                hits.update(_exactly(own, "".join(parts)))
                hits.update(_nearly(own, parts))
    return hits


def _exactly(own: Sequence[str], wanted: str) -> Iterator[int]:
    joined = "".join(own)
    of = [number for number, text in enumerate(own) for _ in text]
    at = joined.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        begins = at == 0 or of[at - 1] != of[at]
        ends = end == len(joined) or of[end] != of[end - 1]
        if len(wanted) >= _SHORT or (begins and ends):
            yield from range(of[at], of[end - 1] + 1)
        at = joined.find(wanted, at + 1)


def _nearly(own: Sequence[str], parts: Sequence[str]) -> Iterator[int]:
    wanted, count = "".join(parts), len(parts)
    if len(wanted) < _FUZZY:
        return
    most = 1 if len(wanted) < 2 * _FUZZY else 2
    for at in range(len(own) - count + 1):
        said = "".join(own[at : at + count])
        if abs(len(said) - len(wanted)) <= most and (
            Levenshtein.distance(said, wanted, score_cutoff=most) <= most
        ):
            yield from range(at, at + count)
