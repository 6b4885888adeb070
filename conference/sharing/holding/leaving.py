"""An agency's export of its own when it leaves: its records, opened, through the door, for its own staff."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases.models import Case, CaseAgency, Offered
from conference.cases.services import exclusions_of
from conference.db import Database
from conference.errors import BadInput
from conference.identity.services import Viewer, viewer_for
from conference.permissions import Role
from conference.sharing.door import Asked, disclose
from conference.sharing.files.document import Part
from conference.sharing.holding.services import agency_called
from conference.sharing.view import CaseView, Row
from conference.vault.dark import must_give

AT_ONCE = 50  # cases in one transaction
_THE_FILE = Part(is_copy=False)
ABOUT = """\
What an agency held in a case conference system when it took its key away.

records.jsonl   one JSON object a line for each thing that the agency had recorded:
    case         the case's reference
    field        the id of the entry, as the log names it
    record       what kind of record it came from, such as "Typed in"
    about        ids of the people that it is about; roles.jsonl says who they were
    class        what kind of information, such as "identity.name"; label: the same in words
    kind         "fact" or "opinion"
    text         what was recorded
    source, relevance, recorded_on     as recorded; null where nothing was said
    summary      the summary that was written for others, if any
    offered      how far it was offered to others: "none", "presence", "summary" or "full"
    withheld_reason                    why it was not offered, if that was said
    document     the name of a file in documents/, where there was one
roles.jsonl     one JSON object a line for each person of each case: case, person, role
documents/      the files that the agency had attached
log/            the agency's copy of the log, if it was exported; `python -m audit verify log` checks it

All text is UTF-8, all dates are ISO 8601. Earlier wordings of what was corrected are not here.
Whoever holds this folder holds personal data: keep it as your own records system is kept.
"""


@dataclass(slots=True)
class Done:
    """What was exported. left_out: cases that the officer is kept out of."""

    cases: int = 0
    entries: int = 0
    documents: int = 0
    left_out: int = 0


def export(database: Database, agency_id: str, staff_id: str, folder: Path) -> Done:
    """Write what the agency holds to `folder`, which must be new or empty. Each case is logged as exported.

    staff_id: the information governance officer of that agency to whom it is handed.
    Raises BadInput, KeyHeldBack.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty. Give a new folder.")
    with database.read() as session:
        viewer = _officer(session, agency_id, staff_id)
        must_give(session, viewer.partnership_id, agency_id)
        listed = select(CaseAgency.case_id).where(CaseAgency.agency_id == agency_id)
        ids = list(session.scalars(select(Case.id).where(Case.id.in_(listed)).order_by(Case.reference)))
        kept_out = exclusions_of(session, staff_id).keys()
    _make_folder(folder)
    done = Done(left_out=len(kept_out & set(ids)))
    ids = [one for one in ids if one not in kept_out]
    _write(folder / "README.txt", ABOUT.encode())
    for start in range(0, len(ids), AT_ONCE):
        _some(database, viewer, ids[start : start + AT_ONCE], folder, done)
    return done


def _officer(session: Session, agency_id: str, staff_id: str) -> Viewer:
    agency = agency_called(session, agency_id)
    viewer = viewer_for(session, staff_id)
    if viewer is None or viewer.agency_id != agency_id or Role.IG_OFFICER not in viewer.roles:
        raise BadInput(f"Name an information governance officer of {agency.name}.", "for")
    if not viewer.trained:
        raise BadInput("Their training is out of date, so nothing is shown to them. Name another.", "for")
    return viewer


def _some(database: Database, viewer: Viewer, ids: Sequence[str], folder: Path, done: Done) -> None:
    """Some cases: logged and durable before anything of them is written."""
    files: dict[str, tuple[str, bytes]] = {}
    with database.write() as session:
        cases = list(session.scalars(select(Case).where(Case.id.in_(ids)).order_by(Case.reference)))
        asked = Asked(owners=(viewer.agency_id,), own_notes=True)
        views = disclose(session, viewer, cases, channel="export", asked=asked, log_empty=False)
        for case in cases:
            for row in views[case.id].rows:
                if row.has_document and row.field_id is not None and row.field_id not in files:
                    files[row.field_id] = _document(session, viewer, case, row.field_id)
    lines = [line for view in views.values() for line in _lines(view, files)]
    roles = [line for view in views.values() for line in _roles(view)]
    _append(folder / "records.jsonl", lines)
    _append(folder / "roles.jsonl", roles)
    if files:
        _make_folder(folder / "documents")
    for name, content in files.values():
        _write(folder / "documents" / name, content)
    done.cases += len(ids)
    done.entries += len(lines)
    done.documents += len(files)


def _document(session: Session, viewer: Viewer, case: Case, field_id: str) -> tuple[str, bytes]:
    """The name and bytes of a file that the agency had attached."""
    asked = Asked(fields=(field_id,), owners=(viewer.agency_id,))
    view = disclose(session, viewer, [case], channel="export", asked=asked, part=_THE_FILE)[case.id]
    [found] = {row.field_id: row.document for row in view.rows if row.document is not None}.values()
    return field_id + _ENDINGS.get(found.mime, ""), found.content


_ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}


def _lines(view: CaseView, files: dict[str, tuple[str, bytes]]) -> Iterator[dict[str, Any]]:
    for field_id, row in {row.field_id: row for row in view.rows if row.field_id is not None}.items():
        yield {
            "case": view.reference,
            "field": field_id,
            "record": row.record_type,
            "about": list(row.about),
            "class": row.class_name,
            "label": row.label,
            "kind": row.kind,
            "text": row.text,
            "source": row.source,
            "relevance": row.relevance,
            "recorded_on": _day(row),
            "summary": row.summary,
            "offered": row.offered or Offered.NONE.value,
            "withheld_reason": row.withheld_reason,
            "document": files[field_id][0] if field_id in files else None,
        }


def _roles(view: CaseView) -> Iterator[dict[str, Any]]:
    for person in view.people:
        yield {"case": view.reference, "person": person.person_id, "role": person.role}


def _day(row: Row) -> str | None:
    return row.recorded_on.isoformat() if row.recorded_on is not None else None


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def _append(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    _write(path, text.encode(), more=True)


def _write(path: Path, content: bytes, *, more: bool = False) -> None:
    how = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_APPEND if more else os.O_EXCL)
    with os.fdopen(os.open(path, how, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
