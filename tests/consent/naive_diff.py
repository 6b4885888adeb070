"""Two policies compared cell by cell, with the naive reading of the law. Shares no code with `consent`."""

import itertools
from datetime import datetime, timedelta

from tests.consent import naive

WORDS = ("granted", "refused", "silent")
DIMENSIONS = ("owner", "recipient", "role", "purpose", "class", "subject", "word", "approvals", "at")


def dimensions(old, new):
    """Every value of every dimension, by name."""
    rules = [*old["rules"], *new["rules"]]
    agencies = sorted({*old["agencies"], *new["agencies"]})
    moments = set()
    for thing in [*rules, *old["bases"], *new["bases"], *old["agreements"], *new["agreements"]]:
        for key in ("from", "until"):
            if thing.get(key) is not None:
                moment = datetime.fromisoformat(thing[key])
                moments |= {moment, moment - timedelta(microseconds=1)}
    return {
        "owner": agencies,
        "recipient": agencies,
        "role": named(r.get("recipients") and r["recipients"].get("roles") for r in rules),
        "purpose": sorted({*old["purposes"], *new["purposes"]}),
        "class": sorted({one["name"] for one in [*old["classes"], *new["classes"]]}),
        "subject": named(r.get("subjects") for r in rules),
        "word": WORDS,
        "approvals": range(max([r.get("approvals") or 0 for r in rules], default=0) + 1),
        "at": sorted(moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for moment in moments),
    }


def named(lists):
    names = {name for names in lists for name in names or ()}
    return [*sorted(names), "other"]


def level(policy, cell):
    reach = {
        "person": "p",
        "recipients": [cell["recipient"]],
        "purposes": [cell["purpose"]],
        "classes": [cell["class"]],
        "from": "0001-01-01T00:00:00Z",
        "until": "9999-12-31T00:00:00Z",
    }
    said = {
        "id": "c",
        "decision": {"granted": "grant", "refused": "refuse"}.get(cell["word"]),
        "given_at": "0001-01-01T00:00:00Z",
        "recorded_at": "0001-01-01T00:00:00Z",
    }
    approvers = [
        {"staff": f"s{n}", "agency": cell["owner"], "at": "0001-01-01T00:00:00Z"}
        for n in range(cell["approvals"])
    ]
    signed = {
        "id": "d",
        "kind": "override",
        "owner": cell["owner"],
        "level": "full",
        "reason": "r",
        "requested_by": "q",
        "approved_by": approvers,
    }
    whole = {
        **policy,
        "consents": [] if cell["word"] == "silent" else [reach | said],
        "decisions": [reach | signed] if approvers else [],
    }
    request = {
        "at": cell["at"],
        "purpose": cell["purpose"],
        "owner": cell["owner"],
        "class": cell["class"],
        "offered": "full",
        "subjects": [{"person": "p", "role": cell["subject"]}],
        "recipient": {"agency": cell["recipient"], "roles": [cell["role"]], "excluded": False},
    }
    return naive.answer(whole, request)["level"]


def cells(sizes):
    """Every cell of the space."""
    for values in itertools.product(*(sizes[name] for name in DIMENSIONS)):
        yield dict(zip(DIMENSIONS, values, strict=True))


def differences(old, new, sizes=None):
    """Every cell whose level differs, as (cell's values, from, to)."""
    found = set()
    for cell in cells(sizes or dimensions(old, new)):
        before, after = level(old, cell), level(new, cell)
        if before != after:
            found.add((tuple(cell.values()), before, after))
    return found
