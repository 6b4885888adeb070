"""Answers are durable before they are sent, in groups, and what is wrong with one concerns that one alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

from conference import clock, inputs
from conference.db import Database, Turns
from conference.trail import committing, storing, writing
from conference.trail.committing import Committer
from conference.trail.models import LogEvent, LogQueue
from conference.trail.sequencer import check_start, place
from conference.trail.writing import Prepared
from tests.trail.things import a_field, log

WRITERS = 12


def prepared(database: Database, *, items: int = 1, events: int = 1) -> tuple[list[Prepared], dict[str, int]]:
    """The events of an answer that was decided on the inputs as they are now."""
    with database.read() as session:
        inputs.rests_on(session, "north")
        for _ in range(events):
            log(session, *(a_field(number) for number in range(items)))
        return session.info["prepared"], session.info["inputs"]


def stored(database: Database) -> int:
    with database.read() as session:
        return int(session.scalar(select(func.count()).select_from(LogEvent)) or 0)


@contextmanager
def commits(database: Database) -> Iterator[list[int]]:
    """Counts them."""
    counted: list[int] = []

    def count(_connection: object) -> None:
        counted.append(1)

    for engine in (database._reading, database._writing):
        event.listen(engine, "commit", count)
    try:
        yield counted
    finally:
        for engine in (database._reading, database._writing):
            event.remove(engine, "commit", count)


def waiting_for(committer: Committer, count: int) -> None:
    while len(committer._waiting) < count:
        time.sleep(0.001)


def at_once(work: Sequence[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def held_up(committer: Committer, patch: pytest.MonkeyPatch, count: int) -> Iterator[None]:
    """The first group, of one, is not stored before `count` answers have come: all others are the second."""
    inner = committer._stored

    def waits(session: Any, group: Any, **more: Any) -> list[bool]:
        while len(committer._waiting) + len(group) < count and not seen:
            time.sleep(0.001)
        seen.append(len(group))
        patch.setattr(committing, "MOST", most)
        return inner(session, group, **more)

    seen: list[int] = []
    most = committing.MOST
    patch.setattr(committing, "MOST", 1)
    patch.setattr(committer, "_stored", waits)
    yield
    assert [size for size in seen if size > 1] == [count - 1], seen


def test_a_view_of_600_values_is_one_commit(database: Database) -> None:
    committer = Committer(database)
    ready, seen = prepared(database, items=100, events=6)
    with commits(database) as counted:
        assert committer.log(ready, seen)
    assert len(counted) == 1
    assert stored(database) == 6


def test_what_comes_during_a_commit_is_the_next_group(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    committer = Committer(database)
    answers = [prepared(database) for _ in range(WRITERS)]
    results: list[bool] = []
    with held_up(committer, monkeypatch, WRITERS), commits(database) as counted:
        at_once([lambda one=one: results.append(committer.log(*one)) for one in answers])  # type: ignore[misc]
    assert results == [True] * WRITERS
    assert len(counted) == 2
    assert stored(database) == WRITERS
    assert place(database, "north") == WRITERS
    check_start(database, "north")


def test_an_error_of_one_is_not_the_others(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    committer = Committer(database)
    answers = [prepared(database) for _ in range(WRITERS)]
    bad = answers[5][0][0].event.id
    inner = storing.seal_parts

    def refuses(session: Any, parts: Any) -> list[bytes]:
        if any(part.place.row == bad for part in parts):
            raise ValueError("bad")
        return inner(session, parts)

    monkeypatch.setattr(storing, "seal_parts", refuses)
    results: dict[int, object] = {}

    def work(number: int) -> None:
        try:
            results[number] = committer.log(*answers[number])
        except ValueError as fault:
            results[number] = str(fault)

    with held_up(committer, monkeypatch, WRITERS):
        at_once([lambda number=number: work(number) for number in range(WRITERS)])  # type: ignore[misc]
    assert results == {number: "bad" if number == 5 else True for number in range(WRITERS)}
    assert stored(database) == WRITERS - 1


def test_nobody_waits_for_a_database_that_is_away_more_than_twice(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    committer = Committer(database)
    answers = [prepared(database) for _ in range(WRITERS)]
    tries: list[int] = []

    def away(*_: object) -> None:
        tries.append(1)
        raise OperationalError("INSERT", {}, Exception("gone"))

    monkeypatch.setattr(writing, "commit_prepared", away)
    refused: list[bool] = []

    def work(number: int) -> None:
        with pytest.raises(OperationalError):
            committer.log(*answers[number])
        refused.append(True)

    with held_up(committer, monkeypatch, WRITERS):
        at_once([lambda number=number: work(number) for number in range(WRITERS)])  # type: ignore[misc]
    assert len(refused) == WRITERS
    assert len(tries) == 4  # each group once, and then the first of it
    assert stored(database) == 0


def test_what_does_not_hold_any_more_is_not_logged_and_the_others_are(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    committer = Committer(database)
    old = prepared(database)
    with database.write() as session:
        inputs.moved(session, "north")
    answers = [old, *(prepared(database) for _ in range(WRITERS - 1))]
    results: dict[int, bool] = {}

    def work(number: int) -> None:
        over = clock.now() if number == 1 else clock.now() + timedelta(hours=1)
        results[number] = committer.log(*answers[number], over)

    with held_up(committer, monkeypatch, WRITERS):
        at_once([lambda number=number: work(number) for number in range(WRITERS)])  # type: ignore[misc]
    assert results == {number: number > 1 for number in range(WRITERS)}
    assert stored(database) == WRITERS - 2


def test_it_is_durable_when_log_returns(database: Database) -> None:
    committer = Committer(database)
    for number in range(1, 4):
        assert committer.log(*prepared(database))
        again = Database(database.engine.url.render_as_string(hide_password=False), database.keys)
        assert stored(again) == number
        again.close()


@pytest.mark.parametrize("lost", [True, False], ids=["stored, and the answer lost", "not stored"])
def test_a_commit_that_seemed_to_fail_is_asked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch, *, lost: bool
) -> None:
    """It is tried once more; what is durable already is not stored twice."""
    committer = Committer(database)
    ready = prepared(database)
    failed: list[int] = []
    inner = database.engine.dialect.do_commit

    def fails(connection: Any) -> None:
        if failed:
            inner(connection)
            return
        failed.append(1)
        if lost:
            inner(connection)
        raise OperationalError("COMMIT", {}, Exception("gone"))

    monkeypatch.setattr(database.engine.dialect, "do_commit", fails)
    assert committer.log(*ready)
    assert stored(database) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(LogQueue)) == 1


def test_who_comes_while_the_transaction_begins_is_in_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    committer = Committer(database)
    answers = [prepared(database) for _ in range(WRITERS)]
    inner = committer._begun

    def begins() -> Any:
        waiting_for(committer, WRITERS - 1)  # and the one that leads
        return inner()

    monkeypatch.setattr(committer, "_begun", begins)
    with commits(database) as counted:
        at_once([lambda one=one: committer.log(*one) for one in answers])  # type: ignore[misc]
    assert len(counted) == 1
    assert stored(database) == WRITERS


def test_those_who_are_about_to_come_are_in_the_next_group(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A leader who had company lets others run for as long as somebody comes, and then nobody waits."""
    committer = Committer(database)
    answers = [prepared(database) for _ in range(WRITERS)]
    threads: list[threading.Thread] = []

    def pauses(_seconds: float) -> None:
        if len(threads) < WRITERS - 1:
            one = answers[len(threads) + 1]
            threads.append(threading.Thread(target=committer.log, args=one))
            threads[-1].start()
            waiting_for(committer, len(threads))
        else:
            done.append(True)

    done: list[bool] = []
    committer._before = 2
    monkeypatch.setattr(committing, "time", SimpleNamespace(sleep=pauses))
    with commits(database) as counted:
        assert committer.log(*answers[0])
    for thread in threads:
        thread.join()
    assert len(counted) == 1
    assert stored(database) == WRITERS
    assert done == [True]


def test_whoever_is_alone_pauses_for_nobody(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    committer = Committer(database)
    ready = [prepared(database) for _ in range(3)]
    monkeypatch.setattr(committing, "time", None)
    assert all(committer.log(*one) for one in ready)


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), []
    inside = threading.Event()

    def takes(number: int) -> None:
        with turns:
            order.append(number)

    threads = []
    with turns:
        for number in range(8):
            threads.append(threading.Thread(target=takes, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                inside.wait(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(8))
    with turns:
        pass
