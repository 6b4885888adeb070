"""Reviews: opened by what asks for a look, closed with an outcome by those whose look it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from conference.ids import new_id
from conference.sharing.reviews.models import Review, ReviewKind
from conference.sharing.reviews.working_days import next_working_day
from conference.trail import writing

__all__ = ["Review", "ReviewKind", "next_working_day", "open_review"]


def open_review(
    session: Session,
    *,
    partnership_id: str,
    kind: ReviewKind,
    agency_id: str,
    about: str,
    case_id: str | None,
    due: datetime,
    at: datetime,
) -> Review:
    """Ask for a look, and say so in the log without saying about whom.

    agency_id: whose information governance officers must close it; a withdrawal's is seen and closed by the
               chair and the IDVA of the case instead.
    about:     the random id of the decision, consent, event or report that it is about.
    due:       the last moment in time, such as `next_working_day(at)`.
    """
    kind = ReviewKind(kind)
    review = Review(
        id=new_id("rvw"),
        partnership_id=partnership_id,
        kind=kind.value,
        agency_id=agency_id,
        about=about,
        case_id=case_id,
        opened_at=at,
        due=due,
    )
    session.add(review)
    session.flush()
    writing.record(
        session,
        "review.opened",
        partnership=partnership_id,
        actor=None,
        agency=agency_id,
        case=case_id,
        about=(review.id, about),
        mark=kind.value,
    )
    return review
