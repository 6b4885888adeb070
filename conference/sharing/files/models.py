"""Documents as stored: a file belongs to a field, and so does a redacted copy; both in sealed chunks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership, SealedBytes
from conference.vault.rows import RowSealed

DOCUMENT = "Document"
"""The type of a record whose field has a file."""


class State(StrEnum):
    """How far the work on a file or a copy is."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"


_WAITS = text("state = 'waiting'")


class Attachment(RowSealed, OfPartnership, Base):
    """A file on an agency's own record: for that agency alone. What others may see of it is its copy.

    What it was called is not kept: names of files name people.
    size:    in bytes.   pages: 0 until it was opened.
    marks:   what is to be removed, as far as it is marked, sealed.
    marks_number: how often it was changed, so that earlier marks do not open in its place, nor none at all.
    fault:   why it was refused.   scanned: whether a virus scanner has seen it.
    copy_id: the redacted copy that others may be shown, as far as the field is offered.
    busy_until, tries: of whoever works on it.
    """

    __tablename__ = "attachment"
    SEALED = (
        *("field_id", "case_id", "owner", "media", "size", "state", "fault", "pages", "scanned", "copy_id"),
        "marks_number",
        *("made_at", "made_by"),
    )
    __table_args__ = (Index("ix_attachment_waiting", "state", sqlite_where=_WAITS, postgresql_where=_WAITS),)

    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    owner: Mapped[str]
    media: Mapped[str]
    size: Mapped[int]
    state: Mapped[str] = mapped_column(default=State.WAITING.value)
    fault: Mapped[str | None]
    pages: Mapped[int] = mapped_column(default=0)
    scanned: Mapped[bool] = mapped_column(default=False)
    copy_id: Mapped[str | None]
    marks: Mapped[bytes | None] = mapped_column(LargeBinary)
    marks_number: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    busy_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)


class DocumentCopy(RowSealed, OfPartnership, Base):
    """A redacted copy, made from the marks as they were when it was asked for.

    words: what a machine reads on each page of it, sealed.   fault_page: where a word was left.
    """

    __tablename__ = "document_copy"
    SEALED = (
        *("id", "field_id", "case_id", "owner", "state", "fault", "fault_page", "pages"),
        *("made_at", "made_by"),
    )
    __table_args__ = (
        Index("ix_document_copy_waiting", "state", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"), index=True)
    owner: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.WAITING.value)
    fault: Mapped[str | None]
    fault_page: Mapped[int | None]
    pages: Mapped[int] = mapped_column(default=0)
    marks: Mapped[SealedBytes]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    busy_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)


class FileChunk(OfPartnership, Base):
    """A piece of a file, sealed for its place in it. Who it belongs to is what its field says."""

    __tablename__ = "file_chunk"

    file_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field_id: Mapped[str] = mapped_column(ForeignKey("field.id"), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case.id"))
    owner: Mapped[str]
    sealed: Mapped[SealedBytes]
