"""The ways of looking at a case: the same on all its pages."""

from __future__ import annotations

from flask import url_for

from conference.desk.case_page import WAYS

CONSENT = "consent"


def ways(case_id: str, current: str) -> list[dict[str, object]]:
    """The links of the sub-navigation. current: one of `WAYS`, or `CONSENT`."""
    found = [(words, url_for("desk.case", case_id=case_id, view=way), way) for way, words in WAYS.items()]
    found.append(("Consent", url_for("consents.index", case_id=case_id), CONSENT))
    return [{"text": words, "href": href, "is_current": way == current} for words, href, way in found]
