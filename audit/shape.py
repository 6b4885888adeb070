"""The shapes of item, head, body and leaf as JSON, and what may stand under each key.

One table serves whoever writes an event and whoever checks a stored one. Ids are random, words come from the
agreed policy: there is no key that free text fits.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache

from audit.errors import BadEvent
from audit.names import EventName

Check = Callable[[object], bool]

WITHOUT_VALUE = ("none", "presence")
WITH_VALUE = ("summary", "full")
LEVELS = WITHOUT_VALUE + WITH_VALUE

# Patterns: none has a group that is kept, none takes what JSON would escape.
KIND, RANDOM = r"[a-z]{3}", r"[0-9a-z]{20,40}"
WORD = r"[A-Za-z0-9](?:[A-Za-z0-9._:/-]{0,62}[A-Za-z0-9])?"
POWER = r"[A-Za-z0-9(](?:[A-Za-z0-9 .,;:()/&'-]{0,118}[A-Za-z0-9).])?"
DIGEST = r"[0-9a-f]{64}"
MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
HASH = r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="

_ID = re.compile(f"({KIND})_{RANDOM}", re.ASCII)
_ORIGIN = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}"
_MOMENT, _HASH = re.compile(MOMENT, re.ASCII), re.compile(HASH, re.ASCII)
_NAMES = frozenset(name.value for name in EventName)


def matches(pattern: str) -> Check:
    """Text that the whole of `pattern` fits. Remembers answers: the same few words stand in every item."""
    compiled = re.compile(pattern, re.ASCII)

    @lru_cache(maxsize=4096)
    def fits(text: str) -> bool:
        return compiled.fullmatch(text) is not None

    return lambda value: isinstance(value, str) and fits(value)


def an_id(*kinds: str) -> Check:
    """A random id: three letters for its kind, `_`, and 20 to 40 lower-case letters or digits."""

    def check(value: object) -> bool:
        found = _ID.fullmatch(value) if isinstance(value, str) else None
        return found is not None and (not kinds or found[1] in kinds)

    return check


def or_null(check: Check) -> Check:
    """What `check` takes, or null."""
    return lambda value: value is None or check(value)


def distinct(check: Check, *, least: int = 0) -> Check:
    """A list of at least `least` different values that `check` takes."""

    def checks(value: object) -> bool:
        if not isinstance(value, list) or len(value) < least or not all(check(one) for one in value):
            return False
        return len(set(value)) == len(value)

    return checks


def either(*checks: Check) -> Check:
    """What any of `checks` takes."""
    return lambda value: any(check(value) for check in checks)


def a_moment(value: object) -> bool:
    """UTC to the millisecond, `2026-11-22T10:00:00.123Z`, and a real day and time."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def a_hash(value: object) -> bool:
    """32 bytes in canonical base64: 43 signs, of which the last has no stray bits, and one of padding."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _version_one(value: object) -> bool:
    return type(value) is int and value == 1


def _a_size(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _continues(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != CONTINUES.keys():
        return False
    fits = all(check(value[key]) for key, check in CONTINUES.items())
    return fits and bool(value["held"] <= value["size"])


def _list_of_hashes(value: object) -> bool:
    return isinstance(value, list) and all(a_hash(one) for one in value)


a_word = matches(WORD)
"""A word of the policy: class, purpose, agency, rule, basis. No space, at most 64 characters."""

HEAD: Mapping[str, Check] = {
    "v": _version_one,
    "id": an_id("evt"),
    "at": a_moment,
    "event": lambda value: isinstance(value, str) and value in _NAMES,
    "channel": a_word,
    "actor": or_null(an_id()),
    "agency": or_null(a_word),
    "on_behalf_of": or_null(either(an_id("stf"), a_word)),
    "purpose": or_null(a_word),
    "case": or_null(an_id("cas")),
    "meeting": or_null(an_id("mtg")),
    "policy": or_null(matches(DIGEST)),
    "request": or_null(an_id("req")),
}
HEAD_MORE: Mapping[str, Check] = {
    "about": distinct(either(an_id(), a_word), least=1),
    "mark": a_word,
}
ITEM: Mapping[str, Check] = {
    "field": or_null(an_id("fld")),
    "owner": a_word,
    "subjects": distinct(an_id("per"), least=1),
    "class": a_word,
    "level": lambda value: value in LEVELS,
    "rule": or_null(a_word),
    "basis": or_null(a_word),
    "condition": or_null(a_word),
    "power": or_null(matches(POWER)),
    "agreement": or_null(a_word),
    "consent": or_null(a_word),
    "override": or_null(a_word),
    "commitment": or_null(a_hash),
}
ITEM_MORE: Mapping[str, Check] = {"mark": a_word}
LEAF: Mapping[str, Check] = {
    "v": _version_one,
    "id": an_id("evt"),
    "at": a_moment,
    "roster": a_word,
    "parts": _list_of_hashes,
}
CONTINUES: Mapping[str, Check] = {
    "origin": matches(_ORIGIN),
    "size": _a_size,
    "root": a_hash,
    "held": _a_size,
}
LEAF_MORE: Mapping[str, Check] = {"continues": _continues}
BODY: Mapping[str, Check] = {**HEAD, "items": _list_of_hashes}


def check_keys(
    value: object, needed: Mapping[str, Check], more: Mapping[str, Check], what: str
) -> dict[str, object]:
    """`value` as an object with exactly the keys `needed`, perhaps some of `more`, each as its check asks."""
    if not isinstance(value, dict):
        raise BadEvent(f"{what}: not an object")
    for key, check in needed.items():
        if key not in value:
            raise BadEvent(f"{what}.{key}: missing")
        if not check(value[key]):
            raise BadEvent(f"{what}.{key}: not what may stand there")
    if len(value) > len(needed):
        _check_more(value, needed, more, what)
    return value


def _check_more(
    value: dict[str, object], needed: Mapping[str, Check], more: Mapping[str, Check], what: str
) -> None:
    for key in value.keys() - needed.keys():
        if key not in more:
            raise BadEvent(f"{what}: unknown key {ascii(key)[:40]}")
        if not more[key](value[key]):
            raise BadEvent(f"{what}.{key}: not what may stand there")


def check_item(value: object, what: str = "item") -> dict[str, object]:
    """An item. Nothing is shown at presence, so no commitment; beyond presence the field is named."""
    item = check_keys(value, ITEM, ITEM_MORE, what)
    if item["level"] in WITHOUT_VALUE and item["commitment"] is not None:
        raise BadEvent(f"{what}.commitment: nothing is shown at {item['level']}")
    if item["level"] not in WITHOUT_VALUE and item["field"] is None:
        raise BadEvent(f"{what}.field: missing")
    return item


def check_head(value: object, what: str = "event") -> dict[str, object]:
    """The head of an event.

    People are named in items, which can be erased, and in the head only when one is erased.
    """
    return _check_people(check_keys(value, HEAD, HEAD_MORE, what), what)


def check_body(value: object, what: str = "body") -> dict[str, object]:
    """A body: head and commitments to items; or empty."""
    if value == {}:
        return {}
    return _check_people(check_keys(value, BODY, HEAD_MORE, what), what)


def check_leaf(value: object, what: str = "leaf") -> dict[str, object]:
    """A leaf as it stands in the tree."""
    return check_keys(value, LEAF, LEAF_MORE, what)


def _check_people(head: dict[str, object], what: str) -> dict[str, object]:
    about = head.get("about", [])
    people = isinstance(about, list) and any(an_id("per")(one) for one in about)
    if people and head["event"] != EventName.PERSON_ERASED.value:
        raise BadEvent(f"{what}.about: people are named in items, so that they can be erased")
    return head
