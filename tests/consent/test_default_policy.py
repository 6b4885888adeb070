"""The policy that a new partnership starts from, completed as the application completes it."""

import copy
import functools
import json
from pathlib import Path

import pytest
from hypothesis import given

import consent
from consent import Level, Reason
from tests.consent.naive_soundness import is_sound
from tests.consent.profile import LAW
from tests.consent.worlds import chance, chances

SHARING = Path(__file__).resolve().parents[2] / "conference" / "sharing"
TEMPLATE = json.loads((SHARING / "default_policy.json").read_text(encoding="utf-8"))
KINDS = [
    "police",
    "idva",
    "childrens",
    "adult-care",
    "nhs",
    "mental-health",
    "housing",
    "asb",
    "probation",
    "education",
    "substance",
    "fire",
    "voluntary",
    "conference",
]
NOT_PUBLIC = {"idva": "voluntary", "voluntary": "voluntary", "substance": "voluntary"}
AGENCIES = {kind: {"kind": kind, "sector": NOT_PUBLIC.get(kind, "public")} for kind in KINDS}
AGENCIES["registered"] = {"kind": "housing", "sector": "registered-provider"}
CLASSES = [one["name"] for one in TEMPLATE["classes"]]
CASE_PURPOSES = ["prevent-serious-harm", "crime-prevention", "tenancy-support", "early-help", "homelessness"]
SIGNED_ROLES = ["referrer", "representative", "deputy", "coordinator", "chair", "idva"]
YEAR = {"from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"}


def completed(**more):
    """The template with every agency of the table in one agreement about everything."""
    everything = {"parties": sorted(AGENCIES), "purposes": TEMPLATE["purposes"], "classes": CLASSES}
    return (
        TEMPLATE
        | {
            "format": "conference-policy/1",
            "version": "1",
            "agencies": AGENCIES,
            "agreements": [{"id": "dsa-1", **everything, **YEAR}],
            "consents": [],
            "decisions": [],
        }
        | more
    )


@functools.cache
def policy():
    return consent.from_json(completed())


def asking(class_name, recipient, *, owner="nhs", purpose="prevent-serious-harm", roles=("representative",)):
    return {
        "at": "2026-06-01T10:00:00Z",
        "purpose": purpose,
        "owner": owner if owner != recipient else "fire",
        "class": class_name,
        "offered": "full",
        "subjects": [{"person": "p1", "role": "victim"}],
        "recipient": {"agency": recipient, "roles": list(roles), "excluded": False},
    }


def test_the_template_holds_what_a_partnership_does_not_have_to_add():
    assert list(TEMPLATE) == ["classes", "purposes", "bases", "locks", "rules"]


def test_the_completed_template_loads():
    assert is_sound(completed())
    assert len(policy().rules) == len(TEMPLATE["rules"])


def test_rules_are_listed_by_id():
    ids = [rule["id"] for rule in TEMPLATE["rules"]]
    assert ids == sorted(ids)


def test_every_permit_names_the_kinds_and_the_roles_that_receive():
    for rule in TEMPLATE["rules"]:
        if rule["effect"] == "permit":
            assert set(rule["recipients"]["kinds"]) <= set(KINDS)
            assert set(rule["recipients"]["roles"]) <= set(SIGNED_ROLES)


# ---- the matrix -------------------------------------------------------------------------------------------
# To prevent serious harm, whoever owns it: F full, S summary, P presence, A approved first, - nothing.

COLUMNS = [
    "police",
    "idva",
    "childrens",
    "adult-care",
    "nhs",
    "mental-health",
    "housing",
    "asb",
    "probation",
    "education",
    "voluntary",
]
MATRIX = {
    "identity.name": "F F F F F F F F F F F",
    "identity.dob": "F F F F F F F F F F F",
    "identity.alias": "F F F F F F F F F F P",
    "wishes": "F F F F F F F F F F F",
    "contact.safe-address": "F F - - - - - - - - -",
    "contact.safe-contact": "F F - - - - - - - - -",
    "contact.current-address": "F F A A A A A - A - -",
    "contact.phone": "F F A A A A A - A - -",
    "dash.score": "F F F F F F S S F S S",
    "offending.conviction": "F S S S S S S S F S -",
    "health.physical": "S S S F F F S - S - -",
    "health.mental": "S S S S F F S P S - -",
    "health.substance": "S S S S F F S P S - -",
    "health.sexual": "- - - - - - - - - - -",
    "health.fertility": "- - - - - - - - - - -",
    "health.gender-recognition": "- - - - - - - - - - -",
    "family.child": "F S F S S S P - S F -",
    "tenancy.arrears": "S S S S P P F S S - -",
    "asb.record": "F P S S P P F F S - -",
    "intelligence": "F A A A A A A A S - -",
    "immigration": "A F A A - - - - - - -",
    "equality.ethnicity": "- - - - - - - - - - -",
    "adoption": "- - - - - - - - - - -",
    "court.papers": "- - - - - - - - - - -",
    "safety.staff-alert": "F F F F F F F F F F F",
}
CELLS = [
    pytest.param(row, kind, cell, id=f"{row}-{kind}")
    for row, cells in MATRIX.items()
    for kind, cell in zip(COLUMNS, cells.split(), strict=True)
]


@pytest.mark.parametrize(("class_name", "kind", "cell"), CELLS)
def test_the_matrix_for_serious_harm(class_name, kind, cell):
    for owner in {"nhs", "police", "voluntary", "registered"} - {kind}:
        decision = consent.decide(policy(), asking(class_name, kind, owner=owner))
        if cell == "A":
            assert decision.reason in (Reason.APPROVAL_NEEDED, Reason.BASIS_INVALID)
        assert decision.level is {"F": Level.FULL, "S": Level.SUMMARY, "P": Level.PRESENCE}.get(
            cell, Level.NONE
        )


@pytest.mark.parametrize("owner", ["nhs", "police", "voluntary", "registered"])
def test_an_approved_cell_opens_with_an_approver_of_the_owner(owner):
    kept = with_word(owner, "housing", ["contact"], "prevent-serious-harm", grant=False, kind="override")
    assert consent.decide(kept, asking("contact.phone", "housing", owner=owner)).level is Level.FULL


@pytest.mark.parametrize(
    ("owner", "basis"),
    [
        ("nhs", "PT"),
        ("police", "LE"),
        ("voluntary", "RLI"),
        ("idva", "RLI"),
        ("registered", "RLI"),
        ("housing", "PT"),
    ],
)
def test_the_basis_is_the_owners(owner, basis):
    assert consent.decide(policy(), asking("health.mental", "probation", owner=owner)).basis == basis


def test_recognised_legitimate_interests_are_refused_for_a_public_sender():
    only = [rule for rule in TEMPLATE["rules"] if rule["effect"] != "permit" or rule["basis"] == "RLI"]
    kept = consent.from_json(completed(rules=only))
    refused = consent.decide(kept, asking("identity.name", "probation", owner="nhs"))
    assert (refused.level, refused.reason) == (Level.NONE, Reason.BASIS_INVALID)
    assert consent.decide(kept, asking("identity.name", "probation", owner="idva")).level is Level.FULL


@pytest.mark.parametrize("purpose", CASE_PURPOSES)
def test_what_the_conference_writes_reaches_every_kind(purpose):
    for kind in KINDS[:-1]:
        for class_name in ("conference.note", "conference.risk", "conference.action"):
            request = asking(class_name, kind, owner="conference", purpose=purpose)
            assert consent.decide(policy(), request).level is Level.FULL


@pytest.mark.parametrize(
    "roles",
    [[], ["observer"], ["ig-officer"], ["administrator"], ["observer", "ig-officer", "administrator"]],
)
def test_observers_ig_officers_and_administrators_get_nothing(roles):
    for class_name in CLASSES:
        for purpose in TEMPLATE["purposes"]:
            for kind in KINDS:
                request = asking(
                    class_name, kind, owner="idva" if kind != "idva" else "nhs", purpose=purpose, roles=roles
                )
                assert consent.decide(policy(), request).level is Level.NONE


@pytest.mark.parametrize("purpose", ["monitoring", "audit"])
def test_counting_and_checking_show_no_field(purpose):
    for class_name in CLASSES:
        for kind in KINDS[:-1]:
            request = asking(class_name, kind, owner="nhs" if kind != "nhs" else "police", purpose=purpose)
            assert consent.decide(policy(), request).level is Level.NONE


# ---- by consent -------------------------------------------------------------------------------------------


def with_word(owner, recipient, classes, purpose, *, grant=True, kind=None, level="full"):
    """The policy with a grant and, if `kind` is given, a signed decision, about p1."""
    said = {
        "id": "c-1",
        "person": "p1",
        "decision": "grant",
        "given_at": "2026-01-02T00:00:00Z",
        "recorded_at": "2026-01-02T00:00:00Z",
        "recipients": [recipient],
        "purposes": [purpose],
        "classes": classes,
        **YEAR,
    }
    signed = {
        "id": "d-1",
        "kind": kind,
        "person": "p1",
        "owner": owner,
        "recipients": [recipient],
        "purposes": [purpose],
        "classes": classes,
        "level": level,
        "reason": "threat to life",
        "requested_by": "s-9",
        "approved_by": [{"staff": "s-1", "agency": owner, "at": "2026-01-02T00:00:00Z"}],
        **YEAR,
    }
    return consent.extend(policy(), consents=[said] if grant else [], decisions=[signed] if kind else [])


@pytest.mark.parametrize(
    ("class_name", "purpose", "without", "level"),
    [
        ("health.mental", "tenancy-support", Reason.CONSENT_MISSING, Level.SUMMARY),
        ("family.child", "tenancy-support", Reason.CONSENT_MISSING, Level.SUMMARY),
        ("contact.phone", "tenancy-support", Reason.CONSENT_MISSING, Level.FULL),
        ("tenancy.arrears", "early-help", Reason.CONSENT_MISSING, Level.FULL),
        ("offending.order", "early-help", Reason.CONSENT_MISSING, Level.SUMMARY),
        ("identity.name", "homelessness", Reason.CONSENT_MISSING, Level.FULL),
        ("tenancy.notice", "homelessness", Reason.CONSENT_MISSING, Level.FULL),
        ("health.mental", "homelessness", Reason.NO_RULE, Level.NONE),
        ("contact.safe-address", "tenancy-support", Reason.FORBIDDEN, Level.NONE),
    ],
)
def test_support_rests_on_consent(class_name, purpose, without, level):
    request = asking(class_name, "housing", purpose=purpose)
    assert consent.decide(policy(), request).reason is without
    granted = with_word("nhs", "housing", [class_name.split(".", maxsplit=1)[0]], purpose)
    assert consent.decide(granted, request).level is level


def test_a_refusal_stops_health_but_not_the_rest_where_serious_harm_is_to_be_prevented():
    said = {
        "id": "c-1",
        "person": "p1",
        "decision": "refuse",
        "given_at": "2026-01-02T00:00:00Z",
        "recorded_at": "2026-01-02T00:00:00Z",
        "from": "2026-01-02T00:00:00Z",
        "recipients": ["*"],
        "purposes": ["prevent-serious-harm"],
        "classes": ["health", "identity"],
    }
    refused = consent.extend(policy(), consents=[said])
    assert consent.decide(refused, asking("health.mental", "housing")).reason is Reason.CONSENT_REFUSED
    assert consent.decide(refused, asking("identity.name", "housing")).level is Level.FULL


@pytest.mark.parametrize("recipients", [["*"], ["partner agencies"], ["housing", "*"], []])
def test_a_consent_that_names_nobody_in_particular_is_refused_on_load(recipients):
    said = {
        "id": "c-1",
        "person": "p1",
        "decision": "grant",
        "given_at": "2026-01-02T00:00:00Z",
        "recorded_at": "2026-01-02T00:00:00Z",
        "recipients": recipients,
        "purposes": ["early-help"],
        "classes": ["health"],
        **YEAR,
    }
    with pytest.raises(consent.BrokenPolicy, match=r"consents\[0\]\.recipients"):
        consent.from_json(completed(consents=[said]))


# ---- locked, and forbidden --------------------------------------------------------------------------------


def test_sexual_health_is_locked_until_the_owner_exempts_it():
    request = asking("health.sexual", "mental-health")
    shut = consent.decide(policy(), request)
    assert (shut.level, shut.reason, shut.lock) == (Level.NONE, Reason.LOCKED, "lock-sexual-health")
    exemption = {
        "id": "d-1",
        "kind": "exemption",
        "lock": "lock-sexual-health",
        "person": "p1",
        "owner": "nhs",
        "recipients": ["mental-health"],
        "purposes": ["prevent-serious-harm"],
        "classes": ["health.sexual"],
        "level": "summary",
        "reason": "released by the Caldicott guardian",
        "requested_by": "s-9",
        "approved_by": [{"staff": "s-1", "agency": "nhs", "at": "2026-01-02T00:00:00Z"}],
        **YEAR,
    }
    assert consent.decide(consent.extend(policy(), decisions=[exemption]), request).level is Level.SUMMARY


@pytest.mark.parametrize(
    "name",
    [
        "health.sexual",
        "health.fertility",
        "health.gender-recognition",
        "adoption",
        "witness-protection",
        "court.papers",
        "court.privileged",
    ],
)
def test_no_consent_and_no_override_opens_a_lock(name):
    for purpose in TEMPLATE["purposes"]:
        kept = with_word("nhs", "police", [name], purpose, kind="override")
        assert consent.decide(kept, asking(name, "police", purpose=purpose)).reason is Reason.LOCKED


@LAW
@given(chances())
def test_no_path_gives_the_safe_address_to_housing(r):
    """Whoever owns it, whatever for, whatever was said or signed: only police and IDVA have a path."""
    recipient = r.choice(["housing", "registered", "housing", *KINDS[2:]])
    owner = r.choice([name for name in sorted(AGENCIES) if name != recipient])
    purpose, class_name = (
        r.choice(TEMPLATE["purposes"]),
        r.choice(["contact.safe-address", "contact.safe-contact"]),
    )
    request = asking(class_name, recipient, owner=owner, purpose=purpose)
    request["recipient"]["roles"] = r.sample([*SIGNED_ROLES, "observer", "ig-officer"], r.randrange(9))
    request["subjects"] = [{"person": "p1", "role": r.choice(["victim", "perpetrator", "child"])}]
    said = with_word(
        owner, recipient, ["contact"], purpose, grant=chance(r, 80), kind=r.choice(["override", None])
    )
    kept = consent.extend(said, decisions=[glass(owner, recipient, purpose)] if chance(r, 50) else [])
    decision = consent.decide(kept, request)
    assert (decision.level, decision.reason) == (Level.NONE, Reason.FORBIDDEN)


@LAW
@given(chances())
def test_no_path_gives_the_safe_address_to_the_other_side(r):
    """Whoever is kept out of a case is told nothing of it, at police and IDVA services too, but their own."""
    recipient = r.choice(KINDS)
    owner = r.choice([name for name in sorted(AGENCIES) if name != recipient])
    purpose = r.choice(TEMPLATE["purposes"])
    request = asking(
        r.choice(["contact.safe-address", "contact.safe-contact"]), recipient, owner=owner, purpose=purpose
    )
    request["recipient"]["roles"] = r.sample([*SIGNED_ROLES, "observer", "ig-officer"], r.randrange(9))
    request["recipient"]["excluded"] = True
    said = with_word(
        owner, recipient, ["contact"], purpose, grant=chance(r, 80), kind=r.choice(["override", None])
    )
    kept = consent.extend(said, decisions=[glass(owner, recipient, purpose)] if chance(r, 50) else [])
    decision = consent.decide(kept, request)
    assert (decision.level, decision.reason) == (Level.NONE, Reason.EXCLUDED)


def glass(owner, recipient, purpose):
    return {
        "id": "d-2",
        "kind": "break-glass",
        "person": "p1",
        "owner": owner,
        "recipients": [recipient],
        "purposes": [purpose],
        "classes": ["contact"],
        "level": "summary",
        "reason": "threat to life",
        "requested_by": "s-9",
        "from": "2026-06-01T09:30:00Z",
        "until": "2026-06-01T10:30:00Z",
    }


def test_the_path_that_there_is_to_the_safe_address():
    for kind in ("police", "idva"):
        assert consent.decide(policy(), asking("contact.safe-address", kind)).level is Level.FULL


def test_no_rule_that_a_partnership_adds_lifts_the_forbid():
    generous = copy.deepcopy(completed())
    generous["rules"].append(
        {
            "id": "0",
            "effect": "permit",
            "level": "full",
            "basis": "CONS",
            "consent": "irrelevant",
        }
    )
    kept = consent.from_json(generous)
    for kind in KINDS[2:]:
        owner = "police" if kind != "police" else "nhs"
        assert (
            consent.decide(kept, asking("contact.safe-address", kind, owner=owner)).reason is Reason.FORBIDDEN
        )
