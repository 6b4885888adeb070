"""A summary that seems to name somebody is shown to its writer once more before it is saved as an offer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from conference.desk.forms import FieldForm
from conference.desk.research_page import ResearchPage
from conference.sharing import hints


@dataclass(frozen=True, slots=True)
class ToCheck:
    """What the summary seems to name, and what its writer sends back once they have checked this text."""

    sentence: str
    text_digest: str


def to_check(page: ResearchPage, form: FieldForm, checked: str | None) -> ToCheck | None:
    """What is still to be checked; None where there is nothing, or it was checked.

    Names are those of people whom the writer sees by name. Nothing else depends on it.
    """
    text = form.summary.data or ""
    if form.offered.data != "summary" or not text.strip():
        return None
    names = [person.name for person in page.people if person.name is not None]
    found = hints.hints_in(text, names)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    return None if not found or checked == digest else ToCheck(hints.sentence(found), digest)
