"""The decision, gate by gate: the first gate that answers ends it.

Source: the law, `docs/spec/consent.md`, "The decision, gate by gate".
"""

from collections.abc import Iterable
from dataclasses import dataclass

from consent.ask import Request, read_request
from consent.matching import InForce, agreements_fitting, rules_matching, signed_in_force
from consent.model import Decision, Effect, Kind, Level, Need, Policy, Reason, Rule, Word
from consent.words_said import Said, latest_word


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the gates look at for one subject of a request."""

    policy: Policy
    request: Request
    agreements: list[str]
    rules: list[Rule]
    signed: list[InForce]
    said: Said | None

    def rules_that(self, effect: Effect) -> list[Rule]:
        """The matching rules with this effect, smallest id first."""
        return [rule for rule in self.rules if rule.effect is effect]


@dataclass(frozen=True, slots=True)
class Live:
    """A permit that is live, how far it goes after its own cap, and what it leans on."""

    rule: Rule
    level: Level
    leans_on: str | None


def decide(policy: Policy, request: object) -> Decision:
    """Say how far one field may go to one recipient, and why.

    request: what a request's JSON gives; anything else is answered too, as incomplete.
    Nothing is raised, whatever the request is. The order of what the policy lists never matters.
    """
    asked = read_request(policy, request)
    if asked is None:
        return refusal(policy, Reason.INCOMPLETE)
    if asked.excluded:
        return refusal(policy, Reason.EXCLUDED)
    if asked.recipient.name == asked.owner.name:
        return Decision(level=Level.FULL, reason=Reason.OWN, policy=policy.version)
    agreements = agreements_fitting(policy.agreements, asked)
    answers = [
        _about(facts_about(policy, asked, agreements, person, role)) for person, role in asked.subjects
    ]
    return min(
        answers, key=lambda answer: answer.level
    )  # the first of the least: subjects come smallest first


def facts_about(policy: Policy, request: Request, agreements: list[str], person: str, role: str) -> Facts:
    """What the gates look at for one subject."""
    return Facts(
        policy=policy,
        request=request,
        agreements=agreements,
        rules=rules_matching(policy, request, role),
        signed=signed_in_force(policy.signed_for.get(person, ()), request),
        said=latest_word(policy.consents_of.get(person, ()), request),
    )


def _about(facts: Facts) -> Decision:
    """Gates 4 to 9, for one subject."""
    return (
        _lock_gate(facts)
        or _agreement_gate(facts)
        or _forbid_gate(facts)
        or _offer_gate(facts)
        or _permit_gate(facts)
        or _level_gate(facts)
    )


def _lock_gate(facts: Facts) -> Decision | None:
    closed = [lock for lock, level in _locks(facts).items() if level is Level.NONE]
    return refusal(facts.policy, Reason.LOCKED, lock=min(closed)) if closed else None


def _agreement_gate(facts: Facts) -> Decision | None:
    return None if facts.agreements else refusal(facts.policy, Reason.NO_AGREEMENT)


def _forbid_gate(facts: Facts) -> Decision | None:
    forbids = facts.rules_that(Effect.FORBID)
    return refusal(facts.policy, Reason.FORBIDDEN, rule=forbids[0].id) if forbids else None


def _offer_gate(facts: Facts) -> Decision | None:
    return refusal(facts.policy, Reason.NOT_OFFERED) if facts.request.offered is Level.NONE else None


def _permit_gate(facts: Facts) -> Decision | None:
    permits = facts.rules_that(Effect.PERMIT)
    if not permits:
        return refusal(facts.policy, Reason.NO_RULE)
    if any(failing(facts, rule) is None for rule in permits):
        return None
    nearest = max(
        permits, key=lambda rule: rule.level
    )  # the first of the highest: rules come smallest id first
    reason = failing(facts, nearest) or Reason.NO_RULE
    refused_by = facts.said.consent if facts.said and reason is Reason.CONSENT_REFUSED else None
    return refusal(facts.policy, reason, rule=nearest.id, consent=refused_by)


def _level_gate(facts: Facts) -> Decision:
    live = [_live(facts, rule) for rule in facts.rules_that(Effect.PERMIT) if failing(facts, rule) is None]
    best = max(live, key=lambda one: one.level)  # again the smallest id among the highest
    limits = facts.rules_that(Effect.LIMIT)
    level = min(
        [best.level, facts.request.offered, *(rule.level for rule in limits), *_locks(facts).values()]
    )
    told = tuple(rule.id for rule in limits if rule.level is level < best.level)
    if level is Level.NONE:
        return refusal(facts.policy, Reason.LIMITED, limits=told)
    required = best.rule.need is Need.REQUIRED
    return Decision(
        level=level,
        reason=Reason.PERMITTED,
        rule=best.rule.id,
        basis=best.rule.basis,
        condition=best.rule.condition,
        power=best.rule.power,
        agreement=min(facts.agreements),
        consent=facts.said.consent if facts.said and required else None,
        override=best.leans_on,
        limits=told,
        policy=facts.policy.version,
    )


def failing(facts: Facts, rule: Rule) -> Reason | None:
    """The first condition that keeps `rule` from being live."""
    return _basis_fails(facts, rule) or _consent_fails(facts, rule) or _approval_fails(facts, rule)


def _basis_fails(facts: Facts, rule: Rule) -> Reason | None:
    basis = facts.policy.basis.get(rule.basis or "")
    holds = basis is not None and basis.interval.holds(facts.request.at)
    return None if basis and holds and facts.request.owner.sector in basis.sectors else Reason.BASIS_INVALID


def _consent_fails(facts: Facts, rule: Rule) -> Reason | None:
    if rule.need is Need.IRRELEVANT:
        return None
    if _refused(facts):
        return None if rule.need is Need.CONSIDERED and _lifting(facts.signed) else Reason.CONSENT_REFUSED
    if rule.need is Need.REQUIRED and facts.said is None:
        return Reason.CONSENT_MISSING
    return None


def _approval_fails(facts: Facts, rule: Rule) -> Reason | None:
    return Reason.APPROVAL_NEEDED if rule.approvals and not _approving(facts.signed, rule.approvals) else None


def _refused(facts: Facts) -> bool:
    return facts.said is not None and facts.said.word is Word.REFUSE


def _lifting(signed: Iterable[InForce]) -> list[InForce]:
    """What lets a `considered` permit pass a refusal."""
    return [one for one in signed if one.signed.kind in (Kind.OVERRIDE, Kind.BREAK_GLASS)]


def _approving(signed: Iterable[InForce], asked: int) -> list[InForce]:
    """What gives the approvals that a permit asks for; a break-glass is worth one."""
    return [
        one
        for one in signed
        if (one.signed.kind is Kind.OVERRIDE and one.approvers >= asked)
        or (one.signed.kind is Kind.BREAK_GLASS and asked == 1)
    ]


def _live(facts: Facts, rule: Rule) -> Live:
    """The live permit `rule` after its own cap."""
    leans = _leans_on(facts, rule)
    if not leans:
        return Live(rule, rule.level, None)
    highest = min((one.signed for one in leans), key=lambda signed: (-signed.level, signed.id))
    return Live(rule, min(rule.level, highest.level), highest.id)


def _leans_on(facts: Facts, rule: Rule) -> list[InForce]:
    """The signed decisions that meet every condition for which a live permit needs one."""
    if rule.approvals:
        return _approving(facts.signed, rule.approvals)
    return _lifting(facts.signed) if rule.need is Need.CONSIDERED and _refused(facts) else []


def _locks(facts: Facts) -> dict[str, Level]:
    """Each lock on the class, and how far the highest exemption from it goes: none if it is not lifted."""
    return {
        lock.id: max(
            (one.signed.level for one in facts.signed if one.signed.lock == lock.id), default=Level.NONE
        )
        for lock in facts.policy.locks
        if not facts.request.above.isdisjoint(lock.classes)
    }


def refusal(
    policy: Policy,
    reason: Reason,
    *,
    rule: str | None = None,
    consent: str | None = None,
    lock: str | None = None,
    limits: tuple[str, ...] = (),
) -> Decision:
    """A decision that shows nothing, for a reason and what determined it."""
    return Decision(
        level=Level.NONE,
        reason=reason,
        rule=rule,
        consent=consent,
        lock=lock,
        limits=limits,
        policy=policy.version,
    )
