"""Take away what records said, with everything that hangs on them. Nothing here asks who agreed.

A field's row stays as an empty shell: an action, an override, a text of the conference may point to it, and
what repeats it is shown to nobody from then on. A table that comes later goes with its field, record or
person, unless it is named here as one that stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Table, delete, select
from sqlalchemy.orm import Session

from conference.cases.finding import keeping
from conference.cases.models import ERASED, Field, FieldKind, Offered, Record, RecordSubject
from conference.cases.records import seal_shell
from conference.db import Base

STAYS = frozenset(
    {
        # these point to the shell, or to a record whose fields are shells
        ("field", "record_id"),
        ("action", "field_id"),
        ("override_request", "field_id"),
        ("field_source", "source_id"),
        # sharing takes these away, and seals anew that there is none
        ("consent", "person_id"),
        ("decision", "person_id"),
        # these name somebody by a random id; what they say of them is sealed with the key that goes
        ("case_person", "person_id"),
        ("consent_unanswered", "person_id"),
        ("person_unsafe", "person_id"),
        ("question", "person_id"),
        # who agreed to what, and what stood against it
        ("erasure", "person_id"),
        ("legal_hold", "person_id"),
        ("erased_person", "person_id"),
    }
)
_GONE = "erased"


@dataclass(frozen=True, slots=True)
class Went:
    """A field that was erased, as the log names it."""

    field_id: str
    owner: str
    class_name: str
    subjects: tuple[str, ...]
    offered: str


def forget_records(session: Session, record_ids: Collection[str]) -> list[Went]:
    """Make records of any owner empty shells about nobody. What they were is given back, for the log."""
    session.flush()
    ids = sorted(set(record_ids))
    records = session.scalars(select(Record).where(Record.id.in_(ids)).order_by(Record.id)).all()
    about = {one.id: tuple(who.person_id for who in one.subjects) for one in records}
    fields = session.scalars(
        select(Field).where(Field.record_id.in_(about), Field.value != ERASED).order_by(Field.id)
    ).all()
    went = [
        Went(one.id, one.owner, one.class_name, about[one.record_id], one.offered.value) for one in fields
    ]
    keeping.forget_fields(session, [one.id for one in fields])
    _let_go_of("field", [one.id for one in fields], session)
    _let_go_of("record", list(about), session)
    for one in fields:
        _empty(one)
    known = {}
    for record in records:
        record.type, record.external_token = _GONE, None
        session.expire(record, ["subjects"])
        known[record.id] = record
    for one in fields:
        one.record = known[one.record_id]
        seal_shell(session, one)
    session.flush()
    return went


def forget_person(session: Session, person_id: str) -> list[Went]:
    """The same for every record about somebody, also with others, and for all that could find them."""
    went = forget_records(session, records_about(session, person_id))
    keeping.forget_person(session, person_id)
    _let_go_of("person", [person_id], session)
    return went


def records_about(session: Session, person_id: str, *, owner: str | None = None) -> list[str]:
    """Ids of the records that still say something about somebody, alone or with others."""
    query = (
        select(Record.id)
        .join(RecordSubject, RecordSubject.record_id == Record.id)
        .where(RecordSubject.person_id == person_id)
        .order_by(Record.id)
    )
    return list(session.scalars(query if owner is None else query.where(Record.owner == owner)))


def tombstone(record_id: str) -> str:
    """The name of a key that never was, destroyed when a record was erased: no backup of the data has it."""
    return f"record/{record_id}"


def pointing_at(table: str) -> Iterable[tuple[Table, Column[object]]]:
    """Every table and column with a foreign key to the id of `table`."""
    for other in Base.metadata.sorted_tables:
        for key in sorted(other.foreign_keys, key=lambda one: one.parent.name):
            if key.column.table.name == table:
                yield other, key.parent


def _let_go_of(table: str, ids: Collection[str], session: Session) -> None:
    for other, column in reversed(list(pointing_at(table))):
        if (other.name, column.name) not in STAYS:
            _delete(session, other, column.in_(ids))


def _delete(session: Session, table: Table, where: ColumnElement[bool]) -> None:
    """Delete rows, and before them the rows of other tables that point to them."""
    for other, column in pointing_at(table.name):
        (key,) = column.foreign_keys
        _delete(session, other, column.in_(select(key.column).where(where)))
    session.execute(delete(table).where(where), execution_options={"synchronize_session": False})


def _empty(field: Field) -> None:
    field.value, field.class_name = ERASED, _GONE
    field.summary = field.source = field.relevance = field.withheld_reason = field.external_token = None
    field.offered, field.kind, field.recorded_at = Offered.NONE, FieldKind.FACT, None
