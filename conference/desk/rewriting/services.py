"""Our own lines about several people, and what was settled about each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE, Case
from conference.desk.research_page import ResearchPage, research_page
from conference.errors import NotFound
from conference.identity.services import Viewer
from conference.meetings.outcomes import reword
from conference.permissions import Permission
from conference.sharing import catalogue
from conference.sharing.door import Asked, disclose
from conference.sharing.retention import rewriting
from conference.sharing.retention.models import Word
from conference.sharing.view import Row

WORDS = {Word.REWRITTEN: "Written down again", Word.NOTHING_STAYS: "Nothing stays"}


@dataclass(frozen=True, slots=True)
class Stays:
    """What somebody typed: what stays, and about whom (ids)."""

    text: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One of our lines about several people. people: id and name.   state: what was settled."""

    row: Row
    people: tuple[tuple[str, str], ...]
    state: str


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What our agency holds about several people at once; for whoever chairs, what was noted, too."""

    research: ResearchPage
    lines: list[Line]
    noted: list[Line]

    def line(self, field_id: str) -> Line:
        """One of them. Raises NotFound."""
        found = next((one for one in (*self.lines, *self.noted) if one.row.field_id == field_id), None)
        if found is None:
            raise NotFound
        return found


def shared_page(session: Session, viewer: Viewer, case: Case, *, only: str | None = None) -> SharedPage:
    """Our own lines about several people, or `only` one of them. Logged, as our research is."""
    research = research_page(session, viewer, case, only=only)
    noted: list[Row] = []
    if viewer.may(Permission.MEETING_CHAIR):
        asked = Asked(owners=(CONFERENCE,), fields=None if only is None else (only,))
        view = disclose(session, viewer, [case], asked=asked, log_empty=False)[case.id]
        noted = [row for row in view.rows if row.level == "full"]
    done = rewriting.settled(session, viewer)
    called = {one.person_id: one.name or one.role_label for one in research.people}
    return SharedPage(research, _lines(research.rows, called, done), _lines(noted, called, done))


def settle(
    session: Session, viewer: Viewer, case: Case, line: Line, stays: Stays | None, *, at: datetime
) -> None:
    """Write what stays of a line, or that nothing does. An action says it from then on. Raises BadInput."""
    if stays is None:
        rewriting.let_go(session, viewer, line.row, at=at)
        return
    new = rewriting.write_what_stays(
        session, viewer, case, line.row, text=stays.text, about=stays.about, at=at
    )
    reword(session, viewer, line.row.field_id or "", new.id)


def _lines(rows: list[Row], called: dict[str, str], done: dict[str, Word]) -> list[Line]:
    return [
        Line(
            row,
            tuple((who, called.get(who, catalogue.PERSON_ROLES["other"])) for who in row.about),
            WORDS[done[row.field_id]] if row.field_id in done else "Not settled",
        )
        for row in rows
        if len(row.about) > 1
    ]
