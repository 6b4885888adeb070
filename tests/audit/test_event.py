"""Events, bodies and leaves: the JSON of the specification, no free text, and to each agency its own part."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

import audit
from audit.encoding import canonical_plain, load_canonical
from audit.event import check_event, commitment
from audit.names import EventName
from audit.parts import check_line, part_line
from audit.patterns import plain_leaf
from audit.shape import check_body, check_head, check_item, check_leaf
from tests.audit.made import ROSTER, START, an_event, an_id, an_item, counted, some_events


def test_every_event_name_is_thing_verb_and_documented():
    for name in EventName:
        thing, verb = name.value.split(".")
        assert (thing + verb).isalpha()
        assert name.value.islower()
        assert name.name == name.value.replace(".", "_").upper()
        assert name.meaning.endswith(".")
        assert "\n" not in name.meaning
        assert 15 < len(name.meaning) < 120
    assert len({name.meaning for name in EventName}) == len(EventName)


def test_an_event_is_written_as_in_the_specification():
    event = an_event(7)
    assert list(event.to_json()) == [
        "v",
        "id",
        "at",
        "event",
        "channel",
        "actor",
        "agency",
        "on_behalf_of",
        "purpose",
        "case",
        "meeting",
        "policy",
        "request",
        "items",
    ]
    assert list(event.items[0].to_json()) == [
        "field",
        "owner",
        "subjects",
        "class",
        "level",
        "rule",
        "basis",
        "condition",
        "power",
        "agreement",
        "consent",
        "override",
        "commitment",
    ]
    assert event.to_json()["at"] == "2026-11-22T10:00:07.123Z"
    assert event.to_json()["event"] == "disclosure.shown"


def test_a_leaf_is_written_as_in_the_specification():
    parts = audit.seal_event(an_event(), ROSTER)
    leaf = json.loads(parts.leaf)
    assert parts.leaf == rfc8785.dumps(leaf)
    assert leaf == {
        "v": 1,
        "id": an_id("evt", 1),
        "at": "2026-11-22T10:00:01.123Z",
        "roster": "2026-11-01",
        "parts": [
            b64encode(hmac.new(part.salt, part.body, hashlib.sha256).digest()).decode()
            for part in parts.parts
        ],
    }
    assert [part.agency for part in parts.parts] == list(ROSTER.agencies)


def test_every_salt_is_fresh():
    items = tuple(an_item(number) for number in range(40))
    parts = audit.seal_event(an_event(items=items), ROSTER)
    salts = [part.salt for part in parts.parts] + [item.salt for item in parts.items]
    assert all(len(salt) == 32 for salt in salts)
    assert len(set(salts)) == 43


def test_random_that_gives_too_little_is_refused():
    with pytest.raises(audit.BadEvent):
        audit.seal_event(an_event(), ROSTER, lambda count: bytes(count - 1))


def body_of(event, agency):
    parts = audit.seal_event(event, ROSTER, counted())
    return json.loads(next(part.body for part in parts.parts if part.agency == agency)), parts


def test_bodies_hold_all_for_the_actor_own_for_the_owner_nothing_for_others():
    items = (an_item(1), an_item(2, owner="nhs"), an_item(3))
    event = an_event(items=items)
    actor, parts = body_of(event, "almo")
    owner, _ = body_of(event, "police")
    commitments = [b64encode(item.commitment).decode() for item in parts.items]
    assert actor == {**event.head(), "items": commitments}
    assert owner == {**event.head(), "items": [commitments[0], commitments[2]]}
    assert parts.parts[0].items == (0, 2)
    only_the_police_s = audit.seal_event(an_event(items=(an_item(1),)), ROSTER)
    bodies = {part.agency: part.body for part in only_the_police_s.parts}
    assert bodies["nhs"] == b"{}" == audit.EMPTY_BODY


def test_item_commitments_are_hmac_over_the_canonical_item():
    parts = audit.seal_event(an_event(), ROSTER)
    opened = parts.items[0]
    assert opened.data == rfc8785.dumps(opened.item.to_json())
    assert opened.commitment == hmac.new(opened.salt, opened.data, hashlib.sha256).digest()


WORDS = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._:/-]{0,20}[A-Za-z0-9])?", fullmatch=True)


@given(
    head=st.fixed_dictionaries(
        {"channel": WORDS},
        optional={"purpose": WORDS, "mark": WORDS, "about": st.lists(WORDS, unique=True).map(tuple)},
    ),
    owners=st.lists(st.sampled_from([*ROSTER.agencies, audit.HOUSE]), max_size=5),
    agencies=st.permutations(ROSTER.agencies),
    version=WORDS,
)
def test_what_is_written_directly_is_canonical_json(head, owners, agencies, version):
    items = tuple(an_item(number, owner=owner) for number, owner in enumerate(owners))
    event = an_event(items=items, **head)
    parts = audit.seal_event(event, audit.Roster(version, tuple(agencies)))
    assert parts.leaf == rfc8785.dumps(check_leaf(json.loads(parts.leaf)))
    for part in parts.parts:
        assert part.body == rfc8785.dumps(check_body(json.loads(part.body)))
        own = [number for number, owner in enumerate(owners) if part.agency in (event.agency, owner)]
        assert list(part.items) == own
        if part.body != b"{}":
            listed = [b64encode(parts.items[number].commitment).decode() for number in own]
            assert json.loads(part.body) == {**event.head(), "items": listed}


@given(
    at=st.integers(0, 10_000),
    byte=st.sampled_from(b'"\\,:{}[]09az_AQ=+/ -.\x00\x1f\x7f\n'),
    cut=st.integers(0, 2),
)
def test_a_leaf_is_read_the_short_way_only_as_it_is_read_the_long_way(at, byte, cut):
    leaf = audit.seal_event(an_event(), ROSTER).leaf
    assert plain_leaf(leaf) == check_leaf(load_canonical(leaf, "leaf"))
    at %= len(leaf)
    changed = leaf[:at] + bytes([byte]) + leaf[at + cut :]
    found = plain_leaf(changed)
    if found is not None:
        assert found == check_leaf(load_canonical(changed, "leaf"))


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2026-02-30T10:00:00.000Z"},
        {"at": "2026-11-22T10:00:60.000Z"},
        {"roster": "-a"},
        {"roster": ""},
        {"id": "per_" + "a" * 26},
        {"parts": ["A" * 42 + "B="]},
        {"v": 2},
    ],
)
def test_the_short_way_refuses_leaves_too(change):
    leaf = {**json.loads(audit.seal_event(an_event(), ROSTER).leaf), **change}
    assert plain_leaf(rfc8785.dumps(leaf)) is None
    with pytest.raises(audit.BadEvent):
        check_leaf(leaf)


def test_a_leaf_without_parts_or_with_more_is_read():
    leaf = json.loads(audit.seal_event(an_event(), ROSTER).leaf)
    none, more = {**leaf, "parts": []}, {**leaf, "extra": 1}
    assert plain_leaf(rfc8785.dumps(none)) == none
    assert plain_leaf(rfc8785.dumps(more)) is None


def test_no_changed_byte_of_an_empty_parts_line_opens_its_leaf():
    parts = audit.seal_event(an_event(), ROSTER)
    leaf, empty = json.loads(parts.leaf), parts.parts[2]
    assert empty.body == b"{}"
    line = part_line(5, audit.OpenedPart(2, empty.salt, empty.body, ()))[:-1]
    assert check_line(line, 5, leaf, "line") == 2
    for at, was in enumerate(line):
        for byte in {was ^ 1, was ^ 32, ord("0"), ord("1"), ord("="), ord("}")} - {was}:
            with pytest.raises(audit.LogFault):
                check_line(line[:at] + bytes([byte]) + line[at + 1 :], 5, leaf, "line")
    for index, shape in ((4, leaf), (5, {**leaf, "parts": leaf["parts"][:2]})):
        with pytest.raises(audit.LogFault):
            check_line(line, index, shape, "line")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300))
def test_a_commitment_is_hmac(salt, data):
    assert commitment(salt, data) == hmac.digest(salt, data, "sha256")


def test_an_event_without_items_is_known_to_its_own_agency_and_those_it_concerns():
    event = an_event(items=(), event=EventName.CONSENT_WITHDRAWN, concerns=("nhs",), about=("c-1",))
    assert body_of(event, "almo")[0] == body_of(event, "nhs")[0] == {**event.head(), "items": []}
    assert body_of(event, "police")[0] == {}
    assert "concerns" not in event.to_json()


def test_an_event_of_nobody_known_is_in_no_body():
    event = an_event(items=(), event=EventName.ACCESS_REFUSED, actor=None, agency=None)
    assert all(part.body == b"{}" for part in audit.seal_event(event, ROSTER).parts)


def test_another_agencys_part_and_the_leaf_reveal_nothing():
    """Two events that differ only in what `nhs` may not know give it the same bytes, under the same salts."""
    one = an_event(items=(an_item(1), an_item(2, owner="almo")))
    two = an_event(
        items=(an_item(8, level="summary"),),
        actor=an_id("stf", 9),
        purpose=None,
        case=an_id("cas", 7),
        agency="police",
        event=EventName.DISCLOSURE_EXPORTED,
        channel="print",
    )
    third = (ROSTER.position("nhs"), b"{}")
    for event in (one, two):
        parts = audit.seal_event(event, ROSTER)
        part = parts.parts[third[0]]
        assert (part.body, part.items) == (b"{}", ())
        leaf = json.loads(parts.leaf)
        assert set(leaf) == {"v", "id", "at", "roster", "parts"}
        text = parts.leaf.decode()
        for secret in (
            "almo",
            "police",
            "identity",
            *event.items[0].subjects,
            event.actor,
            event.case,
            "disclosure",
        ):
            assert secret not in text
    assert len(audit.seal_event(one, ROSTER).leaf) == len(audit.seal_event(two, ROSTER).leaf)


def test_an_owners_body_does_not_tell_how_many_items_others_own():
    few, many = an_event(), an_event(items=(an_item(), *(an_item(n, owner="nhs") for n in range(2, 9))))
    bodies = [audit.seal_event(event, ROSTER, bytes).parts[0].body for event in (few, many)]
    assert bodies[0] == bodies[1]


def test_agencies_without_a_part_are_refused_but_not_the_house():
    for changes in ({"agency": "fire"}, {"items": (an_item(owner="fire"),)}, {"concerns": ("fire",)}):
        with pytest.raises(audit.BadEvent, match="fire"):
            audit.seal_event(an_event(**changes), ROSTER)
    parts = audit.seal_event(an_event(items=(an_item(owner=audit.HOUSE),)), ROSTER)
    assert [len(part.items) for part in parts.parts] == [0, 1, 0]


def test_a_leaf_is_at_most_65535_bytes():
    agencies = tuple(f"a{number}" for number in range(1391))
    event = an_event(items=(), agency="a1", concerns=agencies[-1:])
    assert len(audit.seal_event(event, audit.Roster("r", agencies)).leaf) <= 65_535
    with pytest.raises(audit.LeafTooLong):
        audit.seal_event(event, audit.Roster("r", (*agencies, "b1", "b2")))


def test_the_first_leaf_of_a_new_epoch_names_what_it_continues():
    last = audit.Checkpoint("example.org/disclosures", 120, bytes(32))
    event = an_event(items=(), event=EventName.LOG_CONTINUED)
    leaf = json.loads(audit.seal_event(event, ROSTER, continues=audit.Continuation(last, 100)).leaf)
    assert leaf["continues"] == {"origin": last.origin, "size": 120, "root": "A" * 43 + "=", "held": 100}
    assert check_leaf(leaf) == leaf
    for bad in ({"held": 121}, {"held": -1}, {"size": True}, {"root": ""}, {"origin": "a b"}, {"more": 1}):
        with pytest.raises(audit.BadEvent):
            check_leaf({**leaf, "continues": {**leaf["continues"], **bad}})
    with pytest.raises(audit.BadEvent):
        audit.seal_event(event, ROSTER, continues=audit.Continuation(last, 121))


@pytest.mark.parametrize("agencies", [("a", "a"), ("",), ("two words",)])
def test_a_roster_names_each_agency_once_by_a_word(agencies):
    with pytest.raises(audit.BadEvent):
        audit.Roster("2026", agencies)


LOUD = "per_MARYSMITHMARYSMITHMARY"
FREE_TEXT = ["Mary Smith", "mary", "", "per_", "per_mary", LOUD, "Née", "a\nb", "x" * 200, " a", 5]


@pytest.mark.parametrize("text", FREE_TEXT)
@pytest.mark.parametrize("key", ["id", "actor", "case", "meeting", "request", "policy"])
def test_no_free_text_in_the_head(key, text):
    with pytest.raises(audit.BadEvent):
        check_event(an_event(**{key: text}))


@pytest.mark.parametrize("text", ["Mary Smith", "", "Née", "a\nb", "x" * 200, " a", "a.", 5, "1 Acacia Road"])
@pytest.mark.parametrize("key", ["purpose", "agency", "on_behalf_of", "channel", "mark"])
def test_no_free_text_in_words_of_the_head(key, text):
    with pytest.raises(audit.BadEvent):
        check_event(an_event(**{key: text}))


@pytest.mark.parametrize("text", ["Mary Smith", "", "Née", "a\nb", "x" * 200, " a", 5])
@pytest.mark.parametrize("key", "field owner class_ level rule basis condition agreement consent".split())
def test_no_free_text_in_items(key, text):
    with pytest.raises(audit.BadEvent):
        check_event(an_event(items=(an_item(**{key: text}),)))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"subjects": ()}, id="about-nobody"),
        pytest.param({"subjects": ("Mary",)}, id="a-name"),
        pytest.param({"subjects": (an_id("per", 1),) * 2}, id="twice"),
        pytest.param({"subjects": (an_id("stf", 1),)}, id="not-a-person"),
        pytest.param({"level": "presence"}, id="a-value-at-presence"),
        pytest.param({"commitment": None}, id="shown-without-commitment"),
        pytest.param({"commitment": bytes(31)}, id="short-commitment"),
        pytest.param({"field": None}, id="shown-without-field"),
        pytest.param({"power": "a power\nof two lines"}, id="power-lines"),
        pytest.param({"mark": "said by Mary"}, id="mark"),
    ],
)
def test_items_that_are_refused(changes):
    with pytest.raises(audit.BadEvent):
        check_event(an_event(items=(an_item(**changes),)))


def test_people_are_named_in_the_head_only_when_one_is_erased():
    about = (an_id("per", 1),)
    check_event(an_event(items=(), about=about, event=EventName.PERSON_ERASED))
    with pytest.raises(audit.BadEvent, match="erased"):
        check_event(an_event(items=(), about=about, event=EventName.CONSENT_RECORDED))


@pytest.mark.parametrize(
    "at",
    [START.replace(tzinfo=None), START.astimezone(timezone(timedelta(hours=1)))],
    ids=["no-zone", "not-utc"],
)
def test_time_is_utc(at):
    with pytest.raises(audit.BadEvent):
        audit.seal_event(an_event(at=at), ROSTER)


@pytest.mark.parametrize(
    "at", ["2026-02-30T10:00:00.000Z", "2026-11-22T10:00:60.000Z", "2026-11-22T10:00:00Z", "\u0662026"]
)
def test_moments_are_real(at):
    with pytest.raises(audit.BadEvent):
        check_head({**an_event().head(), "at": at})


def test_unknown_and_missing_keys_are_refused():
    event, leaf = an_event(), json.loads(audit.seal_event(an_event(), ROSTER).leaf)
    body = {**event.head(), "items": []}
    for check, whole in (
        (check_head, event.head()),
        (check_item, event.items[0].to_json()),
        (check_leaf, leaf),
        (check_body, body),
    ):
        assert check(whole) == whole
        without = [{key: whole[key] for key in whole if key != left_out} for left_out in whole]
        for bad in ([], None, "text", {**whole, "name": "Mary"}, *without):
            with pytest.raises(audit.BadEvent):
                check(bad)
    assert check_body({}) == {}
    with pytest.raises(audit.BadEvent):
        check_head({**event.head(), "v": True})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_is_read_back_and_only_that(value):
    data = audit.canonical(value)
    assert load_canonical(data, "value") == value
    if data.isascii():
        assert canonical_plain(value) == data
    spaced = json.dumps(value, indent=1).encode()
    if spaced != data:
        with pytest.raises(audit.BadEncoding):
            load_canonical(spaced, "value")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[1.0]",
        b"[1e3]",
        b"[-0]",
        b"[NaN]",
        b"[Infinity]",
        b'{"a":1,"a":1}',
        b'["\\u0041"]',
        b'["\\ud800"]',
        b"[1] ",
        b"\xef\xbb\xbf[]",
        b"[\xff]",
        b"[" * 100_000,
        b"[" * 500 + b"]" * 499,
        b"9" * 5000,
        b'{"b":1,"a":1}',
    ],
)
def test_hostile_json_is_refused(data):
    with pytest.raises(audit.BadEncoding):
        load_canonical(data, "value")


def test_what_json_cannot_hold_is_refused():
    for value in (float("nan"), 2**60, "\ud800", {1: 2}):
        with pytest.raises(audit.BadEncoding):
            audit.canonical(value)


def test_all_made_events_pass_as_they_are_written():
    for event in some_events(8):
        check_head(event.head())
        assert canonical_plain(event.to_json()) == rfc8785.dumps(event.to_json())


def test_a_value_commitment_needs_a_whole_salt():
    assert audit.value_commitment(bytes(32), b"x") == hmac.new(bytes(32), b"x", "sha256").digest()
    for salt in (b"", bytes(31), bytes(33)):
        with pytest.raises(audit.BadEvent):
            audit.value_commitment(salt, b"x")
