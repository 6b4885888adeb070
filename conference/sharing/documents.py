"""What an agency does with documents on its own records, and how others are shown the copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import records
from conference.cases.models import Case, Field
from conference.errors import BadInput, Conflict, NotFound
from conference.files.faults import Fault, Unfit
from conference.files.kinds import Media, media_of
from conference.files.tokens import folded
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.sharing import research
from conference.sharing.door import Asked, disclose
from conference.sharing.files import store
from conference.sharing.files.document import (
    LONGEST_WORD,
    MARKS_ALONE,
    MOST_REGIONS,
    MOST_WORDS,
    Marks,
    Part,
    Region,
    box_of,
)
from conference.sharing.files.models import DOCUMENT, Attachment, DocumentCopy, State
from conference.sharing.files.opening import marks_of, marks_place
from conference.sharing.research import Typed
from conference.sharing.view import CaseView, Row
from conference.vault.seal import Place, seal

SMALLEST = 20  # parts of WHOLE: a corner chosen twice is no place


def add_document(
    session: Session,
    viewer: Viewer,
    case: Case,
    typed: Typed,
    content: bytes,
    *,
    about: Sequence[str],
    at: datetime,
) -> Field:
    """A document on a new record of the viewer's agency: its title is the field's value. Not offered.

    Raises BadInput with what to do.
    """
    try:
        media = media_of(content)
    except Unfit as unfit:
        raise BadInput(unfit.fault.words, "file") from None
    field = research.add(session, viewer, case, typed, about=about, at=at, record_type=DOCUMENT)
    attachment = Attachment(
        partnership_id=case.partnership_id,
        field_id=field.id,
        case_id=case.id,
        owner=field.owner,
        media=media.value,
        size=len(content),
        made_at=at,
        made_by=viewer.staff_id,
    )
    session.add(attachment)
    session.flush()
    store.put(session, attachment, store.original_id(field.id), content, about)
    return field


# --- what its own agency sees ---


@dataclass(frozen=True, slots=True)
class CopyState:
    """A redacted copy, as its own agency is told of it."""

    id: str
    state: State
    fault: str | None
    fault_page: int | None
    pages: int
    made_at: datetime
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A document as its own agency sees it. fault: why it was refused, in words."""

    view: CaseView
    row: Row
    media: Media
    kilobytes: int
    state: State
    fault: str | None
    pages: int
    scanned: bool
    copies: tuple[CopyState, ...]

    @property
    def marks(self) -> Marks:
        """What is to be removed, as far as it is marked."""
        return self.row.document.marks if self.row.document is not None else Marks()

    @property
    def chosen(self) -> CopyState | None:
        """The copy that others may be shown."""
        return next((copy for copy in self.copies if copy.is_chosen), None)

    @property
    def newest(self) -> CopyState | None:
        """The copy that was asked for last, where it is not the chosen one."""
        return self.copies[0] if self.copies and not self.copies[0].is_chosen else None


def own_document(
    session: Session,
    viewer: Viewer,
    case: Case,
    field_id: str,
    part: Part | None = None,
    channel: str = "screen",
) -> OwnDocument:
    """A document of the viewer's own agency, with a part of it; without one, with what is marked. Logged.

    Raises NotFound.
    """
    attachment = _own(session, viewer, case, field_id)
    if part is None and attachment.state == State.READY.value:
        part = Part(MARKS_ALONE, is_copy=False)
    asked = Asked(fields=(field_id,), owners=(viewer.agency_id,), own_notes=True)
    view = disclose(session, viewer, [case], asked=asked, part=part, channel=channel)[case.id]
    row = view.row(field_id)
    if row is None or row.level != "own":
        raise NotFound
    return OwnDocument(
        view,
        row,
        Media(attachment.media),
        -(-attachment.size // 1000),
        State(attachment.state),
        Fault(attachment.fault).words if attachment.fault else None,
        attachment.pages,
        attachment.scanned,
        tuple(_copies(session, attachment)),
    )


def _own(session: Session, viewer: Viewer, case: Case, field_id: str) -> Attachment:
    found = session.get(Attachment, field_id)
    if found is None or found.owner != viewer.agency_id or found.case_id != case.id:
        raise NotFound
    return found


def _copies(session: Session, attachment: Attachment) -> list[CopyState]:
    """Newest first."""
    query = select(DocumentCopy).where(DocumentCopy.field_id == attachment.field_id)
    found = session.scalars(query.order_by(DocumentCopy.made_at.desc(), DocumentCopy.id)).all()
    return [
        CopyState(
            copy.id,
            State(copy.state),
            Fault(copy.fault).words if copy.fault else None,
            copy.fault_page,
            copy.pages,
            copy.made_at,
            copy.id == attachment.copy_id,
        )
        for copy in found
    ]


# --- what is to be removed ---


def mark_region(
    session: Session,
    viewer: Viewer,
    case: Case,
    field_id: str,
    page: int,
    corners: Sequence[tuple[int, int]],
) -> bool:
    """Mark a place by its corners, in parts of WHOLE: two, or one after the other. Whether it is marked now.

    Raises BadInput for a place that is none.
    """
    attachment, marks = _marking(session, viewer, case, field_id, page)
    if len(corners) == 1 and (marks.corner is None or marks.corner[0] != page):
        _remark(session, attachment, replace(marks, corner=(page, *corners[0])))
        return False
    first = corners[0] if len(corners) > 1 or marks.corner is None else marks.corner[1:]
    box = box_of(first, corners[-1])
    if min(box.right - box.left, box.bottom - box.top) < SMALLEST:
        _remark(session, attachment, replace(marks, corner=None))
        raise BadInput("Choose two corners that are further apart.", "left")
    if len(marks.regions) >= MOST_REGIONS:
        raise BadInput(f"Mark {MOST_REGIONS} places or fewer.", "left")
    _remark(session, attachment, replace(marks, corner=None, regions=(*marks.regions, Region(page, box))))
    return True


def unmark_region(
    session: Session, viewer: Viewer, case: Case, field_id: str, page: int, number: int
) -> None:
    """Take a mark away by its place in the list, or with -1 the corner that waits for another."""
    attachment, marks = _marking(session, viewer, case, field_id, page)
    kept = tuple(one for place, one in enumerate(marks.regions) if place != number or one.page != page)
    _remark(session, attachment, replace(marks, corner=None, regions=kept))


def mark_words(session: Session, viewer: Viewer, case: Case, field_id: str, words: Sequence[str]) -> None:
    """Say which words are to be removed wherever they stand. Raises BadInput."""
    attachment, marks = _marking(session, viewer, case, field_id, 1)
    said = tuple(dict.fromkeys(" ".join(word.split()) for word in words if word.strip()))
    if len(said) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in said):
        raise BadInput(f"Write {MOST_WORDS} words or phrases or fewer, each on a line of its own.", "words")
    if any(len(folded(word)) < 2 for word in said):
        raise BadInput("Write words of at least two letters or digits; mark shorter ones as places.", "words")
    _remark(session, attachment, replace(marks, words=said))


def _marking(
    session: Session, viewer: Viewer, case: Case, field_id: str, page: int
) -> tuple[Attachment, Marks]:
    attachment = _own(session, viewer, case, field_id)
    if not 1 <= page <= attachment.pages:
        raise NotFound
    return attachment, marks_of(session, attachment)


def _remark(session: Session, attachment: Attachment, marks: Marks) -> None:
    attachment.marks_number += 1
    attachment.marks = _sealed(session, attachment, marks.to_text(), marks_place(attachment))
    session.flush()


def _sealed(session: Session, attachment: Attachment, text: str, place: Place) -> bytes:
    return seal(
        session,
        text,
        partnership=attachment.partnership_id,
        owner=attachment.owner,
        subjects=store.subjects_of(session, attachment.field_id),
        place=place,
    )


# --- copies ---


def ask_copy(session: Session, viewer: Viewer, case: Case, field_id: str, *, at: datetime) -> DocumentCopy:
    """Have a redacted copy made from what is marked now; earlier ones that were not chosen go."""
    attachment = _own(session, viewer, case, field_id)
    if attachment.state != State.READY.value:
        raise Conflict("the document is not open")
    for one in session.scalars(select(DocumentCopy).where(DocumentCopy.field_id == field_id)).all():
        if one.id != attachment.copy_id:
            store.drop_copy(session, one)
    copy_id = new_id("cpy")
    marked = marks_of(session, attachment).to_text()
    copy = DocumentCopy(
        id=copy_id,
        partnership_id=attachment.partnership_id,
        field_id=field_id,
        case_id=case.id,
        owner=attachment.owner,
        marks=_sealed(session, attachment, marked, Place("document_copy", copy_id, "marks")),
        made_at=at,
        made_by=viewer.staff_id,
    )
    session.add(copy)
    session.flush()
    return copy


def choose_copy(
    session: Session, viewer: Viewer, case: Case, field_id: str, copy_id: str, *, at: datetime
) -> None:
    """Let this be the copy that others are shown, as far as the field is offered; the one before goes.

    The field counts as corrected, so that whatever shows it is decided again.
    """
    attachment = _own(session, viewer, case, field_id)
    copy = session.get(DocumentCopy, copy_id)
    if copy is None or copy.field_id != field_id:
        raise NotFound
    if copy.state != State.READY.value or attachment.copy_id == copy_id:
        raise Conflict("there is nothing to choose")
    row = own_document(session, viewer, case, field_id).row
    field = session.get_one(Field, field_id)
    records.correct_field(
        session,
        field,
        value=row.text or "",
        summary=row.summary,
        source=row.source,
        relevance=row.relevance,
        recorded_at=field.recorded_at,
        by=viewer.staff_id,
        at=at,
    )
    before = session.get(DocumentCopy, attachment.copy_id) if attachment.copy_id is not None else None
    attachment.copy_id = copy_id
    session.flush()
    if before is not None:
        store.drop_copy(session, before)


def shared_document(
    session: Session, viewer: Viewer, case: Case, field_id: str, *, page: int | None, channel: str = "screen"
) -> tuple[CaseView, Row]:
    """A page of a redacted copy, or with None all of it, for somebody who sees its field in full. Logged.

    Raises NotFound: it is not there, or not for them.
    """
    asked = Asked(fields=(field_id,))
    view = disclose(session, viewer, [case], asked=asked, part=Part(page), channel=channel)[case.id]
    row = view.row(field_id)
    if row is None or row.document is None:
        raise NotFound
    return view, row
