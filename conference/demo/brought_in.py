"""What comes into the story from agencies' own systems: read as everywhere, then looked at and offered."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Select, select

from conference import clock
from conference.cases import records
from conference.cases.models import Field, Offered
from conference.demo.people import AGENCY_OF
from conference.demo.telling import Teller
from conference.exchange import fhir_map, service
from conference.exchange.csv_map import read_extract
from conference.exchange.csv_plan import load_plan
from conference.exchange.found import Parsed, What
from conference.sharing import research
from conference.sharing.research import Typed

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# Class: how far it is offered, and the summary that goes with it.
Offers = dict[str, tuple[str, str]]


def fhir(teller: Teller, name: str, who: str, offers: Offers) -> None:
    """The FHIR resources of a case, imported by `who`."""
    folder = files("conference.demo") / "fhir" / name
    found = fhir_map.read_files(
        [_filled(teller, one) for one in sorted(folder.iterdir(), key=lambda one: one.name)]
    )
    _bring(teller, name, who, [parsed for file in found for parsed in file], offers)


def extract(teller: Teller, name: str, who: str, file: str, plan: str, offers: Offers) -> None:
    """An extract, imported by `who` with the shipped map `plan`."""
    place, content = _filled(teller, files("conference.demo") / "extracts" / file)
    wanted = load_plan((files("conference.exchange") / "maps" / f"{plan}.toml").read_bytes())
    _bring(teller, name, who, read_extract(content, place, wanted), offers)


def _filled(teller: Teller, file: Traversable) -> tuple[str, bytes]:
    return file.name, teller.days.told(file.read_text("utf-8")).encode()


def _bring(teller: Teller, name: str, who: str, found: Iterable[Parsed], offers: Offers) -> None:
    case, session, agency = teller.cases[name], teller.session, AGENCY_OF[who]
    before = set(session.scalars(_own(case.id, agency)))
    done = service.import_records(
        session,
        case,
        agency,
        list(found),
        about=None,
        keep_going=False,
        by=teller.staff[who],
        at=clock.now(),
    )
    wrong = [line for one in done.outcomes if one.what is not What.IMPORTED for line in one.lines()]
    if wrong:
        raise ValueError("\n".join(wrong))
    viewer = teller.viewer(who)
    shown = research.own_research(session, viewer, case)
    for field_id in session.scalars(_own(case.id, agency)):
        row = shown.row(field_id)
        if field_id in before or row is None or row.text is None:
            continue
        level, summary = offers.get(row.class_name, ("none", ""))
        typed = Typed(
            class_name=row.class_name,
            value=row.text,
            kind=row.kind or "fact",
            source=row.source or "",
            summary=teller.days.told(summary),
            offered=level,
        )
        field = records.own_field(session, viewer, field_id, at=clock.now())
        if summary:
            research.correct(session, viewer, case, field, typed, at=clock.now())
        else:
            records.set_offer(session, field, Offered(level), by=teller.by(who))


def _own(case_id: str, agency: str) -> Select[str]:
    return (
        select(Field.id)
        .where(Field.case_id == case_id, Field.owner == agency)
        .order_by(Field.made_at, Field.id)
    )
