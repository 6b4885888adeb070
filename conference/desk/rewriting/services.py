"""Our own lines about several people, and what was settled about each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.desk.research_page import ResearchPage, research_page
from conference.errors import NotFound
from conference.identity.services import Viewer
from conference.sharing import catalogue
from conference.sharing.retention import rewriting
from conference.sharing.retention.models import Word
from conference.sharing.view import Row

WORDS = {Word.REWRITTEN: "Written down again", Word.NOTHING_STAYS: "Nothing stays"}


@dataclass(frozen=True, slots=True)
class Line:
    """One of our lines about several people. people: id and name.   state: what was settled."""

    row: Row
    people: tuple[tuple[str, str], ...]
    state: str


@dataclass(frozen=True, slots=True)
class SharedPage:
    """What our agency holds in a case about several people at once."""

    research: ResearchPage
    lines: list[Line]

    def line(self, field_id: str) -> Line:
        """One of them. Raises NotFound."""
        found = next((one for one in self.lines if one.row.field_id == field_id), None)
        if found is None:
            raise NotFound
        return found


def shared_page(session: Session, viewer: Viewer, case: Case, *, only: str | None = None) -> SharedPage:
    """Our own lines about several people, or `only` one of them. Logged, as our research is."""
    research = research_page(session, viewer, case, only=only)
    done = rewriting.settled(session, viewer)
    called = {one.person_id: one.name or one.role_label for one in research.people}
    lines = [
        Line(
            row,
            tuple((who, called.get(who, catalogue.PERSON_ROLES["other"])) for who in row.about),
            WORDS[done[row.field_id]] if row.field_id in done else "Not settled",
        )
        for row in research.rows
        if len(row.about) > 1
    ]
    return SharedPage(research, lines)
