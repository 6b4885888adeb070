"""The `conference` command: reads what was typed, calls one function, says what went wrong in a sentence.

Exit status: 0, 1 for what is wrong with settings, data or input, 2 for what was typed wrongly. What a command
needs is imported when it runs: `conference consent check` needs neither a data folder nor a database.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conference import settings as reading
from conference.commands import agency_keys, typed_backup, typed_erasing, typed_keys, typed_log, typed_search
from conference.errors import BadInput, ConferenceError
from conference.permissions import Role
from conference.settings import BadSettings, Settings

if TYPE_CHECKING:
    from conference.commands.partnerships import Wanted

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
ANYTHING = click.Path(path_type=Path)


def main() -> None:
    """Run one command and end the process."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:  # noqa: PLR0911 - one for each way to end
    """Run one command and return its exit status."""
    try:
        status = conference.main(arguments, prog_name="conference", standalone_mode=False)
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except click.Abort:
        return 130
    except BadSettings as bad:
        return _say(*bad.faults)
    except BadInput as bad:
        return _say(bad.message)
    except ConferenceError as fault:
        return _say(str(fault) or type(fault).__name__)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        return _say(f"{error.filename or 'A file'}: {error.strerror}.")
    except Exception as error:  # noqa: BLE001 - raised again unless it is the database's
        return _say(_of_database(error))
    return status if isinstance(status, int) else 0


def _say(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1


def _of_database(error: Exception) -> str:
    """The sentence for a database that does not do its work; anything else is our fault and raised again."""
    from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

    # A DatabaseError of no narrower kind: SQLite was given a file that is no database.
    if type(error) is DatabaseError or isinstance(error, InterfaceError | OperationalError):
        return (
            f"The database does not answer as it should ({type(error.orig).__name__}). Is it there, and ours?"
        )
    raise error


def tell(sentence: str) -> None:
    """Say how far a command is."""
    click.echo(sentence)


def settings() -> Settings:
    """The settings of this command. Raises BadSettings."""
    return reading.from_environment()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def conference() -> None:
    """Multi-agency case conferences. CONFERENCE_DATA names the folder of an installation."""


# --- installing and running -----------------------------------------------------------------------


@conference.command()
@click.option("--from", "file", type=FILE, help="A partnership's TOML file: agencies, sign-in, agreements.")
@click.option("--partnership", metavar="ID", help="A first partnership, without agencies yet.")
@click.option("--name", help="Its name.")
@click.option("--prefix", help="What its case references begin with, like NM.")
def init(file: Path | None, partnership: str | None, name: str | None, prefix: str | None) -> None:
    """Make an installation, or what is missing of it. Changes nothing that is there."""
    from conference.commands import installing, partnerships

    wanted = _wanted(file, partnership, name, prefix)
    chosen = settings()
    installing.install(chosen, tell=tell)
    if wanted is not None:
        with installing.opened(chosen) as database, database.write() as session:
            partnerships.put(session, wanted, tell=tell)
    tell(f"The installation in {chosen.data} is ready. `conference serve` starts it.")


def _wanted(
    file: Path | None, partnership: str | None, name: str | None, prefix: str | None
) -> Wanted | None:
    from conference.commands.partnerships import Wanted, read

    typed = (partnership, name, prefix)
    if file is not None and any(typed):
        raise click.UsageError("Give either --from, or --partnership with --name and --prefix.")
    if file is not None:
        return read(file)
    if not any(typed):
        return None
    if partnership is None or name is None or prefix is None:
        raise click.UsageError("Give --partnership, --name and --prefix together.")
    return Wanted(partnership, name, prefix)


@conference.command()
@click.option("--grant-to", "role", metavar="ROLE", help="PostgreSQL: the role the application signs in as.")
def migrate(role: str | None) -> None:
    """Bring the database to this version. Make a backup first."""
    from conference.commands import granting, migrating, walling

    chosen = settings()
    database = chosen.database
    migrating.migrate(database, tell=tell)
    walling.put_key(database, chosen.keys)
    if role is not None:
        granting.grant(database, role, tell=tell)


@conference.command()
def serve() -> None:
    """Answer requests until it is told to stop."""
    from conference.server import serve as run_server

    run_server(settings())


@conference.command()
@click.option("--port", type=click.IntRange(1, 65534), default=8000, show_default=True)
@click.option("--data", type=FOLDER, help="Where it is kept; without it, CONFERENCE_DATA.")
@click.option("--seed-only", is_flag=True, help="Write the story and stop.")
def demo(port: int, data: Path | None, *, seed_only: bool) -> None:
    """One partnership's story, with a demo identity provider, on this machine only."""
    from conference.demo import command

    command.run(command.settings_for(data, port), port=port, seed_only=seed_only, tell=tell)


# --- the log --------------------------------------------------------------------------------------


@conference.group()
def audit() -> None:
    """Take the log, or one event's proof, away to be verified elsewhere."""


@audit.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.option("--agency", metavar="A", help="With what opens this agency's own parts.")
@click.option("--partnership", metavar="ID", help="Where there are several.")
@click.option("--epoch", type=click.IntRange(1), help="An earlier one; without it the current.")
@click.option(
    "--from",
    "minimum",
    type=click.IntRange(0),
    metavar="INDEX",
    help="Leave out what ends before this entry.",
)
def export(
    folder: Path, agency: str | None, partnership: str | None, epoch: int | None, minimum: int | None
) -> None:
    """Write the log to a folder that is not there yet, or empty. `python -m audit verify` checks it."""
    from conference.commands import installing, logs

    with installing.opened(settings()) as database:
        logs.export(
            database,
            folder,
            agency=agency,
            partnership=partnership,
            epoch=epoch,
            minimum=minimum,
            tell=tell,
        )


@audit.command()
@click.argument("event")
@click.option(
    "--out", type=FILE, help="Where to; without it EVENT.tlog-proof. The leaf and the key go beside it."
)
def prove(event: str, out: Path | None) -> None:
    """Write the proof that an event is in the log. `python -m audit verify-proof` checks it."""
    from conference.commands import installing, logs

    with installing.opened(settings()) as database:
        for path in logs.prove(database, event, out or Path(f"{event}.tlog-proof")):
            tell(str(path))


typed_log.add_to(conference, audit, settings)
typed_backup.add_to(conference, settings)
agency_keys.add_to(typed_keys.add_to(conference, settings), settings)
typed_erasing.add_to(conference, settings)
typed_search.add_to(conference, settings)


# --- the law --------------------------------------------------------------------------------------


@conference.group()
def consent() -> None:
    """Ask the engine, without a data folder."""


@consent.command("check")
@click.argument("policy", type=ANYTHING)
def check_policy(policy: Path) -> int:
    """Say what is wrong with a policy; nothing, if nothing is."""
    from conference.sharing import commands

    return commands.check(policy, err=sys.stderr.buffer)


@consent.command("decide")
@click.argument("policy", type=ANYTHING)
def decide_requests(policy: Path) -> int:
    """Answer each request on standard input, one JSON object a line, with a decision."""
    from conference.sharing import commands

    streams = sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer
    return commands.decide_lines(policy, stdin=streams[0], stdout=streams[1], stderr=streams[2])


@consent.command("explain")
@click.argument("policy", type=ANYTHING)
def explain_request(policy: Path) -> int:
    """Explain the decision for the request on standard input, one JSON object."""
    from conference.sharing import commands

    streams = sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer
    return commands.explain_request(policy, stdin=streams[0], stdout=streams[1], stderr=streams[2])


@consent.command("diff")
@click.argument("old", type=ANYTHING)
@click.argument("new", type=ANYTHING)
def diff_policies(old: Path, new: Path) -> int:
    """Say which cells two policies decide differently; exit 1 if the new one shows more anywhere."""
    from conference.sharing import commands

    return commands.diff_lines(old, new, stdout=sys.stdout.buffer, stderr=sys.stderr.buffer)


# --- what comes in --------------------------------------------------------------------------------


@conference.group("import")
def importing() -> None:
    """Bring in what an agency's own system gives out. Nothing is offered by importing it."""


@importing.command("fhir")
@click.argument("paths", type=ANYTHING, nargs=-1, required=True, metavar="PATH...")
@click.option("--agency", required=True, metavar="A", help="Whose records they become.")
@click.option("--case", "reference", required=True, metavar="REF", help="The case, like NM-7KQ4XP.")
@click.option(
    "--about", metavar="WHO", help="A person of the case, by id or role, where the files do not say."
)
@click.option("--keep-going", is_flag=True, help="Import what is sound although something else is refused.")
def import_fhir(
    paths: tuple[Path, ...], agency: str, reference: str, about: str | None, *, keep_going: bool
) -> int:
    """FHIR R4 resources, XML or JSON: files, and every file in folders."""
    from conference.commands import installing
    from conference.exchange.commands import run_fhir

    with installing.opened(settings()) as database:
        return run_fhir(
            database,
            paths,
            agency=agency,
            case_reference=reference,
            about=about,
            keep_going=keep_going,
            out=sys.stdout,
        )


@importing.command("csv")
@click.argument("paths", type=ANYTHING, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--map", "plan", required=True, metavar="MAP.toml", help="A map file, or the name of a shipped one."
)
@click.option("--agency", required=True, metavar="A", help="Whose records they become.")
@click.option("--case", "reference", required=True, metavar="REF", help="The case, like NM-7KQ4XP.")
@click.option(
    "--about", metavar="WHO", help="A person of the case, by id or role, where the file does not say."
)
@click.option("--keep-going", is_flag=True, help="Import what is sound although something else is refused.")
def import_csv(
    paths: tuple[Path, ...], plan: str, agency: str, reference: str, about: str | None, *, keep_going: bool
) -> int:
    """An extract, as its map says."""
    from conference.commands import installing
    from conference.exchange.commands import run_csv

    with installing.opened(settings()) as database:
        return run_csv(
            database,
            paths,
            plan=plan,
            agency=agency,
            case_reference=reference,
            about=about,
            keep_going=keep_going,
            out=sys.stdout,
        )


# --- who and what there is ------------------------------------------------------------------------


@conference.group()
def staff() -> None:
    """Who may sign in."""


@staff.command("list")
@click.option("--agency", metavar="A")
def list_staff(agency: str | None) -> None:
    """One a line: id, agency, roles. Names are not shown."""
    from conference.commands import installing, listing

    with installing.opened(settings()) as database, database.read() as session:
        for line in listing.staff(session, agency):
            tell(line)


@staff.command("add")
@click.option("--agency", required=True, metavar="A")
@click.option(
    "--subject", required=True, help="What the agency's provider calls them: the `sub` of its tokens."
)
@click.option("--name", required=True, help="Their name; it is stored sealed.")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="Repeat.",
)
@click.option("--trained-until", type=click.DateTime(["%Y-%m-%d"]), help="Without it they see no case.")
def add_staff(
    agency: str, subject: str, name: str, roles: tuple[str, ...], trained_until: datetime | None
) -> None:
    """Let somebody of an agency sign in."""
    from conference.commands import installing, listing

    until = trained_until.date() if trained_until is not None else None
    with installing.opened(settings()) as database, database.write() as session:
        chosen = [Role(role) for role in roles]
        made = listing.add_staff(
            session, agency, subject=subject, name=name, roles=chosen, trained_until=until
        )
        tell(made.id)


@conference.group()
def agencies() -> None:
    """The agencies that meet."""


@agencies.command("list")
def list_agencies() -> None:
    """One a line: id, kind, sector, sign-in, name."""
    from conference.commands import installing, listing

    with installing.opened(settings()) as database, database.read() as session:
        for line in listing.agencies(session):
            tell(line)


@conference.group()
def cases() -> None:
    """The cases there are."""


@cases.command("list")
def list_cases() -> None:
    """One a line: reference, status, conference type, day opened. Nobody's name."""
    from conference.commands import installing, listing

    with installing.opened(settings()) as database, database.read() as session:
        for line in listing.cases(session):
            tell(line)


if __name__ == "__main__":
    main()
