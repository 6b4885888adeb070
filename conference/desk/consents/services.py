"""The Consent tab of a case, and what is recorded of somebody who was asked."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from conference.cases.models import Case
from conference.cases.services import By
from conference.clock import LONDON, moment
from conference.desk import known
from conference.desk.consents import words
from conference.desk.consents.draft import Draft
from conference.desk.consents.steps import CHECK, SELF, Asking
from conference.errors import BadInput, Conflict
from conference.identity.services import Viewer
from conference.sharing import consents, marks, noted, policy
from conference.sharing.door import NAMES, disclose
from conference.sharing.stored import owner_names
from conference.sharing.taking import services as taking
from conference.sharing.taking import shown
from conference.sharing.taking.models import Outcome
from conference.sharing.taking.taken import WAYS, Taken
from conference.sharing.view import CaseView

PREVENT_HARM = "prevent-serious-harm"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said, in words. how: lines about how it was asked."""

    seen: shown.ConsentLine
    sentence: str
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """The Consent tab as one viewer may see it. people: (heading, lines), in the order of pages."""

    view: CaseView
    people: list[tuple[str, list[Line]]]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What is said after a withdrawal. due: by when it is reviewed, in a case to prevent serious harm."""

    case: Case
    at: datetime
    due: datetime | None


def consent_page(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> ConsentPage:
    """What the viewer may know of what was said in the case. Logged."""
    view = disclose(session, viewer, [case], asked=NAMES)[case.id]
    lines = shown.consents_for(session, viewer, case, at=at)
    noted.beside(session, "consents", case.id, marks.said(session, viewer, "consent", lines))
    names = owner_names(session, viewer.partnership_id)
    people = {person.person_id: person for person in view.people}
    roles = {line.person_id: line.role for line in lines}
    found: dict[str, list[Line]] = {}
    for line in lines:
        person = people.get(line.person_id) or known.unnamed(line.person_id, line.role, view)
        found.setdefault(line.person_id, []).append(
            Line(line, _sentence(known.subject(person), line, names), _how(line, people))
        )
    order = sorted(found, key=lambda who: (known.ROLES.index(roles[who]), who))
    headings = {who: known.title(people.get(who) or known.unnamed(who, roles[who], view)) for who in order}
    return ConsentPage(view, [(headings[who], found[who]) for who in order])


def _sentence(who: str, line: shown.ConsentLine, names: dict[str, str]) -> str:
    if line.state in {shown.State.UNABLE, shown.State.UNSAFE}:
        return f"{who}: {line.state.value.lower()}"
    return words.sentence(
        who,
        agrees=line.is_grant,
        stands=line.state in {shown.State.GIVEN, shown.State.REFUSED},
        in_part=line.agency is None,
        agencies=line.recipients,
        classes=line.classes,
        left_out=line.left_out,
        purposes=line.purposes,
        until=line.until,
        names=names,
    )


def _how(line: shown.ConsentLine, people: dict[str, Any]) -> tuple[str, ...]:
    """How it was asked, line by line."""
    taken = line.how
    if taken is None or isinstance(taken, str):
        return () if taken is None else (taken,)
    speaker = people.get(taken.speaker or "")
    said = (
        (taken.speaker, f"Decided by {known.title(speaker) if speaker else 'somebody in this case'}"),
        (taken.way, f"{WAYS.get(taken.way or '', taken.way)}, wording {taken.wording}"),
        (taken.alone, "Alone"),
        (taken.alone is False, "Not alone"),
        (not taken.safe, "Not safe to ask"),
        (taken.interpreter, f"Interpreter: {taken.interpreter}"),
        (taken.able, "Could decide this"),
        (taken.able is False, "Could not decide this"),
        (taken.able_note, taken.able_note),
        (taken.gillick, f"Gillick note: {taken.gillick}"),
    )
    return tuple(text for is_said, text in said if is_said)


# --- asking ---


def asking_of(
    session: Session, viewer: Viewer, case: Case, kept: MutableMapping[str, Any], *, at: datetime
) -> Asking:
    """Where the worker is with asking somebody in a case found through them. kept: their session."""
    people = known.known_people(session, viewer, case)
    agencies = taking.nameable_agencies(session, viewer.partnership_id, at=at)
    return Asking(session, case, Draft(kept, case.id, at), people, agencies)


def save(asking: Asking, step: str, answers: dict[str, Any]) -> None:
    """Keep what was answered. Raises BadInput for somebody who must not speak for a child."""
    chosen = answers.get("speaker")
    if step == "speaker" and chosen != SELF and asking.person is not None:
        taking.check_speaker(asking.session, asking.case, asking.person.person_id, str(chosen))
    asking.draft.answer(step, answers)


def to_check(asking: Asking) -> str:
    """The sentence that is read before it is recorded."""
    word = _word(asking)
    if asking.person is None:
        raise Conflict("nobody is asked")
    who = known.subject(asking.person)
    if asking.speaker is not None:
        name = asking.person.name or asking.person.role_label.lower()
        who = f"{known.subject(asking.speaker)}, for {name},"
    return words.sentence(
        who,
        agrees=True,
        agencies=word["recipients"],
        classes=word["classes"],
        left_out=asking.draft.of("left_out", "left_out") or (),
        purposes=word["purposes"],
        until=_end(asking),
        names=dict(asking.agencies),
    )


def record(
    session: Session, viewer: Viewer, asking: Asking, outcome: str, *, turn: str, at: datetime
) -> None:
    """Record what was said, and forget the answers.

    outcome: grant, refuse, unable or unsafe.   turn: of the page on which it was checked.
    Raises Conflict where the answers are others by now, or do not go as far; BadInput.
    """
    person = asking.person
    if person is None or turn != asking.draft.turn or outcome not in {"grant", "refuse", *Outcome}:
        raise Conflict("the answers are others by now")
    by, how = By.viewer(viewer), _taken(asking, outcome)
    taking.name_unsafe(session, asking.case, asking.unsafe, by=by, at=at)
    if outcome in {"grant", "refuse"}:
        if asking.next != CHECK:
            raise Conflict("not everything is answered")
        word = _word(asking) if outcome == "grant" else _refusal(asking)
        try:
            consents.record_consent(session, asking.case, person.person_id, word=word, how=how, by=by, at=at)
        except policy.BrokenPolicy as error:
            raise BadInput("The rules do not know one of these. Check your answers.") from error
    else:
        taking.record_unanswered(
            session, asking.case, person.person_id, outcome=Outcome(outcome), how=how, by=by, at=at
        )
    asking.draft.drop()


def _word(asking: Asking) -> dict[str, Any]:
    """A grant in the policy's form."""
    end, left_out = _end(asking), asking.draft.of("left_out", "left_out")
    exceptions = [{"decision": "refuse", "classes": sorted(left_out)}] if left_out else []
    return {
        "decision": "grant",
        "recipients": _chosen(asking, "agencies"),
        "purposes": _chosen(asking, "purposes"),
        "classes": _chosen(asking, "kinds"),
        **({"except": exceptions} if exceptions else {}),
        "until": moment(end),
    }


def _refusal(asking: Asking) -> dict[str, Any]:
    """The same refused: all of the kinds, and until they say something else."""
    return {
        "decision": "refuse",
        "recipients": _chosen(asking, "agencies"),
        "purposes": _chosen(asking, "purposes"),
        "classes": _chosen(asking, "kinds"),
    }


def _chosen(asking: Asking, step: str) -> list[str]:
    return list(asking.draft.of(step, step) or ())


def _end(asking: Asking) -> datetime:
    """The end of the last day on which it counts, in London."""
    last = asking.draft.of("until", "until")
    if last is None:
        raise Conflict("not everything is answered")
    return datetime.combine(date.fromisoformat(last) + timedelta(days=1), time(), LONDON)


def _taken(asking: Asking, outcome: str) -> Taken:
    """How they were asked, as far as it came to that."""
    of = asking.draft.of
    yes_no = {"yes": True, "no": False}
    speaker = asking.speaker
    return Taken(
        way=of("read", "way"),
        wording=of("read", "wording"),
        safe=outcome != Outcome.UNSAFE.value and of("safe", "safe") == "yes",
        alone=yes_no.get(of("alone", "alone")),
        interpreter=(of("interpreter", "language") or "").strip(),
        able=False if outcome == Outcome.UNABLE.value else yes_no.get(of("able", "able")),
        able_note=(of("able", "able_note") or "").strip(),
        under_16=asking.is_under_16,
        gillick=(of("gillick", "gillick") or "").strip(),
        speaker=speaker.person_id if speaker is not None else None,
    )


# --- withdrawing ---


def withdraw(session: Session, viewer: Viewer, case: Case, consent_id: str, *, at: datetime) -> None:
    """Withdraw a consent that the viewer is shown. Raises NotFound, Conflict."""
    row = shown.withdrawable(session, viewer, case, consent_id, at=at)
    consents.withdraw(session, case, row, by=By.viewer(viewer), at=at)


def withdrawn_page(session: Session, viewer: Viewer, case: Case, consent_id: str) -> Withdrawn:
    """What is said after the viewer's own withdrawal.

    The review is spoken of in a case to prevent serious harm alone, where there always is one.
    """
    row = shown.withdrawn_by(session, viewer, case, consent_id)
    at_harm = case.conference_type.purpose == PREVENT_HARM
    due = consents.review_due(session, case, row) if at_harm else None
    return Withdrawn(case, row.withdrawn_at or row.recorded_at, due)
