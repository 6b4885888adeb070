"""What happened, as one agency and another may know it.

Names people, cases, staff and fields by random ids only.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from audit.encoding import canonical_plain, to_base64
from audit.errors import BadEvent
from audit.names import EventName
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


def moment(at: datetime) -> str:
    """`at` as it stands in the log: UTC, milliseconds, `Z`.

    Raises BadEvent for a time without zone or not in UTC.
    """
    if at.tzinfo is not UTC and at.utcoffset() != _NO_OFFSET:
        raise BadEvent("event.at: not in UTC")
    return f"{at.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def new_id(kind: str, random: Random = secrets.token_bytes) -> str:
    """A random id of the kind `evt`, `req`, `per` …: 128 bits in hex."""
    return f"{kind}_{random(16).hex()}"


def check_event(event: Event) -> tuple[dict[str, object], list[dict[str, object]]]:
    """The event's head and items as JSON, all of the event having been checked.

    Raises BadEvent unless every id is an id, every word a word, and what was shown is committed to.
    """
    head = check_head(event.head())
    if not all(a_word(agency) for agency in event.concerns):
        raise BadEvent("event.concerns: not agencies")
    disclosure = event.event.value.startswith("disclosure.")
    written = []
    for number, item in enumerate(event.items):
        written.append(check_item(item.to_json(), f"items[{number}]"))
        if disclosure and item.level not in WITHOUT_VALUE and item.commitment is None:
            raise BadEvent(f"items[{number}].commitment: missing for what was shown")
    return head, written


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


def items_for(event: Event, agency: str) -> tuple[int, ...] | None:
    """Which items `agency` may know of, by their place in the event; None where it has no part at all.

    Source: spec/audit.md, "Event, body, leaf": the actor's agency has all, any other those that it owns.
    """
    if agency == event.agency:
        return tuple(range(len(event.items)))
    own = tuple(number for number, item in enumerate(event.items) if item.owner == agency)
    return own if own or agency in event.concerns else None


def body_for(event: Event, agency: str, commitments: Sequence[bytes]) -> bytes:
    """`agency`'s part of `event`, canonical: the head and the commitment of each item it may know of.

    commitments: one for each item of the event, in order.
    Returns EMPTY_BODY where it has no part.
    """
    return bodies(event, event.head(), commitments)(agency)[0]


def bodies(
    event: Event, head: dict[str, object], commitments: Sequence[bytes]
) -> Callable[[str], tuple[bytes, tuple[int, ...]]]:
    """What gives `body_for` an agency, and which items it commits to. The head is written once for all.

    head: the event's.
    """
    before, listed, after = canonical_plain({**head, "items": []}).partition(b'"items":[]')
    committed = [b'"%b"' % to_base64(one).encode("ascii") for one in commitments]

    def body_of(agency: str) -> tuple[bytes, tuple[int, ...]]:
        chosen = items_for(event, agency)
        if chosen is None:
            return EMPTY_BODY, ()
        own = b",".join([committed[number] for number in chosen])
        return b"".join((before, listed[:-1], own, b"]", after)), chosen

    return body_of
