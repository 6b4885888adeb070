"""A thread of its own for what may hang: it is left behind then, and keeps no program from ending."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Apart:
    """Makes calls one after the other, in one thread."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def ask(self, call: Callable[[], T], timeout: float) -> T:
        """What `call` gives, or raises. Raises TimeoutError after so many seconds."""
        future: Future[T] = Future()
        self._calls.put((future, call))
        try:
            return future.result(timeout)
        except TimeoutError:
            future.cancel()
            raise

    def _run(self) -> None:
        while True:
            future, call = self._calls.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again to whoever asked
                future.set_exception(error)
