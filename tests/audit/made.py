"""Events that could have happened, and salts that are the same in every run."""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta

import audit

SEED = bytes(range(32))
ORIGIN = "example.org/disclosures"
START = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)
ROSTER = audit.Roster("2026-11-01", ("police", "almo", "nhs"))


def an_id(kind, number):
    return f"{kind}_{number:032x}"


def counted(start=0):
    """Random bytes that are the same in every run, and never twice."""
    calls = itertools.count(start)

    def random(count):
        blocks = [hashlib.sha256(b"salt %d" % next(calls)).digest() for _ in range(-(-count // 32))]
        return b"".join(blocks)[:count]

    return random


def an_item(number=1, **changes):
    values = {
        "field": an_id("fld", number),
        "owner": "police",
        "subjects": (an_id("per", number),),
        "class_": "identity.name",
        "level": "full",
        "rule": "r-010",
        "basis": "PT",
        "condition": "A9g-18",
        "power": "CDA 1998 s115",
        "agreement": "dsa-1",
        "commitment": audit.value_commitment(bytes(32), b"value %d" % number),
    }
    return audit.Item(**{**values, **changes})


def an_event(number=1, **changes):
    values = {
        "id": an_id("evt", number),
        "at": START + timedelta(seconds=number),
        "event": audit.EventName.DISCLOSURE_SHOWN,
        "channel": "screen",
        "actor": an_id("stf", 1),
        "agency": "almo",
        "purpose": "prevent-serious-harm",
        "case": an_id("cas", 1),
        "meeting": an_id("mtg", 1),
        "policy": "ab" * 32,
        "request": an_id("req", number),
        "items": (an_item(),),
    }
    return audit.Event(**{**values, **changes})


def opened(parts, agency, erased=()):
    """What `agency` could export of `parts`, items about `erased` people being unreadable."""
    part = next(part for part in parts.parts if part.agency == agency)
    items = []
    for number in part.items:
        item = parts.items[number]
        gone = set(item.item.subjects) & set(erased)
        items.append(
            audit.OpenedItem(item.commitment, None if gone else item.salt, None if gone else item.data)
        )
    return audit.OpenedPart(ROSTER.position(agency), part.salt, part.body, tuple(items))


def some_events(count):
    """Events of several kinds: own and others' fields, none at all, many items, presence."""
    for number in range(count):
        match number % 4:
            case 0:
                yield an_event(number)
            case 1:
                items = (an_item(number), an_item(number + 1, owner="almo"), an_item(number + 2, owner="nhs"))
                yield an_event(number, items=items, agency="police")
            case 2:
                kind = audit.EventName.ACCESS_REFUSED
                yield an_event(number, items=(), agency="nhs", event=kind, mark="locked")
            case _:
                yield an_event(
                    number, items=(an_item(number, level="presence", commitment=None, field=None),)
                )
