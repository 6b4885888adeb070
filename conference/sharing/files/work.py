"""The work on files that takes long: scanned and opened when they come, painted when a copy is asked for.

It is done by a thread of each server, outside every transaction and request. What waits stands in the
database: if the process dies, another takes it up again; what has been tried too often is refused.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from conference import wall
from conference.cases.models import Field
from conference.clock import now
from conference.db import Database
from conference.files import child, workshop
from conference.files.faults import Fault, Unfit
from conference.files.kinds import Media
from conference.files.scanning import ScannerAway, is_clean
from conference.repeated import Repeated
from conference.sharing.files import store
from conference.sharing.files.models import Attachment, DocumentCopy, State
from conference.sharing.files.opening import marks_of_copy
from conference.trail import writing
from conference.vault.errors import KeyGone, SealBroken
from conference.vault.seal import Place, seal

EVERY_SECONDS = 2.0
AT_MOST = timedelta(minutes=30)
SOON = timedelta(minutes=1)
TRIES = 3

log = logging.getLogger(__name__)


def at_work(database: Database, clamd: str | None) -> Repeated:
    """The thread of a server process. clamd: where a scanner listens; None where there is none."""
    child.sweep()
    return Repeated("workshop", EVERY_SECONDS, lambda: work_once(database, clamd))


@dataclass(frozen=True, slots=True)
class _Job:
    """Something that waits: an attachment by its field's id, or a copy by its own."""

    is_copy: bool
    id: str


def work_once(database: Database, clamd: str | None) -> bool:
    """Do the work on what has waited longest; whether anything waited."""
    if not _waits(database):
        return False
    job = _claimed(database)
    if job is None:
        return False
    try:
        finish = _copied(database, job) if job.is_copy else _opened(database, job, clamd)
    except Unfit as unfit:
        finish = _refusal(job, unfit)
    except SealBroken:
        finish = _refusal(job, Unfit(Fault.GONE))
    except KeyGone as gone:  # erased for good, or not given just now
        finish = _refusal(job, Unfit(Fault.GONE)) if gone.erased else _later
    except ScannerAway:
        log.warning("the virus scanner does not answer")
        finish = _later
    with database.write(wall.SYSTEM) as session:
        holder = _holder(session, job)
        if holder is not None and holder.state == State.WAITING.value:
            holder.busy_until = None
            finish(session, holder)
    return True


Finish = Callable[[Session, store.Holder], None]


def _opened(database: Database, job: _Job, clamd: str | None) -> Finish:
    """Scan a file and open it; what then is to be kept."""
    with database.read(wall.SYSTEM) as session:
        holder = session.get_one(Attachment, job.id)
        media, content = Media(holder.media), store.get(session, holder, store.original_id(job.id))
    if clamd is not None and not is_clean(clamd, content):
        raise Unfit(Fault.VIRUS)
    made = workshop.open_file(media, content)

    def finish(session: Session, holder: store.Holder) -> None:
        keep_opened(session, holder, made, scanned=clamd is not None)

    return finish


def _copied(database: Database, job: _Job) -> Finish:
    """Make a redacted copy; what then is to be kept."""
    with database.read(wall.SYSTEM) as session:
        holder = session.get_one(DocumentCopy, job.id)
        attachment = session.get_one(Attachment, holder.field_id)
        marks = marks_of_copy(session, holder)
        pages = range(1, attachment.pages + 1)
        names = [store.page_id(holder.field_id, page) for page in pages]
        pictures = [store.get(session, attachment, name) for name in names]
        layer = json.loads(store.get(session, attachment, store.layer_id(holder.field_id)))
    made = workshop.redact(
        workshop.Opened(pictures, layer),
        regions=[(one.page, *one.box) for one in marks.regions],
        words=marks.words,
    )

    def finish(session: Session, holder: store.Holder) -> None:
        keep_copy(session, holder, made)

    return finish


def keep_opened(
    session: Session, holder: store.Holder, made: workshop.Opened, *, scanned: bool = False
) -> None:
    """Keep what a file was found to be."""
    subjects = store.subjects_of(session, holder.field_id)
    store.put(session, holder, store.layer_id(holder.field_id), json.dumps(made.layer).encode(), subjects)
    for page, picture in enumerate(made.pictures, start=1):
        store.put(session, holder, store.page_id(holder.field_id, page), picture, subjects)
    if isinstance(holder, Attachment):
        holder.scanned = scanned
    _done(session, holder, State.READY, pages=len(made.pictures))


def keep_copy(session: Session, holder: store.Holder, made: workshop.Copy) -> None:
    """Keep a redacted copy. Nobody but the owner sees it before it is chosen."""
    subjects = store.subjects_of(session, holder.field_id)
    if not isinstance(holder, DocumentCopy):
        raise TypeError(holder)
    store.put(session, holder, store.copy_id(holder.id), made.pdf, subjects)
    for page, picture in enumerate(made.pictures, start=1):
        store.put(session, holder, store.page_id(holder.id, page), picture, subjects)
    holder.words = seal(
        session,
        json.dumps(made.texts),
        partnership=holder.partnership_id,
        owner=holder.owner,
        subjects=subjects,
        place=Place("document_copy", holder.id, "words"),
    )
    _done(session, holder, State.READY, pages=len(made.pictures))


def _refusal(job: _Job, unfit: Unfit) -> Finish:
    def finish(session: Session, holder: store.Holder) -> None:
        if isinstance(holder, DocumentCopy):
            holder.fault_page = unfit.page
        else:
            store.drop(session, [store.original_id(job.id)])  # nobody can use it, and it may do harm
        holder.fault = unfit.fault.value
        _done(session, holder, State.REFUSED)

    return finish


def _later(_session: Session, holder: store.Holder) -> None:
    """The scanner is away, or a key: the file waits, unopened, as long as that lasts."""
    holder.tries -= 1
    holder.busy_until = now() + SOON


def _done(session: Session, holder: store.Holder, state: State, *, pages: int = 0) -> None:
    holder.state, holder.pages = state.value, pages
    session.flush()
    field = session.get_one(Field, holder.field_id)
    item = writing.item(
        field=field.id,
        owner=field.owner,
        subjects=store.subjects_of(session, field.id),
        class_name=field.class_name,
        level="none",
    )
    writing.record(
        session,
        "copy.made" if isinstance(holder, DocumentCopy) else "file.checked",
        partnership=holder.partnership_id,
        actor=None,
        agency=holder.owner,
        case=holder.case_id,
        channel="system",
        mark=holder.fault or state.value,
        items=(item,),
    )


# --- what waits ---


def _waits(database: Database) -> bool:
    with database.read(wall.SYSTEM) as session:
        return any(
            session.scalar(select(1).where(model.state == State.WAITING.value, _free(model)).limit(1))
            for model in (Attachment, DocumentCopy)
        )


def _free(model: type[store.Holder]) -> ColumnElement[bool]:
    return or_(model.busy_until.is_(None), model.busy_until < now())


def _claimed(database: Database) -> _Job | None:
    """What has waited longest, for this process alone."""
    with database.write(wall.SYSTEM) as session:
        for model in (Attachment, DocumentCopy):
            query = select(model).where(model.state == State.WAITING.value, _free(model))
            query = query.order_by(model.made_at).limit(1).with_for_update(skip_locked=True)
            holder = session.scalars(query).first()
            if not isinstance(holder, Attachment | DocumentCopy):
                continue
            job = _Job(isinstance(holder, DocumentCopy), _key(holder))
            if holder.tries >= TRIES:
                _refusal(job, Unfit(Fault.SLOW))(session, holder)
                return None
            holder.tries += 1
            holder.busy_until = now() + AT_MOST
            return job
    return None


def _key(holder: store.Holder) -> str:
    return holder.id if isinstance(holder, DocumentCopy) else holder.field_id


def _holder(session: Session, job: _Job) -> store.Holder | None:
    return session.get(DocumentCopy, job.id) if job.is_copy else session.get(Attachment, job.id)
