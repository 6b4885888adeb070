"""What somebody has to do, and what is late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import url_for
from sqlalchemy.orm import Session

from conference import clock, formats
from conference.cases import services as cases
from conference.desk.notices.services import references
from conference.identity import services as identity
from conference.identity.services import Viewer
from conference.meetings import services as meetings
from conference.meetings.models import Meeting, MeetingStatus
from conference.permissions import Permission, Role
from conference.sharing import catalogue
from conference.sharing.asking import services as asking
from conference.sharing.door import Asked, disclose
from conference.sharing.overrides import services as overrides
from conference.sharing.recalls import receipts
from conference.sharing.reviews import services as reviews
from conference.sharing.reviews.models import ReviewKind


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do."""

    kind: str
    href: str
    text: str
    hint: str | None
    state: str | None
    is_late: bool
    due: date | None


@dataclass(frozen=True, slots=True)
class Work:
    """All that My work shows. None in place of a list: not for this role."""

    meeting: Meeting | None
    not_back: list[str]
    jobs: list[Job]

    def late(self) -> list[Job]:
        """What is overdue, the oldest first; research says that it is research, for nothing above it does."""
        late = sorted((job for job in self.jobs if job.is_late), key=lambda job: job.due or date.max)
        return [replace(job, text=f"Research {job.text}") if job.kind == "research" else job for job in late]

    def of(self, kind: str) -> list[Job]:
        """The jobs of one kind that are not late."""
        return [job for job in self.jobs if job.kind == kind and not job.is_late]

    def has(self, kind: str) -> bool:
        """Whether there is any job of one kind, late or not."""
        return any(job.kind == kind for job in self.jobs)


def work_of(session: Session, viewer: Viewer, *, at: datetime) -> Work:
    """The viewer's next meeting and their jobs, as far as their roles have any."""
    meeting = next_meeting(session, viewer, at=at) if viewer.may(Permission.MEETING_READ) else None
    not_back = _not_back(session, viewer, meeting, at=at) if meeting is not None else []
    jobs = _actions(session, viewer, at=at) if viewer.may(Permission.CASE_READ) else []
    jobs += _approvals(session, viewer, at=at) if viewer.may(Permission.OVERRIDE) else []
    jobs += _research(session, viewer, at=at) if viewer.may(Permission.RESEARCH) else []
    jobs += _notices(session, viewer)
    jobs += _reviews(session, viewer, at=at) if viewer.may(Permission.REVIEW_CLOSE) else []
    jobs += _officers_reviews(session, viewer) if viewer.may(Permission.GOVERNANCE) else []
    jobs += _questions(session, viewer, at=at) if viewer.may(Permission.CASE_READ) else []
    return Work(meeting, not_back, jobs)


def next_meeting(session: Session, viewer: Viewer, *, at: datetime) -> Meeting | None:
    """The meeting that is on, or else comes next."""
    for meeting in meetings.meetings_of(session, viewer):
        is_on = meeting.status is MeetingStatus.IN_SESSION
        if is_on or (meeting.status is not MeetingStatus.ENDED and meeting.ends_at > at):
            return meeting
    return None


def _not_back(session: Session, viewer: Viewer, meeting: Meeting, *, at: datetime) -> list[str]:
    """The agencies whose research for the meeting is not back: for its coordinator."""
    if Role.COORDINATOR not in viewer.roles:
        return []
    waiting = {
        row.agency_id
        for listed in meetings.agenda_for(session, viewer, meeting, at=at)
        for row in cases.agencies_of(session, listed.case)
        if not row.research.is_back
    }
    names = {agency.id: agency.name for agency in identity.list_agencies(session, viewer.partnership_id)}
    return sorted(names[agency] for agency in waiting)


def _actions(session: Session, viewer: Viewer, *, at: datetime) -> list[Job]:
    """The viewer's open actions, those whose text the door lets them see."""
    actions = meetings.actions_of(session, viewer)
    named = {action.case_id for action in actions}
    found = [case for case in cases.cases_of(session, viewer, at=at) if case.id in named]
    asked = Asked(fields=[action.field_id for action in actions])
    views = disclose(session, viewer, found, asked=asked, log_empty=False) if found else {}
    jobs = []
    for action in actions:
        view = views.get(action.case_id)
        row = view.row(action.field_id) if view is not None else None
        if view is not None and row is not None and row.text:
            text = f"{row.text}, {view.reference}"
            href = url_for("meetings.action", action_id=action.id)
            jobs.append(_job("action", href, text, action.due, None))
    return jobs


def _research(session: Session, viewer: Viewer, *, at: datetime) -> list[Job]:
    """The viewer's agency's research that is not back."""
    return [
        _job(
            "research",
            url_for("desk.our_research", case_id=case.id),
            case.reference,
            row.research_due,
            row.research.words,
        )
        for case, row in meetings.research_of(session, viewer, at=at)
        if not row.research.is_back
    ]


def _questions(session: Session, viewer: Viewer, *, at: datetime) -> list[Job]:
    """What the viewer's agency is asked, or the victim through them."""
    return [
        _job(
            "question",
            url_for("asking.question", question_id=one.id),
            f"{one.reference}, question about {catalogue.label(one.class_name)}",
            None,
            "Agency not on the case" if one.is_stray else "Question",
        )
        for one in asking.waiting_for(session, viewer, at=at)
    ]


def _approvals(session: Session, viewer: Viewer, *, at: datetime) -> list[Job]:
    """What colleagues ask the viewer to approve, in the cases that are open to them."""
    return [
        _job(
            "approval",
            url_for("overrides.show", case_id=case.id, request_id=request.id),
            f"Approve or refuse sharing, {case.reference}",
            None,
            "Waiting for you",
        )
        for case, request in overrides.waiting_for(session, viewer, at=at)
    ]


def _notices(session: Session, viewer: Viewer) -> list[Job]:
    """What the viewer was shown and is to give back, or to correct."""
    waiting = receipts.own_notices(session, viewer)
    known = references(session, [one.case_id for one in waiting])
    return [
        Job(
            "notice",
            url_for("notices.show", notice_id=one.id),
            known[one.case_id],
            receipts.sentence(one),
            "Not answered",
            is_late=False,
            due=None,
        )
        for one in waiting
    ]


def _reviews(session: Session, viewer: Viewer, *, at: datetime) -> list[Job]:
    """What goes on after a withdrawal, for the chair and the IDVA of the case."""
    waiting = [one for one in reviews.of_own_cases(session, viewer, at=at) if one.closed_at is None]
    known = references(session, [one.case_id for one in waiting if one.case_id is not None])
    return [
        _job(
            "review",
            url_for("notices.review", review_id=one.id),
            f"Review sharing in {known[one.case_id or '']}",
            one.due.astimezone(clock.LONDON).date(),
            None,
        )
        for one in waiting
    ]


def _officers_reviews(session: Session, viewer: Viewer) -> list[Job]:
    """What the agency's information governance officers must look at."""
    waiting = [one for one in reviews.of_own_agency(session, viewer) if one.closed_at is None]
    known = reviews.references(session, viewer, waiting)
    return [
        _job(
            "review",
            url_for("reviews.show", review_id=one.id),
            ", ".join(part for part in (ReviewKind(one.kind).words, known.get(one.case_id or "")) if part),
            one.due.astimezone(clock.LONDON).date(),
            None,
        )
        for one in waiting
    ]


def _job(kind: str, href: str, text: str, due: date | None, state: str | None) -> Job:
    is_late = due is not None and due < clock.today()
    by_when = None if due is None else f"{'Overdue, due' if is_late else 'Due'} {formats.day_month(due)}"
    if is_late or state is None:
        return Job(kind, href, text, None, by_when, is_late, due)
    return Job(kind, href, text, by_when, state, is_late, due)
