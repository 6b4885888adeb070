"""What pages show beside what the door lets through, found again. Each kind as its page noted it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.errors import NotFound
from conference.identity.services import Viewer
from conference.meetings import marks as of_meetings
from conference.meetings import room, services
from conference.sharing import marks
from conference.sharing.asking import services as asking
from conference.sharing.marks import Parts
from conference.sharing.noted import Beside
from conference.sharing.recalls import receipts
from conference.sharing.reviews import services as reviews
from conference.sharing.taking import shown

Finding = Callable[[Session, Viewer, str, frozenset[str], datetime], Parts]


def beside_now(
    session: Session, viewer: Viewer, one: Beside, fields: frozenset[str], *, at: datetime
) -> Parts:
    """What it is now. fields: of which words are shown.   Raises as its page does, NotFound if unknown."""
    find = _KINDS.get(one.kind)
    if find is None:
        raise NotFound
    return find(session, viewer, one.of, fields, at)


def _case(session: Session, viewer: Viewer, of: str, fields: frozenset[str], at: datetime) -> Parts:
    case = cases.visible_case(session, viewer, of, at=at)
    return of_meetings.beside_case(session, viewer, case, fields, at=at)


def _room(session: Session, viewer: Viewer, of: str, fields: frozenset[str], at: datetime) -> Parts:
    scene = room.setting(session, viewer, of, at=at)
    beside = of_meetings.beside_room(session, viewer, scene)
    return beside if scene.found is None else beside | of_meetings.tasks(session, viewer, scene.found, fields)


def _agenda(session: Session, viewer: Viewer, of: str, _: frozenset[str], at: datetime) -> Parts:
    meeting = services.visible_meeting(session, viewer, of)
    listed = services.agenda_for(session, viewer, meeting, at=at)
    return of_meetings.beside_agenda(session, viewer, meeting, [one.case for one in listed])


def _consents(session: Session, viewer: Viewer, of: str, _: frozenset[str], at: datetime) -> Parts:
    case = cases.visible_case(session, viewer, of, at=at)
    with _unlogged(session):
        lines = shown.consents_for(session, viewer, case, at=at)
    return marks.said(session, viewer, "consent", lines)


def _question(session: Session, viewer: Viewer, of: str, _: frozenset[str], at: datetime) -> Parts:
    with _unlogged(session):
        found = asking.read(session, viewer, of, at=at)
    return marks.said(session, viewer, "question", [found])


def _notice(session: Session, viewer: Viewer, of: str, _: frozenset[str], at: datetime) -> Parts:
    del at
    notice = receipts.find_own(session, viewer, of)
    kept_out = notice.case_id in cases.exclusions_of(session, viewer.staff_id)
    return marks.said(session, viewer, "notice", [(notice.id, notice.answer, kept_out)])


def _review(session: Session, viewer: Viewer, of: str, _: frozenset[str], at: datetime) -> Parts:
    found = reviews.find_review(session, viewer, of, at=at)
    return marks.said(session, viewer, "review", [(found.id, found.outcome)])


_KINDS: dict[str, Finding] = {
    "case": _case,
    "room": _room,
    "agenda": _agenda,
    "consents": _consents,
    "question": _question,
    "notice": _notice,
    "review": _review,
}


@contextmanager
def _unlogged(session: Session) -> Iterator[None]:
    """Read something again of which nothing is shown: it leaves no event behind."""
    kept = {name: session.info.pop(name) for name in ("prepared", "leaf_hashes") if name in session.info}
    try:
        yield
    finally:
        session.info.pop("prepared", None)
        session.info.pop("leaf_hashes", None)
        session.info.update(kept)
