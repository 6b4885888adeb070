"""A policy's rules and agreements laid out as bits: whatever does not change with time, person or request.

Each rule has one bit, the smallest id the lowest; so has each agreement. What two keys let through is then
one `&` of two numbers, whatever the number of rules.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeVar

from consent.model import Agreement, Basis, Effect, Interval, Level, Need, Policy, Rule

Value = TypeVar("Value")


def bits(places: Iterable[int]) -> int:
    """The number with these bits set."""
    wanted = list(places)
    held = bytearray(max(wanted, default=0) // 8 + 1)
    for place in wanted:
        held[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(held, "little")


def lowest(number: int) -> int:
    """The place of the lowest bit of `number`, which has one: the smallest id among what it stands for."""
    return (number & -number).bit_length() - 1


def places_of(number: int) -> Iterable[int]:
    """The places of all bits of `number`, lowest first."""
    while number:
        yield lowest(number)
        number &= number - 1


def grouped(values: Sequence[Value]) -> dict[Value, int]:
    """For each value, the bits of the things that have it."""
    places: dict[Value, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, []).append(place)
    return {value: bits(of) for value, of in places.items()}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of all rules or agreements: which of them let a value through.

    free: those that do not have the key.   naming: those that name a value.
    """

    free: int
    naming: Mapping[str, int]

    @classmethod
    def of(cls, written: Sequence[frozenset[str] | None]) -> Self:
        """Of what each of them, in the order of their bits, has under the key."""
        free = bits(place for place, names in enumerate(written) if names is None)
        naming: dict[str, list[int]] = {}
        for place, names in enumerate(written):
            for name in names or ():
                naming.setdefault(name, []).append(place)
        return cls(free, {name: bits(places) for name, places in naming.items()})

    def passing(self, *values: str) -> int:
        """Those that let at least one of `values` through."""
        found = self.free
        for value in values:
            found |= self.naming.get(value, 0)
        return found


@dataclass(frozen=True, slots=True)
class InTime:
    """When each of several things is in force, each with its bit."""

    always: int
    bounded: tuple[tuple[int, Interval], ...]

    @classmethod
    def of(cls, intervals: Sequence[Interval]) -> Self:
        """Of the interval of each, in the order of their bits."""
        return cls(
            bits(place for place, one in enumerate(intervals) if one == Interval()),
            tuple((place, one) for place, one in enumerate(intervals) if one != Interval()),
        )

    def holding(self, at: datetime) -> int:
        """Those that are in force at `at` (aware)."""
        return self.always | bits(place for place, one in self.bounded if one.holds(at))


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules, smallest id first, and which of them have what."""

    listed: tuple[Rule, ...]
    in_time: InTime
    purposes: Key
    classes: Key
    owner_kinds: Key
    owner_agencies: Key
    recipient_kinds: Key
    recipient_agencies: Key
    roles: Key
    subjects: Key
    effects: Mapping[Effect, int]
    levels: Mapping[Level, int]
    needs: Mapping[Need | None, int]
    bases: Mapping[str | None, int]
    asking: int
    """The permits that ask for approval."""

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Of all the rules of a policy."""
        rules = tuple(sorted(policy.rules, key=lambda rule: rule.id))
        return cls(
            listed=rules,
            in_time=InTime.of([rule.interval for rule in rules]),
            purposes=Key.of([rule.purposes for rule in rules]),
            classes=Key.of([rule.classes for rule in rules]),
            owner_kinds=Key.of([rule.owner_kinds for rule in rules]),
            owner_agencies=Key.of([rule.owner_agencies for rule in rules]),
            recipient_kinds=Key.of([rule.recipient_kinds for rule in rules]),
            recipient_agencies=Key.of([rule.recipient_agencies for rule in rules]),
            roles=Key.of([rule.roles for rule in rules]),
            subjects=Key.of([rule.subjects for rule in rules]),
            effects=grouped([rule.effect for rule in rules]),
            levels=grouped([rule.level for rule in rules]),
            needs=grouped([rule.need for rule in rules]),
            bases=grouped([rule.basis for rule in rules]),
            asking=bits(place for place, rule in enumerate(rules) if rule.approvals),
        )


@dataclass(frozen=True, slots=True)
class Agreements:
    """The agreements, smallest id first, and which of them have what."""

    listed: tuple[Agreement, ...]
    in_time: InTime
    purposes: Key
    classes: Key
    parties: Key

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """Of all the agreements of a policy."""
        agreements = tuple(sorted(policy.agreements, key=lambda agreement: agreement.id))
        return cls(
            listed=agreements,
            in_time=InTime.of([agreement.interval for agreement in agreements]),
            purposes=Key.of([agreement.purposes for agreement in agreements]),
            classes=Key.of([agreement.classes for agreement in agreements]),
            parties=Key.of([agreement.parties for agreement in agreements]),
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """A version of a policy as bits: made once, the same whatever consents and decisions are added to it.

    edges: every moment at which a rule, an agreement or a basis begins or ends, in order.
    """

    rules: Rules
    agreements: Agreements
    edges: tuple[datetime, ...]
    made_of: tuple[tuple[Rule, ...], tuple[Agreement, ...], tuple[Basis, ...]]

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """The layout of `policy`."""
        timed: list[Rule | Agreement | Basis] = [*policy.rules, *policy.agreements, *policy.bases]
        edges = sorted({edge for one in timed for edge in edges_of(one.interval)})
        made_of = (policy.rules, policy.agreements, policy.bases)
        return cls(Rules.of(policy), Agreements.of(policy), tuple(edges), made_of)

    def is_of(self, policy: Policy) -> bool:
        """Whether this is the layout of the very rules, agreements and bases of `policy`."""
        rules, agreements, bases = self.made_of
        return rules is policy.rules and agreements is policy.agreements and bases is policy.bases


def edges_of(interval: Interval) -> set[datetime]:
    """The moments at which `interval` begins and ends."""
    return {edge for edge in (interval.start, interval.end) if edge is not None}
