"""THE DOOR. A stored value leaves in one way only: `disclose`.

It loads what there is in a fixed number of queries, asks the consent engine about each field, opens only what
may leave and only as far as it may, logs one event a case, and hands back views made of what was permitted.
What is withheld has no influence on what comes back, nor on how many statements and openings it took.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

import consent
from conference import clock, inputs
from conference.cases.models import CONFERENCE, Case
from conference.identity.services import Viewer
from conference.sharing import broken, compiled, marks, noted, policy
from conference.sharing.files.document import Part
from conference.sharing.files.opening import open_part
from conference.sharing.opening import Shown, open_texts, open_values
from conference.sharing.rows import rows_of, view_of
from conference.sharing.stored import (
    EVERYTHING,
    NAMES,
    ONLY_DECIDED,
    Asked,
    Stored,
    agencies_of,
    kept_out_of,
    owner_names,
    people_of,
    stored_fields,
)
from conference.sharing.view import CaseView, Level, Row, Why
from conference.trail import writing

__all__ = [
    "EVERYTHING",
    "NAMES",
    "Asked",
    "Reach",
    "disclose",
    "glimpse",
    "parts_now",
    "reachable",
    "recognised",
    "who_would_see",
]


@dataclass(frozen=True, slots=True)
class Reach:
    """A field that the viewer may see in words, by id: nothing of it is opened. Never for a page."""

    field_id: str
    case_id: str
    class_name: str
    about: tuple[str, ...]
    in_full: bool


def disclose(
    session: Session,
    viewer: Viewer,
    cases: Sequence[Case],
    *,
    channel: str = "screen",
    meeting_id: str | None = None,
    asked: Asked = EVERYTHING,
    purpose: str | None = None,
    log_empty: bool = True,
    part: Part | None = None,
) -> dict[str, CaseView]:
    """What `viewer` may see of `cases` now, by case id; logged, one event a case.

    cases: found through the viewer (`cases.services`): the door decides about fields, not about membership.
    purpose: only `audit`, from governance; otherwise it is the conference type's, never from input.
    log_empty: whether an answer that shows nothing of a case is an event too.
    part: which part of the document of what is asked for is shown too; NotFound where they may not have it.
    Raises what a broken policy raises: nothing is shown that could not be decided.
    """
    decided = _decide(session, viewer, cases, asked, purpose)
    names = owner_names(session, viewer.partnership_id)
    opened = open_texts(session, [one for of in decided.shown.values() for one in of], asked)
    if part is not None:
        _open_documents(session, opened, part)
    views, lines = {}, []
    for case in cases:
        mine = [one for one in opened if one.stored.case_id == case.id]
        rows = rows_of(mine, names, decided.rests.policy)
        lines += [(case.id, row) for row, _ in rows]
        why_for = purpose or case.conference_type.purpose
        unread = [(one.stored.owner, where) for one in mine for where in one.broken]
        broken.record(session, viewer, case.id, unread)
        views[case.id] = view_of(case, decided.people[case.id], rows, why_for, decided.at)
        if rows or log_empty:
            _log(session, viewer, case, rows, why_for, decided.rests.sha256, channel, meeting_id)
    if purpose is None:  # a page about the log shows what was, and nothing of it can be taken back
        noted.disclosed(session, viewer, cases, asked, lines)
    return views


def reachable(
    session: Session, viewer: Viewer, cases: Sequence[Case], *, asked: Asked = EVERYTHING
) -> list[Reach]:
    """Which fields `disclose` would show in words. Nothing is opened: for what a form may name."""
    decided = _decide(session, viewer, cases, asked, None)
    return [
        Reach(
            one.stored.id,
            one.stored.case_id,
            one.stored.class_name,
            one.stored.subjects,
            one.level in {"own", "full"},
        )
        for of in decided.shown.values()
        for one in of
        if one.level != "presence" and one.stored.record_type != ONLY_DECIDED
    ]


def glimpse(
    session: Session, viewer: Viewer, cases: Sequence[Case], *, asked: Asked = EVERYTHING
) -> marks.Glimpse:
    """What `disclose` would show, by a digest: decided, not opened, not logged, for nothing leaves."""
    decided = _decide(session, viewer, cases, asked, None)
    shown = [one for of in decided.shown.values() for one in of]
    return marks.glimpse(session, viewer, shown, decided.rests.policy)


def parts_now(
    session: Session, viewer: Viewer, cases: Sequence[Case], *, asked: Asked = EVERYTHING
) -> marks.Parts:
    """What `disclose` would show, by a digest for each line. Opened to be compared: nothing leaves."""
    decided = _decide(session, viewer, cases, asked, None)
    names, made_of = owner_names(session, viewer.partnership_id), marks.NOTHING
    opened = open_texts(session, [one for of in decided.shown.values() for one in of], asked)
    for case in cases:
        mine = [one for one in opened if one.stored.case_id == case.id]
        rows = rows_of(mine, names, decided.rests.policy)
        made_of |= marks.parts(session, viewer, (row for row, _ in rows))
    return made_of


def recognised(
    session: Session,
    viewer: Viewer,
    cases: Sequence[Case],
    *,
    asked: Asked,
    choose: Callable[[Sequence[Reach]], Collection[str]],
    judge: Callable[[dict[str, str]], list[str]],
) -> list[str]:
    """Which of the fields that `disclose` would show in full say what is looked for, best first: their ids.

    choose: names those worth opening, among the ones that may leave.
    judge:  told what they say, names those that fit. Opened to be compared: nothing leaves.
    """
    decided = _decide(session, viewer, cases, asked, None)
    full = {one.stored.id: one for of in decided.shown.values() for one in of if one.level in {"own", "full"}}
    reach = [
        Reach(one.stored.id, one.stored.case_id, one.stored.class_name, one.stored.subjects, in_full=True)
        for one in full.values()
        if one.stored.record_type != ONLY_DECIDED
    ]
    return judge(open_values(session, [full[field_id] for field_id in sorted(choose(reach))]))


@dataclass(frozen=True, slots=True)
class _Decided:
    """What leaves of some cases, unopened, and what that rests on."""

    at: datetime
    people: dict[str, dict[str, str]]
    rests: policy.InForce
    shown: dict[str, list[Shown]]


def _decide(
    session: Session, viewer: Viewer, cases: Sequence[Case], asked: Asked, purpose: str | None
) -> _Decided:
    """Ask the engine about each field of the cases: a fixed number of queries."""
    at = clock.now()
    inputs.rests_on(session, viewer.partnership_id)  # before anything is read that it stands for
    case_ids = [case.id for case in cases]
    people = people_of(session, case_ids)
    stored = stored_fields(session, viewer, case_ids, asked)
    excluded = kept_out_of(session, viewer, case_ids)
    everybody = {who for of in people.values() for who in of}
    rests = policy.in_force(session, viewer.partnership_id, everybody, at, staff=viewer.staff_id)
    inputs.rests_on(session, viewer.partnership_id, until=rests.horizon)
    shown: dict[str, list[Shown]] = {}
    for case in cases:
        why_for = purpose or case.conference_type.purpose
        kept_out = case.id in excluded or not viewer.trained
        mine = [one for one in stored if one.case_id == case.id]
        cells = [_cell(one, people[case.id]) for one in mine]
        answers = compiled.decisions(
            session, viewer, rests, case.id, people[case.id], cells, purpose=why_for, excluded=kept_out, at=at
        )
        decided = {one.id: answer for one, answer in zip(mine, answers, strict=True)}
        leaving = (_leaving(one, decided, viewer, people[case.id]) for one in mine)
        shown[case.id] = [one for one in leaving if one is not None]
    return _Decided(at, people, rests, shown)


def who_would_see(
    session: Session, viewer: Viewer, case: Case, *, class_name: str, about: Iterable[str], offered: str
) -> list[tuple[str, str]]:
    """How far each other agency's representative would see such a field: (agency, level or none).

    By the published rules alone: by person it would betray who is kept out, with wishes what people said.
    """
    at = clock.now()
    people = people_of(session, [case.id])[case.id]
    rests = policy.in_force(session, viewer.partnership_id, (), at)
    out = []
    for agency in agencies_of(session, viewer.partnership_id):
        if agency.id != viewer.agency_id:
            request = policy.request_for(
                at=at,
                purpose=case.conference_type.purpose,
                owner=viewer.agency_id,
                class_name=class_name,
                offered=offered,
                subjects=[(who, people[who]) for who in about if who in people],
                agency=agency.id,
                roles=_REPRESENTING.get(agency.kind, ("representative",)),
                excluded=False,
            )
            out.append((agency.name, consent.decide(rests.policy, request).level.word))
    return out


def _open_documents(session: Session, opened: Iterable[Shown], part: Part) -> None:
    """Open a part of each document that this viewer may open: of others' fields the chosen copy alone."""
    for one in opened:
        if one.has_document:
            one.document = open_part(session, one.stored.id, part, is_own=one.level == "own")


_REPRESENTING = {"idva": ("idva", "representative")}


def _cell(one: Stored, people: dict[str, str]) -> consent.TableCell:
    """A field as the engine sees it."""
    subjects = tuple((who, people[who]) for who in one.subjects)
    return consent.TableCell(one.owner, one.class_name, one.offered, subjects)


def _leaving(
    one: Stored, decided: dict[str, consent.Decision], viewer: Viewer, people: dict[str, str]
) -> Shown | None:
    """How far a field leaves; None if it does not.

    A text of the conference that repeats fields gets the least of their levels; one without sources goes to
    those who were in the room.
    """
    decision = decided[one.id]
    level = decision.level
    if one.owner == CONFERENCE:
        if one.sources:
            missing = consent.Level.NONE
            level = min(level, *(decided[s].level if s in decided else missing for s in one.sources))
        elif not one.for_viewer:
            level = consent.Level.NONE
    if level is consent.Level.NONE:
        return None
    own = one.owner == viewer.agency_id
    why = Why(
        decision.rule,
        decision.basis,
        decision.condition,
        decision.power,
        decision.agreement,
        decision.consent,
        decision.override,
    )
    words: dict[consent.Level, Level] = {
        consent.Level.PRESENCE: "presence",
        consent.Level.SUMMARY: "summary",
        consent.Level.FULL: "full",
    }
    subjects = tuple((who, people[who]) for who in one.subjects)
    return Shown(one, "own" if own else words[level], why, subjects)


def _log(
    session: Session,
    viewer: Viewer,
    case: Case,
    rows: list[tuple[Row, Shown]],
    purpose: str,
    sha256: str,
    channel: str,
    meeting_id: str | None,
) -> None:
    items = [
        writing.item(
            field=row.field_id,
            owner=row.owner,
            subjects=row.about,
            class_name=row.class_name,
            level="full" if row.level == "own" else row.level,
            shown=_bytes_shown(row),
            rule=row.why.rule,
            basis=row.why.basis,
            condition=row.why.condition,
            power=row.why.power,
            agreement=row.why.agreement,
            consent=row.why.consent,
            override=row.why.override,
        )
        for row, _ in rows
    ]
    writing.record(
        session,
        "disclosure.exported" if channel in {"export", "print", "minutes", "letter"} else "disclosure.shown",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=case.id,
        meeting=meeting_id,
        purpose=purpose,
        channel=channel,
        policy=sha256,
        items=items,
    )


def _bytes_shown(row: Row) -> bytes | None:
    """Exactly what was shown of a field: each text on its own line, then a document; nothing at presence."""
    if row.level == "presence":
        return None
    parts = (row.text, row.relevance, row.source, row.summary, row.withheld_reason)
    said = "\n".join(part for part in parts if part is not None).encode("utf-8")
    return said if row.document is None else b"%b\n%b" % (said, row.document.shown())
