"""Everything that one command read, so that one resource can speak of another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conference.exchange import fhir_words
from conference.exchange.fhir_read import Resource
from conference.exchange.found import Fault, Malformed, PersonHint, What
from conference.exchange.text import real_date, tidy
from conference.exchange.tree import Node
from conference.vault.index import normalised_name, valid_nhs_number

NHS_NUMBER = "nhs-number"
_NAMED = frozenset({"Organization", "Location", "HealthcareService", "CareTeam", "Device", "Practitioner"})


@dataclass(frozen=True)
class NotAPatient:
    """A subject that is not one of the case's people: why nothing is imported about it."""

    what: What
    detail: str


class Library:
    """The resources of one command, found by reference."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._named: dict[str, list[Resource]] = {}
        self.patients: list[Resource] = []
        for resource in resources:
            for name in {resource.reference, resource.full_url} - {""}:
                self._named.setdefault(name, []).append(resource)
            if resource.type == "Patient":
                self.patients.append(resource)

    def find(self, reference: str, near: Resource) -> Node | None:
        """What `reference` names: contained in `near`, in a Bundle, or in this command's files."""
        if reference.startswith("#"):
            return near.contained.get(reference[1:])
        found = self._found(reference)
        return found[0].node if found else None

    def naming(self, near: Resource) -> fhir_words.Naming:
        """How the references in `near` are told: by their display, else by the name of what they name."""

        def name(node: Node) -> str:
            if display := node.text("display"):
                return tidy(display)
            reference = node.text("reference")
            found = self.find(reference, near) if reference else None
            return self._name_of(found) if found is not None else ""

        return name

    def person(self, node: Node | None, near: Resource) -> PersonHint | NotAPatient:
        """Whom a reference to a subject means. Raises Malformed where it could mean two people."""
        if node is None:
            return PersonHint()
        reference = node.text("reference") or ""
        kind = node.text("type") or _type_in(reference)
        if kind not in {"", "Patient"}:
            return _not_a_patient(kind)
        if reference.startswith("#"):
            inner = near.contained.get(reference[1:])
            if inner is None:
                raise Malformed(Fault(node.path, "refers to something that is not contained here"))
            return hint_of(inner, "") if inner.type == "Patient" else _not_a_patient(inner.type or "")
        if reference:
            return self._referred(reference, node)
        number = nhs_number(node.one("identifier"))
        if number is not None:
            same = (hint_of(patient.node, name_of(patient)) for patient in self.patients)
            return next((hint for hint in same if hint.nhs_number == number), PersonHint(nhs_number=number))
        return self._displayed(node)

    def _referred(self, reference: str, node: Node) -> PersonHint | NotAPatient:
        found = self._found(reference)
        if not found:
            number = nhs_number(node.one("identifier"))
            return PersonHint(external_id=_relative(reference), nhs_number=number)
        if found[0].type != "Patient":
            return _not_a_patient(found[0].type)
        hints = {
            hint_of(resource.node, name_of(resource)) for resource in found if resource.type == "Patient"
        }
        if len(hints) > 1:
            raise Malformed(Fault(node.path, "names one patient, and two different ones have this id"))
        return hints.pop()

    def _displayed(self, node: Node) -> PersonHint:
        display = normalised_name(node.text("display") or "")
        if len(self.patients) == 1 and display:
            hint = hint_of(self.patients[0].node, name_of(self.patients[0]))
            if any(set(display.split()) == set(normalised_name(name).split()) for name in hint.names):
                return hint
        return PersonHint(external_id=f"display:{display}") if display else PersonHint()

    def _found(self, reference: str) -> list[Resource]:
        bare = reference.partition("/_history/")[0]
        if bare in self._named:
            return self._named[bare]
        relative = _relative(bare)
        if relative == bare and "/" in bare:
            return []
        # An address on a server may be found by its end, unless that came from a server of its own.
        return [one for one in self._named.get(relative, []) if not one.full_url.startswith("http")]

    def _name_of(self, node: Node) -> str:
        if node.type not in _NAMED:
            return (
                tidy(fhir_words.concept(node.one("code"))) if node.type in {"Condition", "Medication"} else ""
            )
        names = node.all("name")
        if not names:
            return ""
        return tidy(names[0].value) if names[0].value else fhir_words.name(names[0])


def name_of(resource: Resource) -> str:
    """What the agency's system calls this resource: type and id, or a business identifier; else empty."""
    if resource.reference:
        return resource.reference
    for identifier in resource.node.all("identifier"):
        system, value = identifier.text("system"), identifier.text("value")
        if system and value:
            return f"{resource.type}?identifier={system}|{value}"
    return ""


def hint_of(patient: Node, external_id: str) -> PersonHint:
    """Whom a Patient or RelatedPerson resource says it is about."""
    numbers = [number for found in patient.all("identifier") if (number := nhs_number(found))]
    born = patient.text("birthDate") or ""
    return PersonHint(
        names=tuple(dict.fromkeys(name for node in patient.all("name") if (name := fhir_words.name(node)))),
        born=born if real_date(born) else None,
        nhs_number=numbers[0] if numbers else None,
        external_id=external_id,
    )


def nhs_number(identifier: Node | None) -> str | None:
    """The ten digits of an NHS number that is valid and, where that is said, verified; else None."""
    if identifier is None or not is_nhs_number(identifier) or identifier.text("use") == "old":
        return None
    status = identifier.extension("NHSNumberVerificationStatus")
    codes = {
        node.text("code")
        for value in (status.all("value[x]") if status else [])
        for node in value.all("coding")
    }
    number = "".join(sign for sign in identifier.text("value") or "" if sign.isdigit())
    if codes and not codes & {"01", "number-present-and-verified"}:
        return None
    return number if valid_nhs_number(identifier.text("value") or "") else None


def is_nhs_number(identifier: Node) -> bool:
    """Whether an identifier is an NHS number, right or wrong."""
    return (identifier.text("system") or "").rstrip("/").rpartition("/")[2] == NHS_NUMBER


def _not_a_patient(kind: str) -> NotAPatient:
    if kind in {"RelatedPerson", "Practitioner", "Person", "PractitionerRole"}:
        return NotAPatient(What.OTHER_PERSON, "not about the patient")
    return NotAPatient(What.NOTHING, "not about a person")


def _type_in(reference: str) -> str:
    parts = reference.partition("/_history/")[0].split("/")
    return parts[-2] if len(parts) > 1 and parts[-2][:1].isupper() else ""


def _relative(reference: str) -> str:
    parts = reference.partition("/_history/")[0].split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 and parts[-2][:1].isupper() else reference
