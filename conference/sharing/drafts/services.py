"""Write a draft of rules: one officer's, and nothing is decided by it. Its way on is in `publishing`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.identity.services import Viewer
from conference.ids import new_id
from conference.inputs import hold
from conference.permissions import Permission
from conference.sharing import versions
from conference.sharing.drafts.models import DraftState, RuleDraft
from conference.sharing.models import PolicyVersion

LONGEST_WHY = 1000
Rule = dict[str, Any]


class Unsound(BadInput):
    """The engine refuses the policy that this would make.

    faults: its own lines, `path: what is wrong`.   rule: the place in `rules` of the one that was changed.
    """

    def __init__(self, faults: Collection[str], rule: int | None = None) -> None:
        super().__init__("These rules cannot be used as they are.")
        self.faults = tuple(faults)
        self.rule = rule


def must_govern(viewer: Viewer) -> None:
    """Raises Refused unless they are an information governance officer."""
    if not viewer.may(Permission.GOVERNANCE):
        raise Refused("role")


# --- writing one --------------------------------------------------------------------------------------------


def start(
    session: Session, viewer: Viewer, *, why: str, at: datetime, version_id: str | None = None
) -> RuleDraft:
    """A new draft: the rules in force, or those of an earlier version, to go back to it.

    Going back takes no class, purpose or lock away: what people have said since may name it.

    Raises BadInput, NotFound; Refused while there is no policy.
    """
    must_govern(viewer)
    if not why.strip():
        raise BadInput("Say why the rules should change.", "why")
    if len(why) > LONGEST_WHY:
        raise BadInput(f"Use {LONGEST_WHY:,} characters or fewer.", "why")
    base = versions.newest(session, viewer.partnership_id, at)
    source = base if version_id is None else version(session, viewer, version_id)
    draft = RuleDraft(
        id=new_id("dft"),
        partnership_id=viewer.partnership_id,
        why=why.strip(),
        state=DraftState.OPEN.value,
        author=viewer.staff_id,
        author_agency=viewer.agency_id,
        created_at=at,
        base_id=base.id,
        base_hash=versions.hash_of(versions.agreed(base.document)),
        document=versions.written(versions.at_least(source.document, base.document)),
    )
    session.add(draft)
    session.flush()
    return draft


def put_rule(session: Session, viewer: Viewer, draft_id: str, rule: Rule, *, at: datetime) -> None:
    """Add a rule, or put this one in the place of the one with its id. Raises Unsound with every fault."""
    draft = to_write(session, viewer, draft_id)
    part = json.loads(draft.document)
    ids = [one["id"] for one in part["rules"]]
    place = ids.index(rule["id"]) if rule["id"] in ids else len(ids)
    part["rules"][place : place + 1] = [rule]
    keep(session, draft, part, at, place)


def remove_rule(session: Session, viewer: Viewer, draft_id: str, rule_id: str, *, at: datetime) -> None:
    """Take a rule out. Raises NotFound."""
    draft = to_write(session, viewer, draft_id)
    part = json.loads(draft.document)
    kept = [one for one in part["rules"] if one["id"] != rule_id]
    if len(kept) == len(part["rules"]):
        raise NotFound(f"rule {rule_id}")
    keep(session, draft, {**part, "rules": kept}, at, None)


def new_rule_id(draft: RuleDraft, effect: str) -> str:
    """What a new rule is called: `r-new-1`, and so on; `f-` where it forbids, `l-` where it limits."""
    first = {"forbid": "f", "limit": "l"}.get(effect, "r")
    taken = {one["id"] for one in json.loads(draft.document)["rules"]}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{first}-new-{number}") not in taken)


def rule_of(draft: RuleDraft, rule_id: str) -> Rule:
    """One rule of a draft. Raises NotFound."""
    for one in json.loads(draft.document)["rules"]:
        if one["id"] == rule_id:
            found: Rule = one
            return found
    raise NotFound(f"rule {rule_id}")


def drop(session: Session, viewer: Viewer, draft_id: str, *, at: datetime) -> None:
    """Give a draft up. Its author, or any officer of the author's agency."""
    must_govern(viewer)
    draft = held(session, viewer, draft_id)
    if viewer.agency_id != draft.author_agency:
        raise Refused("author")
    must_be(draft, DraftState.OPEN, DraftState.SENT)
    draft.state, draft.closed_at, draft.closed_by = DraftState.DROPPED.value, at, viewer.staff_id
    session.flush()


def to_write(session: Session, viewer: Viewer, draft_id: str) -> RuleDraft:
    """A draft that this officer may change. Raises Conflict, NotFound, Refused."""
    must_govern(viewer)
    draft = held(session, viewer, draft_id)
    if draft.author != viewer.staff_id:
        raise Refused("author")
    must_be(draft, DraftState.OPEN)
    return draft


def keep(session: Session, draft: RuleDraft, part: Mapping[str, Any], at: datetime, rule: int | None) -> None:
    """Write a draft's content, if the engine takes it. Raises Unsound."""
    current = versions.newest(session, draft.partnership_id, at)
    try:
        consent.load(versions.whole(part, current.document))
    except consent.BrokenPolicy as broken:
        raise Unsound(broken.faults, rule) from None
    draft.document = versions.written(part)
    session.flush()


# --- finding ----------------------------------------------------------------------------------------------


def find(session: Session, viewer: Viewer, draft_id: str) -> RuleDraft:
    """A draft of the viewer's partnership. Raises NotFound."""
    query = select(RuleDraft).where(
        RuleDraft.id == draft_id, RuleDraft.partnership_id == viewer.partnership_id
    )
    draft = session.scalar(query)
    if draft is None:
        raise NotFound(f"draft {draft_id}")
    return draft


def drafts(session: Session, viewer: Viewer) -> list[RuleDraft]:
    """Every draft of the partnership, newest first."""
    query = select(RuleDraft).where(RuleDraft.partnership_id == viewer.partnership_id)
    return list(session.scalars(query.order_by(RuleDraft.created_at.desc(), RuleDraft.id)))


def version(session: Session, viewer: Viewer, version_id: str) -> PolicyVersion:
    """A version that was in force once, or is. Raises NotFound."""
    for one in versions.versions(session, viewer.partnership_id):
        if one.id == version_id:
            return one
    raise NotFound(f"version {version_id}")


def held(session: Session, viewer: Viewer, draft_id: str) -> RuleDraft:
    """A draft, while nothing that decisions rest on can change."""
    hold(session, viewer.partnership_id)
    return find(session, viewer, draft_id)


def must_be(draft: RuleDraft, *states: DraftState) -> None:
    """Raises Conflict unless it stands there."""
    if draft.state not in states:
        raise Conflict(f"draft: {draft.state}")
