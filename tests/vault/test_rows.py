"""A row's seal: the same for the same parts, another for whatever differs, and none without the key."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conference.vault.errors import RowBroken
from conference.vault.keyfile import KeyFile
from conference.vault.rows import check_row, list_parts, plain, row_seal

TEXT = st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["null", '","', "\x1f", "\\"]))
PARTS = st.lists(TEXT, max_size=5).map(tuple)


def test_what_was_sealed_is_right(keys: KeyFile) -> None:
    seal = row_seal(keys, "north", "field", ("fld_1", None, "full"))
    assert len(seal) == 16
    check_row(keys, "north", "field", "fld_1", ("fld_1", None, "full"), seal)


@pytest.mark.parametrize(
    ("partnership", "table", "parts"),
    [
        ("south", "field", ("fld_1", None, "full")),
        ("nowhere", "field", ("fld_1", None, "full")),
        ("no name for a key", "field", ("fld_1", None, "full")),
        ("north", "staff", ("fld_1", None, "full")),
        ("north", "field", ("fld_2", None, "full")),
        ("north", "field", ("fld_1", "", "full")),
        ("north", "field", ("fld_1", "null", "full")),
        ("north", "field", ("fld_1", "full", None)),
        ("north", "field", ("fld_1", None, "full", None)),
        ("north", "field", ("fld_1", None)),
    ],
)
def test_whatever_differs_is_refused(
    keys: KeyFile, partnership: str, table: str, parts: tuple[str | None, ...]
) -> None:
    seal = row_seal(keys, "north", "field", ("fld_1", None, "full"))
    row_seal(keys, "south", "field", ("fld_1",))  # so that there is such a key
    with pytest.raises(RowBroken) as caught:
        check_row(keys, partnership, table, "fld_1", parts, seal)
    assert caught.value.status == 500
    assert caught.value.place == f"{table} fld_1"
    assert str(caught.value).startswith(f"{table} fld_1: ")
    assert "full" not in str(caught.value)


@pytest.mark.parametrize("seal", [None, b"", bytes(16), b"x"])
def test_no_seal_and_a_made_up_one_are_refused(keys: KeyFile, seal: bytes | None) -> None:
    row_seal(keys, "north", "field", ("fld_1",))
    with pytest.raises(RowBroken):
        check_row(keys, "north", "field", "fld_1", ("fld_1",), seal)


def test_checking_makes_no_key(keys: KeyFile) -> None:
    with pytest.raises(RowBroken):
        check_row(keys, "north", "field", "fld_1", ("fld_1",), bytes(16))
    assert keys.names() == []


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> KeyFile:
    return KeyFile.create(tmp_path_factory.mktemp("keys") / "keys.jsonl")


@given(first=PARTS, second=PARTS)
def test_two_seals_are_one_only_for_the_same_parts(
    one: KeyFile, first: tuple[str | None, ...], second: tuple[str | None, ...]
) -> None:
    seals = [row_seal(one, "north", "field", parts) for parts in (first, second)]
    assert (seals[0] == seals[1]) is (first == second)


def test_a_list_has_its_rows_in_any_order_and_all_of_them() -> None:
    rows = [("consent", "cns_1", b"a"), ("consent", "cns_2", b"b"), ("decision", "dcn_1", b"c")]
    whole = list_parts("per_1", rows)
    assert list_parts("per_1", rows[::-1]) == whole
    others = [rows[1:], rows[:-1], [], [*rows, rows[0]], [("consent", "cns_1", b"x"), *rows[1:]]]
    assert all(list_parts("per_1", other) != whole for other in others)
    assert list_parts("per_2", rows) != whole


def test_a_value_is_the_same_before_and_after_it_was_stored() -> None:
    at = datetime(2026, 7, 1, 10, 0, 0, 5, UTC)
    assert (
        plain(at) == plain(at.astimezone(timezone(timedelta(hours=1)))) == "2026-07-01T10:00:00.000005+00:00"
    )
    assert plain(date(2026, 7, 1)) == "2026-07-01"
    assert (plain(None), plain(True), plain(1), plain("x")) == (None, "yes", "1", "x")
    assert plain(b"\x01") == plain(memoryview(b"\x01")) == "01"
    with pytest.raises(TypeError):
        plain(1.5)
