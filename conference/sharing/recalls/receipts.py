"""Notices as their readers find them, the receipt that answers one, and how far a recall is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE, CasePerson, PersonRole
from conference.cases.services import cases_of, checked_text, exclusions_of
from conference.errors import BadInput, Conflict, NotFound
from conference.identity.services import Viewer
from conference.permissions import Permission, Role
from conference.sharing.models import ConsentRow
from conference.sharing.notes import Note, people_at_risk, read_notes, seal_note
from conference.sharing.recalls.models import Answer, Cause, Recall, RecallNotice
from conference.trail import writing
from conference.vault.seal import Place

RECALLED = "Something here is no longer shared with you. Do not use copies."
CORRECTED = "Something you were shown here has been corrected. Do not use the old wording."


# --- their own ---


def own_notices(session: Session, viewer: Viewer) -> list[RecallNotice]:
    """What the viewer still has to answer, the oldest first."""
    query = select(RecallNotice).where(
        RecallNotice.partnership_id == viewer.partnership_id,
        RecallNotice.staff_id == viewer.staff_id,
        RecallNotice.answered_at.is_(None),
    )
    rows = session.scalars(query.order_by(RecallNotice.sent_at, RecallNotice.id)).unique()
    return list(rows)


def waiting_in(session: Session, viewer: Viewer, case_id: str) -> list[RecallNotice]:
    """Those of them that are about one case: what its page tells this reader, and no other."""
    return [one for one in own_notices(session, viewer) if one.case_id == case_id]


def sentence(notice: RecallNotice) -> str:
    """What a notice says. Never why."""
    return CORRECTED if notice.is_correction else RECALLED


# --- finding ---


def find_own(session: Session, viewer: Viewer, notice_id: str) -> RecallNotice:
    """A notice to the viewer. Raises NotFound, the same for none and for another's."""
    query = select(RecallNotice).where(RecallNotice.id == notice_id, RecallNotice.staff_id == viewer.staff_id)
    found = session.scalars(query).unique().one_or_none()
    if found is None:
        raise NotFound(f"notice {notice_id}")
    return found


def at_own_agency(session: Session, viewer: Viewer) -> list[RecallNotice]:
    """Notices to the viewer's agency's staff, for its information governance officers; open ones first.

    Without the cases that the viewer is kept out of.
    """
    if not viewer.may(Permission.GOVERNANCE):
        return []
    return _known(session, viewer, RecallNotice.agency_id == viewer.agency_id)


def of_own_fields(session: Session, viewer: Viewer) -> list[RecallNotice]:
    """Notices about what the viewer's agency owns, for its information governance officers."""
    if not viewer.may(Permission.GOVERNANCE):
        return []
    return _known(session, viewer, RecallNotice.owner == viewer.agency_id)


def find_at_agency(session: Session, viewer: Viewer, notice_id: str) -> RecallNotice:
    """A notice to a colleague, for an information governance officer. Raises NotFound."""
    found = next((one for one in at_own_agency(session, viewer) if one.id == notice_id), None)
    if found is None:
        raise NotFound(f"notice {notice_id}")
    return found


def _known(session: Session, viewer: Viewer, condition: ColumnElement[bool]) -> list[RecallNotice]:
    kept_out = exclusions_of(session, viewer.staff_id)
    rows = session.scalars(
        select(RecallNotice)
        .where(RecallNotice.partnership_id == viewer.partnership_id, condition)
        .order_by(RecallNotice.answered_at.is_not(None), RecallNotice.sent_at.desc(), RecallNotice.id)
    ).unique()
    return [one for one in rows if one.case_id not in kept_out]


# --- answering ---


def answers_to(notice: RecallNotice) -> dict[str, str]:
    """What may be answered, with its words."""
    first = Answer.CORRECTED if notice.is_correction else Answer.DESTROYED
    return {one.value: one.words for one in (first, Answer.KEPT_BY_LAW)}


def answer(
    session: Session, viewer: Viewer, notice: RecallNotice, *, how: str, reason: str, at: datetime
) -> None:
    """The receipt of a notice that was found through the viewer.

    Raises BadInput without an answer, or without the law by which something is kept; Conflict if answered.
    """
    if notice.answered_at is not None:
        raise Conflict(f"notice {notice.id} is already answered")
    if how not in answers_to(notice):
        raise BadInput("Say what you did with what you were shown.", "how")
    if how == Answer.KEPT_BY_LAW:
        text = checked_text(reason, "reason", "Say which law says that you must keep it.")
        notice.reason = seal_note(
            session,
            text,
            partnership_id=notice.partnership_id,
            agency_id=notice.agency_id,
            people=people_at_risk(session, notice.case_id),
            place=_place(notice),
        )
    notice.answered_at, notice.answered_by, notice.answer = at, viewer.staff_id, how
    session.flush()
    writing.record(
        session,
        "recall.answered",
        partnership=notice.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        on_behalf_of=None if viewer.staff_id == notice.staff_id else notice.staff_id,
        case=notice.case_id,
        about=(notice.id,),
        mark=how,
        concerns=[] if notice.owner == CONFERENCE else [notice.owner],
    )


# --- how far it is ---


def own_recalls(session: Session, viewer: Viewer, *, at: datetime) -> list[tuple[Recall, list[RecallNotice]]]:
    """What went back after withdrawals that the viewer recorded, the newest first, with its notices.

    All of them where the consent was given to the viewer's own agency, and for an IDVA where the victim gave
    it; else those to their colleagues or about what their agency owns: who else was named in a consent is not
    theirs to know. Only in cases that are open to them: that somebody is in another is not theirs to know
    either. One of which nothing is theirs is as if it were not.
    """
    open_to_them = sorted(case.id for case in cases_of(session, viewer, at=at))
    rows = session.execute(
        select(Recall, ConsentRow, CasePerson)  # all whole, so that their seals are checked
        .join(ConsentRow, ConsentRow.id == Recall.about)
        .join(
            CasePerson,
            and_(CasePerson.case_id == ConsentRow.case_id, CasePerson.person_id == ConsentRow.person_id),
        )
        .where(
            Recall.partnership_id == viewer.partnership_id,
            Recall.opened_by == viewer.staff_id,
            Recall.cause == Cause.WITHDRAWAL.value,
        )
        .order_by(Recall.opened_at.desc(), Recall.id)
    ).all()
    is_idva = Role.IDVA in viewer.roles
    whole = [
        one.id
        for one, said, person in rows
        if said.recorded_for == viewer.agency_id or (is_idva and person.role is PersonRole.VICTIM)
    ]
    theirs = session.scalars(
        select(RecallNotice)
        .where(
            RecallNotice.recall_id.in_([one.id for one, *_ in rows]),
            RecallNotice.case_id.in_(open_to_them),
            or_(
                RecallNotice.recall_id.in_(whole),
                RecallNotice.agency_id == viewer.agency_id,
                RecallNotice.owner == viewer.agency_id,
            ),
        )
        .order_by(RecallNotice.agency_id, RecallNotice.staff_id, RecallNotice.case_id)
    ).unique()
    of: dict[str, list[RecallNotice]] = {}
    for one in theirs:
        of.setdefault(one.recall_id, []).append(one)
    return [(one, of[one.id]) for one, *_ in rows if one.id in of]


def find_recall(
    session: Session, viewer: Viewer, recall_id: str, *, at: datetime
) -> tuple[Recall, list[RecallNotice]]:
    """One of them. Raises NotFound."""
    found = next((one for one in own_recalls(session, viewer, at=at) if one[0].id == recall_id), None)
    if found is None:
        raise NotFound(f"recall {recall_id}")
    return found


def reasons(
    session: Session, viewer: Viewer, notices: Iterable[RecallNotice], *, about: str
) -> dict[str, str]:
    """By what law things are kept, by notice id, of notices that were found through the viewer. Logged."""
    kept = [one for one in notices if one.reason is not None]
    notes = [Note(one.reason or b"", one.agency_id, _place(one)) for one in kept]
    case_id = kept[0].case_id if len({one.case_id for one in kept}) == 1 else None
    texts = read_notes(session, viewer, notes, about=about, case_id=case_id)
    return {one.id: text for one, text in zip(kept, texts, strict=True)}


def _place(notice: RecallNotice) -> Place:
    return Place("recall_notice", notice.id, "reason")
