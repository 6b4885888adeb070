"""What a policy writes is what is read, key by key; what can be wrong is told in the same words each time."""

from datetime import UTC, datetime

import pytest

import consent
from consent.load import amend
from consent.model import (
    Agency,
    Agreement,
    Approver,
    Basis,
    Clause,
    Consent,
    Effect,
    FieldClass,
    Interval,
    Kind,
    Level,
    Lock,
    Need,
    Rule,
    Signed,
    Word,
)
from tests.consent.examples import WRITTEN, a_consent, a_policy, a_rule, a_signed

YEAR = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
JANUARY, MARCH = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def a_side(*names):
    return frozenset(names)


def a_bare_rule(name, effect):
    return Rule(name, effect, Level.NONE, *[None] * 12, approvals=0, interval=Interval())


RULES = (
    Rule(
        "r-1",
        Effect.PERMIT,
        Level.SUMMARY,
        classes=a_side("name"),
        owner_kinds=a_side("force"),
        owner_agencies=a_side("police"),
        recipient_kinds=a_side("housing"),
        recipient_agencies=a_side("almo"),
        roles=a_side("chair"),
        purposes=a_side("help"),
        subjects=a_side("victim"),
        basis="PT",
        condition="A9",
        power="s115",
        need=Need.CONSIDERED,
        approvals=2,
        interval=YEAR,
    ),
    a_bare_rule("r-2", Effect.LIMIT),
    a_bare_rule("r-3", Effect.FORBID),
)
SAID = Consent(
    "c",
    "p1",
    JANUARY,
    JANUARY,
    YEAR,
    MARCH,
    (
        Clause(None, Word.GRANT, a_side("almo"), a_side("help"), a_side("name")),
        Clause(0, Word.REFUSE, a_side("*"), a_side("help"), a_side("name")),
        Clause(0, Word.REFUSE, a_side("almo"), a_side("harm"), a_side("name")),
        Clause(1, Word.GRANT, a_side("police"), a_side("harm"), a_side("health")),
    ),
)
SIGNED = Signed(
    "d",
    Kind.EXEMPTION,
    "p2",
    "police",
    a_side("almo"),
    a_side("help"),
    a_side("name"),
    Level.PRESENCE,
    "why",
    "s-1",
    (Approver("s-2", "police", MARCH),),
    "l",
    YEAR,
)


def test_every_key_is_read_as_it_is_written():
    policy = consent.from_json(WRITTEN)
    assert policy.version == "v"
    assert policy.classes == (
        FieldClass("health"),
        FieldClass("health.mental", presence_as="health"),
        FieldClass("name"),
    )
    assert policy.purposes == ("harm", "help")
    assert policy.agencies == (Agency("police", "force", "public"), Agency("almo", "housing", "voluntary"))
    assert policy.bases == (Basis("PT", a_side("public"), YEAR),)
    assert policy.agreements == (
        Agreement("a", a_side("police", "almo"), a_side("help"), a_side("name"), YEAR),
    )
    assert policy.locks == (Lock("l", a_side("health.mental")),)
    assert policy.rules == RULES
    assert policy.consents == (SAID,)
    assert policy.signed == (SIGNED,)


def test_what_a_policy_holds_is_found_by_its_names():
    policy = consent.from_json(WRITTEN)
    assert policy.agency == {one.name: one for one in policy.agencies}
    assert policy.basis == {one.code: one for one in policy.bases}
    assert policy.above == {
        "health": {"health"},
        "health.mental": {"health", "health.mental"},
        "name": {"name"},
    }
    assert policy.rules_on == {
        (name, purpose): RULES if (name, purpose) == ("name", "help") else RULES[1:]
        for name in ("health", "health.mental", "name")
        for purpose in ("harm", "help")
    }
    assert policy.consents_of == {"p1": (SAID,)}
    assert policy.signed_for == {"p2": (SIGNED,)}


LOOKED_UP = ("rules_on", "consents_of", "signed_for", "agency", "basis", "above")


def assert_same(policy, other):
    assert policy == other
    for name in LOOKED_UP:
        assert getattr(policy, name) == getattr(other, name), name


def test_an_extended_policy_is_the_policy_loaded_whole():
    said, signed = a_consent(id="c-3", person="p3"), a_signed(id="d-3", person="p3")
    whole = a_policy()
    whole["consents"].append(said)
    assert_same(consent.extend(consent.from_json(a_policy()), consents=[said]), consent.from_json(whole))
    whole["decisions"].append(signed)
    policy = consent.extend(consent.from_json(a_policy()), consents=[said], decisions=[signed])
    assert_same(policy, consent.from_json(whole))


def test_an_amended_policy_is_the_policy_loaded_whole():
    whole = a_policy()
    agreement = whole["agreements"][0] | {"id": "dsa-2"}
    rule = a_rule(id="r-2", classes=["healthcare"], purposes=["help"])
    base = consent.from_json(a_policy())
    assert_same(amend(base), base)
    whole["agreements"].append(agreement)
    assert_same(amend(base, agreements=[agreement]), consent.from_json(whole))
    again = whole["rules"][1] | {"level": "presence"}
    whole["rules"] = [whole["rules"][0], whole["rules"][2], rule, again]
    amended = amend(base, agreements=[agreement], rules=[rule, again], without={"r-900"})
    assert_same(amended, consent.from_json(whole))


def faults_of(read, *args, **more):
    with pytest.raises(consent.BrokenPolicy) as caught:
        read(*args, **more)
    return caught.value.faults


def test_amending_checks_what_is_added():
    policy = consent.from_json(WRITTEN)
    faults = faults_of(
        amend,
        policy,
        rules=[a_rule(id="r-2", basis="PX", classes=["wealth"]), a_rule(id="r-1", purposes=["fun"])],
        agreements=[WRITTEN["agreements"][0] | {"parties": ["army"]}],
        without={"r-2"},
    )
    assert faults == (
        'rules[0].classes[0]: unknown class "wealth"',
        'rules[0].basis: unknown basis "PX"',
        'rules[1].id: duplicate id "r-1"',
        'rules[1].purposes[0]: unknown purpose "fun"',
        'agreements[0].id: duplicate id "a"',
        'agreements[0].parties[0]: unknown agency "army"',
    )


def test_extending_knows_what_the_policy_knows():
    signed = WRITTEN["decisions"][0] | {"id": "d-2", "lock": "m", "purposes": ["fun"]}
    assert faults_of(
        consent.extend,
        consent.from_json(WRITTEN),
        consents=[a_consent(id="c-2", classes=["wealth"])],
        decisions=[signed],
    ) == (
        'consents[0].classes[0]: unknown class "wealth"',
        'decisions[0].purposes[0]: unknown purpose "fun"',
        'decisions[0].lock: unknown lock "m"',
    )


@pytest.mark.parametrize("key", [key for key in WRITTEN if key not in ("format", "version")])
def test_a_part_that_cannot_be_read_is_the_only_fault(key):
    told = "agencies: must be an object" if key == "agencies" else f"{key}: must be a list"
    assert faults_of(consent.from_json, a_policy(**{key: 7})) == (told,)
    without = a_policy()
    del without[key]
    assert faults_of(consent.from_json, without) == (f"{key}: missing",)
