"""The web server, gunicorn by its Python interface. Each worker makes the application, after the fork."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from sqlalchemy import select

from conference import create_app
from conference.commands import installing
from conference.commands.errors import Stopped
from conference.identity.models import Partnership
from conference.sharing.files.work import at_work
from conference.sharing.holding.watching import Watch
from conference.trail.errors import LogDisagrees
from conference.trail.sequencer import check_start
from conference.trail.witnessing.asker import asking

if TYPE_CHECKING:
    from flask import Flask

    from conference.db import Database
    from conference.repeated import Repeated
from conference.settings import Settings

# A live room holds one thread for each stream, and pages need some beside them.
THREADS_OF_ONE = 40
THREADS_OF_SEVERAL = 16
GRACE = 10  # seconds for requests under way when it is told to stop


def serve(settings: Settings) -> None:
    """Answer requests until SIGINT or SIGTERM; then end the process.

    Raises Stopped where the database needs migrating, or its log is not what was signed.
    """
    with installing.opened(settings) as database:
        with database.read() as session:
            partnerships = list(session.scalars(select(Partnership.id).order_by(Partnership.id)))
        for partnership in partnerships:
            _check_log(database, partnership)
    importlib.import_module("conference.assembly")  # before the fork: read once, and shared by all workers
    _Server(settings).run()


def _check_log(database: Database, partnership: str) -> None:
    try:
        check_start(database, partnership)
    except LogDisagrees as fault:
        raise Stopped(
            f"The {fault}. Nothing is served from a log that is not what was signed. "
            "Check that CONFERENCE_KEYS names the key file of this database. "
            "If it does, keep both as they are and call your security lead. When they have looked, and two "
            "agencies' information governance officers agree, `conference audit new-epoch` is the one way on."
        ) from None


class _Server(BaseApplication):
    """gunicorn with our settings and nothing from its own command line or environment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: Flask | None = None
        self._threads: list[Repeated | Watch] = []
        super().__init__()

    def load_config(self) -> None:
        for name, value in _options(self._settings).items():
            self.cfg.set(name, value)
        self.cfg.set("worker_exit", self._stop)

    def load(self) -> Any:
        """Called in the worker, after the fork: threads and connections are its own."""
        self._app = create_app(self._settings)
        parts = self._app.extensions["conference"]
        parts.sequencer.start()
        self._threads = [
            Watch(parts.database).start(),
            asking(parts.database).start(),
            at_work(parts.database, self._settings.clamd).start(),
        ]
        return self._app

    def _stop(self, _server: object, _worker: object) -> None:
        """Place what is queued, and give the connections back."""
        if self._app is not None:
            parts = self._app.extensions["conference"]
            for thread in reversed(self._threads):
                thread.stop()
            parts.sequencer.stop()
            parts.database.close()


def _options(settings: Settings) -> dict[str, Any]:
    alone = settings.database.startswith("sqlite")
    return {
        "bind": [settings.bind],
        "workers": 1 if alone else settings.workers,
        "worker_class": "gthread",
        "threads": THREADS_OF_ONE if alone else THREADS_OF_SEVERAL,
        "preload_app": False,
        "timeout": 60,
        "graceful_timeout": GRACE,
        "keepalive": 5,
        "limit_request_line": 8190,  # the most there is: an open page says in its address what it asks about
        "forwarded_allow_ips": "*" if settings.proxies else "127.0.0.1",
        "accesslog": None,
        "control_socket_disable": True,
        "proc_name": "conference",
        "logconfig_dict": _LOGGING,
    }


# Access is logged by the application itself: one line an answer, by route, without anybody's path or address.
_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "conference.web.JsonLines"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    },
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {
        "conference": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
        "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}
