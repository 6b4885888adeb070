"""Imports into a case: sealed and not offered, about the right person, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from conference.cases import records
from conference.cases.forgetting import forget_person
from conference.cases.models import FieldVersion, Offered
from conference.exchange import service
from conference.exchange.models import ImportSeen
from tests.exchange.made import as_csv, as_json, as_xml, bundle, clinical, concept, patient
from tests.exchange.test_csv import HOUSING
from tests.support import world as worlds

CONDITION = clinical("Condition", code=concept("Fracture of wrist"))
UK_CORE = Path(__file__).parents[3] / "shared" / "data" / "nhs-uk-core"


def the_victim(**more):
    """The world's victim, as a Patient."""
    return patient(
        name=[{"use": "official", "family": "KOWALCZYK", "given": ["Maria"]}], birthDate="1992-03-03", **more
    )


def test_what_comes_in_is_sealed_and_not_offered(importer):
    code, lines = importer.fhir(importer.write("p.json", as_json(bundle(the_victim(), CONDITION))))
    assert code == 0
    assert [line.split(": ", 1)[1] for line in lines[:2]] == ["imported 3 fields", "imported 1 field"]
    for record, fields in importer.owned("nhs"):
        assert [one.person_id for one in record.subjects] == [importer.world.people["victim"]]
        assert all(field.offered is Offered.NONE for field in fields)
        assert all(b"Fracture" not in field.value and b"KOWALCZYK" not in field.value for field in fields)
    for file in importer.world.settings.data.iterdir():
        assert b"Fracture of wrist" not in file.read_bytes()
        assert b"pat-1" not in file.read_bytes()


def test_the_same_files_again_change_nothing(importer):
    path = importer.write("p.json", as_json(bundle(the_victim(), CONDITION)))
    importer.fhir(path)
    before = importer.everything()
    code, lines = importer.fhir(path)
    assert code == 0
    assert [line.split(": ", 1)[1] for line in lines[:2]] == ["unchanged", "unchanged"]
    assert importer.everything() == before
    importer.fhir(importer.write("p.xml", as_xml(bundle(the_victim(), CONDITION))))
    assert importer.everything() == before


def test_a_changed_value_is_a_correction(importer):
    importer.fhir(importer.write("p.json", as_json(bundle(the_victim(), CONDITION))))
    changed = clinical("Condition", code=concept("Fracture of arm"))
    code, lines = importer.fhir(importer.write("q.json", as_json(changed)))
    assert code == 0
    assert lines[0].endswith("imported 1 field corrected")
    with importer.world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(FieldVersion)) == 1
    assert importer.fhir(importer.folder / "q.json")[1][0].endswith("unchanged")


def test_a_field_offered_as_a_summary_is_left_for_its_owner(importer):
    importer.fhir(importer.write("p.json", as_json(bundle(the_victim(), CONDITION))))
    [field] = [
        field
        for _, fields in importer.owned("nhs")
        for field in fields
        if field.class_name == "health.physical"
    ]
    with worlds.told("offer"), importer.world.database.write() as session:
        stored = session.get_one(type(field), field.id)
        records.correct_field(
            session,
            stored,
            value="x",
            summary="Hurt",
            recorded_at=None,
            by=importer.world.staff["n-rep"],
            at=worlds.NOW,
        )
        records.set_offer(session, stored, Offered.SUMMARY, by=worlds.by(importer.world, "n-rep"))
    changed = clinical("Condition", code=concept("Fracture of arm"))
    _, lines = importer.fhir(importer.write("q.json", as_json(changed)))
    assert "correct by hand" in lines[0]


def test_nobody_in_the_case_is_another_person(importer):
    before = importer.everything()
    code, lines = importer.fhir(importer.write("p.json", as_json(bundle(patient(), CONDITION))))
    assert code == 1
    assert all(
        f"about another person: nobody in case {importer.world.reference}" in line for line in lines[:2]
    )
    assert importer.everything() == before


def test_about_names_the_one_person_who_is_not_known(importer):
    path = importer.write("p.json", as_json(bundle(patient(), CONDITION)))
    code, _ = importer.fhir(path, about=importer.world.people["child"])
    assert code == 0
    assert {one.person_id for record, _ in importer.owned("nhs") for one in record.subjects} == {
        importer.world.people["child"]
    }


def test_about_never_takes_in_a_second_person(importer):
    others = bundle(patient(), patient(id="pat-2", identifier=[], name=[{"family": "Reed"}]))
    code, lines = importer.fhir(importer.write("p.json", as_json(others)), about="victim")
    assert code == 1
    assert all("several unknown ones" in line for line in lines[:2])
    with_her = bundle(the_victim(), patient(id="pat-2", identifier=[], name=[{"family": "Reed"}]))
    code, lines = importer.fhir(importer.write("q.json", as_json(with_her)), about="victim")
    assert lines[0].endswith("imported 3 fields")
    assert "about another person" in lines[1]


@pytest.mark.parametrize("about", ["witness", "per_none", "other"])
def test_about_somebody_who_is_not_there_is_a_wrong_command(importer, about):
    assert importer.fhir(importer.write("p.json", as_json(patient())), about=about)[0] == 2


def test_a_patient_is_remembered_for_what_comes_later(importer):
    path = importer.write("c.json", as_json(CONDITION))
    code, lines = importer.fhir(path)
    assert code == 1
    assert "its patient is not in these files" in lines[0]
    importer.fhir(importer.write("p.json", as_json(the_victim())))
    assert importer.fhir(path)[0] == 0


def test_one_refusal_stops_all_unless_told_to_keep_going(importer):
    good, bad = importer.write("a.json", as_json(the_victim())), importer.write("b.json", b"{")
    before = importer.everything()
    code, lines = importer.fhir(good, bad)
    assert code == 1
    assert "not imported: another input was refused" in lines[0]
    assert importer.everything() == before
    code, lines = importer.fhir(good, bad, keep_going=True)
    assert code == 1
    assert lines[0].endswith("imported 3 fields")


def test_two_contents_under_one_id_are_refused(importer):
    both = bundle(the_victim(), CONDITION, clinical("Condition", code=concept("Gout")))
    code, lines = importer.fhir(importer.write("p.json", as_json(both)))
    assert code == 1
    assert "two inputs have the same id" in lines[2]


def test_a_record_never_moves_to_somebody_else(importer):
    importer.fhir(importer.write("p.json", as_json(bundle(the_victim(), CONDITION))))
    child = patient(id="pat-9", identifier=[], name=[{"family": "Reed"}])
    moved = bundle(child, {**CONDITION, "subject": {"reference": "Patient/pat-9"}})
    code, lines = importer.fhir(importer.write("q.json", as_json(moved)), about="child")
    assert code == 1
    assert "came in before about somebody else" in lines[1]


def test_matching_uses_only_what_the_agency_is_shown(importer):
    """The child's date of birth was never offered to anybody, so nobody is told that it fits."""
    with worlds.told("dob"), importer.world.database.write() as session:
        worlds.add(
            session,
            importer.world,
            importer.world.case_id,
            "v-idva",
            "identity.name",
            "Lea Lind",
            about=("child",),
        )
        worlds.add(
            session,
            importer.world,
            importer.world.case_id,
            "v-idva",
            "identity.dob",
            "2016-06-06",
            about=("child",),
        )
    lind = patient(identifier=[], name=[{"family": "Lind", "given": ["Lea"]}], birthDate="2016-06-06")
    path = importer.write("p.json", as_json(lind))
    assert "about another person" in importer.fhir(path)[1][0]
    assert importer.fhir(path, agency="haven")[1][0].endswith("imported 2 fields")


def test_an_extract_comes_in_row_by_row(importer):
    hers = {**HOUSING, "Tenant Name": "Maria Kowalczyk", "Date of Birth": "1992-03-03"}
    path = importer.write("h.csv", as_csv(hers, {**HOUSING, "Tenancy Reference": "T-2"}))
    code, lines = importer.csv(path, plan="housing-tenancy")
    assert code == 0
    assert lines[0].endswith("h.csv#row 1: imported 9 fields")
    assert "#row 2: about another person" in lines[1]
    before = importer.everything()
    assert importer.csv(path, plan="housing-tenancy")[1][0].endswith("unchanged")
    assert importer.everything() == before


def test_an_import_that_brings_something_is_one_event_more(importer, monkeypatch):
    said = []
    monkeypatch.setattr(service.writing, "record", spy(said, service.writing.record))
    path = importer.write("p.json", as_json(the_victim()))
    importer.fhir(path)
    importer.fhir(path)
    assert [name for name, _ in said if name == "import.done"] == ["import.done"]
    assert len({actor for name, actor in said if name in {"import.done", "record.added"}}) == 1


def spy(said, record):
    """`record`, which also notes what was said and by whom."""

    def recording(session, name, **more):
        said.append((name, more["actor"]))
        return record(session, name, **more)

    return recording


def test_what_is_kept_goes_with_an_erasure(importer):
    importer.fhir(importer.write("p.json", as_json(bundle(the_victim(), CONDITION))))
    with importer.world.database.write() as session:
        forget_person(session, importer.world.people["victim"])
        assert session.scalar(select(func.count()).select_from(ImportSeen)) == 0


@pytest.mark.parametrize(("agency", "case"), [("nobody", None), ("nhs", "NM-NONE22"), ("away-police", None)])
def test_an_agency_without_the_case_is_a_wrong_command(importer, agency, case):
    importer.world.reference = case or importer.world.reference
    before = importer.everything()
    code, _ = importer.fhir(importer.write("p.json", as_json(the_victim())), agency=agency)
    assert code == 2
    assert importer.everything() == before


@pytest.mark.skipif(not UK_CORE.is_dir(), reason="NHS England's examples are not beside the project")
def test_all_of_uk_core_is_accounted_for(importer):
    files = sorted(UK_CORE.glob("*.xml"))
    code, lines = importer.fhir(UK_CORE, about="victim")
    assert code == 0
    assert [line.split(".xml: ")[0].rpartition("/")[2] for line in lines[:-1]] == [
        file.stem for file in files
    ]
    assert not any("refused" in line for line in lines)
    assert sum("imported" in line for line in lines[:-1]) == 16
    before = importer.everything()
    code, lines = importer.fhir(UK_CORE, about="victim")
    assert code == 0
    assert sum(line.endswith("unchanged") for line in lines) == 16
    assert importer.everything() == before


def test_no_line_repeats_what_came_in(importer):
    whole = bundle(the_victim(telecom=[{"system": "phone", "value": "07700 900123"}]), CONDITION)
    hers = {**HOUSING, "Tenant Name": "Maria Kowalczyk", "Date of Birth": "1992-03-03"}
    _, lines = importer.fhir(importer.write("p.json", as_json(whole)))
    _, more = importer.csv(importer.write("h.csv", as_csv(hers)), plan="housing-tenancy")
    printed = " ".join([*lines, *more])
    assert "imported" in printed
    for value in ("KOWALCZYK", "Kowalczyk", "1992", "07700", "Fracture", "pat-1", *hers.values()):
        if len(value) > 3:
            assert value not in printed
