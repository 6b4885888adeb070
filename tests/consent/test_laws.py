"""The ten laws at the end of the law, each tried on generated worlds."""

import copy

from hypothesis import given

import consent
from consent import Level, Reason
from tests.consent.naive import at_or_none, named
from tests.consent.profile import LAW
from tests.consent.worlds import (
    AGENCIES,
    PEOPLE,
    SUBJECT_ROLES,
    a_consent,
    a_rule,
    a_signed,
    a_world,
    an_agreement,
    an_approver,
    chances,
    covering,
    spell,
    spoilt,
    worlds,
)


def decided(policy, request):
    return consent.decide(consent.from_json(policy), request)


def level(policy, request):
    return decided(policy, request).level


def with_more(policy, key, *things):
    return {**policy, key: [*policy[key], *things]}


# ---- 1 silence withholds ----------------------------------------------------------------------------------


@LAW
@given(worlds())
def test_1_silence_withholds(world):
    policy, request = world
    quiet = {**policy, "rules": [rule for rule in policy["rules"] if rule["effect"] != "permit"]}
    if decided(quiet, request).reason is not Reason.OWN:
        assert level(quiet, request) is Level.NONE
    for emptied in ("agreements", "rules"):
        decision = decided({**policy, emptied: []}, request)
        assert decision.level is Level.NONE or decision.reason is Reason.OWN


@LAW
@given(worlds())
def test_1_without_a_word_nothing_that_requires_one_is_permitted(world):
    policy, request = world
    rules = [
        {**rule, "consent": "required"} if rule["effect"] == "permit" else rule for rule in policy["rules"]
    ]
    decision = decided({**policy, "consents": [], "rules": rules}, request)
    assert decision.level is Level.NONE or decision.reason is Reason.OWN


# ---- 2 nothing lifts excluded -----------------------------------------------------------------------------


@LAW
@given(worlds())
def test_2_nothing_lifts_excluded(world):
    policy, request = world
    decision = decided(policy, {**request, "recipient": {**request["recipient"], "excluded": True}})
    assert (decision.level, decision.reason) == (Level.NONE, Reason.EXCLUDED)


# ---- 3 order and repeats ----------------------------------------------------------------------------------


@LAW
@given(chances())
def test_3_order_never_matters_nor_a_repeated_subject(r):
    policy, request = a_world(r)
    shuffled, asked = shuffle(r, policy), shuffle(r, request)
    asked["subjects"].append(r.choice(asked["subjects"]))
    assert decided(shuffled, asked) == decided(policy, request)


def shuffle(r, thing):
    """The same JSON with every list and every object in another order."""
    if isinstance(thing, dict):
        keys = list(thing)
        r.shuffle(keys)
        return {key: shuffle(r, thing[key]) for key in keys}
    if isinstance(thing, list):
        things = [shuffle(r, one) for one in thing]
        r.shuffle(things)
        return things
    return thing


NAMED_IN = {"rules": "rule", "consents": "consent", "agreements": "agreement"}


@LAW
@given(chances())
def test_3_the_same_under_a_later_id_changes_nothing(r):
    policy, request = a_world(r)
    before = decided(policy, request).as_json()
    for key in NAMED_IN:
        for thing in policy[key]:
            after = decided(with_more(policy, key, {**thing, "id": "zz"}), request).as_json()
            after["limits"] = [name for name in after["limits"] if name != "zz"]
            assert after == before


@LAW
@given(chances())
def test_3_the_same_under_an_earlier_id_changes_only_which_id_is_named(r):
    policy, request = a_world(r)
    before = decided(policy, request).as_json()
    for key, name in NAMED_IN.items():
        for thing in policy[key]:
            after = decided(with_more(policy, key, {**thing, "id": "0"}), request).as_json()
            assert after["level"] == before["level"]
            if before[name] == thing["id"]:
                after["limits"] = [limit for limit in after["limits"] if limit != "0"]
                assert after == {**before, name: "0"}


# ---- 4 more against never raises --------------------------------------------------------------------------


@LAW
@given(chances())
def test_4_a_forbid_a_limit_a_lock_or_a_plain_refusal_never_raises_a_level(r):
    policy, request = a_world(r)
    refusal = a_consent(r, request, "z", decision="refuse")
    refusal.pop("except", None)
    for key, thing in (
        ("rules", a_rule(r, request, "z", effect="forbid")),
        ("rules", a_rule(r, request, "z", effect="limit")),
        ("locks", {"id": "z", "classes": covering(r, request["class"])}),
        ("consents", refusal),
    ):
        assert level(with_more(policy, key, thing), request) <= level(policy, request)


# ---- 5 more for never lowers ------------------------------------------------------------------------------


@LAW
@given(chances())
def test_5_a_permit_an_agreement_or_an_approval_never_lowers_a_level(r):
    policy, request = a_world(r)
    approved = copy.deepcopy(policy)
    for signed in approved["decisions"]:
        if signed["kind"] != "break-glass":
            signed["approved_by"].append(an_approver(r, request))
    for better in (
        with_more(policy, "rules", a_rule(r, request, "0", effect="permit")),
        with_more(policy, "agreements", an_agreement(r, request, "0")),
        approved,
        with_more(policy, "decisions", a_signed(r, request, "0")),
    ):
        assert level(better, request) >= level(policy, request)


# ---- 6 a missing or unknown attribute never permits -------------------------------------------------------


@LAW
@given(chances())
def test_6_a_missing_or_unknown_attribute_never_permits(r):
    policy, request = a_world(r)
    where = r.choice([request, request["recipient"], request["subjects"][0]])
    del where[r.choice(sorted(where))]
    assert decided(policy, request).reason is Reason.INCOMPLETE


@LAW
@given(chances())
def test_6_an_attribute_spoilt_never_gives_more_than_a_word_of_its_own_kind_could(r):
    policy, request = a_world(r)
    broken = spoilt(r, request)
    decision = decided(policy, broken)
    fair = broken.keys() == request.keys() and broken.get("purpose") in policy["purposes"]
    assert decision.level is Level.NONE or (fair and broken.get("owner") in AGENCIES)


@LAW
@given(chances())
def test_6_nobody_gains_by_a_kind_a_role_or_a_sector_that_no_rule_names(r):
    policy, request = a_world(r)
    strange = {name: {"kind": "unheard-of", "sector": "unheard-of"} for name in policy["agencies"]}
    decision = decided(
        {**policy, "agencies": strange}, {**request, "recipient": {**request["recipient"], "roles": []}}
    )
    assert decision.level is Level.NONE or decision.reason is Reason.OWN


# ---- 7 no more than is offered ----------------------------------------------------------------------------


@LAW
@given(worlds())
def test_7_no_level_exceeds_what_is_offered_save_the_owners_own(world):
    policy, request = consent.from_json(world[0]), world[1]
    for offered in Level:
        decision = consent.decide(policy, {**request, "offered": offered.word})
        assert decision.level <= offered or decision.reason is Reason.OWN


@LAW
@given(worlds())
def test_7_a_smaller_offer_never_gives_more(world):
    policy, request = consent.from_json(world[0]), world[1]
    levels = [consent.decide(policy, {**request, "offered": offered.word}).level for offered in Level]
    assert levels == sorted(levels)


# ---- 8 more subjects never raise --------------------------------------------------------------------------


@LAW
@given(chances())
def test_8_more_subjects_never_raise_a_level(r):
    policy, request = a_world(r)
    another = {"person": r.choice([*PEOPLE, "p0", "p9"]), "role": r.choice([*SUBJECT_ROLES, "child"])}
    crowded = {**request, "subjects": [*request["subjects"], another]}
    assert level(policy, crowded) <= level(policy, request)


@LAW
@given(worlds())
def test_8_the_answer_is_the_least_of_the_answers_about_each(world):
    policy, request = world
    alone = {
        (one["person"], one["role"]): decided(policy, {**request, "subjects": [one]})
        for one in request["subjects"]
    }
    least = min(alone, key=lambda one: (alone[one].level, *one))
    assert decided(policy, request) == alone[least]


# ---- 9 what comes later changes nothing -------------------------------------------------------------------


@LAW
@given(chances())
def test_9_what_comes_after_a_moment_never_changes_the_answer_for_it(r):
    policy, request = a_world(r)
    now, later = at_or_none(request["at"]), spell(r, 200)
    after = copy.deepcopy(policy)
    after["consents"].append({**a_consent(r, request, "z"), "recorded_at": later})
    for said in after["consents"]:
        if "withdrawn_at" not in said and r.randrange(2):
            said["withdrawn_at"] = later
    for signed in after["decisions"]:
        if signed["kind"] != "break-glass":
            signed["approved_by"].append({**an_approver(r, request), "at": later})
    # And the other way: what was recorded, approved or withdrawn later was not there before.
    before = copy.deepcopy(policy)
    before["consents"] = [said for said in before["consents"] if at_or_none(said["recorded_at"]) <= now]
    for said in before["consents"]:
        if "withdrawn_at" in said and at_or_none(said["withdrawn_at"]) > now:
            del said["withdrawn_at"]
    for signed in before["decisions"]:
        signed["approved_by"] = [one for one in signed["approved_by"] if at_or_none(one["at"]) <= now]
    assert decided(before, request) == decided(policy, request) == decided(after, request)


# ---- 10 what a decision names -----------------------------------------------------------------------------


def found(policy, key, name):
    (one,) = [thing for thing in policy[key] if thing["id"] == name]
    return one


def now_in(thing, request):
    now, start, end = at_or_none(request["at"]), thing.get("from"), thing.get("until")
    return (start is None or at_or_none(start) <= now) and (end is None or now < at_or_none(end))


@LAW
@given(worlds())
def test_10_what_a_permitted_decision_names_exists_is_in_force_and_fits(world):
    policy, request = world
    decision = decided(policy, request)
    if decision.reason is not Reason.PERMITTED:
        return
    people = {one["person"] for one in request["subjects"]}
    rule, agreement = found(policy, "rules", decision.rule), found(policy, "agreements", decision.agreement)
    assert rule["effect"] == "permit"
    assert now_in(rule, request)
    assert now_in(agreement, request)
    assert {request["owner"], request["recipient"]["agency"]} <= set(agreement["parties"])
    assert request["purpose"] in agreement["purposes"]
    assert named(agreement["classes"], request["class"])
    assert (decision.basis, decision.condition, decision.power) == (
        rule["basis"],
        rule.get("condition"),
        rule.get("power"),
    )
    assert now_in(next(one for one in policy["bases"] if one["code"] == decision.basis), request)
    assert (decision.consent is not None) == (rule["consent"] == "required")
    if decision.consent is not None:
        said = found(policy, "consents", decision.consent)
        assert said["person"] in people
        assert now_in(said, request)
    if decision.override is not None:
        signed = found(policy, "decisions", decision.override)
        assert signed["kind"] in ("override", "break-glass")
        assert signed["person"] in people
        assert now_in(signed, request)
        assert decision.level.word in ("none", "presence", "summary", "full")[: LEVEL[signed["level"]] + 1]


LEVEL = {"none": 0, "presence": 1, "summary": 2, "full": 3}


@LAW
@given(worlds())
def test_10_without_the_rule_it_names_and_each_that_takes_its_place_the_level_falls(world):
    policy, request = world
    before = decided(policy, request)
    if before.reason is not Reason.PERMITTED:
        return
    left, decision = policy, before
    while decision.level == before.level:
        assert decision.rule in [rule["id"] for rule in left["rules"]]
        left = {**left, "rules": [rule for rule in left["rules"] if rule["id"] != decision.rule]}
        decision = decided(left, request)
    assert decision.level < before.level


@LAW
@given(worlds())
def test_10_what_a_refusal_names_exists_and_fits(world):
    policy, request = world
    decision = decided(policy, request)
    if decision.level is not Level.NONE:
        return
    assert (decision.basis, decision.condition, decision.power) == (None, None, None)
    assert (decision.agreement, decision.override) == (None, None)
    assert (decision.lock is not None) == (decision.reason is Reason.LOCKED)
    assert bool(decision.limits) == (decision.reason is Reason.LIMITED)
    if decision.lock is not None:
        assert named(found(policy, "locks", decision.lock)["classes"], request["class"])
    for name in decision.limits:
        limit = found(policy, "rules", name)
        assert (limit["effect"], limit["level"]) == ("limit", "none")
        assert now_in(limit, request)
    if decision.rule is not None:
        rule = found(policy, "rules", decision.rule)
        assert rule["effect"] == ("forbid" if decision.reason is Reason.FORBIDDEN else "permit")
        assert now_in(rule, request)
    if decision.consent is not None:
        assert decision.reason is Reason.CONSENT_REFUSED
        said = found(policy, "consents", decision.consent)
        assert said["person"] in {one["person"] for one in request["subjects"]}


# ---- and what the package promises besides ----------------------------------------------------------------


@LAW
@given(chances())
def test_a_policy_extended_equals_the_policy_loaded_whole(r):
    policy, request = a_world(r)
    said, signed = (r.randrange(len(policy[key]) + 1) for key in ("consents", "decisions"))
    part = consent.from_json(
        {**policy, "consents": policy["consents"][:said], "decisions": policy["decisions"][:signed]}
    )
    grown = consent.extend(part, consents=policy["consents"][said:], decisions=policy["decisions"][signed:])
    whole = consent.from_json(policy)
    assert grown == whole
    assert consent.decide(grown, request) == consent.decide(whole, request)
