"""A small policy and request to change one thing at a time in."""

import copy

MISSING = object()


def a_policy(**changes):
    """The policy of the law's own example, with a few more things in it."""
    return copy.deepcopy(POLICY) | changes


def a_rule(**changes):
    """A permit that lets everything through, until it is changed."""
    rule = {"id": "r-1", "effect": "permit", "level": "full", "basis": "PT", "consent": "irrelevant"}
    return without_missing(rule | changes)


def a_consent(**changes):
    """A grant by p1 to the almo, for harm, about health, for a year."""
    said = {
        "id": "c-1",
        "person": "p1",
        "decision": "grant",
        "given_at": "2026-02-01T09:00:00Z",
        "recorded_at": "2026-02-01T09:05:00Z",
        "from": "2026-02-01T09:00:00Z",
        "until": "2027-02-01T09:00:00Z",
        "recipients": ["almo"],
        "purposes": ["harm"],
        "classes": ["health"],
    }
    return without_missing(said | changes)


def a_signed(**changes):
    """An approved override by the police for the almo, for harm, about everything, for a year."""
    signed = {
        "id": "d-1",
        "kind": "override",
        "person": "p1",
        "owner": "police",
        "recipients": ["almo"],
        "purposes": ["harm"],
        "classes": ["identity", "health"],
        "level": "full",
        "reason": "threat to life",
        "requested_by": "s-9",
        "approved_by": [an_approver("s-1")],
        "from": "2026-01-01T00:00:00Z",
        "until": "2027-01-01T00:00:00Z",
    }
    return without_missing(signed | changes)


def a_glass(**changes):
    """A break-glass around the moment of the request."""
    return a_signed(
        **{
            "id": "g-1",
            "kind": "break-glass",
            "level": "summary",
            "approved_by": [],
            "from": "2026-06-01T09:30:00Z",
            "until": "2026-06-01T10:30:00Z",
            **changes,
        }
    )


def an_approver(staff, agency="police", at="2026-01-01T00:00:00Z"):
    return {"staff": staff, "agency": agency, "at": at}


def a_request(**changes):
    """The police ask whether the almo may see p1's mental health, to prevent harm."""
    request = {
        "at": "2026-06-01T10:00:00Z",
        "purpose": "harm",
        "owner": "police",
        "class": "health.mental",
        "offered": "full",
        "subjects": [{"person": "p1", "role": "victim"}],
        "recipient": {"agency": "almo", "roles": ["representative"], "excluded": False},
    }
    return without_missing(request | changes)


def without_missing(thing):
    return {key: value for key, value in thing.items() if value is not MISSING}


POLICY = {
    "format": "conference-policy/1",
    "version": "2026-11-01",
    "classes": [
        {"name": "identity"},
        {"name": "identity.name"},
        {"name": "health"},
        {"name": "health.mental"},
        {"name": "healthcare"},
        {"name": "health.gender-recognition", "presence_as": "health"},
    ],
    "purposes": ["harm", "help"],
    "agencies": {
        "police": {"kind": "police", "sector": "public"},
        "almo": {"kind": "housing", "sector": "public"},
        "refuge": {"kind": "idva", "sector": "voluntary"},
    },
    "bases": [
        {"code": "PT", "sectors": ["public"]},
        {"code": "RLI", "sectors": ["voluntary"]},
        {
            "code": "OLD",
            "sectors": ["public"],
            "from": "2025-01-01T00:00:00Z",
            "until": "2026-06-01T10:00:00Z",
        },
    ],
    "agreements": [
        {
            "id": "dsa-1",
            "parties": ["police", "almo"],
            "purposes": ["harm", "help"],
            "classes": ["identity", "health", "healthcare"],
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
        }
    ],
    "locks": [{"id": "gender-recognition", "classes": ["health.gender-recognition"]}],
    "rules": [
        {
            "id": "r-010",
            "effect": "permit",
            "level": "full",
            "classes": ["identity"],
            "owners": {"kinds": ["police"]},
            "recipients": {"kinds": ["housing"], "roles": ["representative"]},
            "purposes": ["harm"],
            "subjects": ["victim"],
            "basis": "PT",
            "condition": "A9g-18",
            "power": "CDA 1998 s115",
            "consent": "considered",
            "approvals": 0,
        },
        {
            "id": "r-900",
            "effect": "limit",
            "level": "summary",
            "classes": ["identity"],
            "from": "2026-01-01T00:00:00Z",
        },
        {
            "id": "r-950",
            "effect": "forbid",
            "recipients": {"agencies": ["refuge"]},
            "until": "2026-01-01T00:00:00Z",
        },
    ],
    "consents": [
        a_consent(
            **{
                "purposes": ["help"],
                "except": [
                    {
                        "decision": "refuse",
                        "classes": ["health.mental"],
                        "except": [{"decision": "grant", "purposes": ["help"]}],
                    }
                ],
            }
        ),
        a_consent(
            id="c-2", decision="refuse", recipients=["*"], until=MISSING, withdrawn_at="2026-03-01T00:00:00Z"
        ),
    ],
    "decisions": [
        a_signed(),
        a_glass(),
        a_signed(id="d-2", kind="exemption", lock="gender-recognition"),
    ],
}

# Everything that a policy can write, each key once at least, and no two of them alike.
WRITTEN = {
    "format": "conference-policy/1",
    "version": "v",
    "classes": [{"name": "health"}, {"name": "health.mental", "presence_as": "health"}, {"name": "name"}],
    "purposes": ["harm", "help"],
    "agencies": {
        "police": {"kind": "force", "sector": "public"},
        "almo": {"kind": "housing", "sector": "voluntary"},
    },
    "bases": [
        {
            "code": "PT",
            "sectors": ["public"],
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
        },
    ],
    "agreements": [
        {
            "id": "a",
            "parties": ["police", "almo"],
            "purposes": ["help"],
            "classes": ["name"],
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
        },
    ],
    "locks": [{"id": "l", "classes": ["health.mental"]}],
    "rules": [
        {
            "id": "r-1",
            "effect": "permit",
            "level": "summary",
            "classes": ["name"],
            "owners": {"kinds": ["force"], "agencies": ["police"]},
            "recipients": {"kinds": ["housing"], "agencies": ["almo"], "roles": ["chair"]},
            "purposes": ["help"],
            "subjects": ["victim"],
            "basis": "PT",
            "condition": "A9",
            "power": "s115",
            "consent": "considered",
            "approvals": 2,
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
        },
        {"id": "r-2", "effect": "limit", "level": "none"},
        {"id": "r-3", "effect": "forbid"},
    ],
    "consents": [
        {
            "id": "c",
            "person": "p1",
            "decision": "grant",
            "given_at": "2026-01-01T00:00:00Z",
            "recorded_at": "2026-01-01T00:00:00Z",
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
            "withdrawn_at": "2026-03-01T00:00:00Z",
            "recipients": ["almo"],
            "purposes": ["help"],
            "classes": ["name"],
            "except": [
                {
                    "decision": "refuse",
                    "recipients": ["*"],
                    "except": [
                        {
                            "decision": "grant",
                            "recipients": ["police"],
                            "purposes": ["harm"],
                            "classes": ["health"],
                        },
                    ],
                },
                {"decision": "refuse", "purposes": ["harm"]},
            ],
        },
    ],
    "decisions": [
        {
            "id": "d",
            "kind": "exemption",
            "person": "p2",
            "owner": "police",
            "recipients": ["almo"],
            "purposes": ["help"],
            "classes": ["name"],
            "level": "presence",
            "reason": "why",
            "requested_by": "s-1",
            "approved_by": [{"staff": "s-2", "agency": "police", "at": "2026-03-01T00:00:00Z"}],
            "lock": "l",
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
        },
    ],
}
