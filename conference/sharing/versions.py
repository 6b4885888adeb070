"""Versions of a partnership's policy: which is in force, the parts of one, putting the next one in force."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from conference.clock import LONDON, moment
from conference.errors import Refused
from conference.sharing import policy
from conference.sharing.models import PolicyVersion
from conference.sharing.said import check_versions

AGREED = ("classes", "purposes", "bases", "locks", "rules")
"""What a draft holds. Agencies and agreements are always those of the version in force."""

Part = dict[str, Any]


def newest(session: Session, partnership_id: str, at: datetime) -> PolicyVersion:
    """The version in force at `at`. Raises Refused where there is none, RowBroken where one is not ours."""
    found = [one for one in versions(session, partnership_id) if one.published_at <= at]
    if not found:
        raise Refused("no-policy")
    return found[0]


def versions(session: Session, partnership_id: str) -> list[PolicyVersion]:
    """Every version that was ever in force, newest first."""
    check_versions(session, partnership_id)
    query = select(PolicyVersion).where(PolicyVersion.partnership_id == partnership_id)
    return list(session.scalars(query.order_by(PolicyVersion.published_at.desc(), PolicyVersion.id)))


def agreed(document: str) -> Part:
    """The part of a policy that drafts change."""
    whole = json.loads(document)
    return {key: whole[key] for key in AGREED}


def at_least(document: str, current: str) -> Part:
    """The part of a policy that drafts change, with every class, purpose and lock that `current` has too.

    Classes are as `current` has them: under which name one is told at presence shows in no comparison.
    """
    part, now = agreed(document), agreed(current)
    names, locks = ({one[key] for one in of} for key, of in (("name", now["classes"]), ("id", part["locks"])))
    part["classes"] = [*now["classes"], *(one for one in part["classes"] if one["name"] not in names)]
    part["locks"] = [*part["locks"], *(one for one in now["locks"] if one["id"] not in locks)]
    part["purposes"] = list(dict.fromkeys((*part["purposes"], *now["purposes"])))
    return part


def lacking(part: Mapping[str, Any], current: str) -> list[str]:
    """What of `current` people's words and professionals' decisions may name, and this part has not."""
    now = agreed(current)
    locks = {one["id"] for one in part["locks"]}
    gone = [
        f"classes: {one['name']} is missing or told otherwise"
        for one in now["classes"]
        if one not in part["classes"]
    ]
    gone += [f"purposes: {one} is missing" for one in now["purposes"] if one not in part["purposes"]]
    return gone + [f"locks: {one['id']} is missing" for one in now["locks"] if one["id"] not in locks]


def written(part: Mapping[str, Any]) -> str:
    """A part, or a whole policy, as it is stored."""
    return json.dumps(part, ensure_ascii=False, indent=1)


def hash_of(part: Mapping[str, Any]) -> str:
    """The same for the same content, however it was laid out."""
    plain = json.dumps({key: part[key] for key in AGREED}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()


def whole(part: Mapping[str, Any], current: str) -> str:
    """A whole policy: this part, and everything else as `current` has it."""
    return written({**json.loads(current), **{key: part[key] for key in AGREED}})


def with_agreements(document: str, agreements: Iterable[Mapping[str, Any]]) -> str:
    """The same policy with these agreements instead of its own."""
    return written({**json.loads(document), "agreements": list(agreements)})


def publish_next(
    session: Session,
    partnership_id: str,
    document: str,
    *,
    actor: str | None,
    agency: str | None,
    at: datetime,
) -> PolicyVersion:
    """Put `document` in force as the next version: called by the day, never at the moment of the one before.

    Raises consent.BrokenPolicy.
    """
    before = versions(session, partnership_id)
    if before and before[0].published_at >= at:
        at = before[0].published_at + timedelta(microseconds=1)
    taken = {one.version for one in before}
    numbers = range(len(before) + 1, 2 * len(before) + 2)
    name = next(name for number in numbers if (name := f"{at:%Y-%m-%d}.{number}") not in taken)
    named = written({**json.loads(document), "version": name})
    return policy.publish(session, partnership_id, named, actor=actor, agency=agency, at=at)


def boundary(documents: Iterable[str], at: datetime) -> datetime | None:
    """The last moment up to `at` at which one of these policies changes by itself; None if there is none."""
    found = {moment for document in documents for moment in _moments(json.loads(document))}
    past = [known for known in map(parsed, found) if known <= at]
    return max(past, default=None)


def parsed(moment: str) -> datetime:
    """A moment as policies write it, aware."""
    return datetime.fromisoformat(moment).astimezone(UTC)


def _moments(part: object) -> set[str]:
    if isinstance(part, dict):
        own = {value for key, value in part.items() if key in {"from", "until"} and isinstance(value, str)}
        return own.union(*(_moments(value) for value in part.values()))
    if isinstance(part, list):
        return set().union(*(_moments(value) for value in part))
    return set()


def day_moment(day: date | None) -> str | None:
    """The first moment of a day in London, as policies write it."""
    return None if day is None else moment(datetime.combine(day, time(), LONDON))
