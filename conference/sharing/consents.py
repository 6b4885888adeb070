"""People's consents and refusals, as recorded, and their withdrawal; and what professionals decided."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference.cases.models import Case
from conference.cases.services import By
from conference.clock import moment
from conference.errors import BadInput, Conflict
from conference.ids import new_id
from conference.inputs import moved
from conference.sharing import policy
from conference.sharing.models import SAID_ELSEWHERE, ConsentRow, DecisionRow
from conference.sharing.recalls.services import Aftermath, after_withdrawal
from conference.sharing.reviews.services import Review, ReviewKind, next_working_day, open_review
from conference.sharing.said import before_saying, seal_said
from conference.sharing.taking.services import check_speaker, role_of
from conference.sharing.taking.taken import Taken
from conference.trail import writing
from conference.vault.seal import Place, seal


def record_consent(
    session: Session,
    case: Case,
    person_id: str,
    *,
    word: dict[str, Any],
    how: str | Taken,
    by: By,
    at: datetime,
) -> ConsentRow:
    """Keep what somebody said.

    word: a consent in the policy's form without id, person, given_at, recorded_at and from.
    how: who asked, in what words, alone or not: sealed.
    Raises consent.BrokenPolicy where the engine refuses it: a grant that names no agency, an end missing;
    BadInput where it cannot count: an alleged perpetrator's, one that was not safe to ask for, a child's
    through somebody who must not speak for them.
    """
    role = role_of(session, case, person_id)
    if isinstance(how, Taken):
        how.must_stand(role)
        if how.speaker is not None:
            check_speaker(session, case, person_id, how.speaker)
        how = how.as_text()
    if not how.strip():
        raise BadInput("Say how this was asked and answered.", "how")
    consent_id = new_id("cns")
    said = moment(at)
    document = {
        **word,
        "id": consent_id,
        "person": person_id,
        "given_at": said,
        "recorded_at": said,
        "from": said,
    }
    rests = policy.in_force(session, case.partnership_id, [], at)
    consent.extend(rests.policy, consents=[document], decisions=[])
    before_saying(session, person_id)
    place = Place("consent", consent_id, "given_how")
    row = ConsentRow(
        id=consent_id,
        partnership_id=case.partnership_id,
        person_id=person_id,
        case_id=case.id,
        document=json.dumps(document, ensure_ascii=False),
        recorded_at=at,
        recorded_by=by.staff_id,
        recorded_for=by.agency_id,
        given_how=seal(
            session,
            how,
            partnership=case.partnership_id,
            owner=by.agency_id,
            subjects=[person_id],
            place=place,
        ),
    )
    session.add(row)
    seal_said(session, person_id)
    _log(session, "consent.recorded", case, by, row.id)
    return row


def withdraw(session: Session, case: Case, row: ConsentRow, *, by: By, at: datetime) -> Aftermath:
    """Somebody takes back what they said: it no longer counts. Raises Conflict if it was taken back.

    What was shown on a grant is recalled, and what goes on without it is looked at by chair and IDVA: in a
    case to prevent serious harm always, so that whoever withdraws learns nothing from whether it is.
    """
    if row.withdrawn_at is not None:
        raise Conflict(f"consent {row.id} is already withdrawn")
    before_saying(session, row.person_id)
    document = json.loads(row.document)
    document["withdrawn_at"] = moment(at)
    row.document = json.dumps(document, ensure_ascii=False)
    row.withdrawn_at, row.withdrawn_by = at, by.staff_id
    seal_said(session, row.person_id)
    _log(session, "consent.withdrawn", case, by, row.id)
    aftermath = after_withdrawal(session, case, row, by=by, at=at)
    is_about_harm = case.conference_type.purpose == "prevent-serious-harm"
    if document["decision"] == "grant" and is_about_harm and review_due(session, case, row) is None:
        open_review(
            session,
            partnership_id=case.partnership_id,
            kind=ReviewKind.WITHDRAWAL,
            agency_id=row.recorded_for,
            about=row.id,
            case_id=case.id,
            due=next_working_day(at),
            at=at,
        )
    return aftermath


def review_due(session: Session, case: Case, row: ConsentRow) -> datetime | None:
    """By when chair and IDVA look at what goes on in this case without a consent; None if nobody need."""
    asked = select(Review).where(
        Review.about == row.id, Review.case_id == case.id, Review.kind == ReviewKind.WITHDRAWAL.value
    )
    review = session.scalar(asked)
    return review.due if review is not None else None


def record_decision(
    session: Session, case: Case, *, decision: dict[str, Any], by: By, at: datetime
) -> DecisionRow:
    """Keep what professionals decided and signed, in the policy's form without its id; their reason sealed.

    Raises consent.BrokenPolicy where the engine refuses it, BadInput if it would begin before now.
    """
    decision_id = new_id("dcn")
    document: dict[str, Any] = {"id": decision_id, **decision}
    if document["from"] < moment(at):
        raise BadInput("A decision cannot begin before it is recorded.", "from")
    rests = policy.in_force(session, case.partnership_id, [], at)
    consent.extend(rests.policy, consents=[], decisions=[document])
    before_saying(session, document["person"])
    reason = seal(
        session,
        document["reason"],
        partnership=case.partnership_id,
        owner=by.agency_id,
        subjects=[document["person"]],
        place=Place("decision", decision_id, "reason"),
    )
    row = DecisionRow(
        id=decision_id,
        partnership_id=case.partnership_id,
        person_id=document["person"],
        document=json.dumps(document | {"reason": SAID_ELSEWHERE}, ensure_ascii=False),
        reason=reason,
        recorded_at=at,
    )
    session.add(row)
    seal_said(session, row.person_id)
    _log(session, "override.recorded", case, by, row.id)
    return row


def _log(session: Session, name: str, case: Case, by: By, about: str) -> None:
    writing.record(
        session,
        name,
        partnership=case.partnership_id,
        actor=by.staff_id,
        agency=by.agency_id,
        case=case.id,
        about=(about,),
    )
    moved(session, case.partnership_id)
