"""Reading what people said: consents, and the exceptions inside them."""

from typing import NamedTuple

from consent.model import ANYBODY, Clause, Consent, Word
from consent.place import Place
from consent.read_terms import Known
from consent.record import Record

_ROOT = ("id", "person", "decision", "given_at", "recorded_at", "from", "recipients", "purposes", "classes")
_ROOT_OPTIONAL = ("until", "withdrawn_at", "except")
_EXCEPTION_OPTIONAL = ("classes", "recipients", "purposes", "except")
_WORDS = {word.value: word for word in Word}


class _Waiting(NamedTuple):
    """Exceptions still to be read, and the clause they belong to. word: None if that could not be read."""

    places: list[Place]
    parent: int
    word: Word | None


def read_consents(places: list[Place], known: Known, taken: set[str]) -> tuple[Consent, ...]:
    """The consents. taken: the ids that others have already; grows."""
    return tuple(_consent(Record.read(place, _ROOT, _ROOT_OPTIONAL), known, taken) for place in places)


def _consent(record: Record, known: Known, taken: set[str]) -> Consent:
    word = record.one_of("decision", _WORDS)
    consent = Consent(
        id=record.fresh("id", taken),
        person=record.word("person"),
        given_at=record.moment("given_at"),
        recorded_at=record.moment("recorded_at"),
        interval=record.interval(),
        withdrawn_at=record.moment_or_none("withdrawn_at"),
        clauses=_clauses(record, word, known),
    )
    if word is Word.GRANT and not record.has("until"):
        record.fault("until", "missing: a grant has an end")
    if consent.withdrawn_at is not None and consent.withdrawn_at < consent.given_at:
        record.fault("withdrawn_at", "before given_at")
    return consent


def _clauses(record: Record, word: Word | None, known: Known) -> tuple[Clause, ...]:
    """The root and its exceptions, level by level, so that no depth is too deep."""
    root = Clause(
        parent=None,
        word=word or Word.REFUSE,
        recipients=_recipients(record, known),
        purposes=record.names("purposes", "purpose", known.purposes),
        classes=record.names("classes", "class", known.classes),
    )
    _check_grantees(record, root, word)
    clauses = [root]
    waiting = [_Waiting(_exceptions(record), 0, word)]
    for places, parent, parent_word in waiting:
        for place in places:
            inner = Record.read(place, ("decision",), _EXCEPTION_OPTIONAL)
            inner_word = _opposite(inner, parent_word)
            clauses.append(_exception(inner, inner_word, parent, clauses[parent], known))
            waiting.append(_Waiting(_exceptions(inner), len(clauses) - 1, inner_word))
    return tuple(clauses)


def _exception(record: Record, word: Word | None, index: int, parent: Clause, known: Known) -> Clause:
    purposes = record.names_or_none("purposes", "purpose", known.purposes)
    classes = record.names_or_none("classes", "class", known.classes)
    clause = Clause(
        parent=index,
        word=word or Word.REFUSE,
        recipients=_recipients(record, known) if record.has("recipients") else parent.recipients,
        purposes=parent.purposes if purposes is None else purposes,
        classes=parent.classes if classes is None else classes,
    )
    _check_grantees(record, clause, word)
    return clause


def _opposite(record: Record, parent: Word | None) -> Word | None:
    word = record.one_of("decision", _WORDS)
    if word is not None and word is parent:
        record.fault("decision", f"must be {parent.opposite}, the opposite of what it excepts")
    return word


def _exceptions(record: Record) -> list[Place]:
    return (record.entries["except"].items(may_be_empty=True) or []) if record.has("except") else []


def _recipients(record: Record, known: Known) -> frozenset[str]:
    """Agencies, or "*" alone."""
    place = record.entries.get("recipients")
    if place is None:
        return frozenset()
    if isinstance(place.value, list) and ANYBODY in place.value:
        if place.value != [ANYBODY]:
            place.fault(f'"{ANYBODY}" stands alone')
        return frozenset({ANYBODY})
    return place.names("agency", known.agencies)


def _check_grantees(record: Record, clause: Clause, word: Word | None) -> None:
    if word is Word.GRANT and ANYBODY in clause.recipients:
        record.fault("recipients", f'a grant names agencies, never "{ANYBODY}"')
