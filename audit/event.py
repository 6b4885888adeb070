"""What happened, as one agency and another may know it.

Names people, cases, staff and fields by random ids only.
"""

from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from audit.encoding import canonical_plain, quoted, to_base64
from audit.errors import BadEvent
from audit.names import EventName
from audit.patterns import body_pattern, item_pattern
from audit.shape import WITHOUT_VALUE, a_word, check_head, check_item

Random = Callable[[int], bytes]
"""Gives so many fresh random bytes, as `secrets.token_bytes` does."""

SALT_BYTES = 32
_BLOCK_BYTES = 64  # of SHA-256, to which HMAC fills up its key
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_INNER_PAD, _OUTER_PAD = (bytes([pad]) * (_BLOCK_BYTES - SALT_BYTES) for pad in (0x36, 0x5C))
_NO_OFFSET = timedelta(0)
EMPTY_BODY = b"{}"
"""The body of an agency that has no part in an event: the same for every event, so that it says nothing."""
_INNER_EMPTY = _INNER_PAD + EMPTY_BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One field of an event: whose, about whom, how far, by what right. `class_` is written `class`.

    mark: an agreed word beyond that, such as `outside-policy`, or the reason of a refusal; left out where
          None.
    commitment: `value_commitment` of the bytes shown; None at presence.
    """

    field: str | None
    owner: str
    subjects: tuple[str, ...]
    class_: str
    level: str
    rule: str | None = None
    basis: str | None = None
    condition: str | None = None
    power: str | None = None
    agreement: str | None = None
    consent: str | None = None
    override: str | None = None
    commitment: bytes | None = None
    mark: str | None = None

    def to_json(self) -> dict[str, object]:
        """The item as the specification writes it."""
        written: dict[str, object] = {
            "field": self.field,
            "owner": self.owner,
            "subjects": list(self.subjects),
            "class": self.class_,
            "level": self.level,
            "rule": self.rule,
            "basis": self.basis,
            "condition": self.condition,
            "power": self.power,
            "agreement": self.agreement,
            "consent": self.consent,
            "override": self.override,
            "commitment": None if self.commitment is None else to_base64(self.commitment),
        }
        if self.mark is not None:
            written["mark"] = self.mark
        return written

    def plain(self) -> str:
        """The item in canonical JSON, if there is nothing to escape: what fits `item_pattern` is right."""
        mark = "" if self.mark is None else f',"mark":{quoted(self.mark)}'
        committed = None if self.commitment is None else to_base64(self.commitment)
        people = '","'.join(self.subjects)
        return (
            f'{{"agreement":{quoted(self.agreement)},"basis":{quoted(self.basis)},'
            f'"class":{quoted(self.class_)},"commitment":{quoted(committed)},'
            f'"condition":{quoted(self.condition)},"consent":{quoted(self.consent)},'
            f'"field":{quoted(self.field)},"level":{quoted(self.level)}{mark},'
            f'"override":{quoted(self.override)},"owner":{quoted(self.owner)},"power":{quoted(self.power)},'
            f'"rule":{quoted(self.rule)},"subjects":["{people}"]}}'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened, once.

    at:       the moment, aware, UTC; written to the millisecond, what is finer is cut off.
    actor:    who did it; None for the system itself, or for somebody who is not known.
    policy:   SHA-256 in hex over the compiled inputs of the decisions; None where none was taken.
    about:    what else it is about, by id or word, such as a consent or a role; never a person, save one
              erased.
    mark:     an agreed word, such as the gate of a refusal. `about` and `mark` are left out where they are
              empty.
    concerns: agencies that get the head although no item is theirs. Not written in the event.
    """

    id: str
    at: datetime
    event: EventName
    channel: str
    actor: str | None
    agency: str | None
    on_behalf_of: str | None = None
    purpose: str | None = None
    case: str | None = None
    meeting: str | None = None
    policy: str | None = None
    request: str | None = None
    about: tuple[str, ...] = ()
    mark: str | None = None
    items: tuple[Item, ...] = ()
    concerns: tuple[str, ...] = ()

    def head(self) -> dict[str, object]:
        """Everything above `items`."""
        written: dict[str, object] = {
            "v": 1,
            "id": self.id,
            "at": moment(self.at),
            "event": self.event.value,
            "channel": self.channel,
            "actor": self.actor,
            "agency": self.agency,
            "on_behalf_of": self.on_behalf_of,
            "purpose": self.purpose,
            "case": self.case,
            "meeting": self.meeting,
            "policy": self.policy,
            "request": self.request,
        }
        if self.about:
            written["about"] = list(self.about)
        if self.mark is not None:
            written["mark"] = self.mark
        return written

    def to_json(self) -> dict[str, object]:
        """The whole event as the specification writes it."""
        return {**self.head(), "items": [item.to_json() for item in self.items]}

    def plain(self, at: str) -> tuple[str, str]:
        """What stands before and after the items in a body, in canonical JSON, if there is nothing to escape.

        at: the event's `moment`.   Only for an event that is about nothing: `about` is not written.
        """
        mark = "" if self.mark is None else f',"mark":{quoted(self.mark)}'
        before = (
            f'{{"actor":{quoted(self.actor)},"agency":{quoted(self.agency)},"at":{quoted(at)},'
            f'"case":{quoted(self.case)},"channel":{quoted(self.channel)},'
            f'"event":{quoted(self.event.value)},"id":{quoted(self.id)},"items":['
        )
        after = (
            f']{mark},"meeting":{quoted(self.meeting)},"on_behalf_of":{quoted(self.on_behalf_of)},'
            f'"policy":{quoted(self.policy)},"purpose":{quoted(self.purpose)},'
            f'"request":{quoted(self.request)},"v":1}}'
        )
        return before, after


def moment(at: datetime) -> str:
    """`at` as it stands in the log: UTC, milliseconds, `Z`.

    Raises BadEvent for a time without zone or not in UTC.
    """
    if at.tzinfo is not UTC and at.utcoffset() != _NO_OFFSET:
        raise BadEvent("event.at: not in UTC")
    return f"{at.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


class Written(NamedTuple):
    """An event that was checked, in canonical JSON.

    at: its moment, as everywhere in the log.
    before, after: what stands before and after the commitments to items in each of its bodies.
    """

    at: str
    before: bytes
    after: bytes
    items: list[bytes]


def check_event(event: Event) -> Written:
    """The event as it is written, all of it having been checked.

    Raises BadEvent unless every id is an id, every word a word, and what was shown is committed to.
    """
    at = moment(event.at)
    before, after = _around_items(event, at)
    if event.concerns and not all(a_word(agency) for agency in event.concerns):
        raise BadEvent("event.concerns: not agencies")
    disclosure = event.event.value.startswith("disclosure.")
    written = []
    for number, item in enumerate(event.items):
        written.append(_written_item(item, number))
        if disclosure and item.commitment is None and item.level not in WITHOUT_VALUE:
            raise BadEvent(f"items[{number}].commitment: missing for what was shown")
    return Written(at, before, after, written)


def _around_items(event: Event, at: str) -> tuple[bytes, bytes]:
    """What stands before and after the items in a body: the short way where it fits, else the long one."""
    try:
        before, after = ("", "") if event.about else event.plain(at)
    except TypeError:  # something is no text
        before, after = "", ""
    if body_pattern(0 if event.mark is None else 1).fullmatch(before + after):
        return before.encode("ascii"), after.encode("ascii")
    body = canonical_plain({**check_head(event.head()), "items": []})
    head, listed, rest = body.partition(b'"items":[]')
    return head + listed[:-1], b"]" + rest


def _written_item(item: Item, number: int) -> bytes:
    """The item, likewise. number: its place in the event."""
    try:
        text = item.plain()
    except TypeError:  # something is no text
        text = ""
    people = len(item.subjects)
    fits = item_pattern(people, 0 if item.mark is None else 1).fullmatch(text)
    if fits and len(set(item.subjects)) == people:
        return text.encode("ascii")
    return canonical_plain(check_item(item.to_json(), f"items[{number}]"))


def commitment(salt: bytes, data: bytes) -> bytes:
    """HMAC-SHA256(salt, data): binds to `data` and, without the salt, says nothing of it.

    The salt must be 32 bytes: HMAC takes keys that differ only in padding for one.
    Written out (RFC 2104), which takes half as long as `hmac.digest` for the few bytes that a body has.
    """
    if len(salt) != SALT_BYTES:
        raise BadEvent("salt: not 32 bytes")
    inner = sha256(salt.translate(_INNER) + _INNER_PAD + data).digest()
    return sha256(salt.translate(_OUTER) + _OUTER_PAD + inner).digest()


def empty_commitments(salts: Sequence[bytes]) -> list[bytes]:
    """`commitment` of EMPTY_BODY under each salt of 32 bytes, at once: most parts of a leaf are empty."""
    outer, inner, more, last = _OUTER, _INNER, _OUTER_PAD, _INNER_EMPTY
    return [
        sha256(salt.translate(outer) + more + sha256(salt.translate(inner) + last).digest()).digest()
        for salt in salts
    ]


def value_commitment(salt: bytes, shown: bytes) -> bytes:
    """What an item says of a value: a commitment to exactly the bytes shown."""
    return commitment(salt, shown)


def bodies(
    event: Event, written: Written, commitments: Sequence[bytes]
) -> Callable[[str], tuple[bytes, tuple[int, ...]]]:
    """What gives an agency's part of `event`, canonical, and the place of each item that it commits to.

    commitments: one for each item of the event, in order. An agency without a part has EMPTY_BODY.
    Source: spec/audit.md, "Event, body, leaf": the actor's agency has all, any other those that it owns.
    """
    committed = [b'"%b"' % b2a_base64(one, newline=False) for one in commitments]
    own: dict[str, list[int]] = {agency: [] for agency in event.concerns}
    for number, item in enumerate(event.items):
        own.setdefault(item.owner, []).append(number)
    if event.agency is not None:
        own[event.agency] = list(range(len(event.items)))

    def body_of(agency: str) -> tuple[bytes, tuple[int, ...]]:
        chosen = own.get(agency)
        if chosen is None:
            return EMPTY_BODY, ()
        listed = b",".join([committed[number] for number in chosen])
        return written.before + listed + written.after, tuple(chosen)

    return body_of
