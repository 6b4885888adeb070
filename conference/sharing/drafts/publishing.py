"""What a draft would do, and its way to being published: sent, accepted by each agency it exposes, published.

Whether it may be published is worked out again inside the transaction that publishes it: what it would show
more of then must be exactly what each exposed agency's officer accepted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference.cases.models import CONFERENCE
from conference.errors import BadInput, Conflict, Refused
from conference.identity.services import Viewer, list_agencies
from conference.ids import new_id
from conference.sharing import versions
from conference.sharing.agreements.register import registered, to_compare
from conference.sharing.changes import Changes, binding, changes
from conference.sharing.drafts.models import DraftState, RuleAcceptance, RuleDraft
from conference.sharing.drafts.services import Unsound, find, held, must_be, must_govern, to_write
from conference.sharing.models import PolicyVersion
from conference.trail import writing

# --- looking at one -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """What a draft would do, and what stands between it and being published.

    is_old:  the rules in force are not those that it was made from.
    needed:  agencies whose officer must accept, by id.   accepted: those that have, for exactly this.
    old, new: the whole policies that were compared, as JSON.
    """

    draft: RuleDraft
    changes: Changes
    is_old: bool
    needed: tuple[str, ...]
    accepted: Mapping[str, RuleAcceptance]
    old: str
    new: str

    @property
    def waiting(self) -> tuple[str, ...]:
        """Agencies that have still to accept."""
        return tuple(agency for agency in self.needed if agency not in self.accepted)

    def mark(self, agency: str) -> str:
        """What an acceptance by this agency is bound to."""
        return binding(self.draft.id, self.draft.document_hash, agency, self.changes.gains_for(agency))


def look(session: Session, viewer: Viewer, draft_id: str, *, at: datetime) -> Looked:
    """Work out what a draft would do. Raises NotFound; Unsound where it no longer fits what is in force."""
    draft = find(session, viewer, draft_id)
    current = versions.newest(session, viewer.partnership_id, at)
    is_old = versions.hash_of(versions.agreed(current.document)) != draft.base_hash
    lacking = versions.lacking(json.loads(draft.document), current.document)
    if lacking:  # somebody's consent may name it: with such a policy nothing could be decided about them
        raise Unsound(lacking)
    asked = to_compare(registered(session, viewer.partnership_id), current.document)
    old = versions.with_agreements(current.document, asked)
    new = versions.whole(json.loads(draft.document), old)
    try:
        changed = changes(old, new, at)
    except consent.BrokenPolicy as broken:
        raise Unsound(broken.faults) from None
    needed = _needed(session, viewer, changed)
    looked = Looked(draft, changed, is_old, needed, {}, old, new)
    rows = session.scalars(
        select(RuleAcceptance)
        .where(RuleAcceptance.draft_id == draft.id)
        .order_by(RuleAcceptance.accepted_at, RuleAcceptance.id)
    )
    valid = {row.agency_id: row for row in rows if row.binding == looked.mark(row.agency_id)}
    return Looked(draft, changed, is_old, needed, valid, old, new)


def _needed(session: Session, viewer: Viewer, changed: Changes) -> tuple[str, ...]:
    """Whoever's information is exposed; everybody, where it is what the conference writes of all."""
    agencies = [agency.id for agency in list_agencies(session, viewer.partnership_id)]
    if CONFERENCE in changed.exposed:
        return tuple(agencies)
    return tuple(agency for agency in agencies if agency in changed.exposed)


# --- from draft to published --------------------------------------------------------------------------------


def send(session: Session, viewer: Viewer, draft_id: str, *, at: datetime) -> None:
    """The author has read what it would do, and puts it forward."""
    draft = to_write(session, viewer, draft_id)
    looked = look(session, viewer, draft_id, at=at)
    _must_be_new(looked)
    if looked.old == looked.new:
        raise BadInput("Nothing is changed yet. Change, add or remove a rule first.", "draft")
    draft.state, draft.sent_at = DraftState.SENT.value, at
    session.flush()
    _log(session, "policy.proposed", viewer, draft)


def take_back(session: Session, viewer: Viewer, draft_id: str) -> None:
    """The author takes it back to change it. What was accepted holds for exactly that content only."""
    must_govern(viewer)
    draft = held(session, viewer, draft_id)
    if draft.author != viewer.staff_id:
        raise Refused("author")
    must_be(draft, DraftState.SENT)
    draft.state, draft.sent_at = DraftState.OPEN.value, None
    session.flush()


def accept(
    session: Session, viewer: Viewer, draft_id: str, *, ticked: Collection[str], mark: str, at: datetime
) -> None:
    """Accept, for one's own agency, all that would be shown more of its information.

    ticked: the places of the gains that were ticked, "0", "1" and so on: it must be all of them.
    mark:   the mark of what was on the page (`Looked.mark`).
    Raises BadInput, Conflict, NotFound, Refused.
    """
    must_govern(viewer)
    draft = held(session, viewer, draft_id)
    must_be(draft, DraftState.SENT)
    looked = look(session, viewer, draft_id, at=at)
    _must_be_new(looked)
    own = viewer.agency_id
    if own not in looked.needed:
        raise Conflict("draft: nothing to accept for this agency")
    if mark != looked.mark(own):
        raise BadInput("This has changed since you opened it. Read it again before you accept.", "ticked")
    gains = looked.changes.gains_for(own)
    if set(ticked) != {str(place) for place in range(len(gains))}:
        raise BadInput("Tick each line that you accept. Without all of them nothing is published.", "ticked")
    if own in looked.accepted:
        return
    row = RuleAcceptance(
        id=new_id("acc"),
        partnership_id=viewer.partnership_id,
        draft_id=draft.id,
        agency_id=own,
        staff_id=viewer.staff_id,
        binding=mark,
        accepted_at=at,
    )
    session.add(row)
    session.flush()
    _log(session, "policy.accepted", viewer, draft)


def publish(session: Session, viewer: Viewer, draft_id: str, *, at: datetime) -> PolicyVersion:
    """Put the draft in force, whole, as the second officer. Raises Conflict, NotFound, Refused, Unsound.

    Nothing is published that shows more of somebody's information than their officer accepted for exactly
    this content: worked out here again, while nothing else can change.
    """
    must_govern(viewer)
    draft = held(session, viewer, draft_id)
    must_be(draft, DraftState.SENT)
    if draft.author == viewer.staff_id:
        raise Refused("author")
    looked = look(session, viewer, draft_id, at=at)
    _must_be_new(looked)
    if looked.waiting:
        raise Conflict("draft: not accepted by all")
    current = versions.newest(session, viewer.partnership_id, at)
    document = versions.whole(json.loads(draft.document), current.document)
    try:
        made = versions.publish_next(
            session,
            viewer.partnership_id,
            document,
            actor=viewer.staff_id,
            agency=viewer.agency_id,
            at=at,
        )
    except consent.BrokenPolicy as broken:
        raise Unsound(broken.faults) from None
    draft.state, draft.closed_at, draft.closed_by = DraftState.PUBLISHED.value, at, viewer.staff_id
    draft.version_id = made.id
    session.flush()
    return made


def _must_be_new(looked: Looked) -> None:
    if looked.is_old:
        raise Conflict("draft: made from rules that are no longer in force")


def _log(session: Session, name: str, viewer: Viewer, draft: RuleDraft) -> None:
    writing.record(
        session,
        name,
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        policy=draft.document_hash,
        concerns=tuple(agency.id for agency in list_agencies(session, viewer.partnership_id)),
    )
