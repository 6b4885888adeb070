"""What a review is about, as far as it is theirs: an override, an emergency, an entry, a report."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.formats import day_and_hour
from conference.governance import words
from conference.governance.directory import Directory, directory
from conference.identity.services import Viewer
from conference.sharing import catalogue
from conference.sharing.overrides.models import Emergency, OverrideRequest
from conference.sharing.overrides.opening import reason_of, texts_of
from conference.sharing.overrides.services import answers_to
from conference.sharing.reviews.models import Review
from conference.trail import writing
from conference.trail.reading import Entry, Wanted, events_for


@dataclass(frozen=True, slots=True)
class Seen:
    """One time that something was shown by it. what: (class, level)."""

    event_id: str
    at: datetime
    who: str
    what: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What an officer reads of what a review is about. seen: None where nothing is looked for.

    event_id, report_id: of the entry or the report that has a page of its own.
    """

    lines: list[tuple[str, str]]
    seen: list[Seen] | None = None
    event_id: str | None = None
    report_id: str | None = None


def facts_of(session: Session, viewer: Viewer, review: Review) -> Facts:
    """What a review that was found through the viewer is about."""
    if review.about.startswith("emg_"):
        return _emergency(session, viewer, session.get_one(Emergency, review.about))
    if review.about.startswith("ovr_"):
        return _override(session, viewer, session.get_one(OverrideRequest, review.about))
    if review.about.startswith("evt_"):
        return Facts([], event_id=review.about)
    if review.about.startswith("wrg_"):
        return Facts([], report_id=review.about)
    return Facts([("About", review.about)])


def _emergency(session: Session, viewer: Viewer, one: Emergency) -> Facts:
    until = one.ended_at or one.until
    found = _by(session, viewer, one, since=one.opened_at)
    names = directory(session, viewer, found, [one.staff_id])
    reason = reason_of(session, viewer, one)
    lines = [
        ("Who", f"{names.staff.get(one.staff_id, one.staff_id)}, {names.agency(one.agency_id)}"),
        ("From", day_and_hour(one.opened_at)),
        ("Until", day_and_hour(until)),
        ("What was happening", reason or "Their own agency's officer reads this. Ask them."),
    ]
    return Facts(lines, _seen(viewer, found, names, set(json.loads(one.decisions))))


def _override(session: Session, viewer: Viewer, one: OverrideRequest) -> Facts:
    found = _by(session, viewer, one, since=one.asked_at)
    names = directory(session, viewer, found, [one.asked_by])
    texts = texts_of(session, viewer, one, answers_to(session, one))
    lines = [
        ("Asked for by", f"{names.staff.get(one.asked_by, one.asked_by)}, {names.agency(one.owner)}"),
        ("What", f"{catalogue.label(one.class_name)}, {words.level(one.level).lower()} at most"),
        ("To", words.listed([names.agency(agency) for agency in json.loads(one.recipients)])),
        ("Until", day_and_hour(one.ended_at or one.until)),
    ]
    if texts is not None:
        lines += [("Why it is necessary", texts.necessity), ("Why no less than this", texts.proportionality)]
        lines += [("Approved because", said) for said in texts.answers.values()]
    return Facts(lines, _seen(viewer, found, names, set(json.loads(one.decisions))))


def _by(
    session: Session, viewer: Viewer, one: Emergency | OverrideRequest, *, since: datetime
) -> list[Entry]:
    """The disclosures that leaned on its decisions, as far as they are theirs. The reading is logged."""
    leaned = set(json.loads(one.decisions))
    wanted = Wanted(since=since, until=one.until, names=words.DISCLOSURES)
    writing.record(
        session,
        "log.searched",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=one.case_id,
        about=(one.id,),
        mark="review",
    )
    return [
        entry
        for entry in events_for(session, viewer.partnership_id, viewer.agency_id, wanted)
        if any(item is not None and item.override in leaned for item in entry.items)
    ]


def _seen(viewer: Viewer, found: list[Entry], names: Directory, leaned: Collection[str]) -> list[Seen]:
    return [
        Seen(
            entry.id,
            entry.at,
            names.who(entry),
            tuple(
                (catalogue.label(item.class_name), words.level(item.level))
                for item in entry.items
                if item is not None and item.override in leaned
            ),
        )
        for entry in found
        if entry.own or viewer.agency_id in {item.owner for item in entry.items if item is not None}
    ]
