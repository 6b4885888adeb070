"""Putting what was read into the case: sealed, not offered, and only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import Case, Field, Offered, Record
from conference.errors import BadInput
from conference.exchange.found import Fault, FoundField, FoundRecord, Outcome, Parsed, What, counted
from conference.exchange.people import People
from conference.exchange.seen import Seen
from conference.sharing.searching.renewing import renew
from conference.trail import writing


@dataclass(frozen=True)
class Done:
    """What became of every input, and whether anything was written at all."""

    outcomes: list[Outcome]
    wrote: bool


@dataclass(frozen=True)
class _Planned:
    parsed: Parsed
    record: FoundRecord
    about: tuple[str, ...]
    token: bytes


def import_records(
    session: Session,
    case: Case,
    agency_id: str,
    found: Sequence[Parsed],
    *,
    about: str | None,
    keep_going: bool,
    by: str,
    at: datetime,
) -> Done:
    """Import what is new of `found`, in its order, into the case as this agency's.

    about:      the person, by id or role, of inputs that do not say whom they are about; None if they all do.
    by:         the id of the run, or of who makes it. It is the actor in the log.
    keep_going: import the sound inputs although others were refused; else one refusal stops all.
    The caller rolls back where nothing was written: matching alone is not worth a line in the log.
    Raises BadInput if `about` names nobody or several, or the case is not listed for the agency.
    """
    if agency_id not in {row.agency_id for row in cases.agencies_of(session, case)}:
        raise BadInput("The case is not listed for this agency.", "agency")
    session.scalar(select(Case.id).where(Case.id == case.id).with_for_update())
    importing = _Importing(session, case, agency_id, by, at)
    planned = importing.plan(found, about)
    refused = any(isinstance(one, Outcome) and one.what is What.REFUSED for one in planned)
    if refused and not keep_going:
        return Done([_held(one) for one in planned], wrote=False)
    outcomes = [one if isinstance(one, Outcome) else importing.write(one) for one in planned]
    wrote = any(one.what is What.IMPORTED for one in outcomes)
    if wrote:
        people = {one for each in planned if isinstance(each, _Planned) for one in each.about}
        renew(session, case.partnership_id, case.id, agency_id, people)
        writing.record(
            session, "import.done", partnership=case.partnership_id, actor=by, agency=agency_id, case=case.id
        )
    return Done(outcomes, wrote)


class _Importing:
    def __init__(self, session: Session, case: Case, agency_id: str, by: str, at: datetime) -> None:
        self._session = session
        self._case = case
        self._agency_id = agency_id
        self._by = by
        self._at = at
        self._seen = Seen(session, case, agency_id)

    def plan(self, found: Sequence[Parsed], about: str | None) -> list[Outcome | _Planned]:
        """Everything that can be said before anything is written."""
        people = People(self._session, self._case, self._agency_id, self._seen, about, by=self._by)
        digests: dict[bytes, bytes] = {}
        planned: list[Outcome | Parsed] = [self._known(one, digests) for one in found]
        waiting = [one.record for one in planned if isinstance(one, Parsed) and one.record is not None]
        people.settle(record.about for record in waiting)
        return [one if isinstance(one, Outcome) else self._placed(one, people) for one in planned]

    def write(self, planned: _Planned) -> Outcome:
        """Store one record: as new, or as corrections of what came in before."""
        found, token = planned.record, planned.token
        kept = self._seen.find(token)
        record = self._session.get(Record, kept.record_id) if kept is not None and kept.record_id else None
        if record is None:
            record = records.add_record(
                self._session,
                case_id=self._case.id,
                agency_id=self._agency_id,
                type=found.title,
                about=planned.about,
                by=self._by,
                at=self._at,
                external_id=token.hex(),
            )
        notes = list(planned.parsed.notes)
        added = changed = by_hand = 0
        for field in found.fields:
            done = self._write_field(record, token, field)
            added, changed, by_hand = added + done[0], changed + done[1], by_hand + done[2]
        now = {self._seen.field_token(token, field) for field in found.fields}
        gone = sum(row.token not in now for row in self._seen.fields_of(record.id))
        if gone > 0:
            notes.append(f"{counted(gone, 'field')} of before no longer in it, and left as they were")
        if by_hand:
            notes.append(f"{counted(by_hand, 'field')} offered as a summary: correct by hand")
        else:
            self._seen.keep(token, self._seen.record_digest(found), record=record.id)
        if found.about.external_id:
            person = self._seen.person_token(found.about.external_id)
            if self._seen.find(person) is None:
                self._seen.keep(person, b"", person=planned.about[0])
        what = What.IMPORTED if added or changed or not by_hand else What.LEFT_OUT
        return Outcome(planned.parsed.place, what, added, changed, notes=tuple(notes))

    def _known(self, parsed: Parsed, digests: dict[bytes, bytes]) -> Outcome | Parsed:
        """What needs no more: settled by reading, or the same as before."""
        if parsed.outcome is not None:
            return parsed.outcome
        if parsed.record is None:
            raise AssertionError("an input that is neither a record nor settled")
        token, digest = self._seen.record_token(parsed.record), self._seen.record_digest(parsed.record)
        if digests.setdefault(token, digest) != digest:
            why = Fault("", "two inputs have the same id and different contents")
            return Outcome(parsed.place, What.REFUSED, faults=(why,))
        kept = self._seen.find(token)
        if kept is not None and kept.digest == digest:
            return Outcome(parsed.place, What.UNCHANGED)
        return parsed

    def _placed(self, parsed: Parsed, people: People) -> Outcome | _Planned:
        record = parsed.record
        if record is None:
            raise AssertionError("an input that is neither a record nor settled")
        person = people.of(record.about)
        if isinstance(person, Fault):
            return Outcome(parsed.place, What.REFUSED, faults=(person,))
        if not isinstance(person, str):
            return Outcome(parsed.place, person[0], detail=person[1])
        also = {other for hint in record.also if (other := people.among_these(hint))} - {person}
        about = (person, *sorted(also))
        token = self._seen.record_token(record)
        kept = self._seen.find(token)
        stored = self._session.get(Record, kept.record_id) if kept is not None and kept.record_id else None
        if stored is not None and {one.person_id for one in stored.subjects} != set(about):
            why = Fault("", "came in before about somebody else of the case")
            return Outcome(parsed.place, What.REFUSED, faults=(why,))
        return _Planned(parsed, record, about, token)

    def _write_field(self, record: Record, token: bytes, found: FoundField) -> tuple[int, int, int]:
        """Store one field. Returns how many were added, corrected, left to be corrected by hand."""
        field_token, digest = self._seen.field_token(token, found), self._seen.field_digest(found)
        kept = self._seen.find(field_token)
        if kept is not None and kept.digest == digest:
            return 0, 0, 0
        stored = self._session.get(Field, kept.field_id) if kept is not None and kept.field_id else None
        if stored is not None and stored.offered is Offered.SUMMARY:
            return 0, 0, 1  # its summary would no longer be of what it says
        if stored is not None:
            records.correct_field(
                self._session,
                stored,
                value=found.value,
                source=found.source,
                kind=found.kind,
                recorded_at=found.recorded_at,
                by=self._by,
                at=self._at,
            )
        else:
            stored = records.add_field(
                self._session,
                record,
                class_name=found.class_name,
                value=found.value,
                kind=found.kind,
                source=found.source,
                recorded_at=found.recorded_at,
                by=self._by,
                at=self._at,
                external_id=field_token.hex(),
            )
        self._seen.keep(field_token, digest, record=record.id, field=stored.id)
        return (0, 1, 0) if kept is not None else (1, 0, 0)


def _held(one: Outcome | _Planned) -> Outcome:
    if isinstance(one, Outcome):
        return one
    return Outcome(one.parsed.place, What.HELD, detail="another input was refused")


def held(found: Sequence[Parsed]) -> list[Outcome]:
    """What to say where reading alone refused an input, so that the database was not even asked."""
    why = "another input was refused"
    return [one.outcome or Outcome(one.place, What.HELD, detail=why) for one in found]
