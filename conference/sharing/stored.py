"""What is stored about some cases, unopened: loaded in a fixed number of queries, whatever there is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.forgetting import tombstone
from conference.cases.models import (
    CONFERENCE,
    CasePerson,
    Field,
    FieldAudience,
    FieldSource,
    Record,
    RecordSubject,
)
from conference.cases.seals import field_parts
from conference.cases.services import exclusions_of
from conference.identity.models import Agency
from conference.identity.services import Viewer
from conference.vault.dark import dark_among
from conference.vault.rows import check_row

CONFERENCE_NAME = "The conference"
_SHELL = "erased"  # the class of what `cases.forgetting` leaves


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
class Stored:
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
    version: int
    has_summary: bool
    row_seal: bytes | None
    withheld_number: int
    subjects: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    for_viewer: bool = False


def people_of(session: Session, case_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    rows = session.scalars(select(CasePerson).where(CasePerson.case_id.in_(case_ids))).all()
    out: dict[str, dict[str, str]] = {case_id: {} for case_id in case_ids}
    for row in rows:
        out[row.case_id][row.person_id] = row.role.value
    return out


def stored_fields(
    session: Session, viewer: Viewer, case_ids: Sequence[str], asked: Asked, *, even_dark: bool = False
) -> list[Stored]:
    """What is stored of these cases. even_dark: also of who does not give their key, never to be opened."""
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
            Field.version,
            Field.summary.is_not(None),
            Field.row_seal,
            Field.withheld_number,
        )
        .join(Record, Record.id == Field.record_id)
        .where(
            Field.case_id.in_(case_ids),
            Field.partnership_id == viewer.partnership_id,
        )
        .order_by(Field.id)
    )
    fields = [Stored(*tuple(row)) for row in session.execute(query)]
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
    audience = _pairs(
        session,
        select(FieldAudience.field_id, FieldAudience.staff_id)
        .join(Field, Field.id == FieldAudience.field_id)
        .where(Field.case_id.in_(case_ids)),
    )
    for one in fields:
        one.subjects = subjects.get(one.record_id, ())
        one.sources = sources.get(one.id, ())
        one.for_viewer = viewer.staff_id in audience.get(one.id, ())
        _check(session, one, audience.get(one.id, ()))
    keys = session.info["keys"]  # what is erased, or not to be opened now, is as if it had never been
    erased = {who for of in subjects.values() for who in of if keys.is_destroyed(f"person/{who}")}
    owners = set() if even_dark else {one.owner for one in fields}
    dark = dark_among(session, viewer.partnership_id, owners)
    gone = {one for one in {of.record_id for of in fields} if keys.is_destroyed(tombstone(one))}
    held = [
        one for one in fields if one.class_name != _SHELL and one.record_id not in gone
    ]  # sealed: no edit
    there = [one for one in held if erased.isdisjoint(one.subjects) and one.owner not in dark]
    return _narrowed(there, asked)


def _check(session: Session, one: Stored, audience: Collection[str]) -> None:
    """Raises RowBroken unless what decisions about a field rest on is as the application wrote it."""
    parts = field_parts(
        field_id=one.id,
        record_id=one.record_id,
        case_id=one.case_id,
        owner=one.owner,
        class_name=one.class_name,
        offered=one.offered,
        kind=one.kind,
        version=one.version,
        recorded_at=one.recorded_at,
        has_summary=one.has_summary,
        subjects=one.subjects,
        sources=one.sources,
        audience=audience,
        withheld_number=one.withheld_number,
    )
    check_row(session.info["keys"], one.partnership_id, "field", one.id, parts, one.row_seal)


def _narrowed(fields: list[Stored], asked: Asked) -> list[Stored]:
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
            one.record_type = ONLY_DECIDED
    return [one for one in fields if one.id in chosen or one.id in needed]


ONLY_DECIDED = "\x00only decided"


def _pairs(session: Session, query: object) -> dict[str, tuple[str, ...]]:
    out: dict[str, list[str]] = {}
    for key, value in session.execute(query):  # type: ignore[call-overload]
        out.setdefault(key, []).append(value)
    return {key: tuple(sorted(values)) for key, values in out.items()}


def kept_out_of(session: Session, viewer: Viewer, case_ids: Sequence[str]) -> set[str]:
    return exclusions_of(session, viewer.staff_id).keys() & set(case_ids)


def agencies_of(session: Session, partnership_id: str) -> list[Agency]:
    query = select(Agency).where(Agency.partnership_id == partnership_id).order_by(Agency.name)
    return list(session.scalars(query))


def owner_names(session: Session, partnership_id: str) -> dict[str, str]:
    names = {agency.id: agency.name for agency in agencies_of(session, partnership_id)}
    return {**names, CONFERENCE: CONFERENCE_NAME}
