"""Wrong disclosures: reported, and taken back at once. What follows is in `doing`, and offered here too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE
from conference.cases.services import checked_text
from conference.errors import BadInput
from conference.governance.wrong import spread
from conference.governance.wrong.doing import (
    add_note,
    close,
    decide,
    log,
    mark_told,
    send,
    send_corrections,
    still_to_do,
)
from conference.governance.wrong.finding import find_entry, find_report, notices_of, reports
from conference.governance.wrong.models import Fault, WrongItem, WrongReport
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.sharing.notes import people_at_risk, seal_note
from conference.sharing.recalls.models import Cause
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import ReviewKind
from conference.trail.reading import Entry, EntryItem
from conference.vault.seal import Place

__all__ = [
    "CLOCK",
    "Typed",
    "add_note",
    "close",
    "decide",
    "find_entry",
    "find_report",
    "mark_told",
    "notices_of",
    "report",
    "reports",
    "send_corrections",
    "still_to_do",
]

CLOCK = timedelta(hours=72)
"""From when an agency knows of a breach until the regulator is told. Source: UK GDPR, article 33(1)."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What an officer says is wrong. items: their places in the entry, counted from 0, all of one owner."""

    fault: str
    items: Collection[int]
    what: str


def report(session: Session, viewer: Viewer, entry: Entry, typed: Typed, *, at: datetime) -> WrongReport:
    """Report a disclosure that was found through the viewer as wrong, and take it back at once if it was.

    What should not have been shown goes back from everybody in this disclosure, and from everybody at the
    same agency who was ever shown the same. A wrong value is corrected by its owner first.
    Raises BadInput with what to do.
    """
    if typed.fault not in set(Fault):
        raise BadInput("Say what is wrong.", "fault")
    chosen = [one for number, one in enumerate(entry.items) if number in typed.items and one is not None]
    if not chosen:
        raise BadInput("Choose what was wrong.", "items")
    if len({item.owner for item in chosen}) > 1:
        raise BadInput("Choose the information of one agency. Report another agency's on its own.", "items")
    text = checked_text(typed.what, "what", "Say what happened.")
    made = _stored(session, viewer, entry, chosen, Fault(typed.fault), text, at=at)
    if made.fault == Fault.SHOWN:
        past = spread.of_wrong_items(session, made.partnership_id, entry, chosen)
        send(session, viewer, made, Cause.WRONG_DISCLOSURE, past, at=at)
    others = ({made.owner, made.reader} if made.fault == Fault.SHOWN else {made.owner}) - {CONFERENCE}
    for agency in sorted(others | {viewer.agency_id}):
        reviews.open_review(
            session,
            partnership_id=made.partnership_id,
            kind=ReviewKind.WRONG_DISCLOSURE,
            agency_id=agency,
            about=made.id,
            case_id=made.case_id,
            due=made.due,
            at=at,
        )
    log(session, "wrong.reported", made, viewer, made.fault, concerns=others)
    return made


def _stored(
    session: Session,
    viewer: Viewer,
    entry: Entry,
    chosen: list[EntryItem],
    fault: Fault,
    what: str,
    *,
    at: datetime,
) -> WrongReport:
    report_id = new_id("wrg")
    made = WrongReport(
        id=report_id,
        partnership_id=viewer.partnership_id,
        event_id=entry.id,
        case_id=entry.case,
        reader=entry.agency,
        owner=chosen[0].owner,
        agency_id=viewer.agency_id,
        fault=fault.value,
        reported_by=viewer.staff_id,
        reported_at=at,
        due=at + CLOCK,
        what=seal_note(
            session,
            what,
            partnership_id=viewer.partnership_id,
            agency_id=viewer.agency_id,
            people=people_at_risk(session, entry.case, (who for item in chosen for who in item.subjects)),
            place=Place("wrong_report", report_id, "what"),
        ),
    )
    session.add(made)
    session.flush()
    for number, item in enumerate(chosen):
        made.items.append(
            WrongItem(
                partnership_id=made.partnership_id,
                report_id=made.id,
                number=number,
                field_id=item.field,
                class_name=item.class_name,
                level=item.level,
            )
        )
    session.flush()
    return made
