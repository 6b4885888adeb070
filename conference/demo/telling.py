"""What a case of the story is made of, and how it is told through the services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from conference import clock
from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import Case, ConferenceType, ExclusionKind, Offered, PersonRole, Research
from conference.cases.services import By
from conference.demo.dates import Days
from conference.demo.people import AGENCY_OF, CHAIR, COORDINATOR, PARTNERSHIP, RESEARCHER
from conference.identity.services import Viewer, viewer_for


@dataclass(frozen=True)
class Said:
    """One field.

    about: names of people, with spaces.   days: how long ago it was recorded.   name: to point at it.
    """

    agency: str
    class_name: str
    about: str
    value: str
    offered: str = "full"
    summary: str = ""
    kind: str = "fact"
    source: str = ""
    days: int = 20
    why: str = ""
    why_not: str = ""
    name: str = ""


@dataclass(frozen=True)
class Told:
    """One case.

    people:     what they are called in it, and what they are there.
    agencies:   for whom it is listed, and how far each is with its research.
    opened:     days ago.   due: when research is due, in days from today.
    people_of:  a case told before, whose people of the same names come back.
    extra:      who else works on it, beside researchers, coordinator and chair.
    """

    name: str
    people: Mapping[str, PersonRole]
    agencies: Mapping[str, Research]
    said: tuple[Said, ...]
    opened: int = 14
    due: int = -2
    referrer: str = "rory.flynn"
    people_of: str = ""
    extra: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    together: tuple[tuple[str, str, str, str], ...] = ()


@dataclass
class Teller:
    """What was told so far, by the names that the story uses."""

    session: Session
    days: Days
    staff: dict[str, str] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    _viewers: dict[str, Viewer] = field(default_factory=dict)

    def by(self, who: str) -> By:
        """Somebody of the staff, as who makes a change."""
        return By(self.staff[who], AGENCY_OF[who])

    def viewer(self, who: str) -> Viewer:
        """Somebody of the staff, as who is looking."""
        if who not in self._viewers:
            found = viewer_for(self.session, self.staff[who])
            if found is None:
                raise LookupError(who)
            self._viewers[who] = found
        return self._viewers[who]

    def tell(self, told: Told, kind: ConferenceType) -> Case:
        """The whole case: its people, who works on it, what each agency holds and offers, its research."""
        with clock.held(self.days.at(-told.opened)):
            case = self._open(told, kind)
        with clock.held(self.days.at(-max(told.opened - 3, 0), 14)):
            for said in told.said:
                self.say(case, told.name, said)
            for one, other, words, agency in told.together:
                self._together(case, told.name, one, other, words, agency)
            self._research(case, told)
        for who in told.recused:
            with clock.held(self.days.at(-max(told.opened - 4, 0), 9)):
                cases.exclude(
                    self.session,
                    case,
                    self.staff[who],
                    ExclusionKind.RECUSED,
                    by=self.by(who),
                    at=clock.now(),
                )
        return case

    def say(self, case: Case, name: str, said: Said) -> None:
        """One field, typed in by the agency's researcher."""
        people = [self.people[name][who] for who in said.about.split()]
        actor = self.by(RESEARCHER[said.agency])
        record = records.add_record(
            self.session,
            case_id=case.id,
            agency_id=said.agency,
            type="Typed in",
            about=people,
            by=actor.staff_id,
            at=clock.now(),
        )
        made = records.add_field(
            self.session,
            record,
            class_name=said.class_name,
            value=self.days.told(said.value),
            kind=said.kind,
            source=self.days.told(said.source),
            summary=self.days.told(said.summary),
            relevance=self.days.told(said.why),
            recorded_at=self.days.at(-said.days, 12),
            by=actor.staff_id,
            at=clock.now(),
        )
        if said.offered != "none" or said.why_not:
            records.set_offer(
                self.session,
                made,
                Offered(said.offered),
                by=actor,
                withheld_reason=said.why_not,
            )
        if said.name:
            self.fields[f"{name}/{said.name}"] = made.id

    def _open(self, told: Told, kind: ConferenceType) -> Case:
        coordinator = self.by(COORDINATOR)
        case = cases.open_case(
            self.session,
            partnership_id=PARTNERSHIP,
            conference_type=kind,
            agencies=list(told.agencies),
            by=self.by(told.referrer),
            at=clock.now(),
            research_due=self.days.day(told.due),
        )
        self.cases[told.name] = case
        known = self.people.get(told.people_of, {})
        self.people[told.name] = mine = {}
        for who, role in told.people.items():
            if who in known:
                cases.link_person(self.session, case, known[who], role)
                mine[who] = known[who]
            else:
                mine[who] = cases.add_person(self.session, case, role)
        working = [RESEARCHER[agency] for agency in told.agencies]
        for who in dict.fromkeys((*working, COORDINATOR, CHAIR, told.referrer, *told.extra)):
            if AGENCY_OF[who] in told.agencies:
                cases.assign(self.session, case, self.staff[who], by=coordinator, at=clock.now())
        return case

    def _together(self, case: Case, name: str, one: str, other: str, words: str, agency: str) -> None:
        actor = self.by(RESEARCHER[agency])
        made = records.add_relation(
            self.session,
            case,
            self.people[name][one],
            self.people[name][other],
            value=words,
            agency_id=agency,
            by=actor.staff_id,
            at=clock.now() - timedelta(minutes=5),
        )
        records.set_offer(self.session, made, Offered.FULL, by=actor)

    def _research(self, case: Case, told: Told) -> None:
        for agency, state in told.agencies.items():
            now = cases.agencies_of(self.session, case)
            if next(row.research for row in now if row.agency_id == agency) is not state:
                actor = self.by(RESEARCHER[agency])
                cases.set_research(self.session, case, agency, state, by=actor)
