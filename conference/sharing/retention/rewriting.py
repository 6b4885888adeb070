"""Before one of several people is erased, the owner writes what stays about the others, or lets it go."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import records
from conference.cases.models import Case, Field, Record
from conference.errors import BadInput, NotFound
from conference.identity.services import Viewer
from conference.sharing.retention.models import Rewriting, Word
from conference.sharing.view import Row
from conference.trail import writing


def settled(session: Session, viewer: Viewer) -> dict[str, Word]:
    """What was settled about the agency's own fields of several people, by field."""
    rows = session.scalars(select(Rewriting).where(Rewriting.agency_id == viewer.agency_id))
    return {row.field_id: Word(row.word) for row in rows}


def write_what_stays(
    session: Session,
    viewer: Viewer,
    case: Case,
    line: Row,
    *,
    text: str,
    about: Collection[str],
    at: datetime,
) -> Field:
    """A new field about some of those whom `line` is about, not offered. The old one stays until it goes.

    line: the agency's own, shown by the door.   about: who stays. Raises BadInput with what to do.
    """
    field = _own(session, viewer, line)
    stay = set(about)
    if not stay or not stay < set(line.about):
        raise BadInput("Choose who this is still about: not everybody it was about before.", "about")
    record = records.add_record(
        session,
        case_id=case.id,
        agency_id=viewer.agency_id,
        type=session.get_one(Record, field.record_id).type,
        about=sorted(stay),
        by=viewer.staff_id,
        at=at,
    )
    made = records.add_field(
        session,
        record,
        class_name=field.class_name,
        value=text,
        kind=field.kind,
        recorded_at=field.recorded_at,
        by=viewer.staff_id,
        at=at,
    )
    _settle(session, viewer, field, line, Word.REWRITTEN, at=at)
    return made


def let_go(session: Session, viewer: Viewer, line: Row, *, at: datetime) -> None:
    """Say that nothing of it need stay about the others."""
    _settle(session, viewer, _own(session, viewer, line), line, Word.NOTHING_STAYS, at=at)


def _own(session: Session, viewer: Viewer, line: Row) -> Field:
    field = session.get(Field, line.field_id) if line.level == "own" else None
    if field is None or field.owner != viewer.agency_id or len(line.about) < 2:
        raise NotFound
    return field


def _settle(session: Session, viewer: Viewer, field: Field, line: Row, word: Word, *, at: datetime) -> None:
    row = session.get(Rewriting, field.id)
    if row is None:
        row = Rewriting(partnership_id=field.partnership_id, field_id=field.id, agency_id=viewer.agency_id)
        session.add(row)
    row.word, row.at, row.by = word.value, at, viewer.staff_id
    session.flush()
    writing.record(
        session,
        "record.rewritten",
        partnership=field.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=field.case_id,
        mark=word.value,
        items=[
            writing.item(
                field=field.id,
                owner=field.owner,
                subjects=line.about,
                class_name=field.class_name,
                level=field.offered.value,
            )
        ],
    )
