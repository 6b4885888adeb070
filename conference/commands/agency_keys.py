"""What can be typed after `conference keys` about who holds an agency's key, and whether it is given."""
# ruff: noqa: PLC0415 - what a command needs is imported when it runs, as in `conference.cli`

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from conference.settings import Settings

AGENCY = click.option("--agency", required=True, metavar="A", help="Whose key.")
FOLDER = click.Path(file_okay=False, path_type=Path)
WORDS = {
    "given": "given",
    "revoked": "taken back: nothing of theirs opens",
    "silent": "its holder is not answering: nothing of theirs opens",
    "left": "destroyed: nothing of theirs opens again",
}
Reading = Callable[[], Settings]


def add_to(keys: click.Group, settings: Reading) -> None:
    """Put these commands into the group."""
    for made in (_holders, _use, _revoke, _grant, _leave):
        keys.add_command(made(settings))


def _holders(settings: Reading) -> click.Command:
    @click.command()
    def holders() -> int:
        """One agency a line: who holds its key, and whether it is given now. Exits 1 if one is not."""
        from conference.commands import installing
        from conference.sharing.holding import services
        from conference.sharing.holding.models import Standing

        with installing.opened(settings()) as database, database.read() as session:
            lines = services.listed(session, services.keyring(database))
            for one in lines:
                held = ", ".join(f"version {version}: {holder}" for version, holder in one.holders)
                click.echo(f"{one.agency_id}  {WORDS[one.standing.value]}  {held or 'no key yet'}")
        return 1 if any(one.standing is not Standing.GIVEN for one in lines) else 0

    return holders


def _use(settings: Reading) -> click.Command:
    @click.command()
    @AGENCY
    @click.option("--holder", required=True, metavar="NAME", help="A name of the providers' file, or `file`.")
    def use(agency: str, holder: str) -> int:
        """Let somebody else hold an agency's key, and move everything to it, as `rotate` does.

        Killed at any point, `conference keys rotate` goes on.
        """
        from conference.commands import installing
        from conference.commands import keys as doing
        from conference.sharing.holding import services

        with installing.opened(settings()) as database:
            services.prefer(database, agency, holder)
            status = doing.rotate(database, agency=agency, tell=click.echo)
            if services.holder_of(database, agency) != holder:
                click.echo("An earlier rotation is done now. Type it again for this one.")
                return 1
        return status

    return use


def _revoke(settings: Reading) -> click.Command:
    @click.command()
    @AGENCY
    def revoke(agency: str) -> None:
        """Take an agency's key out of use: at once nothing of theirs opens, for nobody, anywhere."""
        from conference.commands import installing
        from conference.sharing.holding import services

        with installing.opened(settings()) as database:
            services.revoke(database, agency)
        click.echo(f"Nothing of {agency} opens now. `conference keys grant --agency {agency}` gives it back.")

    return revoke


def _grant(settings: Reading) -> click.Command:
    @click.command()
    @AGENCY
    def grant(agency: str) -> int:
        """Give an agency's key again. Exits 1 if whoever holds it does not."""
        from conference.commands import installing
        from conference.sharing.holding import services
        from conference.sharing.holding.models import Standing

        with installing.opened(settings()) as database:
            standing = services.grant(database, agency)
        click.echo(f"The key of {agency}: {WORDS[standing.value]}.")
        return 0 if standing is Standing.GIVEN else 1

    return grant


def _leave(settings: Reading) -> click.Command:
    @click.command()
    @AGENCY
    @click.option("--out", type=FOLDER, required=True, help="A new folder: what the agency held, opened.")
    @click.option(
        "--for", "officer", required=True, metavar="STAFF", help="Their IG officer, to whom it is handed."
    )
    @click.option("--destroy", is_flag=True, help="Then destroy every version of their key. For good.")
    @click.option("--yes", metavar="A", help="With --destroy: the agency again, instead of being asked.")
    def leave(agency: str, out: Path, officer: str, *, destroy: bool, yes: str | None) -> None:
        """Export what an agency holds, its records opened and its part of the log, for the agency itself."""
        from conference.commands import installing, logs
        from conference.commands.errors import Stopped
        from conference.sharing.holding import leaving, services

        if destroy and yes is None:
            yes = click.prompt(f"Nothing of {agency} will ever open again. Type {agency} to go on")
        if destroy and yes != agency:
            raise Stopped("Nothing was exported, nothing was destroyed.")
        with installing.opened(settings()) as database:
            done = leaving.export(database, agency, officer, out)
            logs.export(database, out / "log", agency=agency, partnership=None, tell=click.echo)
            click.echo(
                f"{done.cases} cases, {done.entries} entries, {done.documents} documents are in {out}."
            )
            if done.left_out:
                left_out = f"{done.left_out} cases are not among them: {officer} is kept out of those."
                if destroy:
                    raise Stopped(f"{left_out} Nothing was destroyed. Name an officer who is not.")
                click.echo(left_out)
            if destroy:
                for sentence in services.destroy_all(database, agency):
                    click.echo(sentence)
                click.echo(f"The key of {agency} is destroyed. What they held is gone from here.")

    return leave
