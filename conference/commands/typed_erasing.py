"""`conference erase`, as it is typed."""
# ruff: noqa: PLC0415 - what a command needs is imported when it runs, as in `conference.cli`

from __future__ import annotations

from collections.abc import Callable

import click

from conference.settings import Settings


def add_to(program: click.Group, settings: Callable[[], Settings]) -> None:
    """Put the command into the program."""

    @program.command()
    @click.argument("person", required=False, metavar="PERSON")
    @click.option(
        "--approved-by",
        "officers",
        multiple=True,
        metavar="STAFF",
        help="An information governance officer; one of each agency that holds something, two in all.",
    )
    @click.option("--dry-run", is_flag=True, help="Say what would be lost, and change nothing.")
    @click.option("--case", "reference", metavar="REF", help="Say who is in a case, by id and role.")
    @click.option("--agreed", is_flag=True, help="Everybody of whom every agency has erased what it held.")
    @click.option(
        "--lose-shared",
        is_flag=True,
        help="Also what is about others too, where nobody has said what stays about them.",
    )
    @click.option("--finish", is_flag=True, help="Finish what a crash left undone.")
    def erase(
        person: str | None,
        officers: tuple[str, ...],
        reference: str | None,
        *,
        dry_run: bool,
        agreed: bool,
        lose_shared: bool,
        finish: bool,
    ) -> None:
        """Erase a person for good, in backups too. Agencies erase their own records on their own pages."""
        from conference.commands import erasing, installing

        if [person is not None, reference is not None, agreed, finish].count(True) != 1:
            raise click.UsageError("Give a person's id, or one of --case, --agreed and --finish.")
        with installing.opened(settings()) as database:
            if finish:
                erasing.finish(database, tell=click.echo)
            elif reference is not None:
                erasing.people(database, reference, tell=click.echo)
            elif person is None:
                erasing.erase_agreed(database, tell=click.echo)
            elif dry_run:
                erasing.dry_run(database, person, tell=click.echo)
            else:
                erasing.erase(
                    database, person, approved_by=officers, tell=click.echo, lose_shared=lose_shared
                )
