"""Before one of several people is erased, the owner writes what stays about the others, or lets it go."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import records
from conference.cases.models import CONFERENCE, Case, Field, FieldAudience, FieldSource, Record, RecordSubject
from conference.cases.services import By
from conference.errors import BadInput, NotFound
from conference.identity.services import Viewer
from conference.permissions import Permission
from conference.sharing.retention.models import Rewriting, Word
from conference.sharing.view import Row
from conference.trail import writing


def settled(session: Session, viewer: Viewer) -> dict[str, Word]:
    """What was settled about the agency's own fields of several people, and the conference's, by field."""
    owners = [viewer.agency_id, CONFERENCE]
    rows = session.scalars(select(Rewriting).where(Rewriting.agency_id.in_(owners)))
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

    line: the agency's own, or for whoever chairs the conference's, shown by the door.   about: who stays.
    Raises BadInput with what to do.
    """
    field = _own(session, viewer, line)
    stay = set(about)
    if not stay or not stay < set(line.about):
        raise BadInput("Choose who this is still about: not everybody it was about before.", "about")
    if field.owner == CONFERENCE:
        made = _of_the_conference(session, viewer, case, field, text, stay, at=at)
    else:
        made = _of_ours(session, viewer, case, field, text, stay, at=at)
    _settle(session, viewer, field, line, Word.REWRITTEN, at=at)
    return made


def _of_ours(
    session: Session, viewer: Viewer, case: Case, field: Field, text: str, stay: set[str], *, at: datetime
) -> Field:
    record = records.add_record(
        session,
        case_id=case.id,
        agency_id=viewer.agency_id,
        type=session.get_one(Record, field.record_id).type,
        about=sorted(stay),
        by=viewer.staff_id,
        at=at,
    )
    return records.add_field(
        session,
        record,
        class_name=field.class_name,
        value=text,
        kind=field.kind,
        recorded_at=field.recorded_at,
        by=viewer.staff_id,
        at=at,
    )


def _of_the_conference(
    session: Session, viewer: Viewer, case: Case, field: Field, text: str, stay: set[str], *, at: datetime
) -> Field:
    """For the same readers; it names those of the sources that are about none but those who stay."""
    sources = session.execute(
        select(FieldSource.source_id, RecordSubject.person_id)
        .join(Field, Field.id == FieldSource.source_id)
        .join(RecordSubject, RecordSubject.record_id == Field.record_id)
        .where(FieldSource.field_id == field.id)
    ).all()
    about_others = {source for source, who in sources if who not in stay}
    readers = select(FieldAudience.staff_id).where(FieldAudience.field_id == field.id)
    return records.write_for_conference(
        session,
        case,
        class_name=field.class_name,
        value=text,
        about=sorted(stay),
        sources={source for source, _ in sources} - about_others,
        audience=session.scalars(readers).all(),
        by=By.viewer(viewer),
        at=at,
        level=field.offered,
    )


def let_go(session: Session, viewer: Viewer, line: Row, *, at: datetime) -> None:
    """Say that nothing of it need stay about the others."""
    _settle(session, viewer, _own(session, viewer, line), line, Word.NOTHING_STAYS, at=at)


def _own(session: Session, viewer: Viewer, line: Row) -> Field:
    chairs = line.owner == CONFERENCE and viewer.may(Permission.MEETING_CHAIR)
    is_theirs = line.level == "own" or (chairs and line.level == "full")
    field = session.get(Field, line.field_id) if is_theirs else None
    owner = CONFERENCE if chairs else viewer.agency_id
    if field is None or field.owner != owner or len(line.about) < 2:
        raise NotFound
    return field


def _settle(session: Session, viewer: Viewer, field: Field, line: Row, word: Word, *, at: datetime) -> None:
    row = session.get(Rewriting, field.id)
    if row is None:
        row = Rewriting(partnership_id=field.partnership_id, field_id=field.id, agency_id=field.owner)
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
