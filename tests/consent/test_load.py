"""A sound policy loads; a broken one is refused whole, with every fault by its path."""

import contextlib
import copy
import json
import re

import pytest
from hypothesis import given

import consent
from consent import BrokenPolicy
from tests.consent.examples import (
    MISSING,
    a_consent,
    a_glass,
    a_policy,
    a_request,
    a_rule,
    a_signed,
    an_approver,
)
from tests.consent.naive_soundness import is_sound
from tests.consent.profile import LAW
from tests.consent.worlds import chances


def faults_of(read, value):
    with pytest.raises(BrokenPolicy) as caught:
        read(value)
    return caught.value.faults


def changed(path, value):
    """The example policy with `value` at `path`, or without it."""
    policy = a_policy()
    *way, last = path
    here = policy
    for step in way:
        here = here[step]
    if value is MISSING:
        del here[last]
    else:
        here[last] = value
    return policy


def test_the_example_loads_from_text_bytes_and_values():
    text = json.dumps(a_policy())
    assert consent.load(text) == consent.load(text.encode()) == consent.from_json(a_policy())


def test_absent_equals_null():
    filled = a_policy()
    for rule in filled["rules"]:
        for key in (
            "level",
            "classes",
            "owners",
            "recipients",
            "purposes",
            "subjects",
            "basis",
            "condition",
            "power",
            "consent",
            "approvals",
            "from",
            "until",
        ):
            rule.setdefault(key, None)
        for side, keys in (("owners", ("kinds", "agencies")), ("recipients", ("kinds", "agencies", "roles"))):
            for key in keys if rule[side] else ():
                rule[side].setdefault(key, None)
    for thing, keys in (
        ("classes", ["presence_as"]),
        ("bases", ["from", "until"]),
        ("consents", ["withdrawn_at", "except"]),
        ("decisions", ["lock", "approved_by"]),
    ):
        for one in filled[thing]:
            for key in keys:
                one.setdefault(key, None)
    assert consent.from_json(filled) == consent.from_json(a_policy())


FAULTS = [
    ((("format",), "conference-policy/2"), 'format: must be "conference-policy/1"'),
    ((("version",), ""), "version: must be a non-empty string of valid Unicode"),
    ((("version",), "\ud800"), "version: must be a non-empty string of valid Unicode"),
    ((("version",), MISSING), "version: missing"),
    ((("colour",), "red"), "colour: unknown key"),
    ((("a key\n",), "red"), r'["a key\n"]: unknown key'),
    ((("rules",), None), "rules: must be a list"),
    ((("agencies",), []), "agencies: must be an object"),
    ((("agencies", "*"), {"kind": "k", "sector": "s"}), '["*"]: no agency can be called this'),
    ((("agencies", ""), {"kind": "k", "sector": "s"}), 'agencies[""]: must be a non-empty string'),
    ((("agencies", "almo", "kind"), True), "agencies.almo.kind: must be a non-empty string"),
    ((("agencies", "almo"), "housing"), "agencies.almo: must be an object"),
    ((("purposes",), ["harm", "help", "harm"]), 'purposes[2]: duplicate purpose "harm"'),
    ((("classes", 1, "name"), "identity"), 'classes[1].name: duplicate name "identity"'),
    ((("classes", 4, "name"), "health..care"), "classes[4].name: has an empty part between dots"),
    (
        (("classes", 2, "presence_as"), "health"),
        "classes[2].presence_as: must name another class, and not one below",
    ),
    (
        (("classes", 2, "presence_as"), "health.mental"),
        "classes[2].presence_as: must name another class, and not one",
    ),
    ((("classes", 2, "presence_as"), "wealth"), 'classes[2].presence_as: unknown class "wealth"'),
    ((("bases", 0, "sectors"), []), "bases[0].sectors: must not be empty"),
    ((("bases", 1, "code"), "PT"), 'bases[1].code: duplicate code "PT"'),
    ((("bases", 2, "until"), "2025-01-01T00:00:00.0Z"), "bases[2].until: not after from"),
    ((("agreements", 0, "until"), None), "agreements[0].until: must be a real moment"),
    ((("agreements", 0, "parties"), ["police", "army"]), 'agreements[0].parties[1]: unknown agency "army"'),
    ((("agreements", 0, "classes"), []), "agreements[0].classes: must not be empty"),
    ((("locks", 0, "classes", 0), "wealth"), 'locks[0].classes[0]: unknown class "wealth"'),
    ((("locks", 0, "id"), ["x"]), "locks[0].id: must be a non-empty string"),
    ((("rules", 0, "basis"), "PX"), 'rules[0].basis: unknown basis "PX"'),
    ((("rules", 0, "basis"), None), "rules[0].basis: missing: a permit needs it"),
    ((("rules", 0, "consent"), MISSING), "rules[0].consent: missing: a permit needs it"),
    ((("rules", 0, "level"), MISSING), "rules[0].level: missing: a permit needs it"),
    ((("rules", 0, "level"), "none"), "rules[0].level: a permit's level is above none"),
    ((("rules", 0, "level"), "FULL"), "rules[0].level: must be one of none, presence, summary, full"),
    ((("rules", 0, "approvals"), True), "rules[0].approvals: must be a whole number, 0 or more"),
    ((("rules", 0, "approvals"), 1.0), "rules[0].approvals: must be a whole number, 0 or more"),
    ((("rules", 0, "approvals"), -1), "rules[0].approvals: must be a whole number, 0 or more"),
    ((("rules", 0, "approvals"), 10**30), "rules[0].approvals: must be a whole number, 0 or more"),
    ((("rules", 0, "effect"), "allow"), "rules[0].effect: must be one of permit, limit, forbid"),
    ((("rules", 0, "effect"), {}), "rules[0].effect: must be one of permit, limit, forbid"),
    ((("rules", 0, "subjects"), []), "rules[0].subjects: must not be empty"),
    ((("rules", 0, "recipients", "roles"), "representative"), "rules[0].recipients.roles: must be a list"),
    ((("rules", 0, "recipients", "sectors"), ["public"]), "rules[0].recipients.sectors: unknown key"),
    ((("rules", 0, "owners", "roles"), ["chair"]), "rules[0].owners.roles: unknown key"),
    ((("rules", 0, "owners"), []), "rules[0].owners: must be an object"),
    ((("rules", 0, "owners", "agencies"), ["army"]), 'rules[0].owners.agencies[0]: unknown agency "army"'),
    ((("rules", 0, "purposes", 0), "fun"), 'rules[0].purposes[0]: unknown purpose "fun"'),
    ((("rules", 0, "power"), ""), "rules[0].power: must be a non-empty string"),
    ((("rules", 1, "basis"), "PT"), "rules[1].basis: a limit has none"),
    ((("rules", 1, "consent"), "irrelevant"), "rules[1].consent: a limit has none"),
    ((("rules", 1, "approvals"), 0), "rules[1].approvals: a limit has none"),
    ((("rules", 1, "level"), None), "rules[1].level: missing: a limit needs it"),
    ((("rules", 2, "level"), "none"), "rules[2].level: a forbid has none"),
    ((("rules", 2, "id"), "r-010"), 'rules[2].id: duplicate id "r-010"'),
    ((("consents", 0, "recipients"), ["*"]), 'consents[0].recipients: a grant names agencies, never "*"'),
    (
        (("consents", 0, "recipients"), ["partner agencies"]),
        'consents[0].recipients[0]: unknown agency "partner agencies"',
    ),
    ((("consents", 1, "recipients"), ["*", "almo"]), 'consents[1].recipients: "*" stands alone'),
    ((("consents", 1, "recipients"), []), "consents[1].recipients: must not be empty"),
    ((("consents", 0, "until"), None), "consents[0].until: missing: a grant has an end"),
    ((("consents", 0, "given_at"), None), "consents[0].given_at: must be a real moment"),
    (
        (("consents", 0, "withdrawn_at"), "2026-02-01T08:59:59.999999Z"),
        "consents[0].withdrawn_at: before given_at",
    ),
    ((("consents", 0, "decision"), "maybe"), "consents[0].decision: must be one of grant, refuse"),
    (
        (("consents", 0, "except", 0, "decision"), "grant"),
        "consents[0].except[0].decision: must be refuse, the opposite",
    ),
    ((("consents", 0, "except", 0, "purposes"), []), "consents[0].except[0].purposes: must not be empty"),
    ((("consents", 0, "except", 0, "person"), "p2"), "consents[0].except[0].person: unknown key"),
    (
        (("consents", 0, "except", 0, "recipients"), ["*"]),
        "consents[0].except[0].except[0].recipients: a grant names",
    ),
    (
        (("consents", 1, "except"), [{"decision": "grant"}]),
        "consents[1].except[0].recipients: a grant names agencies",
    ),
    ((("consents", 1, "except"), {}), "consents[1].except: must be a list"),
    (
        (("decisions", 0, "kind"), "waiver"),
        "decisions[0].kind: must be one of override, exemption, break-glass",
    ),
    ((("decisions", 0, "level"), "none"), "decisions[0].level: must be above none"),
    ((("decisions", 0, "until"), None), "decisions[0].until: must be a real moment"),
    ((("decisions", 0, "owner"), "army"), 'decisions[0].owner: unknown agency "army"'),
    ((("decisions", 0, "recipients"), ["*"]), 'decisions[0].recipients[0]: unknown agency "*"'),
    ((("decisions", 0, "lock"), "gender-recognition"), "decisions[0].lock: only an exemption has one"),
    (
        (("decisions", 0, "approved_by", 0, "agency"), "army"),
        'decisions[0].approved_by[0].agency: unknown agency "army"',
    ),
    ((("decisions", 0, "approved_by", 0, "at"), MISSING), "decisions[0].approved_by[0].at: missing"),
    (
        (("decisions", 1, "approved_by"), [an_approver("s-1")]),
        "decisions[1].approved_by: a break-glass has no approver",
    ),
    ((("decisions", 1, "level"), "full"), "decisions[1].level: a break-glass gives at most summary"),
    (
        (("decisions", 1, "until"), "2026-06-01T10:30:00.000001Z"),
        "decisions[1].until: a break-glass lasts at most 60 min",
    ),
    ((("decisions", 2, "lock"), None), "decisions[2].lock: missing: an exemption names the lock"),
    ((("decisions", 2, "lock"), "safe"), 'decisions[2].lock: unknown lock "safe"'),
    ((("decisions", 2, "id"), "d-1"), 'decisions[2].id: duplicate id "d-1"'),
]


def plainly(fault):
    """A fault as a test's name that can be typed: pytest reads brackets and colons in its own way."""
    return re.sub(r"[^\w. ]", "-", fault[:70])


@pytest.mark.parametrize(("change", "fault"), FAULTS, ids=[plainly(fault) for _, fault in FAULTS])
def test_a_fault_is_named_by_its_path(change, fault):
    policy = changed(*change)
    faults = faults_of(consent.from_json, policy)
    assert any(fault in told for told in faults), faults
    assert not is_sound(policy)


def test_every_fault_is_named():
    policy = changed(("rules", 0, "basis"), "PX")
    policy["version"] = 7
    policy["consents"][1]["except"] = [{"decision": "grant", "classes": ["wealth"]}, {"decision": "refuse"}]
    assert faults_of(consent.from_json, policy) == (
        "version: must be a non-empty string of valid Unicode",
        'rules[0].basis: unknown basis "PX"',
        'consents[1].except[0].classes[0]: unknown class "wealth"',
        'consents[1].except[0].recipients: a grant names agencies, never "*"',
        "consents[1].except[1].decision: must be grant, the opposite of what it excepts",
    )


def test_a_list_that_cannot_be_read_does_not_make_all_its_names_unknown():
    assert faults_of(consent.from_json, a_policy(classes=7)) == ("classes: must be a list",)


def test_a_class_without_a_name_is_told_once():
    assert faults_of(consent.from_json, changed(("classes", 5), {"name": "", "presence_as": "health"})) == (
        "classes[5].name: must be a non-empty string of valid Unicode",
        'locks[0].classes[0]: unknown class "health.gender-recognition"',
    )


SOUND = [
    pytest.param((("rules", 0, "approvals"), None), id="approvals-null"),
    pytest.param((("rules", 0, "owners"), {}), id="a-side-that-restricts-nothing"),
    pytest.param((("rules", 1, "level"), "none"), id="a-limit-may-be-none"),
    pytest.param((("rules", 2, "power"), "CDA 1998 s115"), id="a-forbid-may-cite-a-power"),
    pytest.param((("consents", 0, "except"), []), id="no-exceptions"),
    pytest.param((("consents", 0, "recorded_at"), "2020-01-01T00:00:00Z"), id="recorded-before-given"),
    pytest.param((("consents", 0, "withdrawn_at"), "2026-02-01T09:00:00.0Z"), id="withdrawn-as-it-was-given"),
    pytest.param((("consents", 0, "except", 0, "recipients"), ["refuge"]), id="an-exception-may-name-more"),
    pytest.param((("decisions", 0, "approved_by"), None), id="not-approved-yet"),
    pytest.param((("decisions", 1, "approved_by"), None), id="break-glass-without-the-key"),
    pytest.param((("decisions", 0, "recipients"), ["almo", "almo"]), id="a-name-repeated-in-a-list"),
    pytest.param((("agreements", 0, "parties"), ["police"]), id="an-agreement-with-oneself"),
    pytest.param((("classes", 5, "presence_as"), "identity"), id="presence-as-anything-else"),
]


@pytest.mark.parametrize("change", SOUND)
def test_what_the_law_does_not_forbid_loads(change):
    policy = changed(*change)
    assert is_sound(policy)
    consent.from_json(policy)


@pytest.mark.parametrize(
    "key", ["classes", "purposes", "bases", "agreements", "locks", "rules", "consents", "decisions"]
)
def test_a_list_of_the_policy_itself_may_be_empty(key):
    bare = a_policy(agreements=[], locks=[], rules=[], consents=[], decisions=[])
    consent.from_json(bare | {key: []})


MOMENTS = {
    "2026-02-28T23:59:59Z": True,
    "2024-02-29T00:00:00Z": True,
    "2026-01-01T00:00:00.1Z": True,
    "2026-01-01T00:00:00.123456Z": True,
    "0001-01-01T00:00:00Z": True,
    "2026-02-30T00:00:00Z": False,
    "2026-02-29T00:00:00Z": False,
    "0000-01-01T00:00:00Z": False,
    "2026-01-01T24:00:00Z": False,
    "2026-12-31T23:59:60Z": False,
    "2026-01-01T00:00:00.Z": False,
    "2026-01-01T00:00:00.1234567Z": False,
    "2026-01-01T00:00:00,1Z": False,
    "2026-01-01T00:00:00+00:00": False,
    "2026-01-01T00:00:00": False,
    "2026-01-01t00:00:00z": False,
    "2026-01-01 00:00:00Z": False,
    "2026-01-01T00:00Z": False,
    "2026-01-01T00:00:00Z\n": False,
    " 2026-01-01T00:00:00Z": False,
    "٢٠٢٦-01-01T00:00:00Z": False,
    "20260-01-01T00:00:00Z": False,
    "": False,
}


@pytest.mark.parametrize(("text", "real"), MOMENTS.items())
def test_moments_are_written_in_one_way_and_are_real(text, real):
    policy = changed(("consents", 0, "recorded_at"), text)
    assert is_sound(policy) is real
    if real:
        consent.from_json(policy)
    else:
        assert "consents[0].recorded_at: must be a real moment" in faults_of(consent.from_json, policy)[0]


# ---- text that cannot be read -----------------------------------------------------------------------------

GOOD = json.dumps(a_policy())
UNREADABLE = [
    pytest.param("", "policy: not JSON at line 1, column 1", id="empty"),
    pytest.param("{", "policy: not JSON at line 1", id="cut-off"),
    pytest.param(GOOD + "x", "policy: not JSON", id="something-after-it"),
    pytest.param("\ufeff" + GOOD, "policy: not JSON", id="byte-order-mark"),
    pytest.param(GOOD.encode("utf-16"), "policy: not UTF-8 at byte 0", id="utf-16"),
    pytest.param(GOOD.encode().replace(b"threat", b"thr\xffat"), "policy: not UTF-8 at byte", id="bad-utf-8"),
    pytest.param(GOOD.replace('"approvals": 0', '"approvals": NaN'), "policy: NaN is not JSON", id="nan"),
    pytest.param(
        GOOD.replace('"approvals": 0', '"approvals": -Infinity'), "policy: -Infinity is not", id="infinity"
    ),
    pytest.param(
        GOOD.replace('"approvals": 0', '"approvals": 1e999'), "rules[0].approvals: must be", id="overflow"
    ),
    pytest.param(
        GOOD.replace('"approvals": 0', '"approvals": ' + "9" * 9999), "policy: a number has too", id="endless"
    ),
    pytest.param("[" * 100_000, "policy: nested too deeply", id="deep-lists"),
    pytest.param('{"a":' * 100_000, "policy: nested too deeply", id="deep-objects"),
    pytest.param("[" * 900 + "]" * 900, "policy: must be an object", id="a-list"),
    pytest.param("null", "policy: must be an object", id="null"),
    pytest.param(
        GOOD.replace('"A9g-18"', r'"\ud800"'), "rules[0].condition: must be a non-empty", id="lone-surrogate"
    ),
    pytest.param(
        GOOD.replace('"condition"', r'"\udfff"'), r'rules[0]["\udfff"]: unknown key', id="surrogate-key"
    ),
    pytest.param(GOOD.replace('"power"', '"id"'), "rules[0].id: key written twice", id="key-twice"),
    pytest.param(
        GOOD.replace('"refuge": {', '"almo": {', 1), "agencies.almo: key written twice", id="agency-twice"
    ),
    pytest.param('{"version": "1",' + GOOD[1:], "version: key written twice", id="top-key-twice"),
]


@pytest.mark.parametrize(("text", "fault"), UNREADABLE)
def test_text_that_cannot_be_read_is_a_fault(text, fault):
    assert any(fault in told for told in faults_of(consent.load, text))


def test_exceptions_nest_as_deep_as_text_can():
    said = a_consent(purposes=["help"])
    here = said
    for depth in range(400):
        here["except"] = [{"decision": ["refuse", "grant"][depth % 2]}]
        here = here["except"][0]
    rule = a_rule(consent="required")
    kept = consent.load(json.dumps(a_policy(rules=[rule], consents=[said], decisions=[])))
    assert consent.decide(kept, a_request(purpose="help")).level is consent.Level.FULL


@pytest.mark.parametrize(("text", "fault"), UNREADABLE)
def test_every_fault_can_be_written_in_utf_8(text, fault):
    "\n".join(faults_of(consent.load, text)).encode()


# ---- anything changed anywhere ----------------------------------------------------------------------------

STRANGE = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.5,
    10**400,
    "",
    "*",
    "x",
    "almo",
    "health",
    "none",
    "full",
    "\ud800",
    [],
    {},
    [None],
    ["*"],
    [[]],
    [{}],
    {"": None},
    "2026-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    float("nan"),
]


def places(thing):
    """Every object and list in a piece of JSON, itself included."""
    if isinstance(thing, dict | list):
        yield thing
        for inner in thing.values() if isinstance(thing, dict) else thing:
            yield from places(inner)


def mutate(r, policy):
    """Drop, rename, retype, repeat or move one thing anywhere."""
    where = r.choice([place for place in places(policy) if place])
    key = r.choice(sorted(where)) if isinstance(where, dict) else r.randrange(len(where))
    what = r.randrange(5)
    if what == 0:
        del where[key]
    elif what == 1 and isinstance(where, dict):
        where[r.choice([key + "s", "", key.upper(), "\ud800"])] = where.pop(key)
    elif what == 1:
        where.insert(r.randrange(len(where) + 1), copy.deepcopy(where[key]))
    elif what in (2, 3):
        where[key] = copy.deepcopy(r.choice(STRANGE))
    else:
        other = r.choice(list(places(policy)))
        where[key] = copy.deepcopy(other)


@LAW
@given(chances())
def test_a_policy_changed_anywhere_loads_or_is_broken_as_the_second_reading_says(r):
    policy = a_policy()
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        mutate(r, policy)
    if is_sound(policy):
        consent.from_json(policy)
    else:
        assert faults_of(consent.from_json, policy)


@LAW
@given(chances())
def test_text_with_any_byte_changed_loads_or_is_broken(r):
    text = bytearray(GOOD.encode())
    text[r.randrange(len(text))] = r.randrange(256)
    with contextlib.suppress(BrokenPolicy):
        consent.load(bytes(text))


# ---- extending --------------------------------------------------------------------------------------------


def test_extending_checks_what_is_added():
    policy = consent.from_json(a_policy())
    with pytest.raises(BrokenPolicy) as caught:
        consent.extend(
            policy,
            consents=[a_consent(id="c-3"), a_consent(id="c-3"), a_consent(person="")],
            decisions=[a_signed(owner="army"), a_glass(id="g-2", level="full")],
        )
    assert set(caught.value.faults) == {
        'consents[1].id: duplicate id "c-3"',
        "consents[2].person: must be a non-empty string of valid Unicode",
        'consents[2].id: duplicate id "c-1"',
        'decisions[0].id: duplicate id "d-1"',
        'decisions[0].owner: unknown agency "army"',
        "decisions[1].level: a break-glass gives at most summary",
    }


def test_extending_leaves_the_policy_as_it_was():
    policy = consent.from_json(a_policy())
    consent.extend(policy, consents=[a_consent(id="c-3")], decisions=[a_signed(id="d-3")])
    assert policy == consent.from_json(a_policy())
    assert [one.id for one in policy.consents_of["p1"]] == ["c-1", "c-2"]
