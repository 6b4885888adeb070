"""Take an agency's key out of use, and give it again: at once in the key file, and said in the log.

What counts is the key file: nobody who writes to the database changes it. So a key is taken back there first
and then said; it is said first and then given again. Whatever is missing after a crash, `say` makes up for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.clock import now
from conference.db import Database
from conference.errors import BadInput
from conference.identity.models import Agency
from conference.inputs import moved
from conference.sharing.holding.models import AgencyKey, Standing
from conference.trail import writing
from conference.vault import keychanges
from conference.vault.dark import Dark, why_dark
from conference.vault.keyring import Keyring

_STANDING = {Dark.REVOKED: Standing.REVOKED, Dark.SILENT: Standing.SILENT, Dark.LEFT: Standing.LEFT}
_MARKS = {Standing.REVOKED: "taken-back", Standing.SILENT: "not-answering", Standing.LEFT: "destroyed"}


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One agency's key. holders: of each version that was not destroyed, oldest first."""

    agency_id: str
    name: str
    standing: Standing
    version: int
    holders: tuple[tuple[int, str], ...]


def keyring(database: Database) -> Keyring:
    """The keys of an installation as it was opened."""
    keys = database.keys
    assert isinstance(keys, Keyring)  # noqa: S101 - `open_keys` makes nothing else
    return keys


def listed(session: Session, keys: Keyring) -> list[KeyLine]:
    """How the key of every agency stands, by partnership and name. The holders are asked."""
    lines = []
    for agency in session.scalars(select(Agency).order_by(Agency.partnership_id, Agency.name)):
        known = keys.agency(agency.partnership_id, agency.id)
        if known.elsewhere:
            keys.probe(agency.partnership_id, agency.id)
        there = tuple(one for one in known.holders.items() if one[0] not in known.gone)
        standing = standing_now(keys, agency.partnership_id, agency.id)
        lines.append(KeyLine(agency.id, agency.name, standing, known.newest, there))
    return lines


def standing_now(keys: Keyring, partnership_id: str, agency_id: str) -> Standing:
    """How an agency's key stands, whatever the log says."""
    why = why_dark(keys, partnership_id, agency_id)
    return Standing.GIVEN if why is None else _STANDING[why]


def agency_called(session: Session, agency_id: str) -> Agency:
    """The agency. Raises BadInput with those that there are."""
    found = session.get(Agency, agency_id)
    if found is None:
        known = ", ".join(session.scalars(select(Agency.id).order_by(Agency.id)))
        raise BadInput(f"There is no agency {agency_id}. There are: {known}.", "agency")
    return found


def prefer(database: Database, agency_id: str, holder: str) -> None:
    """Let `holder` make the next version of an agency's key, and hold it. Rotating makes it.

    Raises BadInput, ProviderWrong.
    """
    keys = keyring(database)
    with database.read() as session:
        agency = agency_called(session, agency_id)
        if standing_now(keys, agency.partnership_id, agency_id) is not Standing.GIVEN:
            raise BadInput(f"{agency.name} does not give its key. Let it give it first.", "agency")
    others = [one.owner for one, known in keys.agencies().items() if holder in known.elsewhere.values()]
    if set(others) - {agency_id}:
        raise BadInput(f"{holder} holds the key of {others[0]}. Each agency needs a holder of its own.")
    keys.prefer(agency.partnership_id, agency_id, holder)


def holder_of(database: Database, agency_id: str) -> str | None:
    """Who holds the newest version of an agency's key; None while there is none."""
    with database.read() as session:
        agency = agency_called(session, agency_id)
    known = keyring(database).agency(agency.partnership_id, agency_id)
    return known.holders.get(known.newest)


def revoke(database: Database, agency_id: str) -> None:
    """From now on nothing of the agency's opens for anybody. Doing it again finishes what a crash left."""
    keys = keyring(database)
    with database.read() as session:
        agency = agency_called(session, agency_id)
    keychanges.revoke(keys, agency.partnership_id, agency_id)
    with database.write() as session:
        say(session, keys, agency.partnership_id, agency_id)


def grant(database: Database, agency_id: str) -> Standing:
    """The agency gives its key again. How it stands then: whoever holds it may still not give it."""
    keys = keyring(database)
    with database.write() as session:
        agency = agency_called(session, agency_id)
        if standing_now(keys, agency.partnership_id, agency_id) is Standing.REVOKED:
            _note(session, agency, Standing.GIVEN)
    keychanges.grant(keys, agency.partnership_id, agency_id)
    keys.probe(agency.partnership_id, agency_id)
    with database.write() as session:
        say(session, keys, agency.partnership_id, agency_id)
        moved(session, agency.partnership_id)  # a page that was decided between the two is decided again
    return standing_now(keys, agency.partnership_id, agency_id)


def destroy_all(database: Database, agency_id: str) -> list[str]:
    """Destroy every version of an agency's key that we can. What is left for it to do, in sentences.

    Raises NotAnswering where its holder must destroy it and does not answer; doing it again goes on.
    """
    keys = keyring(database)
    with database.read() as session:
        agency = agency_called(session, agency_id)
    left = keychanges.leave(keys, agency.partnership_id, agency_id)
    with database.write() as session:
        say(session, keys, agency.partnership_id, agency_id)
    return left


def say(session: Session, keys: Keyring, partnership_id: str, agency_id: str) -> Standing:
    """Say in the log how an agency's key stands, unless that was said last; decide anew what is shown."""
    standing = standing_now(keys, partnership_id, agency_id)
    _note(session, session.get_one(Agency, agency_id), standing)
    return standing


def say_all(database: Database, agencies: Iterable[tuple[str, str]]) -> None:
    """The same for several, given as partnership and agency, each in a transaction of its own."""
    keys = keyring(database)
    for partnership_id, agency_id in agencies:
        with database.write() as session:
            if session.get(Agency, agency_id) is not None:
                say(session, keys, partnership_id, agency_id)


def _note(session: Session, agency: Agency, standing: Standing) -> None:
    row = session.get(AgencyKey, agency.id, with_for_update=True)
    if standing.value == (Standing.GIVEN.value if row is None else row.standing):
        return
    if row is None:
        row = AgencyKey(agency_id=agency.id, partnership_id=agency.partnership_id)
        session.add(row)
    mark = "given" if standing is Standing.GIVEN else _MARKS[standing]
    row.standing, row.changed_at = standing.value, now()
    session.flush()
    _log(session, "key.granted" if standing is Standing.GIVEN else "key.revoked", agency, mark)
    moved(session, agency.partnership_id)


def _log(session: Session, name: str, agency: Agency, mark: str) -> None:
    """For the eyes of that agency alone: to the others its records are as if they were not there."""
    writing.record(
        session,
        name,
        partnership=agency.partnership_id,
        actor=None,
        agency=None,
        about=(agency.id,),
        mark=mark,
        concerns=(agency.id,),
    )
