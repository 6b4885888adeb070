"""The law's rules for a sound policy, read a second time as one yes or no. Shares no code with `consent`."""
# ruff: noqa: DTZ001, ISC004, PLW2901  # written flat, in the order of the law

from datetime import datetime, timedelta

from tests.consent.naive import at_or_none, good_word

TOP = {
    "format",
    "version",
    "classes",
    "purposes",
    "agencies",
    "bases",
    "agreements",
    "locks",
    "rules",
    "consents",
    "decisions",
}
CELL = "recipients purposes classes"
SHAPES = {  # object: (required keys, optional keys)
    "class": ("name", "presence_as"),
    "agency": ("kind sector", ""),
    "owners": ("", "kinds agencies"),
    "recipients": ("", "kinds agencies roles"),
    "approver": ("staff agency at", ""),
    "basis": ("code sectors", "from until"),
    "agreement": ("id parties purposes classes from until", ""),
    "lock": ("id classes", ""),
    "rule": (
        "id effect",
        "level classes owners recipients purposes subjects basis condition power consent approvals "
        "from until",
    ),
    "consent": (f"id person decision given_at recorded_at from {CELL}", "until withdrawn_at except"),
    "exception": ("decision", f"{CELL} except"),
    "decision": (f"id kind person owner {CELL} level reason requested_by from until", "lock approved_by"),
}


class Unsound(Exception):
    """The first thing that is wrong."""


def need(truth):
    if not truth:
        raise Unsound


def is_sound(policy):
    """Whether a policy may be decided with."""
    try:
        check(policy)
    except Unsound:
        return False
    return True


def shaped(thing, shape):
    """The thing with every optional key there, null where it was left out."""
    required, optional = (set(keys.split()) for keys in SHAPES[shape])
    need(type(thing) is dict and set(thing) >= required and set(thing) <= required | optional)
    need(all(thing[key] is not None for key in required))
    return dict.fromkeys(optional) | thing


def listed(things, among=None, *, null=False, empty=False):
    if things is None and null:
        return
    need(type(things) is list and (things or empty))
    for thing in things:
        need(good_word(thing) and (among is None or thing in among))


def word(thing, among=None, *, null=False):
    need((thing is None and null) or (good_word(thing) and (among is None or thing in among)))


def moment(thing, *, null=False):
    need((thing is None and null) or at_or_none(thing) is not None)


def interval(thing, *, start_null=True, end_null=True):
    moment(thing["from"], null=start_null)
    moment(thing["until"], null=end_null)
    if thing["from"] and thing["until"]:
        need(at_or_none(thing["from"]) < at_or_none(thing["until"]))


def unique(names):
    need(len(set(names)) == len(names))


def check(policy):
    need(type(policy) is dict and set(policy) == TOP)
    need(policy["format"] == "conference-policy/1")
    word(policy["version"])
    for key in TOP - {"format", "version", "agencies"}:
        need(type(policy[key]) is list)
    need(type(policy["agencies"]) is dict)
    classes = [shaped(thing, "class") for thing in policy["classes"]]
    for thing in classes:
        word(thing["name"])
        need(all(thing["name"].split(".")))
    names = [thing["name"] for thing in classes]
    unique(names)
    for thing in classes:
        word(thing["presence_as"], names, null=True)
        shown = (thing["presence_as"] or "") + "."
        need(not shown.startswith(thing["name"] + "."))
    purposes = policy["purposes"]
    listed(purposes, empty=True)
    unique(purposes)
    agencies = policy["agencies"]
    for name, thing in agencies.items():
        word(name)
        need(name != "*")
        for value in shaped(thing, "agency").values():
            word(value)
    for thing in policy["bases"]:
        thing = shaped(thing, "basis")
        word(thing["code"])
        listed(thing["sectors"])
        interval(thing)
    codes = [thing["code"] for thing in policy["bases"]]
    unique(codes)
    for key in ("agreements", "locks", "rules", "consents", "decisions"):
        for thing in policy[key]:
            need(type(thing) is dict)
            word(thing.get("id"))
        unique([thing["id"] for thing in policy[key]])
    for thing in policy["agreements"]:
        thing = shaped(thing, "agreement")
        listed(thing["parties"], agencies)
        listed(thing["purposes"], purposes)
        listed(thing["classes"], names)
        interval(thing, start_null=False, end_null=False)
    for thing in policy["locks"]:
        listed(shaped(thing, "lock")["classes"], names)
    for thing in policy["rules"]:
        check_rule(shaped(thing, "rule"), names, purposes, agencies, codes)
    for thing in policy["consents"]:
        check_consent(shaped(thing, "consent"), names, purposes, agencies)
    for thing in policy["decisions"]:
        check_decision(
            shaped(thing, "decision"), names, purposes, agencies, [lock["id"] for lock in policy["locks"]]
        )


def check_rule(rule, names, purposes, agencies, codes):
    owners, recipients = (
        shaped(rule["owners"] or {}, "owners"),
        shaped(rule["recipients"] or {}, "recipients"),
    )
    for side, thing in (("owners", owners), ("recipients", recipients)):
        need(rule[side] is None or type(rule[side]) is dict)
        listed(thing["kinds"], null=True)
        listed(thing["agencies"], agencies, null=True)
    listed(recipients["roles"], null=True)
    listed(rule["classes"], names, null=True)
    listed(rule["purposes"], purposes, null=True)
    listed(rule["subjects"], null=True)
    word(rule["condition"], null=True)
    word(rule["power"], null=True)
    interval(rule)
    count = rule["approvals"]
    need(count is None or (type(count) is int and 0 <= count < 2**53))
    if rule["effect"] == "permit":
        word(rule["level"], ("presence", "summary", "full"))
        word(rule["basis"], codes)
        word(rule["consent"], ("required", "considered", "irrelevant"))
        return
    need(rule["basis"] is None and rule["consent"] is None and count is None)
    if rule["effect"] == "limit":
        word(rule["level"], ("none", "presence", "summary", "full"))
    else:
        need(rule["effect"] == "forbid" and rule["level"] is None)


def check_consent(consent, names, purposes, agencies):
    word(consent["person"])
    moment(consent["given_at"])
    moment(consent["recorded_at"])
    moment(consent["withdrawn_at"], null=True)
    interval(consent, start_null=False, end_null=consent["decision"] == "refuse")
    if consent["withdrawn_at"]:
        need(at_or_none(consent["withdrawn_at"]) >= at_or_none(consent["given_at"]))
    check_said(consent, None, names, purposes, agencies)


def check_said(node, parent, names, purposes, agencies):
    word(
        node["decision"],
        ("grant", "refuse") if parent is None else ({"grant", "refuse"} - {parent["decision"]}),
    )
    for key in CELL.split():
        if node[key] is None and parent is not None:
            node = node | {key: parent[key]}
    listed(node["purposes"], purposes)
    listed(node["classes"], names)
    if node["recipients"] == ["*"]:
        need(node["decision"] == "refuse")
    else:
        listed(node["recipients"], agencies)
    need(node["except"] is None or type(node["except"]) is list)
    for inner in node["except"] or []:
        check_said(shaped(inner, "exception"), node, names, purposes, agencies)


def check_decision(signed, names, purposes, agencies, locks):
    for key in ("person", "reason", "requested_by"):
        word(signed[key])
    word(signed["owner"], agencies)
    listed(signed["recipients"], agencies)
    listed(signed["purposes"], purposes)
    listed(signed["classes"], names)
    interval(signed, start_null=False, end_null=False)
    approvers = signed["approved_by"]
    need(approvers is None or type(approvers) is list)
    for approver in approvers or []:
        approver = shaped(approver, "approver")
        word(approver["staff"])
        word(approver["agency"], agencies)
        moment(approver["at"])
    word(signed["kind"], ("override", "exemption", "break-glass"))
    word(signed["level"], ("presence", "summary", "full"))
    word(signed["lock"], locks, null=True)
    need((signed["lock"] is not None) == (signed["kind"] == "exemption"))
    if signed["kind"] == "break-glass":
        start, end = (datetime(*at_or_none(signed[key])) for key in ("from", "until"))
        need(not approvers and signed["level"] != "full" and end - start <= timedelta(minutes=60))
