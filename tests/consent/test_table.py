"""A compiled table gives what `decide` gives, on every cell, at every moment for which it answers at all."""

import itertools
import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consent
from consent.table import NotInTable, Outdated, Recipient, TableCell, compile_table
from consent.table_layout import Layout, bits, places_of
from tests.consent import naive
from tests.consent.examples import a_consent, a_policy, a_rule, a_signed, an_approver
from tests.consent.profile import LAW
from tests.consent.worlds import (
    AGENCIES,
    CLASSES,
    LEVELS,
    PEOPLE,
    PURPOSES,
    START,
    SUBJECT_ROLES,
    a_world,
    chance,
    chances,
)

MICRO = timedelta(microseconds=1)
MOMENTS = {"from", "until", "at", "given_at", "recorded_at", "withdrawn_at"}


def edges(part):
    """Every moment that is written anywhere in a policy."""
    if isinstance(part, dict):
        own = {datetime.fromisoformat(part[key]) for key in MOMENTS & part.keys() if part[key] is not None}
        return own.union(*(edges(value) for value in part.values()))
    return set().union(*map(edges, part)) if isinstance(part, list) else set()


def around(policy):
    """Each boundary, the moments just before and after it, and one between it and the next."""
    turns = sorted(edges(policy))
    between = [one + (two - one) / 2 for one, two in itertools.pairwise(turns)]
    near = [turn + step for turn in turns for step in (-MICRO, timedelta(0), MICRO)]
    return sorted({START - timedelta(days=1), START + timedelta(days=900), *near, *between})


LATER = {"from": 10, "withdrawn_at": 10}  # seconds; a break-glass gets no longer, nor anything turned about


def scattered(r, part):
    """The same policy with its moments some seconds later, so that few of them are the same."""
    if isinstance(part, list):
        return [scattered(r, one) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: spelt(datetime.fromisoformat(value) + timedelta(seconds=LATER.get(key, 0) + 9.9 * r.random()))
        if key in MOMENTS and value is not None
        else scattered(r, value)
        for key, value in part.items()
    }


def a_cell(r, request):
    """A field like the one asked for, or any other, now and then about nobody or of an unknown class."""
    subjects = tuple((one["person"], one["role"]) for one in request["subjects"])
    some = tuple((r.choice(PEOPLE), r.choice(SUBJECT_ROLES)) for _ in range(r.choice([1, 1, 2])))
    return TableCell(
        r.choice([request["owner"]] * 3 + [*AGENCIES, "nobody"]),
        r.choice([request["class"]] * 4 + [*CLASSES, "healthy"]),
        r.choice(["none", *LEVELS, "full", "full", "whole"]) if chance(r, 60) else request["offered"],
        r.choice([subjects, subjects, subjects, some, some, ()]) if chance(r, 90) else (("", "victim"),),
    )


def a_recipient(r, request):
    asking = request["recipient"]
    return Recipient(
        r.choice([asking["agency"]] * 4 + [*AGENCIES, "nobody"]),
        frozenset(r.choice([asking["roles"], [], ["observer"], ["observer", "representative"], [""]])),
        excluded=chance(r, 4),
    )


def spelt(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_request(cell, recipient, purpose, at):
    return {
        "at": spelt(at),
        "purpose": purpose,
        "owner": cell.owner,
        "class": cell.class_name,
        "offered": cell.offered,
        "subjects": [{"person": person, "role": role} for person, role in cell.subjects],
        "recipient": {
            "agency": recipient.agency,
            "roles": sorted(recipient.roles),
            "excluded": recipient.excluded,
        },
    }


def a_case(r):
    """A policy, what is asked of it, and for whom."""
    policy, request = a_world(r)
    if chance(r, 50):
        policy = scattered(r, policy)
    own = own_cell(request)
    other = own._replace(owner=r.choice([name for name in AGENCIES if name != own.owner]))
    cells = [own, other, a_cell(r, request), a_cell(r, request)]
    asking = request["recipient"]
    who = Recipient(asking["agency"], frozenset(asking["roles"]), asking["excluded"])
    recipients = [who, a_recipient(r, request)]
    purpose = r.choice([request["purpose"]] * 6 + [*PURPOSES, "unheard-of"])
    return policy, cells, recipients, purpose, request


def own_cell(request):
    subjects = tuple((one["person"], one["role"]) for one in request["subjects"])
    return TableCell(request["owner"], request["class"], request["offered"], subjects)


def decided(policy, cells, recipients, purpose, at):
    return [
        [consent.decide(policy, as_request(cell, recipient, purpose, at)) for cell in cells]
        for recipient in recipients
    ]


@pytest.mark.slow
@LAW
@given(chances())
def test_a_table_gives_what_the_law_gives_around_every_boundary_until_its_horizon(r):
    written, cells, recipients, purpose, _ = a_case(r)
    policy = consent.from_json(written)
    layout, table = Layout.of(policy), None
    for at in around(written):
        if table is None or (table.horizon is not None and at >= table.horizon):
            if table is not None:
                with pytest.raises(Outdated):
                    table.panel(cells, recipients, at)
            table = compile_table(policy, cells, recipients, purpose, at, layout)
            with pytest.raises(Outdated):
                table.panel(cells, recipients, at - MICRO)
        assert table.panel(cells, recipients, at) == decided(policy, cells, recipients, purpose, at)


@LAW
@given(chances())
def test_a_table_gives_what_the_second_reading_of_the_law_gives(r):
    written, cells, recipients, purpose, request = a_case(r)
    at = datetime.fromisoformat(request["at"])
    table = compile_table(consent.from_json(written), cells, recipients, purpose, at)
    for recipient in recipients:
        for cell in cells:
            asked = as_request(cell, recipient, purpose, at)
            assert table.answer(cell, recipient, at).as_json() == naive.answer(written, asked)


@LAW
@given(chances())
def test_the_horizon_is_the_next_moment_written_of_the_rules_or_these_people(r):
    written, cells, recipients, purpose, request = a_case(r)
    at = datetime.fromisoformat(request["at"])
    people = {person for cell in cells for person, _ in cell.subjects}
    about = dict(written)
    for key in ("consents", "decisions"):
        about[key] = [one for one in written[key] if one["person"] in people]
    table = compile_table(consent.from_json(written), cells, recipients, purpose, at)
    assert table.horizon == min((edge for edge in edges(about) if edge > at), default=None)


@LAW
@given(chances())
def test_what_is_added_to_a_version_uses_the_versions_layout(r):
    written, cells, recipients, purpose, request = a_case(r)
    at = datetime.fromisoformat(request["at"])
    version = consent.from_json(written | {"consents": [], "decisions": []})
    policy = consent.extend(version, consents=written["consents"], decisions=written["decisions"])
    table = compile_table(policy, cells, recipients, purpose, at, Layout.of(version))
    assert table.panel(cells, recipients, at) == decided(policy, cells, recipients, purpose, at)


@LAW
@given(chances())
def test_a_table_of_other_rules_is_refused(r):
    written, cells, recipients, purpose, request = a_case(r)
    other = Layout.of(consent.from_json(written))
    at = datetime.fromisoformat(request["at"])
    with pytest.raises(ValueError, match="other rules"):
        compile_table(consent.from_json(written), cells, recipients, purpose, at, other)


@LAW
@given(chances())
def test_what_was_not_compiled_is_not_answered(r):
    written, cells, recipients, purpose, request = a_case(r)
    at = datetime.fromisoformat(request["at"])
    table = compile_table(consent.from_json(written), cells, recipients, purpose, at)
    another = TableCell("police", "health", "full", (("somebody else", "victim"),))
    with pytest.raises(NotInTable):
        table.answer(another, recipients[0], at)
    with pytest.raises(NotInTable):
        table.answer(cells[0], Recipient("police", frozenset({"a role of nobody"}), excluded=False), at)


def test_a_moment_without_a_time_zone_is_refused():
    written, cells, recipients, purpose, _ = a_case(random.Random(1))
    policy = consent.from_json(written)
    with pytest.raises(ValueError, match=r"^a moment without a time zone$"):
        compile_table(policy, cells, recipients, purpose, datetime(2026, 11, 1))  # noqa: DTZ001


# ---- by example -------------------------------------------------------------------------------------------

CELL = TableCell("police", "health", "full", (("p1", "victim"),))
ALMO = Recipient("almo", frozenset({"representative"}), excluded=False)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def a_table(at=NOON, recipients=(ALMO,), **policy):
    bare = {"rules": [], "consents": [], "decisions": [], "agreements": [], "bases": []}
    return compile_table(consent.from_json(a_policy(**bare | policy)), [CELL], recipients, "harm", at)


def test_a_table_holds_from_its_moment_until_just_before_its_horizon():
    until = NOON + timedelta(hours=1)
    table = a_table(rules=[{"id": "f", "effect": "forbid", "until": spelt(until)}])
    assert (table.since, table.horizon) == (NOON, until)
    held = {at - NOON: table.holds(at) for at in (NOON - MICRO, NOON, until - MICRO, until)}
    assert list(held.values()) == [False, True, True, False]


def test_a_table_of_what_never_changes_holds_for_ever():
    table = a_table()
    assert table.horizon is None
    assert table.holds(datetime.max.replace(tzinfo=UTC))
    assert not table.holds(NOON - MICRO)


TURNS = {
    "rule": {"rules": [{"id": "f", "effect": "forbid", "from": "2026-06-01T13:00:00Z"}]},
    "basis": {"bases": [{"code": "X", "sectors": ["public"], "until": "2026-06-01T13:00:00Z"}]},
    "given": {"consents": [a_consent(given_at="2026-06-01T13:00:00Z")]},
    "recorded": {"consents": [a_consent(recorded_at="2026-06-01T13:00:00Z")]},
    "until": {"consents": [a_consent(until="2026-06-01T13:00:00Z")]},
    "withdrawn": {"consents": [a_consent(withdrawn_at="2026-06-01T13:00:00Z")]},
    "signed": {"decisions": [a_signed(until="2026-06-01T13:00:00Z")]},
    "approved": {"decisions": [a_signed(approved_by=[an_approver("s-1", at="2026-06-01T13:00:00Z")])]},
}


@pytest.mark.parametrize("what", TURNS)
def test_everything_that_turns_is_a_horizon(what):
    assert a_table(**TURNS[what]).horizon == NOON + timedelta(hours=1)


def test_a_moment_is_the_same_in_any_zone():
    table = a_table(NOON.astimezone(timezone(timedelta(hours=9))))
    assert table.since == NOON
    assert table.since.tzinfo is UTC


def test_what_a_table_does_not_answer_is_said():
    table = a_table()
    with pytest.raises(Outdated, match=r"^the table does not hold for this moment$"):
        table.answer(CELL, ALMO, NOON - MICRO)
    with pytest.raises(NotInTable, match=r"^no such cell or recipient was compiled$"):
        table.answer(CELL, ALMO._replace(agency="nhs"), NOON)
    other = Layout.of(consent.from_json(a_policy()))
    with pytest.raises(ValueError, match=r"^the layout is of other rules$"):
        compile_table(consent.from_json(a_policy()), [CELL], [ALMO], "harm", NOON, other)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"agency": "army"}, "incomplete"),
        ({"roles": frozenset({"chair", ""})}, "incomplete"),
        ({"excluded": 0}, "incomplete"),
        ({"excluded": True}, "excluded"),
        ({"agency": "police", "excluded": True}, "excluded"),
        ({"agency": "police"}, "own"),
        ({"roles": frozenset()}, "no-agreement"),
    ],
)
def test_who_asks_is_looked_at_first(change, reason):
    who = ALMO._replace(**change)
    assert a_table(recipients=[who]).answer(CELL, who, NOON).reason == reason


def test_an_excluded_recipient_learns_nothing_of_a_cell_that_is_incomplete():
    cells = [CELL, CELL._replace(class_name="wealth"), CELL._replace(subjects=())]
    excluded = ALMO._replace(excluded=True)
    policy = consent.from_json(a_policy())
    panel = compile_table(policy, cells, [ALMO, excluded], "harm", NOON).panel(cells, [excluded, ALMO], NOON)
    told = [[one.reason.value for one in row] for row in panel]
    assert told[0] == ["excluded", "incomplete", "incomplete"]
    assert told[1][1:] == ["incomplete", "incomplete"]


def test_each_person_is_asked_for_their_own_word():
    cells = [CELL._replace(subjects=((person, "victim"),)) for person in ("p1", "p2", "p3")]
    said = [a_consent(), a_consent(id="c-2", person="p2", decision="refuse")]
    policy = consent.from_json(a_policy(rules=[a_rule(consent="required")], consents=said, decisions=[]))
    row = compile_table(policy, cells, [ALMO], "harm", NOON).panel(cells, [ALMO], NOON)[0]
    assert [one.reason for one in row] == ["permitted", "consent-refused", "consent-missing"]
    assert [one.consent for one in row] == ["c-1", "c-2", None]


@LAW
@given(st.lists(st.integers(0, 300)))
def test_a_number_holds_the_bits_that_are_put_into_it(places):
    assert bits(iter(places)) == sum(1 << place for place in set(places))
    assert list(places_of(bits(places))) == sorted(set(places))


def test_the_highest_permit_counts_where_no_rule_goes_all_the_way():
    rules = [a_rule(level="presence"), a_rule(id="r-2", level="summary")]
    policy = consent.from_json(a_policy(rules=rules, consents=[], decisions=[]))
    assert compile_table(policy, [CELL], [ALMO], "harm", NOON).answer(CELL, ALMO, NOON).rule == "r-2"
