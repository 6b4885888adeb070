"""What can be chosen when somebody asks for an override: the same for a class, whatever is held of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.identity.services import Viewer, list_agencies
from conference.sharing import catalogue, policy
from conference.sharing.overrides import rules


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form offers, each as (value, words).

    locks: empty where no lock covers the class, so that an override is all that can be asked for.
    """

    recipients: list[tuple[str, str]]
    bases: list[tuple[str, str]]
    locks: list[tuple[str, str]]


def choices_for(session: Session, viewer: Viewer, class_name: str, *, at: datetime) -> Choices:
    """What a member of the owner's agency can choose for a field of this class."""
    known = policy.in_force(session, viewer.partnership_id, [], at).policy
    names = agency_names(session, viewer.partnership_id)
    recipients = [(one, names[one]) for one in rules.agencies_in(known, but=viewer.agency_id) if one in names]
    bases = [(code, catalogue.BASES.get(code, code)) for code in rules.bases_for(known, viewer.agency_id, at)]
    locks = [(lock, lock_words(lock)) for lock in rules.locks_on(known, class_name)]
    return Choices(sorted(recipients, key=lambda one: one[1]), bases, locks)


def agency_names(session: Session, partnership_id: str) -> dict[str, str]:
    """What the agencies of a partnership are called, by id."""
    return {one.id: one.name for one in list_agencies(session, partnership_id)}


def lock_words(lock: str) -> str:
    """`Lift the lock on gender recognition`, from the lock's id."""
    return f"Lift the lock on {lock.removeprefix('lock-').replace('-', ' ')}"
