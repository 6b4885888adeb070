"""`conference doctor`: whether an installation is as it must be, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from conference import wall
from conference.clock import now
from conference.commands import migrating, wall_standing
from conference.commands.errors import Stopped
from conference.db import Database
from conference.errors import ConferenceError
from conference.formats import FILTERS
from conference.identity.models import Partnership
from conference.identity.services import list_agencies
from conference.settings import Settings
from conference.sharing.holding import services as holding
from conference.sharing.holding.models import Standing
from conference.sharing.searching.reindexing import is_behind
from conference.trail import ddl, epochs
from conference.trail.errors import LogDisagrees
from conference.trail.models import LogEvent, LogQueue
from conference.trail.soundness import check_events, sound_size
from conference.trail.sqlstore import SqlStore
from conference.trail.witnessing import standing
from conference.vault.catalogue import FILE
from conference.vault.errors import KeyFileBroken, ProviderWrong, RowBroken
from conference.vault.holders import open_keys
from conference.vault.keyfile import KeyFile
from conference.vault.keyring import Keyring
from conference.wall.ddl import BEHIND

SKEW = timedelta(seconds=5)
PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. is_well: whether it is as it must be."""

    is_well: bool
    says: str


def run(settings: Settings, *, tell: Callable[[str], None]) -> int:
    """Tell each finding in a sentence; 0 if all is well, else 1. Changes nothing."""
    faults = 0
    for finding in _findings(settings):
        tell(f"{'ok   ' if finding.is_well else 'WRONG'} {finding.says}")
        faults += not finding.is_well
    tell("All is well." if not faults else f"{faults} {'thing is' if faults == 1 else 'things are'} wrong.")
    return 1 if faults else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    """Everything, in the order in which one thing needs the other."""
    yield _data_folder(settings)
    try:
        keys = open_keys(settings)
    except ProviderWrong as fault:
        yield Finding(is_well=False, says=str(fault))
        return
    except KeyFileBroken as fault:
        yield Finding(is_well=False, says=f"The key file: {fault}.")
        return
    yield Finding(is_well=True, says=f"The key file can be read by its owner alone and holds {_many(keys)}.")
    try:
        missing = migrating.missing(settings.database)
    except Stopped as fault:
        yield Finding(is_well=False, says=str(fault))
        return
    if missing:
        yield Finding(
            is_well=False, says=f"The database lacks {len(missing)} migrations. Run `conference migrate`."
        )
        return
    if not settings.database.startswith("sqlite") and wall.KEY not in keys.names():
        yield Finding(is_well=False, says="The key of the second wall is missing. Run `conference migrate`.")
        return
    database = Database(settings.database, keys, agency=wall.SYSTEM)
    try:
        with database.read() as session:
            yield from _database(session, settings)
            yield from _holders(session, keys)
            for partnership in session.scalars(select(Partnership.id).order_by(Partnership.id)).all():
                yield from _indexes(session, partnership)
                yield from _log(session, partnership, settings)
    finally:
        database.close()


def _indexes(session: Session, partnership: str) -> Iterator[Finding]:
    """Whether people can be found."""
    try:
        behind = is_behind(session, partnership)
    except RowBroken as fault:
        yield Finding(is_well=False, says=f"{partnership}: {fault}.")
        return
    if behind:
        says = (
            f"{partnership}: nobody is found, for the keys of the search indexes are destroyed. "
            "Run `conference search reindex`."
        )
        yield Finding(is_well=False, says=says)


def _many(keys: KeyFile) -> str:
    count = len(keys.names())
    return f"{count:,} {'key' if count == 1 else 'keys'}"


def _holders(session: Session, keys: Keyring) -> Iterator[Finding]:
    """Agencies whose key is not in the key file, or not given."""
    for one in holding.listed(session, keys):
        if one.standing is Standing.GIVEN:
            others = sorted({holder for _, holder in one.holders} - {FILE})
            if others:
                yield Finding(is_well=True, says=f"{', '.join(others)} gives the key of {one.name}.")
            continue
        yield Finding(is_well=one.standing is not Standing.SILENT, says=_DARK[one.standing].format(one.name))


_DARK = {
    Standing.REVOKED: "{} has taken its key back: nothing of theirs opens.",
    Standing.SILENT: "Whoever holds the key of {} does not give it: nothing of theirs opens.",
    Standing.LEFT: "The key of {} was destroyed: nothing of theirs opens.",
}


def _data_folder(settings: Settings) -> Finding:
    if not settings.data.is_dir():
        return Finding(is_well=False, says=f"There is no folder {settings.data}. Run `conference init`.")
    mode = settings.data.stat().st_mode & 0o777
    if mode & 0o077:
        return Finding(
            is_well=False, says=f"Others may enter the data folder (mode {mode:o}). Run chmod 700."
        )
    return Finding(is_well=True, says="The data folder is for its owner alone.")


# --- the database -----------------------------------------------------------------------------------------


def _database(session: Session, settings: Settings) -> Iterator[Finding]:
    if settings.database.startswith("sqlite"):
        yield from _sqlite(session)
    else:
        yield from _postgresql(session, settings)


def _sqlite(session: Session) -> Iterator[Finding]:
    journal = session.scalar(text("PRAGMA journal_mode"))
    yield Finding(is_well=journal == "wal", says=f"SQLite writes ahead (journal_mode is {journal}).")
    synchronous = session.scalar(text("PRAGMA synchronous")) or 0
    yield Finding(
        is_well=synchronous >= 2,
        says=f"SQLite waits for the disk at each commit (synchronous is {synchronous}).",
    )
    sound = session.scalar(text("PRAGMA quick_check(1)"))
    yield Finding(is_well=sound == "ok", says="The database file is sound." if sound == "ok" else f"{sound}.")
    there = set(session.scalars(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")))
    yield _triggers(len(set(ddl.refusal_ddl("sqlite")) - there))


def _postgresql(session: Session, settings: Settings) -> Iterator[Finding]:
    for name, wanted in (("fsync", {"on"}), ("full_page_writes", {"on"}), ("synchronous_commit", _DURABLE)):
        found = session.scalar(text("SELECT current_setting(:name)"), {"name": name})
        yield Finding(is_well=found in wanted, says=f"PostgreSQL's {name} is {found}.")
    enabled = set(session.scalars(text("SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')")))
    wanted_names = {f"{table}_no_{what}" for table in ddl.KEPT for what in ("change", "truncate")}
    yield _triggers(len(wanted_names - enabled))
    yield from _role(session, settings)
    yield from _wall(session, settings)
    theirs = session.scalar(text("SELECT now()"))
    if theirs is not None:
        away = abs(now() - theirs.astimezone(UTC))
        yield Finding(
            is_well=away < SKEW,
            says=f"The database's clock and this machine's are {away.total_seconds():.1f} seconds apart.",
        )


_DURABLE = {"on", "local", "remote_write", "remote_apply"}


def _role(session: Session, settings: Settings) -> Iterator[Finding]:
    """Whether the application's role could change what was logged. Outside production it is only said."""
    must = settings.mode == "production"
    is_super = bool(session.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")))
    yield Finding(
        is_well=not is_super or not must,
        says="The application connects as a superuser, who can switch the log's triggers off."
        if is_super
        else "The application does not connect as a superuser.",
    )
    may = [
        table
        for table in ddl.KEPT
        if session.scalar(
            text("SELECT has_table_privilege(current_user, :table, 'UPDATE, DELETE, TRUNCATE')"),
            {"table": table},
        )
    ]
    yield Finding(
        is_well=not may or not must,
        says=f"The application's role may change or empty {len(may)} log tables; let another role own them."
        if may
        else "The application's role may only add to the log and read it.",
    )


def _wall(session: Session, settings: Settings) -> Iterator[Finding]:
    """The second wall, and the way to the database. Outside production it is only said."""
    must = settings.mode == "production"
    wrong = wall_standing.faults(session)
    if not wrong:
        yield Finding(is_well=True, says=f"The second wall stands before {len(BEHIND)} tables.")
    wrong += wall_standing.connection_faults(session)
    yield from (Finding(is_well=not must, says=one) for one in wrong)


def _triggers(missing: int) -> Finding:
    if missing:
        return Finding(
            is_well=False,
            says=f"{missing} of the triggers that refuse changes of the log are missing or were edited.",
        )
    return Finding(is_well=True, says="The triggers that refuse changes of the log are there.")


# --- the log ----------------------------------------------------------------------------------------------


def _log(session: Session, partnership: str, settings: Settings) -> Iterator[Finding]:
    try:
        size, _ = sound_size(session, partnership)
        check_events(session, partnership, epochs.upto(session, partnership))
    except ConferenceError as fault:
        says = fault.what if isinstance(fault, LogDisagrees) else type(fault).__name__
        yield Finding(is_well=False, says=f"The log of {partnership} is not what was signed: {says}.")
        return
    latest = SqlStore(session, partnership).latest()
    if latest is None:
        yield Finding(is_well=True, says=f"The log of {partnership} is empty.")
    else:
        signed = FILTERS["day_and_hour"](latest.at)
        yield Finding(
            is_well=latest.at <= now() + SKEW,
            says=f"The log of {partnership} has {size:,} entries; its checkpoint was signed {signed}."
            + ("" if latest.at <= now() + SKEW else " That is in the future: check the clock."),
        )
    yield _queue(session, partnership)
    yield from _witnesses(session, partnership, settings, is_empty=latest is None)


def _queue(session: Session, partnership: str) -> Finding:
    query = select(func.min(LogEvent.at)).join(LogQueue, LogQueue.n == LogEvent.n)
    oldest = session.scalar(query.where(LogQueue.partnership_id == partnership))
    if oldest is None or now() - oldest < PATIENCE:
        return Finding(is_well=True, says="No entry waits long for its place in the log.")
    return Finding(
        is_well=False,
        says=f"Entries wait for their place since {FILTERS['day_and_hour'](oldest)}. Does the server run?",
    )


def _witnesses(
    session: Session, partnership: str, settings: Settings, *, is_empty: bool
) -> Iterator[Finding]:
    names = {one.id: one.name for one in list_agencies(session, partnership)}
    refused = standing.refusals(session, partnership)
    for one in refused:
        yield Finding(
            is_well=False,
            says=f"The witness of {names[one.agency_id]} has seen another log ({one.kind}), "
            f"{FILTERS['day_and_hour'](one.at)}. Call your security lead.",
        )
    found = standing.standings(session, partnership)
    for witness in found:
        last = "nothing yet" if witness.at is None else f"last {FILTERS['day_and_hour'](witness.at)}"
        yield Finding(
            is_well=not witness.is_late or is_empty,
            says=f"The witness of {names[witness.agency_id]} cosigned {last}"
            + (" and is late." if witness.is_late and not is_empty else "."),
        )
    if not found:
        yield Finding(
            is_well=settings.mode != "production",
            says="No agency runs a witness: nobody else would see that the log was rewritten.",
        )
