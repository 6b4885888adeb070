"""Whoever is ended at its work holds nobody up; and no answer is taken for durable that is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from conference.db import Database
from conference.trail import committing
from conference.trail.committing import Committer
from tests.trail.test_committing import prepared, stored, waiting_for


class Ended:
    """A gate before which somebody is ended, after `meanwhile`."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile

    def acquire(self) -> None:
        self._meanwhile()
        raise SystemExit

    def release(self) -> None:
        """Nobody is there any longer."""


class Other(threading.Thread):
    """Somebody else's answer. given: what they were told, or what was raised to them."""

    def __init__(self, committer: Committer, database: Database) -> None:
        super().__init__()
        self._committer, self._ready = committer, prepared(database)
        self.given: bool | BaseException | None = None

    def run(self) -> None:
        try:
            self.given = self._committer.log(*self._ready)
        except BaseException as fault:  # noqa: BLE001 - it is what is looked at
            self.given = fault

    def waits(self) -> Other:
        """Start it, and see that it waits."""
        before = len(self._committer._waiting)
        self.start()
        waiting_for(self._committer, before + 1)
        return self

    def told(self) -> bool | BaseException | None:
        self.join(10)
        assert not self.is_alive()
        return self.given


def goes_on(committer: Committer, database: Database, events: int) -> None:
    """Nobody leads, and nobody waits; that many are durable, and the next is as well."""
    assert not committer._is_led
    assert not committer._waiting
    assert stored(database) == events
    assert committer.log(*prepared(database))
    assert stored(database) == events + 1


@pytest.mark.parametrize("error", [SystemExit, OperationalError("BEGIN", {}, Exception("gone"))])
def test_a_transaction_that_does_not_begin_holds_up_nobody_else(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    committer = Committer(database)

    def fails() -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(committer, "_begun", fails)
        with pytest.raises((SystemExit, OperationalError)):
            committer.log(*prepared(database))
    goes_on(committer, database, 0)


def test_nobody_is_forgotten_by_a_leader_who_is_ended(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of its group get an error, and the next group goes on."""
    committer = Committer(database)
    mates = [Other(committer, database) for _ in range(3)]
    later = Other(committer, database)
    inner, take = committer._stored, committer._take

    def takes(*given: Any) -> None:
        monkeypatch.setattr(committer, "_take", take)
        for mate in mates:
            mate.waits()
        take(*given)

    def ends(*_given: Any, **_more: Any) -> list[bool]:
        monkeypatch.setattr(committer, "_stored", inner)
        later.waits()
        raise SystemExit

    monkeypatch.setattr(committer, "_take", takes)
    monkeypatch.setattr(committer, "_stored", ends)
    ended = Other(committer, database)
    ended.start()
    assert isinstance(ended.told(), SystemExit)
    assert [str(mate.told()) for mate in mates] == ["the group was not committed"] * 3
    assert later.told() is True
    goes_on(committer, database, 1)


def test_a_leader_who_is_ended_before_the_group_is_settled_hands_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody of those who wait has been taken yet: they are logged, and get no error."""
    committer = Committer(database)
    others = [Other(committer, database) for _ in range(2)]

    def ends() -> None:
        monkeypatch.undo()
        for other in others:
            other.waits()
        raise SystemExit

    monkeypatch.setattr(committer, "_give_way", ends)
    with pytest.raises(SystemExit):
        committer.log(*prepared(database))
    assert [other.told() for other in others] == [True, True]
    goes_on(committer, database, 2)


def test_whoever_is_ended_when_the_turn_is_theirs_hands_it_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn was given to them, and they were ended before they could take it."""
    committer, ready = Committer(database), prepared(database)
    other = Other(committer, database)

    def the_turn_comes() -> None:
        monkeypatch.undo()
        other.waits()
        committer._hand_on()

    committer._is_led = True  # somebody's group is being committed
    monkeypatch.setattr(committing, "_closed", lambda: Ended(the_turn_comes))
    with pytest.raises(SystemExit):
        committer.log(*ready)
    assert other.told() is True
    goes_on(committer, database, 1)


def test_whoever_is_ended_while_they_wait_is_not_logged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    committer, ready = Committer(database), prepared(database)
    other = Other(committer, database)
    committer._is_led = True  # somebody's group is being committed
    monkeypatch.setattr(committing, "_closed", lambda: Ended(monkeypatch.undo))
    with pytest.raises(SystemExit):
        committer.log(*ready)
    other.waits()
    committer._hand_on()
    assert other.told() is True
    goes_on(committer, database, 1)


def test_whoever_is_ended_in_a_group_holds_nobody_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have sent nothing, and the log says that they were about to: never the other way round."""
    committer, stores = Committer(database), threading.Event()
    ended = Other(committer, database)
    inner = committer._stored

    def stored_meanwhile(*given: Any, **more: Any) -> list[bool]:
        stores.set()
        assert isinstance(ended.told(), SystemExit)
        return inner(*given, **more)

    monkeypatch.setattr(committing, "_closed", lambda: Ended(lambda: stores.wait(10)))
    monkeypatch.setattr(committer, "_stored", stored_meanwhile)
    committer._is_led = True
    ended.waits()
    committer._is_led = False
    ready = prepared(database)
    assert committer.log(*ready)
    monkeypatch.undo()
    goes_on(committer, database, 2)
