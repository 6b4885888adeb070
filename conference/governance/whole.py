"""The log as a whole: what it is, whether it holds, and a copy of it to take away."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from conference.cases.services import exclusions_of
from conference.clock import LONDON
from conference.errors import Conflict, NotFound
from conference.formats import day
from conference.governance import words
from conference.governance.witnesses import Witnesses, witnesses
from conference.identity.services import Viewer
from conference.trail import epochs, keys, proving, writing
from conference.trail.models import LogEpoch
from conference.trail.sqlstore import SqlStore
from conference.vault.errors import KeyGone, SealBroken

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the log says of itself. signed_at: when its newest checkpoint was; None while there is none.

    before: where the log had lost its end: the number of the epoch that ended so, and a sentence.
    """

    origin: str
    key: str
    size: int
    signed_at: datetime | None
    root: str | None
    witnesses: Witnesses
    before: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found to hold, and whether something was not."""

    holds: list[str]
    is_broken: bool


def log_page(session: Session, viewer: Viewer) -> LogPage:
    """The newest checkpoint."""
    partnership = viewer.partnership_id
    latest = SqlStore(session, partnership).latest()
    return LogPage(
        origin=keys.origin(partnership, epochs.current(session, partnership)),
        key=str(epochs.verifier(session, partnership)),
        size=0 if latest is None else latest.size,
        signed_at=None if latest is None else latest.at,
        root=None if latest is None else latest.note.splitlines()[2],
        witnesses=witnesses(session, viewer),
        before=_gaps(epochs.opened(session, partnership)),
    )


def _gaps(opened: list[LogEpoch]) -> list[tuple[int, str]]:
    ended = [1, *(one.number for one in opened)]
    return [(number, _gap(one)) for number, one in zip(ended, opened, strict=False)]


def _gap(epoch: LogEpoch) -> str:
    """What the first entry of an epoch says: what the log before had lost."""
    size = int(epoch.last.splitlines()[1])
    return (
        f"The log was continued on {day(epoch.at.astimezone(LONDON).date())} under another name. "
        f"Of {words.count(size, 'entry', 'entries')} that were known before, {epoch.held:,} are still there."
    )


def check(session: Session, viewer: Viewer) -> Checked:
    """Whether the newest checkpoint is signed, and everything stored gives the root that it signs.

    The tree is worked out here anew from the entries (RFC 6962, section 2.1), not read.
    """
    holds: list[str] = []
    store = SqlStore(session, viewer.partnership_id)
    try:
        with tempfile.TemporaryDirectory() as folder:
            signed = proving.export(
                session, viewer.partnership_id, Path(folder) / "log", agency=viewer.agency_id
            )
        holds.append("The log's key signed the newest checkpoint.")
        holds.append("Your agency's parts open, and hold the items that they commit to.")
        if not _tree_holds(store, signed.size, signed.root, holds):
            return Checked(holds, is_broken=True)
    except (proving.LogFault, SealBroken, KeyGone):
        return Checked(holds, is_broken=True)
    return Checked(holds, is_broken=False)


def key(session: Session, viewer: Viewer, epoch: int | None = None) -> bytes:
    """The verifier key of an epoch, by default of the current, as a file. Raises NotFound."""
    _check_epoch(session, viewer, epoch)
    return f"{epochs.verifier(session, viewer.partnership_id, epoch)}\n".encode()


def _check_epoch(session: Session, viewer: Viewer, epoch: int | None) -> None:
    if epoch is not None and not 1 <= epoch <= epochs.current(session, viewer.partnership_id):
        raise NotFound(f"epoch {epoch}")


def as_zip(session: Session, viewer: Viewer, at: datetime, *, epoch: int | None = None) -> bytes:
    """The static log with what opens the agency's own parts; the download is logged.

    An officer who is kept out of a case gets the log without the parts, for they would speak of it.
    Not compressed: the length depends on how many entries there are, and on one's own parts, alone.
    epoch: by default the current. Raises Conflict if the log is broken, NotFound.
    """
    _check_epoch(session, viewer, epoch)
    agency = None if exclusions_of(session, viewer.staff_id) else viewer.agency_id
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "log"
        try:
            proving.export(session, viewer.partnership_id, root, agency=agency, epoch=epoch)
        except (proving.LogFault, SealBroken, KeyGone) as fault:
            raise Conflict("log: cannot be exported") from fault
        _pack(packed, root, at)
    writing.record(
        session,
        "log.exported",
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        channel="export",
        mark="copy",
    )
    return packed.getvalue()


def _pack(packed: io.BytesIO, root: Path, at: datetime) -> None:
    stamp = at.astimezone(LONDON).timetuple()[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(one for one in root.rglob("*") if one.is_file()):
            name = str(path.relative_to(root.parent))
            archive.writestr(zipfile.ZipInfo(name, stamp), path.read_bytes())


def _tree_holds(store: SqlStore, size: int, root: bytes, holds: list[str]) -> bool:
    """Level by level; says in `holds` what was found to hold."""
    row = [
        _hash(b"\x00", leaf)
        for start in range(0, size, CHUNK)
        for leaf in store.leaves(start, min(start + CHUNK, size))
    ]
    level, edge = 0, []
    while row:
        if list(store.nodes(level, 0, len(row))) != row:
            return False
        if len(row) % 2:
            edge.append(row[-1])
        row = [_hash(b"\x01", left, right) for left, right in zip(row[::2], row[1::2], strict=False)]
        level += 1
    holds.append("Every entry is the one that was hashed, and the stored tree is made of these hashes.")
    if _joined(edge) != root:
        return False
    holds.append("The tree gives the root that the checkpoint signs.")
    return True


def _joined(edge: Sequence[bytes]) -> bytes:
    """The root from the last complete subtrees, smallest first."""
    if not edge:
        return _hash(b"")
    joined = edge[0]
    for left in edge[1:]:
        joined = _hash(b"\x01", left, joined)
    return joined


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
