"""What would have to happen for a higher level, and the policy and request after it happened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from consent.load import amend, extend
from consent.model import Approver, Level, Policy, Signed
from consent.moment import write_moment

What = Mapping[str, object]


class Step(StrEnum):
    """The kinds of change, smallest first. Of two changes that with the smaller largest kind is smaller."""

    OFFER = "offer"  # the owner offers more of the field
    CONSENT = "consent"  # the person is asked, and agrees
    APPROVAL = "approval"  # staff of the owner approve what is recorded already
    OVERRIDE = "override"  # the owner records and approves an override
    EXEMPTION = "exemption"  # the owner records and approves an exemption from a lock
    AGREEMENT = "agreement"  # owner and recipient sign an agreement
    PERMIT = "permit"  # the partnership agrees a rule that permits it
    LIFT = "lift"  # the partnership takes a rule away that forbids or limits it


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a change: its kind and what it is, written as a request or a policy writes it.

    what:      CONSENT, OVERRIDE, EXEMPTION, AGREEMENT, PERMIT: the object that the policy's list gains.
               OFFER: `{"offered": level}`. APPROVAL: `{"id": recorded decision}`. LIFT: `{"id": rule}`.
    approvers: APPROVAL: those that the decision gains.
    """

    step: Step
    what: What
    approvers: tuple[Approver, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The part as the command writes it."""
        told: dict[str, object] = {"step": self.step.value, "what": dict(self.what)}
        if self.approvers:
            told["approved_by"] = [
                approver_json(one.staff, one.agency, write_moment(one.at)) for one in self.approvers
            ]
        return told


@dataclass(frozen=True, slots=True)
class Change:
    """What has to happen, all of it, and the level that it gives."""

    parts: tuple[Part, ...]
    level: Level

    def as_json(self) -> dict[str, object]:
        """The change as the command writes it."""
        return {"level": self.level.word, "parts": [part.as_json() for part in self.parts]}


def approver_json(staff: str, agency: str, at: str) -> dict[str, object]:
    """An approver as a policy writes one. at: a moment as the law writes it."""
    return {"staff": staff, "agency": agency, "at": at}


def with_change(policy: Policy, request: What, parts: Iterable[Part]) -> tuple[Policy, What]:
    """The policy and the request after every part of a change. Raises BrokenPolicy if one is wrong."""
    done = list(parts)

    def of(*steps: Step) -> list[What]:
        return [part.what for part in done if part.step in steps]

    for part in done:
        if part.step is Step.APPROVAL:
            policy = _approved(policy, part)
    policy = extend(policy, consents=of(Step.CONSENT), decisions=of(Step.OVERRIDE, Step.EXEMPTION))
    lifted = {str(what["id"]) for what in of(Step.LIFT)}
    terms, rules = of(Step.AGREEMENT), of(Step.PERMIT)
    if terms or rules or lifted:
        policy = amend(policy, agreements=terms, rules=rules, without=lifted)
    return policy, {**request, **(of(Step.OFFER) or [{}])[-1]}


def _approved(policy: Policy, part: Part) -> Policy:
    """The policy in which a recorded decision has more approvers; whoever extends it sorts them by person."""

    def of(one: Signed) -> Signed:
        return (
            replace(one, approved_by=one.approved_by + part.approvers) if one.id == part.what["id"] else one
        )

    return replace(policy, signed=tuple(map(of, policy.signed)))
