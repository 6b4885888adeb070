"""The commands `conference import fhir` and `conference import csv`, without their command line.

Everything is read before the database is asked, and all of one command is one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TextIO

from conference import clock
from conference.cases.services import case_by_reference
from conference.db import Database
from conference.errors import BadInput, NotFound
from conference.exchange import fhir_map, service
from conference.exchange.csv_map import read_extract
from conference.exchange.csv_plan import Plan, load_plan
from conference.exchange.csv_read import LARGEST_EXTRACT
from conference.exchange.files import read_bytes, walk
from conference.exchange.found import Fault, Malformed, Outcome, Parsed, What, printable, refused
from conference.identity.services import get_agency
from conference.ids import new_id

OK, REFUSED, USAGE = 0, 1, 2
_LARGEST_RUN = 500 * 1024 * 1024
_MANY = 200


class _Undo(Exception):
    """Nothing was written that should stay."""


def run_fhir(
    database: Database,
    paths: Sequence[Path],
    *,
    agency: str,
    case_reference: str,
    about: str | None,
    keep_going: bool,
    out: TextIO,
) -> int:
    """Import FHIR files, and every file in folders, and write a line for each resource.

    Returns 0 if nothing was refused, 1 if something was, 2 if the command itself cannot be used.
    """
    found: list[Parsed | None] = []
    contents: list[tuple[str, bytes]] = []
    size = 0
    for count, given in enumerate(walk(paths), start=1):
        place = printable(str(given.path))
        if count % _MANY == 0:
            print(f"read {count} files", file=out, flush=True)
        try:
            content = b"" if given.fault else read_bytes(given.path)
        except Malformed as error:
            found.append(refused(place, *error.faults))
            continue
        size += len(content)
        if given.fault is not None:
            found.append(refused(place, given.fault))
        elif size > _LARGEST_RUN:
            found.append(refused(place, Fault("", "too much for one command; give fewer files")))
        else:
            contents.append((place, content))
            found.append(None)
    parsed = _in_order(found, contents)
    return _import(database, parsed, agency, case_reference, about, keep_going=keep_going, out=out)


def run_csv(
    database: Database,
    paths: Sequence[Path],
    *,
    plan: Path | str,
    agency: str,
    case_reference: str,
    about: str | None,
    keep_going: bool,
    out: TextIO,
) -> int:
    """Import extracts as the map `plan` says: a path, or a shipped map's name. Returns as `run_fhir`."""
    try:
        wanted = _plan(plan)
    except Malformed as error:
        for fault in error.faults:
            print(f"map {printable(str(plan))}: {fault}", file=out)
        return USAGE
    parsed: list[Parsed] = []
    for given in walk(paths):
        place = printable(str(given.path))
        if given.fault is not None:
            parsed.append(refused(place, given.fault))
            continue
        try:
            parsed += read_extract(read_bytes(given.path, LARGEST_EXTRACT), place, wanted)
        except Malformed as error:
            parsed.append(refused(place, *error.faults))
    return _import(database, parsed, agency, case_reference, about, keep_going=keep_going, out=out)


def shipped_maps() -> list[str]:
    """The names of the maps that come with the product."""
    folder = files("conference.exchange") / "maps"
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def _plan(plan: Path | str) -> Plan:
    name = str(plan)
    if name in shipped_maps():
        return load_plan((files("conference.exchange") / "maps" / f"{name}.toml").read_bytes())
    return load_plan(read_bytes(Path(plan)))


def _in_order(found: list[Parsed | None], contents: list[tuple[str, bytes]]) -> list[Parsed]:
    """What became of every file, in the order in which they were named."""
    read = fhir_map.read_files(contents)
    ordered: list[Parsed] = []
    waiting = iter(read)
    for one in found:
        ordered += [one] if one is not None else next(waiting)
    return ordered


def _import(
    database: Database,
    parsed: list[Parsed],
    agency: str,
    case_reference: str,
    about: str | None,
    *,
    keep_going: bool,
    out: TextIO,
) -> int:
    done: service.Done | None = None
    if not parsed:
        print("nothing to import: no files", file=out)
        return USAGE
    if _has_fault(parsed) and not keep_going:
        return _report(service.held(parsed), out)
    try:
        with database.write(agency) as session:
            owner = get_agency(session, agency)
            case = case_by_reference(session, owner.partnership_id, case_reference)
            done = service.import_records(
                session,
                case,
                owner.id,
                parsed,
                about=about,
                keep_going=keep_going,
                by=new_id("imp"),
                at=clock.now(),
            )
            if not done.wrote:
                raise _Undo  # noqa: TRY301 - rolling back is what it is for
    except _Undo:
        pass
    except NotFound:
        print("there is no such agency, or no such case in its partnership", file=out)
        return USAGE
    except BadInput as error:
        print(error.message, file=out)
        return USAGE
    return _report(done.outcomes if done is not None else [], out)


def _has_fault(parsed: list[Parsed]) -> bool:
    return any(one.outcome is not None and one.outcome.what is What.REFUSED for one in parsed)


def _report(outcomes: list[Outcome], out: TextIO) -> int:
    for outcome in outcomes:
        for line in outcome.lines():
            print(line, file=out)
    counts = Counter(outcome.what for outcome in outcomes)
    print(", ".join(f"{what}: {counts[what]}" for what in What if counts[what]), file=out)
    if counts[What.REFUSED]:
        return REFUSED
    used = counts[What.IMPORTED] + counts[What.UNCHANGED]
    return REFUSED if counts[What.OTHER_PERSON] and not used else OK
