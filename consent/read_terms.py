"""Reading what the rest of a policy speaks of: classes, purposes, agencies, bases, agreements, locks."""

from collections.abc import Container
from dataclasses import dataclass, replace

from consent.model import ANYBODY, Agency, Agreement, Basis, FieldClass, Lock
from consent.place import Place, quoted
from consent.record import Record
from consent.words import names_above


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a policy may use; None where the list of them could not be read."""

    classes: Container[str] | None
    purposes: Container[str] | None
    agencies: Container[str] | None
    bases: Container[str] | None
    locks: Container[str] | None


def read_classes(places: list[Place]) -> tuple[FieldClass, ...]:
    """The classes: dotted names, no name twice, each shown at most as another one that is not below it."""
    records = [Record.read(place, ("name",), ("presence_as",)) for place in places]
    taken: set[str] = set()
    named = [(_class_name(record, taken), record) for record in records]
    return tuple(FieldClass(name, _presence_as(record, name, taken)) for name, record in named)


def _class_name(record: Record, taken: set[str]) -> str:
    name = record.fresh("name", taken)
    if name and "" in name.split("."):
        record.fault("name", "has an empty part between dots")
    return name


def _presence_as(record: Record, name: str, names: Container[str]) -> str | None:
    shown = record.known("presence_as", "class", names)
    if shown is not None and name in names_above(shown):
        record.fault("presence_as", "must name another class, and not one below")
    return shown


def read_purposes(places: list[Place]) -> tuple[str, ...]:
    """The purposes: words, none twice."""
    purposes: dict[str, None] = {}
    for place in places:
        purpose = place.word()
        if purpose is not None and purpose in purposes:
            place.fault(f"duplicate purpose {quoted(purpose)}")
        if purpose is not None:
            purposes.setdefault(purpose)
    return tuple(purposes)


def read_agencies(members: dict[str, Place]) -> tuple[Agency, ...]:
    """The agencies, by name."""
    return tuple(_agency(name, place) for name, place in members.items())


def _agency(name: str, place: Place) -> Agency:
    if name == ANYBODY:
        place.fault("no agency can be called this")
    else:
        replace(place, value=name).word()
    record = Record.read(place, ("kind", "sector"))
    return Agency(name, record.word("kind"), record.word("sector"))


def read_bases(places: list[Place]) -> tuple[Basis, ...]:
    """The lawful bases, no code twice."""
    taken: set[str] = set()
    return tuple(
        _basis(Record.read(place, ("code", "sectors"), ("from", "until")), taken) for place in places
    )


def _basis(record: Record, taken: set[str]) -> Basis:
    return Basis(record.fresh("code", taken), record.words("sectors"), record.interval())


def read_locks(places: list[Place], known: Known) -> tuple[Lock, ...]:
    """The locks, no id twice."""
    taken: set[str] = set()
    records = [Record.read(place, ("id", "classes")) for place in places]
    return tuple(
        Lock(record.fresh("id", taken), record.names("classes", "class", known.classes)) for record in records
    )


def read_agreements(places: list[Place], known: Known, taken: set[str]) -> tuple[Agreement, ...]:
    """The agreements. taken: the ids that others have already; grows."""
    return tuple(_agreement(place, known, taken) for place in places)


def _agreement(place: Place, known: Known, taken: set[str]) -> Agreement:
    record = Record.read(place, ("id", "parties", "purposes", "classes", "from", "until"))
    return Agreement(
        id=record.fresh("id", taken),
        parties=record.names("parties", "agency", known.agencies),
        purposes=record.names("purposes", "purpose", known.purposes),
        classes=record.names("classes", "class", known.classes),
        interval=record.interval(),
    )
