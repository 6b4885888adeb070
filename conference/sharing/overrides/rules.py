"""What the rules ask of somebody who wants to share further: locks, approvals, bases. No database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import consent
from conference.cases.models import CONFERENCE
from conference.permissions import Role
from conference.sharing import catalogue, policy
from consent.ask import read_request
from consent.matching import rules_matching
from consent.model import Effect

CONSENTED = "CONS"
"""The basis that nothing can rest on which goes against what somebody said."""


def is_safe(class_name: str) -> bool:
    """Whether a class tells how somebody can be reached safely: it, or what is below it.

    By its name as well as by the catalogue, so that a class which a partnership adds is covered too.
    """
    return class_name.startswith("contact.safe") or any(
        class_name == known or class_name.startswith(f"{known}.") for known in catalogue.SAFE_CONTACT
    )


def never_reaching_safe(names: Iterable[str]) -> list[str]:
    """Those classes that neither are, nor cover, one that tells how somebody can be reached safely."""
    known = sorted(set(names))
    safe = [name for name in known if is_safe(name)] + sorted(catalogue.SAFE_CONTACT)
    return [
        name for name in known if not is_safe(name) and not any(one.startswith(f"{name}.") for one in safe)
    ]


def locks_on(rules: consent.Policy, class_name: str) -> list[str]:
    """Ids of the locks that cover a class."""
    above = rules.above.get(class_name, frozenset())
    return sorted(lock.id for lock in rules.locks if not above.isdisjoint(lock.classes))


def bases_for(rules: consent.Policy, owner: str, at: datetime) -> list[str]:
    """Codes of the bases that the owner may name at `at` for going further than somebody agreed to."""
    agency = rules.agency.get(owner)
    return [
        basis.code
        for basis in sorted(rules.bases, key=lambda one: one.code)
        if agency is not None
        and agency.sector in basis.sectors
        and basis.interval.holds(at)
        and basis.code != CONSENTED
    ]


def agencies_in(rules: consent.Policy, *, but: str) -> list[str]:
    """Ids of the agencies that the rules know, without `but` and the conference itself."""
    return sorted(name for name in rules.agency if name not in {but, CONFERENCE})


def approvals_asked(
    rules: consent.Policy,
    *,
    at: datetime,
    purpose: str,
    owner: str,
    class_name: str,
    subjects: Iterable[tuple[str, str]],
    recipients: Iterable[str],
) -> int:
    """How many must approve: the most that a rule asks for which such a request could lean on, at least one.

    subjects: (person id, role).
    """
    asked = 1
    people = list(subjects)
    for recipient in recipients:
        request = read_request(
            rules,
            policy.request_for(
                at=at,
                purpose=purpose,
                owner=owner,
                class_name=class_name,
                offered="full",
                subjects=people,
                agency=recipient,
                roles=[role.value for role in Role],
                excluded=False,
            ),
        )
        if request is None:
            continue
        for _, role in people:
            permits = (one for one in rules_matching(rules, request, role) if one.effect is Effect.PERMIT)
            asked = max([asked, *(one.approvals for one in permits)])
    return asked
