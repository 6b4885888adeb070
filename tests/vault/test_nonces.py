"""Nonces never come twice: what is sealed is counted, durably and never too low; full keys are replaced."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress

import pytest
from sqlalchemy import event, func, select

from conference.db import Database
from conference.vault import nonces
from conference.vault.bodies import Part, seal_parts
from conference.vault.envelope import key_id_in
from conference.vault.keyfile import KeyFile
from conference.vault.models import DataKey, SealingCount, SealingRun
from conference.vault.nonces import Bounds
from conference.vault.seal import Place, Value, seal_all
from conference.vault.unseal import Sealed, open_all

LOW = Bounds(most=200, free=4, block=16)


@pytest.fixture(autouse=True)
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonces, "BOUNDS", LOW)


def values(count: int, start: int = 0) -> list[Value]:
    return [
        Value(f"value {number}", "north", "police", ("per_ann",), Place("field", f"fld_{number}", "value/1"))
        for number in range(start, start + count)
    ]


def put(database: Database, given: list[Value]) -> list[Sealed]:
    with database.write() as session:
        blobs = seal_all(session, given)
    return [Sealed(blob, "north", "police", one.place) for blob, one in zip(blobs, given, strict=True)]


def counted(database: Database) -> Counter[str]:
    """At most so many values were sealed with each data key, as the database says it."""
    with database.read() as session:
        runs = session.scalar(select(func.max(SealingRun.id))) or 0
        ids = session.scalars(select(DataKey.id)).all()
        said = nonces.totals(session, ids)
        return Counter({one: said.get(one, 0) + runs * nonces.BOUNDS.free for one in ids})


def used(sealed: list[Sealed]) -> Counter[bytes]:
    return Counter(one.blob[1:17] for one in sealed)


def again(database: Database) -> Database:
    """As another process that opens it."""
    return Database(str(database.engine.url.render_as_string(hide_password=False)), database.keys)


def test_a_full_data_key_is_replaced_and_what_it_sealed_still_opens(database: Database) -> None:
    sealed = [one for start in range(0, 700, 7) for one in put(database, values(7, start))]
    by_key = used(sealed)
    assert len(by_key) > 2
    assert max(by_key.values()) <= LOW.most
    assert len({one.blob[17:29] for one in sealed}) == len(sealed)
    with database.read() as session:
        assert open_all(session, sealed) == [f"value {number}" for number in range(700)]
        current = session.scalars(select(DataKey.current)).all()
    assert Counter(current) == {True: 1, False: len(by_key) - 1}


def test_parts_of_the_log_are_counted_too(database: Database) -> None:
    blobs = []
    for number in range(60):
        parts = [
            Part(b"x", "north", "police", Place("log_part", f"evt_{number}", str(at))) for at in range(9)
        ]
        with database.write() as session:
            blobs += seal_parts(session, parts)
    assert len({blob[1:17] for blob in blobs}) > 2
    assert max(Counter(blob[1:17] for blob in blobs).values()) <= LOW.most


def test_the_count_is_never_too_low_whatever_is_rolled_back_or_dies(database: Database) -> None:
    sealed = []
    for start in range(0, 300, 10):
        if start % 3 == 0:  # another process, which died
            other = again(database)
            sealed += put(other, values(10, start))
            other.close()
        else:
            with suppress(ZeroDivisionError), database.write() as session:
                seal_all(session, values(10, 1_000 + start))
                raise ZeroDivisionError
            sealed += put(database, values(10, start))
        said, real = counted(database), used(sealed)
        assert all(said[_id(short)] >= count for short, count in real.items())


def _id(short: bytes) -> str:
    return key_id_in(b"\1" + short)


def test_what_a_rolled_back_transaction_used_is_taken_again_before_more_is(database: Database) -> None:
    put(database, values(1))
    with suppress(ZeroDivisionError), database.write() as session:
        seal_all(session, values(30, 100))
        raise ZeroDivisionError
    put(database, values(1, 1))
    with database.read() as session:
        assert session.scalar(select(func.sum(SealingCount.taken))) == 32


def test_threads_and_processes_together_stay_below_the_bound(database: Database) -> None:
    others = [again(database) for _ in range(2)]
    sealed: list[Sealed] = []
    faults: list[BaseException] = []

    def work(own: Database, first: int) -> None:
        try:
            for start in range(first, first + 200, 10):
                sealed.extend(put(own, values(10, start)))
        except BaseException as fault:  # noqa: BLE001 - shown by the assertion
            faults.append(fault)

    pairs = [(own, number * 1_000) for number, own in enumerate([database, others[0], others[1], others[0]])]
    threads = [threading.Thread(target=work, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    room = len(pairs) * (LOW.block + LOW.free + 10)  # what several may take at the same moment
    assert max(used(sealed).values()) <= LOW.most + room
    for other in others:
        other.close()


def test_counting_costs_no_statement_for_each_value_nor_for_each_transaction(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nonces, "BOUNDS", Bounds())
    put(database, values(1))
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for start in range(10):
        put(database, values(20, start * 20))
    assert not [one for one in asked if "sealing_" in one]


def test_the_bound_is_long_before_a_nonce_is_likely_to_repeat() -> None:
    usual = Bounds()
    assert usual.most == 2**28
    # Birthday bound over 96 random bits, with all that several processes may take too much: below 2^-32.
    worst = usual.most + 64 * (usual.block + usual.free)
    assert worst**2 / 2 / 2**96 < 2**-32


def test_the_key_of_an_owner_wraps_far_fewer_than_that(database: Database, keys: KeyFile) -> None:
    """One wrapping for each data key, however much that seals."""
    put(database, values(50))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(DataKey)) == 1
    assert keys.current_version("north", "police") == 1
