"""Emergency access: opened by whoever needs it, for an hour, at summaries, and reviewed afterwards.

Source: the law of sharing, "decisions" (break-glass); screens, section 10.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases.models import Case
from conference.cases.services import agencies_of, checked_text, people_in
from conference.clock import moment
from conference.errors import BadInput, NotFound, Refused
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.permissions import Permission
from conference.sharing import policy
from conference.sharing.overrides import recording, rules
from conference.sharing.overrides.models import Emergency
from conference.sharing.policy import InForce
from conference.sharing.reviews.services import ReviewKind, next_working_day, open_review
from conference.trail import writing
from conference.vault.seal import Place, seal

LASTS = timedelta(minutes=60)
LEVEL = "summary"


def break_glass(session: Session, viewer: Viewer, case: Case, reason: str, *, at: datetime) -> Emergency:
    """Open a case in an emergency: for an hour, at summaries, never a safe address.

    A decision is recorded for each person in the case and each other agency that it is listed for, whatever
    they hold: what is done, logged and answered is the same where there is nothing. Each of these agencies'
    officers, and the viewer's own, must close a review by the next working day.

    case: found through the viewer. Raises Refused by role, BadInput without a reason or while one is open.
    """
    if not viewer.may(Permission.EMERGENCY):
        raise Refused("role")
    said = checked_text(reason, "reason", "Say what is happening.")
    if emergency_of(session, viewer, case, at=at) is not None:
        raise BadInput("You have emergency access to this case already.", "reason")
    rests = policy.in_force(session, case.partnership_id, [], at)
    known = rules.agencies_in(rests.policy, but=viewer.agency_id)
    owners = [row.agency_id for row in agencies_of(session, case) if row.agency_id in known]
    people = [person for person, _ in people_in(session, case)]
    emergency = Emergency(
        id=new_id("emg"),
        partnership_id=case.partnership_id,
        case_id=case.id,
        staff_id=viewer.staff_id,
        agency_id=viewer.agency_id,
        opened_at=at,
        until=at + LASTS,
    )
    # First what the world sees of it, then what depends on how many people there are.
    _log(session, "breakglass.opened", emergency, concerns=tuple(owners))
    _ask_for_reviews(session, emergency, [viewer.agency_id, *owners], at=at)
    documents = _documents(viewer, case, rests, owners, people, at=at)
    made = recording.write(session, case.partnership_id, documents, rests=rests, at=at)
    emergency.decisions = json.dumps(made)
    emergency.reason = seal(
        session,
        said,
        partnership=case.partnership_id,
        owner=viewer.agency_id,
        subjects=people,
        place=Place("emergency", emergency.id, "reason"),
    )
    session.add(emergency)
    session.flush()
    return emergency


def emergency_of(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> Emergency | None:
    """The viewer's own emergency access to a case, while it is open. The answer holds until it ends."""
    query = (
        select(Emergency)
        .where(
            Emergency.case_id == case.id,
            Emergency.staff_id == viewer.staff_id,
            Emergency.opened_at <= at,
            Emergency.until > at,
            Emergency.ended_at.is_(None),
        )
        .order_by(Emergency.opened_at.desc(), Emergency.id)
    )
    found = session.scalars(query).first()
    if found is not None:
        inputs.rests_on(session, viewer.partnership_id, until=found.until)
    return found


def end_emergency(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> None:
    """End the viewer's emergency access now. Raises NotFound if there is none."""
    found = emergency_of(session, viewer, case, at=at)
    if found is None:
        raise NotFound
    recording.end(session, case.partnership_id, json.loads(found.decisions), at=at)
    found.ended_at = at
    session.flush()
    _log(session, "breakglass.ended", found, concerns=())


def _documents(
    viewer: Viewer, case: Case, rests: InForce, owners: list[str], people: list[str], *, at: datetime
) -> list[dict[str, Any]]:
    classes = rules.never_reaching_safe(rests.policy.above)
    return [
        {
            "kind": "break-glass",
            "person": person,
            "owner": owner,
            "recipients": [viewer.agency_id],
            "purposes": [case.conference_type.purpose],
            "classes": classes,
            "level": LEVEL,
            "requested_by": viewer.staff_id,
            "from": moment(at),
            "until": moment(at + LASTS),
        }
        for person in people
        for owner in owners
    ]


def _ask_for_reviews(session: Session, emergency: Emergency, agencies: list[str], *, at: datetime) -> None:
    for agency_id in agencies:
        open_review(
            session,
            partnership_id=emergency.partnership_id,
            kind=ReviewKind.BREAK_GLASS,
            agency_id=agency_id,
            about=emergency.id,
            case_id=emergency.case_id,
            due=next_working_day(at),
            at=at,
        )


def _log(session: Session, name: str, emergency: Emergency, *, concerns: tuple[str, ...]) -> None:
    writing.record(
        session,
        name,
        partnership=emergency.partnership_id,
        actor=emergency.staff_id,
        agency=emergency.agency_id,
        case=emergency.case_id,
        about=(emergency.id,),
        concerns=concerns,
    )
