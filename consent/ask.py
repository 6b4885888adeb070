"""Gate 1: reading a request. Whatever is not a complete request is none at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consent.jsontext import Repeating
from consent.model import LEVELS, Agency, Level, Policy
from consent.moment import parse_moment
from consent.words import is_word

_REQUEST = frozenset({"at", "purpose", "owner", "class", "offered", "subjects", "recipient"})
_SUBJECT = frozenset({"person", "role"})
_RECIPIENT = frozenset({"agency", "roles", "excluded"})


@dataclass(frozen=True, slots=True)
class Request:
    """A complete request: every name in it is one that the policy knows.

    above: the class names that cover the field's class.
    subjects: (person, role) pairs, each once, smallest first, at least one.
    """

    at: datetime
    purpose: str
    owner: Agency
    class_name: str
    above: frozenset[str]
    offered: Level
    subjects: tuple[tuple[str, str], ...]
    recipient: Agency
    roles: frozenset[str]
    excluded: bool


def read_request(policy: Policy, value: object) -> Request | None:
    """The request that `value` is, or None if it is not exactly one."""
    whole = _exactly(value, _REQUEST)
    recipient = _exactly(whole.get("recipient"), _RECIPIENT)
    at = parse_moment(whole.get("at"))
    purpose, class_name = whole.get("purpose"), whole.get("class")
    owner, receiver = _agency(policy, whole.get("owner")), _agency(policy, recipient.get("agency"))
    offered = _level(whole.get("offered"))
    subjects, roles = _subjects(whole.get("subjects")), _roles(recipient.get("roles"))
    excluded = recipient.get("excluded")
    if not isinstance(purpose, str) or purpose not in policy.purposes:
        return None
    if not isinstance(class_name, str) or class_name not in policy.above:
        return None
    if at is None or owner is None or receiver is None or offered is None or roles is None:
        return None
    if not subjects or not isinstance(excluded, bool):
        return None
    return Request(
        at, purpose, owner, class_name, policy.above[class_name], offered, subjects, receiver, roles, excluded
    )


def _exactly(value: object, keys: frozenset[str]) -> Mapping[object, object]:
    """The object here if it has exactly `keys`, each once; otherwise an empty one."""
    if not isinstance(value, Mapping) or isinstance(value, Repeating) or value.keys() != keys:
        return {}
    return value


def _agency(policy: Policy, name: object) -> Agency | None:
    return policy.agency.get(name) if isinstance(name, str) else None


def _level(word: object) -> Level | None:
    return LEVELS.get(word) if isinstance(word, str) else None


def _roles(value: object) -> frozenset[str] | None:
    if not isinstance(value, list | tuple):
        return None
    roles = frozenset(role for role in value if is_word(role))
    return roles if all(is_word(role) for role in value) else None


def _subjects(value: object) -> tuple[tuple[str, str], ...]:
    """The people and their roles; empty if there is none or one is not right."""
    if not isinstance(value, list | tuple):
        return ()
    pairs = {_subject(entry) for entry in value}
    return tuple(sorted(pair for pair in pairs if pair is not None)) if None not in pairs else ()


def _subject(value: object) -> tuple[str, str] | None:
    subject = _exactly(value, _SUBJECT)
    person, role = subject.get("person"), subject.get("role")
    return (person, role) if is_word(person) and is_word(role) else None
