"""What a withdrawal does to what was shown before it: recalls, and a review of what goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case, CaseAgency, CasePerson
from conference.cases.services import By
from conference.identity.models import Agency
from conference.sharing.models import ConsentRow
from conference.sharing.recalls.impact import Touched, Withdrawn
from conference.sharing.recalls.models import Cause
from conference.sharing.recalls.notices import send_notices
from conference.sharing.recalls.shown import shown
from conference.sharing.reviews.services import ReviewKind, next_working_day, open_review

_REPRESENTING = {"idva": ("idva", "representative")}


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What a withdrawal did.

    recall_id:  of the notices that were sent; None if nobody has anything to give back.
    told:       how many people were sent a notice.
    review_due: by when the chair and the IDVA look at what is shared on another basis; None if nothing is.
    unread:     how many entries of the log could not be read: those may have shown something too.
    """

    recall_id: str | None = None
    told: int = 0
    review_due: datetime | None = None
    unread: int = 0


def after_withdrawal(
    session: Session, case: Case, consent_row: ConsentRow, *, by: By, at: datetime
) -> Aftermath:
    """Send back what rested on a consent that was withdrawn just now; open reviews of what goes on.

    Call it in the transaction of the withdrawal, after the row says that it is withdrawn.
    Where something of the kind that the person spoke of still goes to somebody they named, nothing of that
    blanks, and the chair and the IDVA of that case have until the end of the next working day to look at it.
    A refusal that is withdrawn takes nothing back.
    """
    document = json.loads(consent_row.document)
    if document["decision"] != "grant":
        return Aftermath()
    past = shown(session, case.partnership_id, since=consent_row.recorded_at, person=consent_row.person_id)
    cases = _cases_with(session, consent_row.person_id)
    withdrawn = Withdrawn(session, consent_row, [one.id for one in cases], at)
    touched = withdrawn.touched(past.exposures)
    recall = send_notices(
        session,
        case.partnership_id,
        cause=Cause.WITHDRAWAL,
        about=consent_row.id,
        exposures=[one.exposure for one in touched if not one.stands],
        by=by,
        at=at,
    )
    due = _open_reviews(session, cases, withdrawn, touched, document["recipients"], at=at)
    told = {one.exposure.staff_id for one in touched if not one.stands}
    return Aftermath(recall.id if recall is not None else None, len(told), due, past.unread)


def _cases_with(session: Session, person_id: str) -> list[Case]:
    rows = session.execute(
        select(Case, CasePerson)  # both whole, so that their seals are checked
        .join(CasePerson, CasePerson.case_id == Case.id)
        .where(CasePerson.person_id == person_id)
        .order_by(Case.id)
    )
    return [row[0] for row in rows]


def _open_reviews(
    session: Session,
    cases: list[Case],
    withdrawn: Withdrawn,
    touched: list[Touched],
    recipients: list[str],
    *,
    at: datetime,
) -> datetime | None:
    """One for each case in which something goes on; by when. None if nothing does."""
    due = next_working_day(at)
    standing = {one.exposure.case_id for one in touched if one.stands}
    row = withdrawn.row
    opened = False
    for case in cases:
        if case.id in standing or _goes_on(session, case, withdrawn, recipients):
            open_review(
                session,
                partnership_id=case.partnership_id,
                kind=ReviewKind.WITHDRAWAL,
                agency_id=row.recorded_for,
                about=row.id,
                case_id=case.id,
                due=due,
                at=at,
            )
            opened = True
    return due if opened else None


def _goes_on(session: Session, case: Case, withdrawn: Withdrawn, recipients: list[str]) -> bool:
    """Whether anybody whom the person named is still shown something of the kind."""
    purpose = case.conference_type.purpose
    rows = session.execute(
        select(CaseAgency, Agency.kind)
        .join(Agency, Agency.id == CaseAgency.agency_id)
        .where(CaseAgency.case_id == case.id, CaseAgency.agency_id.in_(recipients))
    ).all()
    return any(
        withdrawn.now_shown(case.id, purpose, row.agency_id, _REPRESENTING.get(kind, ("representative",)))
        for row, kind in rows
    )
