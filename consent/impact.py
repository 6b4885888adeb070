"""What a withdrawal touches. Source: the law, "What else the engine answers"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from consent.decide import decide
from consent.model import Decision, Level, Policy
from consent.moment import write_moment


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something that was shown once.

    ref:     whatever the caller knows it by.
    request: the cell as it was asked then, its moment with it (what `decide` takes).
    level:   how far it was shown.
    consent: the consent that the decision of then named; None if it named none.
    """

    ref: str
    request: Mapping[str, object]
    level: Level
    consent: str | None


@dataclass(frozen=True, slots=True)
class Touched:
    """A disclosure that leaned on the consent, and the decision for the same cell now, without it."""

    disclosure: Disclosure
    now: Decision

    @property
    def stands(self) -> Level:
        """How far what was shown may still be shown today on another basis; NONE: not at all."""
        return min(self.now.level, self.disclosure.level)


def impact(
    before: Policy, after: Policy, consent: str, disclosures: Iterable[Disclosure], *, at: datetime
) -> tuple[Touched, ...]:
    """The disclosures that leaned on `consent` (an id), in the order given, each with the decision for now.

    before: the policy with the consent as it was. after: the same with the consent withdrawn.
    at:     now, aware: by it the withdrawal is made.
    One leaned on the consent if its decision named it, or if without that consent its level at its own moment
    would have been lower (with several people concerned a decision names the consent of one of them only).
    """
    without = _without(before, consent)
    now = write_moment(at)
    return tuple(
        Touched(one, decide(after, {**one.request, "at": now}))
        for one in disclosures
        if one.consent == consent or decide(without, one.request).level < decide(before, one.request).level
    )


def _without(policy: Policy, consent: str) -> Policy:
    """The policy as it decides without a consent."""
    kept = {
        person: tuple(one for one in said if one.id != consent) for person, said in policy.consents_of.items()
    }
    return replace(policy, consents_of=kept)
