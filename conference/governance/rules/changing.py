"""What a draft would change, in words, and who has still to accept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.governance.rules.sentences import LEVELS, Changed, Speaker, words_said
from conference.governance.rules.services import Draft, draft_line, speaker_for
from conference.governance.words import count, listed
from conference.identity.services import Viewer, staff_names
from conference.meetings.models import AgendaItem, Meeting, MeetingStatus
from conference.sharing import catalogue
from conference.sharing.changes import Line
from conference.sharing.drafts import publishing
from conference.sharing.drafts.models import DraftState
from conference.sharing.drafts.publishing import Looked
from conference.sharing.drafts.whatif import Touched, what_if


@dataclass(frozen=True, slots=True)
class Exposed:
    """Changes of the information of some agencies: the same for each of them."""

    owners: str
    lines: tuple[Changed, ...]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether one agency has accepted, and who did."""

    agency: str
    by: str | None


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """What would change, for reading, and what this officer can do about it.

    to_accept: the lines that this officer must tick, in the order of their places.   mark: of that list.
    """

    draft: Draft
    is_sent: bool
    is_old: bool
    is_empty: bool
    gains: tuple[Exposed, ...]
    losses: tuple[Exposed, ...]
    past: tuple[str, ...]
    past_looked: int
    coming: tuple[str, ...]
    coming_looked: int
    acceptances: tuple[Acceptance, ...]
    waiting: tuple[str, ...]
    to_accept: tuple[Changed, ...]
    mark: str
    may_publish: bool


def changes_page(session: Session, viewer: Viewer, draft_id: str, *, at: datetime) -> ChangesPage:
    """All of it. Raises NotFound, drafts.Unsound."""
    looked = publishing.look(session, viewer, draft_id, at=at)
    part = {**json.loads(looked.new)}
    speaker = speaker_for(session, viewer, part)
    names = staff_names(
        session,
        viewer.partnership_id,
        [looked.draft.author, *(row.staff_id for row in looked.accepted.values())],
    )
    found = what_if(
        session,
        viewer,
        looked.old,
        looked.new,
        next_cases=_next_cases(session, viewer, at),
        at=at,
    )
    own, is_sent = viewer.agency_id, looked.draft.state == DraftState.SENT
    must = is_sent and not looked.is_old and own in looked.waiting
    gains = looked.changes.gains_for(own) if must else ()
    waiting = tuple(speaker.agency(agency) for agency in looked.waiting)
    is_second = looked.draft.author != viewer.staff_id
    return ChangesPage(
        draft=draft_line(looked.draft, names, viewer),
        is_sent=is_sent,
        is_old=looked.is_old,
        is_empty=looked.old == looked.new,
        gains=_exposed(speaker, looked.changes.gains, at),
        losses=_exposed(speaker, looked.changes.losses, at),
        past=tuple(_touched(speaker, one, "disclosure", "disclosures") for one in found.past),
        past_looked=found.past_looked,
        coming=tuple(_touched(speaker, one, "field", "fields") for one in found.next),
        coming_looked=found.next_looked,
        acceptances=_acceptances(speaker, looked, names),
        waiting=waiting,
        to_accept=tuple(speaker.change(line, at) for line in gains),
        mark=looked.mark(own) if must else "",
        may_publish=is_sent and is_second and not looked.is_old and not waiting,
    )


def in_one_line(line: Changed) -> str:
    """`Moorland NHS Trust, rent arrears, to prevent serious harm, Nothing to Summary`."""
    return ", ".join(part for part in (line.who, line.what, line.purpose, line.change, line.when) if part)


def _exposed(speaker: Speaker, lines: Iterable[Line], at: datetime) -> tuple[Exposed, ...]:
    """Lines by owner; owners of whom the same is said come together."""
    by_owner: dict[str, list[Changed]] = {}
    for line in lines:
        by_owner.setdefault(line.owner, []).append(speaker.change(line, at))
    together: dict[tuple[Changed, ...], list[str]] = {}
    for owner, said in by_owner.items():
        together.setdefault(tuple(said), []).append(speaker.agency(owner))
    return tuple(Exposed(listed(sorted(owners)), said) for said, owners in together.items())


def _acceptances(speaker: Speaker, looked: Looked, names: dict[str, str]) -> tuple[Acceptance, ...]:
    rows = ((agency, looked.accepted.get(agency)) for agency in looked.needed)
    return tuple(
        Acceptance(
            speaker.agency(agency),
            names.get(row.staff_id, "Somebody who has left") if row is not None else None,
        )
        for agency, row in rows
    )


def _touched(speaker: Speaker, one: Touched, single: str, more: str) -> str:
    """`3 disclosures to Northmoor Homes: mental health, Summary to In full, unless they refused`."""
    said = words_said(one.words)
    change = f"{LEVELS[one.before]} to {LEVELS[one.after]}"
    words = f"{count(one.count, single, more)}, {speaker.agency(one.recipient)}: "
    words += f"{catalogue.label(one.class_name)}, {change}"
    return f"{words}, {said}" if said else words


def _next_cases(session: Session, viewer: Viewer, at: datetime) -> list[str]:
    """The cases of the partnership's next meeting. Always two queries."""
    meeting = session.scalar(
        select(Meeting.id)
        .where(
            Meeting.partnership_id == viewer.partnership_id,
            Meeting.ends_at > at,
            Meeting.status != MeetingStatus.ENDED,
        )
        .order_by(Meeting.starts_at, Meeting.id)
        .limit(1)
    )
    return list(session.scalars(select(AgendaItem.case_id).where(AgendaItem.meeting_id == (meeting or ""))))
