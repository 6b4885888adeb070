"""Which rules, agreements and signed decisions speak of a request."""

from collections.abc import Iterable
from typing import NamedTuple

from consent.ask import Request
from consent.model import Agreement, Kind, Policy, Rule, Signed


class InForce(NamedTuple):
    """A signed decision that is in force, and how many different staff signed it who count."""

    signed: Signed
    approvers: int


def rules_matching(policy: Policy, request: Request, role: str) -> list[Rule]:
    """The rules in force that speak of the request and of a subject in `role`, smallest id first."""
    return [
        rule
        for rule in policy.rules_on[request.class_name, request.purpose]
        if rule.interval.holds(request.at) and _sides_fit(rule, request) and _allows(rule.subjects, role)
    ]


def _sides_fit(rule: Rule, request: Request) -> bool:
    owner, recipient = request.owner, request.recipient
    return (
        _allows(rule.recipient_kinds, recipient.kind)
        and _allows(rule.owner_kinds, owner.kind)
        and (rule.roles is None or not rule.roles.isdisjoint(request.roles))
        and _allows(rule.recipient_agencies, recipient.name)
        and _allows(rule.owner_agencies, owner.name)
    )


def _allows(names: frozenset[str] | None, name: str) -> bool:
    """Whether a filter lets `name` through; no filter lets everything through."""
    return names is None or name in names


def agreements_fitting(agreements: Iterable[Agreement], request: Request) -> list[str]:
    """The ids of the agreements in force between owner and recipient for the purpose and the class."""
    return [
        agreement.id
        for agreement in agreements
        if request.purpose in agreement.purposes
        and {request.owner.name, request.recipient.name} <= agreement.parties
        and not request.above.isdisjoint(agreement.classes)
        and agreement.interval.holds(request.at)
    ]


def signed_in_force(signed: Iterable[Signed], request: Request) -> list[InForce]:
    """The signed decisions about one person that are in force for the request."""
    counted = [
        InForce(one, _approvers_that_count(one, request)) for one in signed if signed_fits(one, request)
    ]
    return [one for one in counted if one.approvers > 0 or one.signed.kind is Kind.BREAK_GLASS]


def signed_fits(signed: Signed, request: Request) -> bool:
    """Whether the signed decision speaks of the request and has not run out, approved or not."""
    return (
        signed.owner == request.owner.name
        and request.recipient.name in signed.recipients
        and request.purpose in signed.purposes
        and not request.above.isdisjoint(signed.classes)
        and signed.interval.holds(request.at)
    )


def _approvers_that_count(signed: Signed, request: Request) -> int:
    """How many different staff of the owner's agency approved by then, the requester not among them."""
    return len(
        {
            approver.staff
            for approver in signed.approved_by
            if approver.agency == signed.owner
            and approver.staff != signed.requested_by
            and approver.at <= request.at
        }
    )
