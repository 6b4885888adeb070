"""The finite space that two policies are compared in. Source: the law, "What else the engine answers"."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consent.faults import BrokenPolicy
from consent.model import Interval, Policy

GRANTED, REFUSED, SILENT = "granted", "refused", "silent"
WORDS = (GRANTED, REFUSED, SILENT)
OTHER = "other"
MOST_APPROVALS = 99

_JUST = timedelta(microseconds=1)  # the smallest step of a moment
_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Space:
    """Every value of every dimension, sorted, over both policies.

    roles, subjects: those that a rule of either names, and last one that no rule names.
    approvals: 0 to the largest that a rule of either asks.
    instants: each moment at which a rule, basis or agreement of either begins or ends, and just before it.
    """

    agencies: tuple[str, ...]
    roles: tuple[str, ...]
    purposes: tuple[str, ...]
    classes: tuple[str, ...]
    subjects: tuple[str, ...]
    approvals: tuple[int, ...]
    instants: tuple[datetime, ...]

    @property
    def points(self) -> tuple[tuple[str, int], ...]:
        """Every word with every number of approvals."""
        return tuple((word, number) for word in WORDS for number in self.approvals)

    @property
    def roles_and_subjects(self) -> tuple[tuple[str, str], ...]:
        """Every role of a recipient with every role of a subject."""
        return tuple((role, subject) for role in self.roles for subject in self.subjects)


def space_of(old: Policy, new: Policy) -> Space:
    """The space of two policies. Their stored consents and decisions are left out.

    Raises BrokenPolicy for a rule that asks more approvals than can be counted through, MOST_APPROVALS.
    """
    both = (old, new)
    _check_approvals(both)
    rules = [rule for policy in both for rule in policy.rules]
    return Space(
        agencies=_sorted(agency.name for policy in both for agency in policy.agencies),
        roles=_named_and_another(rule.roles for rule in rules),
        purposes=_sorted(purpose for policy in both for purpose in policy.purposes),
        classes=_sorted(one.name for policy in both for one in policy.classes),
        subjects=_named_and_another(rule.subjects for rule in rules),
        approvals=tuple(range(max((rule.approvals for rule in rules), default=0) + 1)),
        instants=_instants(interval for policy in both for interval in _intervals(policy)),
    )


def _check_approvals(policies: Iterable[Policy]) -> None:
    faults = [
        f"rules[{place}].approvals: more than {MOST_APPROVALS} cannot be compared"
        for policy in policies
        for place, rule in enumerate(policy.rules)
        if rule.approvals > MOST_APPROVALS
    ]
    if faults:
        raise BrokenPolicy(faults)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _named_and_another(filters: Iterable[frozenset[str] | None]) -> tuple[str, ...]:
    named = {name for names in filters for name in names or ()}
    another = OTHER
    while another in named:
        another += "-"
    return (*sorted(named), another)


def _intervals(policy: Policy) -> Iterator[Interval]:
    yield from (rule.interval for rule in policy.rules)
    yield from (basis.interval for basis in policy.bases)
    yield from (agreement.interval for agreement in policy.agreements)


def _instants(intervals: Iterable[Interval]) -> tuple[datetime, ...]:
    boundaries = {
        moment for interval in intervals for moment in (interval.start, interval.end) if moment is not None
    }
    before = {moment - _JUST for moment in boundaries if moment > _FIRST}
    return tuple(sorted(boundaries | before))
