"""What other rules would have changed in the past, and will change at the next meeting, for one's own agency.

Only the agency's own fields are looked at, by class and level: nothing is opened. What people said is left
out: each is asked as if they had agreed, refused or said nothing, so no answer tells what anybody did.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

import consent
from conference.cases.models import Case, CasePerson
from conference.identity.services import Viewer, list_agencies, list_staff
from conference.sharing import policy
from conference.sharing.stored import Asked, kept_out_of, people_of, stored_fields
from conference.trail.reading import EntryItem, Wanted, events_for

YEAR = timedelta(days=365)
WORDS = ("granted", "refused", "silent")
SHOWN = ("disclosure.shown", "disclosure.exported")
_REPRESENTING = {"idva": ("idva", "representative")}


@dataclass(frozen=True, slots=True, order=True)
class Touched:
    """Some of the agency's own fields, or disclosures of them, that other rules touch alike.

    words: as which words of the people concerned it is so; all three where that makes no difference.
    """

    class_name: str
    recipient: str
    before: str
    after: str
    words: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The past year's disclosures of the agency's information, and its fields on the next agenda.

    looked: how many were looked at.
    """

    past_looked: int
    past: tuple[Touched, ...]
    next_looked: int
    next: tuple[Touched, ...]


def what_if(
    session: Session, viewer: Viewer, old: str, new: str, *, next_cases: Collection[str], at: datetime
) -> WhatIf:
    """Compare two whole policies (JSON), both as they are at `at`. next_cases: ids of the cases that come."""
    asking = _Asking(consent.load(_with_words(old)), consent.load(_with_words(new)), at)
    past_looked, past = _past(session, viewer, asking)
    next_looked, coming = _coming(session, viewer, asking, next_cases)
    return WhatIf(past_looked, past, next_looked, coming)


# --- the two policies, asked alike --------------------------------------------------------------------------


def _with_words(document: str) -> str:
    """The policy and two people in it: one agreed to everything, one refused. Whoever else was silent."""
    whole: dict[str, Any] = json.loads(document)
    always = {"given_at": _LONG_AGO, "recorded_at": _LONG_AGO, "from": _LONG_AGO, "until": _FAR_OFF}
    about = {"purposes": whole["purposes"], "classes": [one["name"] for one in whole["classes"]]}
    grant = {"id": "granted", "person": "granted", "decision": "grant", "recipients": list(whole["agencies"])}
    refusal = {"id": "refused", "person": "refused", "decision": "refuse", "recipients": ["*"]}
    return json.dumps({**whole, "consents": [{**one, **always, **about} for one in (grant, refusal)]})


_LONG_AGO, _FAR_OFF = "2000-01-01T00:00:00Z", "9000-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class _Cell:
    """What decides about one field for one recipient, people's words aside."""

    purpose: str
    owner: str
    class_name: str
    roles_about: tuple[str, ...]
    agency: str
    roles: tuple[str, ...]


@dataclass(slots=True)
class _Asking:
    old: consent.Policy
    new: consent.Policy
    at: datetime
    known: dict[tuple[_Cell, str], dict[str, tuple[consent.Level, consent.Level]]] = field(
        default_factory=dict
    )

    def levels(self, cell: _Cell, offered: str) -> dict[str, tuple[consent.Level, consent.Level]]:
        """For each word, the level now and the level with the other rules."""
        if (cell, offered) not in self.known:
            self.known[cell, offered] = {word: self._both(cell, offered, word) for word in WORDS}
        return self.known[cell, offered]

    def _both(self, cell: _Cell, offered: str, word: str) -> tuple[consent.Level, consent.Level]:
        request = policy.request_for(
            at=self.at,
            purpose=cell.purpose,
            owner=cell.owner,
            class_name=cell.class_name,
            offered=offered,
            subjects=[(word, role) for role in cell.roles_about],
            agency=cell.agency,
            roles=cell.roles,
            excluded=False,
        )
        return consent.decide(self.old, request).level, consent.decide(self.new, request).level


def _summed(found: Iterable[tuple[str, str, dict[str, tuple[str, str]]]]) -> tuple[Touched, ...]:
    """Bring together what is touched alike. found: class, recipient, and (before, after) by word."""
    counted: Counter[tuple[str, str, str, str, tuple[str, ...]]] = Counter()
    for class_name, recipient, by_word in found:
        for pair in dict.fromkeys(by_word.values()):
            words = tuple(word for word in WORDS if by_word.get(word) == pair)
            counted[class_name, recipient, *pair, words] += 1
    return tuple(sorted(Touched(*key, count) for key, count in counted.items()))


# --- the past year ------------------------------------------------------------------------------------------


def _past(session: Session, viewer: Viewer, asking: _Asking) -> tuple[int, tuple[Touched, ...]]:
    wanted = Wanted(since=asking.at - YEAR, names=SHOWN)
    entries = [
        one for one in events_for(session, viewer.partnership_id, viewer.agency_id, wanted) if one.case
    ]
    kept_out = kept_out_of(session, viewer, sorted({one.case for one in entries if one.case}))
    roles = {
        one.id: tuple(row.role for row in one.roles) for one in list_staff(session, viewer.partnership_id)
    }
    about = _roles_of_people(session, viewer.partnership_id)
    looked = 0
    found = []
    for entry in entries:
        if entry.agency is None or entry.agency == viewer.agency_id or entry.case in kept_out:
            continue
        for item in entry.items:
            if item is None or item.owner != viewer.agency_id:
                continue
            looked += 1
            kinds = {about.get((entry.case or "", who), "other") for who in item.subjects}
            actor = roles.get(entry.actor or "", ("representative",))
            of = (item.owner, item.class_name, tuple(sorted(kinds)))
            cell = _Cell(entry.purpose or "", *of, entry.agency, actor)
            changed = _changed_then(item, asking.levels(cell, "full"))
            if changed:
                found.append((item.class_name, entry.agency, changed))
    return looked, _summed(found)


def _changed_then(
    item: EntryItem, levels: dict[str, tuple[consent.Level, consent.Level]]
) -> dict[str, tuple[str, str]]:
    """How a disclosure would have gone, by word; without the words by which it could not have happened.

    Less is certain. More is what the rules would have let through, had it been offered so far.
    """
    shown = consent.Level[item.level.upper()]
    out = {}
    for word, (old, new) in levels.items():
        if old >= shown > new or old == shown < new:
            out[word] = (shown.word, new.word)
    return out


def _roles_of_people(session: Session, partnership_id: str) -> dict[tuple[str, str], str]:
    """What each person is in each case: (case, person) to role. One query."""
    rows = session.scalars(select(CasePerson).where(CasePerson.partnership_id == partnership_id))
    return {(row.case_id, row.person_id): row.role.value for row in rows}


# --- the next agenda ----------------------------------------------------------------------------------------


def _coming(
    session: Session, viewer: Viewer, asking: _Asking, case_ids: Collection[str]
) -> tuple[int, tuple[Touched, ...]]:
    listed = sorted(set(case_ids))
    kept_out = kept_out_of(session, viewer, listed)
    people = people_of(session, listed)
    purposes = _purposes(session, listed)
    others = [one for one in list_agencies(session, viewer.partnership_id) if one.id != viewer.agency_id]
    stored = stored_fields(session, viewer, listed, Asked(owners=(viewer.agency_id,)))
    mine = [one for one in stored if one.owner == viewer.agency_id and one.case_id not in kept_out]
    found = []
    for one in mine:
        for other in others:
            kinds = {people[one.case_id][who] for who in one.subjects if who in people[one.case_id]}
            reads = _REPRESENTING.get(other.kind, ("representative",))
            of = (viewer.agency_id, one.class_name, tuple(sorted(kinds)))
            cell = _Cell(purposes[one.case_id], *of, other.id, reads)
            levels = asking.levels(cell, one.offered)
            changed = {word: (old.word, new.word) for word, (old, new) in levels.items() if old != new}
            if changed:
                found.append((one.class_name, other.id, changed))
    return len(mine), _summed(found)


def _purposes(session: Session, case_ids: Collection[str]) -> dict[str, str]:
    """What each case is shared for. One query."""
    query = select(Case).where(Case.id.in_(case_ids)).options(joinedload(Case.conference_type))
    return {case.id: case.conference_type.purpose for case in session.scalars(query)}
