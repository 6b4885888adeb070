"""Who may come to which page. The guard (in `conference.web`) refuses a view that says nothing.

This decides only what *kind* of person may come; which cases are theirs is decided by look-ups through them,
and what they see there by the door.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])


class Role(StrEnum):
    """What somebody is in a partnership. Source: domain reference, section 2."""

    REFERRER = "referrer"
    REPRESENTATIVE = "representative"
    DEPUTY = "deputy"
    COORDINATOR = "coordinator"
    CHAIR = "chair"
    IDVA = "idva"
    OBSERVER = "observer"
    IG_OFFICER = "ig-officer"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> str:
        """The role in the words that people read."""
        return _LABELS[self]


_LABELS = {
    Role.REFERRER: "referrer",
    Role.REPRESENTATIVE: "representative",
    Role.DEPUTY: "deputy representative",
    Role.COORDINATOR: "coordinator",
    Role.CHAIR: "chair",
    Role.IDVA: "IDVA",
    Role.OBSERVER: "observer",
    Role.IG_OFFICER: "information governance officer",
    Role.ADMINISTRATOR: "administrator",
}


class Permission(StrEnum):
    """One kind of thing that a view lets somebody do."""

    HOME = "home"  # my work, receipts, what the labels mean: everybody who is signed in
    CASE_READ = "case.read"
    RESEARCH = "research"  # one's own agency's records and offers
    SEARCH = "search"
    MEETING_READ = "meeting.read"
    MEETING_CHAIR = "meeting.chair"  # moves the meeting on, writes the risk summary
    ACTION_WRITE = "action.write"
    CONSENT = "consent"  # asks people for their consent; withdrawing needs no more than seeing it
    OVERRIDE = "override"  # asks to share one's agency's own further; says yes or no where a colleague asks
    EMERGENCY = "emergency"  # opens a case for an hour, without approval
    REVIEW_CLOSE = "review.close"  # what goes on after a consent was withdrawn
    GOVERNANCE = "governance"


_MEMBER = frozenset(
    {
        Permission.HOME,
        Permission.CASE_READ,
        Permission.RESEARCH,
        Permission.SEARCH,
        Permission.MEETING_READ,
        Permission.ACTION_WRITE,
        Permission.OVERRIDE,
        Permission.EMERGENCY,
    }
)
_ACTS = frozenset({Permission.ACTION_WRITE, Permission.OVERRIDE, Permission.EMERGENCY})

HOLDS: dict[Role, frozenset[Permission]] = {
    Role.REFERRER: _MEMBER - _ACTS | {Permission.CONSENT},
    Role.REPRESENTATIVE: _MEMBER | {Permission.CONSENT},
    Role.DEPUTY: _MEMBER | {Permission.CONSENT},
    Role.IDVA: _MEMBER | {Permission.CONSENT, Permission.REVIEW_CLOSE},
    Role.COORDINATOR: _MEMBER,
    Role.CHAIR: _MEMBER | {Permission.MEETING_CHAIR, Permission.REVIEW_CLOSE},
    Role.OBSERVER: frozenset({Permission.HOME, Permission.MEETING_READ}),
    Role.IG_OFFICER: frozenset({Permission.HOME, Permission.GOVERNANCE}),
    Role.ADMINISTRATOR: frozenset({Permission.HOME}),
}


def held_by(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that somebody with `roles` may do."""
    return frozenset().union(*(HOLDS[role] for role in roles)) if roles else frozenset()


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare what a view needs; the guard checks it before the view runs."""

    def declare(view: View) -> View:
        vars(view)["access"] = permission
        return view

    return declare


def public(reason: str) -> Callable[[View], View]:
    """Open a page to everybody, signed in or not. The reason is for the reader of the code."""

    def declare(view: View) -> View:
        vars(view)["access"] = reason
        vars(view)["is_public"] = True
        return view

    return declare
