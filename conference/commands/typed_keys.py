"""What can be typed after `conference keys`."""
# ruff: noqa: PLC0415 - what a command needs is imported when it runs, as in `conference.cli`

from __future__ import annotations

from collections.abc import Callable

import click

from conference.settings import Settings

AGENCY = click.option("--agency", metavar="A", help="Only this one's; also `conference` and `directory`.")
PARTNERSHIP = click.option("--partnership", metavar="ID", help="Only those of one.")
Reading = Callable[[], Settings]


def add_to(program: click.Group, settings: Reading) -> click.Group:
    """Put `keys` and what it can do into the program. Returns it, for others to add to."""

    @program.group()
    def keys() -> None:
        """The keys that agencies' data are sealed under."""

    keys.add_command(_rotate(settings))
    keys.add_command(_destroy_old(settings))
    keys.add_command(_show(settings))
    return keys


def _rotate(settings: Reading) -> click.Command:
    @click.command()
    @AGENCY
    @PARTNERSHIP
    @click.option("--fields", is_flag=True, help="Seal everything anew as well, under new data keys.")
    @click.option("--destroy-old", is_flag=True, help="Then destroy the old ones, as destroy-old does.")
    def rotate(agency: str | None, partnership: str | None, *, fields: bool, destroy_old: bool) -> int:
        """Make a new version of each owner's key and move everything to it, while people work.

        Killed at any point, it goes on when it is typed again. Several may run at once.
        """
        from conference.commands import installing
        from conference.commands import keys as doing

        with installing.opened(settings()) as database:
            return doing.rotate(
                database,
                agency=agency,
                partnership=partnership,
                fields=fields,
                destroy_old=destroy_old,
                tell=click.echo,
            )

    return rotate


def _destroy_old(settings: Reading) -> click.Command:
    @click.command("destroy-old")
    @AGENCY
    @PARTNERSHIP
    def destroy_old(agency: str | None, partnership: str | None) -> int:
        """Destroy old versions and data keys that nothing needs. Backups from before can then not be read."""
        from conference.commands import installing
        from conference.commands import keys as doing

        with installing.opened(settings()) as database:
            return doing.destroy(database, agency=agency, partnership=partnership, wait=True, tell=click.echo)

    return destroy_old


def _show(settings: Reading) -> click.Command:
    @click.command()
    @AGENCY
    @PARTNERSHIP
    def show(agency: str | None, partnership: str | None) -> None:
        """For each owner the versions of its key, what they wrap, and how far a rotation is."""
        from conference.commands import installing
        from conference.commands import keys as doing

        with installing.opened(settings()) as database:
            doing.show(database, agency=agency, partnership=partnership, tell=click.echo)

    return show
