"""The data folder: made, opened, and refused with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from conference import wall
from conference.commands import migrating, walling
from conference.commands.errors import Stopped
from conference.db import Database
from conference.settings import Settings
from conference.vault.holders import open_keys
from conference.vault.keyfile import KeyFile

PRIVATE = 0o700


def install(settings: Settings, *, tell: Callable[[str], None]) -> None:
    """Make what is missing: folder, key file, tables. Leaves alone what is there.

    Raises Stopped if there is a database whose keys are gone: new keys would not open it.
    """
    for folder in (settings.data, settings.secrets, settings.keys.parent):
        _make_private(folder)
    if not settings.keys.exists():
        if not _is_new(settings):
            raise Stopped(
                f"There is a database, and no key file at {settings.keys}. "
                "Restore the key file from its own backup, or set CONFERENCE_KEYS to where it is."
            )
        KeyFile.create(settings.keys)
        tell(f"Made the key file {settings.keys}. Keep its backup apart from the database's.")
    migrating.migrate(settings.database, tell=tell)
    walling.put_key(settings.database, settings.keys)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The installation's database, with its keys. Raises Stopped unless it was made and is up to date."""
    check(settings)
    keys = open_keys(settings)
    if not settings.database.startswith("sqlite") and wall.KEY not in keys.names():
        raise Stopped(
            "The database cannot check for whom it is asked: the key of the second wall is missing. "
            "Run `conference migrate` as the tables' owner, with this key file."
        )
    database = Database(settings.database, keys, agency=wall.SYSTEM)
    try:
        yield database
    finally:
        database.close()


def check(settings: Settings) -> None:
    """Raise Stopped unless there is an installation that this version can use."""
    if not settings.keys.exists():
        raise Stopped(
            f"There is nothing in {settings.data} yet: no key file {settings.keys.name}. "
            "Run `conference init` to make an installation there, or correct CONFERENCE_DATA."
        )
    lacking = migrating.missing(settings.database)
    if lacking:
        raise Stopped(
            f"The database lacks {len(lacking)} migrations, from {lacking[0]} on. "
            "Make a backup, run `conference migrate`, and try again."
        )


def _is_new(settings: Settings) -> bool:
    """Whether nothing was ever stored: no SQLite file, or a database without migrations."""
    if settings.database.startswith("sqlite"):
        return not Path(make_url(settings.database).database or "").exists()
    return migrating.is_empty(settings.database)


def _make_private(folder: Path) -> None:
    try:
        missing = not folder.is_dir()
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if missing:
            folder.chmod(PRIVATE)
    except OSError as error:
        raise Stopped(f"The folder {folder} cannot be made: {error.strerror}. Choose another one.") from None
