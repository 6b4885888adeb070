"""What the pages of notices, recalls and reviews say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.cases.services import exclusions_of
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.sharing import catalogue, marks, noted
from conference.sharing.recalls import receipts
from conference.sharing.recalls.models import Answer, Recall, RecallNotice
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import Review
from conference.sharing.stored import CONFERENCE_NAME
from conference.trail import writing

LEVELS = {"full": "in full", "summary": "a summary", "presence": "that it is held"}


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One notice, as its reader finds it. things: (what, how far, the day when last), none if kept out."""

    notice: RecallNotice
    sentence: str
    reference: str
    owner: str
    things: list[tuple[str, str, datetime]]
    answer: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a recall is. lines: (who, their agency, the case, what they answered, when)."""

    recall: Recall
    lines: list[tuple[str, str, str, str | None, datetime | None]]

    @property
    def waiting(self) -> int:
        """How many answers are still to come."""
        return sum(answer is None for *_, answer, _ in self.lines)


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One review of what goes on after a withdrawal. note: only when it is closed."""

    review: Review
    reference: str
    purpose: str
    outcome: str | None
    note: str | None
    is_late: bool


def notice_page(session: Session, viewer: Viewer, notice: RecallNotice) -> NoticePage:
    """A notice that was found through the viewer. That it was read is logged.

    Who is kept out of the case by now learns no more than that there is something to give back.
    """
    kept_out = notice.case_id in exclusions_of(session, viewer.staff_id)
    items = [] if kept_out else notice.items
    parts = marks.said(session, viewer, "notice", [(notice.id, notice.answer, kept_out)])
    noted.beside(session, "notice", notice.id, parts)
    writing.record(
        session,
        "notes.shown",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=notice.case_id,
        about=(notice.id,),
    )
    return NoticePage(
        notice,
        receipts.sentence(notice),
        references(session, [notice.case_id])[notice.case_id],
        _agency_names(session, viewer)[notice.owner],
        [(catalogue.label(one.class_name), LEVELS[one.level], one.shown_at) for one in items],
        None if notice.answer is None else Answer(notice.answer).words,
    )


def references(session: Session, case_ids: Collection[str]) -> dict[str, str]:
    """The references of cases that the viewer has, or had, to do with, by id. One query."""
    found = session.scalars(select(Case).where(Case.id.in_(sorted(set(case_ids)))))
    return {case.id: case.reference for case in found}


def progress(session: Session, viewer: Viewer, recall: Recall, notices: list[RecallNotice]) -> Progress:
    """How far a recall is that was found through the viewer. By what law things are kept is not for them."""
    names = staff_names(session, viewer.partnership_id, {one.staff_id for one in notices})
    agencies = _agency_names(session, viewer)
    known = references(session, {one.case_id for one in notices})
    lines = [
        (
            names.get(one.staff_id, "Somebody who has left"),
            agencies[one.agency_id],
            known[one.case_id],
            None if one.answer is None else Answer(one.answer).words,
            one.answered_at,
        )
        for one in notices
    ]
    return Progress(recall, sorted(lines, key=lambda line: (line[3] is not None, line[1], line[0])))


def review_page(session: Session, viewer: Viewer, review: Review, *, at: datetime) -> ReviewPage:
    """A review that was found through the viewer; what was written is logged as read."""
    case = session.get_one(Case, review.case_id)
    parts = marks.said(session, viewer, "review", [(review.id, review.outcome)])
    noted.beside(session, "review", review.id, parts)
    outcome = None if review.outcome is None else reviews.outcomes_of(review.kind)[review.outcome]
    note = reviews.note_of(session, viewer, review)
    purpose = catalogue.PURPOSES.get(case.conference_type.purpose, "for the purpose of this conference")
    return ReviewPage(review, case.reference, purpose, outcome, note, review.is_late(at))


def _agency_names(session: Session, viewer: Viewer) -> dict[str, str]:
    names = {agency.id: agency.name for agency in list_agencies(session, viewer.partnership_id)}
    return {**names, "conference": CONFERENCE_NAME}
