"""`conference backup`, `backup-keys` and `restore`, as they are typed."""
# ruff: noqa: PLC0415 - what a command needs is imported when it runs, as in `conference.cli`

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from conference.settings import Settings

NEW_FOLDER = click.Path(path_type=Path)
FOLDER = click.Path(file_okay=False, exists=True, path_type=Path)
FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
NEW_FILE = click.Path(path_type=Path)


def add_to(program: click.Group, settings: Callable[[], Settings]) -> None:
    """Put these commands into the program."""

    @program.command()
    @click.argument("folder", type=NEW_FOLDER)
    def backup(folder: Path) -> None:
        """Copy the database, while it is in use, to a new folder. The keys are not in it."""
        from conference.commands import backing_up

        backing_up.back_up(settings(), folder, tell=click.echo)

    @program.command("backup-keys")
    @click.argument("file", type=NEW_FILE)
    def backup_keys(file: Path) -> None:
        """Copy the key file, to be kept apart from the data and for at most 30 days."""
        from conference.commands import backing_up

        backing_up.back_up_keys(settings(), file, tell=click.echo)

    @program.command()
    @click.argument("folder", type=FOLDER)
    @click.option(
        "--witnessed",
        "kept",
        type=FILE,
        multiple=True,
        help="A checkpoint that an agency or a witness kept, to hold the log against; repeat.",
    )
    def restore(folder: Path, kept: tuple[Path, ...]) -> int:
        """Put a backup back where there is no database, and say whether its log lost anything."""
        from conference.commands import restoring

        return 0 if restoring.restore(settings(), folder, kept=kept, tell=click.echo) else 1
