"""Why a decision came out as it did, in plain words. Source: the law, "What else the engine answers"."""

from dataclasses import dataclass
from enum import StrEnum

from consent.change import Change
from consent.model import Decision, Level, Policy, Reason
from consent.names import Names


class Gate(StrEnum):
    """The gates of the law, in their order."""

    COMPLETE = "complete"
    EXCLUDED = "excluded"
    OWN = "own"
    LOCK = "lock"
    AGREEMENT = "agreement"
    FORBID = "forbid"
    OFFER = "offer"
    PERMIT = "permit"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Tried:
    """A permit that matches: how far it is written to go, and what keeps it from being live (None: it is)."""

    rule: str
    level: Level
    fails: Reason | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision, told.

    subject: the person and role that the decision is about, where there were several the one that got least;
             None where a gate before the subjects answered.
    passed:  the gates before the one that answered.
    words:   a sentence for each gate passed, then the answer.
    permits: every permit that matches, smallest id first.
    change:  the smallest change that gives a higher level; None if nothing can.
    advice:  the change in sentences, one for each part, or why nothing can raise the level.
    """

    decision: Decision
    subject: tuple[str, str] | None
    passed: tuple[Gate, ...]
    gate: Gate
    words: tuple[str, ...]
    permits: tuple[Tried, ...]
    change: Change | None
    advice: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The explanation as the command writes it."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ViewerExplanation:
    """What a viewer may be told: nothing that the level they have does not show them anyway."""

    level: Level
    words: tuple[str, ...]


def explain(policy: Policy, request: object, names: Names | None = None) -> Explanation:
    """Why `decide(policy, request)` answers as it does, for the owner's own officers.

    names: what people call agencies, classes and so on; codes are used where it says nothing.
    Nothing is raised, whatever the request is.
    """
    raise NotImplementedError


def explain_for_viewer(policy: Policy, request: object, names: Names | None = None) -> ViewerExplanation:
    """What the recipient may be told about the same decision.

    At none the words are the same whatever was asked and whatever the reason is. At presence and summary they
    depend on the owner, the class as shown, the purpose and the level, and on nothing that is withheld.
    """
    raise NotImplementedError
