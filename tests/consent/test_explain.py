"""`consent.explain` and its smallest change, which is tried again with the naive reading of the law."""

import copy
import io
import itertools
import json
import random
from collections import Counter

import pytest
from hypothesis import example, given

import consent
from consent import Gate, Level, Names, Reason, Step
from consent.commands import explain_request
from tests.consent import naive
from tests.consent.examples import (
    a_consent,
    a_policy,
    a_request,
    a_rule,
    a_signed,
    an_approver,
)
from tests.consent.naive import at_or_none
from tests.consent.profile import LAW, SLOWER, SOAKING
from tests.consent.test_default_policy import asking, completed
from tests.consent.worlds import Chance, a_world, chance, chances, spoilt, worlds

LEVELS = ["none", "presence", "summary", "full"]
LAST = "9999-12-31T23:59:59.999999Z"


def explained(policy, request, names=None):
    return consent.explain(consent.from_json(policy), request, names)


def changed(policy, request, parts):
    """The policy and the request, as JSON, after the parts of a change happened."""
    after, asked = copy.deepcopy(policy), dict(request)
    lists = {
        Step.CONSENT: "consents",
        Step.OVERRIDE: "decisions",
        Step.EXEMPTION: "decisions",
        Step.AGREEMENT: "agreements",
        Step.PERMIT: "rules",
    }
    for part in parts:
        told = json.loads(json.dumps(part.as_json()))
        what = told["what"]
        if part.step is Step.OFFER:
            asked["offered"] = what["offered"]
        elif part.step is Step.LIFT:
            after["rules"] = [rule for rule in after["rules"] if rule["id"] != what["id"]]
        elif part.step is Step.APPROVAL:
            (signed,) = [one for one in after["decisions"] if one["id"] == what["id"]]
            signed["approved_by"] = [*signed.get("approved_by", []), *told["approved_by"]]
        else:
            after[lists[part.step]].append(what)
    return after, asked


def level_with(policy, request, parts):
    after, asked = changed(policy, request, parts)
    decision = consent.decide(consent.from_json(after), asked).as_json()
    assert decision == naive.answer(after, asked)
    return LEVELS.index(decision["level"])


# ---- what could be done, a second time ---------------------------------------------------------------------


def everything(policy, request):
    """By kind, the most that could be done for a request: written here anew, straight on the JSON."""
    now = request["at"]
    owner, recipient = request["owner"], request["recipient"]["agency"]
    reach = {"recipients": [recipient], "purposes": [request["purpose"]], "classes": [request["class"]]}
    time = {"from": now, "until": LAST}
    people = sorted({one["person"] for one in request["subjects"]})
    approvers = [{"staff": f"zz-{n}", "agency": owner, "at": now} for n in range(9)]

    def signed(name, person, **more):
        return {
            "id": name,
            "person": person,
            "owner": owner,
            "level": "full",
            "reason": "r",
            "requested_by": "q",
            "approved_by": approvers,
            **reach,
            **time,
            **more,
        }

    def rule_terms(usable):
        """A new rule asks what the owner's others on that basis ask; it never passes by a person's word."""
        owners = [rule for rule in policy["rules"] if rule["effect"] == "permit" and owns(rule, owner)]
        asked = {(rule["basis"], rule["consent"]) for rule in owners if rule["basis"] in usable}
        for need in ("considered", "required"):
            for code in sorted(code for code, asks in asked if asks == need):
                return [{"basis": code, "consent": need}]
        return [{"basis": code, "consent": "considered"} for code in usable[:1]]

    def owns(rule, name):
        side, agency = rule.get("owners") or {}, policy["agencies"][name]
        return agency["kind"] in (side.get("kinds") or [agency["kind"]]) and name in (
            side.get("agencies") or [name]
        )

    def edit(after, asked, kind):
        if kind is Step.OFFER:
            asked["offered"] = "full"
        elif kind is Step.CONSENT:
            after["consents"] += [
                {
                    "id": f"zz-{person}",
                    "person": person,
                    "decision": "grant",
                    "given_at": now,
                    "recorded_at": now,
                    **reach,
                    **time,
                }
                for person in people
            ]
        elif kind is Step.APPROVAL:
            for one in after["decisions"]:
                if one["kind"] != "break-glass" and one["person"] in people:
                    one["approved_by"] = [*(one.get("approved_by") or []), *approvers]
        elif kind is Step.OVERRIDE:
            after["decisions"] += [signed(f"zo-{person}", person, kind="override") for person in people]
        elif kind is Step.EXEMPTION:
            after["decisions"] += [
                signed(f"ze-{lock['id']}-{person}", person, kind="exemption", lock=lock["id"])
                for person in people
                for lock in policy["locks"]
            ]
        elif kind is Step.AGREEMENT:
            parties = sorted({owner, recipient})
            what = {"purposes": reach["purposes"], "classes": reach["classes"]}
            after["agreements"].append({"id": "zz", "parties": parties, **what, **time})
        elif kind is Step.PERMIT:
            usable = [
                basis["code"]
                for basis in policy["bases"]
                if naive.now_inside(basis, at_or_none(now))
                and policy["agencies"][owner]["sector"] in basis["sectors"]
            ]
            after["rules"] += [
                {"id": "zz", "effect": "permit", "level": "full"} | terms for terms in rule_terms(usable)
            ]
        else:
            after["rules"] = [rule for rule in after["rules"] if rule["effect"] == "permit"]

    def level(kinds):
        after = {key: list(value) if isinstance(value, list) else value for key, value in policy.items()}
        after["decisions"], asked = [dict(one) for one in policy["decisions"]], dict(request)
        for kind in kinds:
            edit(after, asked, kind)
        return LEVELS.index(naive.answer(after, asked)["level"])

    return level


def smaller_than(kinds):
    """Every set of kinds that is smaller than a given one."""
    order = list(Step)
    number = sum(1 << order.index(kind) for kind in kinds)
    for smaller in range(1, number):
        yield [kind for place, kind in enumerate(order) if smaller >> place & 1]


@SLOWER
@given(worlds())
@example(a_world(Chance(1423)))  # here two ways end at the same level, and only the order of the kinds tells
def test_the_change_raises_the_level_and_no_smaller_kind_does(world):
    policy, request = world
    told = explained(policy, request)
    before = int(told.decision.level)
    level = everything(policy, request)
    if told.change is None:
        assert told.decision.reason in (Reason.OWN, Reason.EXCLUDED) or before == 3 or level(Step) == before
        return
    assert before < int(told.change.level) == level_with(policy, request, told.change.parts)
    kinds = {part.step for part in told.change.parts}
    assert all(level(smaller) <= before for smaller in smaller_than(kinds))


@LAW
@given(worlds())
def test_nothing_in_the_change_can_be_left_out_or_made_smaller(world):
    policy, request = world
    told = explained(policy, request)
    if told.change is None:
        return
    before, parts = int(told.decision.level), list(told.change.parts)
    for place, part in enumerate(parts):
        rest = parts[:place] + parts[place + 1 :]
        assert level_with(policy, request, rest) <= before
        for less in lessened(part):
            assert level_with(policy, request, [*rest, less]) <= before
    assert int(told.change.level) == before + 1 or not any(
        key in part.what for part in parts for key in ("offered", "level")
    )


def lessened(part):
    for key in ("offered", "level"):
        lower = LEVELS.index(part.what.get(key, "presence")) - 1
        if lower > 0:
            yield consent.Part(part.step, {**part.what, key: LEVELS[lower]}, part.approvers)
    approvers = part.what.get("approved_by", [])
    if len(approvers) > 1:
        yield consent.Part(part.step, {**part.what, "approved_by": approvers[1:]})
    if len(part.approvers) > 1:
        yield consent.Part(part.step, part.what, part.approvers[1:])


@LAW
@given(worlds())
def test_with_change_makes_what_the_parts_say(world):
    policy, request = world
    told = explained(policy, request)
    if told.change:
        grown, asked = consent.with_change(consent.from_json(policy), request, told.change.parts)
        after, again = changed(policy, request, told.change.parts)
        assert (grown, asked) == (consent.from_json(after), again)


# ---- what is told ------------------------------------------------------------------------------------------

GATES = {
    "complete": ["incomplete"],
    "excluded": ["excluded"],
    "own": ["own"],
    "lock": ["locked"],
    "agreement": ["no-agreement"],
    "forbid": ["forbidden"],
    "offer": ["not-offered"],
    "permit": ["no-rule", "basis-invalid", "consent-missing", "consent-refused", "approval-needed"],
    "level": ["limited", "permitted"],
}


@LAW
@given(chances())
def test_an_explanation_tells_the_decision_and_every_gate_before_it(r):
    policy, request = a_world(r)
    if chance(r, 10):
        request = spoilt(r, request)
    whole = consent.from_json(policy)
    told = consent.explain(whole, request)
    assert told.decision == consent.decide(whole, request)
    assert told.decision.reason.value in GATES[told.gate.value]
    passed = list(itertools.takewhile(lambda gate: gate != told.gate.value, GATES))
    assert [gate.value for gate in told.passed] == passed
    assert len(told.words) > len(passed)
    for sentence in (*told.words, *told.advice):
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert "None" not in sentence
    for sentence in told.words[len(passed) :]:
        assert sentence[0] == sentence[0].upper()
    assert json.loads(json.dumps(told.as_json()))["decision"] == told.decision.as_json()


@LAW
@given(worlds())
def test_the_subject_told_is_the_first_that_gets_least(world):
    policy, request = world
    whole = consent.from_json(policy)
    told = consent.explain(whole, request)
    if told.gate in (Gate.COMPLETE, Gate.EXCLUDED, Gate.OWN):
        assert told.subject is None
        return
    alone = {
        (one["person"], one["role"]): consent.decide(whole, {**request, "subjects": [one]})
        for one in request["subjects"]
    }
    assert told.subject == min(alone, key=lambda one: (alone[one].level, *one))
    assert told.decision == alone[told.subject]


@LAW
@given(worlds())
def test_the_permits_told_are_those_that_match_with_what_each_fails(world):
    policy, request = world
    whole = consent.from_json(policy)
    told = consent.explain(whole, request)
    if told.gate not in (Gate.PERMIT, Gate.LEVEL):
        assert told.permits == ()
        return
    person, role = told.subject
    alone = {**request, "offered": "full", "subjects": [{"person": person, "role": role}]}
    others = [rule for rule in policy["rules"] if rule["effect"] == "forbid"]
    found = {}
    for rule in policy["rules"]:
        if rule["effect"] == "permit":
            answer = naive.answer({**policy, "rules": [*others, rule]}, alone)
            if answer["reason"] != "no-rule":
                found[rule["id"]] = (rule["level"], answer["reason"])
    assert [one.rule for one in told.permits] == sorted(found)
    for one in told.permits:
        level, reason = found[one.rule]
        assert one.level.word == level
        assert (one.fails.value if one.fails else "permitted") == reason


NAMES = Names(
    agencies={"police": "Force", "almo": "Homes"},
    classes={"health.mental": "Mental health", "health.gender-recognition": "Gender recognition"},
    purposes={"harm": "preventing serious harm"},
    roles={"victim": "the victim"},
    bases={"PT": "public task", "RLI": "recognised legitimate interests"},
    rules={"r-1": "the rule on health"},
    people={"p1": "Maria"},
)


def told_of(policy_changes, request_changes=None):
    policy = a_policy(**{"consents": [], "decisions": [], "rules": [a_rule()], **policy_changes})
    return explained(policy, a_request(**(request_changes or {})), NAMES)


def answer_of(told):
    return told.words[len(told.passed) :]


START = (
    "The question is complete.",
    "Nothing keeps this reader out of the case.",
    "Force holds it, and Homes would like to see it.",
    "No lock closes Mental health.",
    "Force and Homes have an agreement in force that covers it: dsa-1.",
    "No rule forbids it.",
)
THEN = "Homes would then see it: only that something is held."
HELD = "only that something is held"
BY_FORCE = "approved by {} of staff of Force who did not ask for it."
OVERRIDE = f"Force records an override ({HELD}), {BY_FORCE}"
EXEMPTION = f"Force records an exemption from the lock gender-recognition ({HELD}), {BY_FORCE}"
NEW_RULE = f"The partnership agrees a rule that permits it ({HELD}), on a lawful basis open to Force."
KEPT_OUT = "a conflict of interest, the other side, stepped aside, or not trained"
MAY_NOT = "may hold nothing, may not have looked, may not have offered it"


def test_words_of_a_permitted_field():
    told = told_of({"rules": [a_rule(power="CDA 1998 s115", condition="A9g-18", consent="considered")]})
    assert told.words == (
        *START,
        "Force offers it: in full.",
        "A rule permits it.",
        "The rule on health permits it, and Homes sees it: in full.",
        "The lawful basis is public task; the power is CDA 1998 s115; the condition is A9g-18.",
    )
    assert (told.change, told.advice) == (None, ("There is nothing more to see.",))


def test_words_of_what_a_permitted_field_leans_on():
    told = told_of(
        {
            "rules": [a_rule(consent="required", approvals=1)],
            "consents": [a_consent()],
            "decisions": [a_signed()],
        }
    )
    assert answer_of(told)[1] == (
        "The lawful basis is public task; Maria (the victim) agreed (c-1); an override was approved (d-1)."
    )


@pytest.mark.parametrize(
    ("policy", "request_", "why", "advice"),
    [
        (
            {},
            {"offered": "summary"},
            "Force offers no more",
            ["Force offers it: in full.", "Homes would then see it: in full."],
        ),
        (
            {
                "rules": [
                    a_rule(),
                    a_rule(id="r-2", effect="limit", level="summary", basis=None, consent=None),
                ]
            },
            {},
            "it is limited by rule r-2",
            [
                "The partnership takes rule r-2 away, which limits it.",
                "Homes would then see it: in full.",
            ],
        ),
        (
            {"rules": [a_rule(level="presence")]},
            {},
            "no rule permits more as things stand",
            [
                "The partnership agrees a rule that permits it (a summary), on a lawful basis open to Force.",
                "Homes would then see it: a summary.",
            ],
        ),
        (
            {"rules": [a_rule(approvals=1)], "decisions": [a_signed(level="presence")]},
            {},
            "what was approved goes no further",
            [
                OVERRIDE.format("a member").replace("only that something is held", "a summary"),
                "Homes would then see it: a summary.",
            ],
        ),
    ],
)
def test_words_of_why_a_permitted_field_goes_no_further(policy, request_, why, advice):
    told = told_of(policy, request_)
    assert answer_of(told)[-1] == f"It goes no further because {why}."
    assert list(told.advice) == advice


@pytest.mark.parametrize(
    ("policy", "request_", "answer", "advice"),
    [
        pytest.param(
            {},
            {"class": "nothing"},
            "The question cannot be answered: something in it is missing or not known.",
            ["Ask a complete question."],
            id="incomplete",
        ),
        pytest.param(
            {},
            {"recipient": {"agency": "almo", "roles": [], "excluded": True}},
            f"This reader is kept out of the case: {KEPT_OUT}.",
            ["Nothing changes this while the reader is kept out: no consent, approval or rule."],
            id="excluded",
        ),
        pytest.param(
            {},
            {"owner": "almo"},
            "Homes holds it itself, so its own staff see it in full.",
            ["There is nothing more to see."],
            id="own",
        ),
        pytest.param(
            {},
            {"class": "health.gender-recognition"},
            "Gender recognition is locked (gender-recognition): nobody but Force sees it without an "
            "exemption, and none is in force.",
            [
                EXEMPTION.format("a member"),
                THEN,
            ],
            id="locked",
        ),
        pytest.param(
            {"agreements": []},
            {},
            "Force and Homes have no agreement in force that covers Mental health for this "
            "purpose: preventing serious harm.",
            [
                "Force and Homes sign an agreement that covers Mental health for this purpose.",
                "Homes would then see it: in full.",
            ],
            id="no-agreement",
        ),
        pytest.param(
            {"rules": [a_rule(), {"id": "r-9", "effect": "forbid"}]},
            {},
            "Rule r-9 forbids it.",
            [
                "The partnership takes rule r-9 away, which forbids it.",
                "Homes would then see it: in full.",
            ],
            id="forbidden",
        ),
        pytest.param(
            {},
            {"offered": "none"},
            "Force has not offered it.",
            ["Force offers it: only that something is held.", THEN],
            id="not-offered",
        ),
        pytest.param(
            {"rules": []},
            {},
            "No rule permits Homes to see it in this role and for this purpose.",
            [
                NEW_RULE,
                THEN,
            ],
            id="no-rule",
        ),
        pytest.param(
            {"rules": [a_rule(basis="RLI")]},
            {},
            "The rule on health would permit it, but Force cannot use its lawful basis now "
            "(recognised legitimate interests).",
            [
                NEW_RULE,
                THEN,
            ],
            id="basis-invalid",
        ),
        pytest.param(
            {"rules": [a_rule(consent="required")]},
            {},
            "The rule on health asks for the consent of Maria (the victim), and there is no word from them.",
            [
                "Maria (the victim) is asked, where that is safe, and agrees that Homes sees it.",
                "Homes would then see it: in full.",
            ],
            id="consent-missing",
        ),
        pytest.param(
            {"rules": [a_rule(consent="required")], "consents": [a_consent(decision="refuse")]},
            {},
            "The rule on health would permit it, but Maria (the victim) does not agree (c-1).",
            [
                "Maria (the victim) changes their mind. Do not press them.",
                "Homes would then see it: in full.",
            ],
            id="consent-refused",
        ),
        pytest.param(
            {
                "rules": [a_rule(consent="considered")],
                "consents": [
                    a_consent(
                        decision="refuse", given_at="2026-06-01T10:00:00Z", recorded_at="2026-06-01T10:00:00Z"
                    )
                ],
            },
            {},
            "The rule on health would permit it, but Maria (the victim) does not agree (c-1), and no "
            "override is in force.",
            [OVERRIDE.format("a member"), THEN],
            id="refused-this-very-moment",
        ),
        pytest.param(
            {"rules": [a_rule(approvals=1)]},
            {},
            "The rule on health asks for the approval of 1 member of staff of Force, and it is not given.",
            [OVERRIDE.format("a member"), THEN],
            id="approval-needed",
        ),
        pytest.param(
            {"rules": [a_rule(approvals=3)]},
            {},
            "The rule on health asks for the approval of 3 members of staff of Force, and it is not given.",
            [OVERRIDE.format("3 members"), THEN],
            id="approvals-needed",
        ),
        pytest.param(
            {"rules": [a_rule(approvals=2)], "decisions": [a_signed()]},
            {},
            "The rule on health asks for the approval of 2 members of staff of Force, and it is not given.",
            [
                "What is recorded (d-1) is approved by 1 more member of staff of Force.",
                "Homes would then see it: in full.",
            ],
            id="one-approval-more",
        ),
        pytest.param(
            {"rules": [a_rule(approvals=3)], "decisions": [a_signed(level="summary")]},
            {},
            "The rule on health asks for the approval of 3 members of staff of Force, and it is not given.",
            [
                "What is recorded (d-1) is approved by 2 more members of staff of Force.",
                "Homes would then see it: a summary.",
            ],
            id="two-approvals-more",
        ),
        pytest.param(
            {"rules": [a_rule(), a_rule(id="r-9", effect="limit", level="none", basis=None, consent=None)]},
            {},
            "A rule permits it, but it is limited to nothing by rule r-9.",
            [
                "The partnership takes rule r-9 away, which limits it.",
                "Homes would then see it: in full.",
            ],
            id="limited",
        ),
    ],
)
def test_words_of_a_refusal(policy, request_, answer, advice):
    told = told_of(policy, request_)
    assert answer_of(told) == (answer,)
    assert list(told.advice) == advice


def test_a_class_that_an_exemption_opened_says_so():
    told = told_of(
        {"decisions": [a_signed(kind="exemption", lock="gender-recognition")]},
        {"class": "health.gender-recognition"},
    )
    assert told.words[3] == "Gender recognition is locked, and an exemption is in force."


def test_nothing_can_be_done_where_no_basis_is_open_to_the_owner():
    told = told_of({"rules": [], "bases": [{"code": "RLI", "sectors": ["voluntary"]}]})
    assert (told.decision.reason, told.change, told.advice) == (
        Reason.NO_RULE,
        None,
        ("Nothing would show more.",),
    )


def test_nobody_is_asked_at_the_end_of_time():
    rules = [a_rule(consent="required")]
    agreement = a_policy()["agreements"][0] | {"from": "2026-01-01T00:00:00Z", "until": LAST}
    told = told_of({"rules": rules, "agreements": [agreement]}, {"at": "9999-12-31T23:59:59.999998Z"})
    assert [part.step for part in told.change.parts] == [Step.CONSENT]
    assert told.change.parts[0].what["until"] == LAST
    told = told_of({"rules": rules, "agreements": []}, {"at": LAST})
    assert (told.decision.reason, told.change) == (Reason.NO_AGREEMENT, None)


def test_a_new_rule_rests_on_a_basis_as_the_owner_uses_it():
    cons = {"code": "CONS", "sectors": ["public"]}
    late = {"code": "AAA", "sectors": ["public"], "from": "2026-07-01T00:00:00Z"}
    bases = [cons, late, *a_policy()["bases"]]

    def basis(*rules, **request_):
        told = told_of({"bases": bases, "rules": list(rules)}, request_)
        (part,) = told.change.parts
        assert part.step is Step.PERMIT
        return part.what["basis"], part.what["consent"]

    elsewhere = {"classes": ["identity"]}
    assert basis() == ("CONS", "considered")
    assert basis(a_rule(basis="PT", consent="considered", **elsewhere)) == ("PT", "considered")
    assert basis(a_rule(basis="PT", consent="irrelevant", **elsewhere)) == ("CONS", "considered")
    assert basis(a_rule(basis="RLI", consent="considered", **elsewhere)) == ("CONS", "considered")
    owners = {"owners": {"kinds": ["housing"]}}
    assert basis(a_rule(basis="PT", consent="considered", **elsewhere, **owners)) == ("CONS", "considered")
    owners = {"owners": {"agencies": ["almo"]}}
    assert basis(a_rule(basis="PT", consent="considered", **elsewhere, **owners)) == ("CONS", "considered")
    required = a_rule(basis="CONS", consent="required", **elsewhere)
    assert basis(required, a_rule(id="r-2", basis="PT", consent="considered", **elsewhere)) == (
        "PT",
        "considered",
    )


def test_a_new_rule_on_consent_asks_for_it():
    told = told_of({"rules": [a_rule(basis="PT", consent="required", classes=["identity"])]})
    assert [part.step for part in told.change.parts] == [Step.CONSENT, Step.PERMIT]
    assert told.change.parts[1].what["consent"] == "required"


def test_a_new_rule_names_the_recipients_roles_if_there_are_any():
    told = told_of({"rules": []})
    assert told.change.parts[0].what["recipients"] == {"agencies": ["almo"], "roles": ["representative"]}
    told = told_of({"rules": []}, {"recipient": {"agency": "almo", "roles": [], "excluded": False}})
    assert told.change.parts[0].what["recipients"] == {"agencies": ["almo"]}


def test_what_is_added_takes_no_name_that_is_taken():
    taken = {
        "consents": [a_consent(id="consent-1", person="p9")],
        "decisions": [a_signed(id="override-1", person="p9"), a_signed(id="exemption-1", person="p9")],
        "agreements": [a_policy()["agreements"][0] | {"id": "agreement-1", "until": "2026-02-01T00:00:00Z"}],
    }
    rules = [a_rule(id="rule-1", consent="required", approvals=1)]
    told = told_of({**taken, "rules": rules})
    assert {part.what["id"] for part in told.change.parts} == {"consent-2", "override-2", "agreement-2"}
    told = told_of(
        {**taken, "rules": [a_rule(id="rule-1", classes=["identity"])]},
        {"class": "health.gender-recognition"},
    )
    assert {part.what["id"] for part in told.change.parts} == {"exemption-2", "agreement-2", "rule-2"}


def test_those_who_approve_have_not_yet_and_did_not_ask():
    signed = a_signed(requested_by="approver-1", approved_by=[an_approver("approver-2")])
    told = told_of({"rules": [a_rule(approvals=2)], "decisions": [signed]})
    assert [one.staff for one in told.change.parts[0].approvers] == ["approver-3"]


def test_an_unheard_of_number_of_approvals_is_not_tried():
    told = told_of({"rules": [a_rule(approvals=2**53 - 1)]})
    assert [part.step for part in told.change.parts] == [Step.PERMIT]


# ---- the default policy ------------------------------------------------------------------------------------


def test_a_voluntary_owners_change_looks_past_the_public_task_twin():
    policy = consent.from_json(completed())
    request = asking("contact.current-address", "childrens", owner="idva")
    told = consent.explain(policy, request)
    assert (told.decision.reason, told.decision.rule) == (Reason.BASIS_INVALID, "r-p1-contact-approved-pt")
    assert [(one.rule, one.fails) for one in told.permits] == [
        ("r-p1-contact-approved-pt", Reason.BASIS_INVALID),
        ("r-p1-contact-approved-rli", Reason.APPROVAL_NEEDED),
    ]
    assert [part.step for part in told.change.parts] == [Step.OVERRIDE]
    after = consent.decide(*consent.with_change(policy, request, told.change.parts))
    assert after.rule == "r-p1-contact-approved-rli"


def test_every_class_of_the_default_policy_explains_itself_to_everyone():
    whole = completed()
    policy, r = consent.from_json(whole), random.Random(7)
    reasons = Counter()
    for one in whole["classes"]:
        for _ in range(4):
            owner, recipient = r.sample(sorted(whole["agencies"]), 2)
            purpose = r.choice(whole["purposes"])
            request = asking(one["name"], recipient, owner=owner, purpose=purpose)
            told = consent.explain(policy, request)
            reasons[told.decision.reason] += 1
            if told.change:
                assert (
                    consent.decide(*consent.with_change(policy, request, told.change.parts)).level
                    > told.decision.level
                )
    assert len(reasons) >= 5


# ---- to the viewer -----------------------------------------------------------------------------------------


def seen_by_viewer(policy, request):
    told = consent.explain_for_viewer(consent.from_json(policy), request, NAMES)
    return told.level, told.words


def shown_as(policy, name):
    (one,) = [one for one in policy["classes"] if one["name"] == name]
    return one.get("presence_as") or name


@LAW
@given(chances())
def test_what_a_viewer_is_told_follows_from_what_the_viewer_sees(r):
    policy, request = a_world(r)
    policy["classes"][1]["presence_as"] = r.choice([None, "identity"])
    if chance(r, 10):
        request = spoilt(r, request)
    decision = consent.decide(consent.from_json(policy), request)
    told = seen_by_viewer(policy, request)
    if decision.level is Level.NONE:
        assert told == seen_by_viewer(a_policy(), None)
        return
    # Another world in which the same is seen: one rule that gives just this level, and nothing withheld.
    shown = shown_as(policy, request["class"]) if decision.level is Level.PRESENCE else request["class"]
    other = a_policy(
        version="another",
        agencies=policy["agencies"],
        purposes=policy["purposes"],
        classes=[{"name": shown}],
        locks=[],
        rules=[a_rule(level=decision.level.word, basis="ALL")],
        bases=[{"code": "ALL", "sectors": [one["sector"] for one in policy["agencies"].values()]}],
        agreements=[
            {
                "id": "x",
                "parties": sorted(policy["agencies"]),
                "purposes": policy["purposes"],
                "classes": [shown],
                "from": "2020-01-01T00:00:00Z",
                "until": LAST,
            }
        ],
        consents=[],
        decisions=[],
    )
    plain = {
        "at": "2026-06-01T10:00:00Z",
        "purpose": request["purpose"],
        "owner": request["owner"],
        "class": shown,
        "offered": "full",
        "subjects": [{"person": "somebody", "role": "else"}],
        "recipient": {"agency": request["recipient"]["agency"], "roles": ["x"], "excluded": False},
    }
    assert told == seen_by_viewer(other, plain)


def test_every_refusal_is_told_in_the_same_bytes():
    source, told, reasons = random.Random(3), set(), set()
    for _ in range(3_000 if SOAKING else 400):
        policy, request = a_world(source)
        if chance(source, 5):
            request = spoilt(source, request)
        decision = consent.decide(consent.from_json(policy), request)
        if decision.level is Level.NONE:
            reasons.add(decision.reason)
            told.add(seen_by_viewer(policy, request))
    assert reasons == set(Reason) - {Reason.OWN, Reason.PERMITTED}
    assert len(told) == 1


def test_words_to_a_viewer():
    policy = a_policy(consents=[], decisions=[], locks=[], rules=[a_rule()])
    for_them = "You see it for this purpose: preventing serious harm. Do not use it for another."
    asked = {"class": "health.mental"}
    assert seen_by_viewer(policy, a_request(**asked, offered="presence"))[1] == (
        "Force holds something under Mental health. You can ask Force about it.",
        for_them,
    )
    assert seen_by_viewer(policy, a_request(**asked, offered="summary"))[1] == (
        "Force shows you a summary of Mental health.",
        for_them,
    )
    assert seen_by_viewer(policy, a_request(**asked))[1] == (
        "Force shows you Mental health.",
        for_them,
    )
    assert seen_by_viewer(policy, a_request(**asked, owner="almo"))[1] == (
        "Your own agency holds this: Mental health.",
    )
    assert seen_by_viewer(policy, a_request(**asked, offered="none")) == (
        Level.NONE,
        (
            f"An agency {MAY_NOT}, or the rules or a person's wishes may not allow it.",
            "We never say which, or that anything is missing.",
            "If someone may be harmed, phone them.",
        ),
    )
    coarser = a_request(**{"class": "health.gender-recognition", "offered": "presence"})
    assert seen_by_viewer(policy, coarser)[1][0].startswith("Force holds something under health.")


# ---- the command -------------------------------------------------------------------------------------------


def run(path, stdin):
    out, err = io.BytesIO(), io.BytesIO()
    status = explain_request(path, stdin=io.BytesIO(stdin), stdout=out, stderr=err)
    return status, out.getvalue(), err.getvalue()


def test_the_command_explains_one_request(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(a_policy(version="Zoë", rules=[])), encoding="utf-8")
    request = a_request()
    status, out, err = run(path, json.dumps(request, indent=2).encode())
    assert (status, err, out.count(b"\n")) == (0, b"", 1)
    assert "Zoë".encode() in out
    told = consent.explain(consent.load(path.read_bytes()), request)
    assert json.loads(out) == told.as_json()
    assert list(json.loads(out)) == [
        "decision",
        "subject",
        "passed",
        "gate",
        "words",
        "permits",
        "change",
        "advice",
    ]
    status, out, err = run(path, b"no JSON")
    assert (status, err, json.loads(out)["gate"], json.loads(out)["change"]) == (0, b"", "complete", None)


def test_the_command_says_what_is_wrong_with_a_policy(tmp_path):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(a_policy(version="")), encoding="utf-8")
    assert run(path, b"{}") == (2, b"", b"version: must be a non-empty string of valid Unicode\n")


def test_an_explanation_as_json():
    told = told_of(
        {
            "rules": [a_rule(consent="required", level="summary"), a_rule(id="r-2", approvals=2)],
            "decisions": [a_signed()],
        }
    )
    assert told.as_json() == {
        "decision": told.decision.as_json(),
        "subject": {"person": "p1", "role": "victim"},
        "passed": ["complete", "excluded", "own", "lock", "agreement", "forbid", "offer"],
        "gate": "permit",
        "words": list(told.words),
        "permits": [
            {"rule": "r-1", "level": "summary", "fails": "consent-missing"},
            {"rule": "r-2", "level": "full", "fails": "approval-needed"},
        ],
        "change": {
            "level": "summary",
            "parts": [
                {
                    "step": "consent",
                    "what": {
                        "id": "consent-1",
                        "person": "p1",
                        "decision": "grant",
                        "given_at": "2026-06-01T10:00:00.000000Z",
                        "recorded_at": "2026-06-01T10:00:00.000000Z",
                        "recipients": ["almo"],
                        "purposes": ["harm"],
                        "classes": ["health.mental"],
                        "from": "2026-06-01T10:00:00.000000Z",
                        "until": "2026-06-02T10:00:00.000000Z",
                    },
                }
            ],
        },
        "advice": list(told.advice),
    }
    told = told_of({"rules": [a_rule(approvals=2)], "decisions": [a_signed()]})
    assert told.as_json()["change"]["parts"] == [
        {
            "step": "approval",
            "what": {"id": "d-1"},
            "approved_by": [{"staff": "approver-1", "agency": "police", "at": "2026-06-01T10:00:00.000000Z"}],
        }
    ]
    assert told_of({}, {"owner": "almo"}).as_json()["subject"] is None
