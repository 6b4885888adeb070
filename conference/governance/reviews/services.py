"""The register of reviews, and of notices: what an IG officer's own agency has to do, and what went back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.errors import BadInput
from conference.formats import day
from conference.governance.noticed import NoticeLine, notice_lines
from conference.governance.reviews.facts import Facts, facts_of
from conference.governance.wrong.models import WrongReport
from conference.identity.services import Viewer, staff_names
from conference.sharing.overrides.looked_at import doers
from conference.sharing.recalls import receipts
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import Review, ReviewKind


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
    """One review, and what it is about.

    may_close: whether what others did is looked at.   has_report: whether the agency leads on a report of
    its own that is still open: with that the review is closed, not here.
    """

    line: Line
    review: Review
    facts: Facts
    note: str | None
    closed_by: str | None
    may_close: bool
    has_report: bool


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
    has_report = closes_with_report(session, viewer, review)
    return ReviewPage(line, review, facts, note, closer.get(review.closed_by or ""), may_close, has_report)


def close(session: Session, viewer: Viewer, review: Review, *, outcome: str, note: str, at: datetime) -> None:
    """Say what came of a review that was found through the viewer.

    Raises BadInput, also while the agency's own report is open; Conflict; Refused for who did it.
    """
    if closes_with_report(session, viewer, review):
        raise BadInput("Close the report. This review is closed with it.")
    did = doers(session, review)
    reviews.close_review(session, viewer, review, outcome=outcome, note=note, doers=did, at=at)


def closes_with_report(session: Session, viewer: Viewer, review: Review) -> bool:
    """Whether the review is of a wrong disclosure on which the viewer's agency leads and is not done."""
    if review.kind != ReviewKind.WRONG_DISCLOSURE:
        return False
    report = session.get(WrongReport, review.about)
    return report is not None and report.agency_id == viewer.agency_id and report.closed_at is None


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
