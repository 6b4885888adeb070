"""Reviews: opened by what asks for a look, closed with an outcome by those whose look it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.cases.models import Case, CaseAgency
from conference.cases.services import By, checked_text, exclusions_of
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.permissions import Permission
from conference.sharing.notes import Note, people_at_risk, read_notes, seal_note
from conference.sharing.reviews.models import OUTCOMES, Review, ReviewKind
from conference.sharing.reviews.working_days import next_working_day
from conference.trail import writing
from conference.vault.seal import Place

__all__ = [
    "Review",
    "ReviewKind",
    "close_review",
    "find_review",
    "next_working_day",
    "note_of",
    "of_own_agency",
    "of_own_cases",
    "open_review",
    "outcomes_of",
    "references",
    "settle",
]


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
    """Ask for a look, and say so in the log without saying about whom: nothing of a case that is not theirs.

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
    listed = select(CaseAgency).where(CaseAgency.case_id == case_id, CaseAgency.agency_id == agency_id)
    is_theirs = session.scalar(listed) is not None or case_id is None
    _log(session, "review.opened", review, None, agency_id if is_theirs else None, mark=kind.value)
    return review


# --- whose they are ---


def of_own_agency(session: Session, viewer: Viewer) -> list[Review]:
    """What the viewer's agency's information governance officers must close, or have closed; late ones first.

    Without the cases that the viewer is kept out of.
    """
    if not viewer.may(Permission.GOVERNANCE):
        return []
    kept_out = exclusions_of(session, viewer.staff_id)
    rows = session.scalars(
        select(Review).where(
            Review.partnership_id == viewer.partnership_id,
            Review.agency_id == viewer.agency_id,
            Review.kind != ReviewKind.WITHDRAWAL.value,
        )
    )
    return _in_order(row for row in rows if row.case_id not in kept_out)


def of_own_cases(session: Session, viewer: Viewer, *, at: datetime) -> list[Review]:
    """What a chair or an IDVA must look at after a consent was withdrawn, in the cases that they work on."""
    if not viewer.may(Permission.REVIEW_CLOSE):
        return []
    mine = [case.id for case in cases.cases_of(session, viewer, at=at)]
    rows = session.scalars(
        select(Review).where(
            Review.partnership_id == viewer.partnership_id,
            Review.kind == ReviewKind.WITHDRAWAL.value,
            Review.case_id.in_(mine),
        )
    )
    return _in_order(rows)


def _in_order(rows: Iterable[Review]) -> list[Review]:
    """Open ones first, by when they are due, so that late ones lead; then closed ones, the newest first."""
    found = list(rows)
    waiting = sorted((one for one in found if one.closed_at is None), key=lambda one: (one.due, one.id))
    closed = [(one.closed_at, one.id, one) for one in found if one.closed_at is not None]
    return waiting + [one for _, _, one in sorted(closed, key=lambda each: each[:2], reverse=True)]


def find_review(session: Session, viewer: Viewer, review_id: str, *, at: datetime) -> Review:
    """One review that is the viewer's to close. Raises NotFound, the same for none and another's."""
    theirs = of_own_agency(session, viewer) + of_own_cases(session, viewer, at=at)
    found = next((one for one in theirs if one.id == review_id), None)
    if found is None:
        raise NotFound(f"review {review_id}")
    return found


def references(session: Session, viewer: Viewer, found: Iterable[Review]) -> dict[str, str]:
    """The references of the cases that reviews are about, by case id, if they are listed for the agency."""
    ids = sorted({one.case_id for one in found if one.case_id is not None})
    rows = session.execute(
        select(Case, CaseAgency)  # both whole, so that their seals are checked
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(Case.id.in_(ids), CaseAgency.agency_id == viewer.agency_id)
    )
    return {case.id: case.reference for case, _ in rows}


# --- closing ---


def outcomes_of(kind: str) -> dict[str, str]:
    """What a review of this kind can come to, with its words."""
    return OUTCOMES[ReviewKind(kind)]


def close_review(
    session: Session,
    viewer: Viewer,
    review: Review,
    *,
    outcome: str,
    note: str,
    doers: Collection[str],
    at: datetime,
) -> None:
    """Say what came of the look. `review` was found through the viewer.

    doers: the staff, by id, who did what is looked at (`overrides.looked_at`): they do not look themselves.

    Raises BadInput without an outcome or a note, Conflict if it is closed, Refused for one of `doers`.
    """
    if viewer.staff_id in doers:
        raise Refused("own-act")
    if review.closed_at is not None:
        raise Conflict(f"review {review.id} is already closed")
    if outcome not in outcomes_of(review.kind):
        raise BadInput("Choose what you found.", "outcome")
    text = checked_text(note, "note", "Write what you looked at and what you found.")
    review.note = seal_note(
        session,
        text,
        partnership_id=review.partnership_id,
        agency_id=viewer.agency_id,
        people=people_at_risk(session, review.case_id),
        place=_place(review),
    )
    settle(session, review, By.viewer(viewer), outcome, at=at)


def settle(session: Session, review: Review, by: By, outcome: str, *, at: datetime) -> None:
    """Close a review whose note, if it has one, is written."""
    review.closed_at, review.closed_by, review.closed_for = at, by.staff_id, by.agency_id
    review.outcome = outcome
    session.flush()
    _log(session, "review.closed", review, by.staff_id, by.agency_id, mark=outcome)


def note_of(session: Session, viewer: Viewer, review: Review) -> str | None:
    """What was written when it was closed. `review` was found through the viewer. Logged."""
    if review.note is None or review.closed_for is None:
        return None
    note = Note(review.note, review.closed_for, _place(review))
    return read_notes(session, viewer, [note], about=review.id, case_id=review.case_id)[0]


def _place(review: Review) -> Place:
    return Place("review", review.id, "note")


def _log(
    session: Session, name: str, review: Review, actor: str | None, agency: str | None, *, mark: str
) -> None:
    writing.record(
        session,
        name,
        partnership=review.partnership_id,
        actor=actor,
        agency=agency,
        case=review.case_id,
        about=(review.id, review.about),
        mark=mark,
    )
