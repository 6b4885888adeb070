"""What is written directly and looked at once is what the long way writes and takes; all else is refused."""

import json
from dataclasses import asdict

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

import audit
from audit.encoding import load_canonical
from audit.event import check_event
from audit.patterns import body_pattern, item_pattern
from audit.shape import a_moment, check_body, check_item
from tests.audit.made import START, an_event, an_id, an_item, some_events

WORDS = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._:/-]{0,62}[A-Za-z0-9])?", fullmatch=True)
BYTES = st.sampled_from(b'"\\,:{}[]09az_AQ=+/ -.\x00\x1f\x7f\n')
IDS = st.sampled_from(["per", "stf", "cas", "evt"]).flatmap(
    lambda kind: st.from_regex(rf"{kind}_[0-9a-z]{{20,40}}", fullmatch=True)
)
# Texts that no key takes, or only another key, or that would pass for more than one where nobody looks.
HOSTILE = ["a b", 'a"', "a\\", "é", "\u0661", "", "a\n", "null", "x" * 65, 5, True, 1.0, b"a", ["a"], ("a",)]
HOSTILE += ['a","mark":"b', 'full","mark":"free', f'{an_id("per", 1)}","{an_id("per", 2)}', 'x"],"a":["y']
TEXTS = st.one_of(st.none(), WORDS, IDS, st.sampled_from(HOSTILE))


def refused(check, value):
    try:
        check(value)
    except audit.LogFault:
        return True
    return False


@pytest.mark.parametrize("number", range(4))
def test_most_items_and_bodies_fit(number):
    event = list(some_events(4))[number]
    assert body_pattern(0 if event.mark is None else 1).fullmatch(
        "".join(event.plain("2026-11-22T10:00:07.123Z"))
    )
    for item in event.items:
        assert item_pattern(1, 0).fullmatch(item.plain())


@given(
    key=st.sampled_from([key for key in asdict(an_item()) if key not in ("subjects", "commitment")]),
    text=TEXTS,
    people=st.lists(TEXTS | st.just(an_id("per", 1)) | IDS, max_size=3).map(tuple),
    level=st.sampled_from(["none", "presence", "summary", "full"]),
    committed=st.sampled_from([None, bytes(32), bytes(31), b""]),
    mark=st.none() | WORDS,
)
def test_an_item_is_written_as_the_long_way_writes_it_or_refused(key, text, people, level, committed, mark):
    changes = {"level": level, "mark": mark, key: text}
    item = an_item(subjects=people, commitment=committed, **changes)
    event = an_event(items=(item,), event=audit.EventName.ACCESS_REFUSED)
    if refused(check_item, item.to_json()):
        assert refused(check_event, event)
    else:
        assert check_event(event).items == [rfc8785.dumps(item.to_json())]


@given(
    key=st.sampled_from(
        "id channel actor agency on_behalf_of purpose case meeting policy request mark".split()
    ),
    text=TEXTS,
    about=st.lists(TEXTS, max_size=2).map(tuple),
    mark=st.none() | WORDS,
    kind=st.sampled_from(audit.EventName),
)
def test_a_body_is_written_as_the_long_way_writes_it_or_refused(key, text, about, mark, kind):
    event = an_event(items=(), event=kind, **{"about": about, "mark": mark, key: text})
    empty = {**event.head(), "items": []}
    if refused(check_body, empty):
        assert refused(check_event, event)
    else:
        written = check_event(event)
        assert written.before + written.after == rfc8785.dumps(empty)


@given(
    at=st.integers(0, 10_000),
    byte=BYTES,
    cut=st.integers(0, 2),
    people=st.integers(1, 3),
    marks=st.integers(0, 1),
)
def test_what_fits_is_what_the_long_way_takes(at, byte, cut, people, marks):
    mark = "outside-policy" if marks else None
    subjects = tuple(an_id("per", number) for number in range(people))
    item = an_item(subjects=subjects, mark=mark)
    body = "".join(an_event(mark=mark).plain("2026-11-22T10:00:07.123Z"))
    for form, text, check in (
        (item_pattern(people, marks), item.plain(), check_item),
        (body_pattern(marks), body, check_body),
    ):
        assert form.fullmatch(text)
        place = at % len(text)
        changed = text[:place] + chr(byte) + text[place + cut :]
        if form.fullmatch(changed) and a_moment(json.loads(changed).get("at", "2026-11-22T10:00:07.123Z")):
            value = check(load_canonical(changed.encode(), "changed"))
            assert ("mark" in value) == bool(marks)
            assert len(value.get("subjects", subjects)) == people


@pytest.mark.parametrize(
    ("subjects", "mark", "level"),
    [
        pytest.param((f'{an_id("per", 1)}","{an_id("per", 1)}',), None, "full", id="two-people-as-one"),
        pytest.param((an_id("per", 1), an_id("per", 1)), None, "full", id="one-twice"),
        pytest.param((an_id("per", 1),), None, 'full","mark":"free', id="a-mark-in-the-level"),
        pytest.param(an_id("per", 1), None, "full", id="a-text-for-a-list"),
        pytest.param((), None, "full", id="nobody"),
    ],
)
def test_no_text_passes_for_more_than_one(subjects, mark, level):
    with pytest.raises(audit.BadEvent):
        check_event(an_event(items=(an_item(subjects=subjects, mark=mark, level=level),)))


def test_neither_form_takes_the_other_number_of_marks_or_people():
    marked, plain = an_item(mark="outside-policy").plain(), an_item().plain()
    assert item_pattern(1, 1).fullmatch(marked)
    assert not item_pattern(1, 0).fullmatch(marked)
    assert not item_pattern(1, 1).fullmatch(plain)
    assert not item_pattern(2, 0).fullmatch(plain)
    assert not item_pattern(0, 0).fullmatch(plain)


def test_a_moment_is_written_to_the_millisecond_and_cut_off():
    for micros, written in ((0, "000"), (999, "000"), (123_999, "123"), (999_999, "999")):
        leaf = json.loads(
            audit.seal_event(
                an_event(at=START.replace(microsecond=micros)), audit.Roster("r", ("almo", "police"))
            ).leaf
        )
        assert leaf["at"] == f"2026-11-22T10:00:00.{written}Z"
