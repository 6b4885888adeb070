"""Overrides and exemptions: asked for by the owner's staff, approved by a colleague, ended by time or hand.

Emergency access, which nobody approves, is in `emergencies`; it is offered here too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference.cases.models import Case
from conference.cases.services import By, cases_of, checked_text, people_in
from conference.clock import moment
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.permissions import Permission
from conference.sharing import policy
from conference.sharing.door import Asked, disclose
from conference.sharing.overrides import recording, rules
from conference.sharing.overrides.emergencies import break_glass, emergency_of, end_emergency
from conference.sharing.overrides.models import Answered, OverrideAnswer, OverrideRequest, State
from conference.sharing.reviews.services import ReviewKind, next_working_day, open_review
from conference.sharing.view import Row
from conference.trail import writing
from conference.vault.seal import Place, seal

__all__ = [
    "LONGEST",
    "Typed",
    "approve",
    "ask_override",
    "break_glass",
    "emergency_of",
    "end",
    "end_emergency",
    "own_line",
    "refuse",
    "request_in",
    "requests_in",
    "waiting_for",
]

LONGEST = timedelta(days=92)
"""How long an override may be asked for; then it must be asked for, and thought about, again."""

LEVELS = ("presence", "summary", "full")


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody asks for.

    lock: the lock to lift; None asks for an override.   until: when it ends by itself.
    """

    recipients: Sequence[str]
    level: str
    necessity: str
    proportionality: str
    basis: str
    until: datetime
    lock: str | None = None


def own_line(session: Session, viewer: Viewer, case: Case, field_id: str) -> Row:
    """The line of one of the viewer's own agency's fields in this case. Logged. Raises NotFound."""
    asked = Asked(owners=(viewer.agency_id,), fields=(field_id,))
    row = disclose(session, viewer, [case], asked=asked)[case.id].row(field_id)
    if row is None or row.level != "own":
        raise NotFound
    return row


def ask_override(
    session: Session, viewer: Viewer, case: Case, line: Row, typed: Typed, *, at: datetime
) -> OverrideRequest:
    """Ask a colleague to approve that what `line` holds is shared further, or that a lock is lifted for it.

    case: found through the viewer.   line: from `own_line`: nobody asks for what is not their own.
    Raises BadInput with what to do.
    """
    if line.level != "own" or line.owner != viewer.agency_id or line.field_id is None:
        raise NotFound
    rests = policy.in_force(session, case.partnership_id, [], at)
    _check(rests.policy, viewer, line, typed, at=at)
    roles = {person: role.value for person, role in people_in(session, case)}
    request = OverrideRequest(
        id=new_id("ovr"),
        partnership_id=case.partnership_id,
        case_id=case.id,
        field_id=line.field_id,
        owner=viewer.agency_id,
        kind="exemption" if typed.lock else "override",
        lock=typed.lock or None,
        class_name=line.class_name,
        people=json.dumps(sorted(line.about)),
        recipients=json.dumps(sorted(set(typed.recipients))),
        purpose=case.conference_type.purpose,
        level=typed.level,
        basis=typed.basis,
        approvals=rules.approvals_asked(
            rests.policy,
            at=at,
            purpose=case.conference_type.purpose,
            owner=viewer.agency_id,
            class_name=line.class_name,
            subjects=[(who, roles[who]) for who in line.about],
            recipients=sorted(set(typed.recipients)),
        ),
        asked_by=viewer.staff_id,
        asked_at=at,
        until=typed.until,
        state=State.WAITING.value,
    )
    say_why = checked_text(typed.necessity, "necessity", "Say why it is necessary.")
    request.necessity = _sealed(session, request, "necessity", say_why)
    no_less = checked_text(typed.proportionality, "proportionality", "Say why no less than this would do.")
    request.proportionality = _sealed(session, request, "proportionality", no_less)
    session.add(request)
    session.flush()
    _log(session, "override.recorded", request, viewer, "asked")
    return request


def _check(known: consent.Policy, viewer: Viewer, line: Row, typed: Typed, *, at: datetime) -> None:
    """Raises BadInput for the first thing that cannot be asked for."""
    if not rules.never_reaching_safe([line.class_name]):
        raise BadInput("A safe address or safe contact cannot be shared by override.")
    if not typed.recipients or set(typed.recipients) - set(rules.agencies_in(known, but=viewer.agency_id)):
        raise BadInput("Name each agency that would see it.", "recipients")
    if typed.level not in LEVELS:
        raise BadInput("Choose how much they would see at most.", "level")
    if typed.basis not in rules.bases_for(known, viewer.agency_id, at):
        raise BadInput("Choose a legal basis that is open to your agency.", "basis")
    if typed.lock is not None and typed.lock not in rules.locks_on(known, line.class_name):
        raise BadInput("Choose what to ask for.", "lock")
    if typed.until <= at:
        raise BadInput("Enter a day that is still to come.", "until")
    if typed.until > at + LONGEST:
        raise BadInput("Enter a day within the next 3 months. It can be asked for again.", "until")


def approve(session: Session, viewer: Viewer, request: OverrideRequest, reason: str, *, at: datetime) -> None:
    """A colleague approves. With the last approval that is needed the decisions are recorded, from now on.

    Raises Refused for whoever asked for it or may not approve, Conflict if it does not wait any more.
    """
    _answer(session, viewer, request, Answered.APPROVE, reason, at=at)
    approved = [one for one in answers_to(session, request) if one.word == Answered.APPROVE]
    if len({one.staff_id for one in approved}) >= request.approvals:
        rests = policy.in_force(session, request.partnership_id, [], at)
        documents = _documents(request, approved, at=at)
        made = recording.write(session, request.partnership_id, documents, rests=rests, at=at)
        request.state, request.decisions = State.APPROVED.value, json.dumps(made)
        session.flush()
        open_review(
            session,
            partnership_id=request.partnership_id,
            kind=ReviewKind.OVERRIDE,
            agency_id=request.owner,
            about=request.id,
            case_id=request.case_id,
            due=next_working_day(at),
            at=at,
        )
    _log(session, "override.recorded", request, viewer, "approved")


def refuse(session: Session, viewer: Viewer, request: OverrideRequest, reason: str, *, at: datetime) -> None:
    """A colleague refuses: it cannot be approved any more. Raises as `approve` does."""
    _answer(session, viewer, request, Answered.REFUSE, reason, at=at)
    request.state = State.REFUSED.value
    session.flush()
    _log(session, "override.recorded", request, viewer, "refused")


def end(session: Session, viewer: Viewer, request: OverrideRequest, *, at: datetime) -> None:
    """End what is approved, or take back what waits: whoever asked, or a colleague who may approve.

    Raises Refused for anybody else, Conflict if it is over already.
    """
    if request.owner != viewer.agency_id:
        raise NotFound
    if viewer.staff_id != request.asked_by and not viewer.may(Permission.OVERRIDE):
        raise Refused("approver")
    _hold(session, request)
    if request.until <= at or request.state not in {State.WAITING, State.APPROVED}:
        raise Conflict(f"override {request.id} is over already")
    if request.state == State.APPROVED:
        recording.end(session, request.partnership_id, json.loads(request.decisions), at=at)
    request.state, request.ended_at, request.ended_by = State.ENDED.value, at, viewer.staff_id
    session.flush()
    _log(session, "override.ended", request, viewer, None)


# --- looking ---


def requests_in(session: Session, viewer: Viewer, case: Case) -> list[OverrideRequest]:
    """The viewer's own agency's requests in a case that was found through them, the latest first."""
    query = select(OverrideRequest).where(
        OverrideRequest.case_id == case.id, OverrideRequest.owner == viewer.agency_id
    )
    ordered = query.order_by(OverrideRequest.asked_at.desc(), OverrideRequest.id)
    return list(session.scalars(ordered))


def request_in(session: Session, viewer: Viewer, case: Case, request_id: str) -> OverrideRequest:
    """One of them. Raises NotFound, whether it is absent or another agency's."""
    found = session.get(OverrideRequest, request_id)
    if found is None or found.case_id != case.id or found.owner != viewer.agency_id:
        raise NotFound
    return found


def answers_to(session: Session, request: OverrideRequest) -> list[OverrideAnswer]:
    """What colleagues said to a request, in the order in which they did."""
    query = select(OverrideAnswer).where(OverrideAnswer.request_id == request.id)
    return list(session.scalars(query.order_by(OverrideAnswer.at, OverrideAnswer.id)))


def waiting_for(session: Session, viewer: Viewer, *, at: datetime) -> list[tuple[Case, OverrideRequest]]:
    """The requests of the viewer's agency that wait for their word, in the cases that are open to them."""
    if not viewer.may(Permission.OVERRIDE):
        return []
    mine = {case.id: case for case in cases_of(session, viewer, at=at)}
    query = select(OverrideRequest).where(
        OverrideRequest.owner == viewer.agency_id,
        OverrideRequest.case_id.in_(sorted(mine)),
        OverrideRequest.state == State.WAITING.value,
        OverrideRequest.until > at,
        OverrideRequest.asked_by != viewer.staff_id,
    )
    found = session.scalars(query.order_by(OverrideRequest.asked_at, OverrideRequest.id)).all()
    answered = select(OverrideAnswer).where(
        OverrideAnswer.staff_id == viewer.staff_id, OverrideAnswer.request_id.in_([one.id for one in found])
    )
    done = {one.request_id for one in session.scalars(answered)}
    return [(mine[one.case_id], one) for one in found if one.id not in done]


def may_answer(session: Session, viewer: Viewer, request: OverrideRequest, *, at: datetime) -> bool:
    """Whether the viewer can approve or refuse it now."""
    return (
        viewer.may(Permission.OVERRIDE)
        and viewer.agency_id == request.owner
        and viewer.staff_id != request.asked_by
        and request.state == State.WAITING
        and at < request.until
        and viewer.staff_id not in {one.staff_id for one in answers_to(session, request)}
    )


# --- small parts ---


def _answer(
    session: Session, viewer: Viewer, request: OverrideRequest, word: Answered, reason: str, *, at: datetime
) -> None:
    if request.owner != viewer.agency_id:
        raise NotFound
    if viewer.staff_id == request.asked_by or not viewer.may(Permission.OVERRIDE):
        raise Refused("approver")
    _hold(session, request)
    if not may_answer(session, viewer, request, at=at):
        raise Conflict(f"override {request.id} does not wait for this answer")
    said = checked_text(reason, "reason", "Say why.")
    answer = OverrideAnswer(
        id=new_id("ova"),
        partnership_id=request.partnership_id,
        request_id=request.id,
        staff_id=viewer.staff_id,
        agency_id=viewer.agency_id,
        word=word.value,
        at=at,
    )
    answer.reason = seal(
        session,
        said,
        partnership=request.partnership_id,
        owner=request.owner,
        subjects=json.loads(request.people),
        place=Place("override_answer", answer.id, "reason"),
    )
    session.add(answer)
    session.flush()


def _hold(session: Session, request: OverrideRequest) -> None:
    """Let nobody else answer or end it before this transaction is over."""
    session.refresh(request, with_for_update=True)


def _documents(
    request: OverrideRequest, approved: Sequence[OverrideAnswer], *, at: datetime
) -> list[dict[str, Any]]:
    """One decision for each person whom the information is about, in the policy's form."""
    signed = [{"staff": one.staff_id, "agency": one.agency_id, "at": moment(one.at)} for one in approved]
    return [
        {
            "kind": request.kind,
            "person": person,
            "owner": request.owner,
            "recipients": json.loads(request.recipients),
            "purposes": [request.purpose],
            "classes": [request.class_name],
            "level": request.level,
            "requested_by": request.asked_by,
            "approved_by": signed,
            "lock": request.lock,
            "from": moment(at),
            "until": moment(request.until),
        }
        for person in json.loads(request.people)
    ]


def _sealed(session: Session, request: OverrideRequest, column: str, text: str) -> bytes:
    return seal(
        session,
        text,
        partnership=request.partnership_id,
        owner=request.owner,
        subjects=json.loads(request.people),
        place=Place("override_request", request.id, column),
    )


def _log(session: Session, name: str, request: OverrideRequest, viewer: Viewer, mark: str | None) -> None:
    """Say what was done, by random ids alone."""
    by = By.viewer(viewer)
    writing.record(
        session,
        name,
        partnership=request.partnership_id,
        actor=by.staff_id,
        agency=by.agency_id,
        case=request.case_id,
        about=(request.id, *json.loads(request.decisions)),
        mark=mark,
    )
