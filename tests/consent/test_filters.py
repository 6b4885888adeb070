"""Each filter of a rule, matching and not, by example."""

import pytest

import consent
from tests.consent.examples import a_policy, a_request, a_rule
from tests.consent.naive import answer

FILTERS = {
    "owners-kinds": ({"owners": {"kinds": ["police"]}}, {"owners": {"kinds": ["housing", "idva"]}}),
    "owners-agencies": ({"owners": {"agencies": ["police"]}}, {"owners": {"agencies": ["almo", "refuge"]}}),
    "recipients-kinds": (
        {"recipients": {"kinds": ["housing"]}},
        {"recipients": {"kinds": ["police", "idva"]}},
    ),
    "recipients-agencies": (
        {"recipients": {"agencies": ["almo"]}},
        {"recipients": {"agencies": ["police", "refuge"]}},
    ),
    "recipients-roles": (
        {"recipients": {"roles": ["representative"]}},
        {"recipients": {"roles": ["observer"]}},
    ),
    "purposes": ({"purposes": ["harm"]}, {"purposes": ["help"]}),
    "classes": ({"classes": ["health"]}, {"classes": ["identity", "healthcare"]}),
    "subjects": ({"subjects": ["victim"]}, {"subjects": ["perpetrator"]}),
}


def reason(*filters):
    policy = a_policy(
        consents=[], decisions=[], rules=[a_rule(**{key: one[key] for one in filters for key in one})]
    )
    decision = consent.decide(consent.from_json(policy), a_request()).as_json()
    assert decision == answer(policy, a_request())
    return decision["reason"]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_lets_through_what_it_names_and_nothing_else(name):
    lets, stops = FILTERS[name]
    assert reason(lets) == "permitted"
    assert reason(stops) == "no-rule"


@pytest.mark.parametrize("name", FILTERS)
def test_one_filter_that_stops_is_enough(name):
    others = [
        lets for other, (lets, _) in FILTERS.items() if other.partition("-")[0] != name.partition("-")[0]
    ]
    assert reason(*others) == "permitted"
    assert reason(*others, FILTERS[name][1]) == "no-rule"
