"""Has anything changed on a page that somebody has open? For them alone: what they see, before or after.

Three steps, each only where the one before does not settle it. First: the inputs have not moved, and no
moment has passed at which an answer changes by itself. Second: what is decided is the same, nothing opened.
Third: what would be shown is the same, opened to be compared. Nothing is shown, so nothing is logged:
whoever is told that something has changed asks for the page again, which is logged as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
from conference.meetings import services as meetings
from conference.meetings.told import asked_for
from conference.sharing import marks
from conference.sharing.door import NAMES, glimpse, parts_now
from conference.sharing.marks import Parts


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is now: what is decided, and, to be opened only where it must, what it is made of."""

    glimpse: str
    lines: frozenset[str]
    parts: Callable[[], Parts]


def case_page(
    session: Session,
    viewer: Viewer,
    memory: Memory,
    case_id: str,
    *,
    seen: str,
    way: str,
    at: datetime,
) -> Answer:
    """What has become of a case's page. seen: the mark that it carries. way: of looking at the case.

    Raises as the page itself does.
    """
    asked = asked_for(way)

    def now() -> Page:
        case = cases.visible_case(session, viewer, case_id, at=at)
        decided = glimpse(session, viewer, [case], asked=asked)
        extra = beside.beside_case(session, viewer, case, decided.fields, at=at)
        return Page(
            marks.digest(session, viewer, decided.digest, sorted(extra)),
            decided.lines,
            lambda: parts_now(session, viewer, [case], asked=asked) | extra,
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
            return Page(marks.digest(session, viewer, sorted(extra)), frozenset(), lambda: extra)
        case: Case = scene.found
        decided = glimpse(session, viewer, [case])
        extra |= beside.tasks(session, viewer, case, decided.fields)
        return Page(
            marks.digest(session, viewer, decided.digest, sorted(extra)),
            decided.lines,
            lambda: parts_now(session, viewer, [case]) | extra,
        )

    return _answer(session, viewer, memory, (meeting_id, ""), seen, now, at=at)


def agenda_page(
    session: Session, viewer: Viewer, memory: Memory, meeting_id: str, *, seen: str, at: datetime
) -> Answer:
    """What has become of an agenda, with the names on it. Raises as the page itself does."""

    def now() -> Page:
        meeting = meetings.visible_meeting(session, viewer, meeting_id)
        listed = meetings.agenda_for(session, viewer, meeting, at=at)
        cases_shown = [one.case for one in listed if one.can_open]
        extra = beside.beside_agenda(session, viewer, meeting, [one.case for one in listed])
        decided = glimpse(session, viewer, cases_shown, asked=NAMES)
        return Page(
            marks.digest(session, viewer, decided.digest, sorted(extra)),
            decided.lines,
            lambda: parts_now(session, viewer, cases_shown, asked=NAMES) | extra,
        )

    return _answer(session, viewer, memory, (meeting_id, "agenda"), seen, now, at=at)


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
    found = _now(session, viewer, which[0], seen, known, page)
    memory.keep(key, replace(found, version=version, until=until, glimpse=page.glimpse))
    return found.answer


def _now(session: Session, viewer: Viewer, of: str, seen: str, known: Known | None, page: Page) -> Known:
    """What has become of a page since it was found as `known`; when it was found is left as it is."""
    before = known or Known(0, None, "", None, None, Answer.SAME)
    if known is not None and known.glimpse == page.glimpse:
        return known
    if before.lines is not None and not before.lines <= page.lines:
        return replace(before, answer=Answer.LESS)  # a line of the page is gone: nothing need be opened
    parts = page.parts()
    if marks.whole(session, viewer, of, parts) == seen:
        return replace(before, parts=parts, lines=page.lines, answer=Answer.SAME)
    return replace(before, answer=_became(before.parts, parts))


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
