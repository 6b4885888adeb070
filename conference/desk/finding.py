"""Finding a case. What one may not see is not found, and looks the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.desk.forms import FindForm
from conference.errors import Refused
from conference.identity.services import Viewer
from conference.sharing import search


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the answer."""

    case_id: str
    reference: str
    who: str | None


def hits(session: Session, viewer: Viewer, form: FindForm, *, at: datetime) -> list[Found]:
    """What matches: by reference, where one is typed, else by NHS number, else by name with date of birth.

    Raises BadInput if nothing is complete, Refused without training, whatever is asked for.
    """
    if not viewer.trained:
        raise Refused("training")
    if (form.reference.data or "").strip():
        return _by_reference(session, viewer, form.reference.data or "")
    born = form.born.data.isoformat() if form.born.data is not None else ""
    found = search.find(session, viewer, name=form.name.data or "", born=born, nhs=form.nhs.data or "", at=at)
    return [
        Found(hit.view.case_id, hit.view.reference, f"{hit.person.heading}, {hit.person.role_label.lower()}")
        for hit in found
    ]


def _by_reference(session: Session, viewer: Viewer, reference: str) -> list[Found]:
    case = search.by_reference(session, viewer, reference)
    return [] if case is None else [Found(case.id, case.reference, None)]
