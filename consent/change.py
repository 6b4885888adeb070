"""The smallest change that would raise a level: found by deciding with it, never guessed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from consent.model import Level, Policy


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

    what: OFFER: the offered level; CONSENT, OVERRIDE, EXEMPTION, AGREEMENT, PERMIT: the object that is added
    to the policy's list; APPROVAL: the id of the recorded decision and the approvers it gains
    (`{"id": …, "approved_by": […]}`); LIFT: the id of the rule taken away.
    """

    step: Step
    what: str | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Change:
    """What has to happen, all of it, and the level that it gives."""

    parts: tuple[Part, ...]
    level: Level


def with_change(policy: Policy, request: Mapping[str, object], change: Change) -> tuple[Policy, object]:
    """The policy and the request as they would be after `change`, for deciding again."""
    raise NotImplementedError
