"""What happens to cases, records and fields. Sealing here, opening only in `conference.sharing`.

Every change of what may leave is logged in the same transaction and moves the partnership's inputs on, so
that a page which was decided before it is decided again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases.models import (
    Case,
    CaseAgency,
    CaseAssignment,
    CaseExclusion,
    CasePerson,
    CaseReason,
    ConferenceType,
    ExclusionKind,
    Person,
    PersonRole,
    Research,
)
from conference.errors import BadInput, NotFound, ReasonNeeded, Refused
from conference.identity.models import Partnership, Staff
from conference.identity.services import Viewer
from conference.ids import new_id, new_reference
from conference.trail import writing
from conference.vault.rows import check_row, list_parts, row_seal

REASON_LASTS = timedelta(hours=12)
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class By:
    """Who makes a change: a member of staff of an agency."""

    staff_id: str
    agency_id: str

    @classmethod
    def viewer(cls, viewer: Viewer) -> By:
        """The person who is signed in."""
        return cls(viewer.staff_id, viewer.agency_id)


# --- cases ---


def add_conference_type(session: Session, *, partnership_id: str, name: str, purpose: str) -> ConferenceType:
    """A kind of conference; `purpose` is one of the policy's."""
    kind = ConferenceType(id=new_id("cty"), partnership_id=partnership_id, name=name, purpose=purpose)
    session.add(kind)
    session.flush()
    return kind


def open_case(
    session: Session,
    *,
    partnership_id: str,
    conference_type: ConferenceType,
    agencies: Iterable[str],
    by: By,
    at: datetime,
    research_due: date | None = None,
) -> Case:
    """A new case, listed for `agencies` (ids)."""
    prefix = session.get_one(Partnership, partnership_id).reference_prefix
    case = Case(
        id=new_id("cas"),
        partnership_id=partnership_id,
        reference=new_reference(prefix),
        conference_type_id=conference_type.id,
        opened_at=at,
    )
    session.add(case)
    session.flush()
    for agency_id in agencies:
        session.add(
            CaseAgency(
                partnership_id=partnership_id, case_id=case.id, agency_id=agency_id, research_due=research_due
            )
        )
    session.flush()
    _log(session, "case.opened", case, by, concerns=tuple(agencies))
    return case


def add_person(session: Session, case: Case, role: PersonRole) -> str:
    """A new person in a case; all that is known of them comes as fields. Returns the person's id."""
    person = Person(id=new_id("per"), partnership_id=case.partnership_id)
    nothing = list_parts(person.id, ())
    person.said_seal = row_seal(session.info["keys"], case.partnership_id, "person", nothing)
    session.add(person)
    session.flush()
    link_person(session, case, person.id, role)
    return person.id


def link_person(session: Session, case: Case, person_id: str, role: PersonRole) -> None:
    """Put somebody who is known from another case into this one."""
    session.add(
        CasePerson(partnership_id=case.partnership_id, case_id=case.id, person_id=person_id, role=role)
    )
    session.flush()


def people_in(session: Session, case: Case) -> list[tuple[str, PersonRole]]:
    """Everybody in the case, as (person id, role), in the order in which pages show them; nobody erased."""
    rows = session.scalars(select(CasePerson).where(CasePerson.case_id == case.id)).all()
    order, keys = list(PersonRole), session.info["keys"]
    pairs = ((row.person_id, row.role) for row in rows if not keys.is_destroyed(f"person/{row.person_id}"))
    return sorted(pairs, key=lambda pair: (order.index(pair[1]), pair[0]))


def case_by_reference(session: Session, partnership_id: str, reference: str) -> Case:
    """The case with this reference. Raises NotFound."""
    case = session.scalar(
        select(Case).where(Case.partnership_id == partnership_id, Case.reference == reference.strip().upper())
    )
    if case is None:
        raise NotFound
    return case


def assign(session: Session, case: Case, staff_id: str, *, by: By, at: datetime) -> None:
    """Let somebody work on the case for their agency."""
    if session.get(CaseAssignment, (case.id, staff_id)) is None:
        session.add(
            CaseAssignment(partnership_id=case.partnership_id, case_id=case.id, staff_id=staff_id, since=at)
        )
        session.flush()
        _log(session, "case.assigned", case, by, on_behalf_of=staff_id)


def give_reason(session: Session, case_id: str, viewer: Viewer, reason: str, *, at: datetime) -> None:
    """A colleague who is not assigned says why. Logged for their IG officer; ends after 12 hours.

    Raises NotFound unless the case is listed for their agency, BadInput without a reason.
    """
    case = listed_case(session, viewer, case_id)
    reason = checked_text(reason, "reason", "Say why you need this case.")
    session.add(
        CaseReason(
            id=new_id("crn"),
            partnership_id=case.partnership_id,
            case_id=case.id,
            staff_id=viewer.staff_id,
            given_at=at,
            until=at + REASON_LASTS,
        )
    )
    session.flush()
    _log(session, "case.reasoned", case, By.viewer(viewer), note=reason)


def exclude(
    session: Session, case: Case, staff_id: str, kind: ExclusionKind, *, by: By, at: datetime
) -> None:
    """Keep somebody out of the case from now on."""
    _before_exclusions_of(session, staff_id)
    session.add(
        CaseExclusion(
            id=new_id("exc"),
            partnership_id=case.partnership_id,
            case_id=case.id,
            staff_id=staff_id,
            kind=kind,
            since=at,
        )
    )
    _seal_exclusions_of(session, staff_id)
    _log(session, "recusal.declared", case, by, on_behalf_of=staff_id)


def recused_from(session: Session, case: Case) -> list[CaseExclusion]:
    """Who left the case because of a conflict of interest; nobody is told of those on the other side."""
    return list(
        session.scalars(
            select(CaseExclusion)
            .where(
                CaseExclusion.case_id == case.id,
                CaseExclusion.kind == ExclusionKind.RECUSED,
                CaseExclusion.lifted_at.is_(None),
            )
            .order_by(CaseExclusion.since, CaseExclusion.id)
        )
    )


def lift_recusal(session: Session, case: Case, staff_id: str, *, by: By, at: datetime) -> None:
    """Let somebody back into the case who left it. Raises NotFound if they did not."""
    _before_exclusions_of(session, staff_id)
    rows = [row for row in recused_from(session, case) if row.staff_id == staff_id]
    if not rows:
        raise NotFound
    for row in rows:
        row.lifted_at = at
    _seal_exclusions_of(session, staff_id)
    _log(session, "recusal.lifted", case, by, on_behalf_of=staff_id)


def exclusions_of(session: Session, staff_id: str) -> dict[str, CaseExclusion]:
    """The cases that somebody is kept out of now, by case id. One query.

    Raises RowBroken if an exclusion was changed, or is gone.
    """
    found = session.execute(
        select(Staff.partnership_id, Staff.kept_out_seal, CaseExclusion)
        .outerjoin(CaseExclusion, CaseExclusion.staff_id == Staff.id)
        .where(Staff.id == staff_id)
    ).all()
    joined: list[CaseExclusion | None] = [row[2] for row in found]
    rows = [row for row in joined if row is not None]
    if found:
        partnership, seal, _ = found[0]
        parts = _exclusion_parts(staff_id, rows)
        check_row(session.info["keys"], partnership, "staff", staff_id, parts, seal)
    return {row.case_id: row for row in rows if row.lifted_at is None}


def _exclusion_parts(staff_id: str, rows: Iterable[CaseExclusion]) -> tuple[str | None, ...]:
    return list_parts(staff_id, (("case_exclusion", row.id, row.row_seal) for row in rows))


def _before_exclusions_of(session: Session, staff_id: str) -> None:
    """Hold the list of what keeps somebody out, and check it: what is broken is not sealed again."""
    session.scalar(select(Staff.id).where(Staff.id == staff_id).with_for_update())
    exclusions_of(session, staff_id)


def _seal_exclusions_of(session: Session, staff_id: str) -> None:
    session.flush()
    rows = session.scalars(select(CaseExclusion).where(CaseExclusion.staff_id == staff_id))
    staff = session.get_one(Staff, staff_id)
    parts = _exclusion_parts(staff_id, rows)
    staff.kept_out_seal = row_seal(session.info["keys"], staff.partnership_id, "staff", parts)
    session.flush()


def listed_case(session: Session, viewer: Viewer, case_id: str) -> Case:
    """The case, if it is listed for the viewer's agency and they are not kept out of it.

    Raises NotFound, the same whether it is absent, another partnership's, or not theirs.
    """
    found = session.execute(
        select(Case, CaseAgency)  # both whole, so that their seals are checked
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(
            Case.id == case_id,
            Case.partnership_id == viewer.partnership_id,
            CaseAgency.agency_id == viewer.agency_id,
        )
    ).one_or_none()
    kept_out = exclusions_of(session, viewer.staff_id)
    if found is None or case_id in kept_out:
        raise NotFound
    if not viewer.trained:
        raise Refused("training")
    case: Case = found[0]
    return case


def visible_case(session: Session, viewer: Viewer, case_id: str, *, at: datetime) -> Case:
    """The case, if the viewer may open it now.

    Raises NotFound as `listed_case` does, ReasonNeeded if they are neither assigned nor gave a reason lately.
    """
    case = listed_case(session, viewer, case_id)
    if case.id not in open_to(session, viewer, at=at):
        raise ReasonNeeded(case.id)
    return case


def open_to(session: Session, viewer: Viewer, *, at: datetime) -> set[str]:
    """Ids of the cases that the viewer works on, or gave a reason for lately."""
    assigned = session.scalars(select(CaseAssignment).where(CaseAssignment.staff_id == viewer.staff_id))
    reasoned = session.scalars(
        select(CaseReason).where(
            CaseReason.staff_id == viewer.staff_id, CaseReason.given_at <= at, CaseReason.until > at
        )
    )
    return {row.case_id for row in assigned} | {row.case_id for row in reasoned}


def cases_of(session: Session, viewer: Viewer, *, at: datetime) -> list[Case]:
    """The cases that the viewer may open without more ado, by reference."""
    if not viewer.trained:
        return []
    kept_out = exclusions_of(session, viewer.staff_id)
    rows = session.execute(
        select(Case, CaseAgency)
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(Case.partnership_id == viewer.partnership_id, CaseAgency.agency_id == viewer.agency_id)
        .order_by(Case.reference)
    ).all()
    allowed = open_to(session, viewer, at=at)
    return [case for case, _ in rows if case.id in allowed and case.id not in kept_out]


def agencies_of(session: Session, case: Case) -> list[CaseAgency]:
    """The agencies that the case is listed for, with their research."""
    return list(
        session.scalars(
            select(CaseAgency).where(CaseAgency.case_id == case.id).order_by(CaseAgency.agency_id)
        )
    )


def set_research(session: Session, case: Case, agency_id: str, state: Research, *, by: By) -> None:
    """Say how far the agency's research is."""
    row = session.get_one(CaseAgency, (case.id, agency_id))
    row.research = state
    session.flush()
    _log(session, "research.changed", case, by)


# --- small parts ---


def checked_text(text: str | None, field: str, message: str) -> str:
    text = (text or "").replace("\r\n", "\n").strip()
    if not text:
        raise BadInput(message, field)
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"Use {LONGEST_TEXT:,} characters or fewer.", field)
    return text


def _log(
    session: Session,
    name: str,
    case: Case,
    by: By,
    *,
    on_behalf_of: str | None = None,
    concerns: tuple[str, ...] = (),
    note: str | None = None,
) -> None:
    writing.record(
        session,
        name,
        partnership=case.partnership_id,
        actor=by.staff_id,
        agency=by.agency_id,
        case=case.id,
        on_behalf_of=on_behalf_of,
        concerns=concerns,
        note=note,
    )
    inputs.moved(session, case.partnership_id)
