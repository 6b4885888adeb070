"""What an agency holds about somebody in a case, and when its time is over. Never what it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import ERASED, Field, Record
from conference.cases.services import exclusions_of
from conference.clock import LONDON
from conference.identity.services import Viewer
from conference.sharing import catalogue
from conference.sharing.retention.kinds import Trigger, kind_of
from conference.sharing.retention.models import Rewriting
from conference.sharing.retention.schedule import Kept


@dataclass(frozen=True, slots=True)
class Days:
    """What years are counted from. births, deaths: by person.   lapses: when each case was last heard."""

    births: Mapping[str, date]
    deaths: Mapping[str, date]
    lapses: Mapping[str, date]


@dataclass(slots=True)
class Holding:
    """One record of the agency's own. due: None where a kind has no years, or a day is not known.

    unsettled: how many of its fields, being about others too, nobody has rewritten.
    """

    record_id: str
    case_id: str
    about: tuple[str, ...]
    made_on: date
    last_on: date
    classes: set[str] = field(default_factory=set)
    unsettled: int = 0
    due: date | None = None
    lacks: set[str] = field(default_factory=set)

    @property
    def labels(self) -> list[str]:
        """What kinds of information it holds, in words."""
        ordered = sorted(self.classes, key=lambda name: (catalogue.place(name), name))
        return list(dict.fromkeys(catalogue.label(name) for name in ordered))

    @property
    def is_shared(self) -> bool:
        """Whether it is about others too."""
        return len(self.about) > 1


def holdings(
    session: Session, viewer: Viewer, case_ids: Collection[str], schedule: Mapping[str, Kept], days: Days
) -> list[Holding]:
    """The agency's own records in cases that the caller found through the viewer. As many queries for all."""
    kept_out = exclusions_of(session, viewer.staff_id)
    ids = sorted(set(case_ids) - kept_out.keys())
    records = session.scalars(
        select(Record)
        .where(Record.case_id.in_(ids), Record.owner == viewer.agency_id)
        .order_by(Record.made_at, Record.id)
    ).all()
    fields = session.execute(
        select(Field.id, Field.record_id, Field.class_name, Field.recorded_at, Field.made_at).where(
            Field.case_id.in_(ids), Field.owner == viewer.agency_id, Field.value != ERASED
        )
    ).all()
    settled = set(session.scalars(select(Rewriting.field_id).where(Rewriting.agency_id == viewer.agency_id)))
    found = {}
    for one in records:
        about = tuple(who.person_id for who in one.subjects)
        made = one.made_at.astimezone(LONDON).date()
        if about:
            found[one.id] = Holding(one.id, one.case_id, about, made, made)
    for field_id, record_id, class_name, recorded_at, made_at in fields:
        holding = found.get(record_id)
        if holding is None:
            continue
        holding.classes.add(class_name)
        holding.unsettled += holding.is_shared and field_id not in settled
        on = (recorded_at or made_at).astimezone(LONDON).date()
        holding.last_on = max(holding.last_on, on)
    out = [one for one in found.values() if one.classes]
    _settle(out, schedule, days)
    return out


def _settle(found: list[Holding], schedule: Mapping[str, Kept], days: Days) -> None:
    """Say of each when it is due: with the last of its kinds, for the last of its people."""
    last: dict[str, date] = {}
    for one in found:
        for who in one.about:
            last[who] = max(last.get(who, one.last_on), one.last_on)
    for one in found:
        ends = []
        for kept in {kind: schedule[kind] for kind in map(kind_of, one.classes)}.values():
            start = _start(one, kept.trigger, days, last)
            if kept.years is None:
                one.lacks.add(f"{kept.label}: years not set")
            elif start is None:
                one.lacks.add(f"{kept.label}: no day known for {kept.trigger.words}")
            else:
                ends.append(years_after(start, kept.years))
        one.due = max(ends) if not one.lacks else None


def _start(one: Holding, trigger: Trigger, days: Days, last: Mapping[str, date]) -> date | None:
    if trigger is Trigger.RECORD_MADE:
        return one.made_on
    if trigger is Trigger.CASE_LAPSE:
        return days.lapses.get(one.case_id)
    if trigger is Trigger.LAST_CONTACT:
        return max(last[who] for who in one.about)
    if trigger is Trigger.DEATH:
        return _latest(days.deaths.get(who) for who in one.about)
    age = 18 if trigger is Trigger.BIRTHDAY_18 else 25
    born = _latest(days.births.get(who) for who in one.about)
    return None if born is None else years_after(born, age)


def _latest(days: Iterable[date | None]) -> date | None:
    """The last of them; None where one is not known."""
    known = list(days)
    return None if None in known else max(day for day in known if day is not None)


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 1 March for a 29 February that there is not."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
