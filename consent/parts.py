"""The parts of a change to one cell: of every kind what could be done there, each at its largest."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from consent.ask import Request
from consent.change import Part, Step, approver_json
from consent.matching import agreements_fitting, rules_matching, signed_fits
from consent.model import Approver, Effect, Kind, Level, Need, Policy, Rule
from consent.moment import write_moment

_LASTS = timedelta(days=1)  # how long it should last is for people to say
_LAST = datetime.max.replace(tzinfo=UTC)
_MANY = 100  # nobody finds more approvers
_NEEDS = (Need.CONSIDERED, Need.REQUIRED)  # a new rule never passes by what the person said


class Parts:
    """All that could be done for one request. What is added ends a day later and reaches this cell only."""

    def __init__(self, policy: Policy, asked: Request) -> None:
        self._policy, self._asked = policy, asked
        self._people = sorted({person for person, _ in asked.subjects})
        roles = sorted({role for _, role in asked.subjects})
        matching = {rule.id: rule for role in roles for rule in rules_matching(policy, asked, role)}
        self._matching = [matching[name] for name in sorted(matching)]
        self._roles = roles
        self._at = write_moment(asked.at)
        self._can_last = asked.at < _LAST

    def by_kind(self) -> list[list[Part]]:
        """The parts of each kind that there are any of, the smallest kind first."""
        kinds = [self._offer(), self._approvals(), self._lifts()]
        if self._can_last:
            kinds += [
                self._consents(),
                self._overrides(),
                self._exemptions(),
                self._agreement(),
                self._permit(),
            ]
        found = [list(kind) for kind in kinds]
        order = list(Step)
        return sorted((kind for kind in found if kind), key=lambda kind: order.index(kind[0].step))

    def _offer(self) -> Iterator[Part]:
        if self._asked.offered < Level.FULL:
            yield Part(Step.OFFER, {"offered": Level.FULL.word})

    def _consents(self) -> Iterator[Part]:
        taken = {one.id for one in self._policy.consents}
        for person in self._people:
            said = {"id": _fresh("consent", taken), "person": person, "decision": "grant"}
            given = {"given_at": self._at, "recorded_at": self._at}
            yield Part(Step.CONSENT, {**said, **given, **self._reach(), **self._interval()})

    def _approvals(self) -> Iterator[Part]:
        for person in self._people:
            for one in self._policy.signed_for.get(person, ()):
                if signed_fits(one, self._asked) and one.kind is not Kind.BREAK_GLASS:
                    taken = {one.requested_by, *(approver.staff for approver in one.approved_by)}
                    staff = [_fresh("approver", taken) for _ in range(self._approvals_asked())]
                    owner, at = self._asked.owner.name, self._asked.at
                    yield Part(
                        Step.APPROVAL, {"id": one.id}, tuple(Approver(name, owner, at) for name in staff)
                    )

    def _overrides(self) -> Iterator[Part]:
        taken = {one.id for one in self._policy.signed}
        for person in self._people:
            name = _fresh("override", taken)
            yield Part(Step.OVERRIDE, self._signed(name, Kind.OVERRIDE, person, self._approvals_asked()))

    def _exemptions(self) -> Iterator[Part]:
        taken = {one.id for one in self._policy.signed}
        for lock in self._policy.locks:
            if self._asked.above.isdisjoint(lock.classes):
                continue
            for person in self._people:
                signed = self._signed(_fresh("exemption", taken), Kind.EXEMPTION, person, 1)
                yield Part(Step.EXEMPTION, {**signed, "lock": lock.id})

    def _agreement(self) -> Iterator[Part]:
        if not agreements_fitting(self._policy.agreements, self._asked):
            name = _fresh("agreement", {one.id for one in self._policy.agreements})
            parties = sorted({self._asked.owner.name, self._asked.recipient.name})
            what = {
                "purposes": [self._asked.purpose],
                "classes": [self._asked.class_name],
                **self._interval(),
            }
            yield Part(Step.AGREEMENT, {"id": name, "parties": parties, **what})

    def _permit(self) -> Iterator[Part]:
        """A new rule for just this cell, on a basis that the owner can use."""
        usable = self._basis_and_need()
        if usable is None:
            return
        recipients: dict[str, object] = {"agencies": [self._asked.recipient.name]}
        if self._asked.roles:
            recipients["roles"] = sorted(self._asked.roles)
        yield Part(
            Step.PERMIT,
            {
                "id": _fresh("rule", {rule.id for rule in self._policy.rules}),
                "effect": Effect.PERMIT.value,
                "level": Level.FULL.word,
                "classes": [self._asked.class_name],
                "owners": {"agencies": [self._asked.owner.name]},
                "recipients": recipients,
                "purposes": [self._asked.purpose],
                "subjects": self._roles,
                "basis": usable[0],
                "consent": usable[1].value,
            },
        )

    def _lifts(self) -> Iterator[Part]:
        for rule in self._matching:
            if rule.effect is not Effect.PERMIT:
                yield Part(Step.LIFT, {"id": rule.id})

    def _basis_and_need(self) -> tuple[str, Need] | None:
        """A basis in force and open to the owner, as a rule uses it for the owner, if one does."""
        open_to = [
            basis.code
            for basis in self._policy.bases
            if basis.interval.holds(self._asked.at) and self._asked.owner.sector in basis.sectors
        ]
        used = {(rule.basis, rule.need) for rule in self._policy.rules if self._is_owners(rule)}
        for need in _NEEDS:
            for code in sorted(open_to):
                if (code, need) in used:
                    return code, need
        return (min(open_to), Need.CONSIDERED) if open_to else None

    def _is_owners(self, rule: Rule) -> bool:
        owner = self._asked.owner
        return (rule.owner_kinds is None or owner.kind in rule.owner_kinds) and (
            rule.owner_agencies is None or owner.name in rule.owner_agencies
        )

    def _approvals_asked(self) -> int:
        """The most that a rule for this cell asks, within reason; an override always has one."""
        return min(max([1, *(rule.approvals for rule in self._matching)]), _MANY)

    def _signed(self, name: str, kind: Kind, person: str, approvers: int) -> dict[str, object]:
        owner = self._asked.owner.name
        return {
            "id": name,
            "kind": kind.value,
            "person": person,
            "owner": owner,
            **self._reach(),
            "level": Level.FULL.word,
            "reason": "to be written",
            "requested_by": "whoever asks",
            "approved_by": [approver_json(f"approver-{n}", owner, self._at) for n in range(1, approvers + 1)],
            **self._interval(),
        }

    def _reach(self) -> dict[str, object]:
        return {
            "recipients": [self._asked.recipient.name],
            "purposes": [self._asked.purpose],
            "classes": [self._asked.class_name],
        }

    def _interval(self) -> dict[str, object]:
        left = _LAST - self._asked.at
        return {"from": self._at, "until": write_moment(self._asked.at + min(_LASTS, left))}


def _fresh(name: str, taken: set[str]) -> str:
    """A name like `name` that is not taken; takes it."""
    free = next(f"{name}-{number}" for number in count(1) if f"{name}-{number}" not in taken)
    taken.add(free)
    return free
