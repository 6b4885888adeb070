"""Make a draft's changes again, on the rules that are in force now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from conference.errors import BadInput, Refused
from conference.identity.services import Viewer
from conference.sharing import versions
from conference.sharing.drafts.models import DraftState, RuleDraft
from conference.sharing.drafts.services import held, keep, must_be, must_govern, version

Rules = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Edits:
    """How a draft's rules differ from those it was made from: by id, in order."""

    added: tuple[dict[str, Any], ...]
    changed: tuple[tuple[dict[str, Any], dict[str, Any]], ...]
    removed: tuple[dict[str, Any], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def edits(session: Session, viewer: Viewer, draft: RuleDraft) -> Edits:
    """What the author did."""
    return _edits(_base(session, viewer, draft), _rules(json.loads(draft.document)))


def rebase(session: Session, viewer: Viewer, draft_id: str, *, at: datetime) -> None:
    """Put the author's changes into the rules in force now. What was accepted before does not hold for it.

    Raises BadInput where somebody has changed the same rule in the meantime; Unsound; Refused.
    """
    must_govern(viewer)
    draft = held(session, viewer, draft_id)
    if draft.author != viewer.staff_id:
        raise Refused("author")
    must_be(draft, DraftState.OPEN, DraftState.SENT)
    base = _base(session, viewer, draft)
    made = _edits(base, _rules(json.loads(draft.document)))
    current = versions.newest(session, viewer.partnership_id, at)
    part = versions.agreed(current.document)
    now = _rules(part)
    touched = {one["id"] for one in (*(old for old, _ in made.changed), *made.removed)}
    clash = sorted(name for name in touched if now.get(name) != base[name])
    clash += sorted(one["id"] for one in made.added if one["id"] in now)
    if clash:
        raise BadInput(f"These rules have been changed by somebody else: {', '.join(clash)}.", "draft")
    after = {one["id"]: one for _, one in made.changed}
    gone = {one["id"] for one in made.removed}
    kept = [after.get(name, one) for name, one in now.items() if name not in gone]
    draft.base_id, draft.base_hash = current.id, versions.hash_of(part)
    draft.state, draft.sent_at = DraftState.OPEN.value, None
    keep(session, draft, {**part, "rules": [*kept, *made.added]}, at, None)


def _edits(base: Rules, now: Rules) -> Edits:
    return Edits(
        added=tuple(one for name, one in now.items() if name not in base),
        changed=tuple((base[name], one) for name, one in now.items() if name in base and base[name] != one),
        removed=tuple(one for name, one in base.items() if name not in now),
    )


def _base(session: Session, viewer: Viewer, draft: RuleDraft) -> Rules:
    return _rules(versions.agreed(version(session, viewer, draft.base_id).document))


def _rules(part: dict[str, Any]) -> Rules:
    return {one["id"]: one for one in part["rules"]}
