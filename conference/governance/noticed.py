"""Notices of what went back or was corrected, in words: for every page of governance that lists some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.governance.directory import cases_named
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.sharing import catalogue
from conference.sharing.recalls import receipts
from conference.sharing.recalls.models import Answer, RecallNotice
from conference.sharing.stored import CONFERENCE_NAME


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
