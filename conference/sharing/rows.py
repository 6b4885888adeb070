"""Rows and views, made of what was opened and of nothing else."""

from __future__ import annotations

from datetime import datetime

import consent
from conference import clock
from conference.cases.models import Case, PersonRole
from conference.sharing import catalogue
from conference.sharing.opening import Shown
from conference.sharing.view import CaseView, PersonView, Row, Why


def rows_of(shown: list[Shown], names: dict[str, str], in_force: consent.Policy) -> list[tuple[Row, Shown]]:
    """One row a field above presence; at presence one for owner, person and class, without count or date."""
    rows = [(_row(one, names), one) for one in shown if one.level != "presence"]
    said = {(row.owner, who, row.class_name) for row, one in rows for who, _ in one.subjects}
    coarser = {known.name: known.presence_as or known.name for known in in_force.classes}
    lines: dict[tuple[str, str, str], list[Shown]] = {}
    for one in shown:
        if one.level == "presence":
            name = coarser.get(one.stored.class_name, one.stored.class_name)
            for who, _ in one.subjects:
                lines.setdefault((one.stored.owner, who, name), []).append(one)
    for (owner, who, name), found in lines.items():
        if not _is_said(said, owner, who, name):
            first = min(found, key=lambda one: _right(one.why))
            is_coarser = any(one.stored.class_name != name for one in found)
            why = _without_class(first.why) if is_coarser else first.why
            row = Row("presence", owner, names.get(owner, owner), who, name, why=why, about=(who,))
            rows.append((row, first))
    return sorted(rows, key=lambda pair: _place(pair[0]))


def _is_said(said: set[tuple[str, str, str]], owner: str, who: str, name: str) -> bool:
    """Whether a line above presence tells already that the owner holds something of this class."""
    return any(
        (owner, who) == (known_owner, known_who) and (known == name or known.startswith(f"{name}."))
        for known_owner, known_who, known in said
    )


def _without_class(why: Why) -> Why:
    """The right, without what would name the finer class: a rule or a consent is often for one class."""
    return Why(basis=why.basis, agreement=why.agreement)


def _right(why: Why) -> tuple[str, ...]:
    return tuple(part or "" for part in (why.rule, why.basis, why.agreement, why.consent, why.override))


def _row(one: Shown, names: dict[str, str]) -> Row:
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
        has_document=one.has_document,
        document=one.document,
        case_id=stored.case_id,
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


def view_of(
    case: Case, people: dict[str, str], rows: list[tuple[Row, Shown]], purpose: str, at: datetime
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
