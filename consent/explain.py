"""Why a decision came out as it did, in plain words. Source: the law, "What else the engine answers"."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.advice import advice_for
from consent.ask import Request, read_request
from consent.change import Change
from consent.decide import decide, facts_about, failing
from consent.gates import GATE_OF, Gate, passed_before
from consent.matching import agreements_fitting
from consent.model import Decision, Effect, Level, Policy, Reason
from consent.names import Names
from consent.plain import Telling
from consent.raising import smallest_change


@dataclass(frozen=True, slots=True)
class Tried:
    """A permit that matches: how far it is written to go, and what keeps it from being live (None: it is)."""

    rule: str
    level: Level
    fails: Reason | None

    def as_json(self) -> dict[str, object]:
        """The permit as the command writes it."""
        return {"rule": self.rule, "level": self.level.word, "fails": self.fails and self.fails.value}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision, told.

    subject: the person and role that the decision is about, where there are several the one that gets least;
             None where a gate before the subjects answered.
    passed:  the gates before the one that answered.
    words:   a sentence for each gate passed, then the answer.
    permits: every permit that matches, smallest id first; none where a gate before the permits answered.
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
        person, role = self.subject or (None, None)
        return {
            "decision": self.decision.as_json(),
            "subject": {"person": person, "role": role} if self.subject else None,
            "passed": [gate.value for gate in self.passed],
            "gate": self.gate.value,
            "words": list(self.words),
            "permits": [permit.as_json() for permit in self.permits],
            "change": self.change and self.change.as_json(),
            "advice": list(self.advice),
        }


def explain(policy: Policy, request: object, names: Names | None = None) -> Explanation:
    """Why `decide(policy, request)` answers as it does, for the owner's own officers.

    names: what people call agencies, classes and so on; codes are used where it says nothing.
    Nothing is raised, whatever the request is.
    """
    decision, asked = decide(policy, request), read_request(policy, request)
    gate = GATE_OF[decision.reason]
    subject = _least(policy, request, asked) if gate.about_a_subject else None
    telling = Telling(policy, asked, subject, names or Names())
    change = smallest_change(policy, request)
    return Explanation(
        decision=decision,
        subject=subject,
        passed=passed_before(gate),
        gate=gate,
        words=telling.words(decision),
        permits=_tried(policy, asked, subject) if gate in (Gate.PERMIT, Gate.LEVEL) else (),
        change=change,
        advice=advice_for(telling, decision, change),
    )


def _least(policy: Policy, request: object, asked: Request | None) -> tuple[str, str] | None:
    """The subject whose answer the whole decision is: the first of those that get least."""
    if asked is None or not isinstance(request, Mapping):
        return None

    def level(subject: tuple[str, str]) -> Level:
        person, role = subject
        return decide(policy, {**request, "subjects": [{"person": person, "role": role}]}).level

    return min(asked.subjects, key=level)


def _tried(policy: Policy, asked: Request | None, subject: tuple[str, str] | None) -> tuple[Tried, ...]:
    if asked is None or subject is None:
        return ()
    facts = facts_about(policy, asked, agreements_fitting(policy.agreements, asked), *subject)
    return tuple(Tried(rule.id, rule.level, failing(facts, rule)) for rule in facts.rules_that(Effect.PERMIT))
