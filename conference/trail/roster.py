"""Which agencies a leaf has a part for, and in which order."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import column, insert, select, table
from sqlalchemy.orm import Session

from audit import Roster
from conference.clock import now
from conference.trail.errors import NoRoster
from conference.trail.models import RosterRow

_AGENCY = table("agency", column("id"), column("partnership_id"), column("position"))


def refresh(session: Session, partnership: str) -> Roster:
    """The roster of the partnership's agencies as they are now; a new version if that is not the latest.

    To be called, in a write session, whenever an agency has joined. Raises NoRoster if there are none.
    """
    query = select(_AGENCY.c.id).where(_AGENCY.c.partnership_id == partnership)
    agencies = tuple(session.scalars(query.order_by(_AGENCY.c.position, _AGENCY.c.id)))
    number, latest = _latest(session, partnership)
    if latest is None and not agencies:
        raise NoRoster(partnership)
    if latest is None or latest.agencies != agencies:
        latest = _add(session, partnership, agencies, number + 1)
    _held(session)[partnership] = latest
    return latest


def current(session: Session, partnership: str) -> Roster:
    """The latest roster; asked for once in a session. Raises NoRoster."""
    held = _held(session)
    if partnership not in held:
        _, latest = _latest(session, partnership)
        if latest is None:
            raise NoRoster(partnership)
        held[partnership] = latest
    return held[partnership]


def positions(session: Session, partnership: str, agency: str) -> dict[str, int | None]:
    """Where the part of `agency` stands in a leaf, for each version of the roster."""
    query = select(RosterRow.version, RosterRow.agencies).where(RosterRow.partnership_id == partnership)
    rosters = [_made(version, agencies) for version, agencies in session.execute(query)]
    return {one.version: one.position(agency) for one in rosters}


def all_agencies(session: Session, partnership: str) -> set[str]:
    """Every agency that was ever in it."""
    query = select(RosterRow.agencies).where(RosterRow.partnership_id == partnership)
    return {agency for agencies in session.scalars(query) for agency in agencies.split(" ")}


def _latest(session: Session, partnership: str) -> tuple[int, Roster | None]:
    connection = session.connection()
    found = connection.exec_driver_sql(_LATEST[connection.dialect.name], (partnership,)).all()
    return (found[0][0], _made(*found[0][1:])) if found else (0, None)


# Asked for in every answer.
_NEWEST = (
    "SELECT number, version, agencies FROM roster WHERE partnership_id = {given} ORDER BY number DESC LIMIT 1"
)
_LATEST = {"sqlite": _NEWEST.format(given="?"), "postgresql": _NEWEST.format(given="%s")}


@lru_cache(maxsize=64)
def _made(version: str, agencies: str) -> Roster:
    return Roster(version, tuple(agencies.split(" ")))


def _add(session: Session, partnership: str, agencies: tuple[str, ...], number: int) -> Roster:
    at = now()
    made = Roster(f"{at:%Y-%m-%d}.{number}", agencies)
    row = {"number": number, "version": made.version, "agencies": " ".join(agencies), "at": at}
    session.connection().execute(insert(RosterRow), [{"partnership_id": partnership, **row}])
    return made


def _held(session: Session) -> dict[str, Roster]:
    held: dict[str, Roster] = session.info.setdefault("rosters", {})
    return held
