"""From JSON to a policy, or every fault by its path."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from consent.faults import BrokenPolicy
from consent.jsontext import NotJSON, note_repeats, read_json
from consent.model import Consent, Policy, Rule, Signed
from consent.place import Place
from consent.read_consents import read_consents
from consent.read_rules import read_rules
from consent.read_signed import read_signed
from consent.read_terms import (
    Known,
    read_agencies,
    read_agreements,
    read_bases,
    read_classes,
    read_locks,
    read_purposes,
)
from consent.record import Record
from consent.words import names_above

FORMAT = "conference-policy/1"

_KEYS = (
    "format",
    "version",
    "classes",
    "purposes",
    "agencies",
    "bases",
    "agreements",
    "locks",
    "rules",
    "consents",
    "decisions",
)

Said = TypeVar("Said", Consent, Signed)


def load(text: str | bytes) -> Policy:
    """The policy that `text` writes, in JSON, UTF-8.

    Raises BrokenPolicy with every fault that could be found.
    """
    try:
        value = read_json(text, note_repeats)
    except NotJSON as error:
        raise BrokenPolicy([f"policy: {error}"]) from None
    return from_json(value)


def from_json(value: object) -> Policy:
    """The policy that `value` is: what json.loads would give for the text.

    Raises BrokenPolicy with every fault that could be found.
    """
    faults: list[str] = []
    record = Record.read(Place(value, faults), _KEYS)
    policy = _policy(record)
    if faults:
        raise BrokenPolicy(faults)
    return policy


def extend(policy: Policy, *, consents: Sequence[object] = (), decisions: Sequence[object] = ()) -> Policy:
    """`policy` with more consents and signed decisions, written as a policy writes them.

    The same as loading the whole at once; only what is added is checked.
    Raises BrokenPolicy; the paths count from the first that is added.
    """
    faults: list[str] = []
    known = _known_of(policy)
    more_consents = read_consents(
        _added("consents", consents, faults), known, {consent.id for consent in policy.consents}
    )
    more_signed = read_signed(
        _added("decisions", decisions, faults), known, {one.id for one in policy.signed}
    )
    if faults:
        raise BrokenPolicy(faults)
    all_consents, all_signed = policy.consents + more_consents, policy.signed + more_signed
    return replace(
        policy,
        consents=all_consents,
        signed=all_signed,
        consents_of=_by_person(all_consents),
        signed_for=_by_person(all_signed),
    )


def amend(
    policy: Policy,
    *,
    agreements: Sequence[object] = (),
    rules: Sequence[object] = (),
    without: Container[str] = (),
) -> Policy:
    """`policy` with more agreements and rules, written as a policy writes them, and without some rules (ids).

    Raises BrokenPolicy; the paths count from the first that is added.
    """
    faults: list[str] = []
    known = _known_of(policy)
    kept = tuple(rule for rule in policy.rules if rule.id not in without)
    all_rules = kept + read_rules(_added("rules", rules, faults), known, {rule.id for rule in kept})
    all_agreements = policy.agreements + read_agreements(
        _added("agreements", agreements, faults), known, {one.id for one in policy.agreements}
    )
    if faults:
        raise BrokenPolicy(faults)
    return replace(
        policy,
        agreements=all_agreements,
        rules=all_rules,
        rules_on=_rules_on(all_rules, policy.above, policy.purposes),
    )


def _known_of(policy: Policy) -> Known:
    return Known(
        policy.above,
        frozenset(policy.purposes),
        policy.agency,
        policy.basis,
        frozenset(lock.id for lock in policy.locks),
    )


def _added(key: str, values: Sequence[object], faults: list[str]) -> list[Place]:
    return Place(list(values), faults, key).items(may_be_empty=True) or []


def _policy(record: Record) -> Policy:
    """The policy of `record`; worthless if a fault was noted on the way."""
    if "format" in record.entries and record.entries["format"].value != FORMAT:
        record.fault("format", f'must be "{FORMAT}"')
    version = record.word("version")
    classes = read_classes(_list(record, "classes"))
    purposes = read_purposes(_list(record, "purposes"))
    agencies = read_agencies(_object(record, "agencies"))
    bases = read_bases(_list(record, "bases"))
    known = Known(
        classes=_readable(record, "classes", list, [one.name for one in classes]),
        purposes=_readable(record, "purposes", list, purposes),
        agencies=_readable(record, "agencies", dict, [one.name for one in agencies]),
        bases=_readable(record, "bases", list, [one.code for one in bases]),
        locks=None,
    )
    agreements = read_agreements(_list(record, "agreements"), known, set())
    locks = read_locks(_list(record, "locks"), known)
    known = replace(known, locks=_readable(record, "locks", list, [one.id for one in locks]))
    rules = read_rules(_list(record, "rules"), known, set())
    consents = read_consents(_list(record, "consents"), known, set())
    signed = read_signed(_list(record, "decisions"), known, set())
    above = {one.name: names_above(one.name) for one in classes}
    return Policy(
        version=version,
        classes=classes,
        purposes=purposes,
        agencies=agencies,
        bases=bases,
        agreements=agreements,
        locks=locks,
        rules=rules,
        consents=consents,
        signed=signed,
        agency=MappingProxyType({one.name: one for one in agencies}),
        basis=MappingProxyType({one.code: one for one in bases}),
        above=MappingProxyType(above),
        rules_on=_rules_on(rules, above, purposes),
        consents_of=_by_person(consents),
        signed_for=_by_person(signed),
    )


def _list(record: Record, key: str) -> list[Place]:
    return (record.entries[key].items(may_be_empty=True) or []) if key in record.entries else []


def _object(record: Record, key: str) -> dict[str, Place]:
    return (record.entries[key].members() or {}) if key in record.entries else {}


def _readable(record: Record, key: str, shape: type, names: Iterable[str]) -> Container[str] | None:
    """The names under `key`, or None if nothing of the right shape is there to name them."""
    readable = key in record.entries and isinstance(record.entries[key].value, shape)
    return frozenset(names) if readable else None


def _rules_on(
    rules: Iterable[Rule],
    above: Mapping[str, frozenset[str]],
    purposes: Iterable[str],
) -> Mapping[tuple[str, str], tuple[Rule, ...]]:
    """For each class and purpose, the rules that speak of both, smallest id first."""
    found: dict[tuple[str, str], list[Rule]] = {(name, purpose): [] for name in above for purpose in purposes}
    for rule in sorted(rules, key=lambda rule: rule.id):
        covered = [
            name
            for name, names in above.items()
            if rule.classes is None or not names.isdisjoint(rule.classes)
        ]
        for name in covered:
            for purpose in purposes if rule.purposes is None else rule.purposes:
                found.setdefault((name, purpose), []).append(rule)
    return MappingProxyType({key: tuple(speaking) for key, speaking in found.items()})


def _by_person(said: Iterable[Said]) -> Mapping[str, tuple[Said, ...]]:
    found: dict[str, list[Said]] = {}
    for one in said:
        found.setdefault(one.person, []).append(one)
    return MappingProxyType({person: tuple(theirs) for person, theirs in found.items()})
