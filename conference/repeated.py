"""What a thread of each server does over and over, until the server ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_LEAST = 0.05  # seconds of rest after a round that took longer than its time

log = logging.getLogger(__name__)


class Repeated:
    """A thread that goes round every so many seconds, and at once again where a round says that more waits.

    A round that fails is logged, and does not end the thread.
    """

    def __init__(self, name: str, seconds: float, one_round: Callable[[], bool]) -> None:
        self._name, self._seconds, self._one_round = name, seconds, one_round
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Repeated:
        """Begin, and give itself back."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End; a round that takes longer than a second is given up with the process."""
        self._stopping.set()
        self._thread.join(1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            if not self._went_round():
                self._stopping.wait(max(_LEAST, self._seconds - (time.monotonic() - began)))

    def _went_round(self) -> bool:
        try:
            return self._one_round()
        except Exception:  # whatever it was: the thread must not die silently, and the next round tries again
            log.exception("a round of %s failed", self._name)
            return False
