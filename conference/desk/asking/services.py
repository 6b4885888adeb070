"""Who is asked about whom, as a page has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases import services as cases
from conference.cases.models import Case, PersonRole
from conference.desk import known
from conference.desk.asking.forms import SOMEBODY, AskForm
from conference.errors import BadInput
from conference.identity.services import Viewer
from conference.sharing import catalogue, marks, noted
from conference.sharing.asking import services as asking


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """A question as whoever is asked reads it."""

    question: asking.Asked
    about: str
    label: str


def form_for(session: Session, viewer: Viewer, case: Case) -> AskForm:
    """The form, with those whom the viewer knows of."""
    form = AskForm()
    people = [(one.person_id, known.title(one)) for one in known.known_people(session, viewer, case)]
    form.offer(asking.askable_agencies(session, viewer), people, asking.askable_classes())
    return form


def send(session: Session, viewer: Viewer, case: Case, form: AskForm, *, at: datetime) -> str:
    """Put the question; its id. Raises BadInput."""
    question = asking.ask(
        session,
        viewer,
        case,
        to=form.agency,
        person_id=_about(session, case, form.about.data),
        class_name=form.class_name.data,
        text=form.text.data or "",
        at=at,
    )
    return question.id


def question_page(session: Session, viewer: Viewer, question_id: str, *, at: datetime) -> QuestionPage:
    """A question with the name of whom it is about, where that is shown. Raises NotFound."""
    found = asking.read(session, viewer, question_id, at=at)
    noted.beside(session, "question", found.id, marks.said(session, viewer, "question", [found]))
    case = cases.visible_case(session, viewer, found.case_id, at=at)
    people = {one.person_id: known.title(one) for one in known.known_people(session, viewer, case)}
    return QuestionPage(
        found, people.get(found.person_id, "Somebody in this case"), catalogue.label(found.class_name)
    )


def _about(session: Session, case: Case, chosen: str) -> str:
    """The person that a question is about; of the whole case, the one at risk."""
    if chosen != SOMEBODY:
        return chosen
    everybody = cases.people_in(session, case)
    at_risk = [person for person, role in everybody if role is PersonRole.VICTIM]
    people = at_risk or [person for person, _ in everybody]
    if not people:
        raise BadInput("Choose whom this is about.", "about")
    return people[0]
