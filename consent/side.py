"""One of two policies that are compared: what decides a cell, as bits, and the engine's own answer for them.

Two cells are alike if both are open (the class not locked, an agreement in force between the two agencies for
the purpose and the class) and the same usable rules match. Every gate then finds the same, for each word and
each number of approvals, so the engine is asked about one. Usable is a rule in force that is no permit,
or whose basis is in force and open to the owner's sector: any other permit gives the level that none gives.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from consent.decide import decide
from consent.model import (
    Agency,
    Approver,
    Clause,
    Consent,
    Interval,
    Kind,
    Level,
    Policy,
    Rule,
    Signed,
    Word,
)
from consent.moment import write_moment
from consent.space import GRANTED, REFUSED, Space

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_SAID = {GRANTED: Word.GRANT, REFUSED: Word.REFUSE}

Levels = tuple[Level, ...]
"""The level for each word and each number of approvals, in the order of `points`."""


class Where(NamedTuple):
    """A cell without its person's word and its approvals. role: the recipient's; subject: the person's."""

    owner: str
    recipient: str
    role: str
    purpose: str
    class_name: str
    subject: str


class Side:
    """One policy, laid out for comparing. A rule's bit is its place in the policy.

    empty_row, full_row: nothing and everything, for each role and subject.
    """

    def __init__(self, policy: Policy, space: Space) -> None:
        self.policy = _with_everything_said(policy, space)
        self._points = space.points
        self.empty_row = self._uniform(space, Level.NONE)
        self.full_row = self._uniform(space, Level.FULL)
        rules = policy.rules
        self._as_owner = {
            name: _bits(_fits(one, rule.owner_kinds, rule.owner_agencies) for rule in rules)
            for name, one in policy.agency.items()
        }
        self._as_recipient = {
            name: _bits(_fits(one, rule.recipient_kinds, rule.recipient_agencies) for rule in rules)
            for name, one in policy.agency.items()
        }
        self._roles_and_subjects = [
            (
                role,
                subject,
                _bits(_lets(rule.roles, role) and _lets(rule.subjects, subject) for rule in rules),
            )
            for role, subject in space.roles_and_subjects
        ]
        self._locked = frozenset(name for lock in policy.locks for name in lock.classes)
        self._usable: dict[tuple[str, datetime], int] = {}
        self._levels: dict[int, Levels] = {}
        self._rows: dict[int, tuple[Levels, ...]] = {}

    def knows(self, class_name: str, purpose: str) -> bool:
        """Whether a request may name them."""
        return (class_name, purpose) in self.policy.rules_on

    def speaking(self, class_name: str, purpose: str) -> int:
        """The rules that speak of both, whenever they are in force."""
        ids = {rule.id for rule in self.policy.rules_on.get((class_name, purpose), ())}
        return _bits(rule.id in ids for rule in self.policy.rules)

    def usable(self, owner: str, at: datetime) -> int:
        """The rules in force for an owner, save permits whose basis does not hold for it. None if unknown."""
        agency = self.policy.agency.get(owner)
        if agency is None:
            return 0
        sector = agency.sector
        if (sector, at) not in self._usable:
            self._usable[sector, at] = _bits(self._is_usable(rule, sector, at) for rule in self.policy.rules)
        return self._usable[sector, at] & self._as_owner[owner]

    def parties(self, class_name: str, purpose: str, at: datetime) -> frozenset[frozenset[str]]:
        """Who may share here at all: the parties of each agreement that fits. None if the class is locked."""
        above = self.policy.above.get(class_name, frozenset())
        if not above.isdisjoint(self._locked):
            return frozenset()
        return frozenset(
            one.parties
            for one in self.policy.agreements
            if purpose in one.purposes and not above.isdisjoint(one.classes) and one.interval.holds(at)
        )

    def row(self, usable: int, where: Where, at: datetime) -> tuple[Levels, ...]:
        """For each role and subject, what the engine answers where an agreement is in force.

        usable: the rules that the owner can use for the class and the purpose at the moment, as bits.
        """
        rules = usable & self._as_recipient[where.recipient]
        if rules not in self._rows:
            self._rows[rules] = tuple(
                self._answers(rules & bits, where._replace(role=role, subject=subject), at)
                for role, subject, bits in self._roles_and_subjects
            )
        return self._rows[rules]

    def _answers(self, matching: int, where: Where, at: datetime) -> Levels:
        if matching not in self._levels:
            self._levels[matching] = tuple(
                decide(self.policy, _request(where, _person(*point), at)).level for point in self._points
            )
        return self._levels[matching]

    def _uniform(self, space: Space, level: Level) -> tuple[Levels, ...]:
        return (tuple(level for _ in space.points),) * len(space.roles_and_subjects)

    def _is_usable(self, rule: Rule, sector: str, at: datetime) -> bool:
        basis = None if rule.basis is None else self.policy.basis[rule.basis]
        lawful = basis is None or (basis.interval.holds(at) and sector in basis.sectors)
        return rule.interval.holds(at) and lawful


def _bits(marks: Iterable[bool]) -> int:
    """A number with a bit for each mark, the first the lowest."""
    return sum(1 << place for place, mark in enumerate(marks) if mark)


def _fits(agency: Agency, kinds: frozenset[str] | None, names: frozenset[str] | None) -> bool:
    return _lets(kinds, agency.kind) and _lets(names, agency.name)


def _lets(names: frozenset[str] | None, name: str) -> bool:
    return names is None or name in names


def _person(word: str, approvals: int) -> str:
    """The person of whom just this is true."""
    return f"{word} {approvals}"


def _request(where: Where, person: str, at: datetime) -> dict[str, object]:
    return {
        "at": write_moment(at),
        "purpose": where.purpose,
        "owner": where.owner,
        "class": where.class_name,
        "offered": Level.FULL.word,
        "subjects": [{"person": person, "role": where.subject}],
        "recipient": {"agency": where.recipient, "roles": [where.role], "excluded": False},
    }


def _with_everything_said(policy: Policy, space: Space) -> Policy:
    """The policy with a person for each word and number of approvals, of whom just that is true."""
    everyone, everything = frozenset(policy.agency), frozenset(policy.above)
    consents: dict[str, tuple[Consent, ...]] = {}
    signed: dict[str, tuple[Signed, ...]] = {}
    for word, number in space.points:
        person = _person(word, number)
        if word in _SAID:
            root = Clause(None, _SAID[word], everyone, frozenset(policy.purposes), everything)
            consents[person] = (Consent(person, person, _BEGINNING, _BEGINNING, Interval(), None, (root,)),)
        if number:
            signed[person] = tuple(_override(policy, person, owner, number) for owner in everyone)
    return replace(policy, consents=(), signed=(), consents_of=consents, signed_for=signed)


def _override(policy: Policy, person: str, owner: str, approvers: int) -> Signed:
    return Signed(
        id=owner,
        kind=Kind.OVERRIDE,
        person=person,
        owner=owner,
        recipients=frozenset(policy.agency),
        purposes=frozenset(policy.purposes),
        classes=frozenset(policy.above),
        level=Level.FULL,
        reason=person,
        requested_by="",
        approved_by=tuple(Approver(f"{number}", owner, _BEGINNING) for number in range(approvers)),
        lock=None,
        interval=Interval(),
    )
