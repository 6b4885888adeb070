"""The smallest change that would raise a level: found by deciding with it, never guessed.

Each kind of change is first tried at its largest (every person asked, the highest level), kinds together from
the smallest to the largest; then whatever the first that works does not need is taken out of it again. By the
fourth and fifth law more of any kind never lowers a level, so that what is missed so is not there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from consent.ask import Request, read_request
from consent.change import Change, Part, with_change
from consent.decide import decide
from consent.model import Level, Policy, Reason
from consent.parts import Parts

_ABOVE_NONE = (Level.PRESENCE, Level.SUMMARY, Level.FULL)
_SETTLED = (Reason.INCOMPLETE, Reason.EXCLUDED, Reason.OWN)

Raises = Callable[[Sequence[Part]], bool]


def smallest_change(policy: Policy, request: object) -> Change | None:
    """The smallest change that gives `request` a higher level; None if nothing can.

    What it adds ends a day after the request's moment and reaches nothing but this one cell.
    """
    now, asked = decide(policy, request), read_request(policy, request)
    if asked is None or not isinstance(request, Mapping) or now.reason in _SETTLED:
        return None
    narrow = _narrowed(policy, asked)

    def level(parts: Sequence[Part]) -> Level:
        return decide(*with_change(narrow, request, parts)).level

    kinds = Parts(policy, asked).by_kind()
    for number in range(1, 1 << len(kinds)):
        parts = [part for place, kind in enumerate(kinds) if number >> place & 1 for part in kind]
        if level(parts) > now.level:
            least = tuple(_least(parts, lambda some: level(some) > now.level))
            return Change(least, level(least))
    return None


def _narrowed(policy: Policy, asked: Request) -> Policy:
    """The policy without what no change to this cell has to do with, so that many can be tried."""
    people = {person for person, _ in asked.subjects}
    return replace(
        policy,
        rules=policy.rules_on[asked.class_name, asked.purpose],
        above={asked.class_name: asked.above},
        purposes=(asked.purpose,),
        consents=tuple(one for person in people for one in policy.consents_of.get(person, ())),
        signed=tuple(one for person in people for one in policy.signed_for.get(person, ())),
    )


def _least(parts: list[Part], raises: Raises) -> list[Part]:
    """The parts without those that are not needed, each as small as it can be; the largest kinds first."""
    for part in reversed(list(parts)):
        rest = [one for one in parts if one is not part]
        if rest and raises(rest):
            parts = rest
    for place in reversed(range(len(parts))):
        for smaller in _smaller(parts[place]):
            fewer = [*parts[:place], smaller, *parts[place + 1 :]]
            if raises(fewer):
                parts = fewer
                break
    return parts


def _smaller(part: Part) -> Iterator[Part]:
    """What is smaller than a part of its own kind, the smallest first."""
    level = next((key for key in ("offered", "level") if key in part.what), None)
    approvers = part.what.get("approved_by")
    for one in _ABOVE_NONE if level else ():
        lower = {**part.what, str(level): one.word}
        if isinstance(approvers, list):
            for number in range(1, len(approvers) + 1):
                yield Part(part.step, {**lower, "approved_by": approvers[:number]})
        else:
            yield Part(part.step, lower)
    for number in range(1, len(part.approvers)):
        yield replace(part, approvers=part.approvers[:number])
