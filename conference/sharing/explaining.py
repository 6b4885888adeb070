"""Why somebody would be shown something: a question to the rules, with no case and nobody in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import consent
from conference.clock import moment
from conference.sharing.policy import request_for

_SOMEBODY = "somebody"
_AS_SAID = "as you said"
"""What the engine calls the word and the override that the question supposes: its answer names them so."""
_BEFORE, _AFTER = timedelta(days=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of information of one owner, somebody who would see it, and what is supposed.

    recipient: an agency. role: of the reader there. subject: of the person it is about.
    word:      what that person said last: `granted`, `refused` or `silent`.
    approvals: how many of the owner's staff approved an override in full; 0: there is none.
    excluded:  whether the reader is kept out of the case.
    """

    owner: str
    class_name: str
    recipient: str
    role: str
    purpose: str
    subject: str
    offered: str
    word: str
    approvals: int
    excluded: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """What things are called, by their names in the policy, inside a sentence."""

    agencies: Mapping[str, str]
    classes: Mapping[str, str]
    purposes: Mapping[str, str]
    roles: Mapping[str, str]
    bases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matching:
    """A rule that allows it, as far as `level`. fails: the code of what it still lacks; None: nothing."""

    rule: str
    level: str
    fails: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """The answer. passed: a sentence for each gate before it. advice: what would show more."""

    level: str
    reason: str
    passed: tuple[str, ...]
    answer: tuple[str, ...]
    rules: tuple[Matching, ...]
    advice: tuple[str, ...]


def explained(document: str, question: Question, spoken: Spoken, at: datetime) -> Told:
    """How a policy (its JSON, published) would decide, and why. Nothing is asked of anybody's own word."""
    policy = consent.extend(
        _loaded(document), consents=_consents(question, at), decisions=_decisions(question, at)
    )
    names = consent.Names(
        agencies=spoken.agencies,
        classes=spoken.classes,
        purposes=spoken.purposes,
        roles=spoken.roles,
        bases=spoken.bases,
    )
    told = consent.explain(policy, _request(question, at), names)
    passed = len(told.passed)
    return Told(
        level=told.decision.level.word,
        reason=told.decision.reason.value,
        passed=told.words[:passed],
        answer=told.words[passed:],
        rules=tuple(
            Matching(one.rule, one.level.word, one.fails.value if one.fails else None) for one in told.permits
        ),
        advice=told.advice,
    )


def approvals_asked(document: str) -> int:
    """The most approvals that a rule asks for."""
    return max((rule.approvals for rule in _loaded(document).rules), default=0)


@lru_cache(maxsize=8)
def _loaded(document: str) -> consent.Policy:
    """The policy without what anybody said."""
    return consent.load(document)


def _request(question: Question, at: datetime) -> dict[str, object]:
    return request_for(
        at=at,
        purpose=question.purpose,
        owner=question.owner,
        class_name=question.class_name,
        offered=question.offered,
        subjects=[(_SOMEBODY, question.subject)],
        agency=question.recipient,
        roles=[question.role],
        excluded=question.excluded,
    )


def _reach(question: Question, at: datetime) -> dict[str, Any]:
    return {
        "id": _AS_SAID,
        "person": _SOMEBODY,
        "recipients": [question.recipient],
        "purposes": [question.purpose],
        "classes": [question.class_name],
        "from": moment(at - _BEFORE),
        "until": moment(at + _AFTER),
    }


def _consents(question: Question, at: datetime) -> list[dict[str, Any]]:
    decision = {"granted": "grant", "refused": "refuse"}.get(question.word)
    if decision is None or not question.purpose:
        return []
    given = moment(at - _BEFORE)
    return [{**_reach(question, at), "decision": decision, "given_at": given, "recorded_at": given}]


def _decisions(question: Question, at: datetime) -> list[dict[str, Any]]:
    if not question.approvals or not question.purpose:
        return []
    approved = [
        {"staff": f"approver {number}", "agency": question.owner, "at": moment(at - _BEFORE)}
        for number in range(question.approvals)
    ]
    signed = {"kind": "override", "owner": question.owner, "level": "full", "reason": _AS_SAID}
    return [{**_reach(question, at), **signed, "requested_by": _SOMEBODY, "approved_by": approved}]
