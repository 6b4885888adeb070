"""Cells, maps and extracts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conference.exchange.commands import _plan, shipped_maps
from conference.exchange.csv_cells import BadCell, cell
from conference.exchange.csv_map import read_extract
from conference.exchange.csv_plan import load_plan
from conference.exchange.found import Malformed
from tests.exchange.made import as_csv
from tests.support.world import told as at_a_fixed_time

HOUSING = {
    "Tenancy Reference": "T-100",
    "Tenancy Type": "secure",
    "Tenancy Start": "2019-05-02",
    "Tenant Name": "Tamsin Quill",
    "Date of Birth": "1988-02-29",
    "Address Line 1": "4 Elm Row",
    "Postcode": "ls11aa",
    "Rent Arrears": "-12.5",
    "ASB Risk": "HIGH",
    "ASB Category": "Noise",
    "Person Alert": "do not visit alone",
    "Visits Planned": "3",
}


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        ("  a   b ", "text", "a b"),
        ("-", "text", ""),
        ("-5", "text", "-5"),
        ("+44 7700 900123", "text", "+44 7700 900123"),
        ("2024-02-29", "past", "2024-02-29"),
        ("2099-01-01", "date", "2099-01-01"),
        ("09:05", "time", "09:05"),
        ("100012345678", "uprn", "100012345678"),
        ("943 476 5919", "nhs number", "9434765919"),
        ("1240", "pounds", "£1,240.00"),
        ("£1,240.5", "pounds", "£1,240.50"),
        ("-12.50", "pounds", "-£12.50"),
        ("ls11aa", "postcode", "LS1 1AA"),
        ("-1.54", "longitude", "-1.54"),
        ("Y", "yes or no", "yes"),
        ("Low", "one of:high|low", "low"),
        ("x" * 20, "least:20", "x" * 20),
    ],
)
def test_a_cell(raw, kind, value):
    assert cell(raw, kind) == value


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("=1+1", "text"),
        (" =1", "text"),
        ("+1+1", "text"),
        ("-2+3", "text"),
        ("@x", "text"),
        ("\tx", "least:1"),
        ("\r=1", "text"),
        ("\uff1d1", "text"),
        ("-cmd", "pounds"),
        ("a\0", "text"),
        ("a\u202e", "text"),
        ("a\ud800", "text"),
        ("31/12/2020", "past"),
        ("2020-13-01", "past"),
        ("2099-01-01", "past"),
        ("1700-01-01", "past"),
        ("\u0662\u0660\u0662\u0660-01-01", "date"),
        ("24:00", "time"),
        ("9:05", "time"),
        ("1234567890123", "uprn"),
        ("9434765918", "nhs number"),
        ("1e9", "pounds"),
        ("NaN", "pounds"),
        ("12.345", "pounds"),
        ("99999999999", "pounds"),
        ("-3", "count"),
        ("2.5", "count"),
        ("91", "latitude"),
        ("ENGLAND", "country"),
        ("XX 999", "postcode"),
        ("perhaps", "yes or no"),
        ("brief", "least:20"),
    ],
)
def test_a_bad_cell(raw, kind):
    with at_a_fixed_time("cells"), pytest.raises(BadCell) as caught:
        cell(raw, kind)
    assert raw not in str(caught.value)


@pytest.mark.parametrize("name", shipped_maps())
def test_a_shipped_map_is_sound_and_uses_every_column(name):
    plan = _plan(name)
    told = {slot for one in plan.fields for part in one.parts for slot in re.findall(r"\{([^{}]+)\}", part)}
    assert set(plan.columns) - told <= {"Given Name", "Surname", "Date of Birth"}


def test_the_maps_cover_every_column_of_the_extracts():
    columns = {name for one in shipped_maps() for name in _plan(one).columns}
    readme = Path(__file__).parents[3] / "shared" / "data" / "README.md"
    if not readme.exists():
        pytest.skip("the list of columns is not beside the project")
    text = " ".join(readme.read_text("utf-8").split())
    assert {name for name in columns if name not in text} <= {
        f"Address Line {number}" for number in range(2, 5)
    }


def test_a_row_becomes_fields():
    [parsed] = read_extract(as_csv(HOUSING), "h.csv", _plan("housing-tenancy"))
    assert parsed.record is not None
    assert {field.class_name: field.value for field in parsed.record.fields} == {
        "identity.name": "Tamsin Quill",
        "identity.dob": "1988-02-29",
        "identity.reference": "Tenancy T-100",
        "contact.current-address": "4 Elm Row, LS1 1AA",
        "tenancy.status": "secure tenancy; from 2 May 2019",
        "tenancy.arrears": "Rent arrears -£12.50",
        "asb.record": "Noise; risk high",
        "safety.staff-alert": "do not visit alone",
        "tenancy.support": "3 visits planned",
    }
    assert parsed.record.about.names == ("Tamsin Quill",)
    assert parsed.record.about.born == "1988-02-29"


def test_a_byte_order_mark_and_quoted_lines_are_read():
    content = "\ufeff" + 'Child ID,Name,School\r\nC1,"Quill,\r\nTamsin",Hill\r\n'
    [parsed] = read_extract(content.encode(), "c.csv", _plan("childrens-services"))
    assert parsed.record is not None
    assert parsed.record.fields[0].value == "Quill, Tamsin"


SOUND = """
name = "n"
record = "r"
[columns]
"A" = "text"
[[field]]
class = "health.physical"
text = "{A}"
"""


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('"text"\n', '"texts"\n', "columns.A"),
        ("health.physical", "health.unheard", "field[0].class"),
        ('"{A}"', '"{B}"', "field[0].text"),
        ('"{A}"', '"A"', "field[0].text"),
        ('name = "n"', "", "name"),
        ('record = "r"', 'record = "r"\nencoding = "utf-7"', "encoding"),
        ('record = "r"', 'record = "r"\nid = ["B"]', "id"),
        ('record = "r"', 'record = "r"\nextra = 1', "extra"),
        ('record = "r"', 'record = "r"\n[about]\nrole = "king"', "about.role"),
        ('text = "{A}"', 'text = "{A}"\nkind = "guess"', "field[0].kind"),
        ("[columns]", "[columns", "line 4"),
    ],
)
def test_a_broken_map_is_refused_by_place(before, after, place):
    assert before in SOUND
    with pytest.raises(Malformed) as caught:
        load_plan(SOUND.replace(before, after).encode())
    assert any(fault.place.startswith(place) for fault in caught.value.faults)


def test_a_health_field_is_narrowed_by_its_words():
    [parsed] = read_extract(b"A\ndepression\n", "x.csv", load_plan(SOUND.encode()))
    assert parsed.record is not None
    assert parsed.record.fields[0].class_name == "health.mental"
