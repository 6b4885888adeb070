"""The law read a second time, plainly and slowly, straight on the JSON. Shares no code with `consent`.

When this and `consent.decide` differ, one of the two misreads the law: read it again before changing either.
"""
# ruff: noqa: FURB192, SIM102, SIM110  # written flat, in the order of the law

import calendar

ORDER = ["none", "presence", "summary", "full"]
SILENT = None


def at_or_none(text):
    """A moment as numbers that compare: (year, month, day, hour, minute, second, microsecond)."""
    if not isinstance(text, str) or not text.isascii() or len(text) < 20 or text[-1] != "Z":
        return None
    whole, fraction = text[:19], text[19:-1]
    for position, character in enumerate(whole):
        if position in (4, 7, 10, 13, 16):
            if character != "--T::"[(4, 7, 10, 13, 16).index(position)]:
                return None
        elif character not in "0123456789":
            return None
    if fraction:
        digits = fraction[1:]
        if (
            fraction[0] != "."
            or not 1 <= len(digits) <= 6
            or any(digit not in "0123456789" for digit in digits)
        ):
            return None
    year, month, day = int(whole[:4]), int(whole[5:7]), int(whole[8:10])
    hour, minute, second = int(whole[11:13]), int(whole[14:16]), int(whole[17:19])
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return (year, month, day, hour, minute, second, int((fraction[1:] + "000000")[:6]))


def now_inside(thing, now):
    start, end = thing.get("from"), thing.get("until")
    if start is not None and now < at_or_none(start):
        return False
    return not (end is not None and now >= at_or_none(end))


def named(names, wanted):
    """Whether a list of class names covers the wanted class."""
    for name in names:
        if wanted == name or wanted.startswith(name + "."):
            return True
    return False


def good_word(thing):
    if not isinstance(thing, str) or not thing:
        return False
    try:
        thing.encode()
    except UnicodeEncodeError:
        return False
    return True


# ---- the request -------------------------------------------------------------------------------------------


def is_complete(policy, request):
    def keyed(thing, *keys):
        return type(thing) is dict and sorted(map(str, thing)) == sorted(keys)

    if not keyed(request, "at", "purpose", "owner", "class", "offered", "subjects", "recipient"):
        return False
    if not keyed(request["recipient"], "agency", "roles", "excluded"):
        return False
    texts = [request[key] for key in ("at", "purpose", "owner", "class", "offered")]
    texts.append(request["recipient"]["agency"])
    if not all(type(text) is str for text in texts):
        return False
    if type(request["subjects"]) is not list or type(request["recipient"]["roles"]) is not list:
        return False
    if type(request["recipient"]["excluded"]) is not bool:
        return False
    for subject in request["subjects"]:
        if not keyed(subject, "person", "role") or not all(good_word(word) for word in subject.values()):
            return False
    return (
        len(request["subjects"]) > 0
        and all(good_word(role) for role in request["recipient"]["roles"])
        and at_or_none(request["at"]) is not None
        and request["offered"] in ORDER
        and request["purpose"] in policy["purposes"]
        and request["owner"] in policy["agencies"]
        and request["recipient"]["agency"] in policy["agencies"]
        and request["class"] in [entry["name"] for entry in policy["classes"]]
    )


# ---- what was said -----------------------------------------------------------------------------------------


def word_of(consent, request):
    """(moment it was given, weight among equals, id, word), or SILENT."""
    now, agency = at_or_none(request["at"]), request["recipient"]["agency"]

    def fits(node):
        to_them = node["recipients"] == ["*"] or agency in node["recipients"]
        return to_them and request["purpose"] in node["purposes"] and named(node["classes"], request["class"])

    def outcome(node):
        inner = []
        for exception in node.get("except") or []:
            full = {key: exception.get(key) or node[key] for key in ("recipients", "purposes", "classes")}
            full["decision"], full["except"] = exception["decision"], exception.get("except")
            if fits(full):
                inner.append(outcome(full))
        if inner:
            return "refuse" if "refuse" in inner else "grant"
        return node["decision"]

    if not fits(consent) or at_or_none(consent["given_at"]) > now or at_or_none(consent["recorded_at"]) > now:
        return SILENT
    withdrawn = consent.get("withdrawn_at")
    if withdrawn is not None and at_or_none(withdrawn) <= now:
        if consent["decision"] == "refuse":
            return SILENT
        return (at_or_none(withdrawn), "c-withdrawn", consent["id"], "refuse")
    if not now_inside(consent, now):
        return SILENT
    word = outcome(consent)
    return (at_or_none(consent["given_at"]), {"refuse": "a", "grant": "b"}[word], consent["id"], word)


def last_word(policy, request, person):
    words = [word_of(consent, request) for consent in policy["consents"] if consent["person"] == person]
    words = [word for word in words if word is not SILENT]
    words.sort(key=lambda word: word[1:3])
    words.sort(key=lambda word: word[0], reverse=True)  # stable, so equal moments keep the order above
    return words[0] if words else SILENT


# ---- what was signed ---------------------------------------------------------------------------------------


def signatures(signed, request):
    """The staff whose approval counts."""
    staff = set()
    for approver in signed.get("approved_by") or []:
        if approver["agency"] != request["owner"]:
            continue
        if approver["staff"] == signed["requested_by"]:
            continue
        if at_or_none(approver["at"]) > at_or_none(request["at"]):
            continue
        staff.add(approver["staff"])
    return staff


def in_force(policy, request, person):
    found = []
    for signed in policy["decisions"]:
        right_cell = (
            signed["person"] == person
            and signed["owner"] == request["owner"]
            and request["recipient"]["agency"] in signed["recipients"]
            and request["purpose"] in signed["purposes"]
            and named(signed["classes"], request["class"])
            and now_inside(signed, at_or_none(request["at"]))
        )
        if right_cell and (signed["kind"] == "break-glass" or signatures(signed, request)):
            found.append(signed)
    return found


# ---- the gates ---------------------------------------------------------------------------------------------


def matches(policy, rule, request, role):
    owner, recipient = request["owner"], request["recipient"]["agency"]
    for side, agency in (("owners", owner), ("recipients", recipient)):
        wanted = rule.get(side) or {}
        if wanted.get("kinds") is not None and policy["agencies"][agency]["kind"] not in wanted["kinds"]:
            return False
        if wanted.get("agencies") is not None and agency not in wanted["agencies"]:
            return False
        if wanted.get("roles") is not None:
            if not [held for held in request["recipient"]["roles"] if held in wanted["roles"]]:
                return False
    if rule.get("classes") is not None and not named(rule["classes"], request["class"]):
        return False
    if rule.get("purposes") is not None and request["purpose"] not in rule["purposes"]:
        return False
    if rule.get("subjects") is not None and role not in rule["subjects"]:
        return False
    return now_inside(rule, at_or_none(request["at"]))


def try_permit(policy, rule, request, signed, word):
    """(reason it is not live or None, level it gives, what it leans on)."""
    (basis,) = [entry for entry in policy["bases"] if entry["code"] == rule["basis"]]
    sector = policy["agencies"][request["owner"]]["sector"]
    if sector not in basis["sectors"] or not now_inside(basis, at_or_none(request["at"])):
        return "basis-invalid", None, None
    helpers = [one for one in signed if one["kind"] in ("override", "break-glass")]
    must = []  # each condition that is leaned on, as the set of ids that meet it
    refused, granted = word is not SILENT and word[3] == "refuse", word is not SILENT and word[3] == "grant"
    if rule["consent"] == "required" and not granted:
        return ("consent-refused" if refused else "consent-missing"), None, None
    if rule["consent"] == "considered" and refused:
        must.append({one["id"] for one in helpers})
        if not helpers:
            return "consent-refused", None, None
    asked = rule.get("approvals") or 0
    if asked > 0:
        enough = set()
        for one in helpers:
            if one["kind"] == "override" and len(signatures(one, request)) >= asked:
                enough.add(one["id"])
            if one["kind"] == "break-glass" and asked == 1:
                enough.add(one["id"])
        must.append(enough)
        if not enough:
            return "approval-needed", None, None
    level = ORDER.index(rule["level"])
    if not must:
        return None, level, None
    meeting_all = [one for one in helpers if all(one["id"] in ids for ids in must)]
    top = max(ORDER.index(one["level"]) for one in meeting_all)
    leaned = min(one["id"] for one in meeting_all if ORDER.index(one["level"]) == top)
    return None, min(level, top), leaned


def answer_about(policy, request, person, role):
    now = at_or_none(request["at"])
    signed = in_force(policy, request, person)
    word = last_word(policy, request, person)

    lifted, shut = [], []
    for lock in policy["locks"]:
        if named(lock["classes"], request["class"]):
            levels = [
                ORDER.index(one["level"])
                for one in signed
                if one["kind"] == "exemption" and one["lock"] == lock["id"]
            ]
            if levels:
                lifted.append(max(levels))
            else:
                shut.append(lock["id"])
    if shut:
        return {"reason": "locked", "lock": sorted(shut)[0]}

    agreements = []
    for agreement in policy["agreements"]:
        if (
            request["owner"] in agreement["parties"]
            and request["recipient"]["agency"] in agreement["parties"]
        ):
            if request["purpose"] in agreement["purposes"] and named(agreement["classes"], request["class"]):
                if now_inside(agreement, now):
                    agreements.append(agreement["id"])
    if not agreements:
        return {"reason": "no-agreement"}

    rules = [rule for rule in policy["rules"] if matches(policy, rule, request, role)]
    forbids = [rule["id"] for rule in rules if rule["effect"] == "forbid"]
    if forbids:
        return {"reason": "forbidden", "rule": min(forbids)}
    if request["offered"] == "none":
        return {"reason": "not-offered"}

    permits = {rule["id"]: rule for rule in rules if rule["effect"] == "permit"}
    if not permits:
        return {"reason": "no-rule"}
    tried = {id_: try_permit(policy, rule, request, signed, word) for id_, rule in permits.items()}
    live = {id_: result for id_, result in tried.items() if result[0] is None}
    if not live:
        top = max(ORDER.index(rule["level"]) for rule in permits.values())
        chosen = min(id_ for id_, rule in permits.items() if ORDER.index(rule["level"]) == top)
        reason = tried[chosen][0]
        return {"reason": reason, "rule": chosen, "consent": word[2] if reason == "consent-refused" else None}

    highest = max(level for _, level, _ in live.values())
    chosen = min(id_ for id_, result in live.items() if result[1] == highest)
    limits = {rule["id"]: ORDER.index(rule["level"]) for rule in rules if rule["effect"] == "limit"}
    final = min([highest, ORDER.index(request["offered"]), *limits.values(), *lifted])
    told = sorted(id_ for id_, level in limits.items() if level == final and final < highest)
    if final == 0:
        return {"reason": "limited", "limits": told}
    rule = permits[chosen]
    return {
        "level": ORDER[final],
        "reason": "permitted",
        "rule": chosen,
        "basis": rule["basis"],
        "condition": rule.get("condition"),
        "power": rule.get("power"),
        "agreement": min(agreements),
        "consent": word[2] if rule["consent"] == "required" else None,
        "override": live[chosen][2],
        "limits": told,
    }


def answer(policy, request):
    """The decision's JSON for a sound policy and any request."""
    if not is_complete(policy, request):
        found = {"reason": "incomplete"}
    elif request["recipient"]["excluded"]:
        found = {"reason": "excluded"}
    elif request["recipient"]["agency"] == request["owner"]:
        found = {"reason": "own", "level": "full"}
    else:
        each = []
        for subject in request["subjects"]:
            about = answer_about(policy, request, subject["person"], subject["role"])
            each.append((ORDER.index(about.get("level", "none")), subject["person"], subject["role"], about))
        found = sorted(each, key=lambda one: one[:3])[0][3]
    whole = dict.fromkeys(("rule", "basis", "condition", "power", "agreement", "consent", "override", "lock"))
    whole |= {"level": "none", "limits": [], "policy": policy["version"]}
    return whole | found
