"""What can be asked of the rules, and the answer in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases.models import CONFERENCE
from conference.governance.rules.sentences import LEVELS, ROLES, Speaker, inside
from conference.governance.rules.services import CONFERENCE_NAME
from conference.identity.services import Viewer, list_agencies
from conference.sharing import catalogue, explaining, versions
from conference.sharing.explaining import Question, Spoken

Pairs = tuple[tuple[str, str], ...]

_MOST = 9  # approvals that can be supposed
ANOTHER = "another"

LACKS = {
    None: "Nothing",
    "basis-invalid": "A lawful basis that your agency can use now",
    "consent-missing": "The person's consent",
    "consent-refused": "The person refused",
    "approval-needed": "An approval",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be asked, each as (name, words)."""

    classes: Pairs
    subjects: Pairs
    recipients: Pairs
    roles: Pairs
    purposes: Pairs
    approvals: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that allows it: in words, how far, and what it still lacks."""

    id: str
    words: str
    level: str
    lacks: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What would be seen, why, and what would show more. reason: the engine's code for it."""

    level: str
    reason: str
    passed: tuple[str, ...]
    answer: tuple[str, ...]
    rules: tuple[Rule, ...]
    advice: tuple[str, ...]


class Asking:
    """The rules in force at a moment, to be asked by one officer. Raises Refused where there are none."""

    def __init__(self, session: Session, viewer: Viewer, at: datetime) -> None:
        self.at, self.owner = at, viewer.agency_id
        row = versions.newest(session, viewer.partnership_id, at)
        self.version, self._document = row.version, row.document
        self._policy = json.loads(row.document)
        agencies = {one.id: one.name for one in list_agencies(session, viewer.partnership_id)}
        self._agencies = {**agencies, CONFERENCE: CONFERENCE_NAME}
        self._classes = [one["name"] for one in self._policy["classes"]]
        self._speaker = Speaker(self._agencies, self._classes)

    def choices(self) -> Choices:
        """What can be asked about the officer's own agency."""
        named = [
            (name, self._speaker.class_name(name)) for name in sorted(self._classes, key=catalogue.place)
        ]
        others = [(name, words) for name, words in self._agencies.items() if name in self._policy["agencies"]]
        return Choices(
            classes=tuple((name, words[:1].upper() + words[1:]) for name, words in named),
            subjects=tuple(catalogue.PERSON_ROLES.items()),
            recipients=tuple((name, words) for name, words in others if name != CONFERENCE),
            roles=(
                *((name, words[:1].upper() + words[1:]) for name, words in ROLES.items()),
                (ANOTHER, "Another"),
            ),
            purposes=tuple((name, words[:1].upper() + words[1:]) for name, words in self._purposes().items()),
            approvals=min(explaining.approvals_asked(self._document), _MOST),
        )

    def answer(self, question: Question) -> Answer:
        """What the rules say to it."""
        told = explaining.explained(self._document, question, self._spoken(), self.at)
        sentences = {rule["id"]: self._speaker.rule(rule) for rule in self._policy["rules"]}
        return Answer(
            level=LEVELS[told.level],
            reason=told.reason,
            passed=told.passed,
            answer=told.answer,
            rules=tuple(
                Rule(one.rule, sentences[one.rule], LEVELS[one.level], LACKS[one.fails]) for one in told.rules
            ),
            advice=told.advice,
        )

    def _spoken(self) -> Spoken:
        return Spoken(
            agencies=self._agencies,
            classes={name: self._speaker.class_name(name) for name in self._classes},
            purposes=self._purposes(),
            roles={name: inside(words) for name, words in catalogue.PERSON_ROLES.items()},
            bases={code: inside(words) for code, words in catalogue.BASES.items()},
        )

    def _purposes(self) -> dict[str, str]:
        return {name: catalogue.PURPOSES.get(name, f"for {name}") for name in self._policy["purposes"]}
