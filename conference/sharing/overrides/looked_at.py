"""Whose acts a review looks at: they do not close it themselves."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.sharing.overrides.models import Emergency, OverrideAnswer, OverrideRequest
from conference.sharing.reviews.models import Review, ReviewKind


def doers(session: Session, review: Review) -> frozenset[str]:
    """Who opened the emergency; who asked for the override, and who answered: staff, by id.

    Nobody of a review that is about something else.
    """
    if review.kind == ReviewKind.BREAK_GLASS:
        emergency = session.get(Emergency, review.about)
        return frozenset() if emergency is None else frozenset({emergency.staff_id})
    if review.kind == ReviewKind.OVERRIDE:
        request = session.get(OverrideRequest, review.about)
        answers = session.scalars(select(OverrideAnswer).where(OverrideAnswer.request_id == review.about))
        asked = () if request is None else (request.asked_by,)
        return frozenset({*asked, *(one.staff_id for one in answers)})
    return frozenset()
