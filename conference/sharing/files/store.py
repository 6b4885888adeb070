"""Files in the database, in sealed chunks. They come and go in the transaction that speaks of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from conference.cases.models import Field, Record, RecordSubject
from conference.sharing.files.models import Attachment, DocumentCopy, FileChunk
from conference.vault.chunks import OfFile, open_chunks, seal_chunks

Holder = Attachment | DocumentCopy


def original_id(field_id: str) -> str:
    """The file as it came."""
    return f"{field_id}/original"


def layer_id(field_id: str) -> str:
    """The words of its text layer, with their places."""
    return f"{field_id}/layer"


def page_id(of: str, page: int) -> str:
    """The picture of a page: of a file by its field's id, of a copy by its own."""
    return f"{of}/page/{page}"


def copy_id(copy: str) -> str:
    """A redacted copy, whole."""
    return f"{copy}/copy"


def put(session: Session, holder: Holder, file_id: str, content: bytes, subjects: Iterable[str]) -> None:
    """Keep a file, in place of one of the same id."""
    drop(session, [file_id])
    of = OfFile(file_id, holder.partnership_id, holder.owner)
    for number, sealed in enumerate(seal_chunks(session, content, of, subjects=subjects)):
        session.add(
            FileChunk(
                partnership_id=holder.partnership_id,
                file_id=file_id,
                number=number,
                field_id=holder.field_id,
                case_id=holder.case_id,
                owner=holder.owner,
                sealed=sealed,
            )
        )
    session.flush()


def get(session: Session, holder: Holder, file_id: str) -> bytes:
    """What was kept. Two queries. Raises SealBroken, KeyGone."""
    query = select(FileChunk.sealed).where(FileChunk.file_id == file_id).order_by(FileChunk.number)
    of = OfFile(file_id, holder.partnership_id, holder.owner)
    return open_chunks(session, session.scalars(query).all(), of)


def drop(session: Session, files: Sequence[str]) -> None:
    """Let files go."""
    session.execute(delete(FileChunk).where(FileChunk.file_id.in_(files)))


def drop_copy(session: Session, copy: DocumentCopy) -> None:
    """Let a redacted copy go, with its pages."""
    drop(session, [copy_id(copy.id), *(page_id(copy.id, page + 1) for page in range(copy.pages))])
    session.delete(copy)
    session.flush()


def subjects_of(session: Session, field_id: str) -> list[str]:
    """Whom a document is about."""
    query = (
        select(RecordSubject.person_id)
        .join(Field, Field.record_id == RecordSubject.record_id)
        .where(Field.id == field_id)
    )
    return sorted(session.scalars(query))


def reseal(session: Session, holder: Holder, file_id: str) -> None:
    """Seal a file again, under the data key that is current now."""
    subjects = subjects_of(session, holder.field_id)
    put(session, holder, file_id, get(session, holder, file_id), subjects)


def forget_person(session: Session, person_id: str) -> None:
    """Drop the documents that are about this person alone, with their files and copies.

    Those about several people stay, and open for nobody once the person's key is destroyed.
    """
    theirs = select(RecordSubject.record_id).where(RecordSubject.person_id == person_id)
    others = select(RecordSubject.record_id).where(RecordSubject.person_id != person_id)
    query = (
        select(Attachment.field_id)
        .join(Field, Field.id == Attachment.field_id)
        .join(Record, Record.id == Field.record_id)
        .where(Record.id.in_(theirs), Record.id.not_in(others))
    )
    forget_documents(session, session.scalars(query).all())


def forget_documents(session: Session, fields: Sequence[str]) -> None:
    """Drop all that belongs to the documents of these fields. The fields themselves stay."""
    for model in (FileChunk, DocumentCopy, Attachment):
        session.execute(delete(model).where(model.field_id.in_(fields)))
