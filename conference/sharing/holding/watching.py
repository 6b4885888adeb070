"""The thread that asks those who hold agencies' keys whether they still give them, every moment.

What is not given is forgotten at once, and open pages are told. One of these runs in each server process.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait

from conference.db import Database
from conference.repeated import Repeated
from conference.sharing.holding import services
from conference.sharing.holding.models import Standing
from conference.vault.catalogue import Agency

EVERY_SECONDS = 0.5
PATIENCE = 0.4
AT_ONCE = 8
log = logging.getLogger(__name__)


class Watch:
    """Asks, notes, and says in the log what has changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys = services.keyring(database)
        self._said: dict[Agency, Standing] = {}
        self._asked: dict[Agency, Future[bool]] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="holders")
        self._thread = Repeated("key-watch", EVERY_SECONDS, self._round)

    def start(self) -> Watch:
        """Begin, when each holder was asked once, and give itself back."""
        try:
            self.look()
        except Exception:  # a server starts all the same: who was not heard from is dark
            log.exception("the holders of keys could not be asked")
        self._keys.held.watched = True
        self._thread.start()
        return self

    def stop(self) -> None:
        """End; what is being asked is given up."""
        self._keys.held.watched = False
        self._thread.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self) -> None:
        """Ask each holder that has answered the last time, and say what has changed since.

        Who takes long holds up nobody: they are dark when they were not heard from for a while.
        """
        agencies = self._keys.agencies()
        for one, known in agencies.items():
            if known.elsewhere and one not in self._asked:
                self._asked[one] = self._pool.submit(self._keys.probe, *one)
        done, _ = wait(self._asked.values(), PATIENCE)
        self._asked = {one: asked for one, asked in self._asked.items() if asked not in done}
        found = {one: services.standing_now(self._keys, *one) for one in agencies}
        changed = [one for one, standing in found.items() if self._said.get(one) is not standing]
        services.say_all(self._database, changed)
        self._said = found

    def _round(self) -> bool:
        self.look()
        return False
