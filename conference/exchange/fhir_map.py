"""From resources to records: which matter to a conference, about whom, and why the others do not."""

from __future__ import annotations

from dataclasses import replace

from conference.exchange import fhir_clinical
from conference.exchange.fhir_library import Library, NotAPatient, hint_of, name_of
from conference.exchange.fhir_person import PersonReader, check_shape, related
from conference.exchange.fhir_read import Resource, read_fhir
from conference.exchange.fhir_specs import SPECS, TITLES, Spec
from conference.exchange.found import (
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
from conference.exchange.text import as_moment
from conference.exchange.tree import Node

_QUESTIONS = Spec("Questionnaire answered", (), (), dates=("authored",), kind="opinion")
_SAID = {
    "Consent": "Consent (a consent recorded elsewhere gives none here)",
    "Bundle": "Bundle (it is empty)",
    "Parameters": "Parameters (no resource in it)",
}


def read_files(contents: list[tuple[str, bytes]]) -> list[list[Parsed]]:
    """What became of every resource, file by file, as (place, content). They may name each other."""
    found = [_read(content, place) for place, content in contents]
    library = Library(one for file in found for one in file if isinstance(one, Resource))
    return [[one if isinstance(one, Parsed) else _parsed(one, library) for one in file] for file in found]


def _read(content: bytes, place: str) -> list[Resource | Parsed]:
    try:
        inside = read_fhir(content, place)
    except Malformed as error:
        return [refused(place, *error.faults)]
    return [
        one if isinstance(one, Resource)
        else set_aside(one, What.NOTHING, "an entry without a resource" if "#" in one else "an empty Bundle")
        for one in inside
    ]  # fmt: skip


def _parsed(resource: Resource, library: Library) -> Parsed:
    try:
        return _mapped(resource, library)
    except Malformed as error:
        return refused(resource.place, *error.faults)


def _mapped(resource: Resource, library: Library) -> Parsed:
    node, kind = resource.node, resource.type
    aside = _aside(node, kind)
    if aside is not None:
        return set_aside(resource.place, *aside)
    about = _about(resource, library)
    if isinstance(about, NotAPatient):
        return set_aside(resource.place, about.what, f"{kind}: {about.detail}")
    reader = PersonReader(node, library.naming(resource))
    fields = _fields(resource, library, reader)
    if not fields:
        why = "nothing in it is told in words" if kind in SPECS else "nothing in it is for a conference"
        return set_aside(resource.place, What.LEFT_OUT, f"{kind}: {why}")
    if long := [one for one in fields if len(one.value) > LONGEST_VALUE]:
        raise Malformed(*(Fault(one.place, f"longer than {LONGEST_VALUE:,} characters") for one in long))
    also = (hint_of(node, ""),) if kind == "RelatedPerson" else ()
    record = FoundRecord(kind, TITLES[kind], about, tuple(fields), name_of(resource), also)
    return Parsed(resource.place, record, notes=tuple(reader.notes))


def _aside(node: Node, kind: str) -> tuple[What, str] | None:
    """Why a resource is not imported whoever it is about; None if it may be."""
    if kind == "FamilyMemberHistory":
        return What.OTHER_PERSON, kind
    if kind not in TITLES:
        return What.NOTHING, _SAID.get(kind, kind)
    why = ""
    if any(inner.name == "modifierExtension" for inner in _own(node)):
        why = "it has a modifierExtension, which may change what it means"
    elif node.text("implicitRules"):
        why = "it follows implicit rules not known here"
    elif fhir_clinical.is_in_error(node):
        why = "entered in error"
    elif fhir_clinical.is_refuted(node):
        why = "refuted"
    return (What.LEFT_OUT, f"{kind}: {why}") if why else None


def _fields(resource: Resource, library: Library, reader: PersonReader) -> list[FoundField]:
    node, naming = resource.node, library.naming(resource)
    if resource.type == "Patient":
        return reader.fields()
    if resource.type == "RelatedPerson":
        return _relation(node)
    if resource.type == "QuestionnaireResponse":
        return fhir_clinical.answers(node, _QUESTIONS, naming)
    return fhir_clinical.fields(node, SPECS[resource.type], naming)


def _relation(node: Node) -> list[FoundField]:
    check_shape(node)
    told = related(node)
    recorded = as_moment(node.text("meta", "lastUpdated"))
    source = "FHIR R4 RelatedPerson"
    return [FoundField("family", told, source, "fact", recorded, node.path, "relation")] if told else []


def _about(resource: Resource, library: Library) -> PersonHint | NotAPatient:
    node = resource.node
    if resource.type == "Patient":
        return hint_of(node, name_of(resource))
    if resource.type == "Appointment":
        return _one_of_them(resource, library)
    name = "patient" if resource.type == "RelatedPerson" else _subject(resource.type)
    subject = node.one(name)
    if subject is not None and subject.value is not None:
        raise Malformed(Fault(subject.path, "a value where FHIR has an element with parts"))
    if subject is None and node.text(f"{name}CodeableConcept"):
        return NotAPatient(What.NOTHING, "not about a person")
    return library.person(subject, resource)


def _subject(kind: str) -> str:
    return SPECS[kind].subject if kind in SPECS else "subject"


def _one_of_them(resource: Resource, library: Library) -> PersonHint | NotAPatient:
    """Whom an Appointment is about: the one patient among those who take part."""
    met = [library.person(actor, resource) for actor in resource.node.all("participant", "actor")]
    patients = list(
        dict.fromkeys(one for one in met if isinstance(one, PersonHint) and not _is_a_display(one))
    )
    if len(patients) > 1:
        return NotAPatient(What.OTHER_PERSON, "about several patients")
    if patients:
        return patients[0]
    return PersonHint() if len(met) == 0 else NotAPatient(What.NOTHING, "no patient takes part")


def _is_a_display(hint: PersonHint) -> bool:
    return hint == replace(PersonHint(), external_id=hint.external_id) and hint.external_id.startswith(
        "display:"
    )


def _own(node: Node) -> list[Node]:
    """The elements of a resource, without those of resources that it contains."""
    found = [node]
    for child in node.children:
        if child.name != "contained":
            found += _own(child)
    return found
