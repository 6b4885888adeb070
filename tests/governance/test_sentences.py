"""Rules and changes in words: nothing is lost on the way, and nothing added."""

from __future__ import annotations

import itertools
import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consent
from conference.governance.rules.sentences import Speaker
from conference.sharing import changes, policy
from conference.sharing.changes import Line

TEMPLATE = json.loads(policy.TEMPLATE.read_text("utf-8"))
CLASSES = [one["name"] for one in TEMPLATE["classes"]]
SPEAKER = Speaker({"homes": "Northmoor Homes", "nhs": "Moorland NHS Trust"}, CLASSES)
BAIL = {
    "id": "r-1",
    "effect": "permit",
    "level": "full",
    "classes": ["offending.order"],
    "owners": {"kinds": ["police"]},
    "recipients": {"kinds": ["housing"]},
    "purposes": ["prevent-serious-harm"],
    "subjects": ["alleged-perpetrator"],
    "basis": "PT",
    "power": "CDA 1998 s115",
    "consent": "considered",
    "approvals": 0,
}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {},
            (
                "Police may show Housing, in full, bail and orders of the alleged perpetrator, "
                "to prevent serious harm; public task, Crime and Disorder Act 1998 s115; refusal considered."
            ),
        ),
        (
            {"level": "presence", "approvals": 2, "subjects": None, "from": "2027-01-01T00:00:00Z"},
            (
                "Police may tell Housing that they hold bail and orders, to prevent serious harm; "
                "public task, Crime and Disorder Act 1998 s115; refusal considered; with 2 approvals; "
                "from 1 January 2027."
            ),
        ),
        (
            {
                "effect": "limit",
                "level": "summary",
                "classes": ["health"],
                "owners": {"kinds": ["housing"], "agencies": ["homes"]},
                "recipients": None,
                "purposes": None,
                "subjects": None,
                **dict.fromkeys(("basis", "power", "consent", "approvals")),
            },
            (
                "Housing (only Northmoor Homes) may show any agency at most a summary of everything about "
                "health, for any purpose."
            ),
        ),
        (
            {
                "effect": "forbid",
                "owners": None,
                "recipients": {"agencies": ["nhs"], "roles": ["observer"]},
                **dict.fromkeys(("level", "basis", "power", "consent", "approvals")),
            },
            (
                "Any agency may never show Moorland NHS Trust (observer) bail and orders of the alleged "
                "perpetrator, to prevent serious harm."
            ),
        ),
    ],
)
def test_a_rule_is_a_sentence(changed: dict[str, object], sentence: str) -> None:
    rule = {key: value for key, value in {**BAIL, **changed}.items() if value is not None}
    assert SPEAKER.rule(rule) == sentence


def test_no_two_rules_of_the_default_policy_say_the_same() -> None:
    said = [SPEAKER.rule(rule) for rule in TEMPLATE["rules"]]
    assert len(set(said)) == len(said)
    assert all(one.endswith(".") and "None" not in one for one in said)


LISTS = [known.name for known in fields(Line) if known.name not in {"owner", "before", "after"}]
LEVELS = st.sampled_from(list(consent.Level))
CELL = st.builds(
    consent.Cell,
    owner=st.sampled_from("ab"),
    recipient=st.sampled_from("abc"),
    role=st.sampled_from("xy"),
    purpose=st.sampled_from("pq"),
    class_name=st.sampled_from("klm"),
    subject=st.sampled_from("vw"),
    word=st.sampled_from(["granted", "refused", "silent"]),
    approvals=st.integers(0, 2),
    at=st.sampled_from(["2026-01-01T00:00:00.000000Z", "2027-01-01T00:00:00.000000Z"]),
)


Found = dict[consent.Cell, tuple[consent.Level, consent.Level]]


@given(st.dictionaries(CELL, st.tuples(LEVELS, LEVELS), max_size=40))
def test_lines_stand_for_exactly_the_cells_that_differ(
    found: dict[consent.Cell, tuple[consent.Level, ...]],
) -> None:
    differences = [consent.Difference(cell, *levels) for cell, levels in found.items()]
    told = []
    for line in changes._together(differences):
        for purpose, class_name, recipient, role, subject, word, approvals, at in itertools.product(
            *(getattr(line, name) for name in LISTS)
        ):
            cell = consent.Cell(
                line.owner, recipient, role, purpose, class_name, subject, word, approvals, at
            )
            told.append((cell, line.before, line.after))
    meant = [(cell, before.word, after.word) for cell, (before, after) in found.items()]
    assert sorted(told, key=str) == sorted(meant, key=str)
