"""What can be typed after `conference search`."""
# ruff: noqa: PLC0415 - what a command needs is imported when it runs, as in `conference.cli`

from __future__ import annotations

from collections.abc import Callable

import click

from conference.settings import Settings

Reading = Callable[[], Settings]


def add_to(program: click.Group, settings: Reading) -> None:
    """Put these commands into the program."""

    @program.group()
    def search() -> None:
        """How people are found."""

    search.add_command(_reindex(settings))


def _reindex(settings: Reading) -> click.Command:
    @click.command()
    @click.option("--partnership", metavar="ID", help="One alone; otherwise each in turn.")
    def reindex(partnership: str | None) -> int:
        """Make every index anew under new keys, then destroy the old ones. Stopped, it goes on from there."""
        from sqlalchemy import select

        from conference.commands import installing
        from conference.commands.errors import Stopped
        from conference.identity.models import Partnership
        from conference.sharing.searching.reindexing import reindex as run

        with installing.opened(settings()) as database:
            with database.read() as session:
                known = session.scalars(select(Partnership.id).order_by(Partnership.id)).all()
            if partnership is not None and partnership not in known:
                raise Stopped(f"There is no partnership {partnership}.")
            wanted = known if partnership is None else [partnership]
            done = [run(database, one, tell=click.echo) for one in wanted]
            return 0 if all(done) else 1

    return reindex
