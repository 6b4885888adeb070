"""What the pages of the register say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from conference.clock import LONDON
from conference.errors import NotFound
from conference.governance.rules.changing import in_one_line
from conference.governance.rules.sentences import Speaker, inside, purposes
from conference.governance.rules.services import speaker_for
from conference.governance.words import listed
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.sharing import catalogue, changes, versions
from conference.sharing.agreements import services
from conference.sharing.agreements.readiness import Standing, standings
from conference.sharing.agreements.register import Registered, find, registered
from conference.sharing.agreements.services import Missing, Reminder
from conference.sharing.agreements.terms import ASKED, Terms


@dataclass(frozen=True, slots=True)
class Line:
    """One agreement in the register. state: where it stands.   is_late: whether that is to be acted on."""

    id: str
    name: str
    title: str
    parties: str
    state: str
    is_late: bool
    review: str


@dataclass(frozen=True, slots=True)
class Installed:
    """An agreement that came with the installation."""

    name: str
    parties: str
    covers: str
    starts: date
    ends: date
    is_party: bool


@dataclass(frozen=True, slots=True)
class Agency:
    """What one agency still lacks, whatever agreement it is about."""

    name: str
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """The page of the register."""

    reminders: tuple[Reminder, ...]
    lines: tuple[Line, ...]
    installed: tuple[Installed, ...]
    agencies: tuple[Agency, ...]


def register_page(session: Session, viewer: Viewer, *, at: datetime) -> Register:
    """Every agreement, the officer's reminders, what each agency lacks. Raises Refused without a policy."""
    known = registered(session, viewer.partnership_id)
    standing = standings(session, viewer.partnership_id)
    today = at.astimezone(LONDON).date()
    part = versions.agreed(versions.newest(session, viewer.partnership_id, at).document)
    speaker = speaker_for(session, viewer, part)
    return Register(
        tuple(services.reminders(session, viewer, today)),
        tuple(_line(one, speaker, standing, at) for one in known),
        tuple(_installed(session, viewer, speaker, at)),
        tuple(_lacks(one, known, at) for one in standing.values()),
    )


def _installed(session: Session, viewer: Viewer, speaker: Speaker, at: datetime) -> list[Installed]:
    return [
        Installed(
            one["id"],
            _agencies(speaker, one["parties"]),
            _covers(speaker, one["classes"], one["purposes"]),
            versions.parsed(one["from"]).astimezone(LONDON).date(),
            versions.parsed(one["until"]).astimezone(LONDON).date(),
            viewer.agency_id in one["parties"],
        )
        for one in services.from_installation(session, viewer, at)
    ]


def installed_page(session: Session, viewer: Viewer, name: str, *, at: datetime) -> Installed:
    """One that came with the installation. Raises NotFound."""
    part = versions.agreed(versions.newest(session, viewer.partnership_id, at).document)
    for one in _installed(session, viewer, speaker_for(session, viewer, part), at):
        if one.name == name:
            return one
    raise NotFound(f"agreement {name}")


def _line(one: Registered, speaker: Speaker, standing: Mapping[str, Standing], at: datetime) -> Line:
    today = at.astimezone(LONDON).date()
    ready = len(one.ready(standing, at))
    is_live = not one.is_ended and bool(one.signatures) and one.terms.ends > today
    is_late = is_live and one.terms.review_on < today
    return Line(
        one.row.id,
        one.row.name,
        one.terms.title,
        _agencies(speaker, one.terms.parties),
        state(one, ready, at),
        is_late,
        review_words(one.terms.review_on, today) if is_live else "",
    )


def state(one: Registered, ready: int, at: datetime) -> str:
    """Where an agreement stands. ready: how many of its parties are."""
    if one.is_ended:
        return "Ended early"
    if one.terms.ends_at <= at:
        return "Ended"
    if ready < 2:
        return "Not in force" if one.signatures else "Not signed"
    return "In force" if one.terms.starts_at <= at else "Signed, not begun"


def review_words(review_on: date, today: date) -> str:
    """`Overdue`, `Review due in 30 days`; nothing while it is far off."""
    days = (review_on - today).days
    if days < 0:
        return "Review overdue"
    if days > services.REVIEW_SOON.days:
        return ""
    return {0: "Review due today", 1: "Review due tomorrow"}.get(days, f"Review due in {days} days")


def _lacks(standing: Standing, known: list[Registered], at: datetime) -> Agency:
    asked = [one for one in known if not one.is_ended and one.terms.ends_at > at]
    theirs = [one for one in asked if standing.agency_id in one.terms.parties]
    unsigned = [one.terms.title for one in theirs if standing.agency_id not in one.signatures]
    lacks = [f"a signature ({title})" for title in unsigned]
    if not standing.has_users:
        lacks.append("users (nobody there is a representative, deputy or IDVA)")
    elif not standing.is_trained(at):
        lacks.append("training (none of its representatives, deputies and IDVAs is trained)")
    return Agency(standing.agency_name, tuple(lacks))


def _agencies(speaker: Speaker, ids: tuple[str, ...] | list[str]) -> str:
    return listed([speaker.agency(one) for one in ids if one != "conference"])


def _covers(speaker: Speaker, classes: tuple[str, ...] | list[str], for_: tuple[str, ...] | list[str]) -> str:
    return f"{listed([speaker.class_name(one) for one in classes])}, {purposes(for_)}"


# --- one agreement ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """A party, and who signed for it."""

    missing: Missing
    by: str | None
    on: datetime | None


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """One agreement. answers: (question, answer).   opens: what signing shows of one's own information.

    mark: what is signed; None where this officer has nothing to sign.
    """

    id: str
    name: str
    terms: Terms
    covers: str
    purposes: str
    answers: tuple[tuple[str, str], ...]
    state: str
    review: str
    signatures: tuple[Signature, ...]
    ended: tuple[str, datetime, str] | None
    may_change: bool
    may_end: bool
    mark: str | None
    opens: tuple[str, ...]


def agreement_page(session: Session, viewer: Viewer, agreement_id: str, *, at: datetime) -> AgreementPage:
    """One agreement as this officer sees it. Raises NotFound."""
    one = find(session, viewer.partnership_id, agreement_id)
    current = versions.newest(session, viewer.partnership_id, at)
    speaker = speaker_for(session, viewer, versions.agreed(current.document))
    ready = len(one.ready(standings(session, viewer.partnership_id), at))
    to_sign = services.to_sign(session, viewer, one, at)
    opened = services.opens(session, viewer, one, at) if to_sign is not None else ()
    today = at.astimezone(LONDON).date()
    ids = [*(row.staff_id for row in one.signatures.values()), one.row.ended_by or ""]
    names = staff_names(session, viewer.partnership_id, ids)
    is_over = one.is_ended or one.terms.ends_at <= at
    return AgreementPage(
        id=one.row.id,
        name=one.row.name,
        terms=one.terms,
        covers=listed([speaker.class_name(name) for name in one.terms.classes]),
        purposes=purposes(one.terms.purposes),
        answers=tuple((words, one.terms.answers.get(key, "")) for key, words in ASKED.items()),
        state=state(one, ready, at),
        review=review_words(one.terms.review_on, today) if one.signatures and not is_over else "",
        signatures=tuple(_signature(said, one, names) for said in services.missing(session, viewer, one, at)),
        ended=_ended(one, names),
        may_change=not is_over and not one.signatures and viewer.agency_id == one.row.created_for,
        may_end=not is_over and viewer.agency_id in {*one.terms.parties, one.row.created_for},
        mark=to_sign.mark if to_sign is not None else None,
        opens=tuple(_opened(line, speaker, viewer, at) for line in opened),
    )


def _opened(line: changes.Line, speaker: Speaker, viewer: Viewer, at: datetime) -> str:
    """One line of what signing opens; whose it is where it is not the officer's own agency's."""
    said = in_one_line(speaker.change(line, at))
    return (
        said if line.owner == viewer.agency_id else f"What {inside(speaker.agency(line.owner))} holds: {said}"
    )


def _signature(said: Missing, one: Registered, names: Mapping[str, str]) -> Signature:
    row = one.signatures.get(said.agency_id)
    if row is None:
        return Signature(said, None, None)
    return Signature(said, names.get(row.staff_id, "Somebody who has left"), row.signed_at)


def _ended(one: Registered, names: Mapping[str, str]) -> tuple[str, datetime, str] | None:
    row = one.row
    if row.ended_at is None:
        return None
    return names.get(row.ended_by or "", "Somebody who has left"), row.ended_at, row.ended_why or ""


@dataclass(frozen=True, slots=True)
class Choosing:
    """What can be chosen for an agreement: agencies and kinds of information to words, and purposes."""

    agencies: dict[str, str]
    purposes: tuple[str, ...]
    classes: dict[str, str]


def choosing(session: Session, viewer: Viewer, *, at: datetime) -> Choosing:
    """As the policy in force knows them."""
    said = json.loads(versions.newest(session, viewer.partnership_id, at).document)
    agencies = {
        one.id: one.name
        for one in list_agencies(session, viewer.partnership_id)
        if one.id in said["agencies"]
    }
    names = [one["name"] for one in said["classes"]]
    below = {name for name in names if any(other.startswith(f"{name}.") for other in names)}
    labels = {
        name: f"{catalogue.label(name)}: everything" if name in below else catalogue.label(name)
        for name in names
    }
    return Choosing(agencies, tuple(said["purposes"]), labels)
