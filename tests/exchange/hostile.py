"""Files that nobody should have sent: each with the place or reason that must be named for it."""

from __future__ import annotations

import json

from tests.exchange.made import as_json, bundle, clinical, concept, patient

SECRET = "Wetherby"
"""Stands in every hostile file that can hold it, and may stand in no message."""

_XML = '<Patient xmlns="http://hl7.org/fhir"><name><family value="Wetherby"/></name>{}</Patient>'
_TEN = "&l0;" * 10
_LAUGHS = "".join('<!ENTITY l{} "{}">'.format(n, _TEN.replace("0", str(n - 1))) for n in range(1, 10))


_FORM_OF_L9 = _XML.format("<id value='&l9;'/>")
_EMPTY = _XML.format("")
_LONG, _OFTEN = "a" * 50_000, "&e;" * 1000
_FORM_OF_E = _XML.format("<id value='&e;'/>")


def _xml(inside: str) -> bytes:
    return _XML.format(inside).encode()


FHIR: dict[str, tuple[bytes, str]] = {
    "billion-laughs.xml": (
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]>{_FORM_OF_L9}'.encode(),
        "document type",
    ),
    "outside-entity.xml": (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{_FORM_OF_E}'.encode(),
        "document type",
    ),
    "quadratic.xml": (
        f'<!DOCTYPE x [<!ENTITY e "{_LONG}">]>{_XML.format(_OFTEN)}'.encode(),
        "document type",
    ),
    "outside-dtd.xml": (f'<!DOCTYPE Patient SYSTEM "http://h.example/x.dtd">{_EMPTY}'.encode(), "line 1"),
    "unknown-entity.xml": (_xml("<id value='&nbsp;'/>"), "undefined entity"),
    "deep.xml": (_xml("<extension url='u'>" * 500 + "</extension>" * 500), "nested deeper"),
    "deep.json": (b'{"resourceType":"Patient","extension":' + b'{"a":[' * 9000, "nested deeper"),
    "deep-and-whole.json": (
        b'{"resourceType":"Patient"' + b',"extension":[{"url":"u"' * 300 + b"}]" * 300 + b"}",
        "nested deeper",
    ),
    "many-brackets.json": (b'{"a":' + b"[" * 200_000, "nested deeper"),
    "wrong-encoding.json": (
        json.dumps(patient(name=[{"family": "Wetherbyé"}]), ensure_ascii=False).encode("latin-1"),
        "not UTF-8",
    ),
    "wrong-encoding.xml": (f'<?xml version="1.0" encoding="UTF-8"?>{_EMPTY}'.encode("utf-16"), "line 1"),
    "unknown-encoding.xml": (f'<?xml version="1.0" encoding="x-no-such"?>{_EMPTY}'.encode(), "encoding"),
    "utf-16.json": (json.dumps(patient()).encode("utf-16-le"), "not"),
    "cut-off.xml": (_xml("")[:-9], "line 1"),
    "cut-off.json": (as_json(patient(name=[{"family": SECRET}]))[:-7], "line 1"),
    "empty.json": (b"", "empty"),
    "spaces.xml": (b" \n\t ", "empty"),
    "binary.xml": (bytes(range(256)) * 4, "neither"),
    "too-large.json": (
        b'{"resourceType":"Patient","id":"' + b"a" * (5 * 1024 * 1024) + b'"}',
        "larger than 5 MB",
    ),
    "keys-twice.json": (
        b'{"resourceType":"Patient","name":[{"family":"Wetherby","family":"X"}]}',
        "Patient.name",
    ),
    "keys-twice-of-a-name.json": (b'{"resourceType":"Patient","Wetherby":1,"Wetherby":2}', "given twice"),
    "nan.json": (b'{"resourceType":"Observation","valueQuantity":{"value":NaN}}', "NaN"),
    "long-number.json": (
        b'{"resourceType":"Patient","birthDate":' + b"9" * 10_000 + b"}",
        "Patient.birthDate",
    ),
    "two-documents.json": (as_json(patient()) * 2, "line 1"),
    "unknown-type.json": (b'{"resourceType":"Wetherby"}', "not a resource type"),
    "unknown-type.xml": (b'<Wetherby xmlns="http://hl7.org/fhir"/>', "not a resource type"),
    "no-type.json": (b'{"name":"Wetherby"}', "no resourceType"),
    "a-list.json": (b'[{"resourceType":"Patient"}]', "object"),
    "wrong-name-space.xml": (_xml("").replace(b"hl7.org/fhir", b"hl7.org/v3"), "name space"),
    "no-name-space.xml": (b'<Patient><name><family value="Wetherby"/></name></Patient>', "name space"),
    "foreign-element.xml": (_xml('<x:evil xmlns:x="urn:x">Wetherby</x:evil>'), "name space"),
    "text-between.xml": (_xml("Wetherby"), "text between"),
    "name-as-text.json": (b'{"resourceType":"Patient","name":"Wetherby"}', "Patient.name"),
    "parts-as-date.json": (b'{"resourceType":"Patient","birthDate":{"year":1970}}', "Patient.birthDate"),
    "code-as-text.json": (as_json({**clinical("Condition"), "code": SECRET}), "Condition.code"),
    "subject-as-text.json": (
        as_json({**clinical("Condition", code=concept("x")), "subject": SECRET}),
        "subject",
    ),
    "no-such-day.json": (as_json(patient(birthDate="2023-02-30")), "Patient.birthDate"),
    "born-tomorrow.json": (as_json(patient(birthDate="2126-01-01")), "future"),
    "no-such-day-inside.json": (
        as_json(clinical("Condition", code=concept("x"), recordedDate="2023-13-01")),
        "Condition.recordedDate",
    ),
    "half-a-character.json": (
        b'{"resourceType":"Patient","name":[{"family":"Wetherby\\ud800"}]}',
        "half a char",
    ),
    "nul.json": (b'{"resourceType":"Patient","name":[{"family":"Wetherby\\u0000"}]}', "control character"),
    "turned-round.json": (as_json(patient(name=[{"family": "Wetherby\u202eybreht"}])), "Patient.name.family"),
    "turned-round.xml": (_xml("<name><family value='a\u202eb'/></name>"), "Patient.name[1].family"),
    "lists-in-lists.json": (b'{"resourceType":"Patient","name":[[{"family":"Wetherby"}]]}', "list inside"),
    "uneven-lists.json": (
        b'{"resourceType":"Patient","name":[{"given":["a","b"],"_given":[null]}]}',
        "do not match",
    ),
    "two-ids.json": (b'{"resourceType":"Patient","id":["a","b"]}', "Patient.id[1]: given more than once"),
    "born-twice.json": (
        b'{"resourceType":"Patient","birthDate":["1970-01-01","1980-01-01"]}',
        "more than once",
    ),
    "bad-entry.json": (
        as_json(bundle(patient(), patient(id="2", birthDate="1970-99-99"))),
        "entry[1].resource.birthDate",
    ),
    "entry-without-a-type.json": (
        b'{"resourceType":"Bundle","entry":[{"resource":{"id":"Wetherby"}}]}',
        "Bundle",
    ),
    "too-long.json": (
        as_json(clinical("Condition", code=concept("x"), note=[{"text": "y " * 20_001}])),
        "longer",
    ),
    "bundles-in-bundles.json": (
        as_json(bundle(bundle(bundle(bundle(bundle(bundle(patient()))))))),
        "Bundles nested",
    ),
}

_HEAD = "Child ID,Name,Date of Birth,Status,Since,Lead Professional,School,Parental Responsibility"
_GOOD = "C1,Wetherby,2015-01-01,CP,2024-05-05,A Worker,Hill School,Both"


def _rows(*rows: str) -> bytes:
    return "\r\n".join([_HEAD, *rows, ""]).encode()


CSV: dict[str, tuple[bytes, str]] = {
    "ragged.csv": (_rows(_GOOD, "C2,Wetherby"), "row 2 (line 3): 2 cells under 8 columns"),
    "formula.csv": (
        _rows(_GOOD.replace("Hill School", "=cmd|' /C calc'!A0")),
        "row 1 (line 2), column School: a formula",
    ),
    "formula-at.csv": (_rows(_GOOD.replace("Hill School", "@SUM(1)")), "column School: a formula"),
    "formula-plus.csv": (_rows(_GOOD.replace("Hill School", "+1+cmd")), "column School: a formula"),
    "formula-tab.csv": (_rows(_GOOD.replace("Hill School", "\t=1")), "column School: a formula"),
    "nul.csv": (_rows(_GOOD.replace("Hill", "Hi\0ll")), "line 2: a NUL"),
    "control.csv": (_rows(_GOOD.replace("Hill", "Hi\x1b[31mll")), "column School: a control character"),
    "turned-round.csv": (_rows(_GOOD.replace("Hill", "\u202ellih")), "column School: a sign that turns"),
    "not-utf-8.csv": (
        _rows(_GOOD.replace("Hill", "H\u00efll")).replace("\u00ef".encode(), b"\xef"),
        "line 2: not written",
    ),
    "long-cell.csv": (_rows(_GOOD.replace("Hill", "a" * 30_000)), "column School: longer"),
    "far-too-long-cell.csv": (
        _rows(_GOOD.replace("Hill", "a" * 200_000)),
        "line 2: a cell that is far too long",
    ),
    "open-quote.csv": (_rows(_GOOD.replace("Hill School", '"Hill')), "line 2: quotes"),
    "no-header.csv": (f"{_GOOD}\n".encode(), "line 1, column 2: not a column"),
    "column-twice.csv": (f"{_HEAD},School\n{_GOOD},x\n".encode(), "line 1, column 9 (School): this column"),
    "column-missing.csv": (b"Name,Date of Birth\nWetherby,2015-01-01\n", "the column Child ID is missing"),
    "only-a-header.csv": (_rows(), "line 2: no rows"),
    "id-empty.csv": (_rows(_GOOD.replace("C1", "")), "column Child ID: empty"),
    "future.csv": (_rows(_GOOD.replace("2024-05-05", "2124-05-05")), "column Since: a date in the future"),
    "no-such-day.csv": (
        _rows(_GOOD.replace("2015-01-01", "2015-02-31")),
        "column Date of Birth: not a real date",
    ),
    "unknown-word.csv": (_rows(_GOOD.replace("CP", "Wetherby")), "column Status: none of"),
    "empty.csv": (b"", "empty"),
    "binary.csv": (bytes(range(256)), "line"),
    "many-columns.csv": (b",".join(b"a%d" % n for n in range(300)) + b"\n", "more than 200 columns"),
    "two-faults.csv": (
        _rows(_GOOD.replace("CP", "x"), _GOOD.replace("2015-01-01", "x")),
        "row 2 (line 3), column Date",
    ),
}
