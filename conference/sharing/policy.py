"""The policy in force, as the engine wants it: a version of it, people's consents, decisions made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference.cases.models import CONFERENCE
from conference.clock import moment
from conference.errors import Refused
from conference.identity.models import Agency
from conference.ids import new_id
from conference.inputs import moved, seen
from conference.sharing.kept import Kept
from conference.sharing.models import ConsentRow, DecisionRow, PolicyVersion
from conference.sharing.said import check_versions, said_about, seal_versions
from conference.trail import writing

BrokenPolicy = consent.BrokenPolicy  # for whoever publishes

TEMPLATE = Path(__file__).with_name("default_policy.json")


Seals = tuple[tuple[str, str, bytes | None], ...]
_extended: Kept[tuple[consent.Policy, consent.Layout]] = Kept(256)


@dataclass(frozen=True)
class InForce:
    """What decisions rest on for some people at a moment.

    horizon: the next moment at which any answer can change by itself; None if there is none.
    sha256:  of the partnership's version. Consents are left out: a reader of the log must not learn from it
             that somebody else's consent changed; they are known from their own events.
    seal:    of the version's row.   seals: of what counts about each person: (table, id, seal) of each row.
    """

    policy: consent.Policy
    version: str
    sha256: str
    horizon: datetime | None
    layout: consent.Layout
    seal: bytes | None
    seals: Mapping[str, Seals]


def default_document(agencies: Iterable[Agency], *, version: str, agreements: list[dict[str, Any]]) -> str:
    """The default policy made whole for a partnership: its agencies and agreements put in."""
    document: dict[str, Any] = {"format": "conference-policy/1", "version": version}
    document |= json.loads(TEMPLATE.read_text("utf-8"))
    known = {agency.id: {"kind": agency.kind, "sector": agency.sector} for agency in agencies}
    document["agencies"] = {**known, CONFERENCE: {"kind": "conference", "sector": "public"}}
    document |= {"agreements": agreements, "consents": [], "decisions": []}
    return json.dumps(document, ensure_ascii=False, indent=1)


def publish(
    session: Session,
    partnership_id: str,
    document: str,
    *,
    actor: str | None,
    agency: str | None,
    at: datetime,
) -> PolicyVersion:
    """Put a new version in force from now on. Raises consent.BrokenPolicy, with every fault.

    actor, agency: None where whoever installs does it.
    """
    policy = consent.load(document)
    check_versions(session, partnership_id)
    row = PolicyVersion(
        id=new_id("pol"),
        partnership_id=partnership_id,
        version=policy.version,
        document=document,
        sha256=hashlib.sha256(document.encode("utf-8")).hexdigest(),
        published_at=at,
        published_by=actor or "installer",
    )
    session.add(row)
    seal_versions(session, partnership_id)
    concerns = tuple(agency.name for agency in policy.agencies if agency.name != CONFERENCE)
    writing.record(
        session,
        "policy.published",
        partnership=partnership_id,
        actor=actor,
        agency=agency,
        policy=row.sha256,
        concerns=concerns,
    )
    moved(session, partnership_id)
    return row


def in_force(
    session: Session,
    partnership_id: str,
    people: Iterable[str],
    at: datetime,
    *,
    staff: str | None = None,
) -> InForce:
    """The policy for deciding about `people` (ids) at `at`. Always as many queries, whatever there is.

    staff: whose emergency access counts: it is theirs alone, not their agency's; None is nobody's.
    Raises Refused while the partnership has no policy: nothing is decided without one; RowBroken where a
    version, a consent or a decision was changed by somebody else, or is gone.
    """
    check_versions(session, partnership_id)
    row = session.scalar(
        select(PolicyVersion)
        .where(PolicyVersion.partnership_id == partnership_id, PolicyVersion.published_at <= at)
        .order_by(PolicyVersion.published_at.desc(), PolicyVersion.id)
        .limit(1)
    )
    wanted = sorted(set(people))
    consents, decisions = said_about(session, wanted)
    if row is None:
        raise Refused("no-policy")
    counted = [one for one in decisions if counts_for(json.loads(one.document), staff)]
    counting: list[ConsentRow | DecisionRow] = [*consents, *counted]
    seals: dict[str, Seals] = dict.fromkeys(wanted, ())
    for one in counting:
        seals[one.person_id] += ((one.__tablename__, one.id, one.row_seal),)
    policy, layout = _with_said(session, partnership_id, row, consents, counted)
    horizon = consent.horizon_of(policy, layout, {*policy.consents_of, *policy.signed_for}, at)
    return InForce(policy, row.version, row.sha256, horizon, layout, row.row_seal, seals)


def _with_said(
    session: Session,
    partnership_id: str,
    row: PolicyVersion,
    consents: Sequence[ConsentRow],
    decisions: Sequence[DecisionRow],
) -> tuple[consent.Policy, consent.Layout]:
    """The version `row` with what was said and decided, as these rows have it, and the layout it is made on.

    They are kept together: two threads that read a version at the same time each have a layout of their own.
    """
    counting: list[ConsentRow | DecisionRow] = [*consents, *decisions]
    rows = tuple((one.__tablename__, one.id, one.row_seal) for one in counting)
    counter = seen(session, partnership_id)
    key, database = (partnership_id, row.row_seal, counter, rows), session.info["database"]
    known = _extended.get(database, key) if counter is not None else None
    if known is None:
        spoken, decided = ([json.loads(one.document) for one in of] for of in (consents, decisions))
        version, layout = _laid_out(row.document)
        known = consent.extend(version, consents=spoken, decisions=decided), layout
        if counter is not None:
            _extended.put(database, key, known)
    return known


def counts_for(decision: Mapping[str, Any], staff: str | None) -> bool:
    """Whether a decision, as the policy writes it, says anything about what one member of staff may see."""
    return str(decision["kind"]) != "break-glass" or str(decision["requested_by"]) == staff


@lru_cache(maxsize=32)
def _laid_out(document: str) -> tuple[consent.Policy, consent.Layout]:
    policy = consent.load(document)
    return policy, consent.Layout.of(policy)


def request_for(
    *,
    at: datetime,
    purpose: str,
    owner: str,
    class_name: str,
    offered: str,
    subjects: Iterable[tuple[str, str]],
    agency: str,
    roles: Iterable[str],
    excluded: bool,
) -> dict[str, object]:
    """A request in the engine's form. subjects: (person id, role)."""
    return {
        "at": moment(at),
        "purpose": purpose,
        "owner": owner,
        "class": class_name,
        "offered": offered,
        "subjects": [{"person": person, "role": role} for person, role in subjects],
        "recipient": {"agency": agency, "roles": sorted(roles), "excluded": excluded},
    }
