"""The smallest change that would give a higher level, in sentences for people."""

from collections.abc import Callable

from consent.change import Change, Part, Step
from consent.model import LEVELS, Decision, Effect, Level, Reason, Word
from consent.plain import EXTENTS, Telling
from consent.words_said import latest_word

_NOTHING = {
    Reason.INCOMPLETE: "Ask a complete question.",
    Reason.EXCLUDED: "Nothing changes this while the reader is kept out: no consent, approval or rule.",
    Reason.OWN: "There is nothing more to see.",
}


def advice_for(telling: Telling, decision: Decision, change: Change | None) -> tuple[str, ...]:
    """A sentence for each part of the change; why there is none, if there is none."""
    if change is None:
        nothing = (
            "There is nothing more to see." if decision.level is Level.FULL else "Nothing would show more."
        )
        return (_NOTHING.get(decision.reason, nothing),)
    parts = [telling.capital(_sentence(telling, part)) for part in change.parts]
    return (*parts, f"{telling.recipient} would then see it: {EXTENTS[change.level]}.")


def _sentence(telling: Telling, part: Part) -> str:
    owner, recipient, matter = telling.owner, telling.recipient, telling.matter
    extent = EXTENTS[LEVELS[str(part.what.get("level") or part.what.get("offered") or Level.FULL.word)]]
    said: dict[Step, Callable[[], str]] = {
        Step.OFFER: lambda: f"{owner} offers it: {extent}.",
        Step.CONSENT: lambda: _consent(telling, str(part.what["person"])),
        Step.APPROVAL: lambda: (
            f"what is recorded ({part.what['id']}) is approved by {_more(len(part.approvers), owner)}."
        ),
        Step.OVERRIDE: lambda: (
            f"{owner} records an override ({extent}), approved by {_approvers(part, owner)}."
        ),
        Step.EXEMPTION: lambda: (
            f"{owner} records an exemption from the lock {part.what['lock']} ({extent}), approved by "
            f"{_approvers(part, owner)}."
        ),
        Step.AGREEMENT: lambda: (
            f"{owner} and {recipient} sign an agreement that covers {matter} for this purpose."
        ),
        Step.PERMIT: lambda: (
            f"the partnership agrees a rule that permits it ({extent}), on a lawful basis open to {owner}."
        ),
        Step.LIFT: lambda: _lift(telling, str(part.what["id"])),
    }
    return said[part.step]()


def _consent(telling: Telling, person: str) -> str:
    asked = telling.asked
    who = telling.people(person)
    said = latest_word(telling.policy.consents_of.get(person, ()), asked) if asked else None
    if said and said.word is Word.REFUSE:
        return f"{who} changes their mind. Do not press them."
    return f"{who} is asked, where that is safe, and agrees that {telling.recipient} sees it."


def _lift(telling: Telling, name: str) -> str:
    does = "forbids" if telling.rule(name).effect is Effect.FORBID else "limits"
    return f"the partnership takes {telling.names.rule(name)} away, which {does} it."


def _approvers(part: Part, owner: str) -> str:
    approvers = part.what["approved_by"]
    return _staff(len(approvers) if isinstance(approvers, list) else 1, owner) + " who did not ask for it"


def _more(number: int, owner: str) -> str:
    return f"{number} more {'member' if number == 1 else 'members'} of staff of {owner}"


def _staff(number: int, owner: str) -> str:
    more = "a member" if number == 1 else f"{number} members"
    return f"{more} of staff of {owner}"
