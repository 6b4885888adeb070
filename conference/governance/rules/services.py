"""What the pages about rules say: sentences, drafts, what would change, and who has still to accept."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE
from conference.governance.rules.listing import ALL_RULES, Group, Narrow, Own, Sentence, grouped
from conference.governance.rules.sentences import PANEL, Speaker
from conference.identity.services import Viewer, list_agencies, staff_names
from conference.sharing import versions
from conference.sharing.drafts import services as drafts
from conference.sharing.drafts.models import DraftState, RuleDraft
from conference.sharing.drafts.rebasing import edits

CONFERENCE_NAME = "The conference"


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft in a list."""

    id: str
    why: str
    author: str
    state: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A version in the list."""

    id: str
    name: str
    published_at: datetime
    by: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class RulesPage:
    """One version of the rules, in words."""

    version: Version
    locks: tuple[Sentence, ...]
    groups: tuple[Group, ...]
    drafts: tuple[Draft, ...]
    versions: tuple[Version, ...]


STATES = {
    DraftState.OPEN: "Being written",
    DraftState.SENT: "Waiting to be accepted",
    DraftState.PUBLISHED: "Published",
    DraftState.DROPPED: "Given up",
}


def rules_page(
    session: Session,
    viewer: Viewer,
    *,
    at: datetime,
    version_id: str | None = None,
    whose: str = "",
    shown_to: str = "",
    about: str = "",
) -> RulesPage:
    """The rules in force, or those of a version. whose, shown_to, about: which of them, as in `Narrow`.

    Raises NotFound; Refused while there is no policy.
    """
    known = versions.versions(session, viewer.partnership_id)
    current = versions.newest(session, viewer.partnership_id, at)
    shown = current if version_id is None else drafts.version(session, viewer, version_id)
    names = staff_names(session, viewer.partnership_id, [one.published_by for one in known])
    listed_versions = {
        one.id: Version(
            one.id, one.version, one.published_at, names.get(one.published_by, "Installer"), one is current
        )
        for one in known
    }
    part = versions.agreed(shown.document)
    narrow = replace(_own(session, viewer, shown.document), whose=whose, shown_to=shown_to, about=about)
    speaker = speaker_for(session, viewer, part)
    return RulesPage(
        listed_versions[shown.id],
        tuple(Sentence(speaker.lock(one), (one["id"],)) for one in part["locks"]),
        grouped(speaker, part["rules"], narrow),
        draft_list(session, viewer),
        tuple(listed_versions.values()),
    )


def speaker_for(session: Session, viewer: Viewer, part: dict[str, Any]) -> Speaker:
    """Who says it with the names of this partnership."""
    names = {agency.id: agency.name for agency in list_agencies(session, viewer.partnership_id)}
    return Speaker({**names, CONFERENCE: CONFERENCE_NAME}, [one["name"] for one in part["classes"]])


def _own(session: Session, viewer: Viewer, document: str) -> Narrow:
    """The rules about the viewer's own agency's information. document: the policy they are of, whole."""
    agencies = list_agencies(session, viewer.partnership_id)
    own = next(one for one in agencies if one.id == viewer.agency_id)
    bases = [one["code"] for one in json.loads(document)["bases"] if own.sector in one["sectors"]]
    return Narrow(
        Own(own.id, own.name, own.kind, frozenset(bases)),
        kinds_of={one.id: one.kind for one in agencies},
    )


def draft_list(session: Session, viewer: Viewer) -> tuple[Draft, ...]:
    """Drafts that are not done with, newest first."""
    rows = [one for one in drafts.drafts(session, viewer) if one.state in {DraftState.OPEN, DraftState.SENT}]
    names = staff_names(session, viewer.partnership_id, [one.author for one in rows])
    return tuple(draft_line(one, names, viewer) for one in rows)


def draft_line(row: RuleDraft, names: dict[str, str], viewer: Viewer) -> Draft:
    """A draft as lists show it. names: of staff, by id."""
    author = names.get(row.author, "Somebody who has left")
    return Draft(row.id, row.why, author, STATES[DraftState(row.state)], row.author == viewer.staff_id)


# --- one draft ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DraftPage:
    """What its author changes, and all the rules that it has."""

    draft: Draft
    added: tuple[Sentence, ...]
    changed: tuple[tuple[Sentence, Sentence], ...]
    removed: tuple[Sentence, ...]
    groups: tuple[Group, ...]
    may_write: bool


def draft_page(session: Session, viewer: Viewer, draft_id: str) -> DraftPage:
    """A draft as its author works on it. Raises NotFound."""
    row = drafts.find(session, viewer, draft_id)
    part = json.loads(row.document)
    speaker = speaker_for(session, viewer, part)
    made = edits(session, viewer, row)
    names = staff_names(session, viewer.partnership_id, [row.author])

    def said(rule: dict[str, Any]) -> Sentence:
        return Sentence(speaker.rule(rule), (rule["id"],))

    return DraftPage(
        draft_line(row, names, viewer),
        tuple(said(one) for one in made.added),
        tuple((said(old), said(new)) for old, new in made.changed),
        tuple(said(one) for one in made.removed),
        grouped(speaker, part["rules"], ALL_RULES),
        row.author == viewer.staff_id and row.state == DraftState.OPEN,
    )


@dataclass(frozen=True, slots=True)
class Editing:
    """A rule that is being written. part: what the draft knows.   agencies: ids to names."""

    draft: RuleDraft
    rule_id: str | None
    rule: dict[str, Any]
    part: dict[str, Any]
    agencies: dict[str, str]


NEW = {"effect": "permit", "approvals": 0, "recipients": {"roles": sorted(PANEL)}}


def editing(session: Session, viewer: Viewer, draft_id: str, rule_id: str | None) -> Editing:
    """A rule of a draft, or a new one, for its author. Raises Conflict, NotFound, Refused."""
    row = drafts.to_write(session, viewer, draft_id)
    agencies = {agency.id: agency.name for agency in list_agencies(session, viewer.partnership_id)}
    rule = NEW if rule_id is None else drafts.rule_of(row, rule_id)
    return Editing(row, rule_id, rule, json.loads(row.document), agencies)
