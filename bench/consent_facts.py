"""One workload for every engine, as plain facts: a case's fields, who looks, the rules, what people said.

Nothing here is in any engine's own form. `flat` says the same as policies with an effect each, where a deny
wins and silence denies, which is what the peers know; `conference_policy` says it in the form of our law.
That both come to the same is asserted on whole panels before anything is timed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

YEAR = 2026
OPEN = datetime(2999, 1, 1, tzinfo=UTC)
NOW = datetime(YEAR, 11, 22, 10, tzinfo=UTC)

CLASSES = [f"class-{n}" for n in range(12)]
OWNERS = {
    "police": "public",
    "health": "public",
    "schools": "public",
    "refuge": "voluntary",
    "homes": "private",
}
RECIPIENTS = [f"agency-{n}" for n in range(12)]
PURPOSES = [f"purpose-{n}" for n in range(4)]
PEOPLE = ["victim", "child", "other", "perpetrator"]


@dataclass(frozen=True)
class Basis:
    """A lawful basis: who may use it, and when it is law."""

    code: str
    sectors: frozenset[str]
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Rule:
    """A line of the rules. A permit gives way to a refusal. owners: None for all."""

    id: str
    permits: bool
    classes: frozenset[str]
    owners: frozenset[str] | None
    recipients: frozenset[str]
    purposes: frozenset[str]
    basis: str | None
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Said:
    """What somebody said. A refusal was said after every grant, a withdrawal after that."""

    id: str
    person: str
    grants: bool
    classes: frozenset[str]
    recipients: frozenset[str]
    purposes: frozenset[str]
    given: datetime
    start: datetime
    end: datetime
    withdrawn: datetime | None


@dataclass(frozen=True)
class Flat:
    """A policy as the peers know them. None does not restrict."""

    id: str
    permits: bool
    classes: frozenset[str] | None
    owners: frozenset[str] | None
    people: frozenset[str] | None
    recipients: frozenset[str]
    purposes: frozenset[str]
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Field:
    """One field of the case."""

    id: str
    owner: str
    class_name: str
    person: str


@dataclass(frozen=True)
class Facts:
    """All of it."""

    fields: Sequence[Field]
    bases: Sequence[Basis]
    rules: Sequence[Rule]
    said: Sequence[Said]


CONSENTED = "consented"


def made(rules: int = 60, *, denying: bool = True, consents: int = 20, fields: int = 200) -> Facts:
    """A case and a policy, the same each time. denying: whether every fifth rule is a deny."""
    r = random.Random(20261122)
    bases = [_basis(n) for n in range(6)]
    return Facts(
        fields=[
            Field(f"field-{n}", r.choice(list(OWNERS)), r.choice(CLASSES), r.choice(PEOPLE))
            for n in range(fields)
        ],
        said=[_said(r, n) for n in range(consents)],
        bases=bases,
        rules=[_rule(r, n, permits=not denying or n % 5 > 0, bases=bases) for n in range(rules)],
    )


def _some(r: random.Random, names: Sequence[str], most: int) -> frozenset[str]:
    return frozenset(r.sample(list(names), r.randint(1, most)))


def _period(r: random.Random) -> tuple[datetime, datetime]:
    """Nine in ten hold now; the others have ended, or have not begun."""
    kind = r.random()
    if kind < 0.05:
        return datetime(YEAR, 1, 1, tzinfo=UTC), NOW - timedelta(days=r.randint(1, 100))
    if kind < 0.1:
        return NOW + timedelta(days=r.randint(1, 100)), datetime(YEAR + 2, 1, 1, tzinfo=UTC)
    return datetime(YEAR, 1, r.randint(1, 28), tzinfo=UTC), NOW + timedelta(days=r.randint(1, 400))


def _basis(number: int) -> Basis:
    sectors = [{"public"}, {"public"}, {"voluntary", "private"}, set(OWNERS.values())][min(number, 3)]
    end = NOW - timedelta(days=3) if number == 5 else OPEN
    return Basis(f"basis-{number}", frozenset(sectors), datetime(2018, 5, 25, tzinfo=UTC), end)


def _rule(r: random.Random, number: int, *, permits: bool, bases: Sequence[Basis]) -> Rule:
    start, end = _period(r)
    return Rule(
        id=f"r-{number:06d}",
        permits=permits,
        classes=_some(r, CLASSES, 3),
        owners=_some(r, list(OWNERS), 3) if r.random() < 0.7 else None,
        recipients=_some(r, RECIPIENTS, 4),
        purposes=_some(r, PURPOSES, 2),
        basis=r.choice(bases).code if permits else None,
        start=start,
        end=end,
    )


def _said(r: random.Random, number: int) -> Said:
    """Of twenty: grants and refusals; some have ended, some not begun, some were taken back."""
    grants = number % 3 != 0
    given = datetime(YEAR, 2 if grants else 3, r.randint(1, 28), tzinfo=UTC)
    start, end = given, NOW + timedelta(days=r.randint(1, 300))
    if number % 5 == 1:
        end = NOW - timedelta(days=r.randint(1, 60))
    if number % 5 == 2:
        start = NOW + timedelta(days=r.randint(1, 60))
        end = start + timedelta(days=100)
    withdrawn = datetime(YEAR, 5, r.randint(1, 28), tzinfo=UTC) if number % 7 == 3 else None
    people, recipients = r.choice(PEOPLE), _some(r, RECIPIENTS, 5)
    return Said(
        f"c-{number:03d}",
        people,
        grants,
        _some(r, CLASSES, 4),
        recipients,
        _some(r, PURPOSES, 3),
        given,
        start,
        end,
        withdrawn,
    )


# ---- as the peers have it ------------------------------------------------------------------------


def flat(facts: Facts) -> list[Flat]:
    """The same as policies with an effect each: a deny wins, silence denies."""
    return [*_flat_rules(facts), *_flat_said(facts)]


def _flat_rules(facts: Facts) -> Iterator[Flat]:
    bases = {basis.code: basis for basis in facts.bases}
    for rule in facts.rules:
        one = Flat(
            rule.id,
            rule.permits,
            rule.classes,
            rule.owners,
            None,
            rule.recipients,
            rule.purposes,
            rule.start,
            rule.end,
        )
        if rule.basis is not None:
            basis = bases[rule.basis]
            fit = frozenset(owner for owner, sector in OWNERS.items() if sector in basis.sectors)
            owners = fit if rule.owners is None else rule.owners & fit
            one = replace(
                one, owners=owners, start=max(rule.start, basis.start), end=min(rule.end, basis.end)
            )
        yield one


def _flat_said(facts: Facts) -> Iterator[Flat]:
    for said in facts.said:
        end = said.end if said.withdrawn is None else min(said.end, said.withdrawn)
        about = (frozenset({said.person}), said.recipients, said.purposes)
        yield Flat(said.id, said.grants, said.classes, None, *about, said.start, end)
        if said.grants and said.withdrawn is not None:
            back = Flat(f"{said.id}-back", said.grants, said.classes, None, *about, said.withdrawn, OPEN)
            yield replace(back, permits=False)


# ---- as our law has it ---------------------------------------------------------------------------


def conference_policy(facts: Facts) -> dict[str, object]:
    """The same in the form of `docs/spec/consent.md`: permits consider, and one permit requires, consent."""
    agencies = {name: {"kind": "owner", "sector": sector} for name, sector in OWNERS.items()}
    agencies |= {name: {"kind": "recipient", "sector": "public"} for name in RECIPIENTS}
    return {
        "format": "conference-policy/1",
        "version": "bench",
        "classes": [{"name": name} for name in CLASSES],
        "purposes": PURPOSES,
        "agencies": agencies,
        "bases": [
            {"code": "consent", "sectors": sorted(set(OWNERS.values()))},
            *(
                {
                    "code": one.code,
                    "sectors": sorted(one.sectors),
                    "from": _spelt(one.start),
                    "until": _spelt(one.end),
                }
                for one in facts.bases
            ),
        ],
        "agreements": [
            {
                "id": "all",
                "parties": list(agencies),
                "purposes": PURPOSES,
                "classes": CLASSES,
                "from": "2020-01-01T00:00:00Z",
                "until": "2990-01-01T00:00:00Z",
            }
        ],
        "locks": [],
        "rules": [
            {"id": CONSENTED, "effect": "permit", "level": "full", "basis": "consent", "consent": "required"},
            *map(_our_rule, facts.rules),
        ],
        "consents": [_our_consent(one) for one in facts.said],
        "decisions": [],
    }


def _our_rule(rule: Rule) -> dict[str, object]:
    ours: dict[str, object] = {
        "id": rule.id,
        "effect": "permit" if rule.permits else "forbid",
        "classes": sorted(rule.classes),
        "recipients": {"agencies": sorted(rule.recipients)},
        "purposes": sorted(rule.purposes),
        "from": _spelt(rule.start),
        "until": _spelt(rule.end),
    }
    if rule.owners is not None:
        ours["owners"] = {"agencies": sorted(rule.owners)}
    if rule.permits:
        ours |= {"level": "full", "basis": rule.basis, "consent": "considered"}
    return ours


def _our_consent(said: Said) -> dict[str, object]:
    ours: dict[str, object] = {
        "id": said.id,
        "person": said.person,
        "decision": "grant" if said.grants else "refuse",
        "given_at": _spelt(said.given),
        "recorded_at": _spelt(said.given),
        "from": _spelt(said.start),
        "until": _spelt(said.end),
        "recipients": sorted(said.recipients),
        "purposes": sorted(said.purposes),
        "classes": sorted(said.classes),
    }
    return ours if said.withdrawn is None else ours | {"withdrawn_at": _spelt(said.withdrawn)}


def _spelt(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
