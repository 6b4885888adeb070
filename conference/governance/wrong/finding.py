"""Wrong disclosures as officers find them: entries that can be reported, reports, and their notices."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from conference.cases.services import exclusions_of
from conference.errors import NotFound
from conference.governance import words
from conference.governance.wrong.models import WrongReport
from conference.identity.services import Viewer
from conference.sharing.recalls.models import Recall, RecallNotice
from conference.trail import writing
from conference.trail.reading import Entry, event_for


def find_entry(session: Session, viewer: Viewer, event_id: str) -> Entry:
    """A disclosure that the viewer may read of. The reading is logged. Raises NotFound for anything else."""
    kept_out = exclusions_of(session, viewer.staff_id)
    entry = event_for(session, viewer.partnership_id, viewer.agency_id, event_id)
    if entry.case is None or entry.case in kept_out or entry.fault or entry.name not in words.DISCLOSURES:
        raise NotFound(f"event {event_id}")
    writing.record(
        session,
        "log.searched",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=entry.case,
        about=(entry.id,),
        mark="read",
    )
    return entry


def reports(session: Session, viewer: Viewer) -> list[WrongReport]:
    """Those that are about the agency's information, staff or report; open ones first, by their clock."""
    kept_out = exclusions_of(session, viewer.staff_id)
    agency = viewer.agency_id
    mine = or_(WrongReport.agency_id == agency, WrongReport.owner == agency, WrongReport.reader == agency)
    query = select(WrongReport).where(WrongReport.partnership_id == viewer.partnership_id, mine)
    ordered = query.order_by(WrongReport.closed_at.is_not(None), WrongReport.due, WrongReport.id)
    return [one for one in session.scalars(ordered) if one.case_id not in kept_out]


def find_report(session: Session, viewer: Viewer, report_id: str) -> WrongReport:
    """One of them. Raises NotFound, the same for none and another's."""
    found = next((one for one in reports(session, viewer) if one.id == report_id), None)
    if found is None:
        raise NotFound(f"report {report_id}")
    return found


def notices_of(session: Session, viewer: Viewer, report: WrongReport) -> list[RecallNotice]:
    """What was sent because of a report that was found through the viewer: to their staff, or of theirs."""
    rows = session.scalars(
        select(RecallNotice)
        .join(Recall, Recall.id == RecallNotice.recall_id)
        .where(
            Recall.about == report.id,
            or_(RecallNotice.agency_id == viewer.agency_id, RecallNotice.owner == viewer.agency_id),
        )
        .order_by(RecallNotice.agency_id, RecallNotice.staff_id, RecallNotice.id)
    ).unique()
    return list(rows)
