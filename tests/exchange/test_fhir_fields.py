"""What each resource becomes: class, words, certainty; the same from XML as from JSON."""

from __future__ import annotations

import pytest

from conference.exchange.fhir_map import read_files
from conference.exchange.fhir_types import RESOURCES
from conference.exchange.found import Parsed, What
from conference.sharing.catalogue import LABELS
from tests.exchange.made import NHS_NUMBER, as_json, as_xml, bundle, clinical, concept, patient


def read(resource: dict[str, object], *others: dict[str, object]) -> Parsed:
    """What became of the first of these resources, read together."""
    files = [(f"{number}.json", as_json(one)) for number, one in enumerate([resource, *others])]
    return read_files(files)[0][0]


def told(parsed: Parsed) -> list[tuple[str, str]]:
    assert parsed.record is not None, parsed.outcome
    return [(field.class_name, field.value) for field in parsed.record.fields]


WITH_SECURITY = {"meta": {"security": [{"code": "R"}]}}
BIRTH_SEX = {
    "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-BirthSex",
    "valueCodeableConcept": {"coding": [{"code": "M"}]},
}
EXAMPLES = {
    "patient": (
        patient(),
        [
            ("identity.name", "Tamsin Ada Quill"),
            ("identity.dob", "1988-02-29"),
            ("identity.nhs-number", "9434765919"),
        ],
    ),
    "names": (
        patient(
            identifier=[],
            birthDate="1988",
            name=[
                {"use": "old", "family": "Reed", "given": ["Tamsin"]},
                {"use": "usual", "text": "Tam Quill"},
            ],
        ),
        [
            ("identity.alias", "Tamsin Reed"),
            ("identity.name", "Tam Quill"),
            ("identity.dob", "1988 (day not known)"),
        ],
    ),
    "former-name-where-gender-may-have-changed": (
        patient(
            identifier=[],
            birthDate=None,
            gender="female",
            extension=[BIRTH_SEX],
            name=[
                {"family": "Quill", "given": ["Tamsin"]},
                {"use": "old", "family": "Quill", "given": ["Tom"]},
            ],
        ),
        [
            ("identity.name", "Tamsin Quill"),
            ("health.gender-recognition", "Another name: Tom Quill"),
            ("health.gender-recognition", "Female"),
        ],
    ),
    "addresses": (
        patient(
            identifier=[],
            birthDate=None,
            name=[],
            address=[
                {"use": "home", "line": ["4 Elm Row"], "city": "Leeds", "postalCode": "LS1 1AA"},
                {"use": "temp", "line": ["9 Ash Way"], "postalCode": "LS2 2BB"},
                {"use": "home", "line": ["1 Old Rd"], "period": {"end": "2019-01-01"}},
            ],
        ),
        [
            ("contact.current-address", "4 Elm Row, Leeds, LS1 1AA"),
            ("contact.safe-address", "9 Ash Way, LS2 2BB"),
            ("contact", "Former address: 1 Old Rd, until 1 January 2019"),
        ],
    ),
    "restricted-patient": (
        patient(
            identifier=[],
            birthDate=None,
            name=[],
            **WITH_SECURITY,
            address=[
                {"line": ["4 Elm Row"], "postalCode": "LS1 1AA"},
            ],
            telecom=[{"system": "phone", "value": "07700 900123"}],
        ),
        [
            ("contact.safe-address", "4 Elm Row, LS1 1AA"),
            ("contact.safe-contact", "07700 900123"),
        ],
    ),
    "ways-to-reach": (
        patient(
            identifier=[],
            birthDate=None,
            name=[],
            telecom=[
                {"system": "phone", "use": "mobile", "value": "07700 900123"},
                {"system": "email", "value": "t@example.org"},
            ],
        ),
        [("contact.phone", "07700 900123"), ("contact", "t@example.org (email)")],
    ),
    "other-people-by-relation-and-name-only": (
        patient(
            identifier=[],
            birthDate=None,
            name=[],
            contact=[
                {
                    "relationship": [concept("Mother")],
                    "name": {"family": "Quill", "given": ["Ros"]},
                    "telecom": [{"system": "phone", "value": "07700 900999"}],
                    "address": {"line": ["8 Oak St"]},
                },
            ],
        ),
        [("family", "Mother: Ros Quill")],
    ),
    "unverified-number": (
        patient(
            birthDate=None,
            name=[],
            identifier=[
                {
                    "system": NHS_NUMBER,
                    "value": "9434765919",
                    "extension": [
                        {
                            "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
                            "valueCodeableConcept": {"coding": [{"code": "02"}]},
                        }
                    ],
                }
            ],
        ),
        [("identity.reference", "NHS number, not verified: 9434765919")],
    ),
    "died": (
        patient(identifier=[], birthDate=None, name=[], deceasedDateTime="2024-05-01"),
        [
            ("health", "Died 1 May 2024"),
        ],
    ),
    "allergy": (
        clinical(
            "AllergyIntolerance",
            "patient",
            code=concept("Latex"),
            reaction=[
                {"manifestation": [concept("Wheeze")], "severity": "severe"},
            ],
        ),
        [("health.allergy", "Latex. Reaction: Wheeze; severity: severe")],
    ),
    "condition": (
        clinical("Condition", code=concept("Fracture of wrist"), onsetDateTime="2024-03"),
        [
            ("health.physical", "Fracture of wrist. Began: March 2024"),
        ],
    ),
    "condition-over": (
        clinical("Condition", code=concept("Fracture"), clinicalStatus=concept("Resolved", "resolved")),
        [
            ("health.physical", "Resolved: Fracture"),
        ],
    ),
    "mental-health": (
        clinical("Condition", code=concept("Recurrent depressive disorder")),
        [
            ("health.mental", "Recurrent depressive disorder"),
        ],
    ),
    "locked-by-its-reason": (
        clinical(
            "Encounter", **{"class": {"display": "ambulatory"}}, reasonCode=[concept("Gender dysphoria")]
        ),
        [
            ("health.gender-recognition", "ambulatory. Reason: Gender dysphoria"),
        ],
    ),
    "locked-by-its-label": (
        clinical("Condition", code=concept("Infection"), meta={"security": [{"code": "HIV"}]}),
        [
            ("health.sexual", "Infection"),
        ],
    ),
    "medication": (
        clinical(
            "MedicationStatement",
            medicationCodeableConcept={"text": "Amoxicillin 500 mg capsule"},
            dosage=[{"text": "one three times a day"}],
            status="active",
        ),
        [
            ("health.medication", "Amoxicillin 500 mg capsule: one three times a day"),
        ],
    ),
    "medication-not-taken": (
        clinical("MedicationStatement", status="not-taken", medicationCodeableConcept={"text": "Ramipril"}),
        [
            ("health.medication", "Not taken: Ramipril"),
        ],
    ),
    "medication-that-tells": (
        clinical("MedicationRequest", medicationCodeableConcept={"text": "Sertraline 50 mg"}),
        [
            ("health.mental", "Sertraline 50 mg"),
        ],
    ),
    "dose-in-parts": (
        clinical(
            "MedicationRequest",
            medicationCodeableConcept={"text": "Ramipril"},
            dosageInstruction=[
                {
                    "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN"]}},
                    "doseAndRate": [{"doseQuantity": {"value": 2.50, "unit": "mg"}}],
                    "route": concept("Oral"),
                }
            ],
        ),
        [("health.medication", "Ramipril: 2.5 mg, twice a day in the morning, Oral")],
    ),
    "drug-use": (
        clinical("Observation", code=concept("Illicit drug use"), valueBoolean=True),
        [
            ("health.substance", "Illicit drug use: yes"),
        ],
    ),
    "parts-of-an-observation": (
        clinical(
            "Observation",
            status="final",
            code={"text": "Blood pressure"},
            component=[
                {"code": {"text": "Systolic"}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
            ],
        ),
        [("health.physical", "Blood pressure: Systolic 120 mmHg")],
    ),
    "staff-safety": (
        clinical("Flag", category=[concept("Safety", "safety")], code={"text": "Visit in pairs"}),
        [
            ("safety.staff-alert", "Visit in pairs"),
        ],
    ),
    "not-to-be-done": (
        clinical("ServiceRequest", doNotPerform=True, code=concept("Resuscitation")),
        [
            ("health.appointment", "Not to be done: Resuscitation"),
        ],
    ),
    "questionnaire": (
        clinical(
            "QuestionnaireResponse",
            item=[
                {
                    "text": "Do you smoke?",
                    "answer": [{"valueBoolean": False}],
                },
                {"text": "Home", "item": [{"text": "Stairs", "answer": [{"valueInteger": 14}]}]},
            ],
        ),
        [
            ("health.physical", "Do you smoke?: no\nStairs: 14"),
        ],
    ),
    "related": (
        clinical(
            "RelatedPerson",
            "patient",
            relationship=[concept("sister")],
            name=[{"family": "Quill", "given": ["Ivy"]}],
            birthDate="1990-01-01",
        ),
        [
            ("family", "Sister: Ivy Quill"),
        ],
    ),
    "document-without-its-content": (
        clinical(
            "DocumentReference",
            type=concept("Discharge letter"),
            content=[
                {"attachment": {"contentType": "text/plain", "data": "c2VjcmV0"}},
            ],
        ),
        [("health.physical", "Discharge letter")],
    ),
}


@pytest.mark.parametrize(
    ("resource", "fields"), [pytest.param(*case, id=name) for name, case in EXAMPLES.items()]
)
def test_what_a_resource_becomes(resource, fields):
    resource = {key: value for key, value in resource.items() if value not in (None, [])}
    assert told(read(resource, patient())) == fields


@pytest.mark.parametrize("resource", [pytest.param(case[0], id=name) for name, case in EXAMPLES.items()])
def test_xml_says_what_json_says(resource):
    resource = {key: value for key, value in resource.items() if value not in (None, [])}
    from_json, from_xml = (
        [one for file in read_files([("x", write(resource)), ("y", write(patient()))]) for one in file]
        for write in (as_json, as_xml)
    )
    assert from_json == from_xml


def test_every_class_is_in_the_catalogue():
    classes = {class_name for _, fields in EXAMPLES.values() for class_name, _ in fields}
    assert classes <= set(LABELS)


@pytest.mark.parametrize("kind", sorted(RESOURCES))
@pytest.mark.parametrize("write", [as_json, as_xml])
def test_every_resource_type_is_accounted_for(kind, write):
    bare = {"resourceType": kind, "id": "x", "text": {"status": "empty", "div": DIV}}
    [[parsed]] = read_files([("x", write(bare))])
    assert parsed.outcome is not None
    assert parsed.outcome.what in {What.NOTHING, What.LEFT_OUT, What.OTHER_PERSON}


DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Told <b>only</b> here</p></div>'


@pytest.mark.parametrize(
    ("resource", "what", "detail"),
    [
        pytest.param(clinical("Practitioner"), What.NOTHING, "Practitioner", id="staff"),
        pytest.param(clinical("Consent", "patient"), What.NOTHING, "gives none here", id="consent-elsewhere"),
        pytest.param(
            clinical("FamilyMemberHistory", "patient"), What.OTHER_PERSON, "Family", id="a-relative"
        ),
        pytest.param(
            clinical("Condition", code=concept("Gout"), verificationStatus=concept("x", "entered-in-error")),
            What.LEFT_OUT,
            "entered in error",
            id="in-error",
        ),
        pytest.param(
            clinical("Condition", code=concept("Gout"), verificationStatus=concept("x", "refuted")),
            What.LEFT_OUT,
            "refuted",
            id="refuted",
        ),
        pytest.param(
            clinical(
                "Condition", code=concept("Gout"), modifierExtension=[{"url": "urn:x", "valueBoolean": True}]
            ),
            What.LEFT_OUT,
            "modifierExtension",
            id="changed-in-meaning",
        ),
        pytest.param(
            {"resourceType": "Observation", "code": concept("Weight"), "subject": {"reference": "Group/7"}},
            What.NOTHING,
            "not about a person",
            id="a-group",
        ),
        pytest.param(
            clinical("Condition", code={"coding": [{"system": "urn:x", "code": "123"}]}),
            What.LEFT_OUT,
            "told in words",
            id="a-code-without-words",
        ),
        pytest.param(clinical("Condition", text={"div": DIV}), What.LEFT_OUT, "words", id="narrative-only"),
        pytest.param(bundle(), What.NOTHING, "an empty Bundle", id="empty-bundle"),
    ],
)
def test_what_is_set_aside(resource, what, detail):
    outcome = read(resource, patient()).outcome
    assert outcome is not None
    assert outcome.what is what
    assert detail in outcome.detail


def test_uncertain_is_opinion():
    unsure = clinical("Condition", code=concept("Fracture"), verificationStatus=concept("x", "provisional"))
    record = read(unsure, patient()).record
    assert record is not None
    assert record.fields[0].kind == "opinion"


def test_a_medication_of_its_own_lends_its_name():
    medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "Ramipril 2.5 mg"}}
    request = clinical("MedicationRequest", medicationReference={"reference": "Medication/m"})
    assert told(read(request, medicine, patient())) == [("health.medication", "Ramipril 2.5 mg")]
    inside = clinical("MedicationRequest", medicationReference={"reference": "#m"}, contained=[medicine])
    assert told(read(inside, patient())) == [("health.medication", "Ramipril 2.5 mg")]


@pytest.mark.parametrize(
    ("subject", "external_id"),
    [
        pytest.param({"reference": "Patient/pat-1"}, "Patient/pat-1", id="relative"),
        pytest.param({"reference": "Patient/pat-1/_history/3"}, "Patient/pat-1", id="versioned"),
        pytest.param({"reference": "https://ehr.example/fhir/Patient/pat-1"}, "Patient/pat-1", id="absolute"),
        pytest.param({"display": "QUILL, Tamsin Ada"}, "Patient/pat-1", id="by-name-alone"),
        pytest.param(
            {"identifier": {"system": NHS_NUMBER, "value": "943 476 5919"}}, "Patient/pat-1", id="number"
        ),
    ],
)
def test_whom_a_subject_means(subject, external_id):
    parsed = read({"resourceType": "Condition", "code": concept("Gout"), "subject": subject}, patient())
    assert parsed.record is not None
    assert parsed.record.about.external_id == external_id
    assert parsed.record.about.names == ("Tamsin Ada Quill",)


def test_an_entry_is_found_by_its_full_url():
    one, other = patient(), clinical("Condition", code=concept("Gout"))
    other["subject"] = {"reference": "urn:uuid:1"}
    del one["id"]
    whole = bundle(one, other)
    whole["entry"][0]["fullUrl"] = "urn:uuid:1"
    [[first, second]] = read_files([("b.json", as_json(whole))])
    assert first.record is not None
    assert second.record is not None
    assert first.record.about.names == second.record.about.names


def test_two_patients_of_one_id_are_told_apart():
    parsed = read(clinical("Condition", code=concept("Gout")), patient(), patient(birthDate="1999-01-01"))
    assert parsed.outcome is not None
    assert parsed.outcome.what is What.REFUSED
