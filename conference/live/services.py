"""Has anything changed on a page that somebody has open? For them alone: what they see, before or after.

Three steps, each only where the one before does not settle it. First: the inputs have not moved, and no
moment has passed at which an answer changes by itself. Second: what is decided is the same, nothing opened.
Third: what would be shown is the same, opened to be compared. Nothing is shown, so nothing is logged:
whoever is told that something has changed asks for the page again, which is logged as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases import services as cases
from conference.cases.models import Case, CaseReason
from conference.identity.services import Viewer
from conference.live.known import Answer, Known, Memory
from conference.meetings import marks as beside
from conference.meetings import room
from conference.sharing import marks
from conference.sharing.door import EVERYTHING, Asked, glimpse, parts_now
from conference.sharing.marks import Parts


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is now: what is decided, and, to be opened only where it must, what it is made of."""

    glimpse: str
    parts: Callable[[], Parts]


def case_page(
    session: Session,
    viewer: Viewer,
    memory: Memory,
    case_id: str,
    *,
    seen: str,
    asked: Asked = EVERYTHING,
    way: str = "",
    at: datetime,
) -> Answer:
    """What has become of a case's page. seen: the mark that it carries. Raises as the page itself does."""

    def now() -> Page:
        case = cases.visible_case(session, viewer, case_id, at=at)
        decided = glimpse(session, viewer, case, asked=asked)
        extra = beside.beside_case(session, viewer, case, decided.fields, at=at)
        return Page(
            marks.digest(session, viewer, decided.digest, sorted(extra)),
            lambda: parts_now(session, viewer, case, asked=asked) | extra,
        )

    return _answer(session, viewer, memory, (case_id, way), seen, now, at=at)


def room_page(
    session: Session, viewer: Viewer, memory: Memory, meeting_id: str, *, seen: str, at: datetime
) -> Answer:
    """What has become of a room's page. Raises as the page itself does."""

    def now() -> Page:
        scene = room.setting(session, viewer, meeting_id, at=at)
        extra = beside.beside_room(session, viewer, scene)
        if scene.found is None:
            return Page(marks.digest(session, viewer, sorted(extra)), lambda: extra)
        case: Case = scene.found
        decided = glimpse(session, viewer, case)
        extra |= beside.tasks(session, viewer, case, decided.fields)
        return Page(
            marks.digest(session, viewer, decided.digest, sorted(extra)),
            lambda: parts_now(session, viewer, case) | extra,
        )

    return _answer(session, viewer, memory, (meeting_id, ""), seen, now, at=at)


def _answer(
    session: Session,
    viewer: Viewer,
    memory: Memory,
    which: tuple[str, str],
    seen: str,
    now: Callable[[], Page],
    *,
    at: datetime,
) -> Answer:
    version = inputs.version(session, viewer.partnership_id)
    key = (viewer.staff_id, viewer.roles, viewer.trained, *which, seen)
    known = memory.find(key)
    if known is not None and known.holds(version, at):
        return known.answer
    page = now()
    until = _until(session, viewer, at)
    if known is not None and known.glimpse == page.glimpse:
        answer, parts = known.answer, known.parts
    else:
        parts_are = page.parts()
        is_same = marks.whole(session, viewer, which[0], parts_are) == seen
        before = known.parts if known is not None else None
        answer = Answer.SAME if is_same else _became(before, parts_are)
        parts = parts_are if is_same else before
    memory.keep(key, Known(version, until, page.glimpse, parts, answer))
    return answer


def _became(before: Parts | None, now: Parts) -> Answer:
    """More, where all that the page shows is there still; less wherever that is not known."""
    return Answer.MORE if before is not None and before <= now else Answer.LESS


def _until(session: Session, viewer: Viewer, at: datetime) -> datetime | None:
    """The next moment at which an answer changes by itself: of what was decided, or of a reason given."""
    ends = session.scalar(
        select(func.min(CaseReason.until)).where(
            CaseReason.staff_id == viewer.staff_id, CaseReason.until > at
        )
    )
    horizon: datetime | None = session.info.get("horizon")
    known = [one for one in (horizon, ends) if one is not None]
    return min(known, default=None)
