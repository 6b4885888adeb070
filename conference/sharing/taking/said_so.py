"""Whether a consent still counts, by the engine's own reading of what somebody said last."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import consent
from conference.sharing import policy
from consent.ask import read_request
from consent.model import ANYBODY, Clause, Consent, Word
from consent.words_said import Said, latest_word

Cell = tuple[str, str]
"""A purpose and a class."""


def counting_for(
    rules: consent.Policy, person_id: str, consent_id: str, agency: str, at: datetime
) -> list[Cell]:
    """For which purposes and classes a grant lets `agency` be told at `at`: everything said counts."""
    spoken = rules.consents_of.get(person_id, ())
    granted = Said(Word.GRANT, consent_id)
    return [
        cell
        for one in spoken
        if one.id == consent_id and agency in one.clauses[0].recipients
        for cell in _cells(one.clauses[0])
        if _word(rules, spoken, person_id, agency, cell, at) == granted
    ]


def counts_among(
    rules: consent.Policy, person_id: str, consent_id: str, among: Collection[str], at: datetime
) -> bool:
    """Whether anything of a consent counts at `at`, were only the consents `among` said."""
    spoken = [one for one in rules.consents_of.get(person_id, ()) if one.id in among]
    for one in spoken:
        if one.id == consent_id:
            root = one.clauses[0]
            everybody = [each.name for each in rules.agencies]
            for agency in everybody if ANYBODY in root.recipients else root.recipients:
                for cell in _cells(root):
                    word = _word(rules, spoken, person_id, agency, cell, at)
                    if word is not None and word.consent == consent_id:
                        return True
    return False


def _cells(root: Clause) -> list[Cell]:
    return [(purpose, name) for purpose in sorted(root.purposes) for name in sorted(root.classes)]


def _word(
    rules: consent.Policy,
    spoken: Collection[Consent],
    person_id: str,
    agency: str,
    cell: Cell,
    at: datetime,
) -> Said | None:
    asked = policy.request_for(
        at=at,
        purpose=cell[0],
        owner=agency,
        class_name=cell[1],
        offered="full",
        subjects=[(person_id, "victim")],
        agency=agency,
        roles=(),
        excluded=False,
    )
    request = read_request(rules, asked)
    return latest_word(spoken, request) if request is not None else None
