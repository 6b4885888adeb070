"""Finding a case. What one may not see is not found, and looks the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.desk.forms import FindForm
from conference.errors import Refused
from conference.identity.services import Viewer
from conference.sharing import search
from conference.sharing.view import PersonView


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the answer."""

    case_id: str
    reference: str
    who: str | None
    is_alike: bool = False


def hits(session: Session, viewer: Viewer, form: FindForm, *, at: datetime) -> list[Found]:
    """What matches: by reference, where one is typed, else by number, else by address, else by name.

    Raises BadInput if nothing is complete, Refused without training, whatever is asked for.
    """
    if not viewer.trained:
        raise Refused("training")
    if (form.reference.data or "").strip():
        return _by_reference(session, viewer, form.reference.data or "")
    born = form.born.data.isoformat() if form.born.data is not None else ""
    typed = search.Typed(
        name=form.name.data or "",
        born=born,
        nhs=form.nhs.data or "",
        uprn=form.uprn.data or "",
        line=form.line.data or "",
        postcode=form.postcode.data or "",
    )
    return [
        Found(hit.view.case_id, hit.view.reference, _who(hit.person), hit.is_alike)
        for hit in search.look_for(session, viewer, typed, at=at)
    ]


def _who(person: PersonView) -> str:
    if person.name is None:
        return person.role_label
    return f"{person.heading}, {person.role_label.lower()}"


def _by_reference(session: Session, viewer: Viewer, reference: str) -> list[Found]:
    case = search.by_reference(session, viewer, reference)
    return [] if case is None else [Found(case.id, case.reference, None)]
