"""Generated policies and requests that meet: most of what a policy holds is about the request asked of it.

Everything is drawn from one `random.Random`: hypothesis chooses the number it starts from.
"""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

CLASSES = ["health", "health.mental", "health.mental.notes", "healthcare", "identity"]
SPARE = "spare"  # a class that no request is about
PURPOSES = ["harm", "help"]
AGENCIES = {
    "police": {"kind": "police", "sector": "public"},
    "almo": {"kind": "housing", "sector": "registered-provider"},
    "nhs": {"kind": "nhs", "sector": "public"},
    "refuge": {"kind": "idva", "sector": "voluntary"},
}
KINDS = [agency["kind"] for agency in AGENCIES.values()]
LEVELS = ["presence", "summary", "full"]
PEOPLE = ["p1", "p2"]
SUBJECT_ROLES = ["victim", "perpetrator"]
STAFF_ROLES = ["representative", "observer"]
STEP, STEPS = timedelta(minutes=20), 8
START = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
AT = 4  # the step at which most requests are made


def spell(r, step, micro=0):
    """The moment of a step, in one of the ways to write it."""
    moment = START + step * STEP + timedelta(microseconds=micro)
    whole = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond:
        return f"{whole}.{moment.microsecond:06d}Z"
    return whole + r.choice(["Z", "Z", "Z", ".0Z", ".000Z", ".000000Z"])


def chance(r, percent):
    return r.randrange(100) < percent


def some(r, universe, target, percent=88):
    """A few of `universe`, mostly with `target` among them; never none."""
    others = [name for name in universe if name != target]
    chosen = r.sample(others, r.randrange(len(others)))
    if chance(r, percent) or not chosen:
        chosen.append(target)
    r.shuffle(chosen)
    return chosen


def covering(r, target):
    """A few classes, mostly with one that covers `target`."""
    parts = target.split(".")
    return some(r, CLASSES, ".".join(parts[: r.randrange(len(parts)) + 1]))


def steps(r, percent=90):
    """The first and the last step of an interval, mostly around AT."""
    if chance(r, percent):
        return r.randrange(AT + 1), r.randrange(AT + 1, STEPS)
    first = r.randrange(STEPS - 1)
    return first, r.randrange(first + 1, STEPS)


def interval(r, percent=90):
    first, last = steps(r, percent)
    return {"from": spell(r, first, r.choice([0, 0, 0, 1])), "until": spell(r, last)}


def open_interval(r):
    """An interval whose ends may be left out or null."""
    whole = interval(r)
    for key in ("from", "until"):
        choice = r.randrange(4)
        if choice == 0:
            whole[key] = None
        elif choice in (1, 2):
            del whole[key]
    return whole


# ---- one of each ------------------------------------------------------------------------------------------


def a_request(r):
    owner, recipient = r.sample(sorted(AGENCIES), 2)
    if chance(r, 4):
        recipient = owner
    subjects = [
        {"person": r.choice(PEOPLE), "role": r.choice(SUBJECT_ROLES)}
        for _ in range(r.choice([1, 1, 1, 2, 3]))
    ]
    return {
        "at": spell(r, AT, r.choice([0, 0, 1])) if chance(r, 90) else spell(r, r.randrange(STEPS)),
        "purpose": r.choice(PURPOSES),
        "owner": owner,
        "class": r.choice(CLASSES),
        "offered": r.choice([*LEVELS, *LEVELS, "full", "full", "full", "none"]),
        "subjects": subjects,
        "recipient": {
            "agency": recipient,
            "roles": r.choice(
                [[], ["representative"], ["representative"], ["observer"], ["observer", "representative"]]
            ),
            "excluded": chance(r, 4),
        },
    }


def an_agreement(r, request, name):
    pair = [request["owner"], request["recipient"]["agency"]]
    parties = list(dict.fromkeys([*pair, *some(r, sorted(AGENCIES), pair[0])])) if chance(r, 93) else pair[:1]
    return {
        "id": name,
        "parties": parties,
        "purposes": some(r, PURPOSES, request["purpose"], 95),
        "classes": covering(r, request["class"]),
        **interval(r, 95),
    }


def a_rule(r, request, name, effect=None):
    effect = effect or r.choice(["permit"] * 12 + ["limit", "limit", "limit", "forbid"])
    owner, recipient = AGENCIES[request["owner"]], AGENCIES[request["recipient"]["agency"]]
    rule = {"id": name, "effect": effect, **open_interval(r)}
    filters = {
        "classes": covering(r, request["class"]),
        "owners": a_side(r, request["owner"], owner["kind"]),
        "recipients": a_side(r, request["recipient"]["agency"], recipient["kind"]),
        "purposes": some(r, PURPOSES, request["purpose"], 95),
        "subjects": some(r, SUBJECT_ROLES, request["subjects"][0]["role"]),
    }
    if chance(r, 25):
        filters["recipients"]["roles"] = some(r, STAFF_ROLES, "representative")
    for key, value in filters.items():
        if chance(r, 50 if effect != "forbid" else 75):
            rule[key] = value
        elif chance(r, 10):
            rule[key] = None
    if effect == "permit":
        rule |= {
            "level": r.choice(LEVELS),
            "basis": r.choice(["ANY"] * 6 + ["PT", "RLI", "OLD"]),
            "consent": r.choice(["required", "considered", "irrelevant"]),
            "approvals": r.choice([0, 0, 0, None, 1, 1, 2]),
            "condition": r.choice([None, "A9g-18"]),
            "power": r.choice([None, "CDA 1998 s115"]),
        }
    if effect == "limit":
        rule["level"] = r.choice(["none", *LEVELS])
    return rule


def a_side(r, agency, kind):
    side = {}
    if chance(r, 40):
        side["kinds"] = some(r, KINDS, kind)
    if chance(r, 25):
        side["agencies"] = some(r, sorted(AGENCIES), agency)
    return side


def a_consent(r, request, name, decision=None):
    decision = decision or r.choice(["grant", "refuse"])
    given = r.choice([0, 1, 1, 2, 2, 3, 5])
    consent = {
        "id": name,
        "person": r.choice([request["subjects"][0]["person"], *PEOPLE]),
        "decision": decision,
        "given_at": spell(r, given),
        "recorded_at": spell(r, r.choice([given, given, given, 3, 5])),
        "recipients": grantees(r, request, decision),
        "purposes": some(r, PURPOSES, request["purpose"], 95),
        "classes": covering(r, request["class"]),
        **interval(r),
    }
    if decision == "refuse" and chance(r, 50):
        consent.pop("until")
    if chance(r, 20):
        consent["withdrawn_at"] = spell(r, r.randrange(given, STEPS))
    if chance(r, 40):
        consent["except"] = exceptions(r, request, consent, depth=3)
    return consent


def grantees(r, request, decision):
    if decision == "refuse" and chance(r, 40):
        return ["*"]
    return some(r, sorted(AGENCIES), request["recipient"]["agency"])


def exceptions(r, request, parent, depth):
    """Exceptions to `parent`, whose recipients are known here as written or inherited."""
    return [an_exception(r, request, parent, depth) for _ in range(r.choice([0, 1, 1, 2]))]


def an_exception(r, request, parent, depth):
    decision = "grant" if parent["decision"] == "refuse" else "refuse"
    inner = {"decision": decision}
    if chance(r, 50) or (decision == "grant" and parent["recipients"] == ["*"]):
        inner["recipients"] = grantees(r, request, decision)
    if chance(r, 40):
        inner["purposes"] = some(r, PURPOSES, request["purpose"], 95)
    if chance(r, 60):
        inner["classes"] = covering(r, request["class"])
    if depth > 1 and chance(r, 60):
        known = {"decision": decision, "recipients": inner.get("recipients") or parent["recipients"]}
        inner["except"] = exceptions(r, request, known, depth - 1)
    return inner


def a_signed(r, request, name):
    kind = r.choice(["override"] * 4 + ["exemption", "exemption", "break-glass", "break-glass"])
    signed = {
        "id": name,
        "kind": kind,
        "person": r.choice([request["subjects"][0]["person"], request["subjects"][0]["person"], *PEOPLE]),
        "owner": request["owner"] if chance(r, 93) else "nhs",
        "recipients": some(r, sorted(AGENCIES), request["recipient"]["agency"]),
        "purposes": some(r, PURPOSES, request["purpose"], 95),
        "classes": covering(r, request["class"]),
        "level": r.choice(LEVELS),
        "reason": "threat to life",
        "requested_by": r.choice(["s-1", "s-8"]),
        "approved_by": [an_approver(r, request) for _ in range(r.choice([0, 1, 2, 3, 4]))],
        **interval(r, 95),
    }
    if kind == "exemption":
        signed["lock"] = r.choice(["k-1", "k-1", "k-2"])
    if kind == "break-glass":
        first = r.randrange(AT - 2, AT + 1)
        signed |= {
            "level": r.choice(LEVELS[:2]),
            "from": spell(r, first),
            "until": spell(r, first + r.randrange(1, 4)),
        }
        signed["approved_by"] = []
    return signed


def an_approver(r, request):
    return {
        "staff": r.choice(["s-1", "s-2", "s-3"]),
        "agency": request["owner"] if chance(r, 85) else r.choice(sorted(AGENCIES)),
        "at": spell(r, r.choice([0, 1, 2, 3, AT, AT, 6])),
    }


def a_policy(r, request):
    locked = chance(r, 22)
    return {
        "format": "conference-policy/1",
        "version": "v-1",
        "classes": [{"name": name} for name in [*CLASSES, SPARE]],
        "purposes": list(PURPOSES),
        "agencies": dict(AGENCIES),
        "bases": [
            {"code": "ANY", "sectors": ["public", "voluntary", "registered-provider"]},
            {"code": "PT", "sectors": ["public"]},
            {"code": "RLI", "sectors": ["voluntary", "registered-provider"]},
            {"code": "OLD", "sectors": ["public", "voluntary", "registered-provider"], "until": spell(r, 4)},
        ],
        "agreements": [an_agreement(r, request, f"a-{n}") for n in range(r.choice([1, 1, 2, 2, 3]))],
        "locks": [
            {"id": "k-1", "classes": covering(r, request["class"]) if locked else [SPARE]},
            {"id": "k-2", "classes": covering(r, request["class"]) if chance(r, 8) else [SPARE]},
        ],
        "rules": shuffled(r, [a_rule(r, request, f"r-{n}") for n in range(r.choice([0, 1, 2, 3, 4, 5, 6]))]),
        "consents": shuffled(r, [a_consent(r, request, f"c-{n}") for n in range(r.choice([0, 1, 2, 3, 4]))]),
        "decisions": shuffled(r, [a_signed(r, request, f"d-{n}") for n in range(r.choice([0, 1, 2, 3, 4]))]),
    }


def shuffled(r, things):
    r.shuffle(things)
    return things


def a_world(r):
    """A sound policy, and a complete request that it mostly has something to say about."""
    request = a_request(r)
    return a_policy(r, request), request


def spoilt(r, request):
    """The request with one thing wrong with it."""
    broken = {
        **request,
        "recipient": dict(request["recipient"]),
        "subjects": [dict(one) for one in request["subjects"]],
    }
    where = r.choice([broken, broken, broken["recipient"], broken["subjects"][0]])
    key = r.choice(sorted(where))
    what = r.randrange(4)
    if what == 0:
        del where[key]
    elif what == 1:
        where["extra"] = 1
    else:
        where[key] = r.choice([None, "", "nobody", 7, 1.5, [], {}, [[]], "2026-02-30T00:00:00Z", "\ud800"])
    return broken


class Chance(random.Random):
    """A source of chance that shows the number it started from, so that what it found can be found again."""

    def __init__(self, start):
        super().__init__(start)
        self.start = start

    def __repr__(self):
        return f"Chance({self.start})"


def chances():
    """Sources of chance. Numbers are drawn, not worlds: much quicker, and a failure is one number."""
    return st.integers(min_value=0, max_value=2**64 - 1).map(Chance)


def worlds():
    """Pairs of a sound policy and a complete request."""
    return chances().map(a_world)
