"""Keep the policy's agreements as the register and the parties' readiness have them.

Whatever changes either calls `settle` in its own transaction, so a party that stops being ready takes part in
nothing from that transaction on. Where only time passes, the published policy says already when it ends.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import event, select
from sqlalchemy.orm import Session, UOWTransaction

from conference import clock
from conference.db import writable
from conference.errors import Refused
from conference.identity.models import Staff, StaffRole
from conference.inputs import hold
from conference.sharing.agreements.readiness import standings
from conference.sharing.agreements.register import SIGNED, covered, installed, registered, taking_part
from conference.sharing.models import PolicyVersion
from conference.sharing.versions import newest, publish_next, with_agreements


def settle(
    session: Session,
    partnership_id: str,
    at: datetime,
    *,
    actor: str | None = None,
    agency: str | None = None,
) -> PolicyVersion | None:
    """Publish the policy in force with the agreements as they are now; None where nothing differs.

    actor, agency: who caused it; None where nobody of theirs did.
    """
    hold(session, partnership_id)
    known = registered(session, partnership_id)
    current = newest(session, partnership_id, at)
    if not known and f'"{SIGNED}' not in current.document:
        return None
    said = json.loads(current.document)
    standing = {
        agency_id: one
        for agency_id, one in standings(session, partnership_id).items()
        if agency_id in said["agencies"]
    }
    wanted = installed(current.document, known)
    for one in known:
        wanted += taking_part(one, standing, at) if covered(one.terms, said) else []
    if wanted == said["agreements"]:
        return None
    document = with_agreements(current.document, wanted)
    return publish_next(session, partnership_id, document, actor=actor, agency=agency, at=at)


# --- staff come, go, are trained, change their roles --------------------------------------------------------


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: UOWTransaction) -> None:
    changed = (one for one in (*session.new, *session.dirty, *session.deleted) if _is_staffing(one))
    if next(changed, None) is not None:
        session.info["staffing"] = True


def _is_staffing(one: object) -> bool:
    return isinstance(one, Staff | StaffRole)


@event.listens_for(Session, "before_commit")
def _settle_all(session: Session) -> None:
    if not writable(session):
        return
    session.flush()
    if not session.info.pop("staffing", False):
        return
    at = clock.now()
    for partnership_id in session.scalars(select(PolicyVersion.partnership_id).distinct()).all():
        try:
            settle(session, partnership_id, at)
        except Refused:  # no version is in force yet
            continue
