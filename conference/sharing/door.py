"""THE DOOR. A stored value leaves in one way only: `disclose`.

It loads what there is in a fixed number of queries, asks the consent engine about each field, opens only what
may leave and only as far as it may, logs one event a case, and hands back views made of what was permitted. What
is withheld has no influence on anything that comes back, nor on how many statements and openings it took.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference import clock, inputs
from conference.cases.models import (
    CONFERENCE,
    Case,
    CaseExclusion,
    CasePerson,
    Field,
    FieldAudience,
    FieldSource,
    PersonRole,
    Record,
    RecordSubject,
)
from conference.identity.models import Agency
from conference.identity.services import Viewer
from conference.sharing import catalogue, policy
from conference.sharing.view import CaseView, Level, PersonView, Row, Why
from conference.trail import writing
from conference.vault.seal import Place
from conference.vault.unseal import Sealed, open_all

CONFERENCE_NAME = "The conference"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the cases is asked for. None does not narrow.

    classes: names of classes, exactly.   fields: ids.   owners: agencies, or `conference`.
    own_notes: also what stays inside the owner's agency (why a field is not offered, its unsent summary).
    """

    classes: Collection[str] | None = None
    fields: Collection[str] | None = None
    owners: Collection[str] | None = None
    own_notes: bool = False


EVERYTHING = Asked()
NAMES = Asked(classes=("identity.name", "identity.dob"))


@dataclass(slots=True)
class _Stored:
    """What is stored of one field, unopened."""

    id: str
    record_id: str
    case_id: str
    owner: str
    class_name: str
    offered: str
    kind: str
    recorded_at: datetime | None
    partnership_id: str
    record_type: str
    subjects: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    for_viewer: bool = False


@dataclass(slots=True)
class _Shown:
    """A field that leaves, how far, and what is opened of it."""

    stored: _Stored
    level: Level
    why: Why
    subjects: tuple[tuple[str, str], ...]
    texts: dict[str, str] = field(default_factory=dict)


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
) -> dict[str, CaseView]:
    """What `viewer` may see of `cases` now, by case id; logged, one event a case.

    cases: found through the viewer (`cases.services`): the door decides about fields, not about membership.
    purpose: only `audit`, from governance; otherwise it is the conference type's, never from input.
    log_empty: whether an answer that shows nothing of a case is an event too.
    Raises what a broken policy raises: nothing is shown that could not be decided.
    """
    at = clock.now()
    case_ids = [case.id for case in cases]
    people = _people(session, case_ids)
    stored = _stored(session, viewer, case_ids, asked)
    excluded = _excluded(session, viewer, case_ids)
    rests = policy.in_force(session, viewer.partnership_id, {who for of in people.values() for who in of}, at)
    inputs.rests_on(session, viewer.partnership_id, until=rests.horizon)
    names = _owner_names(session, viewer.partnership_id)

    shown: dict[str, list[_Shown]] = {case.id: [] for case in cases}
    for case in cases:
        deciding = _Deciding(
            viewer, rests.policy, at, purpose or case.conference_type.purpose, people[case.id]
        )
        kept_out = case.id in excluded or not viewer.trained
        mine = [one for one in stored if one.case_id == case.id]
        decided = {one.id: deciding.about(one, excluded=kept_out) for one in mine}
        for one in mine:
            made = _leaving(one, decided, viewer, people[case.id])
            if made is not None:
                shown[case.id].append(made)
    wanted = [one for of in shown.values() for one in of]
    wanted = _open(session, wanted, asked)
    views = {}
    for case in cases:
        mine_shown = [one for one in wanted if one.stored.case_id == case.id]
        rows = _rows(mine_shown, names, rests.policy)
        views[case.id] = _view(case, people[case.id], rows, purpose or case.conference_type.purpose, at)
        if rows or log_empty:
            _log(session, viewer, case, rows, views[case.id].purpose, rests.sha256, channel, meeting_id)
    return views


def who_would_see(
    session: Session, viewer: Viewer, case: Case, *, class_name: str, about: Iterable[str], offered: str
) -> list[tuple[str, str]]:
    """How far each other agency's representative would see such a field of the viewer's: (agency, level or none).

    By agency: by person it would betray who is kept out.
    """
    at = clock.now()
    people = _people(session, [case.id])[case.id]
    rests = policy.in_force(session, viewer.partnership_id, set(people), at)
    out = []
    for agency in _agencies(session, viewer.partnership_id):
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


_REPRESENTING = {"idva": ("idva", "representative")}


@dataclass(frozen=True, slots=True)
class _Deciding:
    """The engine, asked on behalf of one viewer about one case."""

    viewer: Viewer
    policy: consent.Policy
    at: datetime
    purpose: str
    people: dict[str, str]

    def about(self, one: _Stored, *, excluded: bool) -> consent.Decision:
        """The decision for one field."""
        request = policy.request_for(
            at=self.at,
            purpose=self.purpose,
            owner=one.owner,
            class_name=one.class_name,
            offered=one.offered,
            subjects=[(who, self.people[who]) for who in one.subjects],
            agency=self.viewer.agency_id,
            roles=[role.value for role in self.viewer.roles],
            excluded=excluded,
        )
        return consent.decide(self.policy, request)


def _leaving(
    one: _Stored, decided: dict[str, consent.Decision], viewer: Viewer, people: dict[str, str]
) -> _Shown | None:
    """How far a field leaves; None if it does not.

    A text of the conference that repeats fields gets the least of their levels; one without sources goes to those
    who were in the room.
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
    return _Shown(one, "own" if own else words[level], why, subjects)


# --- loading: a fixed number of queries ---


def _people(session: Session, case_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    rows = session.execute(
        select(CasePerson.case_id, CasePerson.person_id, CasePerson.role).where(
            CasePerson.case_id.in_(case_ids)
        )
    ).all()
    out: dict[str, dict[str, str]] = {case_id: {} for case_id in case_ids}
    for case_id, person_id, role in rows:
        out[case_id][person_id] = role.value
    return out


def _stored(session: Session, viewer: Viewer, case_ids: Sequence[str], asked: Asked) -> list[_Stored]:
    query = (
        select(
            Field.id,
            Field.record_id,
            Field.case_id,
            Field.owner,
            Field.class_name,
            Field.offered,
            Field.kind,
            Field.recorded_at,
            Field.partnership_id,
            Record.type,
        )
        .join(Record, Record.id == Field.record_id)
        .where(Field.case_id.in_(case_ids), Field.partnership_id == viewer.partnership_id)
        .order_by(Field.id)
    )
    fields = [_Stored(*row) for row in session.execute(query)]
    subjects = _pairs(
        session,
        select(RecordSubject.record_id, RecordSubject.person_id)
        .join(Record, Record.id == RecordSubject.record_id)
        .where(Record.case_id.in_(case_ids)),
    )
    sources = _pairs(
        session,
        select(FieldSource.field_id, FieldSource.source_id)
        .join(Field, Field.id == FieldSource.field_id)
        .where(Field.case_id.in_(case_ids)),
    )
    audience = set(
        session.scalars(select(FieldAudience.field_id).where(FieldAudience.staff_id == viewer.staff_id))
    )
    for one in fields:
        one.subjects = subjects.get(one.record_id, ())
        one.sources = sources.get(one.id, ())
        one.for_viewer = one.id in audience
    return _narrowed(fields, asked)


def _narrowed(fields: list[_Stored], asked: Asked) -> list[_Stored]:
    """The fields that are asked for, and the sources that a text of the conference needs to be decided."""
    chosen = {
        one.id
        for one in fields
        if (asked.classes is None or one.class_name in asked.classes)
        and (asked.fields is None or one.id in asked.fields)
        and (asked.owners is None or one.owner in asked.owners)
    }
    needed = {source for one in fields if one.id in chosen for source in one.sources} - chosen
    for one in fields:
        if one.id in needed:
            one.record_type = _ONLY_DECIDED
    return [one for one in fields if one.id in chosen or one.id in needed]


_ONLY_DECIDED = "\x00only decided"


def _pairs(session: Session, query: object) -> dict[str, tuple[str, ...]]:
    out: dict[str, list[str]] = {}
    for key, value in session.execute(query):  # type: ignore[call-overload]
        out.setdefault(key, []).append(value)
    return {key: tuple(sorted(values)) for key, values in out.items()}


def _excluded(session: Session, viewer: Viewer, case_ids: Sequence[str]) -> set[str]:
    query = select(CaseExclusion.case_id).where(
        CaseExclusion.staff_id == viewer.staff_id,
        CaseExclusion.lifted_at.is_(None),
        CaseExclusion.case_id.in_(case_ids),
    )
    return set(session.scalars(query))


def _agencies(session: Session, partnership_id: str) -> list[Agency]:
    query = select(Agency).where(Agency.partnership_id == partnership_id).order_by(Agency.name)
    return list(session.scalars(query))


def _owner_names(session: Session, partnership_id: str) -> dict[str, str]:
    names = {agency.id: agency.name for agency in _agencies(session, partnership_id)}
    return {**names, CONFERENCE: CONFERENCE_NAME}


# --- opening: only what leaves, only as far as it may ---


_COLUMNS = ("value", "summary", "source", "relevance", "withheld_reason")


def _open(session: Session, shown: list[_Shown], asked: Asked) -> list[_Shown]:
    """Open what each level allows. A summary without words and without a general form is presence."""
    shown = [one for one in shown if one.stored.record_type != _ONLY_DECIDED]
    ids = [one.stored.id for one in shown if one.level != "presence"]
    query = select(Field.id, *(getattr(Field, column) for column in _COLUMNS)).where(Field.id.in_(ids))
    blobs = {row[0]: dict(zip(_COLUMNS, row[1:], strict=True)) for row in session.execute(query)}
    plan: list[tuple[_Shown, str]] = []
    for one in shown:
        if one.level == "presence":
            continue
        for column in _columns_for(one, blobs[one.stored.id], asked):
            if blobs[one.stored.id][column] is not None:
                plan.append((one, column))
    sealed = [
        Sealed(
            blobs[one.stored.id][column],
            one.stored.partnership_id,
            one.stored.owner,
            Place("field", one.stored.id, column),
        )
        for one, column in plan
    ]
    for (one, column), text in zip(plan, open_all(session, sealed), strict=True):
        one.texts[column] = text
    return [_as_far(one) for one in shown]


def _columns_for(one: _Shown, blob: dict[str, bytes | None], asked: Asked) -> tuple[str, ...]:
    if one.level == "own":
        return _COLUMNS if asked.own_notes else ("value", "source", "relevance")
    if one.level == "full":
        return ("value", "source", "relevance")
    if blob["summary"] is not None:
        return ("summary", "relevance")
    has_form = one.stored.class_name in catalogue._GENERALISERS  # noqa: SLF001 - the catalogue's own table
    return ("value",) if has_form else ()


def _as_far(one: _Shown) -> _Shown:
    if one.level == "summary" and "summary" not in one.texts:
        value = one.texts.pop("value", None)
        said = catalogue.generalised(one.stored.class_name, value) if value is not None else None
        if said is None:
            one.level = "presence"
            one.texts = {}
        else:
            one.texts["summary"] = said
    return one


# --- views ---


def _rows(shown: list[_Shown], names: dict[str, str], in_force: consent.Policy) -> list[tuple[Row, _Shown]]:
    """One row a field above presence; at presence one row for owner, person and class, without count or date."""
    rows = [(_row(one, names), one) for one in shown if one.level != "presence"]
    said = {(row.owner, who, row.class_name) for row, one in rows for who, _ in one.subjects}
    coarser = {known.name: known.presence_as or known.name for known in in_force.classes}
    lines: dict[tuple[str, str, str], list[_Shown]] = {}
    for one in shown:
        if one.level == "presence":
            name = coarser.get(one.stored.class_name, one.stored.class_name)
            for who, _ in one.subjects:
                lines.setdefault((one.stored.owner, who, name), []).append(one)
    for (owner, who, name), found in lines.items():
        if (owner, who, name) not in said:
            first = min(found, key=lambda one: _right(one.why))
            row = Row("presence", owner, names.get(owner, owner), who, name, why=first.why, about=(who,))
            rows.append((row, first))
    return sorted(rows, key=lambda pair: _place(pair[0]))


def _right(why: Why) -> tuple[str, ...]:
    return tuple(part or "" for part in (why.rule, why.basis, why.agreement, why.consent, why.override))


def _row(one: _Shown, names: dict[str, str]) -> Row:
    own, stored = one.level == "own", one.stored
    in_full = own or one.level == "full"
    text = one.texts["value" if in_full else "summary"]
    roles = list(PersonRole)
    subjects = sorted(one.subjects, key=lambda pair: (roles.index(PersonRole(pair[1])), pair[0]))
    return Row(
        level=one.level,
        owner=stored.owner,
        owner_name=names.get(stored.owner, stored.owner),
        person_id=subjects[0][0],
        class_name=stored.class_name,
        field_id=stored.id,
        text=text,
        relevance=one.texts.get("relevance"),
        source=one.texts.get("source") if in_full else None,
        kind=stored.kind,
        recorded_on=stored.recorded_at.astimezone(clock.LONDON).date()
        if in_full and stored.recorded_at
        else None,
        why=one.why,
        about=tuple(who for who, _ in subjects),
        offered=stored.offered if own else None,
        withheld_reason=one.texts.get("withheld_reason") if own else None,
        record_type=stored.record_type if own else None,
        summary=one.texts.get("summary") if own else None,
    )


def _place(row: Row) -> tuple[object, ...]:
    """Where a row stands: by class, then own agency, then A to Z, then only by what is shown."""
    return (
        catalogue.place(row.class_name),
        row.level != "own",
        row.owner_name,
        row.recorded_on.isoformat() if row.recorded_on else "",
        row.text or "",
        row.field_id or "",
    )


def _view(
    case: Case, people: dict[str, str], rows: list[tuple[Row, _Shown]], purpose: str, at: datetime
) -> CaseView:
    today = at.astimezone(clock.LONDON).date()
    roles = list(PersonRole)
    seen = [
        PersonView(who, role, mine, today)
        for who, role in people.items()
        if (mine := tuple(row for row, _ in rows if row.person_id == who))
    ]
    seen.sort(key=lambda one: (roles.index(PersonRole(one.role)), one.name or "￿", one.person_id))
    return CaseView(case.id, case.reference, purpose, tuple(seen), at)


# --- the event ---


def _log(
    session: Session,
    viewer: Viewer,
    case: Case,
    rows: list[tuple[Row, _Shown]],
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
    """Exactly what was shown of a field: each text on a line of its own; nothing at presence."""
    if row.level == "presence":
        return None
    parts = (row.text, row.relevance, row.source, row.summary, row.withheld_reason)
    return "\n".join(part for part in parts if part is not None).encode("utf-8")
