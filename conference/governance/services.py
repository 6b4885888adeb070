"""Who has seen what: entries of the log as one agency may know them, searched, and the sentence that answers.

What other agencies' staff saw of each other's information does not exist here: in no row, choice or count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from conference.cases.services import exclusions_of
from conference.clock import LONDON
from conference.errors import Refused
from conference.governance import words
from conference.governance.directory import Directory, directory, people_named
from conference.identity.services import Viewer, list_staff
from conference.sharing import catalogue
from conference.sharing.search import people_of_own_agency
from conference.trail import writing
from conference.trail.reading import Entry, EntryItem, Wanted, events_for

NEWEST_DAYS = 14
PAGE = 50
UNRELIABLE = "Some entries do not match, so do not rely on this answer. Call your security lead."
Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What an officer asks for. Empty does not narrow, but for the purpose: then all but `audit`.

    since, until: the first and the last day, in London.   page: counted from 1.
    """

    why: str
    reason_reference: str
    since: date
    until: date
    name: str = ""
    born: date | None = None
    case_reference: str = ""
    staff: str = ""
    agency: str = ""
    purpose: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in a list. said: what was shown, as (class, level, whose), or what somebody did."""

    event_id: str
    at: datetime
    who: str
    said: tuple[tuple[str, str, str | None], ...]
    did: str | None
    channel: str
    reference: str | None
    is_fault: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found: one page of it, and what can be chosen next."""

    sentence: str | None
    lines: list[Line]
    staff: Choices
    agencies: Choices
    page: int = 1
    has_older: bool = False


# --- what is asked ------------------------------------------------------------------------------------------


def newest_days(today: date) -> tuple[date, date]:
    """The first and the last of the days that are looked at when nothing is said."""
    return today - timedelta(days=NEWEST_DAYS), today


def newest(session: Session, viewer: Viewer, today: date) -> Answer:
    """The newest disclosures. That they were looked at is logged."""
    since, until = newest_days(today)
    found = _between(session, viewer, since, until)
    names = _names(session, viewer, found)
    _log(session, viewer, "newest")
    kept = [entry for entry in found if entry.fault or entry.purpose != words.AUDIT]
    return _answer(viewer, found, kept, names, None)


def search(session: Session, viewer: Viewer, wanted: Search) -> Answer:
    """The disclosures that `wanted` describes, and the sentence that answers. Logged with its reason.

    Raises BadInput for a name without a letter, Refused for a name without training.
    """
    people = _people(session, viewer, wanted)
    found = _between(session, viewer, wanted.since, wanted.until)
    names = _names(session, viewer, found)
    kept = [entry for entry in found if entry.fault or _fits(entry, wanted, names)]
    if people is not None:
        kept = [one for entry in kept if (one := _about(entry, people)) is not None]
    _log(session, viewer, wanted.why, wanted.reason_reference.strip())
    whom = _whom(session, viewer, wanted, kept, people)
    sentence = _sentence(viewer, wanted, kept, whom) if kept else None
    return _answer(viewer, found, kept, names, sentence, wanted.page)


def by_receipt(session: Session, viewer: Viewer, code: str) -> Answer:
    """The entries of this receipt that are (partly) theirs; an unknown one gives as little as another's."""
    found = _theirs(session, viewer, Wanted(code=code))
    names = _names(session, viewer, found)
    _log(session, viewer, "receipt")
    return replace(_answer(viewer, found, found, names, None), has_older=False)


def nothing(session: Session, viewer: Viewer) -> Answer:
    """No search at all: only what can be chosen."""
    return _answer(viewer, [], [], _names(session, viewer, []), None)


FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(9000, 1, 1)  # a day after it, in any time zone, is still a date


# --- finding ------------------------------------------------------------------------------------------------


def _between(session: Session, viewer: Viewer, since: date, until: date) -> list[Entry]:
    wanted = Wanted(
        since=datetime.combine(max(since, FIRST_DAY), time.min, LONDON).astimezone(UTC),
        until=datetime.combine(min(until, LAST_DAY) + timedelta(days=1), time.min, LONDON).astimezone(UTC),
        names=words.DISCLOSURES,
    )
    return _theirs(session, viewer, wanted)


def _theirs(session: Session, viewer: Viewer, wanted: Wanted) -> list[Entry]:
    """The entries of the viewer's agency, without the cases that the viewer is kept out of."""
    kept_out = exclusions_of(session, viewer.staff_id)
    found = events_for(session, viewer.partnership_id, viewer.agency_id, wanted)
    return [entry for entry in found if entry.case not in kept_out]


def _people(session: Session, viewer: Viewer, wanted: Search) -> set[str] | None:
    if not wanted.name.strip() or wanted.born is None:
        return None
    if not viewer.trained:
        raise Refused("training")
    return people_of_own_agency(session, viewer, wanted.name, wanted.born)


def _fits(entry: Entry, wanted: Search, names: Directory) -> bool:
    reference = wanted.case_reference.strip().upper()
    return (
        (not wanted.staff or entry.actor == wanted.staff)
        and (not wanted.agency or entry.agency == wanted.agency)
        and (entry.purpose == wanted.purpose if wanted.purpose else entry.purpose != words.AUDIT)
        and (not reference or names.references.get(entry.case or "") == reference)
    )


def _about(entry: Entry, people: set[str]) -> Entry | None:
    """The entry with only its items about `people`; None where there are none."""
    if entry.fault:
        return entry
    items = tuple(item for item in entry.items if item is not None and people.intersection(item.subjects))
    return replace(entry, items=items) if items else None


# --- answering ----------------------------------------------------------------------------------------------


def _whom(
    session: Session, viewer: Viewer, wanted: Search, kept: list[Entry], people: set[str] | None
) -> str | None:
    """Whom the answer is about: a name that the agency itself holds, else the reference."""
    if people is None:
        return wanted.case_reference.strip().upper() or None
    named = people_named(session, viewer, {entry.case for entry in kept if entry.case})
    return next((named[who] for who in sorted(people) if who in named), None) or "this person"


def _sentence(viewer: Viewer, wanted: Search, kept: Collection[Entry], whom: str | None) -> str:
    """The answer. Nobody is counted where an entry cannot be believed: it might have been about them."""
    if any(entry.fault for entry in kept):
        return UNRELIABLE
    seen = {
        (entry.agency, entry.actor)
        for entry in kept
        if any(item is not None and item.owner == viewer.agency_id for item in entry.items)
    }
    agencies = len({agency for agency, _ in seen})
    people = (
        f"{words.count(len(seen), 'person', 'people')} at {words.count(agencies, 'agency', 'agencies')} "
        f"{'was' if len(seen) == 1 else 'were'}"
        if seen
        else "nobody was"
    )
    about = f" about {whom}" if whom else ""
    return f"{words.period(wanted.since, wanted.until)}, {people} shown your agency's information{about}."


def _answer(
    viewer: Viewer,
    found: list[Entry],
    kept: list[Entry],
    names: Directory,
    sentence: str | None,
    page: int = 1,
) -> Answer:
    start = (page - 1) * PAGE
    lines = [_line(viewer, entry, names) for entry in kept[start : start + PAGE]]
    return Answer(
        sentence, lines, *_choices(viewer, found, names), page=page, has_older=len(kept) > start + PAGE
    )


def _line(viewer: Viewer, entry: Entry, names: Directory) -> Line:
    said = tuple(dict.fromkeys(_said(viewer, item, names) for item in entry.items))
    return Line(
        event_id=entry.id,
        at=entry.at,
        who=names.who(entry),
        said=said,
        did=None if entry.name in words.DISCLOSURES or entry.fault else words.did(entry.name),
        channel=words.channel(entry.channel),
        reference=names.references.get(entry.case or ""),
        is_fault=entry.fault is not None,
    )


def _said(viewer: Viewer, item: EntryItem | None, names: Directory) -> tuple[str, str, str | None]:
    if item is None:
        return "About somebody who was erased", "", None
    owner = None if item.owner == viewer.agency_id else names.agency(item.owner)
    return catalogue.label(item.class_name), words.level(item.level), owner


def _names(session: Session, viewer: Viewer, entries: list[Entry]) -> Directory:
    own = [staff.id for staff in list_staff(session, viewer.partnership_id, viewer.agency_id)]
    return directory(session, viewer, entries, own)


def _choices(viewer: Viewer, found: list[Entry], names: Directory) -> tuple[Choices, Choices]:
    """Staff and agencies to choose from: one's own, then those of entries that are seen anyway."""
    home = {entry.actor: entry.agency for entry in found if entry.actor}
    agencies = {entry.agency for entry in found if entry.agency} | {viewer.agency_id}
    staff = [(who, name, home.get(who) or viewer.agency_id) for who, name in names.staff.items()]
    staff.sort(key=lambda one: (one[2] != viewer.agency_id, names.agency(one[2]), one[1], one[0]))
    ordered = sorted(agencies, key=lambda one: (one != viewer.agency_id, names.agency(one)))
    return (
        [(who, f"{name}, {names.agency(agency)}") for who, name, agency in staff],
        [(one, names.agency(one)) for one in ordered],
    )


def _log(session: Session, viewer: Viewer, why: str, note: str = "") -> None:
    writing.record(
        session,
        "log.searched",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        channel="screen",
        mark=why,
        note=note or None,
    )
