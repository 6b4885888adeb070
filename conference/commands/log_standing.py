"""Commands about the log's standing: witnesses, receipts that agencies kept, tokens, a new epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.commands.errors import Stopped
from conference.commands.logs import which_partnership
from conference.db import Database
from conference.errors import NotFound
from conference.formats import FILTERS
from conference.identity import services as identity
from conference.identity.models import Staff
from conference.permissions import Role
from conference.trail import epochs, keys, reconciling, reopening, sequencer, tokens
from conference.trail.errors import LogDisagrees
from conference.trail.witnessing import asker, asking, roll, standing

Tell = Callable[[str], None]


def add_witness(database: Database, agency: str, vkey: str, url: str, *, tell: Tell) -> None:
    """Register an agency's witness. Raises Stopped, BadInput."""
    with database.write() as session:
        which = which_partnership(session, agency, None)
        made = roll.add(session, which, agency, vkey, url)
        key = str(epochs.verifier(session, which))
        tell(f"Registered {made.id}. The witness needs this verifier key of the log:")
        tell(key)
    _place(database, which)


def list_witnesses(session: Session, partnership: str | None, *, tell: Tell) -> None:
    """A line a witness: id, agency, name, how it goes, size and moment of its last cosignature."""
    which = which_partnership(session, None, partnership)
    for one in standing.standings(session, which):
        last = "none yet" if one.at is None else f"{one.size} at {FILTERS['day_and_hour'](one.at)}"
        late = ", late" if one.is_late else ""
        tell(f"{one.id}\t{one.agency_id}\t{one.name}\t{one.outcome or 'not asked yet'}{late}\tlast {last}")
    for refused in standing.refusals(session, which):
        tell(f"{refused.agency_id} has seen another log ({refused.kind}) at size {refused.size}.")


def policy(session: Session, partnership: str | None) -> bytes:
    """The quorum as a tlog-policy."""
    return roll.policy(session, which_partnership(session, None, partnership))


def remove_witness(database: Database, witness: str, *, tell: Tell) -> None:
    """Ask it no more. Raises Stopped."""
    with database.write() as session:
        try:
            gone = roll.remove(session, witness)
        except NotFound:
            raise Stopped(
                f"There is no witness {witness}. `conference audit witness list` shows them."
            ) from None
    _place(database, gone.partnership_id)
    tell(f"{witness} is asked no more. What it cosigned stands.")


def ask_witnesses(database: Database, partnership: str | None, *, tell: Tell) -> int:
    """Ask all of them now; 1 if fewer than a quorum cosigned, or one has seen another log."""
    with database.read() as session:
        which = which_partnership(session, None, partnership)
    _place(database, which)
    with database.read() as session:
        witnesses = roll.active(session, which)
        targets = [asking.Target.of(one) for one in witnesses]
    outcomes = asker.ask_all(database, targets)
    for one in targets:
        tell(f"{one.id}\t{one.key.name}\t{outcomes[one.id].value}")
    agencies = {one.agency_id for one in witnesses if outcomes[one.id] is asking.Outcome.COSIGNED}
    enough = len(agencies) >= roll.least(witnesses) > 0
    tell(f"{len(agencies)} agencies cosigned; {roll.least(witnesses)} are needed.")
    return 0 if enough and not {"fork", "rollback"} & {one.value for one in outcomes.values()} else 1


def reconcile(database: Database, path: Path, partnership: str | None, *, tell: Tell) -> int:
    """Hold receipts that were kept elsewhere against the log; 1 if one is missing or not ours."""
    lines = path.read_text("utf-8", "replace").splitlines()
    with database.read() as session:
        which = which_partnership(session, None, partnership)
        found = reconciling.reconcile(session, which, lines)
    for line in found.faults:
        tell(f"line {line.number}: {line.says}" + (f" ({line.request})" if line.request else ""))
    tell(f"{found.present} in the log, {len(found.faults)} not.")
    return 1 if found.faults else 0


def new_epoch(
    database: Database,
    partnership: str | None,
    *,
    approved_by: Sequence[str],
    last: Sequence[Path],
    vkey: Path | None,
    tell: Tell,
) -> None:
    """Open the log's next epoch. Raises Stopped, BadInput."""
    with database.read() as session:
        which = which_partnership(session, None, partnership)
        officers = _officers(session, which, approved_by)
        key = None if vkey is None else reopening.read_key(vkey.read_text("utf-8"))
        seen = _seen_by_witnesses(session, which, tell)
    known = [path.read_bytes() for path in last] + reopening.ours(database, which, seen, key)
    made = reopening.open_epoch(database, which, approved_by=officers, known=known, key=key)
    _place(database, which)
    with database.read() as session:
        tell(f"Opened epoch {made.number}. {made.held} entries of the one before are still there and signed.")
        tell("Give every agency the new verifier key, and every witness:")
        tell(str(epochs.verifier(session, which)))


def add_token(database: Database, agency: str, *, tell: Tell) -> None:
    """Make a token for an agency's copy, shown once. Raises Stopped."""
    with database.write() as session:
        which = which_partnership(session, agency, None)
        made, token = tokens.make(session, which, agency)
        tell(f"{made.id}. This is shown once; whoever has it can fetch what opens {agency}'s parts:")
        tell(token)
    _place(database, which)


def end_token(database: Database, token_id: str, *, tell: Tell) -> None:
    """Take a token out of use. Raises Stopped."""
    with database.write() as session:
        try:
            ended = tokens.end(session, token_id)
        except NotFound:
            raise Stopped(f"There is no token {token_id} in use.") from None
    _place(database, ended.partnership_id)
    tell(f"{token_id} is out of use.")


def _officers(session: Session, partnership: str, given: Sequence[str]) -> tuple[str, str]:
    """Two information governance officers of different agencies, who are staff now. Raises Stopped."""
    if len(set(given)) != 2:
        raise Stopped("Name two officers with --approved-by, once each.")
    agencies = set()
    for one in given:
        staff = session.scalar(select(Staff.partnership_id).where(Staff.id == one))
        viewer = identity.viewer_for(session, one) if staff == partnership else None
        if viewer is None or Role.IG_OFFICER not in viewer.roles:
            raise Stopped(f"{one} is no information governance officer of this partnership.")
        agencies.add(viewer.agency_id)
    if len(agencies) != 2:
        raise Stopped("The two officers are of one agency. A new epoch needs two agencies.")
    return given[0], given[1]


def _seen_by_witnesses(session: Session, partnership: str, tell: Tell) -> list[bytes]:
    """The last checkpoint that each witness cosigned, of those that answer."""
    name = keys.origin(partnership, epochs.current(session, partnership))
    found = []
    for one in roll.active(session, partnership):
        seen = asking.last_seen(asking.Target.of(one), name)
        tell(
            f"The witness of {one.agency_id} {'gave its last checkpoint' if seen else 'gave no checkpoint'}."
        )
        found += [] if seen is None else [seen]
    return found


def _place(database: Database, partnership: str) -> None:
    """Give what was just logged its place, unless the log is not sound: the start says so."""
    try:
        sequencer.place(database, partnership)
    except LogDisagrees:
        return
