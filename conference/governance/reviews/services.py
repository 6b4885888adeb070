"""The register of reviews, and of notices: what an IG officer's own agency has to do, and what went back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.formats import day
from conference.governance.directory import cases_named
from conference.governance.reviews.facts import Facts, facts_of
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.sharing import catalogue
from conference.sharing.overrides.looked_at import doers
from conference.sharing.recalls import receipts
from conference.sharing.recalls.models import Answer, RecallNotice
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import Review, ReviewKind
from conference.sharing.stored import CONFERENCE_NAME


@dataclass(frozen=True, slots=True)
class Line:
    """One review in the register. state: `Overdue, due 20 November 2026`, or what came of it."""

    review_id: str
    what: str
    reference: str | None
    state: str
    is_late: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One review, and what it is about. may_close: whether what others did is looked at."""

    line: Line
    review: Review
    facts: Facts
    note: str | None
    closed_by: str | None
    may_close: bool


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice, as an officer of the reader's or of the owner's agency knows it."""

    notice_id: str
    who: str
    agency: str
    owner: str
    reference: str | None
    what: tuple[str, ...]
    sentence: str
    sent_at: datetime
    answer: str | None
    reason: str | None


def register(session: Session, viewer: Viewer, *, at: datetime) -> list[Line]:
    """The agency's reviews: what is late first, then what is open, then what is closed."""
    found = reviews.of_own_agency(session, viewer)
    known = reviews.references(session, viewer, found)
    return [_line(one, known.get(one.case_id or ""), at=at) for one in found]


def review_page(session: Session, viewer: Viewer, review: Review, *, at: datetime) -> ReviewPage:
    """A review that was found through the viewer; what was written about it is logged as read."""
    known = reviews.references(session, viewer, [review])
    note = reviews.note_of(session, viewer, review)
    closer = staff_names(session, viewer.partnership_id, [review.closed_by] if review.closed_by else [])
    line = _line(review, known.get(review.case_id or ""), at=at)
    facts = facts_of(session, viewer, review)
    may_close = viewer.staff_id not in doers(session, review)
    return ReviewPage(line, review, facts, note, closer.get(review.closed_by or ""), may_close)


def _line(review: Review, reference: str | None, *, at: datetime) -> Line:
    is_late = review.is_late(at)
    if review.closed_at is None:
        state = f"{'Overdue, due' if is_late else 'Due by'} {day(review.due)}"
    else:
        state = reviews.outcomes_of(review.kind)[review.outcome or ""]
    is_open = review.closed_at is None
    return Line(review.id, ReviewKind(review.kind).words, reference, state, is_late, is_open)


# --- notices ---


def at_our_agency(session: Session, viewer: Viewer) -> list[NoticeLine]:
    """What colleagues were told, and whether they answered."""
    return notice_lines(session, viewer, receipts.at_own_agency(session, viewer))


def of_ours(session: Session, viewer: Viewer) -> list[NoticeLine]:
    """What went back, or was corrected, of the agency's own, from whom, and whether they answered."""
    return notice_lines(session, viewer, receipts.of_own_fields(session, viewer))


def notice_lines(session: Session, viewer: Viewer, notices: list[RecallNotice]) -> list[NoticeLine]:
    """Notices that were found through the viewer, in words. Reasons that are read are logged."""
    who = staff_names(session, viewer.partnership_id, {one.staff_id for one in notices})
    agencies = {one.id: one.name for one in list_agencies(session, viewer.partnership_id)}
    agencies["conference"] = CONFERENCE_NAME
    listed = cases_named(session, viewer, {one.case_id for one in notices})
    known = {case.id: case.reference for case in listed}
    kept: dict[str, str] = {}
    for recall_id in sorted({one.recall_id for one in notices if one.reason is not None}):
        own = [one for one in notices if one.recall_id == recall_id]
        kept |= receipts.reasons(session, viewer, own, about=recall_id)
    return [
        NoticeLine(
            one.id,
            who.get(one.staff_id, "Somebody who has left"),
            agencies.get(one.agency_id, one.agency_id),
            agencies.get(one.owner, one.owner),
            known.get(one.case_id),
            tuple(dict.fromkeys(catalogue.label(item.class_name) for item in one.items)),
            receipts.sentence(one),
            one.sent_at,
            None if one.answer is None else Answer(one.answer).words,
            kept.get(one.id),
        )
        for one in notices
    ]
