"""Invented FHIR resources as Python values, and how to write them as JSON, as XML, and as an extract."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.sax.saxutils import quoteattr

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
VALID_NUMBER = "9434765919"

Resource = dict[str, Any]


def concept(words: str, code: str | None = None) -> dict[str, Any]:
    """A CodeableConcept with one coding."""
    coding = {"system": "http://snomed.info/sct", "code": code or "1", "display": words}
    return {"coding": [coding]}


def patient(**more: Any) -> Resource:
    """Somebody with a name, a date of birth and an NHS number."""
    return {
        "resourceType": "Patient",
        "id": "pat-1",
        "identifier": [{"system": NHS_NUMBER, "value": VALID_NUMBER}],
        "name": [{"use": "official", "family": "Quill", "given": ["Tamsin", "Ada"]}],
        "birthDate": "1988-02-29",
        **more,
    }


def clinical(kind: str, subject: str = "subject", **more: Any) -> Resource:
    """A resource about `patient()`."""
    name = more.pop("id", f"{kind.lower()}-1")
    return {"resourceType": kind, "id": name, subject: {"reference": "Patient/pat-1"}, **more}


def bundle(*resources: Resource) -> Resource:
    """A Bundle of these."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def as_json(resource: Resource) -> bytes:
    """FHIR's JSON."""
    return json.dumps(resource, ensure_ascii=False).encode("utf-8")


def as_xml(resource: Resource) -> bytes:
    """FHIR's XML of the same resource."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_resource(resource, root=True)}'.encode()


def as_csv(*rows: dict[str, str]) -> bytes:
    """An extract whose columns are those of the first row."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def _resource(resource: Resource, *, root: bool = False) -> str:
    kind = resource["resourceType"]
    space = ' xmlns="http://hl7.org/fhir"' if root else ""
    return f"<{kind}{space}>{_children(resource)}</{kind}>"


def _children(part: dict[str, Any]) -> str:
    out = ""
    for key, value in part.items():
        if key == "resourceType" or (key.startswith("_") and key[1:] in part):
            continue
        bare = key.removeprefix("_")
        beside = part.get(f"_{bare}")
        values = value if isinstance(value, list) else [value]
        others = beside if isinstance(beside, list) else [beside] * len(values)
        for one, other in zip(values, others, strict=True):
            out += _element(bare, None if key.startswith("_") else one, other)
    return out


def _element(name: str, value: Any, beside: dict[str, Any] | None) -> str:
    if isinstance(value, dict) and "resourceType" in value:
        return f"<{name}>{_resource(value)}</{name}>"
    if name == "div":
        return value
    if isinstance(value, dict):
        url = f" url={quoteattr(value['url'])}" if name in {"extension", "modifierExtension"} else ""
        inner = {key: part for key, part in value.items() if not (url and key == "url")}
        return f"<{name}{url}>{_children(inner)}</{name}>"
    text = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
    told = f" value={quoteattr(str(text))}" if text is not None else ""
    return f"<{name}{told}>{_children(beside or {})}</{name}>"
