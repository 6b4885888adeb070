"""The engines, each asked for a panel: every field of the case for every recipient, one purpose, one moment.

An arm is a function of the facts that reads its policies, which is not timed. It gives back a function that,
for a purpose and a moment, makes its requests, which is not timed either, and gives back what is timed: a
panel, a list of answers, recipient by recipient, field by field, true where the field may be shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from itertools import chain, product

import casbin
import cedarpy
import vakt
from vakt.rules.list import In
from vakt.rules.logic import And
from vakt.rules.operator import GreaterOrEqual, Less

import consent
from bench.consent_facts import (
    CLASSES,
    OWNERS,
    PEOPLE,
    RECIPIENTS,
    Facts,
    Flat,
    conference_policy,
    flat,
)

Panel = Callable[[], list[bool]]
Arm = Callable[[str, datetime], Panel]

REPRESENTATIVE = frozenset({"representative"})


def seconds(at: datetime) -> int:
    """A moment as the peers are given it: they compare whole numbers."""
    return int(at.timestamp())


# ---- ours ----------------------------------------------------------------------------------------


class Ours:
    """Our law, compiled."""

    def __init__(self, facts: Facts) -> None:
        self.policy = consent.from_json(conference_policy(facts))
        self.layout = consent.Layout.of(self.policy)
        self.cells = [
            consent.TableCell(one.owner, one.class_name, "full", ((one.person, one.person),))
            for one in facts.fields
        ]
        self.recipients = [consent.Recipient(name, REPRESENTATIVE, excluded=False) for name in RECIPIENTS]

    def compiled(self, purpose: str, at: datetime) -> consent.Table:
        """The table of the case."""
        return consent.compile_table(self.policy, self.cells, self.recipients, purpose, at, self.layout)

    def decisions(self, purpose: str, at: datetime) -> Callable[[], list[list[consent.Decision]]]:
        """A panel of whole decisions, each with the rule that settled it."""
        table = self.compiled(purpose, at)
        return lambda: table.panel(self.cells, self.recipients, at)

    def __call__(self, purpose: str, at: datetime) -> Panel:
        """The panel as the others give it."""
        panel = self.decisions(purpose, at)
        return lambda: [one.level is not consent.Level.NONE for one in chain.from_iterable(panel())]

    def by_the_law(self, purpose: str, at: datetime) -> list[list[consent.Decision]]:
        """The same panel without a table, cell by cell."""
        moment = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return [
            [consent.decide(self.policy, _request(cell, who, purpose, moment)) for cell in self.cells]
            for who in self.recipients
        ]


def _request(cell: consent.TableCell, who: consent.Recipient, purpose: str, at: str) -> dict[str, object]:
    return {
        "at": at,
        "purpose": purpose,
        "owner": cell.owner,
        "class": cell.class_name,
        "offered": cell.offered,
        "subjects": [{"person": person, "role": role} for person, role in cell.subjects],
        "recipient": {"agency": who.agency, "roles": list(who.roles), "excluded": who.excluded},
    }


def look_up(
    facts: Facts, ours: Ours
) -> Callable[[str, datetime], Callable[[], list[list[tuple[bool, str | None]]]]]:
    """The limit: a plain dict from field and recipient to what was decided and by which rule."""
    fields = [field.id for field in facts.fields]

    def panel(purpose: str, at: datetime) -> Callable[[], list[list[tuple[bool, str | None]]]]:
        known = {}
        for recipient, row in zip(RECIPIENTS, ours.decisions(purpose, at)(), strict=True):
            for field, one in zip(fields, row, strict=True):
                known[field, recipient] = (one.level is not consent.Level.NONE, one.rule)
        return lambda: [[known[field, recipient] for field in fields] for recipient in RECIPIENTS]

    return panel


# ---- vakt ----------------------------------------------------------------------------------------


def vakt_arm(facts: Facts) -> Arm:
    """vakt: policies with rules on attributes, in its memory storage."""
    storage = vakt.MemoryStorage()
    for one in flat(facts):
        storage.add(_vakt_policy(one))
    guard = vakt.Guard(storage, vakt.RulesChecker())

    def panel(purpose: str, at: datetime) -> Panel:
        inquiries = [
            vakt.Inquiry(
                action=purpose,
                subject=recipient,
                resource={"class": field.class_name, "owner": field.owner, "person": field.person},
                context={"at": seconds(at)},
            )
            for recipient, field in product(RECIPIENTS, facts.fields)
        ]
        return lambda: [guard.is_allowed(inquiry) for inquiry in inquiries]

    return panel


def _vakt_policy(one: Flat) -> vakt.Policy:
    named = {"class": one.classes, "owner": one.owners, "person": one.people}
    return vakt.Policy(
        one.id,
        effect=vakt.ALLOW_ACCESS if one.permits else vakt.DENY_ACCESS,
        actions=[In(*one.purposes)],
        subjects=[In(*one.recipients)],
        resources=[{key: In(*values) for key, values in named.items() if values is not None}],
        context={"at": And(GreaterOrEqual(seconds(one.start)), Less(seconds(one.end)))},
    )


# ---- Cedar ---------------------------------------------------------------------------------------


def cedar_arm(facts: Facts) -> Arm:
    """Cedar's own engine through cedarpy, its policies and entities read once."""
    policies = cedarpy.PolicySet.from_str("\n".join(map(_cedar_policy, flat(facts))))
    entities = cedarpy.Entities.from_json_str(
        json.dumps(
            [
                {
                    "uid": {"type": "Field", "id": field.id},
                    "attrs": {"class": field.class_name, "owner": field.owner, "person": field.person},
                    "parents": [],
                }
                for field in facts.fields
            ]
        )
    )

    def panel(purpose: str, at: datetime) -> Panel:
        requests = [
            {
                "principal": f'Agency::"{recipient}"',
                "action": f'Action::"{purpose}"',
                "resource": f'Field::"{field.id}"',
                "context": json.dumps({"at": seconds(at)}),
            }
            for recipient, field in product(RECIPIENTS, facts.fields)
        ]
        return lambda: [one.allowed for one in cedarpy.is_authorized_batch(requests, policies, entities)]

    return panel


def _cedar_policy(one: Flat) -> str:
    actions = ", ".join(f'Action::"{name}"' for name in sorted(one.purposes))
    agencies = ", ".join(f'Agency::"{name}"' for name in sorted(one.recipients))
    tests = [f"[{agencies}].contains(principal)"]
    for key, values in (("class", one.classes), ("owner", one.owners), ("person", one.people)):
        if values is not None:
            tests.append(f"{json.dumps(sorted(values))}.contains(resource.{key})")
    tests += [f"context.at >= {seconds(one.start)}", f"context.at < {seconds(one.end)}"]
    effect = "permit" if one.permits else "forbid"
    return f"{effect} (principal, action in [{actions}], resource) when {{ {' && '.join(tests)} }};"


# ---- casbin --------------------------------------------------------------------------------------

CASBIN = """
[request_definition]
r = who, purpose, cls, owner, person, at
[policy_definition]
p = agencies, purposes, classes, owners, people, start, end, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = {matcher}
"""
MATCHER = " && ".join(
    [
        "r.at >= p.start && r.at < p.end",
        *(f"r.{one} in p.{many}" for one, many in (("who", "agencies"), ("purpose", "purposes"))),
        *(
            f"r.{one} in p.{many}"
            for one, many in (("cls", "classes"), ("owner", "owners"), ("person", "people"))
        ),
    ]
)


def casbin_arm(facts: Facts) -> Arm:
    """pycasbin: one matcher over policies whose columns are sets."""
    model = casbin.Enforcer.new_model(text=CASBIN.format(matcher=MATCHER))
    enforcer = casbin.Enforcer(model)
    enforcer.model.model["p"]["p"].policy = [_casbin_policy(one) for one in flat(facts)]

    def panel(purpose: str, at: datetime) -> Panel:
        requests = [
            [recipient, purpose, field.class_name, field.owner, field.person, seconds(at)]
            for recipient, field in product(RECIPIENTS, facts.fields)
        ]
        return lambda: enforcer.batch_enforce(requests)

    return panel


def _casbin_policy(one: Flat) -> list[object]:
    everything = (frozenset(CLASSES), frozenset(OWNERS), frozenset(PEOPLE))
    named = (one.classes, one.owners, one.people)
    sets = [every if names is None else names for names, every in zip(named, everything, strict=True)]
    times = (seconds(one.start), seconds(one.end))
    return [one.recipients, one.purposes, *sets, *times, "allow" if one.permits else "deny"]


PEERS: dict[str, Callable[[Facts], Arm]] = {
    "vakt": vakt_arm,
    "cedarpy, a batch": cedar_arm,
    "pycasbin, a batch": casbin_arm,
}
