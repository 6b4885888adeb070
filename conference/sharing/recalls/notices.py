"""Notices to those who were shown something that goes back or was corrected.

One for each reader, case and owner, so that whoever owns one thing learns nothing of another's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases.services import By
from conference.ids import new_id
from conference.inputs import moved
from conference.sharing.recalls.models import Cause, Recall, RecallItem, RecallNotice
from conference.sharing.recalls.shown import Exposure
from conference.trail import writing


def send_notices(
    session: Session,
    partnership_id: str,
    *,
    cause: Cause,
    about: str,
    exposures: Iterable[Exposure],
    by: By,
    at: datetime,
) -> Recall | None:
    """Tell exactly those who were shown `exposures`; None if there are none.

    about: the id of the consent or the report that it comes from.
    The log says of each notice that it was sent, to the reader's own agency alone and without the cause.
    """
    of: dict[tuple[str, str, str], list[Exposure]] = {}
    for one in exposures:
        of.setdefault((one.staff_id, one.case_id, one.item.owner), []).append(one)
    if not of:
        return None
    recall = Recall(
        id=new_id("rcl"),
        partnership_id=partnership_id,
        cause=cause.value,
        about=about,
        opened_by=by.staff_id,
        agency_id=by.agency_id,
        opened_at=at,
    )
    session.add(recall)
    session.flush()
    for _, seen in sorted(of.items()):
        _send(session, recall, seen, at=at)
    session.flush()
    moved(session, partnership_id)
    return recall


def _send(session: Session, recall: Recall, seen: list[Exposure], *, at: datetime) -> None:
    first = seen[0]
    notice = RecallNotice(
        id=new_id("rcn"),
        partnership_id=recall.partnership_id,
        recall=recall,
        recall_id=recall.id,
        case_id=first.case_id,
        owner=first.item.owner,
        staff_id=first.staff_id,
        agency_id=first.agency_id,
        is_correction=recall.cause == Cause.CORRECTION,
        sent_at=at,
    )
    session.add(notice)
    session.flush()
    for number, one in enumerate(_once(seen)):
        session.add(
            RecallItem(
                partnership_id=recall.partnership_id,
                notice_id=notice.id,
                number=number,
                event_id=one.event_id,
                field_id=one.item.field,
                class_name=one.item.class_name,
                level=one.item.level,
                shown_at=one.at,
            )
        )
    writing.record(
        session,
        "correction.sent" if notice.is_correction else "recall.sent",
        partnership=recall.partnership_id,
        actor=None,
        agency=notice.agency_id,
        on_behalf_of=notice.staff_id,
        case=notice.case_id,
        about=(notice.id,),
    )


def _once(seen: list[Exposure]) -> list[Exposure]:
    """Each thing once, as it was shown last."""
    last = {(one.item.field, one.item.class_name, one.item.level): one for one in seen}
    return sorted(last.values(), key=lambda one: (one.item.class_name, one.item.field or "", one.event_id))
