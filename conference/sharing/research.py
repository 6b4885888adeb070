"""An agency's own workspace: its records, and how far it offers each field. Its own members only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from conference.cases import records
from conference.cases import services as cases
from conference.cases.finding import keeping
from conference.cases.models import Case, CaseAgency, Field, Offered, Record, Research
from conference.cases.services import By
from conference.clock import LONDON
from conference.errors import BadInput
from conference.identity.services import Viewer
from conference.sharing import catalogue
from conference.sharing.door import Asked, disclose
from conference.sharing.searching.renewing import renew
from conference.sharing.view import CaseView
from conference.vault.dark import Dark, must_give, why_dark


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed about one field."""

    class_name: str
    value: str
    kind: str = "fact"
    source: str = ""
    summary: str = ""
    relevance: str = ""
    recorded_on: date | None = None
    offered: str = "none"
    withheld_reason: str = ""


def own_research(session: Session, viewer: Viewer, case: Case) -> CaseView:
    """The viewer's own agency's fields in a case, with what stays inside the agency. Logged."""
    asked = Asked(owners=(viewer.agency_id,), own_notes=True)
    return disclose(session, viewer, [case], asked=asked)[case.id]


def why_not_given(session: Session, viewer: Viewer) -> Dark | None:
    """Why nothing of the viewer's own agency opens now; None if it does."""
    return why_dark(session.info["keys"], viewer.partnership_id, viewer.agency_id)


def research_state(session: Session, viewer: Viewer, case: Case) -> CaseAgency:
    """How far the viewer's agency is with its research."""
    return session.get_one(CaseAgency, (case.id, viewer.agency_id))


def add(
    session: Session,
    viewer: Viewer,
    case: Case,
    typed: Typed,
    *,
    about: Sequence[str],
    at: datetime,
    record_type: str = "Typed in",
) -> Field:
    """A new record of one field. Raises BadInput with what to do."""
    level = _checked(typed)
    record = records.add_record(
        session,
        case_id=case.id,
        agency_id=viewer.agency_id,
        type=record_type,
        about=about,
        by=viewer.staff_id,
        at=at,
    )
    field = records.add_field(
        session,
        record,
        class_name=typed.class_name,
        value=typed.value,
        kind=typed.kind,
        source=typed.source,
        summary=typed.summary,
        relevance=typed.relevance,
        recorded_at=_at_noon(typed.recorded_on) or at,
        by=viewer.staff_id,
        at=at,
    )
    records.set_offer(session, field, level, by=By.viewer(viewer), withheld_reason=typed.withheld_reason)
    _started(session, viewer, case)
    _reindex(session, viewer, case, field)
    return field


def correct(
    session: Session, viewer: Viewer, case: Case, field: Field, typed: Typed, *, at: datetime
) -> None:
    """Correct a field and say again how far it is offered. Raises BadInput with what to do."""
    level = _checked(typed)
    records.correct_field(
        session,
        field,
        value=typed.value,
        summary=typed.summary,
        source=typed.source,
        kind=typed.kind,
        relevance=typed.relevance,
        recorded_at=_at_noon(typed.recorded_on) or field.recorded_at,
        by=viewer.staff_id,
        at=at,
        then_offered=level,
    )
    records.set_offer(session, field, level, by=By.viewer(viewer), withheld_reason=typed.withheld_reason)
    _reindex(session, viewer, case, field)


def take_back(session: Session, viewer: Viewer, field: Field) -> None:
    """Take a field off the table: from now on nobody else sees it."""
    records.set_offer(session, field, Offered.NONE, by=By.viewer(viewer))


def send(session: Session, viewer: Viewer, case: Case, *, nil: bool) -> None:
    """Say that the agency's research is done; `nil` when it holds nothing. Raises KeyHeldBack."""
    must_give(session, viewer.partnership_id, viewer.agency_id)
    state = Research.NIL if nil else Research.SENT
    cases.set_research(session, case, viewer.agency_id, state, by=By.viewer(viewer))


def _started(session: Session, viewer: Viewer, case: Case) -> None:
    row = research_state(session, viewer, case)
    if row.research in {Research.NOT_STARTED, Research.NIL}:
        cases.set_research(session, case, viewer.agency_id, Research.IN_PROGRESS, by=By.viewer(viewer))


def _checked(typed: Typed) -> Offered:
    if typed.class_name not in dict(catalogue.choices()):
        raise BadInput("Choose what kind of information this is.", "class_name")
    if typed.kind not in {"fact", "opinion"}:
        raise BadInput("Choose fact or opinion.", "kind")
    if typed.offered not in {level.value for level in Offered}:
        raise BadInput("Choose how far to offer this.", "offered")
    level = Offered(typed.offered)
    if level is Offered.SUMMARY and not typed.summary.strip():
        raise BadInput("Write the summary, or choose another level.", "summary")
    if typed.class_name == "identity.dob":
        try:
            date.fromisoformat(typed.value.strip())
        except ValueError as error:
            raise BadInput("Enter the date of birth as year-month-day, like 1992-03-03.", "value") from error
    return level


def _at_noon(day: date | None) -> datetime | None:
    return datetime.combine(day, time(12), LONDON).astimezone(UTC) if day is not None else None


def _reindex(session: Session, viewer: Viewer, case: Case, field: Field) -> None:
    """Let the person be found by what the agency now says of them."""
    record = session.get_one(Record, field.record_id)
    if field.class_name in keeping.FOUND_BY and len(record.subjects) == 1:
        about = [record.subjects[0].person_id]
        renew(session, viewer.partnership_id, case.id, viewer.agency_id, about)
