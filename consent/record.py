"""One object of a policy, read key by key: the value, or a blank where a fault was noted."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self, TypeVar

from consent.model import LEVELS, Interval, Level
from consent.place import Place, quoted

T = TypeVar("T")

_BLANK_MOMENT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """An object whose keys have been checked. Asking for a key that is missing gives a blank."""

    place: Place
    entries: dict[str, Place]

    @classmethod
    def read(cls, place: Place, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Self:
        """The object at `place`, which must have the `required` keys and may have the `optional` ones."""
        return cls(place, place.entries(required, optional))

    def has(self, key: str) -> bool:
        """Whether the key is written, and not as null."""
        return key in self.entries and self.entries[key].value is not None

    def fault(self, key: str, what: str) -> None:
        """Note that something is wrong with `key`, written or not."""
        self.place.under(key).fault(what)

    def word(self, key: str) -> str:
        """The string under `key`."""
        return self.word_or_none(key) or ""

    def word_or_none(self, key: str) -> str | None:
        """The string under `key`, which may be left out."""
        return self.entries[key].word() if key in self.entries else None

    def fresh(self, key: str, taken: set[str]) -> str:
        """The id under `key`, which nothing before it in the list has."""
        name = self.word(key)
        if name and name in taken:
            self.fault(key, f"duplicate {key} {quoted(name)}")
        taken.add(name)
        return name

    def known(self, key: str, what: str, names: Container[str] | None) -> str | None:
        """The name under `key`, one of `names`; it may be left out."""
        return self.entries[key].known(what, names) if key in self.entries else None

    def names(self, key: str, what: str, names: Container[str] | None) -> frozenset[str]:
        """The list of names under `key`, each one of `names`."""
        return self.entries[key].names(what, names) if key in self.entries else frozenset()

    def names_or_none(self, key: str, what: str, names: Container[str] | None) -> frozenset[str] | None:
        """The list of names under `key`, which may be left out."""
        return self.entries[key].names(what, names) if key in self.entries else None

    def words(self, key: str) -> frozenset[str]:
        """The list of free words under `key`."""
        return self.entries[key].words() if key in self.entries else frozenset()

    def words_or_none(self, key: str) -> frozenset[str] | None:
        """The list of free words under `key`, which may be left out."""
        return self.entries[key].words() if key in self.entries else None

    def one_of(self, key: str, choices: Mapping[str, T]) -> T | None:
        """What the string under `key` stands for."""
        return self.entries[key].one_of(choices) if key in self.entries else None

    def level(self, key: str) -> Level:
        """The level under `key`."""
        return self.one_of(key, LEVELS) or Level.NONE

    def moment(self, key: str) -> datetime:
        """The moment under `key`."""
        return self.moment_or_none(key) or _BLANK_MOMENT

    def moment_or_none(self, key: str) -> datetime | None:
        """The moment under `key`, which may be left out."""
        return self.entries[key].moment() if key in self.entries else None

    def interval(self) -> Interval:
        """From `from` to `until`, either of which may be left out where it is optional."""
        interval = Interval(self.moment_or_none("from"), self.moment_or_none("until"))
        if interval.start is not None and interval.end is not None and interval.end <= interval.start:
            self.fault("until", "not after from")
        return interval
