"""The latest word of a person: what they said last that covers a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consent.ask import Request
from consent.model import ANYBODY, Clause, Consent, Word

# At the same moment, the smaller rank counts.
_RANKS = {Word.REFUSE: 0, Word.GRANT: 1}
_RANK_OF_WITHDRAWAL = 2


@dataclass(frozen=True, slots=True)
class Said:
    """A word, and the id of the consent that holds it."""

    word: Word
    consent: str


class _Heard(NamedTuple):
    """What one consent says to a request: when, how much it weighs at that moment, by which id."""

    given_at: datetime
    rank: int
    consent: str
    word: Word


def latest_word(consents: Iterable[Consent], request: Request) -> Said | None:
    """The word that counts among one person's `consents`; None if none covers the request.

    The one given last; at the same moment a refusal over a grant over a withdrawal, then the smallest id.
    """
    heard = [one for consent in consents if (one := _hear(consent, request)) is not None]
    if not heard:
        return None
    last = max(one.given_at for one in heard)
    counts = min((one for one in heard if one.given_at == last), key=lambda one: (one.rank, one.consent))
    return Said(counts.word, counts.consent)


def _hear(consent: Consent, request: Request) -> _Heard | None:
    """What `consent` says by the moment of the request, if it covers it."""
    root = consent.clauses[0]
    if not _fits(root, request) or consent.recorded_at > request.at or consent.given_at > request.at:
        return None
    if consent.withdrawn_at is not None and consent.withdrawn_at <= request.at:
        if root.word is Word.REFUSE:
            return None
        return _Heard(consent.withdrawn_at, _RANK_OF_WITHDRAWAL, consent.id, Word.REFUSE)
    if not consent.interval.holds(request.at):
        return None
    word = settle(consent.clauses, request)
    return _Heard(consent.given_at, _RANKS[word], consent.id, word)


def settle(clauses: tuple[Clause, ...], request: Request) -> Word:
    """What the clauses of a consent come to, whose root fits the request.

    A matching exception replaces its parent's word, to any depth; among siblings a refusal wins.
    """
    reached = [False] * len(clauses)
    for index, clause in enumerate(clauses):
        reached[index] = (clause.parent is None or reached[clause.parent]) and _fits(clause, request)
    exceptions: list[set[Word]] = [set() for _ in clauses]
    word = clauses[0].word
    for index in reversed(range(len(clauses))):
        clause = clauses[index]
        if not reached[index]:
            continue
        word = _strictest(exceptions[index]) or clause.word
        if clause.parent is not None:
            exceptions[clause.parent].add(word)
    return word


def _strictest(words: set[Word]) -> Word | None:
    if Word.REFUSE in words:
        return Word.REFUSE
    return Word.GRANT if words else None


def _fits(clause: Clause, request: Request) -> bool:
    return (
        request.purpose in clause.purposes
        and (request.recipient.name in clause.recipients or ANYBODY in clause.recipients)
        and not request.above.isdisjoint(clause.classes)
    )
