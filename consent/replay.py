"""What was decided at a moment. Source: the law, "What else the engine answers"."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from consent.decide import decide
from consent.load import extend
from consent.model import Decision, Policy
from consent.moment import parse_moment


class Version(NamedTuple):
    """A version of the policy, and the moment (aware) from which it is in force until the next one is."""

    published_at: datetime
    policy: Policy


def replay(
    versions: Iterable[Version],
    request: object,
    *,
    consents: Sequence[Mapping[str, object]] = (),
    decisions: Sequence[Mapping[str, object]] = (),
) -> Decision | None:
    """The decision for `request` with the version in force at the request's own moment.

    versions:  in any order; of two published at the same moment the first given counts.
    consents, decisions: what is known today, written as a policy writes them. What was recorded, approved or
    withdrawn later than the request's moment changes nothing (the ninth law), so today's may be given.
    None if no version was in force, or the request has no moment. Raises BrokenPolicy if one of `consents` or
    `decisions` that existed then does not fit the version.
    """
    at = parse_moment(request.get("at")) if isinstance(request, Mapping) else None
    policy = in_force(versions, at) if at else None
    if at is None or policy is None:
        return None
    known = extend(
        policy,
        consents=[one for one in consents if _by(one.get("recorded_at"), at)],
        decisions=[one for one in decisions if _by(one.get("from"), at)],
    )
    return decide(known, request)


def in_force(versions: Iterable[Version], at: datetime) -> Policy | None:
    """The policy in force at `at` (aware); None if none was published by then."""
    published = [version for version in versions if version.published_at <= at]
    return max(published, key=lambda version: version.published_at).policy if published else None


def _by(moment: object, at: datetime) -> bool:
    """Whether what was recorded at `moment` existed at `at`; without a moment `extend` will refuse it."""
    recorded = parse_moment(moment)
    return recorded is None or recorded <= at
