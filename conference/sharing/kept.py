"""What a process keeps between requests, worked out from what it read: bounded, shared by threads.

A key holds everything that a value was worked out from, as its seals say it, so that nothing in here can be
wrong; only old. What is old is not asked for again, and goes first when there is no more room.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from conference.db import Database

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The values used last, at most `most` of them for each database."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._of: WeakKeyDictionary[Database, OrderedDict[Hashable, Value]] = WeakKeyDictionary()

    def get(self, database: Database, key: Hashable) -> Value | None:
        """The value of `key`; None if there is none."""
        with self._lock:
            known = self._of.get(database)
            if known is None or key not in known:
                return None
            known.move_to_end(key)
            return known[key]

    def put(self, database: Database, key: Hashable, value: Value) -> None:
        """Keep `value`, and let the one go that was not used for longest."""
        with self._lock:
            known = self._of.setdefault(database, OrderedDict())
            known[key] = value
            known.move_to_end(key)
            while len(known) > self._most:
                known.popitem(last=False)

    def count(self, database: Database) -> int:
        """How many are kept."""
        with self._lock:
            return len(self._of.get(database, ()))
