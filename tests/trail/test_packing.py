"""What is framed comes back, what was cut is noticed, and a group's salts say nothing by their length."""

from __future__ import annotations

import hmac
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from audit.event import SALT_BYTES, empty_commitments
from conference.db import Database
from conference.trail.models import LogEvent, LogSalts
from conference.trail.opening import open_bodies
from conference.trail.packing import ITEMS, NOTE, PART, Piece, Torn, framed, of_agency, pieces, salts_of
from conference.vault.bodies import SEAL_BYTES
from tests.trail.things import log, log_together

AGENCIES = ("police", "almo", "idva")
PIECES = st.lists(
    st.builds(
        Piece,
        st.sampled_from([PART, ITEMS, NOTE]),
        st.sampled_from(AGENCIES),
        st.integers(0, 2**16 - 1),
        st.binary(max_size=300),
    ),
    max_size=8,
)


@given(PIECES)
def test_what_is_framed_comes_back(given_: list[Piece]) -> None:
    frame = b"".join(framed(*one) for one in given_)
    assert pieces(frame) == given_
    for agency in AGENCIES:
        assert of_agency(frame, agency) == [one for one in given_ if one.agency == agency]


@given(PIECES.filter(bool), st.data())
def test_a_frame_that_was_cut_gives_whole_pieces_or_none(given_: list[Piece], data: st.DataObject) -> None:
    frame = b"".join(framed(*one) for one in given_)
    cut = frame[: data.draw(st.integers(0, len(frame) - 1))]
    try:
        found = pieces(cut)
    except Torn:
        return
    assert found == given_[: len(found)]
    assert len(found) < len(given_)


@given(st.lists(st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES), max_size=20))
def test_commitments_to_nothing_are_hmacs(salts: list[bytes]) -> None:
    assert empty_commitments(salts) == [hmac.digest(salt, b"{}", "sha256") for salt in salts]


@pytest.mark.parametrize("count", [1, 5])
def test_a_group_has_one_row_of_fresh_salts_as_long_for_each_agency(database: Database, count: int) -> None:
    agencies = ["almo" if number % 2 else "idva" for number in range(count)]
    log_together(database, [partial(log, agency=one) for one in agencies])
    with database.read() as session:
        row = session.scalars(select(LogSalts)).one()
        events = session.scalars(select(LogEvent).order_by(LogEvent.n)).all()
        assert [(one.salts, one.ordinal) for one in events] == [(row.n, at) for at in range(count)]
        assert row.count == count
        assert len(row.sealed) == len(AGENCIES) * (SEAL_BYTES + count * SALT_BYTES)
        assert len({salts_of(row.sealed, count, at) for at in range(len(AGENCIES))}) == len(AGENCIES)
        ids = [one.id for one in events]
        salts = [
            body.salt for agency in AGENCIES for body in open_bodies(session, "north", agency, ids).values()
        ]
    assert len(set(salts)) == len(AGENCIES) * count
    assert bytes(SALT_BYTES) not in salts
