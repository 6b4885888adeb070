"""Every gate and every reason, by example. One policy, one request, one thing changed at a time."""

from datetime import datetime

import pytest

import consent
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
from tests.consent.naive import answer

NAMELESS = {
    "rule": None,
    "basis": None,
    "condition": None,
    "power": None,
    "agreement": None,
    "consent": None,
    "override": None,
    "lock": None,
    "limits": [],
    "policy": "2026-11-01",
}


def refused(reason, **named):
    return {"level": "none", "reason": reason, **NAMELESS, **named}


def permitted(level="full", rule="r-1", **named):
    return {
        "level": level,
        "reason": "permitted",
        **NAMELESS,
        "rule": rule,
        "basis": "PT",
        "agreement": "dsa-1",
        **named,
    }


def decide(request, *, rules=None, consents=(), decisions=(), **changes):
    """The answer of the engine, of the second reading, and of a table, to one request."""
    rules = [a_rule()] if rules is None else rules
    policy = a_policy(rules=rules, consents=list(consents), decisions=list(decisions), **changes)
    told = consent.decide(consent.from_json(policy), request).as_json()
    assert told == answer(policy, request)
    if told["reason"] != "incomplete":
        assert told == tabled(consent.from_json(policy), request)
    return told


def tabled(policy, request):
    """What a table of this cell alone, for this recipient alone, answers."""
    at = datetime.fromisoformat(request["at"])
    asks = request["recipient"]
    people = tuple((one["person"], one["role"]) for one in request["subjects"])
    cell = consent.TableCell(request["owner"], request["class"], request["offered"], people)
    who = consent.Recipient(asks["agency"], frozenset(asks["roles"]), asks["excluded"])
    return (
        consent.compile_table(policy, [cell], [who], request["purpose"], at).answer(cell, who, at).as_json()
    )


def check(request, expected, **policy):
    assert decide(request, **policy) == expected


def to(agency="almo", roles=("representative",), *, excluded=False):
    return {"agency": agency, "roles": list(roles), "excluded": excluded}


def cases(*rows):
    return pytest.mark.parametrize(
        ("request_", "policy", "expected"), [pytest.param(*row, id=name) for name, *row in rows]
    )


# ---- gates 1 to 3 -----------------------------------------------------------------------------------------

SUBJECT = {"person": "p1", "role": "victim"}


@pytest.mark.parametrize(
    "request_",
    [
        *[pytest.param(a_request(**{key: MISSING}), id=f"no-{key}") for key in a_request()],
        *[
            pytest.param(
                a_request(recipient={k: v for k, v in to().items() if k != key}), id=f"no-recipient-{key}"
            )
            for key in to()
        ],
        pytest.param(a_request(colour="red"), id="one-key-more"),
        pytest.param(a_request(recipient={**to(), "name": "x"}), id="one-recipient-key-more"),
        pytest.param(a_request(subjects=[{**SUBJECT, "age": 3}]), id="one-subject-key-more"),
        pytest.param(a_request(subjects=[]), id="no-subject"),
        pytest.param(a_request(subjects=[SUBJECT, {"person": "p1"}]), id="a-subject-without-a-role"),
        pytest.param(a_request(subjects=[{"person": "", "role": "victim"}]), id="a-person-without-a-name"),
        pytest.param(a_request(subjects=[{"person": 7, "role": "victim"}]), id="a-person-that-is-a-number"),
        pytest.param(a_request(subjects=SUBJECT), id="subjects-that-are-one"),
        pytest.param(a_request(at="2026-06-01T10:00:00"), id="a-moment-without-z"),
        pytest.param(a_request(at=1780308000), id="a-moment-that-is-a-number"),
        pytest.param(a_request(purpose="fun"), id="unknown-purpose"),
        pytest.param(a_request(owner="army"), id="unknown-owner"),
        pytest.param(a_request(owner=["police"]), id="an-owner-that-is-a-list"),
        pytest.param(a_request(offered={"full": 1}), id="a-level-that-is-an-object"),
        pytest.param(a_request(recipient=to("army")), id="unknown-recipient"),
        pytest.param(a_request(recipient=to("army", excluded=True)), id="unknown-recipient-before-excluded"),
        pytest.param(a_request(**{"class": "health.mental.x"}), id="unknown-class-under-a-known-one"),
        pytest.param(a_request(offered="everything"), id="unknown-level"),
        pytest.param(a_request(offered=None), id="no-level"),
        pytest.param(
            a_request(recipient=to(excluded=False) | {"excluded": 0}), id="excluded-that-is-a-number"
        ),
        pytest.param(a_request(recipient=to() | {"roles": "chair"}), id="roles-that-are-one"),
        pytest.param(a_request(recipient=to(roles=[""])), id="an-empty-role"),
        pytest.param(a_request(recipient=to(roles=[None])), id="a-null-role"),
        pytest.param([a_request()], id="a-list"),
        pytest.param(None, id="nothing"),
        pytest.param("{}", id="text"),
        pytest.param({}, id="an-empty-object"),
    ],
)
def test_1_incomplete(request_):
    check(request_, refused("incomplete"))


def test_2_excluded_comes_before_own():
    check(a_request(recipient=to(excluded=True)), refused("excluded"))
    check(a_request(recipient=to("police", excluded=True)), refused("excluded"))


def test_3_own_comes_before_locks_offers_and_agreements():
    request = a_request(
        recipient=to("police", roles=[]), offered="none", **{"class": "health.gender-recognition"}
    )
    check(request, {"level": "full", "reason": "own", **NAMELESS}, agreements=[], rules=[])


# ---- gate 4: locks ----------------------------------------------------------------------------------------

LOCKED = a_request(**{"class": "health.gender-recognition"})
KEY = {"kind": "exemption", "lock": "gender-recognition"}
TWO_LOCKS = [
    {"id": "gender-recognition", "classes": ["health.gender-recognition"]},
    {"id": "all-health", "classes": ["health"]},
]
shut = refused("locked", lock="gender-recognition")


@cases(
    ("nothing-signed", LOCKED, {}, shut),
    ("before-the-agreement", LOCKED, {"agreements": []}, shut),
    ("exempted", LOCKED, {"decisions": [a_signed(**KEY)]}, permitted()),
    ("an-exemption-caps", LOCKED, {"decisions": [a_signed(**KEY, level="presence")]}, permitted("presence")),
    (
        "the-highest-exemption-counts",
        LOCKED,
        {"decisions": [a_signed(**KEY, level="presence"), a_signed(id="d-2", **KEY, level="summary")]},
        permitted("summary"),
    ),
    ("an-override-is-no-key", LOCKED, {"decisions": [a_signed()]}, shut),
    ("a-break-glass-is-no-key", LOCKED, {"decisions": [a_glass()]}, shut),
    ("not-approved", LOCKED, {"decisions": [a_signed(**KEY, approved_by=[])]}, shut),
    (
        "approved-by-another-agency",
        LOCKED,
        {"decisions": [a_signed(**KEY, approved_by=[an_approver("s-1", "almo")])]},
        shut,
    ),
    (
        "approved-by-the-requester",
        LOCKED,
        {"decisions": [a_signed(**KEY, approved_by=[an_approver("s-9")])]},
        shut,
    ),
    (
        "approved-a-moment-later",
        LOCKED,
        {"decisions": [a_signed(**KEY, approved_by=[an_approver("s-1", at="2026-06-01T10:00:00.000001Z")])]},
        shut,
    ),
    (
        "approved-at-that-moment",
        LOCKED,
        {"decisions": [a_signed(**KEY, approved_by=[an_approver("s-1", at="2026-06-01T10:00:00.0Z")])]},
        permitted(),
    ),
    ("ended-at-that-moment", LOCKED, {"decisions": [a_signed(**KEY, until="2026-06-01T10:00:00Z")]}, shut),
    (
        "begun-at-that-moment",
        LOCKED,
        {"decisions": [a_signed(**{**KEY, "from": "2026-06-01T10:00:00Z"})]},
        permitted(),
    ),
    ("about-somebody-else", LOCKED, {"decisions": [a_signed(**KEY, person="p2")]}, shut),
    ("about-another-class", LOCKED, {"decisions": [a_signed(**KEY, classes=["health.mental"])]}, shut),
    ("for-another-purpose", LOCKED, {"decisions": [a_signed(**KEY, purposes=["help"])]}, shut),
    ("for-another-recipient", LOCKED, {"decisions": [a_signed(**KEY, recipients=["refuge"])]}, shut),
    (
        "by-another-owner",
        LOCKED,
        {"decisions": [a_signed(**KEY, owner="almo", approved_by=[an_approver("s-1", "almo")])]},
        shut,
    ),
    (
        "two-locks-none-lifted-names-the-smallest",
        LOCKED,
        {"locks": TWO_LOCKS},
        refused("locked", lock="all-health"),
    ),
    (
        "two-locks-one-lifted",
        LOCKED,
        {"locks": TWO_LOCKS, "decisions": [a_signed(kind="exemption", lock="all-health")]},
        shut,
    ),
    (
        "two-locks-both-lifted-the-least",
        LOCKED,
        {
            "locks": TWO_LOCKS,
            "decisions": [
                a_signed(kind="exemption", lock="all-health", level="summary"),
                a_signed(id="d-2", **KEY),
            ],
        },
        permitted("summary"),
    ),
)
def test_4_locks(request_, policy, expected):
    check(request_, expected, **policy)


# ---- gates 5 to 7 -----------------------------------------------------------------------------------------

ASKED = a_request()


def dsa(**changes):
    return a_policy()["agreements"][0] | changes


FORBID = {"id": "f-1", "effect": "forbid"}


@cases(
    ("none", ASKED, {"agreements": []}, refused("no-agreement")),
    (
        "recipient-no-party",
        ASKED,
        {"agreements": [dsa(parties=["police", "refuge"])]},
        refused("no-agreement"),
    ),
    ("owner-no-party", ASKED, {"agreements": [dsa(parties=["almo"])]}, refused("no-agreement")),
    ("another-purpose", ASKED, {"agreements": [dsa(purposes=["help"])]}, refused("no-agreement")),
    (
        "a-class-that-only-begins-alike",
        a_request(**{"class": "healthcare"}),
        {"agreements": [dsa(classes=["health"])]},
        refused("no-agreement"),
    ),
    (
        "a-class-below-does-not-cover-one-above",
        a_request(**{"class": "health"}),
        {"agreements": [dsa(classes=["health.mental"])]},
        refused("no-agreement"),
    ),
    ("ended", ASKED, {"agreements": [dsa(until="2026-06-01T10:00:00Z")]}, refused("no-agreement")),
    ("about-to-end", ASKED, {"agreements": [dsa(until="2026-06-01T10:00:00.000001Z")]}, permitted()),
    (
        "not-begun",
        ASKED,
        {"agreements": [dsa(**{"from": "2026-06-01T10:00:00.1Z"})]},
        refused("no-agreement"),
    ),
    (
        "halves-do-not-add-up",
        ASKED,
        {"agreements": [dsa(purposes=["help"]), dsa(id="dsa-2", parties=["almo", "refuge"])]},
        refused("no-agreement"),
    ),
    (
        "the-smallest-id-is-named",
        ASKED,
        {"agreements": [dsa(id="dsa-9"), dsa(id="dsa-10")]},
        permitted(agreement="dsa-10"),
    ),
    ("before-the-forbid", ASKED, {"agreements": [], "rules": [FORBID]}, refused("no-agreement")),
)
def test_5_agreement(request_, policy, expected):
    check(request_, expected, **policy)


@cases(
    ("beats-a-permit", ASKED, {"rules": [a_rule(), FORBID]}, refused("forbidden", rule="f-1")),
    (
        "beats-an-override",
        ASKED,
        {"rules": [a_rule(), FORBID], "decisions": [a_signed()]},
        refused("forbidden", rule="f-1"),
    ),
    ("before-the-offer", a_request(offered="none"), {"rules": [FORBID]}, refused("forbidden", rule="f-1")),
    (
        "the-smallest-id-is-named",
        ASKED,
        {"rules": [FORBID | {"id": "f-9"}, FORBID | {"id": "f-10"}]},
        refused("forbidden", rule="f-10"),
    ),
    ("over", ASKED, {"rules": [a_rule(), FORBID | {"until": "2026-06-01T10:00:00Z"}]}, permitted()),
    (
        "another-role",
        ASKED,
        {"rules": [a_rule(), FORBID | {"recipients": {"roles": ["observer"]}}]},
        permitted(),
    ),
    (
        "one-of-the-roles",
        a_request(recipient=to(roles=["chair", "observer"])),
        {"rules": [a_rule(), FORBID | {"recipients": {"roles": ["observer"]}}]},
        refused("forbidden", rule="f-1"),
    ),
    (
        "keys-are-joined-by-and",
        ASKED,
        {"rules": [a_rule(), FORBID | {"recipients": {"kinds": ["housing"], "agencies": ["refuge"]}}]},
        permitted(),
    ),
    (
        "values-are-alternatives",
        ASKED,
        {
            "rules": [
                a_rule(),
                FORBID | {"recipients": {"kinds": ["idva", "housing"], "agencies": ["refuge", "almo"]}},
            ]
        },
        refused("forbidden", rule="f-1"),
    ),
    ("another-owner", ASKED, {"rules": [a_rule(), FORBID | {"owners": {"kinds": ["housing"]}}]}, permitted()),
    ("another-subject-role", ASKED, {"rules": [a_rule(), FORBID | {"subjects": ["child"]}]}, permitted()),
)
def test_6_forbid(request_, policy, expected):
    check(request_, expected, **policy)


def test_7_offer():
    check(a_request(offered="none"), refused("not-offered"))
    check(a_request(offered="none"), refused("not-offered"), rules=[])
    check(a_request(offered="presence"), permitted("presence"))


# ---- gate 8: permits that are not live --------------------------------------------------------------------

GRANT, REFUSAL = a_consent(), a_consent(id="c-2", decision="refuse", recipients=["*"], until=MISSING)
REQUIRED, CONSIDERED = a_rule(consent="required"), a_rule(consent="considered")
ONE, TWO = a_rule(approvals=1), a_rule(approvals=2)
PAIR = [an_approver("s-1"), an_approver("s-2")]


@cases(
    ("no-rule", ASKED, {"rules": []}, refused("no-rule")),
    (
        "a-limit-is-no-permit",
        ASKED,
        {"rules": [{"id": "l-1", "effect": "limit", "level": "full"}]},
        refused("no-rule"),
    ),
    (
        "basis-of-another-sector",
        ASKED,
        {"rules": [a_rule(basis="RLI")]},
        refused("basis-invalid", rule="r-1"),
    ),
    (
        "basis-repealed-at-that-moment",
        ASKED,
        {"rules": [a_rule(basis="OLD")]},
        refused("basis-invalid", rule="r-1"),
    ),
    (
        "basis-before-consent",
        ASKED,
        {"rules": [a_rule(basis="RLI", consent="required")]},
        refused("basis-invalid", rule="r-1"),
    ),
    ("required-and-silent", ASKED, {"rules": [REQUIRED]}, refused("consent-missing", rule="r-1")),
    (
        "required-and-refused",
        ASKED,
        {"rules": [REQUIRED], "consents": [REFUSAL]},
        refused("consent-refused", rule="r-1", consent="c-2"),
    ),
    (
        "required-and-refused-no-override-helps",
        ASKED,
        {"rules": [REQUIRED], "consents": [REFUSAL], "decisions": [a_signed(), a_glass()]},
        refused("consent-refused", rule="r-1", consent="c-2"),
    ),
    (
        "required-and-silent-no-override-helps",
        ASKED,
        {"rules": [REQUIRED], "decisions": [a_signed(), a_glass()]},
        refused("consent-missing", rule="r-1"),
    ),
    (
        "considered-and-refused",
        ASKED,
        {"rules": [CONSIDERED], "consents": [REFUSAL]},
        refused("consent-refused", rule="r-1", consent="c-2"),
    ),
    (
        "considered-and-refused-not-approved",
        ASKED,
        {"rules": [CONSIDERED], "consents": [REFUSAL], "decisions": [a_signed(approved_by=[])]},
        refused("consent-refused", rule="r-1", consent="c-2"),
    ),
    (
        "consent-before-approval",
        ASKED,
        {"rules": [a_rule(consent="required", approvals=1)]},
        refused("consent-missing", rule="r-1"),
    ),
    ("approval-needed", ASKED, {"rules": [ONE]}, refused("approval-needed", rule="r-1")),
    (
        "two-needed-one-given",
        ASKED,
        {"rules": [TWO], "decisions": [a_signed()]},
        refused("approval-needed", rule="r-1"),
    ),
    (
        "the-same-approver-twice-is-one",
        ASKED,
        {
            "rules": [TWO],
            "decisions": [
                a_signed(approved_by=[an_approver("s-1"), an_approver("s-1", at="2026-02-01T00:00:00Z")])
            ],
        },
        refused("approval-needed", rule="r-1"),
    ),
    (
        "one-of-two-is-the-requester",
        ASKED,
        {"rules": [TWO], "decisions": [a_signed(approved_by=PAIR, requested_by="s-2")]},
        refused("approval-needed", rule="r-1"),
    ),
    (
        "two-overrides-do-not-add-up",
        ASKED,
        {"rules": [TWO], "decisions": [a_signed(), a_signed(id="d-2", approved_by=[an_approver("s-2")])]},
        refused("approval-needed", rule="r-1"),
    ),
    (
        "a-break-glass-is-not-two",
        ASKED,
        {"rules": [TWO], "decisions": [a_glass()]},
        refused("approval-needed", rule="r-1"),
    ),
    (
        "an-exemption-is-no-approval",
        ASKED,
        {"rules": [ONE], "decisions": [a_signed(**KEY)]},
        refused("approval-needed", rule="r-1"),
    ),
    (
        "the-highest-written-level-is-named",
        ASKED,
        {"rules": [a_rule(level="summary", basis="RLI"), a_rule(id="r-2", consent="required")]},
        refused("consent-missing", rule="r-2"),
    ),
    (
        "then-the-smallest-id",
        ASKED,
        {"rules": [a_rule(id="r-9", basis="RLI"), a_rule(id="r-10", consent="required")]},
        refused("consent-missing", rule="r-10"),
    ),
    (
        "one-live-permit-is-enough",
        ASKED,
        {"rules": [REQUIRED, a_rule(id="r-2", level="presence")]},
        permitted("presence", rule="r-2"),
    ),
)
def test_8_permits(request_, policy, expected):
    check(request_, expected, **policy)


# ---- gate 9: how far --------------------------------------------------------------------------------------


def limit(level, name="l-1", **changes):
    return {"id": name, "effect": "limit", "level": level, **changes}


@cases(
    (
        "all-that-the-rule-says",
        ASKED,
        {"rules": [a_rule(condition="A9g-18", power="CDA 1998 s115")]},
        permitted(condition="A9g-18", power="CDA 1998 s115"),
    ),
    (
        "the-highest-permit",
        ASKED,
        {"rules": [a_rule(level="summary"), a_rule(id="r-2")]},
        permitted(rule="r-2"),
    ),
    (
        "the-smallest-id-of-equals",
        ASKED,
        {"rules": [a_rule(id="r-9"), a_rule(id="r-10")]},
        permitted(rule="r-10"),
    ),
    ("capped-by-the-offer", a_request(offered="summary"), {}, permitted("summary")),
    (
        "capped-by-a-limit",
        ASKED,
        {"rules": [a_rule(), limit("summary")]},
        permitted("summary", limits=["l-1"]),
    ),
    (
        "limits-are-sorted",
        ASKED,
        {"rules": [a_rule(), limit("summary", "l-9"), limit("summary", "l-10"), limit("full", "l-0")]},
        permitted("summary", limits=["l-10", "l-9"]),
    ),
    (
        "a-limit-above-the-final-level-is-not-named",
        ASKED,
        {"rules": [a_rule(), limit("summary"), limit("presence", "l-2")]},
        permitted("presence", limits=["l-2"]),
    ),
    (
        "a-limit-no-lower-than-the-permits-is-not-named",
        ASKED,
        {"rules": [a_rule(level="summary"), limit("summary")]},
        permitted("summary"),
    ),
    (
        "a-limit-as-low-as-the-offer-is-named",
        a_request(offered="summary"),
        {"rules": [a_rule(), limit("summary")]},
        permitted("summary", limits=["l-1"]),
    ),
    (
        "a-limit-above-the-offer-is-not-named",
        a_request(offered="presence"),
        {"rules": [a_rule(), limit("summary")]},
        permitted("presence"),
    ),
    (
        "limited",
        ASKED,
        {"rules": [a_rule(consent="required"), limit("none"), limit("presence", "l-2")], "consents": [GRANT]},
        refused("limited", limits=["l-1"]),
    ),
    (
        "a-limit-that-is-over",
        ASKED,
        {"rules": [a_rule(), limit("none", until="2026-06-01T10:00:00Z")]},
        permitted(),
    ),
    ("required-and-granted", ASKED, {"rules": [REQUIRED], "consents": [GRANT]}, permitted(consent="c-1")),
    (
        "considered-and-granted-names-no-consent",
        ASKED,
        {"rules": [CONSIDERED], "consents": [GRANT]},
        permitted(),
    ),
    ("considered-and-silent", ASKED, {"rules": [CONSIDERED]}, permitted()),
    (
        "considered-and-not-refused-leans-on-nothing",
        ASKED,
        {"rules": [CONSIDERED], "decisions": [a_signed(level="presence")]},
        permitted(),
    ),
    (
        "irrelevant-and-refused",
        ASKED,
        {"consents": [REFUSAL], "decisions": [a_signed(level="presence")]},
        permitted(),
    ),
    (
        "considered-refused-overridden",
        ASKED,
        {"rules": [CONSIDERED], "consents": [REFUSAL], "decisions": [a_signed(level="summary")]},
        permitted("summary", override="d-1"),
    ),
    (
        "considered-refused-glass-broken",
        ASKED,
        {"rules": [CONSIDERED], "consents": [REFUSAL], "decisions": [a_glass()]},
        permitted("summary", override="g-1"),
    ),
    (
        "an-override-never-gives-more-than-the-permit",
        ASKED,
        {"rules": [a_rule(level="presence", approvals=1)], "decisions": [a_signed()]},
        permitted("presence", override="d-1"),
    ),
    (
        "the-highest-override-then-the-smallest-id",
        ASKED,
        {
            "rules": [ONE],
            "decisions": [a_signed(id="d-0", level="presence"), a_signed(id="d-9"), a_signed(id="d-10")],
        },
        permitted(override="d-10"),
    ),
    (
        "both-leaned-on-must-be-met-by-the-same",
        ASKED,
        {
            "rules": [a_rule(consent="considered", approvals=2)],
            "consents": [REFUSAL],
            "decisions": [a_signed(), a_signed(id="d-2", approved_by=PAIR, level="presence")],
        },
        permitted("presence", override="d-2"),
    ),
    (
        "a-break-glass-is-worth-one-approval",
        ASKED,
        {"rules": [ONE], "decisions": [a_glass()]},
        permitted("summary", override="g-1"),
    ),
    (
        "a-break-glass-is-over-after-its-hour",
        a_request(at="2026-06-01T10:30:00Z"),
        {"rules": [ONE], "decisions": [a_glass()]},
        refused("approval-needed", rule="r-1"),
    ),
    (
        "a-permit-that-leans-loses-to-one-that-does-not",
        ASKED,
        {"rules": [ONE, a_rule(id="r-2", level="summary")], "decisions": [a_signed(level="presence")]},
        permitted("summary", rule="r-2"),
    ),
    (
        "no-limit-is-named-that-is-not-below-the-capped-permit",
        ASKED,
        {"rules": [ONE, limit("summary")], "decisions": [a_signed(level="summary")]},
        permitted("summary", override="d-1"),
    ),
)
def test_9_levels(request_, policy, expected):
    check(request_, expected, **policy)


# ---- several subjects -------------------------------------------------------------------------------------


def about(*pairs):
    return a_request(subjects=[{"person": person, "role": role} for person, role in pairs])


def only(role, level="full", **changes):
    return a_rule(subjects=[role], level=level, **changes)


@cases(
    (
        "the-least-wins",
        about(("p1", "victim"), ("p2", "child")),
        {"rules": [only("victim"), only("child", "summary", id="r-2")]},
        permitted("summary", rule="r-2"),
    ),
    (
        "one-without-a-rule-stops-all",
        about(("p1", "victim"), ("p2", "child")),
        {"rules": [only("victim")]},
        refused("no-rule"),
    ),
    (
        "equals-the-smallest-person",
        about(("p2", "victim"), ("p10", "child")),
        {"rules": [only("victim"), only("child", id="r-2")]},
        permitted(rule="r-2"),
    ),
    (
        "equals-then-the-smallest-role",
        about(("p1", "victim"), ("p1", "child")),
        {"rules": [only("victim"), only("child", id="r-2")]},
        permitted(rule="r-2"),
    ),
    (
        "each-needs-their-own-word",
        about(("p1", "victim"), ("p2", "child")),
        {"rules": [REQUIRED], "consents": [GRANT]},
        refused("consent-missing", rule="r-1"),
    ),
    (
        "the-smallest-persons-reason",
        about(("p2", "child"), ("p1", "victim")),
        {"rules": [REQUIRED], "consents": [REFUSAL]},
        refused("consent-refused", rule="r-1", consent="c-2"),
    ),
)
def test_several_subjects(request_, policy, expected):
    check(request_, expected, **policy)


# ---- the latest word --------------------------------------------------------------------------------------

GRANTED, SILENT = "granted", "silent"


def word(*said, **asked):
    """What the consents come to: granted, silent, or refused; and by which of them."""
    told = decide(a_request(**asked), rules=[REQUIRED], consents=said)
    outcome = {"permitted": GRANTED, "consent-missing": SILENT, "consent-refused": "refused"}[told["reason"]]
    return (outcome, told["consent"])


def given(day, **changes):
    moment = f"2026-02-{day:02}T00:00:00Z"
    return {"given_at": moment, "recorded_at": moment, "from": moment, **changes}


def grant(name, day=1, **changes):
    return a_consent(id=name, **given(day, **changes))


def refuse(name, day=1, **changes):
    return a_consent(id=name, decision="refuse", **given(day, **({"until": MISSING} | changes)))


LATER = "2026-06-01T10:00:00.000001Z"
NOW = "2026-06-01T10:00:00Z"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([], (SILENT, None), id="nothing-said"),
        pytest.param([grant("a")], (GRANTED, "a"), id="granted"),
        pytest.param([grant("a", 1), refuse("b", 2)], ("refused", "b"), id="the-last-counts-refused"),
        pytest.param([refuse("a", 1), grant("b", 2)], (GRANTED, "b"), id="the-last-counts-granted"),
        pytest.param([grant("a"), refuse("b")], ("refused", "b"), id="at-once-the-refusal"),
        pytest.param([grant("b"), grant("a")], (GRANTED, "a"), id="equal-words-the-smallest-id"),
        pytest.param(
            [grant("a", 1, withdrawn_at="2026-02-05T00:00:00Z"), grant("b", 5)],
            (GRANTED, "b"),
            id="a-grant-over-a-withdrawal-at-once",
        ),
        pytest.param(
            [grant("a", 1, withdrawn_at="2026-02-05T00:00:00Z"), refuse("b", 5)],
            ("refused", "b"),
            id="a-refusal-over-a-withdrawal-at-once",
        ),
        pytest.param(
            [grant("a", 1, withdrawn_at="2026-02-05T00:00:00Z"), grant("b", 4)],
            ("refused", "a"),
            id="a-withdrawal-speaks-when-it-is-made",
        ),
        pytest.param(
            [grant("a", 1, withdrawn_at="2026-02-05T00:00:00Z"), grant("b", 6)],
            (GRANTED, "b"),
            id="a-grant-after-the-withdrawal",
        ),
        pytest.param([grant("a", 1, withdrawn_at=LATER)], (GRANTED, "a"), id="withdrawn-a-moment-later"),
        pytest.param([grant("a", 1, withdrawn_at=NOW)], ("refused", "a"), id="withdrawn-at-that-moment"),
        pytest.param([grant("a", 1, **{"from": "2026-12-01T00:00:00Z"})], (SILENT, None), id="not-yet"),
        pytest.param(
            [grant("a", 1, **{"from": "2026-12-01T00:00:00Z", "withdrawn_at": NOW})],
            ("refused", "a"),
            id="withdrawn-before-it-began",
        ),
        pytest.param([grant("a", 1, until="2026-03-01T00:00:00Z")], (SILENT, None), id="over"),
        pytest.param(
            [grant("a", 1, until="2026-03-01T00:00:00Z", withdrawn_at="2026-02-02T00:00:00Z")],
            ("refused", "a"),
            id="a-withdrawal-has-no-end",
        ),
        pytest.param([grant("a", 1, recorded_at=LATER)], (SILENT, None), id="recorded-later"),
        pytest.param(
            [grant("a", 1, recorded_at=LATER, withdrawn_at="2026-02-02T00:00:00Z")],
            (SILENT, None),
            id="withdrawn-but-recorded-later",
        ),
        pytest.param([grant("a", 1, given_at=LATER)], (SILENT, None), id="given-later"),
        pytest.param(
            [grant("a", 1), refuse("b", 2, withdrawn_at=NOW)],
            (GRANTED, "a"),
            id="a-refusal-withdrawn-is-left-out",
        ),
        pytest.param(
            [grant("a", 1), refuse("b", 2, withdrawn_at=LATER)],
            ("refused", "b"),
            id="a-refusal-not-yet-withdrawn",
        ),
        pytest.param([refuse("b", 2, withdrawn_at=NOW)], (SILENT, None), id="only-a-refusal-withdrawn"),
        pytest.param(
            [grant("a", 1), refuse("b", 2, until="2026-03-01T00:00:00Z")],
            (GRANTED, "a"),
            id="a-refusal-that-is-over",
        ),
        pytest.param(
            [grant("a", 1), refuse("b", 2, classes=["healthcare"])],
            (GRANTED, "a"),
            id="a-refusal-of-another-class",
        ),
        pytest.param(
            [grant("a", 1), refuse("b", 2, recipients=["refuge"])],
            (GRANTED, "a"),
            id="a-refusal-of-another-agency",
        ),
        pytest.param(
            [grant("a", 1), refuse("b", 2, recipients=["*"])], ("refused", "b"), id="a-refusal-of-everybody"
        ),
        pytest.param([grant("a", 1, person="p2")], (SILENT, None), id="somebody-elses-word"),
    ],
)
def test_the_latest_word(said, expected):
    assert word(*said) == expected
    assert word(*reversed(said)) == expected


def but(decision, *inner, **changes):
    return {"decision": decision, **changes, **({"except": list(inner)} if inner else {})}


MENTAL, OTHER = {"classes": ["health.mental"]}, {"classes": ["identity"]}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(grant("a", **{"except": [but("refuse", **MENTAL)]}), "refused", id="excepted"),
        pytest.param(
            grant("a", **{"except": [but("refuse", **OTHER)]}), GRANTED, id="an-exception-of-something-else"
        ),
        pytest.param(grant("a", **{"except": [but("refuse")]}), "refused", id="an-exception-of-everything"),
        pytest.param(
            grant("a", **{"except": [but("refuse", but("grant", **MENTAL))]}), GRANTED, id="excepted-twice"
        ),
        pytest.param(
            grant("a", **{"except": [but("refuse", but("grant", but("refuse")))]}), "refused", id="three-deep"
        ),
        pytest.param(
            grant("a", **{"except": [but("refuse", but("grant")), but("refuse", **MENTAL)]}),
            "refused",
            id="among-siblings-a-refusal-wins",
        ),
        pytest.param(
            grant("a", **{"except": [but("refuse", but("grant")), but("refuse", but("grant", **MENTAL))]}),
            GRANTED,
            id="siblings-that-all-come-to-a-grant",
        ),
        pytest.param(
            refuse("a", **{"except": [but("grant", **MENTAL)]}), GRANTED, id="a-refusal-with-a-grant-inside"
        ),
        pytest.param(
            refuse("a", recipients=["*"], **{"except": [but("grant", recipients=["almo"])]}),
            GRANTED,
            id="nobody-but-the-almo",
        ),
        pytest.param(
            refuse("a", recipients=["*"], **{"except": [but("grant", recipients=["refuge"])]}),
            "refused",
            id="nobody-but-the-refuge",
        ),
        pytest.param(
            refuse("a", classes=["identity"], **{"except": [but("grant", **MENTAL)]}),
            SILENT,
            id="an-exception-reaches-no-further-than-its-root",
        ),
        pytest.param(
            grant("a", **{"except": [but("refuse", but("grant", **MENTAL), **OTHER)]}),
            GRANTED,
            id="an-exception-reaches-no-further-than-its-parent",
        ),
        pytest.param(
            grant("a", **{"except": [but("refuse", but("grant", purposes=["help"]))]}),
            "refused",
            id="an-exception-for-another-purpose",
        ),
        pytest.param(
            grant("a", withdrawn_at=NOW, **{"except": [but("refuse", but("grant"))]}),
            "refused",
            id="a-withdrawal-knows-no-exceptions",
        ),
        pytest.param(
            refuse("a", withdrawn_at=NOW, **{"except": [but("grant")]}),
            SILENT,
            id="a-refusal-withdrawn-whole",
        ),
    ],
)
def test_exceptions(said, expected):
    assert word(said)[0] == expected


def test_at_the_same_moment_it_is_the_word_after_exceptions_that_weighs():
    by_exception = refuse("a", **{"except": [but("grant")]})
    assert word(by_exception, grant("b")) == (GRANTED, "a")
    assert word(grant("b", **{"except": [but("refuse")]}), by_exception) == ("refused", "b")


# ---- the shape --------------------------------------------------------------------------------------------


def test_the_decision_has_the_laws_keys_in_the_laws_order():
    decision = consent.decide(consent.from_json(a_policy()), a_request(**{"class": "identity.name"}))
    assert list(decision.as_json()) == [
        "level",
        "reason",
        "rule",
        "basis",
        "condition",
        "power",
        "agreement",
        "consent",
        "override",
        "lock",
        "limits",
        "policy",
    ]
    assert decision.as_json() == permitted(
        "summary", rule="r-010", condition="A9g-18", power="CDA 1998 s115", limits=["r-900"]
    )


def test_moments_are_compared_as_instants_not_as_text():
    check(
        a_request(at="2026-06-01T10:00:00.5Z"),
        permitted(),
        agreements=[dsa(until="2026-06-01T10:00:00.500001Z")],
    )
    check(
        a_request(at="2026-06-01T10:00:00.50Z"),
        refused("no-agreement"),
        agreements=[dsa(until="2026-06-01T10:00:00.5Z")],
    )
    check(
        a_request(at="2026-06-01T10:00:00Z"),
        permitted(),
        agreements=[dsa(**{"from": "2026-06-01T10:00:00.000Z"})],
    )
