"""What the pages of wrong disclosures say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE
from conference.formats import day_and_hour
from conference.governance import words
from conference.governance.directory import cases_named
from conference.governance.noticed import NoticeLine, notice_lines
from conference.governance.wrong import services
from conference.governance.wrong.models import Fault, Told, WrongReport
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.sharing import catalogue
from conference.sharing.notes import Note, read_notes
from conference.sharing.stored import CONFERENCE_NAME
from conference.trail.reading import Entry
from conference.vault.seal import Place


@dataclass(frozen=True, slots=True)
class Line:
    """One report in the list."""

    report_id: str
    what: str
    reference: str | None
    state: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Somebody who must be told, and when they were; None while they were not."""

    who: str
    words: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report, as far as the viewer's agency may know of it.

    what, why, notes: what the viewer's own agency's officers wrote; notes as (when, who, text).
    leads: whether the viewer's agency reported it.   corrects: whether it is to send corrections now.
    """

    report: WrongReport
    fault: str
    reference: str | None
    owner: str
    reader: str
    lead: str
    things: list[tuple[str, str]]
    what: str | None
    clock: str
    is_late: bool
    ticks: list[Tick]
    why: str | None
    notes: list[tuple[datetime, str, str]]
    notices: list[NoticeLine]
    leads: bool
    corrects: bool
    still: list[str]


def item_choices(session: Session, viewer: Viewer, entry: Entry) -> list[tuple[str, str]]:
    """The items of a disclosure that the viewer may know of, as (place in the entry, words)."""
    names = agency_names(session, viewer)
    return [
        (
            str(number),
            f"{catalogue.label(item.class_name)}, {words.level(item.level).lower()}, {names.get(item.owner)}",
        )
        for number, item in enumerate(entry.items)
        if item is not None
    ]


def agency_names(session: Session, viewer: Viewer) -> dict[str, str]:
    """The partnership's agencies by id, and the conference."""
    names = {agency.id: agency.name for agency in list_agencies(session, viewer.partnership_id)}
    return {**names, CONFERENCE: CONFERENCE_NAME}


def lines(session: Session, viewer: Viewer, *, at: datetime) -> list[Line]:
    """The reports that are the agency's business; open ones first."""
    found = services.reports(session, viewer)
    known = {case.id: case.reference for case in cases_named(session, viewer, {one.case_id for one in found})}
    return [
        Line(
            one.id,
            Fault(one.fault).words,
            known.get(one.case_id),
            "Closed" if one.closed_at else clock_of(one),
            _is_late(one, at=at),
        )
        for one in found
    ]


def clock_of(report: WrongReport) -> str:
    """By when the regulator is told, or what was decided about it."""
    if report.reportable is False:
        return "The ICO is not told: a risk is unlikely"
    told = next((one.at for one in report.told if one.who == Told.REGULATOR), None)
    if told is not None:
        return f"The ICO was told {day_and_hour(told)}"
    if report.reportable:
        return f"Tell the ICO by {day_and_hour(report.due)}"
    return f"Tell the ICO by {day_and_hour(report.due)}, unless a risk is unlikely"


def _is_late(report: WrongReport, *, at: datetime) -> bool:
    told = any(one.who == Told.REGULATOR for one in report.told)
    return report.closed_at is None and report.reportable is not False and not told and report.due < at


def report_page(session: Session, viewer: Viewer, report: WrongReport, *, at: datetime) -> ReportPage:
    """A report that was found through the viewer; what was written about it is logged as read."""
    leads = viewer.agency_id == report.agency_id
    names = agency_names(session, viewer)
    known = {case.id: case.reference for case in cases_named(session, viewer, {report.case_id})}
    texts = _texts(session, viewer, report)
    done = {one.who: one.at for one in report.told}
    mine = [one for one in report.notes if one.agency_id == viewer.agency_id]
    who = staff_names(session, viewer.partnership_id, {one.by for one in mine})
    return ReportPage(
        report=report,
        fault=Fault(report.fault).words,
        reference=known.get(report.case_id),
        owner=names[report.owner],
        reader=names[report.reader],
        lead=names[report.agency_id],
        things=[(catalogue.label(one.class_name), words.level(one.level)) for one in report.items],
        what=texts.get("what"),
        clock=clock_of(report),
        is_late=_is_late(report, at=at),
        ticks=[Tick(one.value, one.words, done.get(one.value)) for one in Told],
        why=texts.get("why"),
        notes=[(one.at, who.get(one.by, "Somebody who has left"), texts[one.id]) for one in mine],
        notices=notice_lines(session, viewer, services.notices_of(session, viewer, report)),
        leads=leads,
        corrects=viewer.agency_id == report.owner
        and report.fault == Fault.VALUE
        and report.corrected_at is None
        and report.closed_at is None,
        still=services.still_to_do(session, viewer, report) if leads and report.closed_at is None else [],
    )


def _texts(session: Session, viewer: Viewer, report: WrongReport) -> dict[str, str]:
    """What the viewer's own agency wrote, by column or by the note's id; what happened is for all parties."""
    lead = report.agency_id
    sealed = {"what": Note(report.what, lead, Place("wrong_report", report.id, "what"))}
    if report.why is not None and viewer.agency_id == lead:
        sealed["why"] = Note(report.why, lead, Place("wrong_report", report.id, "why"))
    for one in report.notes:
        if one.agency_id == viewer.agency_id:
            sealed[one.id] = Note(one.text, one.agency_id, Place("wrong_note", one.id, "text"))
    texts = read_notes(session, viewer, list(sealed.values()), about=report.id, case_id=report.case_id)
    return dict(zip(sealed, texts, strict=True))
