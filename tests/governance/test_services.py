"""Own staff whole; of others only one's own; nothing else exists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from audit import EventName
from conference.cases.models import Case, ExclusionKind
from conference.cases.services import exclude
from conference.errors import NotFound, Refused
from conference.governance import entry, services, words
from conference.governance.services import Answer
from conference.sharing.door import Asked
from tests.governance.conftest import TODAY, Seen, show
from tests.support.world import NOW, add, by, told

MARIA: dict[str, Any] = {"name": "maria KOWALCZYK", "born": date(1992, 3, 3)}


def owners(answer: Answer) -> set[str | None]:
    return {owner for line in answer.lines for _, _, owner in line.said}


def people(answer: Answer) -> set[str]:
    return {line.who for line in answer.lines}


def test_own_staff_are_seen_whole(seen: Seen) -> None:
    answer = seen.search("h-ig", agency="homes")
    assert people(answer) == {"Sam Okafor, Northmoor Homes"}
    assert {None, "Northmoor Police", "Haven", "Moorland NHS Trust"} <= owners(answer)


def test_of_other_agencies_staff_only_ones_own_fields(seen: Seen) -> None:
    answer = seen.search("p-ig")
    assert people(answer) == {"Sam Okafor, Northmoor Homes", "Kiran Shah, Moorland NHS Trust"}
    assert owners(answer) == {None}
    labels = {label for line in answer.lines for label, _, _ in line.said}
    assert "Tenancy" not in labels
    assert "Name" in labels


def test_a_third_agency_sees_nothing_of_what_one_gave_another(seen: Seen) -> None:
    world = seen.world
    before = seen.search("h-ig")
    hidden = [show(world, "v-idva", Asked(owners=("police",))) for _ in range(3)]
    assert seen.search("h-ig") == before
    assert "Hana Said" not in repr(before)
    assert hidden[0] in {line.event_id for line in seen.search("p-ig").lines}
    code = next(one.code for one in seen.entries("police") if one.id == hidden[0])
    assert seen.receipt("p-ig", code or "").lines != []
    assert seen.receipt("h-ig", code or "") == seen.receipt("h-ig", "K7QX-2MFD-94TW")


def test_an_entry_of_two_others_is_not_found_like_one_that_is_not_there(seen: Seen) -> None:
    hidden = show(seen.world, "v-idva", Asked(owners=("police",)))
    viewer = seen.world.viewer("h-ig")
    for which in (hidden, "evt_" + "a" * 26, "nonsense"):
        with told("not found", NOW), seen.world.database.read() as session, pytest.raises(NotFound):
            entry.entry_page(session, viewer, which)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"agency": "nhs"}, {"Kiran Shah, Moorland NHS Trust"}, id="agency"),
        pytest.param({"agency": "haven"}, set(), id="agency-without-entries"),
        pytest.param({"purpose": "tenancy-support"}, set(), id="purpose"),
        pytest.param({"case_reference": "NM-ZZZZZZ"}, set(), id="unknown-reference"),
        pytest.param({"since": TODAY - timedelta(3), "until": TODAY - timedelta(1)}, set(), id="dates"),
        pytest.param({"name": "Nobody", "born": date(1992, 3, 3)}, set(), id="unknown-name"),
        pytest.param({"page": 2}, set(), id="beyond-the-last-page"),
    ],
)
def test_filters(seen: Seen, wanted: dict[str, object], expected: set[str]) -> None:
    assert people(seen.search("p-ig", **wanted)) == expected


def test_staff_and_case_filters(seen: Seen) -> None:
    world = seen.world
    one = seen.search("p-ig", staff=world.staff["n-rep"], case_reference=world.reference.lower())
    assert people(one) == {"Kiran Shah, Moorland NHS Trust"}


def test_the_sentence_counts_who_was_shown_ones_own_information(seen: Seen) -> None:
    answer = seen.search("p-ig", since=date(2026, 11, 1), **MARIA)
    assert answer.sentence == (
        "From 1 to 24 November, 2 people at 2 agencies were shown your agency's information about "
        "Maria Kowalczyk."
    )


def test_a_name_is_found_only_through_ones_own_identity_fields(seen: Seen) -> None:
    assert seen.search("h-ig", **MARIA).lines == []


def test_nothing_found_has_no_sentence(seen: Seen) -> None:
    answer = seen.search("p-ig", agency="haven")
    assert answer.sentence is None


def test_choices_are_own_staff_and_those_in_entries_that_are_seen(seen: Seen) -> None:
    answer = seen.search("p-ig", agency="haven")
    said = [text for _, text in answer.staff]
    assert "Paul Unassigned, Northmoor Police" in said
    assert said[-2:] == ["Kiran Shah, Moorland NHS Trust", "Sam Okafor, Northmoor Homes"]
    assert [text for _, text in answer.agencies] == [
        "Northmoor Police",
        "Moorland NHS Trust",
        "Northmoor Homes",
    ]


def test_a_name_needs_training(seen: Seen) -> None:
    viewer = seen.world.viewer("p-ig")
    untrained = type(viewer)(**{**viewer.__dict__, "trained": False})
    wanted = services.Search(why="audit", reason_reference="", since=TODAY, until=TODAY, **MARIA)
    with seen.world.database.write() as session, pytest.raises(Refused):
        services.search(session, untrained, wanted)


def test_what_officers_read_themselves_is_left_out_unless_asked_for(seen: Seen) -> None:
    first = seen.search("p-ig", **MARIA)
    again = seen.search("p-ig", **MARIA)
    assert first.sentence == again.sentence
    asked = seen.search("p-ig", purpose="audit", **MARIA)
    assert people(asked) == {"Ingrid Lund, Northmoor Police"}


def test_a_search_is_logged_with_its_reason(seen: Seen) -> None:
    seen.search("p-ig", **MARIA)
    found = seen.entries("police", names=("log.searched",))[0]
    assert (found.mark, found.note) == ("complaint", "C-118")
    assert seen.entries("homes", names=("log.searched",)) == []


def test_a_receipt_finds_ones_part_and_nothing_else(seen: Seen) -> None:
    code = next(one.code for one in seen.entries("homes") if one.id == seen.events["h-rep"])
    assert code is not None
    typed = code.lower().replace("-", " ")
    assert [line.event_id for line in seen.receipt("h-ig", typed).lines] == [seen.events["h-rep"]]
    assert owners(seen.receipt("p-ig", typed)) == {None}
    assert seen.receipt("p-ig", "K7QX-2MFD-94TW").lines == []


def test_a_case_that_the_officer_is_kept_out_of_does_not_exist(seen: Seen) -> None:
    world = seen.world
    with told("kept out", NOW), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        exclude(session, case, world.staff["p-ig"], ExclusionKind.OTHER_SIDE, by=by(world, "s-coord"), at=NOW)
    assert seen.search("p-ig").lines == []
    viewer = world.viewer("p-ig")
    with told("z", NOW), world.database.read() as session, pytest.raises(NotFound):
        entry.entry_page(session, viewer, seen.events["h-rep"])


def test_as_many_statements_whatever_is_hidden(seen: Seen) -> None:
    before = statements(seen)
    with told("hidden", NOW), seen.world.database.write() as session:
        add(session, seen.world, seen.world.case_id, "n-rep", "health.sexual", "x", name="hidden")
    for _ in range(3):
        show(seen.world, "v-idva", Asked(owners=("police", "nhs")))
    assert statements(seen) == before


def statements(seen: Seen) -> int:
    """How many it takes to show the officer of Homes the newest entries, a search and one entry."""
    sent: list[str] = []
    engine, viewer = seen.world.database.engine, seen.world.viewer("h-ig")

    def count(*args: Any) -> None:
        sent.append(args[2])

    event.listen(engine, "before_cursor_execute", count)
    with told("counted", NOW), seen.world.database.read() as session:
        services.newest(session, viewer, TODAY)
        wanted = services.Search(why="audit", reason_reference="", since=TODAY, until=TODAY, **MARIA)
        services.search(session, viewer, wanted)
        entry.entry_page(session, viewer, seen.events["h-rep"])
    event.remove(engine, "before_cursor_execute", count)
    return len(sent)


def test_every_event_has_words() -> None:
    assert {name.value for name in EventName} - set(words.DISCLOSURES) <= words.EVENTS.keys()


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        pytest.param(date(2026, 11, 1), date(2026, 11, 14), "From 1 to 14 November", id="one-month"),
        pytest.param(date(2026, 10, 28), date(2026, 11, 3), "From 28 October to 3 November", id="two"),
        pytest.param(date(2026, 11, 3), date(2026, 11, 3), "On 3 November", id="one-day"),
        pytest.param(
            date(2025, 12, 20), date(2026, 1, 3), "From 20 December 2025 to 3 January 2026", id="two-years"
        ),
    ],
)
def test_periods(since: date, until: date, said: str) -> None:
    with told("period", NOW):
        assert words.period(since, until) == said
