"""Each agency's own schedule: how many years after what it looks at each kind of information again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.errors import BadInput
from conference.identity.services import Viewer
from conference.sharing.retention.kinds import KINDS, MOST_YEARS, Trigger, label
from conference.sharing.retention.models import RetentionDay, RetentionRule
from conference.trail import writing
from conference.vault.errors import KeyGone
from conference.vault.seal import Place, seal
from conference.vault.unseal import Sealed, open_all


@dataclass(frozen=True, slots=True)
class Kept:
    """How long an agency keeps one kind. years: None until one of its officers set them."""

    kind: str
    trigger: Trigger
    years: int | None

    @property
    def label(self) -> str:
        """What people call the kind."""
        return label(self.kind)

    @property
    def words(self) -> str:
        """`6 years after the case was last heard`."""
        if self.years is None:
            return "Not set"
        return f"{self.years} {'year' if self.years == 1 else 'years'} after {self.trigger.words}"


def schedule_of(session: Session, agency_id: str) -> dict[str, Kept]:
    """Every kind, in order: as the agency set it, else as shipped, without years."""
    rows = session.scalars(select(RetentionRule).where(RetentionRule.agency_id == agency_id))
    own = {row.class_name: Kept(row.class_name, Trigger(row.trigger), row.years) for row in rows}
    return {kind: own.get(kind, Kept(kind, trigger, None)) for kind, trigger in KINDS.items()}


def set_rule(
    session: Session, viewer: Viewer, kind: str, *, trigger: str, years: int | None, at: datetime
) -> None:
    """Say how long the viewer's agency keeps a kind. Without years nothing of it is due. Raises BadInput."""
    if kind not in KINDS:
        raise BadInput("Choose what kind of information this is.", "kind")
    if trigger not in set(Trigger):
        raise BadInput("Choose what the years count from.", "trigger")
    if years is not None and not 0 <= years <= MOST_YEARS:
        raise BadInput(f"Enter a number of years from 0 to {MOST_YEARS}.", "years")
    row = session.get(RetentionRule, (viewer.agency_id, kind))
    if row is None:
        row = RetentionRule(partnership_id=viewer.partnership_id, agency_id=viewer.agency_id, class_name=kind)
        session.add(row)
    row.trigger, row.years, row.set_at, row.set_by = trigger, years, at, viewer.staff_id
    session.flush()
    writing.record(
        session,
        "retention.set",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        about=(kind, trigger),
        mark="not-set" if years is None else f"years-{years}",
    )


def set_death(
    session: Session, viewer: Viewer, case_id: str, person_id: str, on: date, *, at: datetime
) -> None:
    """Keep the day on which somebody died, for the viewer's agency. Raises BadInput for one to come."""
    if on > at.date():
        raise BadInput("Enter a day that has been.", "died")
    row = session.get(RetentionDay, (viewer.agency_id, person_id))
    if row is None:
        row = RetentionDay(
            partnership_id=viewer.partnership_id, agency_id=viewer.agency_id, person_id=person_id
        )
        session.add(row)
    row.day = seal(
        session,
        on.isoformat(),
        partnership=viewer.partnership_id,
        owner=viewer.agency_id,
        subjects=[person_id],
        place=_place(viewer.agency_id, person_id),
    )
    row.set_at, row.set_by = at, viewer.staff_id
    session.flush()
    writing.record(
        session,
        "retention.set",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=case_id,
        mark="death",
    )


def deaths(session: Session, viewer: Viewer) -> dict[str, date]:
    """The days that the viewer's agency entered, by person. Whoever shows what follows from them logs it."""
    query = select(RetentionDay).where(RetentionDay.agency_id == viewer.agency_id)
    keys = session.info["keys"]
    rows = [row for row in session.scalars(query) if not keys.is_destroyed(f"person/{row.person_id}")]
    sealed = [
        Sealed(row.day, row.partnership_id, row.agency_id, _place(row.agency_id, row.person_id))
        for row in rows
    ]
    try:
        texts = open_all(session, sealed)
    except KeyGone:  # the agency's own key is not given just now: nothing counts from a day that is not known
        return {}
    return {row.person_id: date.fromisoformat(text) for row, text in zip(rows, texts, strict=True)}


def _place(agency_id: str, person_id: str) -> Place:
    return Place("retention_day", f"{agency_id}/{person_id}", "day")
