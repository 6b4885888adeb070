"""Which consents of a case a viewer may know of, and how much of each. Beside the door: it opens and logs.

Who said yes or no to whom is itself about a person. An agency sees whole what was said to its own staff; of
a grant that names it, its own part while it counts; an IDVA what the victim said, whose voice she is.
Nothing else has any influence on what they see.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference import inputs
from conference.cases.models import Case, PersonRole
from conference.errors import Conflict, NotFound
from conference.identity.services import Viewer, staff_names
from conference.permissions import Role
from conference.sharing import policy
from conference.sharing.broken import open_or_say
from conference.sharing.models import ConsentRow
from conference.sharing.stored import owner_names, people_of
from conference.sharing.taking import said_so
from conference.sharing.taking.models import Outcome, Unanswered
from conference.sharing.taking.taken import Taken, read_taken
from conference.trail import writing
from conference.vault.dark import dark_among
from conference.vault.place import Place
from conference.vault.unseal import Sealed


class State(StrEnum):
    """Where a consent stands. Source: domain reference, section 5."""

    GIVEN = "Given"
    REFUSED = "Refused"
    WITHDRAWN = "Withdrawn"
    EXPIRED = "Expired"
    SUPERSEDED = "Replaced by what was said later"
    UNABLE = "Could not decide"
    UNSAFE = "Unsafe to ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentLine:
    """One thing that somebody said, or could not say, as far as one viewer may know of it.

    recipients, purposes, classes, left_out: names as the policy has them.   until: None is open.
    agency, recorded_by: to whom it was said, where the viewer may know all of it.
    how: only where it was said to the viewer's own agency.
    """

    id: str
    person_id: str
    role: str
    state: State
    at: datetime
    is_grant: bool = False
    recipients: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    until: datetime | None = None
    withdrawn_at: datetime | None = None
    agency: str | None = None
    recorded_by: str | None = None
    how: Taken | str | None = None

    @property
    def may_withdraw(self) -> bool:
        """Whether whoever sees it can withdraw it: a grant that runs. A no is changed by asking again."""
        return self.is_grant and self.state in {State.GIVEN, State.SUPERSEDED}


def consents_for(session: Session, viewer: Viewer, case: Case, *, at: datetime) -> list[ConsentLine]:
    """What the viewer may know of what people said in a case found through them, newest first. Logged.

    As many queries whatever there is, and nothing is opened that is not shown.
    """
    inputs.rests_on(session, viewer.partnership_id)
    people = people_of(session, [case.id])[case.id]
    rests = policy.in_force(session, viewer.partnership_id, people, at)
    inputs.rests_on(session, viewer.partnership_id, until=rests.horizon)
    rows = session.scalars(select(ConsentRow).where(ConsentRow.case_id == case.id)).all()
    silent = session.scalars(select(Unanswered).where(Unanswered.case_id == case.id)).all()
    seen = _Seen(session, viewer, people, rests.policy, at)
    lines = seen.all_of(rows, silent)
    owners = {row.id: row.recorded_for for row in rows} | {row.id: row.recorded_for for row in silent}
    _log(session, viewer, case, lines, owners)
    return sorted(lines, key=lambda line: (line.at, line.id), reverse=True)


def withdrawable(
    session: Session, viewer: Viewer, case: Case, consent_id: str, *, at: datetime
) -> ConsentRow:
    """The grant that the viewer may withdraw, one that they are shown.

    Raises NotFound for what they are not shown, Conflict where there is nothing to withdraw any more.
    """
    line = next((one for one in consents_for(session, viewer, case, at=at) if one.id == consent_id), None)
    row = session.get(ConsentRow, consent_id)
    if line is None or row is None:
        raise NotFound
    if not line.may_withdraw:
        raise Conflict(f"consent {consent_id} is no grant that runs")
    return row


def withdrawn_by(session: Session, viewer: Viewer, case: Case, consent_id: str) -> ConsentRow:
    """The consent that the viewer themselves withdrew in the case. Raises NotFound."""
    row = session.get(ConsentRow, consent_id)
    if row is None or row.case_id != case.id or row.withdrawn_by != viewer.staff_id:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class _Seen:
    """One viewer's part of what was said."""

    session: Session
    viewer: Viewer
    people: dict[str, str]
    policy: consent.Policy
    at: datetime

    def all_of(self, rows: Sequence[ConsentRow], silent: Sequence[Unanswered]) -> list[ConsentLine]:
        """The lines, opened as far as they are shown."""
        keys = self.session.info["keys"]
        erased = {who for who in self.people if keys.is_destroyed(f"person/{who}")}
        known = [row for row in rows if row.person_id in self.people and row.person_id not in erased]
        unsaid = [row for row in silent if row.person_id in self.people and row.person_id not in erased]
        whole = [row for row in known if self._is_whole(row)]
        ids = {row.id for row in whole}
        lines = [line for row in known if row.id not in ids and (line := self._own_part(row)) is not None]
        unsaid = [row for row in unsaid if self._is_whole(row)]
        return lines + self._whole(whole, unsaid)

    def _is_whole(self, row: ConsentRow | Unanswered) -> bool:
        """Whether the viewer may know all of it."""
        is_idvas = Role.IDVA in self.viewer.roles and self.people[row.person_id] == PersonRole.VICTIM.value
        return row.recorded_for == self.viewer.agency_id or is_idvas

    def _own_part(self, row: ConsentRow) -> ConsentLine | None:
        """What a grant lets the viewer's own agency be told, while it counts; None where that is nothing."""
        cells = said_so.counting_for(self.policy, row.person_id, row.id, self.viewer.agency_id, self.at)
        if not cells:
            return None
        document = json.loads(row.document)
        return ConsentLine(
            id=row.id,
            person_id=row.person_id,
            role=self.people[row.person_id],
            state=State.GIVEN,
            at=row.recorded_at,
            is_grant=True,
            recipients=(self.viewer.agency_id,),
            purposes=tuple(one for one in document["purposes"] if any(one == cell[0] for cell in cells)),
            classes=tuple(one for one in document["classes"] if any(one == cell[1] for cell in cells)),
            until=_moment(document.get("until")),
        )

    def _whole(self, rows: Sequence[ConsentRow], silent: Sequence[Unanswered]) -> list[ConsentLine]:
        everybody = {row.recorded_by for row in rows} | {row.recorded_by for row in silent}
        names = staff_names(self.session, self.viewer.partnership_id, everybody)
        agencies = owner_names(self.session, self.viewer.partnership_id)
        told = self._opened([*rows, *silent])
        among = {row.id for row in rows}
        lines = []
        for row in rows:
            document = json.loads(row.document)
            lines.append(
                ConsentLine(
                    id=row.id,
                    person_id=row.person_id,
                    role=self.people[row.person_id],
                    state=self._state(row, document, among),
                    at=row.recorded_at,
                    is_grant=document["decision"] == "grant",
                    recipients=tuple(document["recipients"]),
                    purposes=tuple(document["purposes"]),
                    classes=tuple(document["classes"]),
                    left_out=_left_out(document),
                    until=_moment(document.get("until")),
                    withdrawn_at=row.withdrawn_at,
                    agency=agencies.get(row.recorded_for),
                    recorded_by=names.get(row.recorded_by),
                    how=told.get(row.id),
                )
            )
        states = {Outcome.UNABLE.value: State.UNABLE, Outcome.UNSAFE.value: State.UNSAFE}
        return lines + [
            ConsentLine(
                id=one.id,
                person_id=one.person_id,
                role=self.people[one.person_id],
                state=states[one.outcome],
                at=one.recorded_at,
                agency=agencies.get(one.recorded_for),
                recorded_by=names.get(one.recorded_by),
                how=told.get(one.id),
            )
            for one in silent
        ]

    def _state(self, row: ConsentRow, document: dict[str, object], among: set[str]) -> State:
        """Where it stands, as far as what the viewer sees says: nothing else has a part in it."""
        until = _moment(document.get("until"))
        if row.withdrawn_at is not None and row.withdrawn_at <= self.at:
            return State.WITHDRAWN
        if until is not None and until <= self.at:
            return State.EXPIRED
        if not said_so.counts_among(self.policy, row.person_id, row.id, among, self.at):
            return State.SUPERSEDED
        return State.REFUSED if document["decision"] == "refuse" else State.GIVEN

    def _opened(self, rows: Iterable[ConsentRow | Unanswered]) -> dict[str, Taken | str]:
        """How each was taken that was taken by the viewer's own agency."""
        mine = self.viewer.agency_id
        dark = dark_among(self.session, self.viewer.partnership_id, [mine])
        own = [row for row in rows if row.recorded_for == mine and mine not in dark]
        sealed = [one for row in own if (one := _sealed(row)) is not None]
        given = [one for _, one in sealed]
        case_id = own[0].case_id if own else None
        told = open_or_say(self.session, self.viewer, given, case_id=case_id, erased=None)
        return {row_id: read_taken(text) for (row_id, _), text in zip(sealed, told, strict=True)}


def _sealed(row: ConsentRow | Unanswered) -> tuple[str, Sealed] | None:
    if isinstance(row, Unanswered):
        place, blob = Place("consent_unanswered", row.id, "how"), row.how
    elif row.given_how is not None:
        place, blob = Place("consent", row.id, "given_how"), row.given_how
    else:
        return None
    return row.id, Sealed(blob, row.partnership_id, row.recorded_for, place)


def _left_out(document: dict[str, object]) -> tuple[str, ...]:
    """The classes of its exceptions."""
    exceptions = document.get("except") or []
    assert isinstance(exceptions, list)  # noqa: S101 - the engine has read it
    return tuple(name for one in exceptions for name in one.get("classes") or ())


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _log(
    session: Session, viewer: Viewer, case: Case, lines: Sequence[ConsentLine], owners: dict[str, str]
) -> None:
    """Which consents were shown; the agencies that recorded them can read it, each of its own alone."""
    of: dict[str, list[str]] = {}
    for line in lines:
        of.setdefault(owners[line.id], []).append(line.id)
    for owner, ids in sorted(of.items()) if of else [("", [])]:
        writing.record(
            session,
            "consent.shown",
            partnership=viewer.partnership_id,
            actor=viewer.staff_id,
            agency=viewer.agency_id,
            case=case.id,
            about=sorted(ids),
            concerns=(owner,) if owner else (),
        )
