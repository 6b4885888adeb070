"""Asking for more: the question goes to whoever is asked, and nothing comes back but what then appears.

Whether what is asked for exists has no part in any of this. A question for the victim goes to the case's IDVA
or referrer and to nobody else; there is no way by which one could go to an alleged perpetrator.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.cases.models import CONFERENCE, Case, CaseAgency
from conference.errors import BadInput, Conflict, NotFound
from conference.identity.models import Agency
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.ids import new_id
from conference.permissions import Permission, Role
from conference.sharing import catalogue
from conference.sharing.asking.models import Question
from conference.sharing.broken import open_or_say
from conference.trail import writing
from conference.vault.dark import dark_among
from conference.vault.seal import Place, seal
from conference.vault.unseal import Sealed

LONGEST = 2_000
TO_THE_VICTIM = frozenset({Role.IDVA, Role.REFERRER})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that waits for the viewer. is_stray: its agency is not on the case, so the coordinator's."""

    id: str
    reference: str
    class_name: str
    is_stray: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as whoever is asked reads it. to: the agency; None for the victim."""

    id: str
    case_id: str
    reference: str
    person_id: str
    class_name: str
    to: str | None
    by: str
    by_agency: str
    at: datetime
    text: str
    is_done: bool


def askable_agencies(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Every other agency of the partnership as (id, name), whatever the case: which are on it is not said."""
    known = list_agencies(session, viewer.partnership_id)
    return sorted(((one.id, one.name) for one in known if one.id != viewer.agency_id), key=lambda one: one[1])


def askable_classes() -> list[tuple[str, str]]:
    """What one can ask for, as (name, words): all but what the conference writes and safe contact."""
    seen: set[str] = set()
    found = []
    for name, words in catalogue.LABELS.items():
        if not name.startswith("conference") and name not in catalogue.SAFE_CONTACT and words not in seen:
            seen.add(words)
            found.append((name, words))
    return sorted(found, key=lambda one: one[1])


def ask(
    session: Session,
    viewer: Viewer,
    case: Case,
    *,
    to: str | None,
    person_id: str,
    class_name: str,
    text: str,
    at: datetime,
) -> Question:
    """Put a question about somebody in a case that was found through the viewer.

    to: an agency's id; None for the victim.   Raises BadInput with what to do.
    """
    if to is not None and to not in dict(askable_agencies(session, viewer)):
        raise BadInput("Choose whom to ask.", "to")
    if person_id not in dict(cases.people_in(session, case)):
        raise BadInput("Choose whom this is about.", "about")
    if class_name not in dict(askable_classes()):
        raise BadInput("Choose what you ask for.", "class_name")
    text = cases.checked_text(text, "text", "Say what you ask, and why.")
    if len(text) > LONGEST:
        raise BadInput(f"Use {LONGEST:,} characters or fewer.", "text")
    question = Question(
        id=new_id("que"),
        partnership_id=case.partnership_id,
        case_id=case.id,
        person_id=person_id,
        to_agency=to,
        class_name=class_name,
        asked_at=at,
        asked_by=viewer.staff_id,
        asked_for=viewer.agency_id,
    )
    question.text = seal(
        session,
        text,
        partnership=case.partnership_id,
        owner=to or CONFERENCE,
        subjects=[person_id],
        place=Place("question", question.id, "text"),
    )
    session.add(question)
    session.flush()
    on_it = [one.agency_id for one in cases.agencies_of(session, case)]
    _log(session, "question.asked", viewer, question, concerns=[one for one in on_it if one == to])
    return question


def sent_by(session: Session, viewer: Viewer, case: Case, question_id: str) -> str | None:
    """Whom a question of the viewer's own went to: an agency's name, None for the victim. Raises NotFound."""
    question = session.get(Question, question_id)
    if question is None or question.case_id != case.id or question.asked_by != viewer.staff_id:
        raise NotFound
    agency = session.get(Agency, question.to_agency) if question.to_agency is not None else None
    return agency.name if agency is not None else None


def waiting_for(session: Session, viewer: Viewer, *, at: datetime) -> list[Waiting]:
    """The questions that the viewer may answer and nobody marked as done, by case. Nothing is opened."""
    mine = {case.id: case for case in cases.cases_of(session, viewer, at=at)}
    rows = session.scalars(
        select(Question).where(Question.case_id.in_(sorted(mine)), Question.done_at.is_(None), _for(viewer))
    ).all()
    keys = session.info["keys"]
    dark = dark_among(session, viewer.partnership_id, {row.to_agency for row in rows if row.to_agency})
    found = [
        Waiting(row.id, mine[row.case_id].reference, row.class_name, _is_stray(viewer, row))
        for row in rows
        if not keys.is_destroyed(f"person/{row.person_id}") and row.to_agency not in dark
    ]
    return sorted(found, key=lambda one: (one.reference, one.class_name, one.id))


def read(session: Session, viewer: Viewer, question_id: str, *, at: datetime) -> Asked:
    """A question, for somebody who is asked. Logged. Raises NotFound for everybody else."""
    case, question = _found(session, viewer, question_id, at=at)
    place = Place("question", question.id, "text")
    owner = question.to_agency or CONFERENCE
    sealed = [Sealed(question.text, question.partnership_id, owner, place)]
    [text] = open_or_say(session, viewer, sealed, case_id=case.id, erased=None)
    names = staff_names(session, viewer.partnership_id, [question.asked_by])
    agencies = {one.id: one.name for one in list_agencies(session, viewer.partnership_id)}
    _log(session, "question.shown", viewer, question)
    return Asked(
        id=question.id,
        case_id=case.id,
        reference=case.reference,
        person_id=question.person_id,
        class_name=question.class_name,
        to=agencies.get(question.to_agency or ""),
        by=names.get(question.asked_by, "Somebody who has left"),
        by_agency=agencies.get(question.asked_for, ""),
        at=question.asked_at,
        text=text,
        is_done=question.done_at is not None,
    )


def mark_done(session: Session, viewer: Viewer, question_id: str, *, at: datetime) -> None:
    """Take a question off the list of whoever is asked. Whoever asked is told nothing.

    Raises NotFound unless the viewer is asked, Conflict if it is done.
    """
    _, question = _found(session, viewer, question_id, at=at)
    if question.done_at is not None:
        raise Conflict(f"question {question.id} is done")
    question.done_at, question.done_by = at, viewer.staff_id
    session.flush()
    _log(session, "question.done", viewer, question)


def _found(session: Session, viewer: Viewer, question_id: str, *, at: datetime) -> tuple[Case, Question]:
    question = session.scalar(
        select(Question).where(
            Question.id == question_id, Question.partnership_id == viewer.partnership_id, _for(viewer)
        )
    )
    if question is None or session.info["keys"].is_destroyed(f"person/{question.person_id}"):
        raise NotFound
    if dark_among(session, viewer.partnership_id, [question.to_agency or CONFERENCE]):
        raise NotFound
    return cases.visible_case(session, viewer, question.case_id, at=at), question


def _for(viewer: Viewer) -> ColumnElement[bool]:
    """Which questions are the viewer's to answer, in a case that they work on."""
    asked: list[ColumnElement[bool]] = [false()]
    if viewer.may(Permission.RESEARCH):
        asked.append(Question.to_agency == viewer.agency_id)
    if TO_THE_VICTIM & viewer.roles:
        asked.append(Question.to_agency.is_(None))
    if Role.COORDINATOR in viewer.roles:
        on_it = select(CaseAgency.agency_id).where(CaseAgency.case_id == Question.case_id)
        asked.append(Question.to_agency.not_in(on_it))
    return or_(*asked)


def _is_stray(viewer: Viewer, question: Question) -> bool:
    """Whether it comes to the viewer only because the agency that is asked is not on the case."""
    return question.to_agency is not None and question.to_agency != viewer.agency_id


def _log(
    session: Session, name: str, viewer: Viewer, question: Question, *, concerns: Collection[str] = ()
) -> None:
    writing.record(
        session,
        name,
        partnership=question.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=question.case_id,
        about=(question.id,),
        concerns=concerns,
    )
