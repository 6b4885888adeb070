"""Who was shown what about somebody, from the log. Read by the service for its own duty, never for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.identity.models import Agency, Staff
from conference.trail.reading import Entry, EntryItem, Wanted, event_for, events_for
from conference.vault.dark import dark_among

DISCLOSURES = ("disclosure.shown", "disclosure.spoken", "disclosure.exported")
AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Exposure:
    """One thing that one member of staff of another agency was shown, and when last.

    item.field is None where they were told only that something is held.
    """

    staff_id: str
    agency_id: str
    case_id: str
    purpose: str | None
    event_id: str
    at: datetime
    item: EntryItem

    @property
    def key(self) -> tuple[object, ...]:
        """What was shown to whom, whenever it was."""
        return (self.staff_id, self.case_id, self.purpose, self.item)


@dataclass(frozen=True, slots=True)
class Past:
    """What the log says. unread: how many of its entries, or agencies' parts, did not open."""

    exposures: tuple[Exposure, ...]
    unread: int


def shown(
    session: Session,
    partnership_id: str,
    *,
    since: datetime,
    until: datetime | None = None,
    person: str,
    case_id: str | None = None,
    fits: Callable[[EntryItem], bool] = lambda _: True,
) -> Past:
    """What others than its owner were shown from `since` on, before `until`; each thing once a reader.

    person: only what is about them.   case_id: only in this case.   fits: only items of which it is true.
    A disclosure to several at once was made to its actor and to everybody of staff whom its head names.
    """
    last: dict[tuple[object, ...], Exposure] = {}
    unread = 0
    home = _agencies_of_staff(session, partnership_id)
    wanted = Wanted(since=since, until=until, case=case_id, sealed_for=person, names=DISCLOSURES)
    agencies = session.scalars(select(Agency.id).where(Agency.partnership_id == partnership_id)).all()
    dark = dark_among(session, partnership_id, agencies)
    unread += len(dark)
    for agency in [one for one in agencies if one not in dark]:
        for entry in events_for(session, partnership_id, agency, wanted):
            if entry.fault:
                unread += 1
            # An agency's own events are whole, and read there; of a dark one's each owner's part tells.
            elif (entry.own or entry.agency in dark) and entry.purpose != AUDIT:
                for one in _in(entry, home, person, fits):
                    known = last.get(one.key)
                    if known is None or known.at <= one.at:
                        last[one.key] = one
    found = sorted(last.values(), key=lambda one: (one.staff_id, one.case_id, one.at, one.event_id))
    return Past(tuple(found), unread)


def shown_in(
    session: Session, partnership_id: str, event_id: str, agency: str, fits: Callable[[EntryItem], bool]
) -> list[Exposure]:
    """What others than its owner were shown in one disclosure. agency: whose staff made it or were shown it.

    Raises NotFound if there is no such event of theirs; of one that does not open there is nothing.
    """
    if dark_among(session, partnership_id, [agency]):
        return []
    entry = event_for(session, partnership_id, agency, event_id)
    home = _agencies_of_staff(session, partnership_id)
    return [] if entry.fault else list(_in(entry, home, None, fits))


def shown_to(entry: Entry) -> list[str]:
    """The staff to whom a disclosure was made, by id."""
    named = [entry.actor, entry.on_behalf_of, *entry.about]
    return list(dict.fromkeys(who for who in named if who is not None and who.startswith("stf_")))


def _in(
    entry: Entry, home: dict[str, str], person: str | None, fits: Callable[[EntryItem], bool]
) -> Iterator[Exposure]:
    for who in shown_to(entry):
        agency = home.get(who)
        for item in entry.items:
            if item is None or agency is None or item.owner == agency or entry.case is None:
                continue
            if (person is None or person in item.subjects) and fits(item):
                yield Exposure(who, agency, entry.case, entry.purpose, entry.id, entry.at, item)


def _agencies_of_staff(session: Session, partnership_id: str) -> dict[str, str]:
    rows = session.execute(select(Staff.id, Staff.agency_id).where(Staff.partnership_id == partnership_id))
    return {staff_id: agency for staff_id, agency in rows}  # noqa: C416 - rows are no pairs to the types
