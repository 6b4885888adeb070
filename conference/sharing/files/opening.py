"""Open a part of a document, for the door: it has decided how far, here is only done what that allows."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.errors import NotFound
from conference.files.kinds import Media, picture_of
from conference.sharing.files import store
from conference.sharing.files.document import MARKS_ALONE, Document, Marks, Part
from conference.sharing.files.models import Attachment, DocumentCopy, State
from conference.vault.errors import SealBroken
from conference.vault.place import Place
from conference.vault.unseal import Sealed, open_all


def with_copies(session: Session, fields: Collection[str]) -> frozenset[str]:
    """Which of these fields have a copy that others may be shown. One query, and none for no fields."""
    if not fields:
        return frozenset()
    rows = session.scalars(select(Attachment).where(Attachment.field_id.in_(fields)))
    return frozenset(row.field_id for row in rows if row.copy_id is not None)


def open_part(session: Session, field_id: str, part: Part, *, is_own: bool) -> Document:
    """A part of the document of a field that is shown: for its own agency any, for others the chosen copy.

    Raises NotFound where there is no such part; SealBroken, KeyGone.
    """
    attachment = session.get(Attachment, field_id)
    if attachment is None:
        raise NotFound
    if part.is_copy:
        return _of_copy(session, attachment, part, is_own=is_own)
    if not is_own or attachment.state != State.READY.value:
        raise NotFound
    return _of_original(session, attachment, part)


def _of_original(session: Session, attachment: Attachment, part: Part) -> Document:
    marks = marks_of(session, attachment)
    if part.page == MARKS_ALONE:
        return Document(b"", "", attachment.pages, marks=marks)
    if part.page is None:
        content = store.get(session, attachment, store.original_id(attachment.field_id))
        return Document(content, Media(attachment.media).mime, attachment.pages)
    if not 1 <= part.page <= attachment.pages:
        raise NotFound
    content = store.get(session, attachment, store.page_id(attachment.field_id, part.page))
    return Document(content, _mime(content), attachment.pages, marks=marks)


def _of_copy(session: Session, attachment: Attachment, part: Part, *, is_own: bool) -> Document:
    wanted = part.copy_id if is_own and part.copy_id is not None else attachment.copy_id
    copy = session.get(DocumentCopy, wanted) if wanted is not None else None
    if copy is None or copy.field_id != attachment.field_id or copy.state != State.READY.value:
        raise NotFound
    if part.page is None:
        return Document(store.get(session, copy, store.copy_id(copy.id)), Media.PDF.mime, copy.pages)
    if not 1 <= part.page <= copy.pages:
        raise NotFound
    content = store.get(session, copy, store.page_id(copy.id, part.page))
    place = Place("document_copy", copy.id, "words")
    said = _opened(session, copy, place, copy.words)
    if said is None:
        raise SealBroken(place, "it is missing")
    return Document(content, _mime(content), copy.pages, json.loads(said)[part.page - 1])


def marks_of(session: Session, attachment: Attachment) -> Marks:
    """What is marked in a document. For its own agency, and for making the copy."""
    place = marks_place(attachment)
    if attachment.marks is None and attachment.marks_number:
        raise SealBroken(place, "it is missing")
    return Marks.of(_opened(session, attachment, place, attachment.marks))


def marks_place(attachment: Attachment) -> Place:
    """Where the marks stand as they are now. What was marked before does not open there."""
    return Place("attachment", attachment.field_id, f"marks/{attachment.marks_number}")


def marks_of_copy(session: Session, copy: DocumentCopy) -> Marks:
    """What was marked when the copy was asked for."""
    return Marks.of(_opened(session, copy, Place("document_copy", copy.id, "marks"), copy.marks))


def _opened(session: Session, holder: store.Holder, place: Place, blob: bytes | None) -> str | None:
    if blob is None:
        return None
    sealed = Sealed(blob, holder.partnership_id, holder.owner, place)
    return open_all(session, [sealed])[0]


def _mime(picture: bytes) -> str:
    found = picture_of(picture)
    if found is None:
        raise NotFound
    return found.mime
