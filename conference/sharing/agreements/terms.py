"""What an agreement says, and what of it goes into the policy.

Source: what the regulator asks of a data sharing agreement (domain reference, section 8).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from conference.cases.models import CONFERENCE
from conference.clock import LONDON, moment
from conference.errors import BadInput

LONGEST = 4000

ASKED: dict[str, str] = {
    "aims": "Why the agencies share",
    "controllers": "Who is controller of what",
    "basis": "Lawful bases and powers",
    "special": "Conditions for health, criminal and other special information",
    "access": "Who may see it in each agency",
    "retention": "How long it is kept",
    "security": "How it is kept safe",
    "rights": "How people's rights are met",
    "contact": "Who to contact",
    "dpia": "Data protection impact assessment",
}
"""What every agreement must answer in words, with the words that people read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An agreement's words. starts, ends, review_on: days in London; `ends` is the first day without it.

    answers: a text for each of ASKED.   parties: agencies' ids, without the conference's own.
    """

    title: str
    parties: tuple[str, ...]
    purposes: tuple[str, ...]
    classes: tuple[str, ...]
    starts: date
    ends: date
    review_on: date
    answers: dict[str, str]

    def written(self) -> str:
        """As it is stored and signed: the same words always give the same text."""
        said = asdict(self)
        days = {key: said[key].isoformat() for key in ("starts", "ends", "review_on")}
        return json.dumps({**said, **days}, ensure_ascii=False, sort_keys=True, indent=1)

    def in_policy(
        self, name: str, parties: Iterable[str], *, until: datetime | None = None
    ) -> dict[str, Any]:
        """As a policy has it, with these parties. The conference writes for all, so it is always one."""
        return {
            "id": name,
            "parties": [*sorted(parties), CONFERENCE],
            "purposes": list(self.purposes),
            "classes": list(self.classes),
            "from": moment(self.starts_at),
            "until": moment(until or self.ends_at),
        }

    @property
    def starts_at(self) -> datetime:
        """The first moment of its first day."""
        return midnight(self.starts)

    @property
    def ends_at(self) -> datetime:
        """The first moment without it."""
        return midnight(self.ends)


def read(document: str) -> Terms:
    """The terms that `written` gave."""
    said: dict[str, Any] = json.loads(document)
    for key in ("starts", "ends", "review_on"):
        said[key] = date.fromisoformat(said[key])
    for key in ("parties", "purposes", "classes"):
        said[key] = tuple(said[key])
    return Terms(**said)


def check(terms: Terms, agencies: Iterable[str]) -> None:
    """Raises BadInput for what an agreement must say and does not, the first in the order of the page."""
    known, parties = set(agencies), set(terms.parties)
    days = (terms.starts < terms.ends, terms.starts < terms.review_on <= terms.ends)
    asked = (
        ("title", bool(terms.title.strip()), "Give the agreement a title."),
        ("title", len(terms.title) <= 200, "Use 200 characters or fewer."),
        ("parties", len(parties) > 1 and parties <= known, "Choose at least two agencies."),
        ("purposes", bool(terms.purposes), "Choose at least one purpose."),
        ("classes", bool(terms.classes), "Choose at least one kind of information."),
        ("ends", days[0], "Enter a last day that is after the first."),
        ("review_on", days[1], "Enter a day for the review while the agreement runs."),
    )
    for field, is_right, message in asked:
        if not is_right:
            raise BadInput(message, field)
    for field, words in ASKED.items():
        said = terms.answers.get(field, "").strip()
        if not said:
            raise BadInput(f"Write this part: {words[:1].lower()}{words[1:]}.", field)
        if len(said) > LONGEST:
            raise BadInput(f"Use {LONGEST:,} characters or fewer.", field)


def midnight(day: date) -> datetime:
    """The first moment of a day in London."""
    return datetime.combine(day, time(), LONDON)
