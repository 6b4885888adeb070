"""How somebody was asked: what a consent is worth rests on it. Kept sealed beside what they said."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from conference.cases.models import PersonRole
from conference.errors import BadInput
from conference.sharing.taking.wording import WORDINGS

_FORMAT = "conference-taken/1"
WAYS = {
    "aloud": "Read aloud beside them",
    "telephone": "Read aloud by telephone",
    "themselves": "They read it themselves",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How somebody was asked. Source: domain reference, section 7.4.

    way:         one of `WAYS`.   wording: a version of what was read out.
    interpreter: the language of a professional interpreter; empty where none was needed.
    able:        whether they can decide this; None where it did not come to that.
    able_note:   what that rests on.
    under_16:    as far as it is known; then a Gillick note must say why they can decide.
    speaker:     id of the person in the case who decides for a child; None where they decide themselves.
    """

    way: str | None = None
    wording: str | None = None
    safe: bool
    alone: bool | None = None
    interpreter: str = ""
    able: bool | None = None
    able_note: str = ""
    under_16: bool = False
    gillick: str = ""
    speaker: str | None = None

    def as_text(self) -> str:
        """As it is sealed."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, ensure_ascii=False)

    def must_stand(self, role: PersonRole) -> None:
        """Raises BadInput where what was said so cannot count as said.

        role: in the case, of the person whose consent it is.
        """
        if not self.safe or not self.alone:
            raise BadInput("Stop. Record: unsafe to ask.", "safe")
        if not self.able:
            raise BadInput("Record that they could not decide.", "able")
        if self.way not in WAYS or self.wording not in WORDINGS:
            raise BadInput("Read the words aloud first.", "way")
        if self.under_16 and self.speaker is None and not self.gillick.strip():
            raise BadInput("Say why they understand enough to decide this.", "gillick")
        if self.speaker is not None and role is not PersonRole.CHILD and not self.under_16:
            raise BadInput("Only for a child can somebody else decide.", "speaker")


def read_taken(text: str) -> Taken | str:
    """What was sealed: how somebody was asked, or a sentence about it where an import or a story told one."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if not isinstance(found, dict) or found.pop("format", None) != _FORMAT:
        return text
    return Taken(**found)
