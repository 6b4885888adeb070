"""The law said in Cedar: a policy as Cedar's policies and entities, a request as Cedar's requests.

Cedar knows yes and no, one subject at a time. So it is asked of each subject, for each level, whether the
field may go at least so far; the answer is the highest level that it allows for all of them. Cedar's own
means are used where it has them: agencies are in their kind, a class is in those above,
purposes are actions.

Who said what is written out beforehand: which consent is the latest is known for every moment once it is
known which of them cover the request, and that is a condition that Cedar checks.
"""

import json
from datetime import UTC, datetime

import cedarpy

LEVELS = ["none", "presence", "summary", "full"]
NOT_OWN = "principal != resource.owner"
FALSE, TRUE = "false", "true"


def micros(moment):
    """A moment as Cedar is given it: whole microseconds."""
    at = datetime.fromisoformat(moment)
    whole = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds


# ---- small expressions ---------------------------------------------------------------------------------


def every(*conditions):
    return "(" + " && ".join(conditions or [TRUE]) + ")"


def any_of(conditions):
    return "(" + " || ".join([*conditions] or [FALSE]) + ")"


def entities(kind, names):
    return "[" + ", ".join(f"{kind}::{json.dumps(name)}" for name in sorted(names)) + "]"


def during(thing):
    edges = []
    if thing.get("from") is not None:
        edges.append(f"context.at >= {micros(thing['from'])}")
    if thing.get("until") is not None:
        edges.append(f"context.at < {micros(thing['until'])}")
    return every(*edges)


def by_then(moment):
    return f"context.at >= {micros(moment)}"


def for_purposes(names):
    return f"action in {entities('Action', names)}"


def of_classes(names):
    return f"resource.class in {entities('Class', names)}"


def to_agencies(names):
    return TRUE if names == ["*"] else f"principal in {entities('Agency', names)}"


# ---- what a rule, an agreement, a signed decision matches ----------------------------------------------


def rule_matches(rule):
    owners, recipients = rule.get("owners") or {}, rule.get("recipients") or {}
    conditions = [NOT_OWN, during(rule)]
    if rule.get("classes") is not None:
        conditions.append(of_classes(rule["classes"]))
    if rule.get("purposes") is not None:
        conditions.append(for_purposes(rule["purposes"]))
    if rule.get("subjects") is not None:
        conditions.append(f"{json.dumps(rule['subjects'])}.contains(context.role)")
    if recipients.get("roles") is not None:
        conditions.append(f"context.roles.containsAny({json.dumps(recipients['roles'])})")
    for side, who in ((owners, "resource.owner"), (recipients, "principal")):
        if side.get("kinds") is not None:
            conditions.append(f"{who} in {entities('Kind', side['kinds'])}")
        if side.get("agencies") is not None:
            conditions.append(f"{who} in {entities('Agency', side['agencies'])}")
    return every(*conditions)


def agreement_fits(agreement):
    parties = entities("Agency", agreement["parties"])
    return every(
        f"principal in {parties}",
        f"resource.owner in {parties}",
        for_purposes(agreement["purposes"]),
        of_classes(agreement["classes"]),
        during(agreement),
    )


def basis_holds(policy, code):
    basis = next(one for one in policy["bases"] if one["code"] == code)
    return every(f"{json.dumps(basis['sectors'])}.contains(resource.owner.sector)", during(basis))


def signed_reaches(signed, approvers):
    """In force with at least so many approvers who count, and as high as what is asked for."""
    conditions = [
        f"context.person == {json.dumps(signed['person'])}",
        f"resource.owner == Agency::{json.dumps(signed['owner'])}",
        to_agencies(signed["recipients"]),
        for_purposes(signed["purposes"]),
        of_classes(signed["classes"]),
        during(signed),
        f"context.wanted <= {LEVELS.index(signed['level'])}",
    ]
    if signed["kind"] == "break-glass":
        return every(*conditions) if approvers <= 1 else FALSE
    first = {}
    for one in signed.get("approved_by") or ():
        if one["agency"] == signed["owner"] and one["staff"] != signed["requested_by"]:
            at = first.get(one["staff"])
            first[one["staff"]] = min(micros(one["at"]), at) if at is not None else micros(one["at"])
    needed = max(approvers, 1)
    if len(first) < needed:
        return FALSE
    return every(*conditions, f"context.at >= {sorted(first.values())[needed - 1]}")


def signed_by(policy, kinds, approvers=1):
    return any_of(signed_reaches(one, approvers) for one in policy["decisions"] if one["kind"] in kinds)


# ---- consent -------------------------------------------------------------------------------------------


def clause_fits(clause):
    return every(
        for_purposes(clause["purposes"]), to_agencies(clause["recipients"]), of_classes(clause["classes"])
    )


def refuses(clause):
    """Whether a clause that fits comes to a refusal, after its exceptions."""
    inner = [
        {**one, **{key: one.get(key) or clause[key] for key in ("classes", "recipients", "purposes")}}
        for one in clause.get("except") or ()
    ]
    own = TRUE if clause["decision"] == "refuse" else FALSE
    if not inner:
        return own
    refusing = any_of(every(clause_fits(one), refuses(one)) for one in inner)
    fitting = any_of(clause_fits(one) for one in inner)
    return f"(if {refusing} then true else if {fitting} then false else {own})"


def words(consents):
    """What each says: (when, which of 'refuse', 'grant', 'withdrawal', on what condition)."""
    for said in consents:
        covers = every(clause_fits(said), by_then(said["given_at"]), by_then(said["recorded_at"]))
        standing = every(covers, during(said))
        back = said.get("withdrawn_at")
        if back is not None:
            standing = every(standing, f"!({by_then(back)})")
        yield micros(said["given_at"]), "refuse", every(standing, refuses(said))
        yield micros(said["given_at"]), "grant", every(standing, f"!{refuses(said)}")
        if back is not None and said["decision"] == "grant":
            yield micros(back), "withdrawal", every(covers, by_then(back))


def latest_is(policy, word):
    """Whether the latest word of the subject is `word`: 'refuse' or 'grant'."""
    people = {said["person"] for said in policy["consents"]}
    return any_of(
        every(f"context.person == {json.dumps(person)}", _latest_of(policy, person, word))
        for person in sorted(people)
    )


def _latest_of(policy, person, word):
    """A condition that asks moment by moment, the last first: a refusal, else a grant, else a withdrawal."""
    spoken = list(words([said for said in policy["consents"] if said["person"] == person]))
    answer = FALSE
    for moment in sorted({when for when, *_ in spoken}):
        heard = {
            kind: any_of(condition for when, what, condition in spoken if (when, what) == (moment, kind))
            for kind in ("refuse", "grant", "withdrawal")
        }
        refused, granted = (TRUE if word == one else FALSE for one in ("refuse", "grant"))
        answer = (
            f"(if {heard['refuse']} then {refused} else if {heard['grant']} then {granted} "
            f"else if {heard['withdrawal']} then {refused} else {answer})"
        )
    return answer


# ---- a whole policy ------------------------------------------------------------------------------------


def permit_is_live(policy, rule):
    conditions = [rule_matches(rule), basis_holds(policy, rule["basis"])]
    if rule["consent"] == "required":
        conditions.append(latest_is(policy, "grant"))
    if rule["consent"] == "considered":
        lifted = signed_by(policy, {"override", "break-glass"})
        conditions.append(any_of([f"!{latest_is(policy, 'refuse')}", lifted]))
    if rule.get("approvals"):
        conditions.append(signed_by(policy, {"override", "break-glass"}, rule["approvals"]))
    return every(*conditions, f"context.wanted <= {LEVELS.index(rule['level'])}")


def as_policies(policy):
    """The policy in Cedar's language."""

    def written(effect, condition):
        return f"{effect} (principal, action, resource) when {{ {condition} }};"

    out = [
        written("forbid", "context.excluded"),
        written("permit", "principal == resource.owner"),
        written("forbid", every(NOT_OWN, "context.wanted > resource.offered")),
        written("forbid", every(NOT_OWN, f"!{any_of(map(agreement_fits, policy['agreements']))}")),
    ]
    for lock in policy["locks"]:
        lifted = any_of(
            signed_reaches(one, 1) for one in policy["decisions"] if one.get("lock") == lock["id"]
        )
        out.append(written("forbid", every(NOT_OWN, of_classes(lock["classes"]), f"!{lifted}")))
    for rule in policy["rules"]:
        if rule["effect"] == "permit":
            out.append(written("permit", permit_is_live(policy, rule)))
        elif rule["effect"] == "forbid":
            out.append(written("forbid", rule_matches(rule)))
        else:
            above = f"context.wanted > {LEVELS.index(rule['level'])}"
            out.append(written("forbid", every(rule_matches(rule), above)))
    return "\n".join(out)


def as_entities(policy, request):
    """Agencies in their kinds, classes in those above them, and the field that is asked for."""
    out = []
    for name, agency in policy["agencies"].items():
        parents = [{"type": "Kind", "id": agency["kind"]}]
        out.append(_entity("Agency", name, parents, sector=agency["sector"]))
    for one in policy["classes"]:
        above = one["name"].split(".")[:-1]
        parents = [{"type": "Class", "id": ".".join(above)}] if above else []
        out.append(_entity("Class", one["name"], parents))
    field = {
        "owner": {"__entity": {"type": "Agency", "id": request["owner"]}},
        "class": {"__entity": {"type": "Class", "id": request["class"]}},
        "offered": LEVELS.index(request["offered"]),
    }
    return [*out, _entity("Field", "asked for", [], **field)]


def _entity(kind, name, parents, **attributes):
    return {"uid": {"type": kind, "id": name}, "attrs": attributes, "parents": parents}


def level(policy, request):
    """How far Cedar lets the field go: the highest level that it allows for every subject."""
    asked = [
        {
            "principal": {"type": "Agency", "id": request["recipient"]["agency"]},
            "action": {"type": "Action", "id": request["purpose"]},
            "resource": {"type": "Field", "id": "asked for"},
            "context": {
                "at": micros(request["at"]),
                "person": subject["person"],
                "role": subject["role"],
                "roles": request["recipient"]["roles"],
                "excluded": request["recipient"]["excluded"],
                "wanted": wanted,
            },
        }
        for wanted in (1, 2, 3)
        for subject in request["subjects"]
    ]
    answers = cedarpy.is_authorized_batch(asked, as_policies(policy), as_entities(policy, request))
    for answer in answers:
        assert not answer.diagnostics.errors, answer.diagnostics.errors
    count = len(request["subjects"])
    allowed = [all(one.allowed for one in answers[n * count : (n + 1) * count]) for n in range(3)]
    assert allowed == sorted(allowed, reverse=True), "more was allowed than less"
    return LEVELS[sum(allowed)]
