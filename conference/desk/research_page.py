"""An agency's own page about a case: what it holds, how far it offers it, and who would see that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from conference import clock
from conference.cases import records
from conference.cases.models import Case, Field
from conference.errors import NotFound
from conference.identity.services import Viewer
from conference.sharing import catalogue
from conference.sharing.door import NAMES, Asked, disclose, who_would_see
from conference.sharing.research import own_research, research_state, why_not_given
from conference.sharing.view import CaseView, PersonView, Row
from conference.vault.dark import Dark

WORDS = {"none": "Nothing", "presence": "Holds information", "summary": "Summary", "full": "In full"}


@dataclass(frozen=True, slots=True)
class ResearchPage:
    """What our agency holds about a case, and how far its research is."""

    case: Case
    view: CaseView
    named: CaseView
    due: date | None
    state: str
    is_done: bool
    held_back: str | None = None

    @property
    def rows(self) -> list[Row]:
        """Our own lines."""
        return [row for row in self.view.rows if row.level == "own"]

    @property
    def subject(self) -> str:
        """Who it is about, where a name is shown; else the reference."""
        victim = self.named.victim
        return victim.name if victim is not None and victim.name is not None else self.view.reference

    @property
    def people(self) -> list[PersonView]:
        """Everybody in the case who is shown by name, or whom our own lines are about."""
        known = {person.person_id for person in self.named.people}
        return [*self.named.people, *(one for one in self.view.people if one.person_id not in known)]

    @property
    def has_several(self) -> bool:
        """Whether a line of ours is about several people at once."""
        return any(len(row.about) > 1 for row in self.rows)

    @property
    def is_late(self) -> bool:
        """Whether it should be back by now and is not."""
        return not self.is_done and self.due is not None and self.due < clock.today()


def research_page(session: Session, viewer: Viewer, case: Case, *, only: str | None = None) -> ResearchPage:
    """Our own lines, or `only` one of them, and the names that are shown. Logged."""
    if only is None:
        view = own_research(session, viewer, case)
    else:
        asked = Asked(owners=(viewer.agency_id,), fields=(only,), own_notes=True)
        view = disclose(session, viewer, [case], asked=asked)[case.id]
    named = disclose(session, viewer, [case], asked=NAMES, log_empty=False)[case.id]
    state = research_state(session, viewer, case)
    dark = why_not_given(session, viewer)
    return ResearchPage(
        case,
        view,
        named,
        state.research_due,
        state.research.words,
        is_done=state.research.is_back,
        held_back=_HELD_BACK[dark].format(agency=viewer.agency_name) if dark is not None else None,
    )


_HELD_BACK = {
    Dark.REVOKED: "{agency} has taken back its key, so nobody can see or change what it holds here until it "
    "gives the key again.",
    Dark.SILENT: "{agency}'s key service is not answering, so nobody can see or change what it holds here "
    "until it does.",
    Dark.LEFT: "{agency}'s key was destroyed, so what it held here can no longer be read.",
}


def field_in(
    session: Session, viewer: Viewer, case: Case, field_id: str, *, at: datetime, even_dark: bool = False
) -> Field:
    """Our own field of this very case. even_dark: though our key is not given.   Raises NotFound."""
    field = records.own_field(session, viewer, field_id, at=at, even_dark=even_dark)
    if field.case_id != case.id:
        raise NotFound
    return field


def preview(
    session: Session,
    viewer: Viewer,
    page: ResearchPage,
    class_name: str,
    about: Sequence[str],
    offered: str | None,
) -> list[tuple[str, str]]:
    """How far each agency would see it, in words; empty until there is enough to say."""
    if class_name not in catalogue.LABELS or not about or offered not in WORDS:
        return []
    seen = who_would_see(session, viewer, page.case, class_name=class_name, about=about, offered=offered)
    return [(agency, WORDS[level]) for agency, level in seen]
