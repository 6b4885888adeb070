"""Has anything changed on a page that somebody has open? For them alone: what they see, before or after.

A page carries how to ask for what it shows, and its mark. Three steps, each only where the one before does
not settle it. First: the inputs have not moved, and no moment has passed at which an answer changes by
itself. Second: what is decided is the same, nothing opened. Third: what would be shown is the same, opened to
be compared. Nothing is shown, so nothing is logged: whoever is told that something has changed asks for the
page again, which is logged as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases import services as cases
from conference.cases.models import CaseReason
from conference.identity.services import Viewer
from conference.live.beside import beside_now
from conference.live.known import Answer, Known, Memory
from conference.sharing import marks, noted
from conference.sharing.door import glimpse, parts_now
from conference.sharing.marks import Parts
from conference.sharing.noted import Noted


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is now: what is decided, and, to be opened only where it must, what it is made of."""

    glimpse: str
    lines: frozenset[str]
    parts: Callable[[], Parts]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a page carries. asks: how to ask for what it shows.   seen: what that was."""

    asks: str
    seen: str


def mark_of(session: Session, viewer: Viewer) -> Mark | None:
    """The mark of the page that this session makes; None for one that shows nothing."""
    page = noted.of_page(session)
    if not page.asks and not page.beside:
        return None
    asks = noted.packed(session, viewer, page)
    return Mark(asks, marks.whole(session, viewer, asks, page.parts))


def answer(session: Session, viewer: Viewer, memory: Memory, asks: str, *, seen: str, at: datetime) -> Answer:
    """What has become of a page that carries this mark.

    Raises NotFound for what is no mark of theirs, and as the cases' own pages do.
    """
    version = inputs.version(session, viewer.partnership_id)
    erased = session.info["keys"].edition  # a key that goes when the counter has moved already
    key = (viewer.staff_id, viewer.roles, viewer.trained, erased, asks, seen)
    known = memory.find(key)
    if known is not None and known.holds(version, at):
        return known.answer
    page = _page(session, viewer, noted.unpacked(session, viewer, asks), at=at)
    until = _until(session, viewer, at)
    found = _now(session, viewer, asks, seen, known, page)
    memory.keep(key, replace(found, version=version, until=until, glimpse=page.glimpse))
    return found.answer


def _page(session: Session, viewer: Viewer, page: Noted, *, at: datetime) -> Page:
    """The page as it is now. Raises NotFound, ReasonNeeded for a case that the viewer may not open now."""
    ids = {case_id for ask in page.asks for case_id in ask.cases}
    found = {one: cases.visible_case(session, viewer, one, at=at) for one in sorted(ids)}
    asks = [([found[one] for one in ask.cases], ask.asked) for ask in page.asks]
    decided = [glimpse(session, viewer, of, asked=asked) for of, asked in asks]
    words = frozenset(one for glimpsed in decided for one in glimpsed.fields)
    extra = marks.NOTHING
    for one in page.beside:
        extra |= beside_now(session, viewer, one, words, at=at)

    def parts() -> Parts:
        lines = (parts_now(session, viewer, of, asked=asked) for of, asked in asks)
        return extra.union(*lines)

    return Page(
        marks.digest(session, viewer, [one.digest for one in decided], sorted(extra)),
        frozenset(line for one in decided for line in one.lines),
        parts,
    )


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
