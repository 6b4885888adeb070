"""Which agencies are ready to take part: somebody there works on cases, and is trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from conference.clock import LONDON
from conference.identity.services import list_agencies, list_staff
from conference.permissions import Role
from conference.sharing.agreements.terms import midnight

REPRESENTING = frozenset({Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA})
"""Who works on cases for an agency."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How ready one agency is.

    has_users:     somebody there works on cases.
    trained_until: the last day on which one of them is trained; None where nobody was.
    """

    agency_id: str
    agency_name: str
    has_users: bool
    trained_until: date | None

    def is_ready(self, at: datetime) -> bool:
        """Whether users and training are in place."""
        return self.has_users and self.is_trained(at)

    def is_trained(self, at: datetime) -> bool:
        """Whether somebody who works on cases is trained on that day in London."""
        return self.trained_until is not None and at.astimezone(LONDON).date() <= self.trained_until

    @property
    def ends_at(self) -> datetime | None:
        """The first moment at which nobody is trained any more, if nothing is done."""
        return midnight(self.trained_until + timedelta(days=1)) if self.trained_until else None


def standings(session: Session, partnership_id: str) -> dict[str, Standing]:
    """Every agency of the partnership, by id, in its order. Two queries and one for the agencies' roles."""
    working: dict[str, list[date | None]] = {}
    for staff in list_staff(session, partnership_id):
        if REPRESENTING & {Role(row.role) for row in staff.roles}:
            working.setdefault(staff.agency_id, []).append(staff.trained_until)
    return {
        agency.id: Standing(agency.id, agency.name, agency.id in working, _last(working.get(agency.id, ())))
        for agency in list_agencies(session, partnership_id)
    }


def _last(days: Iterable[date | None]) -> date | None:
    return max((day for day in days if day is not None), default=None)
