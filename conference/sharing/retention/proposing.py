"""An officer proposes to erase records of their own agency; another officer of it approves, or refuses."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.forgetting import records_about
from conference.cases.models import Case, Record
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.permissions import Permission
from conference.sharing.retention.erasing import let_go, must_go
from conference.sharing.retention.models import Erasure, State
from conference.trail import writing

REASONS = {
    "due": "Its time is over",
    "asked": "The person asked for it",
    "wrong": "It should not be held",
    "ordered": "A court or the ICO ordered it",
}


def own_records(session: Session, viewer: Viewer, case: Case, person_id: str) -> list[str]:
    """Ids of the records that the viewer's agency holds about somebody in a case. Raises NotFound without."""
    theirs = records_about(session, person_id, owner=viewer.agency_id)
    found = list(
        session.scalars(
            select(Record.id).where(Record.id.in_(theirs), Record.case_id == case.id).order_by(Record.id)
        )
    )
    if not found:
        raise NotFound
    return found


def propose(
    session: Session,
    viewer: Viewer,
    case: Case,
    person_id: str,
    *,
    records: Collection[str],
    why: str,
    at: datetime,
) -> Erasure:
    """Propose that exactly `records` are erased. `case` was found through the viewer.

    Raises BadInput with what to do, NotFound where the agency holds nothing about them.
    """
    if not viewer.may(Permission.GOVERNANCE):
        raise Refused("role")
    own = own_records(session, viewer, case, person_id)
    if not records:
        raise BadInput("Choose what to erase.", "records")
    if not set(records) <= set(own):
        raise NotFound
    if why not in REASONS:
        raise BadInput("Say why.", "why")
    must_go(session, viewer.agency_id, case.id, {person_id}, records)
    if any(one.person_id == person_id for one in waiting(session, viewer, [case])):
        raise BadInput("A proposal about them is waiting already. Answer it, or take it back.")
    made = Erasure(
        id=new_id("ers"),
        partnership_id=case.partnership_id,
        agency_id=viewer.agency_id,
        case_id=case.id,
        person_id=person_id,
        records=json.dumps(sorted(set(records))),
        why=why,
        proposed_at=at,
        proposed_by=viewer.staff_id,
        state=State.WAITING.value,
    )
    session.add(made)
    session.flush()
    _log(session, "erasure.proposed", made, viewer, why)
    return made


def approve(session: Session, viewer: Viewer, found: Erasure, *, at: datetime) -> int:
    """A colleague approves: it is erased with this transaction. How many fields went.

    Raises Refused for whoever proposed it, Conflict if it does not wait any more, BadInput.
    """
    _hold(session, viewer, found)
    if viewer.staff_id == found.proposed_by:
        raise Refused("own-act")
    must_go(session, found.agency_id, found.case_id, {found.person_id}, json.loads(found.records))
    _answered(session, viewer, found, State.DONE, at=at)
    return len(let_go(session, found, actor=viewer.staff_id))


def refuse(session: Session, viewer: Viewer, found: Erasure, *, at: datetime) -> None:
    """A colleague refuses, or whoever proposed it takes it back. Raises Conflict."""
    _hold(session, viewer, found)
    own = viewer.staff_id == found.proposed_by
    _answered(session, viewer, found, State.TAKEN_BACK if own else State.REFUSED, at=at)


def waiting(session: Session, viewer: Viewer, cases: Collection[Case]) -> list[Erasure]:
    """The agency's proposals that wait for a word, in cases that were found through the viewer."""
    return [one for one in of_own_agency(session, viewer, cases) if one.state == State.WAITING]


def of_own_agency(session: Session, viewer: Viewer, cases: Collection[Case]) -> list[Erasure]:
    """All of the agency's proposals in these cases, the oldest first."""
    query = (
        select(Erasure)
        .where(Erasure.agency_id == viewer.agency_id, Erasure.case_id.in_(sorted(case.id for case in cases)))
        .order_by(Erasure.proposed_at, Erasure.id)
    )
    return list(session.scalars(query))


def find(session: Session, viewer: Viewer, cases: Collection[Case], erasure_id: str) -> Erasure:
    """One of them. Raises NotFound, the same for none and another's."""
    found = next((one for one in of_own_agency(session, viewer, cases) if one.id == erasure_id), None)
    if found is None:
        raise NotFound(f"erasure {erasure_id}")
    return found


def _hold(session: Session, viewer: Viewer, found: Erasure) -> None:
    if found.agency_id != viewer.agency_id:
        raise NotFound
    if not viewer.may(Permission.GOVERNANCE):
        raise Refused("role")
    session.refresh(found, with_for_update=True)
    if found.state != State.WAITING:
        raise Conflict(f"erasure {found.id} does not wait")


def _answered(session: Session, viewer: Viewer, found: Erasure, state: State, *, at: datetime) -> None:
    found.state, found.answered_at, found.answered_by = state.value, at, viewer.staff_id
    session.flush()
    _log(session, "erasure.answered", found, viewer, state.value)


def _log(session: Session, name: str, found: Erasure, viewer: Viewer, mark: str) -> None:
    writing.record(
        session,
        name,
        partnership=found.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=found.case_id,
        about=(found.id,),
        mark=mark,
    )
