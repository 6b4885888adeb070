"""What the pages about overrides are made of: one's own agency's lines, requests and answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from conference import formats
from conference.cases.models import Case
from conference.errors import NotFound
from conference.identity.services import Viewer, staff_names
from conference.permissions import Permission
from conference.sharing import catalogue
from conference.sharing.door import NAMES, disclose
from conference.sharing.overrides import services as overrides
from conference.sharing.overrides.choosing import Choices, agency_names, choices_for, lock_words
from conference.sharing.overrides.models import Answered, OverrideRequest, State
from conference.sharing.overrides.opening import texts_of
from conference.sharing.view import CaseView, Row

LEVELS = {"presence": "Holds information", "summary": "Summary", "full": "In full"}


@dataclass(frozen=True, slots=True)
class AskPage:
    """One of our own lines, whom it is about, and what can be chosen for it."""

    case: Case
    line: Row
    who: str
    known: Choices


@dataclass(frozen=True, slots=True)
class Answer:
    """What a colleague said."""

    who: str
    word: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One request in the list."""

    request: OverrideRequest
    label: str
    to: str
    state: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request, with its texts, and what the viewer can do about it."""

    case: Case
    request: OverrideRequest
    title: str
    facts: list[tuple[str, str]]
    answers: list[Answer]
    state: str
    may_answer: bool
    may_end: bool

    @property
    def end_words(self) -> str:
        """What the button says that ends it."""
        return "End now" if self.request.state == State.APPROVED else "Take back"


def ask_page(session: Session, viewer: Viewer, case: Case, field_id: str, *, at: datetime) -> AskPage:
    """The page of one of our own fields in a case that was found through the viewer. Raises NotFound."""
    line = overrides.own_line(session, viewer, case, field_id)
    named = disclose(session, viewer, [case], asked=NAMES, log_empty=False)[case.id]
    known = choices_for(session, viewer, line.class_name, at=at)
    return AskPage(case, line, _who(named, line.about), known)


def list_page(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> list[Line]:
    """Our agency's requests in a case, the latest first."""
    names = agency_names(session, viewer.partnership_id)
    found = overrides.requests_in(session, viewer, case)
    return [
        Line(one, catalogue.label(one.class_name), _to(one, names), state_words(session, one, at=at))
        for one in found
    ]


def request_page(
    session: Session, viewer: Viewer, case: Case, request_id: str, *, at: datetime
) -> RequestPage:
    """One of our agency's requests. Its texts are opened, which is logged. Raises NotFound."""
    request = overrides.request_in(session, viewer, case, request_id)
    answers = overrides.answers_to(session, request)
    texts = texts_of(session, viewer, request, answers)
    if texts is None:
        raise NotFound
    named = disclose(session, viewer, [case], asked=NAMES, log_empty=False)[case.id]
    names = agency_names(session, viewer.partnership_id)
    staff = staff_names(
        session, viewer.partnership_id, {request.asked_by, *(one.staff_id for one in answers)}
    )
    label = catalogue.label(request.class_name)
    facts = [
        ("About", _who(named, tuple(json.loads(request.people)))),
        ("To", _to(request, names)),
        ("At most", LEVELS[request.level]),
        ("Why it is necessary", texts.necessity),
        ("Why no less than this", texts.proportionality),
        ("Legal basis", catalogue.BASES.get(request.basis, request.basis)),
        ("Ends", _ends(request.until)),
        ("Asked by", f"{staff.get(request.asked_by, 'Somebody')}, {formats.day_and_hour(request.asked_at)}"),
    ]
    said = [
        Answer(
            staff.get(one.staff_id, "Somebody"),
            "Approved" if one.word == Answered.APPROVE else "Refused",
            one.at,
            texts.answers[one.id],
        )
        for one in answers
    ]
    is_mine = request.asked_by == viewer.staff_id
    is_open = request.state in {State.WAITING, State.APPROVED} and at < request.until
    return RequestPage(
        case,
        request,
        f"{lock_words(request.lock) if request.lock else 'Sharing by override'}: {label}",
        facts,
        said,
        state_words(session, request, at=at),
        may_answer=overrides.may_answer(session, viewer, request, at=at),
        may_end=is_open and (is_mine or viewer.may(Permission.OVERRIDE)),
    )


def state_words(session: Session, request: OverrideRequest, *, at: datetime) -> str:
    """Where a request stands."""
    if request.state == State.ENDED and request.ended_at is not None:
        return f"Ended {formats.day_and_hour(request.ended_at)}"
    if request.state == State.REFUSED:
        return "Refused"
    if at >= request.until:
        return f"Ended {_ends(request.until)}"
    if request.state == State.APPROVED:
        return f"In force until the end of {_ends(request.until)}"
    given = [one for one in overrides.answers_to(session, request) if one.word == Answered.APPROVE]
    if request.approvals > 1:
        return f"Waiting for approval, {len(given)} of {request.approvals} given"
    return "Waiting for approval"


def _ends(until: datetime) -> str:
    """The last day on which it counts."""
    return formats.day(until - timedelta(microseconds=1))


def _to(request: OverrideRequest, names: dict[str, str]) -> str:
    return ", ".join(sorted(names.get(one, one) for one in json.loads(request.recipients)))


def _who(view: CaseView, people: tuple[str, ...]) -> str:
    """The people whom something is about, by name where one is shown."""
    shown = {person.person_id: person.name or person.role_label for person in view.people}
    return ", ".join(shown.get(one, "Somebody in this case") for one in people)
