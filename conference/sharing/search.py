"""Finding somebody. A hit that the searcher may not see does not exist."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.finding import keeping
from conference.cases.finding.keeping import forget_fields, forget_person
from conference.cases.models import Case, CaseAgency, CaseExclusion, PersonIndex
from conference.cases.services import cases_of
from conference.identity.services import Viewer
from conference.sharing.door import Asked, Reach, disclose, recognised
from conference.sharing.searching.likely import likely_fields, sources_of
from conference.sharing.searching.wanted import Sought, Typed, sought
from conference.sharing.stored import agencies_of
from conference.sharing.view import CaseView, PersonView
from conference.trail import writing
from conference.vault.index import name_and_birth
from conference.vault.likeness import short_id

__all__ = [
    "FOUND_BY",
    "Hit",
    "Typed",
    "by_reference",
    "find",
    "forget_fields",
    "forget_person",
    "look_for",
    "people_of_own_agency",
]

FOUND_BY = ("identity.name", "identity.alias", "identity.dob", "identity.nhs-number")
MOST_SHOWN = 20
"""So many of those whose names are alike are shown, the likeliest; of those who fit exactly, all."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody found in a case that the searcher may open. is_alike: only by a similar name."""

    view: CaseView
    person: PersonView
    is_alike: bool = False


def find(
    session: Session, viewer: Viewer, *, name: str = "", born: str = "", nhs: str = "", at: datetime
) -> list[Hit]:
    """People by name, with or without date of birth (YYYY-MM-DD), or by NHS number: see `look_for`."""
    return look_for(session, viewer, Typed(name=name, born=born, nhs=nhs), at=at)


def look_for(session: Session, viewer: Viewer, typed: Typed, *, at: datetime) -> list[Hit]:
    """People in the viewer's own cases by number, by address or by name, exactly; by name also nearly.

    Who fits exactly comes first, then whoever has a similar name, the likeliest first. Only what the viewer
    is shown in full is compared, so that nobody hidden takes a place. The same number of queries whether
    anybody is found, may be seen, or not. The search itself is logged.
    Raises BadInput if what was typed is not complete.
    """
    asked_for = sought(typed)
    cases = cases_of(session, viewer, at=at)
    search = _Search(session, viewer, asked_for)
    recognised(
        session,
        viewer,
        cases,
        asked=Asked(classes=keeping.FOUND_BY),
        choose=search.worth_opening,
        judge=search.judged,
    )
    where = {case_id for case_id, _ in search.found}
    views = disclose(
        session,
        viewer,
        [case for case in cases if case.id in where],
        asked=Asked(fields=sorted(search.to_show())),
    )
    _log_search(session, viewer)
    return search.hits(views)


class _Search:
    """One search: what is worth opening of what may be seen, who it is, and what to show of them."""

    def __init__(self, session: Session, viewer: Viewer, asked_for: Sought) -> None:
        self._session = session
        self._asked_for = asked_for
        tokens = asked_for.tokens(session, viewer.partnership_id)
        query = select(PersonIndex).where(
            PersonIndex.partnership_id == viewer.partnership_id, PersonIndex.token.in_(tokens)
        )
        self._rows = session.scalars(query).all()
        owners = [one.id for one in agencies_of(session, viewer.partnership_id)]
        self._sources = sources_of(session, viewer.partnership_id, owners)
        self._likely: list[str] = []
        self._reach: dict[str, Reach] = {}
        self._births: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.found: dict[tuple[str, str], tuple[float, set[str]]] = {}

    def worth_opening(self, reach: Sequence[Reach]) -> set[str]:
        """Of what may be seen in full, about one person each: what the index names, with what it rests on."""
        self._reach = {one.field_id: one for one in reach if len(one.about) == 1}
        self._rows = [row for row in self._rows if all(one in self._reach for one in _needed(row))]
        chosen = {one for row in self._rows for one in _needed(row)}
        if self._asked_for.kind != "name":
            return chosen
        for one in self._reach.values():
            if one.class_name == keeping.BORN:
                self._births[_person(one)].append(one.field_id)
        names = {short_id(one): one for one, of in self._reach.items() if of.class_name in keeping.NAMES}
        self._likely = likely_fields(self._session, self._sources, self._asked_for.text, names)
        born = {birth for one in self._likely for birth in self._births[_person(self._reach[one])]}
        return chosen | set(self._likely) | born

    def judged(self, said: dict[str, str]) -> list[str]:
        """Who it is, now that it can be read."""
        for row in self._rows:
            born = said[row.birth_field_id] if row.birth_field_id is not None else None
            if self._asked_for.fits(said[row.field_id], born):
                self._note(row.field_id, 2.0, _needed(row))
        for field_id in self._likely:
            births = self._births[_person(self._reach[field_id])]
            score = self._asked_for.likeness(said[field_id], [said[one] for one in births])
            if score:
                self._note(field_id, score, [field_id])
        best = sorted(self.found, key=lambda one: (-self.found[one][0], one))
        exact = sum(self.found[one][0] > 1 for one in best)
        self.found = {one: self.found[one] for one in best[: max(exact, MOST_SHOWN)]}
        return [field_id for _, fields in self.found.values() for field_id in fields]

    def to_show(self) -> set[str]:
        """The fields that say who was found: names, birth and number, and what they were found by."""
        who = {
            one.field_id
            for one in self._reach.values()
            if one.class_name in FOUND_BY and _person(one) in self.found
        }
        return who | {field_id for _, fields in self.found.values() for field_id in fields}

    def hits(self, views: dict[str, CaseView]) -> list[Hit]:
        """Those found, as they are shown."""
        hits = []
        for (case_id, person_id), (score, _) in self.found.items():
            view = views[case_id]
            person = next((one for one in view.people if one.person_id == person_id), None)
            if person is not None:
                hits.append((-score, view.reference, person_id, Hit(view, person, is_alike=score < 1)))
        return [hit for *_, hit in sorted(hits, key=lambda one: one[:3])]

    def _note(self, field_id: str, score: float, fields: Iterable[str]) -> None:
        who = _person(self._reach[field_id])
        before, known = self.found.get(who, (0.0, set()))
        self.found[who] = max(score, before), known | set(fields)


def by_reference(session: Session, viewer: Viewer, reference: str) -> Case | None:
    """The case of this reference, if it is listed for the viewer's agency and not closed to them. Logged."""
    closed = select(CaseExclusion.case_id).where(
        CaseExclusion.staff_id == viewer.staff_id, CaseExclusion.lifted_at.is_(None)
    )
    _log_search(session, viewer)
    return session.scalar(
        select(Case)
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(
            Case.partnership_id == viewer.partnership_id,
            CaseAgency.agency_id == viewer.agency_id,
            Case.reference == reference.strip().upper(),
            Case.id.not_in(closed),
        )
    )


def people_of_own_agency(session: Session, viewer: Viewer, name: str, born: date) -> set[str]:
    """Whom the viewer's own agency knows by this exact name and date of birth: people's ids. For governance.

    Raises BadInput for a name without a letter.
    """
    keys, partnership_id = session.info["keys"], viewer.partnership_id
    tokens = keeping.tokens_now(
        session,
        partnership_id,
        lambda version: name_and_birth(keys, partnership_id, name, born, version=version),
    )
    query = select(PersonIndex.person_id).where(
        PersonIndex.partnership_id == partnership_id,
        PersonIndex.owner == viewer.agency_id,
        PersonIndex.token.in_(tokens),
    )
    return set(session.scalars(query))


def _needed(row: PersonIndex) -> list[str]:
    """The fields that a hit rests on: a name and a date of birth, or a number or an address alone."""
    return [one for one in (row.field_id, row.birth_field_id) if one is not None]


def _person(one: Reach) -> tuple[str, str]:
    return one.case_id, one.about[0]


def _log_search(session: Session, viewer: Viewer) -> None:
    writing.record(
        session,
        "person.searched",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        channel="screen",
    )
