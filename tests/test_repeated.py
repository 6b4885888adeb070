"""The thread that goes round: again after a fault, at once while more waits, never after it was stopped."""

from __future__ import annotations

import threading
import time

from conference.repeated import Repeated


def test_a_round_that_fails_is_not_the_last() -> None:
    rounds, enough = [], threading.Event()

    def one_round() -> bool:
        rounds.append(time.monotonic())
        if len(rounds) == 3:
            enough.set()
        raise ValueError("this round")

    going = Repeated("failing", 0.0, one_round).start()
    assert enough.wait(10)
    going.stop()


def test_it_goes_on_at_once_while_more_waits_and_rests_then() -> None:
    left, rested = [5], threading.Event()

    def one_round() -> bool:
        if not left[0]:
            rested.set()
            return False
        left[0] -= 1
        return True

    going = Repeated("busy", 3600.0, one_round).start()
    assert rested.wait(10)
    going.stop()
    assert left == [0]


def test_it_is_stopped_while_it_rests() -> None:
    rounds: list[int] = []

    def one_round() -> bool:
        rounds.append(1)
        return False

    going = Repeated("resting", 3600.0, one_round).start()
    until = time.monotonic() + 10
    while not rounds and time.monotonic() < until:
        time.sleep(0.001)
    going.stop()
    assert "resting" not in {thread.name for thread in threading.enumerate()}
    assert rounds == [1]
