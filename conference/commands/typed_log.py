"""What can be typed after `conference audit`, beyond taking the log away; and `conference doctor`."""
# ruff: noqa: PLC0415 - what a command needs is imported when it runs, as in `conference.cli`

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from conference.settings import Settings

FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
PARTNERSHIP = click.option("--partnership", metavar="ID", help="Where there are several.")
Reading = Callable[[], Settings]


def add_to(program: click.Group, audit: click.Group, settings: Reading) -> None:
    """Put these commands into the program."""
    audit.add_command(_reconcile(settings))
    audit.add_command(_new_epoch(settings))
    audit.add_command(_witness(settings))
    audit.add_command(_token(settings))
    program.add_command(_doctor(settings))


def _reconcile(settings: Reading) -> click.Command:
    @click.command()
    @click.argument("receipts", type=FILE)
    @PARTNERSHIP
    def reconcile(receipts: Path, partnership: str | None) -> int:
        """Tell which receipts, one a line, are missing from the log or not signed by it."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database:
            return log_standing.reconcile(database, receipts, partnership, tell=click.echo)

    return reconcile


def _new_epoch(settings: Reading) -> click.Command:
    @click.command("new-epoch")
    @click.option(
        "--approved-by",
        "officers",
        multiple=True,
        required=True,
        metavar="STAFF",
        help="An information governance officer; two, of different agencies.",
    )
    @click.option(
        "--last", type=FILE, multiple=True, help="A checkpoint that an agency or witness kept; repeat."
    )
    @click.option("--vkey", type=FILE, help="The log's verifier key, if its own key is lost.")
    @PARTNERSHIP
    def new_epoch(
        officers: tuple[str, ...], last: tuple[Path, ...], vkey: Path | None, partnership: str | None
    ) -> None:
        """Let a log that has lost its end go on. The gap stays visible for ever. Make a backup first."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database:
            log_standing.new_epoch(
                database, partnership, approved_by=officers, last=last, vkey=vkey, tell=click.echo
            )

    return new_epoch


def _witness(settings: Reading) -> click.Group:
    @click.group()
    def witness() -> None:
        """Agencies' machines that cosign the log; they run `python -m audit witness`."""

    @witness.command()
    @click.option("--agency", required=True, metavar="A")
    @click.option("--vkey", required=True, help="The witness's verifier key; it prints it when it starts.")
    @click.option("--url", required=True, help="Where it listens, without /add-checkpoint.")
    def add(agency: str, vkey: str, url: str) -> None:
        """Register a witness, and say which key of the log it needs."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database:
            log_standing.add_witness(database, agency, vkey, url, tell=click.echo)

    @witness.command("list")
    @PARTNERSHIP
    def list_(partnership: str | None) -> None:
        """One a line: id, agency, name, how it goes, what it cosigned last."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database, database.read() as session:
            log_standing.list_witnesses(session, partnership, tell=click.echo)

    @witness.command()
    @PARTNERSHIP
    def policy(partnership: str | None) -> None:
        """Write whose cosignatures make a quorum, for `python -m audit verify --policy`."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database, database.read() as session:
            click.echo(log_standing.policy(session, partnership), nl=False)

    @witness.command()
    @click.argument("witness_id", metavar="WITNESS")
    def remove(witness_id: str) -> None:
        """Ask a witness no more."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database:
            log_standing.remove_witness(database, witness_id, tell=click.echo)

    @witness.command()
    @PARTNERSHIP
    def ask(partnership: str | None) -> int:
        """Ask all witnesses now."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database:
            return log_standing.ask_witnesses(database, partnership, tell=click.echo)

    return witness


def _token(settings: Reading) -> click.Group:
    @click.group()
    def token() -> None:
        """What lets an agency's own machine fetch its copy of the log."""

    @token.command("add")
    @click.option("--agency", required=True, metavar="A")
    def add_token(agency: str) -> None:
        """Make a token. It is shown once."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database:
            log_standing.add_token(database, agency, tell=click.echo)

    @token.command("end")
    @click.argument("token_id", metavar="TOKEN")
    def end_token(token_id: str) -> None:
        """Take a token out of use; give its id, tok_…."""
        from conference.commands import installing, log_standing

        with installing.opened(settings()) as database:
            log_standing.end_token(database, token_id, tell=click.echo)

    return token


def _doctor(settings: Reading) -> click.Command:
    @click.command()
    def doctor() -> int:
        """Look at the installation: database, keys, clock, log, witnesses. 0 if all is well, else 1."""
        from conference.commands import doctoring

        return doctoring.run(settings(), tell=click.echo)

    return doctor
