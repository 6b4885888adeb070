"""Opens what was written for overrides and in emergencies: for those whose agency wrote it, and logged."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from conference.identity.services import Viewer
from conference.sharing.broken import open_or_say
from conference.sharing.overrides.models import Emergency, OverrideAnswer, OverrideRequest
from conference.trail import writing
from conference.vault.dark import dark_among
from conference.vault.seal import Place
from conference.vault.unseal import Sealed

GONE = "This is no longer held."


@dataclass(frozen=True, slots=True)
class Texts:
    """Why somebody asks, why no less would do, and what was answered, by the answer's id."""

    necessity: str
    proportionality: str
    answers: dict[str, str]


def texts_of(
    session: Session, viewer: Viewer, request: OverrideRequest, answers: list[OverrideAnswer]
) -> Texts | None:
    """What was written about a request; None for anybody who is not of the agency that wrote it. Logged.

    None also while that agency does not give its key.
    """
    if viewer.agency_id != request.owner or dark_among(session, request.partnership_id, [request.owner]):
        return None
    owner, partnership = request.owner, request.partnership_id
    sealed = [
        Sealed(getattr(request, column), partnership, owner, Place("override_request", request.id, column))
        for column in ("necessity", "proportionality")
    ]
    sealed += [
        Sealed(one.reason, partnership, owner, Place("override_answer", one.id, "reason")) for one in answers
    ]
    necessity, proportionality, *said = open_or_say(
        session, viewer, sealed, case_id=request.case_id, erased=GONE
    )
    _log(session, viewer, request)
    return Texts(necessity, proportionality, dict(zip((one.id for one in answers), said, strict=True)))


def reason_of(session: Session, viewer: Viewer, emergency: Emergency) -> str | None:
    """Why somebody opened a case in an emergency; None for anybody not of their agency. Logged.

    For officers who review it: the others know that it was used, by whom, when and on what.
    """
    if viewer.agency_id != emergency.agency_id or emergency.reason is None:
        return None
    if dark_among(session, emergency.partnership_id, [emergency.agency_id]):
        return None
    place = Place("emergency", emergency.id, "reason")
    one = Sealed(emergency.reason, emergency.partnership_id, emergency.agency_id, place)
    said = open_or_say(session, viewer, [one], case_id=emergency.case_id, erased=GONE)[0]
    _log(session, viewer, emergency)
    return said


def _log(session: Session, viewer: Viewer, about: OverrideRequest | Emergency) -> None:
    writing.record(
        session,
        "notes.shown",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=about.case_id,
        about=(about.id,),
    )
