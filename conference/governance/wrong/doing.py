"""What is done about a wrong disclosure: who is told, notes, the decision, corrections, the end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE
from conference.cases.services import By, checked_text
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.governance.wrong import spread
from conference.governance.wrong.finding import notices_of
from conference.governance.wrong.models import Fault, Told, WrongNote, WrongReport, WrongTold
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.sharing.notes import people_at_risk, seal_note
from conference.sharing.recalls.models import Cause
from conference.sharing.recalls.notices import send_notices
from conference.sharing.recalls.shown import Past, shown_to
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import Review
from conference.trail import writing
from conference.trail.reading import event_for
from conference.vault.seal import Place

UNREAD = "Some entries of the log could not be read, so somebody who was shown this may not have been told."


def mark_told(session: Session, viewer: Viewer, found: WrongReport, who: str, *, at: datetime) -> None:
    """Somebody who must be told was told. Raises BadInput, Conflict."""
    _must_lead(viewer, found)
    if who not in set(Told):
        raise BadInput("Choose who was told.", "who")
    if any(one.who == who for one in found.told):
        raise Conflict(f"report {found.id}: {who} was told already")
    found.told.append(
        WrongTold(partnership_id=found.partnership_id, report_id=found.id, who=who, at=at, by=viewer.staff_id)
    )
    session.flush()
    log(session, "wrong.changed", found, viewer, f"told-{who}")


def add_note(session: Session, viewer: Viewer, found: WrongReport, text: str, *, at: datetime) -> None:
    """What was done, for the officers of the viewer's own agency. Raises BadInput, Conflict."""
    if found.closed_at is not None:
        raise Conflict(f"report {found.id} is closed")
    note_id = new_id("wrn")
    sealed = seal_note(
        session,
        checked_text(text, "text", "Write what was done."),
        partnership_id=found.partnership_id,
        agency_id=viewer.agency_id,
        people=_people(session, viewer, found),
        place=Place("wrong_note", note_id, "text"),
    )
    found.notes.append(
        WrongNote(
            id=note_id,
            partnership_id=found.partnership_id,
            report_id=found.id,
            at=at,
            by=viewer.staff_id,
            agency_id=viewer.agency_id,
            text=sealed,
        )
    )
    session.flush()
    log(session, "wrong.changed", found, viewer, "note")


def decide(
    session: Session, viewer: Viewer, found: WrongReport, *, reportable: str, why: str, at: datetime
) -> None:
    """Whether the regulator is told, and why. Can be decided again until the report is closed.

    reportable: yes or no. Raises BadInput, Conflict, Refused for somebody to whom it was shown.
    """
    _must_lead(viewer, found)
    _must_be_another(session, viewer, found)
    if reportable not in {"yes", "no"}:
        raise BadInput("Choose whether the ICO must be told.", "reportable")
    found.why = seal_note(
        session,
        checked_text(why, "why", "Say why."),
        partnership_id=found.partnership_id,
        agency_id=found.agency_id,
        people=_people(session, viewer, found),
        place=Place("wrong_report", found.id, "why"),
    )
    found.reportable, found.decided_at, found.decided_by = reportable == "yes", at, viewer.staff_id
    session.flush()
    log(session, "wrong.changed", found, viewer, "reportable" if found.reportable else "not-reportable")


def send_corrections(session: Session, viewer: Viewer, found: WrongReport, *, at: datetime) -> int:
    """Tell everybody who received the old value that it was corrected; how many people.

    For officers of its owner, once the owner has corrected the record. Raises NotFound, BadInput, Conflict.
    """
    if viewer.agency_id != found.owner or found.fault != Fault.VALUE:
        raise NotFound(f"report {found.id}")
    if found.closed_at is not None or found.corrected_at is not None:
        raise Conflict(f"report {found.id}: corrections were sent already")
    entry = event_for(session, viewer.partnership_id, viewer.agency_id, found.event_id)
    past = spread.of_old_values(session, found.partnership_id, entry, found.items)
    if past is None:
        raise BadInput("Your agency must correct the record first. Then send the corrections.")
    send(session, viewer, found, Cause.CORRECTION, past, at=at)
    found.corrected_at = at
    session.flush()
    log(session, "wrong.changed", found, viewer, "corrected")
    return len({one.staff_id for one in past.exposures})


def close(session: Session, viewer: Viewer, found: WrongReport, *, at: datetime) -> None:
    """Everything was done.

    Raises BadInput saying what was not, Conflict if it is closed, Refused for somebody to whom it was shown.
    """
    _must_lead(viewer, found)
    _must_be_another(session, viewer, found)
    missing = still_to_do(session, viewer, found)
    if missing:
        raise BadInput(missing[0])
    found.closed_at, found.closed_by = at, viewer.staff_id
    session.flush()
    own = select(Review).where(
        Review.about == found.id, Review.agency_id == viewer.agency_id, Review.closed_at.is_(None)
    )
    for review in session.scalars(own):
        reviews.settle(session, review, By.viewer(viewer), "done", at=at)
    log(session, "wrong.closed", found, viewer, None)


def send(
    session: Session, viewer: Viewer, found: WrongReport, cause: Cause, past: Past, *, at: datetime
) -> None:
    """Tell everybody who was shown it, and say so where the log could not tell who was."""
    by = By.viewer(viewer)
    send_notices(
        session,
        found.partnership_id,
        cause=cause,
        about=found.id,
        exposures=past.exposures,
        by=by,
        at=at,
    )
    if past.unread:
        add_note(session, viewer, found, UNREAD, at=at)


def still_to_do(session: Session, viewer: Viewer, found: WrongReport) -> list[str]:
    """What must be done before the report can be closed, as sentences."""
    told = {one.who for one in found.told}
    sentences = (
        (found.reportable is None, "Decide whether the ICO must be told."),
        (found.reportable is True and Told.REGULATOR not in told, "Tell the ICO, and record it."),
        (
            Told.OWNER not in told and found.owner not in {viewer.agency_id, CONFERENCE},
            "Tell the agency whose information it is, and record it.",
        ),
        (Told.DPO not in told, "Tell your data protection officer, and record it."),
        (
            found.fault == Fault.VALUE and found.corrected_at is None,
            "The owner must correct the record and send corrections.",
        ),
        (
            any(one.answered_at is None for one in notices_of(session, viewer, found)),
            "Wait for the answers to all notices, or answer for colleagues who are away.",
        ),
    )
    return [sentence for is_missing, sentence in sentences if is_missing]


def _people(session: Session, viewer: Viewer, found: WrongReport) -> list[str]:
    """Whom what is written about a report speaks of."""
    entry = event_for(session, viewer.partnership_id, viewer.agency_id, found.event_id)
    known = {(one.field_id, one.class_name) for one in found.items}
    items = [item for item in entry.items if item is not None and (item.field, item.class_name) in known]
    return people_at_risk(session, found.case_id, (who for item in items for who in item.subjects))


def _must_lead(viewer: Viewer, found: WrongReport) -> None:
    if viewer.agency_id != found.agency_id:
        raise NotFound(f"report {found.id}")
    if found.closed_at is not None:
        raise Conflict(f"report {found.id} is closed")


def _must_be_another(session: Session, viewer: Viewer, found: WrongReport) -> None:
    """Nobody decides about what was shown to themselves."""
    if viewer.staff_id in shown_to(
        event_for(session, viewer.partnership_id, viewer.agency_id, found.event_id)
    ):
        raise Refused("own-act")


def log(
    session: Session,
    name: str,
    found: WrongReport,
    viewer: Viewer,
    mark: str | None,
    *,
    concerns: Collection[str] = (),
) -> None:
    writing.record(
        session,
        name,
        partnership=found.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=found.case_id,
        about=(found.id, found.event_id),
        mark=mark,
        concerns=sorted(concerns),
    )
