"""Whom a form about a case may name: the people that its reader knows of, and nobody else."""

from __future__ import annotations

from sqlalchemy.orm import Session

from conference import clock
from conference.cases import services as cases
from conference.cases.models import Case, PersonRole
from conference.identity.services import Viewer
from conference.sharing.door import NAMES, Asked, disclose, reachable
from conference.sharing.view import CaseView, PersonView

ROLES = [role.value for role in PersonRole]
"""In the order in which pages show people."""


def known_people(session: Session, viewer: Viewer, case: Case) -> list[PersonView]:
    """Everybody in the case who is shown by name, or whom the viewer's own agency's lines are about. Logged.

    In the order of pages, with what is shown of their names and births; nothing else is opened.
    """
    named = disclose(session, viewer, [case], asked=NAMES)[case.id]
    ours = reachable(session, viewer, [case], asked=Asked(owners=(viewer.agency_id,)))
    shown = {person.person_id: person for person in named.people}
    own = {who for field in ours for who in field.about}
    return [
        shown.get(who) or unnamed(who, role.value, named)
        for who, role in cases.people_in(session, case)
        if who in shown or who in own
    ]


def unnamed(person_id: str, role: str, view: CaseView) -> PersonView:
    """Somebody of whom nothing but the role is known."""
    return PersonView(person_id, role, (), view.at.astimezone(clock.LONDON).date())


def title(person: PersonView) -> str:
    """`Maria Kowalczyk, 34, victim`, or the role where no name is shown."""
    if person.name is None:
        return person.role_label
    return f"{person.heading}, {person.role_label.lower()}"


def subject(person: PersonView) -> str:
    """Somebody at the beginning of a sentence: `Maria Kowalczyk`, or `The victim`."""
    if person.name is not None:
        return person.name
    return person.role_label if person.role == "other" else f"The {person.role_label.lower()}"
