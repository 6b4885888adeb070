"""From an extract's rows to records, as its map says."""

from __future__ import annotations

from conference.exchange.csv_plan import Plan, filled
from conference.exchange.csv_read import Row, read_csv
from conference.exchange.found import (
    FAULTS_NAMED,
    LONGEST_VALUE,
    Fault,
    FoundField,
    FoundRecord,
    Malformed,
    Parsed,
    PersonHint,
    What,
    refused,
    set_aside,
)
from conference.exchange.sensitive import class_of
from conference.exchange.text import as_moment


def read_extract(content: bytes, place: str, plan: Plan) -> list[Parsed]:
    """What became of every row; of the whole file, with every fault, if anything in it is wrong."""
    try:
        rows = read_csv(content, plan)
    except Malformed as error:
        return [refused(place, *error.faults)]
    found = [_parsed(row, place, plan) for row in rows]
    long = [
        Fault(f"row {row.number}, {one.place}", f"longer than {LONGEST_VALUE:,} characters together")
        for row, parsed in zip(rows, found, strict=True)
        for one in (parsed.record.fields if parsed.record else ())
        if len(one.value) > LONGEST_VALUE
    ]
    return [refused(place, *long[:FAULTS_NAMED])] if long else found


def _parsed(row: Row, file: str, plan: Plan) -> Parsed:
    place = f"{file}#row {row.number}"
    fields = tuple(
        FoundField(
            class_name=_class(template.class_name, value),
            value=value,
            source=plan.name,
            kind=template.kind,
            recorded_at=as_moment(row.cells.get(plan.recorded)) if plan.recorded else None,
            place=f"field {number + 1} of the map",
            external_id=f"{number}",
        )
        for number, template in enumerate(plan.fields)
        if (
            value := template.told(
                row.cells, plan.dates if template.class_name != "identity.dob" else frozenset()
            )
        )
    )
    if not fields:
        return set_aside(place, What.NOTHING, "an empty row" if not row.cells else "none of the map's fields")
    known = [row.cells.get(name, "") for name in plan.id]
    external_id = "|".join([plan.name, *known]) if any(known) else ""
    return Parsed(place, FoundRecord("csv", plan.record, _about(row, plan), fields, external_id))


def _about(row: Row, plan: Plan) -> PersonHint:
    about = plan.about
    name = filled(about["name"], row.cells) if "name" in about else ""
    identity = row.cells.get(about.get("id", ""), "")
    return PersonHint(
        names=(name,) if name else (),
        born=row.cells.get(about.get("born", "")),
        nhs_number=row.cells.get(about.get("nhs_number", "")),
        role_hint=about.get("role"),
        external_id=f"{plan.name}|{identity}" if identity else "",
    )


def _class(class_name: str, value: str) -> str:
    """A health class narrowed by its words, as for FHIR; any other as the map says."""
    return class_of([value], class_name) if class_name.startswith("health.") else class_name
