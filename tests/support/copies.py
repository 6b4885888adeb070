"""A world that was told once, copied for each test, and closed after it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

from conference import wall
from conference.db import Database
from conference.vault import nonces
from conference.vault.keyfile import KeyFile
from tests.support.postgres import APPLICATION, Cluster, as_role
from tests.support.world import World, copied, settings_for

Tell = Callable[[Path, str], World]  # a folder, and the address of an empty database

_TOLD: WeakKeyDictionary[Cluster, dict[str, World]] = WeakKeyDictionary()


@contextmanager
def on_sqlite(told: World, data: Path) -> Iterator[World]:
    """The same world in the folder `data`."""
    one = copied(told, data)
    try:
        yield one
    finally:
        one.database.close()


@contextmanager
def on_postgres(cluster: Cluster, name: str, tell: Tell, data: Path) -> Iterator[World]:
    """The world that `tell` tells, in a database of its own; its keys are in `data`.

    name: of the template; whoever uses the same name means the same world.
    """
    made = _told(cluster, name, tell)
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(made.settings.keys, data / "conference.keys")
    with cluster.database(name) as root:
        settings = settings_for(data, as_role(root, APPLICATION))
        database = Database(settings.database, KeyFile.open(settings.keys), agency=wall.SYSTEM)
        nonces.begin(database)  # as the application does when it starts
        try:
            yield replace(
                made,
                settings=settings,
                database=database,
                root=root,
                staff=dict(made.staff),
                people=dict(made.people),
                fields=dict(made.fields),
                events=dict(made.events),
                afterwards=dict(made.afterwards),
            )
        finally:
            database.close()


def _told(cluster: Cluster, name: str, tell: Tell) -> World:
    worlds = _TOLD.setdefault(cluster, {})

    def fill(url: str) -> None:
        folder = tempfile.TemporaryDirectory(prefix="world-")
        atexit.register(folder.cleanup)
        worlds[name] = tell(Path(folder.name), url)
        worlds[name].database.close()

    cluster.template(name, fill)
    return worlds[name]
