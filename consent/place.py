"""One value in a policy's JSON that knows where it stands, so that every fault has its path."""

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from consent.jsontext import Repeating
from consent.moment import parse_moment
from consent.words import is_word

T = TypeVar("T")

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LARGEST = 2**53 - 1
_SHOWN = 80


def quoted(text: str) -> str:
    """`text` in double quotes, on one line, shortened, fit for any screen."""
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return json.dumps(shown, ensure_ascii=not is_word(shown))


def _written(step: str | int | None) -> str:
    """One step of a path; nothing for the top."""
    if step is None:
        return ""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"[{quoted(step)}]"


@dataclass(frozen=True, slots=True)
class Place:
    """A value, where it stands, and the list that faults are noted in.

    A reader notes what is wrong and hands back None or a blank; the policy is refused in the end,
    so that no blank is ever decided with.
    step: the key or the index that leads here from `parent`; None at the top.
    """

    value: object
    faults: list[str]
    step: str | int | None = None
    parent: "Place | None" = None

    @property
    def path(self) -> str:
        """The way here from the top, `rules[3].basis`; put together only when a fault asks for it."""
        steps: list[str] = []
        here: Place | None = self
        while here is not None:
            steps.append(_written(here.step))
            here = here.parent
        return "".join(reversed(steps)).removeprefix(".")

    def fault(self, what: str) -> None:
        """Note that something is wrong here."""
        self.faults.append(f"{self.path or 'policy'}: {what}")

    def under(self, key: str, value: object = None) -> "Place":
        """The place of `key` in the object that stands here."""
        return Place(value, self.faults, key, self)

    def members(self) -> dict[str, "Place"] | None:
        """What the object here holds, under any key; None if no object stands here."""
        if not isinstance(self.value, dict):
            self.fault("must be an object")
            return None
        if isinstance(self.value, Repeating):
            for key in self.value.repeated:
                self.under(key).fault("key written twice")
        if not all(isinstance(key, str) for key in self.value):
            self.fault("has a key that is not a string")
        return {key: self.under(key, value) for key, value in self.value.items() if isinstance(key, str)}

    def entries(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, "Place"]:
        """What the object here holds under the keys it may have; an optional null is left out."""
        members = self.members()
        if members is None:
            return {}
        for key in required:
            if key not in members:
                self.under(key).fault("missing")
        for key, place in members.items():
            if key not in required and key not in optional:
                place.fault("unknown key")
        return {
            key: place
            for key, place in members.items()
            if key in required or (key in optional and place.value is not None)
        }

    def items(self, *, may_be_empty: bool = False) -> list["Place"] | None:
        """The places of the list here; None if no list stands here."""
        if not isinstance(self.value, list):
            self.fault("must be a list")
            return None
        if not self.value and not may_be_empty:
            self.fault("must not be empty")
        return [Place(value, self.faults, index, self) for index, value in enumerate(self.value)]

    def word(self) -> str | None:
        """The non-empty string here."""
        if is_word(self.value):
            return self.value
        self.fault("must be a non-empty string of valid Unicode")
        return None

    def known(self, what: str, names: Container[str] | None) -> str | None:
        """The name here, which must be one of `names`; None means that these could not be read."""
        name = self.word()
        if name is not None and names is not None and name not in names:
            self.fault(f"unknown {what} {quoted(name)}")
            return None
        return name

    def names(self, what: str, names: Container[str] | None) -> frozenset[str]:
        """The list of names here, each one of `names`."""
        found = [place.known(what, names) for place in self.items() or ()]
        return frozenset(name for name in found if name is not None)

    def words(self) -> frozenset[str]:
        """The list of free words here."""
        return frozenset(word for place in self.items() or () if (word := place.word()) is not None)

    def one_of(self, choices: Mapping[str, T]) -> T | None:
        """What the string here stands for."""
        if isinstance(self.value, str) and self.value in choices:
            return choices[self.value]
        self.fault(f"must be one of {', '.join(choices)}")
        return None

    def moment(self) -> datetime | None:
        """The moment here."""
        moment = parse_moment(self.value)
        if moment is None:
            self.fault("must be a real moment, YYYY-MM-DDThh:mm:ss[.f]Z with 1 to 6 decimals")
        return moment

    def count(self) -> int:
        """The whole number here, 0 or more. 1.0 and true are none."""
        if type(self.value) is int and 0 <= self.value <= _LARGEST:
            return self.value
        self.fault("must be a whole number, 0 or more")
        return 0
