"""That a meeting ended, so that witnesses are asked and their checkpoint is kept with it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conference.clock import now
from conference.trail.models import LogLeaf
from conference.trail.witnessing.models import MeetingClose


def meeting_closed(session: Session, partnership: str, meeting_id: str, leaf_hash: bytes) -> None:
    """Remember the leaf that says that the meeting ended, in the transaction that ends it. Asks nobody."""
    if session.get(MeetingClose, (partnership, meeting_id)) is not None:
        return
    query = select(func.max(LogLeaf.position)).where(LogLeaf.partnership_id == partnership)
    last = session.scalar(query)
    session.add(
        MeetingClose(
            partnership_id=partnership,
            meeting_id=meeting_id,
            leaf_hash=leaf_hash,
            since=0 if last is None else last + 1,
            at=now(),
        )
    )
    session.flush()
