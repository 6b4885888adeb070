"""Folders of hostile files: every fault named with its place, no value repeated, nothing changed."""

from __future__ import annotations

import os

import pytest

from conference.exchange.fhir_map import read_files
from conference.exchange.files import read_bytes
from conference.exchange.found import Malformed, What
from tests.exchange.hostile import CSV, FHIR, SECRET
from tests.exchange.made import as_json, patient


@pytest.mark.parametrize(("content", "said"), [pytest.param(*case, id=name) for name, case in FHIR.items()])
def test_a_hostile_fhir_file_is_refused_with_place_and_reason(tmp_path, content, said):
    path = tmp_path / "file"
    path.write_bytes(content)
    try:
        found = [one for file in read_files([("f", read_bytes(path))]) for one in file]
        refused = [
            one.outcome for one in found if one.outcome is not None and one.outcome.what is What.REFUSED
        ]
        assert refused
        lines = [line for one in refused for line in one.lines()]
    except Malformed as error:
        lines = [str(fault) for fault in error.faults]
    assert any(said in line for line in lines), lines
    assert SECRET not in "".join(lines)


def test_a_folder_of_hostile_fhir_files_changes_nothing(importer):
    for name, (content, _) in FHIR.items():
        importer.write(f"hostile/{name}", content)
    importer.write("hostile/good.json", as_json(patient()))
    os.mkfifo(importer.folder / "hostile" / "pipe.xml")
    (importer.folder / "hostile" / "round").symlink_to(importer.folder / "hostile")
    (importer.folder / "hostile" / "nowhere.xml").symlink_to(importer.folder / "absent")
    (importer.folder / "hostile" / "nothing").mkdir()
    before = importer.everything()
    code, lines = importer.fhir(importer.folder / "hostile", about="victim")
    assert code == 1
    assert importer.everything() == before
    for name in [*FHIR, "pipe.xml", "round", "nowhere.xml", "nothing"]:
        assert any(f"/{name}" in line and ": refused: " in line for line in lines), name
    assert any("good.json: not imported" in line for line in lines)
    assert not any(SECRET in line or "Quill" in line for line in lines)


def test_a_folder_of_hostile_extracts_changes_nothing(importer):
    for name, (content, _) in CSV.items():
        importer.write(f"hostile/{name}", content)
    before = importer.everything()
    code, lines = importer.csv(importer.folder / "hostile", plan="childrens-services", agency="safety")
    assert code == 1
    assert importer.everything() == before
    for name, (_, said) in CSV.items():
        assert any(f"/{name}: refused: " in line and said in line for line in lines), (name, said)
    assert not any(SECRET in line for line in lines)


def test_every_fault_of_a_file_is_named_up_to_a_hundred(importer):
    rows = b"Child ID,Since\n" + b"C1,never\n" * 250
    code, lines = importer.csv(importer.write("x.csv", rows), plan="childrens-services", agency="safety")
    assert code == 1
    assert sum("column Since: not a real date" in line for line in lines) == 99
    assert any("and 151 more faults" in line for line in lines)


@pytest.mark.parametrize("name", ["a\nb.json", "a\x1b[31mb.json", "a\u202eb.json"])
def test_a_file_name_cannot_move_the_terminal(importer, name):
    _, lines = importer.fhir(importer.write(name, as_json(patient())))
    assert all(line.isprintable() and "\u202e" not in line for line in lines)


def test_a_file_that_is_not_there_is_named(importer):
    code, lines = importer.fhir(importer.folder / "absent.json")
    assert code == 1
    assert "absent.json: refused: cannot be opened (no such file or directory)" in lines[0]
