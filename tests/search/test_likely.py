"""Who may be among the likeliest is found by counting; weighing everybody would choose the same people."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from conference.sharing.searching.likely import _worth_weighing

IDS = st.integers(1, 25)
LISTS = st.lists(
    st.tuples(st.sampled_from([2.5, 3.0, 4.7, 5.0, 6.0]), st.sets(IDS, max_size=12)), min_size=1, max_size=9
)


@given(LISTS, st.sets(IDS, max_size=20), st.integers(1, 6), st.sampled_from([0.0, 2.0, 5.1, 12.0]))
def test_counting_leaves_nobody_out_whom_weighing_would_choose(
    lists: list[tuple[float, set[int]]], seen: set[int], most: int, floor: float
) -> None:
    visible = {one: f"fld_{one}" for one in seen}
    named = [array("Q", [*ids, 0, 0]) for _, ids in lists]
    weights = sorted(weight for weight, _ in lists)
    worth = _worth_weighing(named, visible, weights, most, floor)
    scores = {one: sum(weight for weight, ids in lists if one in ids) for one in seen}
    held = {one: score for one, score in scores.items() if score and score >= floor}
    best = sorted(held, key=lambda one: (-held[one], visible[one]))[:most]
    assert set(best) <= worth <= seen


def test_who_cannot_be_among_them_is_not_weighed() -> None:
    named = [array("Q", [*range(1, 9), 0]), *(array("Q", [1, 2, 0]) for _ in range(4))]
    visible = {one: str(one) for one in range(1, 9)}
    assert _worth_weighing(named, visible, [5.0] * 5, 2, 1.0) == {1, 2}
