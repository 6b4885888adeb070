"""The decisions about a case for one kind of viewer, compiled once and looked up until anything can change.

A table is served only to whoever reads, now, the very things that it was compiled from: the same version of
the policy, the same consents and decisions, seal by seal, and the same counter of inputs, all read from the
database and checked in each session as if there were no table; and only before its horizon. The counter is
part of it so that every change in the partnership costs the same: how long an answer takes must not say
whose it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

import consent
from conference import inputs
from conference.identity.services import Viewer
from conference.sharing.kept import Kept
from conference.sharing.policy import InForce

MOST = 256
_tables: Kept[consent.Table] = Kept(MOST)


def decisions(
    session: Session,
    viewer: Viewer,
    rests: InForce,
    case_id: str,
    people: Iterable[str],
    cells: Sequence[consent.TableCell],
    *,
    purpose: str,
    excluded: bool,
    at: datetime,
) -> list[consent.Decision]:
    """The decision about each of `cells`, fields of one case about some of `people` (ids), for `viewer` now.

    rests: what this session read for these people.
    """
    roles = frozenset(role.value for role in viewer.roles)
    recipient = consent.Recipient(viewer.agency_id, roles, excluded=excluded)
    said = tuple((who, rests.seals.get(who, ())) for who in sorted(people))
    counter = inputs.seen(session, viewer.partnership_id)
    key = (viewer.partnership_id, case_id, recipient, purpose, rests.sha256, rests.seal, counter, said)
    database = session.info["database"]
    table = _tables.get(database, key) if counter is not None else None
    if table is None or not table.holds(at) or not table.places.keys() >= set(cells):
        # what another page asked for stays: fewer of the case's fields may be asked for at a time
        wanted = [*(table.places if table is not None else ()), *cells]
        table = consent.compile_table(rests.policy, wanted, [recipient], purpose, at, rests.layout)
        if counter is not None:
            _tables.put(database, key, table)
    return table.panel(cells, [recipient], at)[0]
