"""What happens to records and fields: added, corrected, offered, taken back. Sealed here, never opened."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference import inputs
from conference.cases.finding import keeping
from conference.cases.models import (
    CONFERENCE,
    ERASED,
    Case,
    Field,
    FieldAudience,
    FieldKind,
    FieldSource,
    FieldVersion,
    Offered,
    Record,
    RecordSubject,
    Relation,
)
from conference.cases.seals import field_parts, place_of
from conference.cases.services import LONGEST_TEXT, By, checked_text, people_in, visible_case
from conference.errors import BadInput, NotFound
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.trail import writing
from conference.vault.dark import dark_among, must_give
from conference.vault.rows import check_row, row_seal
from conference.vault.seal import seal


def add_record(
    session: Session,
    *,
    case_id: str,
    agency_id: str,
    type: str,  # noqa: A002 - the field's own word
    about: Sequence[str],
    by: str,
    at: datetime,
    external_id: str | None = None,
) -> Record:
    """A record in an agency's own workspace.

    about: ids of people in the case, at least one.
    external_id: the record's name in the agency's own system; only a keyed token of it is kept.
    Raises BadInput if nobody or somebody outside the case is named; KeyHeldBack.
    """
    case = session.get_one(Case, case_id)
    must_give(session, case.partnership_id, agency_id)
    known = {who for who, _ in people_in(session, case)}
    if not about or not set(about) <= known:
        raise BadInput("Choose whom this is about.", "about")
    record = Record(
        id=new_id("rec"),
        partnership_id=case.partnership_id,
        case_id=case_id,
        owner=agency_id,
        type=type,
        made_at=at,
        made_by=by,
        external_token=external_token(session, case, agency_id, external_id),
    )
    record.subjects = [
        RecordSubject(partnership_id=case.partnership_id, person_id=person) for person in sorted(set(about))
    ]
    session.add(record)
    session.flush()
    return record


def add_field(
    session: Session,
    record: Record,
    *,
    class_name: str,
    value: str,
    kind: FieldKind | str = FieldKind.FACT,
    source: str | None = None,
    summary: str | None = None,
    relevance: str | None = None,
    recorded_at: datetime | None,
    by: str,
    at: datetime,
    external_id: str | None = None,
    offered: Offered = Offered.NONE,
    acting_agency: str | None = None,
) -> Field:
    """A new field of a record, sealed and (unless the conference writes it) not offered.

    acting_agency: whose member of staff does this, where that is not the owner.
    Raises BadInput if the value is empty or too long.
    """
    must_give(session, record.partnership_id, record.owner)
    value = checked_text(value, "value", "Enter what you want to record.")
    field = Field(
        id=new_id("fld"),
        partnership_id=record.partnership_id,
        record_id=record.id,
        case_id=record.case_id,
        owner=record.owner,
        class_name=class_name,
        kind=FieldKind(kind),
        offered=offered,
        recorded_at=recorded_at,
        made_at=at,
        made_by=by,
        version=1,
        withheld_number=0,
    )
    field.record = record
    field.value = _seal(session, field, "value", value)
    field.summary = _seal_or_none(session, field, "summary", summary)
    field.source = _seal_or_none(session, field, "source", source)
    field.relevance = _seal_or_none(session, field, "relevance", relevance)
    if external_id is not None:
        case = session.get_one(Case, record.case_id)
        field.external_token = external_token(session, case, record.owner, external_id)
    _seal_row(session, field, _Bound())
    session.add(field)
    session.flush()
    _log_field(session, "record.added", field, by, agency_id=acting_agency)
    _remember_identity(session, record, field, value)
    return field


def correct_field(
    session: Session,
    field: Field,
    *,
    value: str,
    summary: str | None = None,
    source: str | None = None,
    kind: FieldKind | str | None = None,
    relevance: str | None = None,
    recorded_at: datetime | None,
    by: str,
    at: datetime,
    acting_agency: str | None = None,
    then_offered: Offered | None = None,
) -> Field:
    """Replace what a field says. The old value stays, sealed; how far it is offered stays too.

    then_offered: how far it will be offered in the same transaction, where that changes.
    A field offered as a summary keeps needing one: without, BadInput.   Raises KeyHeldBack.
    """
    must_give(session, field.partnership_id, field.owner)
    value = checked_text(value, "value", "Enter what you want to record.")
    if (then_offered or field.offered) is Offered.SUMMARY and not (summary or "").strip():
        raise BadInput("Write the summary, or choose another level.", "summary")
    record = session.get_one(Record, field.record_id)
    field.record = record
    bound = _checked_row(session, field)
    session.add(
        FieldVersion(
            partnership_id=field.partnership_id,
            field_id=field.id,
            version=field.version,
            value=field.value,
            summary=field.summary,
            source=field.source,
            recorded_at=field.recorded_at,
            replaced_at=at,
            replaced_by=by,
        )
    )
    field.version += 1
    field.value = _seal(session, field, "value", value)
    field.summary = _seal_or_none(session, field, "summary", summary)
    field.source = _seal_or_none(session, field, "source", source)
    field.relevance = _seal_or_none(session, field, "relevance", relevance)
    field.kind = FieldKind(kind) if kind is not None else field.kind
    field.recorded_at = recorded_at
    _seal_row(session, field, bound)
    session.flush()
    _log_field(session, "record.corrected", field, by, agency_id=acting_agency)
    keeping.forget_fields(session, [field.id])
    _remember_identity(session, record, field, value)
    return field


def set_offer(
    session: Session,
    field: Field,
    level: Offered,
    *,
    by: By,
    withheld_reason: str | None = None,
) -> None:
    """Put a field on the table as far as `level`, or take it back with `none`.

    Raises BadInput if a summary is to be offered and none is written.
    """
    if field.owner != by.agency_id:
        raise NotFound
    if level is Offered.SUMMARY and field.summary is None:
        raise BadInput("Write the summary, or choose another level.", "summary")
    field.record = session.get_one(Record, field.record_id)
    bound = _checked_row(session, field)
    before, field.offered = field.offered, level
    field.withheld_number += 1
    field.withheld_reason = _seal_or_none(session, field, "withheld_reason", withheld_reason)
    _seal_row(session, field, bound)
    session.flush()
    if before is not level:
        name = "offer.withdrawn" if level is Offered.NONE else "offer.changed"
        _log_field(session, name, field, by.staff_id, agency_id=by.agency_id)


def add_relation(
    session: Session,
    case: Case,
    person_id: str,
    other_id: str,
    *,
    value: str,
    agency_id: str,
    by: str,
    at: datetime,
) -> Field:
    """What two people are to each other, in `agency_id`'s words: a field about both of them."""
    record = add_record(
        session,
        case_id=case.id,
        agency_id=agency_id,
        type="Relation",
        about=[person_id, other_id],
        by=by,
        at=at,
    )
    field = add_field(session, record, class_name="family", value=value, recorded_at=at, by=by, at=at)
    session.add(
        Relation(
            partnership_id=case.partnership_id,
            field_id=field.id,
            case_id=case.id,
            person_id=person_id,
            other_id=other_id,
        )
    )
    session.flush()
    return field


def write_for_conference(
    session: Session,
    case: Case,
    *,
    class_name: str,
    value: str,
    about: Sequence[str],
    sources: Iterable[str],
    audience: Iterable[str],
    by: By,
    at: datetime,
    level: Offered = Offered.FULL,
) -> Field:
    """What the conference itself writes: a note, a risk summary, an action.

    sources:  ids of fields that the text repeats; it then gets the least of their levels.
    audience: ids of staff who were in the room; they alone see a text without sources.
    """
    record = add_record(
        session, case_id=case.id, agency_id=CONFERENCE, type="Conference", about=about, by=by.staff_id, at=at
    )
    field = add_field(
        session,
        record,
        class_name=class_name,
        value=value,
        recorded_at=at,
        by=by.staff_id,
        at=at,
        offered=level,
        acting_agency=by.agency_id,
    )
    bound = _Bound(sorted(set(sources)), sorted(set(audience)))
    for source_id in bound.sources:
        session.add(FieldSource(partnership_id=case.partnership_id, field_id=field.id, source_id=source_id))
    for staff_id in bound.audience:
        session.add(FieldAudience(partnership_id=case.partnership_id, field_id=field.id, staff_id=staff_id))
    _seal_row(session, field, bound)
    session.flush()
    return field


def own_field(
    session: Session, viewer: Viewer, field_id: str, *, at: datetime, even_dark: bool = False
) -> Field:
    """A field of the viewer's own agency, in a case that they may open. Raises NotFound, ReasonNeeded.

    even_dark: also while the agency does not give its key; never to be opened.
    """
    field = session.get(Field, field_id)
    if field is None or field.owner != viewer.agency_id or field.value == ERASED:
        raise NotFound
    if not even_dark and dark_among(session, field.partnership_id, [field.owner]):
        raise NotFound
    visible_case(session, viewer, field.case_id, at=at)
    return field


def find_record(session: Session, case_id: str, agency_id: str, external_id: str) -> Record | None:
    """The agency's record that came in under this name."""
    case = session.get_one(Case, case_id)
    token = external_token(session, case, agency_id, external_id)
    return session.scalar(
        select(Record).where(
            Record.case_id == case_id, Record.owner == agency_id, Record.external_token == token
        )
    )


def fields_of(session: Session, record: Record) -> list[Field]:
    """The record's fields, oldest first."""
    return list(
        session.scalars(select(Field).where(Field.record_id == record.id).order_by(Field.made_at, Field.id))
    )


def external_token(session: Session, case: Case, agency_id: str, external_id: str | None) -> bytes | None:
    """A keyed token of a name in an agency's own system; the name itself may say who somebody is."""
    if external_id is None:
        return None
    key = session.info["keys"].key_or_new(f"index/{case.partnership_id}/external/1")
    text = "\x1f".join((case.id, agency_id, external_id))
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest()[:16]


# --- the keyed index ---


def _remember_identity(session: Session, record: Record, field: Field, value: str) -> None:
    """Let the person be found by what is recorded, and by it with what this session recorded before."""
    holder = keeping.holder_of(record)
    if holder is None or field.class_name not in keeping.FOUND_BY:
        return
    keeping.remember(session, holder, field.id, field.class_name, value)
    if field.class_name not in {*keeping.NAMES, keeping.BORN}:
        return
    known: dict[str, dict[str, str]] = session.info.setdefault("identities", {}).setdefault(
        holder, {"names": {}, "births": {}}
    )
    if field.class_name == keeping.BORN:
        known["births"][field.id] = value
        pairs = [(name, (field.id, value)) for name in known["names"].items()]
    else:
        known["names"][field.id] = value
        pairs = [((field.id, value), born) for born in known["births"].items()]
    for name, born in pairs:
        keeping.remember_pair(session, holder, name, born)


# --- small parts ---


def _seal(session: Session, field: Field, column: str, text: str) -> bytes:
    subjects = [subject.person_id for subject in field.record.subjects]
    place = place_of(field.id, column, field.version, field.withheld_number)
    return seal(
        session, text, partnership=field.partnership_id, owner=field.owner, subjects=subjects, place=place
    )


def _seal_or_none(session: Session, field: Field, column: str, text: str | None) -> bytes | None:
    text = (text or "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"Use {LONGEST_TEXT:,} characters or fewer.", column)
    return _seal(session, field, column, text) if text else None


class _Bound(NamedTuple):
    """What a text of the conference was bound to when it was written."""

    sources: Sequence[str] = ()
    audience: Sequence[str] = ()


def _checked_row(session: Session, field: Field) -> _Bound:
    """What the field is bound to. Raises RowBroken: what somebody else wrote is not sealed again."""
    sources = session.scalars(select(FieldSource.source_id).where(FieldSource.field_id == field.id)).all()
    audience = session.scalars(select(FieldAudience.staff_id).where(FieldAudience.field_id == field.id)).all()
    bound = _Bound(sources, audience)
    keys = session.info["keys"]
    check_row(keys, field.partnership_id, "field", field.id, _row_parts(field, bound), field.row_seal)
    return bound


def _seal_row(session: Session, field: Field, bound: _Bound) -> None:
    keys = session.info["keys"]
    field.row_seal = row_seal(keys, field.partnership_id, "field", _row_parts(field, bound))


def seal_shell(session: Session, field: Field) -> None:
    """Seal the row of a field that was erased: bound to nothing, its record about nobody."""
    _seal_row(session, field, _Bound())


def _row_parts(field: Field, bound: _Bound) -> tuple[str | None, ...]:
    """`field.record` must be there."""
    return field_parts(
        field_id=field.id,
        record_id=field.record_id,
        case_id=field.case_id,
        owner=field.owner,
        class_name=field.class_name,
        offered=field.offered.value,
        kind=field.kind.value,
        version=field.version,
        recorded_at=field.recorded_at,
        has_summary=field.summary is not None,
        subjects=[subject.person_id for subject in field.record.subjects],
        sources=bound.sources,
        audience=bound.audience,
        withheld_number=field.withheld_number,
    )


def _log_field(session: Session, name: str, field: Field, by: str, *, agency_id: str | None) -> None:
    subjects = tuple(subject.person_id for subject in field.record.subjects)
    item = writing.item(
        field=field.id,
        owner=field.owner,
        subjects=subjects,
        class_name=field.class_name,
        level=field.offered.value,
    )
    writing.record(
        session,
        name,
        partnership=field.partnership_id,
        actor=by,
        agency=agency_id or field.owner,
        case=field.case_id,
        items=(item,),
    )
    inputs.moved(session, field.partnership_id)
