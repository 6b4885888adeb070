"""`consent.diff` against a naive enumeration of every cell."""

import copy
import functools
import random

import pytest
from hypothesis import given

import consent
from consent import Level
from tests.consent import naive_diff
from tests.consent.examples import a_policy as an_example
from tests.consent.examples import a_rule as a_permit
from tests.consent.profile import SOAKING, WHOLE
from tests.consent.test_default_policy import completed
from tests.consent.worlds import (
    a_policy,
    a_request,
    a_rule,
    an_agreement,
    chance,
    chances,
    covering,
    open_interval,
)

FEW = 10 if SOAKING else 1


def found(old, new):
    told = [one.as_json() for one in consent.diff(consent.from_json(old), consent.from_json(new))]
    as_set = {(tuple(one["cell"].values()), one["from"], one["to"]) for one in told}
    assert len(as_set) == len(told)
    assert all(list(one["cell"]) == list(naive_diff.DIMENSIONS) for one in told)
    return as_set


# ---- generated ---------------------------------------------------------------------------------------------


def edited(r, policy, request):
    """The policy with one to three things changed in it."""
    new = copy.deepcopy(policy)
    for _ in range(r.choice([1, 1, 2, 3])):
        r.choice(EDITS)(r, new, request)
    return new


def _drop(key):
    def edit(r, new, request):
        if new[key]:
            new[key].pop(r.randrange(len(new[key])))

    return edit


def _rule_again(r, new, request):
    if new["rules"]:
        place = r.randrange(len(new["rules"]))
        new["rules"][place] = a_rule(r, request, new["rules"][place]["id"])


def _rule_more(r, new, request):
    new["rules"].append(a_rule(r, request, f"more-{r.random()}"))


def _rule_moved(r, new, request):
    if new["rules"]:
        rule = r.choice(new["rules"])
        rule.pop("from", None)
        rule.pop("until", None)
        rule.update(open_interval(r))


def _agreement_again(r, new, request):
    place = r.randrange(len(new["agreements"])) if new["agreements"] else 0
    new["agreements"][place : place + 1] = [an_agreement(r, request, f"again-{r.random()}")]


def _basis(r, new, request):
    place = r.randrange(4)
    sectors = r.choice([["public"], ["voluntary"], ["public", "registered-provider"]])
    new["bases"][place] = {"code": new["bases"][place]["code"], "sectors": sectors, **open_interval(r)}


def _lock(r, new, request):
    new["locks"][0]["classes"] = covering(r, request["class"])


def _agency(r, new, request):
    agencies = copy.deepcopy(new["agencies"])
    agencies[r.choice([request["owner"], "fire"])] = {
        "kind": "nhs",
        "sector": r.choice(["public", "voluntary"]),
    }
    new["agencies"] = agencies


def _names(r, new, request):
    new["classes"].append({"name": f"health.new{len(new['classes'])}"})
    new["purposes"].append(f"more-{len(new['purposes'])}")


EDITS = [
    _drop("rules"),
    _drop("agreements"),
    _rule_again,
    _rule_again,
    _rule_more,
    _rule_moved,
    _agreement_again,
    _basis,
    _lock,
    _agency,
    _names,
]


def two_policies(r):
    request = a_request(r)
    old = a_policy(r, request)
    return old, a_policy(r, request) if chance(r, 25) else edited(r, old, request)


def cut(policy, agencies, classes, purposes):
    """The policy with less in it, so that every one of its cells can be tried."""
    small = copy.deepcopy(policy)
    small |= {"consents": [], "decisions": [], "locks": small["locks"][:1], "purposes": purposes}
    small["agencies"] = {name: one for name, one in small["agencies"].items() if name in agencies}
    small["classes"] = [{"name": name} for name in classes]
    kept = []
    for thing in [*small["rules"], *small["agreements"], *small["locks"]]:
        for where, key, known in (
            (thing, "classes", classes),
            (thing, "purposes", purposes),
            (thing, "parties", agencies),
            (thing.get("owners") or {}, "agencies", agencies),
            (thing.get("recipients") or {}, "agencies", agencies),
        ):
            if where.get(key) is not None:
                where[key] = [name for name in where[key] if name in known]
                if not where[key]:
                    break
        else:
            kept.append(thing)
    for key in ("rules", "agreements", "locks"):
        small[key] = [thing for thing in small[key][:2] if any(thing is one for one in kept)]
    return small


@pytest.mark.slow
def test_a_diff_equals_brute_force_over_every_cell_of_small_policies():
    seen = 0
    for start in range(12 * FEW):
        r = random.Random(start)
        request = a_request(r)
        agencies = sorted({request["owner"], request["recipient"]["agency"]})
        old = a_policy(r, request)
        new = a_policy(r, request) if start % 3 == 0 else edited(r, old, request)
        old, new = (
            cut(
                one,
                agencies,
                [request["class"], "health"][: r.choice([1, 2])]
                if request["class"] != "health"
                else ["health"],
                [request["purpose"]],
            )
            for one in (old, new)
        )
        brute = naive_diff.differences(old, new)
        assert found(old, new) == brute
        seen += len(brute)
    assert seen > 100 * FEW


@WHOLE
@given(chances())
def test_a_diff_tells_the_truth_of_any_cell(r):
    old, new = two_policies(r)
    told = {cell: (before, after) for cell, before, after in found(old, new)}
    sizes = {name: list(values) for name, values in naive_diff.dimensions(old, new).items()}
    if not sizes["at"]:
        assert not told
        return
    some = [{name: r.choice(values) for name, values in sizes.items()} for _ in range(20)]
    some += [dict(zip(sizes, cell, strict=True)) for cell in r.sample(sorted(told), min(20, len(told)))]
    for cell in some:
        levels = naive_diff.level(old, cell), naive_diff.level(new, cell)
        assert told.get(tuple(cell.values()), (levels[0], levels[0])) == levels


@WHOLE
@given(chances())
def test_a_policy_differs_in_nothing_from_itself_and_backwards_in_the_opposite(r):
    old, new = two_policies(r)
    assert found(old, copy.deepcopy(old)) == set()
    assert {(cell, after, before) for cell, before, after in found(old, new)} == found(new, old)


@WHOLE
@given(chances())
def test_the_groups_hold_every_difference_once(r):
    policies = [consent.from_json(one) for one in two_policies(r)]
    groups = {}
    for one in consent.diff(*policies):
        cell = one.cell
        key = (cell.owner, cell.recipient, cell.class_name, one.before, one.after)
        values = (cell.purpose, cell.role, cell.subject, cell.word, cell.approvals, cell.at)
        groups.setdefault(key, []).append(values)
    told = consent.diff_groups(*policies)
    assert {(g.owner, g.recipient, g.class_name, g.before, g.after) for g in told} == groups.keys()
    for group in told:
        values = groups[group.owner, group.recipient, group.class_name, group.before, group.after]
        assert group.cells == len(values)
        assert (
            group.purposes,
            group.roles,
            group.subjects,
            group.words,
            group.approvals,
            group.instants,
        ) == tuple(tuple(sorted(set(column))) for column in zip(*values, strict=True))
        assert group.own == (group.owner == group.recipient)
    rises = [group.rises for group in told]
    assert rises == sorted(rises, reverse=True)


# ---- by hand -----------------------------------------------------------------------------------------------


def test_a_role_that_rules_name_other_is_no_stranger():
    old = an_example(rules=[a_permit(recipients={"roles": ["other", "other-"]}, subjects=["other"])])
    told = found(old, old | {"rules": []})
    assert {cell[2] for cell, _, _ in told} == {"other", "other-"}
    assert {cell[5] for cell, _, _ in told} == {"other"}
    told = found(old, old | {"rules": [a_permit()]})
    assert {cell[2] for cell, _, _ in told} == {"other", "other-", "other--"}
    assert {cell[5] for cell, _, _ in told} == {"other", "other-"}


def test_stored_consents_and_decisions_are_left_out():
    old = an_example()
    assert found(old, old | {"consents": [], "decisions": []}) == set()


def test_policies_without_a_boundary_have_no_moment_to_be_compared_at():
    nothing = an_example(agreements=[], rules=[], bases=[])
    assert found(nothing, nothing | {"classes": [*nothing["classes"], {"name": "dash"}]}) == set()


def test_the_beginning_of_time_has_no_moment_before_it():
    agreement = an_example()["agreements"][0] | {"from": "0001-01-01T00:00:00Z"}
    old = an_example(rules=[], bases=[], agreements=[agreement])
    new = old | {"agencies": old["agencies"] | {"fire": {"kind": "fire", "sector": "public"}}}
    assert {cell[8] for cell, _, _ in found(old, new)} == {
        "0001-01-01T00:00:00.000000Z",
        "2026-12-31T23:59:59.999999Z",
        "2027-01-01T00:00:00.000000Z",
    }


def test_progress_is_told_for_each_class_and_purpose():
    told, policy = [], consent.from_json(an_example())
    assert list(consent.diff(policy, policy, progress=lambda done, total: told.append((done, total)))) == []
    assert told == [(done, 12) for done in range(1, 13)]


def test_each_number_of_approvals_is_a_dimension():
    old = an_example(rules=[a_permit(approvals=3)])
    told = found(old, old | {"rules": []})
    assert {(cell[0], cell[1], cell[7]) for cell, _, _ in told} == {
        ("police", "almo", 3),
        ("almo", "police", 3),
    }
    told = found(old | {"rules": [a_permit(consent="considered")]}, old | {"rules": []})
    lifted = {(cell[6], cell[7]) for cell, _, _ in told}
    assert lifted == {("granted", 0), ("silent", 0)}
    told = found(old | {"rules": [a_permit(consent="considered")]}, old | {"rules": [a_permit(approvals=1)]})
    assert {(cell[6], cell[7], before, after) for cell, before, after in told} == {
        ("granted", 0, "full", "none"),
        ("silent", 0, "full", "none"),
    }


def test_the_groups_tell_their_progress_too():
    told, policy = [], consent.from_json(an_example())
    assert consent.diff_groups(policy, policy, progress=lambda *done: told.append(done)) == ()
    assert told == [(done, 12) for done in range(1, 13)]


def test_a_difference_that_rises_says_so():
    rise, fall = (
        consent.Difference(consent.Cell("a", "b", "r", "p", "c", "s", "silent", 0, "t"), before, after)
        for before, after in ((Level.NONE, Level.SUMMARY), (Level.FULL, Level.SUMMARY))
    )
    assert (rise.rises, fall.rises) == (True, False)


# ---- the default policy ------------------------------------------------------------------------------------

TEN = [
    "police",
    "idva",
    "childrens",
    "adult-care",
    "nhs",
    "mental-health",
    "housing",
    "probation",
    "substance",
]


@functools.cache
def of_ten():
    whole = completed()
    agencies = {name: whole["agencies"][name] for name in [*TEN, "registered"]}
    agreement = whole["agreements"][0] | {"parties": sorted(agencies)}
    return whole | {"agencies": agencies, "agreements": [agreement]}


def _other_level(rule):
    return {**rule, "level": "presence" if rule["level"] != "presence" else "full"}


def _dropped(rule):
    return None


def _until(rule):
    return {**rule, "until": "2026-05-01T00:00:00Z"}


@pytest.mark.slow
@pytest.mark.parametrize("edit", [_other_level, _dropped, _until])
def test_one_rule_of_the_default_policy_edited(edit):
    old = of_ten()
    r = random.Random(edit.__name__)
    permits = [rule for rule in old["rules"] if rule["effect"] == "permit"]
    for rule in r.sample(permits, FEW):
        changed = edit(rule)
        new = old | {
            "rules": [
                one for one in (changed if one is rule else one for one in old["rules"]) if one is not None
            ]
        }
        told = found(old, new)
        sizes = naive_diff.dimensions(old, new)
        sizes |= {"class": [r.choice(rule["classes"])], "purpose": [r.choice(rule["purposes"])]}
        sizes |= {"recipient": r.sample(sizes["recipient"], 3), "owner": r.sample(sizes["owner"], 2)}
        sizes |= {"role": r.sample(sizes["role"], 3)}
        sliced = {
            one
            for one in told
            if all(one[0][place] in sizes[name] for place, name in enumerate(naive_diff.DIMENSIONS))
        }
        assert sliced == naive_diff.differences(old, new, sizes)
