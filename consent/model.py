"""What a partnership agreed, and what the engine answers: values that never change.

Build policies with `consent.load`, which checks what these classes take for granted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

ANYBODY = "*"
LONGEST_BREAK_GLASS = timedelta(minutes=60)


class Level(IntEnum):
    """How far a field goes; a higher level shows more."""

    NONE = 0
    PRESENCE = 1
    SUMMARY = 2
    FULL = 3

    @property
    def word(self) -> str:
        """The level as policies, requests and decisions write it."""
        return self.name.lower()


LEVELS = {level.word: level for level in Level}


class Effect(StrEnum):
    """What a rule does where it matches."""

    PERMIT = "permit"
    LIMIT = "limit"
    FORBID = "forbid"


class Need(StrEnum):
    """What a permit asks of the person's latest word."""

    REQUIRED = "required"
    CONSIDERED = "considered"
    IRRELEVANT = "irrelevant"


class Word(StrEnum):
    """What a person said."""

    GRANT = "grant"
    REFUSE = "refuse"

    @property
    def opposite(self) -> "Word":
        """The only word that an exception to this one may have."""
        return Word.REFUSE if self is Word.GRANT else Word.GRANT


class Kind(StrEnum):
    """What professionals can decide and sign."""

    OVERRIDE = "override"
    EXEMPTION = "exemption"
    BREAK_GLASS = "break-glass"


class Reason(StrEnum):
    """Why a decision came out as it did: one for each way through the gates."""

    INCOMPLETE = "incomplete"
    EXCLUDED = "excluded"
    OWN = "own"
    LOCKED = "locked"
    NO_AGREEMENT = "no-agreement"
    FORBIDDEN = "forbidden"
    NOT_OFFERED = "not-offered"
    NO_RULE = "no-rule"
    BASIS_INVALID = "basis-invalid"
    CONSENT_MISSING = "consent-missing"
    CONSENT_REFUSED = "consent-refused"
    APPROVAL_NEEDED = "approval-needed"
    LIMITED = "limited"
    PERMITTED = "permitted"


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` up to, and not including, `end`; None is open. Moments are aware, UTC."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether `at` is inside."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class FieldClass:
    """A kind of information, dotted: `health` covers `health.mental`, not `healthcare`."""

    name: str
    presence_as: str | None = None


@dataclass(frozen=True, slots=True)
class Agency:
    """A member of the partnership. `sector` says which bases are open to it as an owner."""

    name: str
    kind: str
    sector: str


@dataclass(frozen=True, slots=True)
class Basis:
    """A lawful basis, the sectors that may use it, and when it is law."""

    code: str
    sectors: frozenset[str]
    interval: Interval


@dataclass(frozen=True, slots=True)
class Agreement:
    """A signed sharing agreement: between whom, what for, about which classes, how long."""

    id: str
    parties: frozenset[str]
    purposes: frozenset[str]
    classes: frozenset[str]
    interval: Interval


@dataclass(frozen=True, slots=True)
class Lock:
    """Closes its classes to everybody but the owner, until an exemption that names it."""

    id: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the agreed rules. A filter that is None does not restrict.

    level is NONE for a forbid; basis and need are None unless it is a permit.
    """

    id: str
    effect: Effect
    level: Level
    classes: frozenset[str] | None
    owner_kinds: frozenset[str] | None
    owner_agencies: frozenset[str] | None
    recipient_kinds: frozenset[str] | None
    recipient_agencies: frozenset[str] | None
    roles: frozenset[str] | None
    purposes: frozenset[str] | None
    subjects: frozenset[str] | None
    basis: str | None
    condition: str | None
    power: str | None
    need: Need | None
    approvals: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Clause:
    """A consent's own word, or an exception to the clause at index `parent` of the same consent.

    The keys are as written or inherited. A clause reaches no further than its parent.
    """

    parent: int | None
    word: Word
    recipients: frozenset[str]
    purposes: frozenset[str]
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Consent:
    """What one person said once. clauses: the root first, every parent before its exceptions."""

    id: str
    person: str
    given_at: datetime
    recorded_at: datetime
    interval: Interval
    withdrawn_at: datetime | None
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Approver:
    """Who approved a signed decision, for which agency, and when."""

    staff: str
    agency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """What professionals decided and signed: an override, an exemption or a break-glass."""

    id: str
    kind: Kind
    person: str
    owner: str
    recipients: frozenset[str]
    purposes: frozenset[str]
    classes: frozenset[str]
    level: Level
    reason: str
    requested_by: str
    approved_by: tuple[Approver, ...]
    lock: str | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a partnership agreed, checked, in the order it was written.

    The fields after `signed` are the same facts again, laid out for looking up.
    """

    version: str
    classes: tuple[FieldClass, ...]
    purposes: tuple[str, ...]
    agencies: tuple[Agency, ...]
    bases: tuple[Basis, ...]
    agreements: tuple[Agreement, ...]
    locks: tuple[Lock, ...]
    rules: tuple[Rule, ...]
    consents: tuple[Consent, ...]
    signed: tuple[Signed, ...]
    agency: Mapping[str, Agency] = field(compare=False, repr=False)
    basis: Mapping[str, Basis] = field(compare=False, repr=False)
    above: Mapping[str, frozenset[str]] = field(compare=False, repr=False)
    """For each class, the names that cover it: its own and each dotted beginning."""
    rules_on: Mapping[tuple[str, str], tuple[Rule, ...]] = field(compare=False, repr=False)
    """For each (class, purpose), the rules that speak of both, smallest id first."""
    consents_of: Mapping[str, tuple[Consent, ...]] = field(compare=False, repr=False)
    signed_for: Mapping[str, tuple[Signed, ...]] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The engine's answer for one field and one recipient, with what it rests on."""

    level: Level
    reason: Reason
    rule: str | None = None
    basis: str | None = None
    condition: str | None = None
    power: str | None = None
    agreement: str | None = None
    consent: str | None = None
    override: str | None = None
    lock: str | None = None
    limits: tuple[str, ...] = ()
    policy: str

    def as_json(self) -> dict[str, object]:
        """The decision as the law writes it, its keys in the law's order."""
        return {
            "level": self.level.word,
            "reason": self.reason.value,
            "rule": self.rule,
            "basis": self.basis,
            "condition": self.condition,
            "power": self.power,
            "agreement": self.agreement,
            "consent": self.consent,
            "override": self.override,
            "lock": self.lock,
            "limits": list(self.limits),
            "policy": self.policy,
        }
