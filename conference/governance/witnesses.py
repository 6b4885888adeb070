"""Who has witnessed the log, in the words that officers read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.formats import FILTERS
from conference.governance import words
from conference.identity.services import Viewer, list_agencies
from conference.trail import epochs
from conference.trail.witnessing import roll, standing
from conference.trail.witnessing.standing import Standing, Witnessed

_STATES = {
    None: "Not asked yet",
    "cosigned": "Cosigned",
    "away": "Does not answer",
    "stranger": "Does not know this log's key",
    "nonsense": "Answers what no witness answers",
    "fork": "HAS SEEN ANOTHER LOG",
    "rollback": "HAS SEEN A LONGER LOG",
}
_REFUSED = {
    "fork": "The witness of {who} has seen entries that are not in this log, {when}.",
    "rollback": "The witness of {who} has seen entries that this log has lost, {when}.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One witness. size: how many entries the log had when it cosigned last."""

    agency: str
    name: str
    state: str
    size: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The witnesses, and what is wrong with them.

    sentence: how many agencies have witnessed what.   late: names of agencies.   refused: sentences.
    """

    lines: list[Line]
    sentence: str
    late: list[str]
    refused: list[str]


def witnesses(session: Session, viewer: Viewer) -> Witnesses:
    """All that are asked. Whose they are and what they cosigned is everybody's to know."""
    partnership = viewer.partnership_id
    names = {one.id: one.name for one in list_agencies(session, partnership)}
    found = standing.standings(session, partnership)
    place = epochs.first_place(epochs.current(session, partnership))
    refused = standing.refusals(session, partnership)
    return Witnesses(
        lines=[_line(one, names) for one in found],
        sentence=_sentence(standing.newest(session, partnership, place), names, there_are=bool(found)),
        late=sorted({names[one.agency_id] for one in found if one.is_late}),
        refused=[
            _REFUSED[one.kind].format(who=names[one.agency_id], when=FILTERS["day_and_hour"](one.at))
            for one in refused
        ],
    )


def alarm(session: Session, viewer: Viewer) -> str | None:
    """What every officer must be told before they rely on an answer; None while all witnesses agree."""
    found = standing.refusals(session, viewer.partnership_id)
    if not found:
        return None
    return "A WITNESS HAS SEEN ANOTHER LOG. Do not rely on these answers. Call your security lead."


def policy(session: Session, viewer: Viewer) -> bytes:
    """The quorum, for `python -m audit verify --policy`."""
    return roll.policy(session, viewer.partnership_id)


def by_whom(found: Witnessed, names: dict[str, str]) -> str:
    """`Haven and Northmoor Police`."""
    return words.listed(sorted(names.get(one, one) for one in found.agencies))


def _line(one: Standing, names: dict[str, str]) -> Line:
    state = _STATES.get(one.outcome, _STATES["nonsense"])
    return Line(names[one.agency_id], one.name, f"{state}, late" if one.is_late else state, one.size, one.at)


def _sentence(found: Witnessed | None, names: dict[str, str], *, there_are: bool) -> str:
    if not there_are:
        return "No agency runs a witness. Nobody outside this service would see that the log was rewritten."
    if found is None:
        return "No witness has cosigned this log yet."
    who = f"{by_whom(found, names)} cosigned the first {words.count(found.size, 'entry', 'entries')}"
    needed = words.count(found.needed, "agency is", "agencies are")
    return f"{who}. {needed} needed." if found.has_quorum else f"{who} only. {needed} needed."
