"""A list of an agency's own clients, in memory for as long as it is compared.

Names are compared where something else speaks for them: an end of each word, a whole word, the date of birth.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from rapidfuzz import fuzz, process

from conference.sharing.searching.scoring import ALIKE, alike_words
from conference.sharing.searching.wanted import near
from conference.vault.likeness import ends_of, whole_words_of, words_of
from conference.vault.nicknames import stands_for

SURELY_ALIKE = 0.72
"""So alike must names be where no date of birth can be compared."""

_WORTH_COMPARING = 55.0  # of rapidfuzz's 100: what is less alike than that is hardly ALIKE
_MOST_COMPARED = 200  # of those, the likeliest: whatever is in a list, a person costs no more
_KEYS_IN_COMMON = 2
_KEYED_WORDS = 4  # of a longer name the first; what is compared in the end is all of it


@dataclass(frozen=True, slots=True)
class Client:
    """One row of the list. number: counted from 1 after the header."""

    number: int
    name: str
    born: date | None = None
    nhs: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What may be seen of somebody on the agenda."""

    names: tuple[str, ...]
    births: tuple[date, ...] = ()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A client who may be that person, and why. rank: 0 is surest; score: how alike the names are."""

    client: Client
    rank: int
    why: str
    score: float = 1.0

    @property
    def order(self) -> tuple[int, float, int]:
        """The surest first."""
        return self.rank, -self.score, self.client.number


SAME_NUMBER = "Same NHS number"
SAME_PERSON = "Same name and date of birth"
LIKE_NAME_SAME_BIRTH = "Similar name, same date of birth"
LIKE_NAME_NEAR_BIRTH = "Similar name, similar date of birth"
SAME_NAME = "Same name, no date of birth to compare"
LIKE_NAME = "Similar name, no date of birth to compare"


class OwnList:
    """Clients, found by number, by date of birth and by parts of their names."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self.clients: list[Client] = []
        self._words: list[list[str]] = []
        self._in_full: list[str] = []
        self._by: dict[object, list[int]] = defaultdict(list)
        for client in clients:
            self._add(client)

    def matches(self, known: Known) -> list[Match]:
        """Who of the list that may be, the surest first."""
        found: dict[int, Match] = {}
        for number in known.numbers:
            for at in self._by.get(("nhs", number), ()):
                found[at] = Match(self.clients[at], 0, SAME_NUMBER)
        for name in known.names:
            for at, score in self._alike(name, known.births):
                match = self._judged(at, score, known.births)
                if match is not None and (at not in found or match.order < found[at].order):
                    found[at] = match
        return sorted(found.values(), key=lambda match: match.order)

    def _add(self, client: Client) -> None:
        at = len(self.clients)
        words = words_of(client.name)
        self.clients.append(client)
        self._words.append(words)
        self._in_full.append(_in_full(words))
        for key in _keys(words[:_KEYED_WORDS]):
            self._by[key].append(at)
        if client.born is not None:
            self._by[client.born].append(at)
        if client.nhs:
            self._by["nhs", client.nhs].append(at)

    def _alike(self, name: str, births: Sequence[date]) -> list[tuple[int, float]]:
        words = words_of(name)
        keys = _keys(words[:_KEYED_WORDS])
        shared = Counter(chain.from_iterable(self._by.get(key, ()) for key in keys))
        least = min(_KEYS_IN_COMMON, len(keys))
        worth = {at for at, count in shared.items() if count >= least}
        worth.update(chain.from_iterable(self._by.get(day, ()) for day in births))
        some = {at: self._in_full[at] for at in worth}
        likely = process.extract(
            _in_full(words),
            some,
            scorer=fuzz.ratio,
            score_cutoff=_WORTH_COMPARING,
            limit=_MOST_COMPARED,
        )
        scored = ((at, alike_words(words, self._words[at])) for _, _, at in likely)
        return [(at, score) for at, score in scored if score >= ALIKE]

    def _judged(self, at: int, score: float, births: Sequence[date]) -> Match | None:
        client = self.clients[at]
        if client.born is None or not births:
            why = SAME_NAME if score == 1.0 else LIKE_NAME
            return Match(client, 4, why, score) if score >= SURELY_ALIKE else None
        if client.born in births:
            same = score == 1.0
            return Match(client, 1 if same else 2, SAME_PERSON if same else LIKE_NAME_SAME_BIRTH, score)
        if any(near(client.born, born) for born in births):
            return Match(client, 3, LIKE_NAME_NEAR_BIRTH, score)
        return None


def _in_full(words: Sequence[str]) -> str:
    """The words with one form for each name, in a fixed order: quick to compare."""
    return " ".join(sorted(min(stands_for(word), default=word) for word in words))


def _keys(words: Sequence[str]) -> set[str]:
    if len(words) == 1:
        return {words[0]}
    return whole_words_of(words) | ends_of(words)
