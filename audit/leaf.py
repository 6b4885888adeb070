"""From an event to its leaf, which says nothing to an outsider, and to each agency's part, which opens it."""

import secrets
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass
from struct import unpack
from typing import NamedTuple

from audit.checkpoint import Checkpoint
from audit.encoding import canonical_plain, to_base64
from audit.errors import BadEvent, LeafTooLong
from audit.event import (
    EMPTY_BODY,
    SALT_BYTES,
    Event,
    Item,
    Random,
    Written,
    bodies,
    check_event,
    commitment,
    empty_commitments,
)
from audit.shape import a_word, check_leaf

LEAF_LIMIT = 65_535
"""A bundle writes a leaf's length in two bytes."""

HOUSE = "conference"
"""The owner without staff. It need not stand in a roster: nobody sees its fields as their own."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The partnership's agencies in the order of a leaf's parts.

    An order, once used, never changes its version.
    """

    version: str
    agencies: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a roster that names an agency twice or not by a word."""
        if not a_word(self.version) or not all(a_word(agency) for agency in self.agencies):
            raise BadEvent("roster: version or agency is not a word")
        if len(set(self.agencies)) != len(self.agencies):
            raise BadEvent("roster: an agency stands in it twice")

    def position(self, agency: str) -> int | None:
        """Where the part of `agency` stands in a leaf, or None if it has none."""
        return self.agencies.index(agency) if agency in self.agencies else None


class OpenItem(NamedTuple):
    """An item in the clear, to be sealed for the people in `item.subjects`. `data` is its canonical bytes."""

    item: Item
    data: bytes
    salt: bytes
    commitment: bytes


class Part(NamedTuple):
    """What one agency needs to open its part of a leaf, to be sealed under its key.

    items: which of the event's items its body commits to, by their place in `Parts.items`, in the body's
           order.
    """

    agency: str
    salt: bytes
    body: bytes
    items: tuple[int, ...]


class Parts(NamedTuple):
    """A leaf and all that opens it.

    agencies, salts: in the order of the roster.
    whole: the parts that say something, in that order too; every other body is EMPTY_BODY.
    items: in the order of the event.
    """

    leaf: bytes
    agencies: tuple[str, ...]
    salts: tuple[bytes, ...]
    whole: tuple[Part, ...]
    items: tuple[OpenItem, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The part of every agency of the roster."""
        whole = {part.agency: part for part in self.whole}
        pairs = zip(self.agencies, self.salts, strict=True)
        return tuple(whole.get(agency) or Part(agency, salt, EMPTY_BODY, ()) for agency, salt in pairs)


@dataclass(frozen=True, slots=True)
class Continuation:
    """What the first leaf of a new epoch says of the log before it, whose end is lost.

    last: the last checkpoint that anybody knows of.
    held: how many of its leaves are still there. The gap, which stays visible for ever, is the leaves from
          there up to `last.size`, and what came after.
    """

    last: Checkpoint
    held: int

    def to_json(self) -> dict[str, object]:
        """What stands under `continues` in the leaf."""
        root = to_base64(self.last.root)
        return {"origin": self.last.origin, "size": self.last.size, "root": root, "held": self.held}


def seal_event(
    event: Event,
    roster: Roster,
    random: Random = secrets.token_bytes,
    continues: Continuation | None = None,
) -> Parts:
    """Make the leaf of `event`, with a part for every agency of `roster`, each under a fresh salt.

    continues: only for the first leaf of a new epoch, which is written in the clear beside the parts.
    Raises BadEvent for an event that has not its shape, or that is the business of an agency without a part;
    LeafTooLong for a leaf above 65,535 bytes.
    """
    written = check_event(event)
    business = _business(event, roster)
    count = len(event.items)
    drawn = _salts(count + len(roster.agencies), random)
    items, salts = _open_items(event, written, drawn[:count]), drawn[count:]
    body_of = bodies(event, written, [item.commitment for item in items])
    places = sorted(place for agency in business if (place := roster.position(agency)) is not None)
    others = list(salts)  # of the agencies to which it says nothing, as it does to most
    for place in reversed(places):
        del others[place]
    committed = empty_commitments(others)
    whole = []
    for place in places:
        agency, salt = roster.agencies[place], salts[place]
        part = Part(agency, salt, *body_of(agency))
        whole.append(part)
        committed.insert(place, commitment(salt, part.body))
    leaf = _leaf(written.at, event.id, roster, committed, continues)
    if len(leaf) > LEAF_LIMIT:
        raise LeafTooLong(f"leaf: {len(leaf)} bytes, more than {LEAF_LIMIT}")
    return Parts(leaf, roster.agencies, salts, tuple(whole), items)


def _leaf(
    at: str, name: str, roster: Roster, hashes: Sequence[bytes], continues: Continuation | None
) -> bytes:
    """The canonical leaf. All but `continues` was checked with the event and the roster, or made here."""
    if continues is None:  # ids and words hold nothing that JSON would escape
        parts = b'","'.join([b2a_base64(one, newline=False) for one in hashes]).decode("ascii")
        listed = f'"{parts}"' if parts else ""
        leaf = f'{{"at":"{at}","id":"{name}","parts":[{listed}],"roster":"{roster.version}","v":1}}'
        return leaf.encode("ascii")
    shape = {"v": 1, "id": name, "at": at, "roster": roster.version, "parts": [*map(to_base64, hashes)]}
    return canonical_plain(check_leaf({**shape, "continues": continues.to_json()}))


def _open_items(event: Event, written: Written, salts: Sequence[bytes]) -> tuple[OpenItem, ...]:
    shapes = zip(event.items, written.items, salts, strict=True)
    return tuple([OpenItem(item, data, salt, commitment(salt, data)) for item, data, salt in shapes])


def _business(event: Event, roster: Roster) -> set[str]:
    """The agencies that have something to do with the event. Raises BadEvent for one without a part."""
    business = {item.owner for item in event.items}.union(event.concerns)
    if event.agency is not None:
        business.add(event.agency)
    if strangers := business.difference(roster.agencies, (HOUSE,)):
        raise BadEvent(
            f"event: agencies without a part in roster {roster.version}: {', '.join(sorted(strangers))}"
        )
    return business


def _salts(count: int, random: Random) -> tuple[bytes, ...]:
    drawn = random(SALT_BYTES * count)
    if len(drawn) != SALT_BYTES * count:
        raise BadEvent("random: gave another number of bytes than asked for")
    return unpack(f"{SALT_BYTES}s" * count, drawn)
