"""An outside reading: the law translated to Cedar, and Cedar's own engine asked. Two engines, one level.

Compared is the level, for complete requests: permits, limits and forbids with all their keys, classes and
what covers them, agencies and kinds, purposes, roles, offers, agreements, bases, every period, consents with
their exceptions and withdrawals, locks, overrides, exemptions and break-glass with approvals and caps, and
several subjects.

Not compared, because Cedar has no notion of it: the reason, and which rule, agreement, consent or decision is
named; and what is no complete request, which our gate 1 answers before anything is asked.
"""

from collections import Counter
from random import Random

from hypothesis import given

import consent
from tests.consent import cedar
from tests.consent.profile import LAW, SOAKING
from tests.consent.test_table import MICRO, edges, scattered, spelt
from tests.consent.worlds import a_world, chance, chances

WORLDS = 2_000 if SOAKING else 150


def asked(r):
    """A world, often asked about at a boundary of its own or just beside it."""
    policy, request = a_world(r)
    if chance(r, 40):
        policy = scattered(r, policy)
    if chance(r, 50):
        at = r.choice(sorted(edges(policy))) + r.choice([-1, 0, 0, 1]) * MICRO
        request = {**request, "at": spelt(at)}
    return policy, request


@LAW
@given(chances())
def test_cedar_comes_to_the_same_level(r):
    policy, request = asked(r)
    decision = consent.decide(consent.from_json(policy), request)
    assert cedar.level(policy, request) == decision.level.word


def test_what_is_compared_reaches_every_level_and_reason_but_the_incomplete():
    source, levels, reasons = Random(20261122), Counter(), Counter()
    for _ in range(WORLDS):
        policy, request = asked(source)
        decision = consent.decide(consent.from_json(policy), request)
        levels[decision.level] += 1
        reasons[decision.reason] += 1
    assert set(levels) == set(consent.Level)
    assert set(reasons) >= set(consent.Reason) - {consent.Reason.INCOMPLETE}
