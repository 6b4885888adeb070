"""Many decisions written or ended at once: as many statements however many people a case has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import consent
from conference.clock import moment
from conference.ids import new_id
from conference.inputs import moved
from conference.sharing.models import SAID_ELSEWHERE, DecisionRow
from conference.sharing.policy import InForce
from conference.sharing.said import before_saying, seal_said


def write(
    session: Session,
    partnership_id: str,
    documents: Sequence[dict[str, Any]],
    *,
    rests: InForce,
    at: datetime,
) -> list[str]:
    """Keep decisions in the policy's form, without id and reason: the reason stands, sealed, elsewhere.

    rests: the policy in force, which must take them. Returns their ids, in order.
    Raises consent.BrokenPolicy where the engine refuses one, ValueError if one would begin before `at`.
    """
    made = [{"id": new_id("dcn"), **one, "reason": SAID_ELSEWHERE} for one in documents]
    if any(one["from"] < moment(at) for one in made):
        raise ValueError("a decision cannot begin before it is recorded")
    consent.extend(rests.policy, consents=[], decisions=made)
    people = sorted({one["person"] for one in made})
    before_saying(session, *people)
    session.add_all(
        DecisionRow(
            id=one["id"],
            partnership_id=partnership_id,
            person_id=one["person"],
            document=json.dumps(one, ensure_ascii=False),
            recorded_at=at,
        )
        for one in made
    )
    seal_said(session, *people)
    moved(session, partnership_id)
    return [one["id"] for one in made]


def end(session: Session, partnership_id: str, decision_ids: Sequence[str], *, at: datetime) -> None:
    """Let decisions count no longer from `at` on: what they let through before then stays as it was.

    One that began at this very moment counts for a microsecond: a decision ends after it begins.
    """
    rows = session.scalars(select(DecisionRow).where(DecisionRow.id.in_(decision_ids))).all()
    people = sorted({row.person_id for row in rows})
    before_saying(session, *people)
    for row in rows:
        document = json.loads(row.document)
        begins = datetime.fromisoformat(document["from"])
        last = moment(max(at, begins + timedelta(microseconds=1)))
        document["until"] = min(document["until"], last)
        row.document = json.dumps(document, ensure_ascii=False)
    seal_said(session, *people)
    moved(session, partnership_id)
