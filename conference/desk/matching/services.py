"""Who of an agenda is among an agency's own clients: only of those whom this member is shown, in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.desk.matching.own_list import Known, Match, OwnList
from conference.errors import Refused
from conference.identity.services import Viewer
from conference.meetings import services as meetings
from conference.meetings.models import Meeting
from conference.sharing.door import Asked, disclose
from conference.sharing.view import PersonView, Row
from conference.trail import writing
from conference.vault.index import birthday

COMPARED = ("identity.name", "identity.alias", "identity.dob", "identity.nhs-number")
MOST_MATCHES = 20
CHANNEL = "matching"


@dataclass(frozen=True, slots=True)
class Compared:
    """Somebody on the agenda, and the clients who may be them; more: how many less sure are left out."""

    case_id: str
    reference: str
    who: str
    matches: tuple[Match, ...]
    more: int


def compare(
    session: Session, viewer: Viewer, meeting: Meeting, clients: OwnList, *, at: datetime
) -> list[Compared]:
    """Everybody on the agenda whose name or number the viewer is shown in full, with their matches.

    What was compared is logged as shown, whether it matched or not. Raises Refused without training.
    """
    if not viewer.trained:
        raise Refused("training")
    listed = [one.case for one in meetings.agenda_for(session, viewer, meeting, at=at) if one.can_open]
    views = disclose(
        session, viewer, listed, channel=CHANNEL, meeting_id=meeting.id, asked=Asked(classes=COMPARED)
    )
    writing.record(
        session,
        "person.searched",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        meeting=meeting.id,
        channel=CHANNEL,
    )
    out = []
    for case in listed:
        for person in views[case.id].people:
            known = _known(person)
            if known.names or known.numbers:
                found = clients.matches(known)
                shown, more = tuple(found[:MOST_MATCHES]), len(found[MOST_MATCHES:])
                who = f"{person.heading}, {person.role_label.lower()}" if person.name else person.role_label
                out.append(Compared(case.id, case.reference, who, shown, more))
    return out


def _known(person: PersonView) -> Known:
    rows = [row for row in person.rows if row.level in {"own", "full"} and row.about == (person.person_id,)]
    births = {day for text in _of(rows, "identity.dob") if (day := birthday(text)) is not None}
    numbers = {"".join(sign for sign in text if sign.isdigit()) for text in _of(rows, "identity.nhs-number")}
    return Known(
        tuple(dict.fromkeys(_of(rows, "identity.name", "identity.alias"))),
        tuple(sorted(births)),
        tuple(sorted(numbers)),
    )


def _of(rows: Iterable[Row], *classes: str) -> list[str]:
    return [row.text for row in rows if row.class_name in classes and row.text]
