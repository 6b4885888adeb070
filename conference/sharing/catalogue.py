"""The classes of information, in the order in which pages show them, with the words that people read.

Source: domain reference, section 6.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise

LABELS: dict[str, str] = {
    "contact.safe-address": "Safe address",
    "contact.safe-contact": "Safe contact",
    "wishes": "What they want",
    "conference": "Conference",
    "conference.risk": "Risk",
    "identity": "Identity",
    "identity.name": "Name",
    "identity.alias": "Also known as",
    "identity.dob": "Born",
    "identity.nhs-number": "NHS number",
    "identity.reference": "Agency reference",
    "contact": "Contact",
    "contact.current-address": "Address",
    "contact.phone": "Phone",
    "safety": "Staff safety",
    "safety.staff-alert": "Staff safety",
    "dash": "Risk checklist",
    "dash.score": "DASH score",
    "dash.answers": "DASH answers",
    "family": "Family",
    "family.child": "Child",
    "family.plan": "Child's plan",
    "family.school": "School",
    "offending": "Offending",
    "offending.order": "Bail and orders",
    "offending.incident": "Incidents",
    "offending.conviction": "Convictions",
    "offending.custody": "Custody",
    "offending.marker": "Warning markers",
    "intelligence": "Intelligence",
    "health": "Health",
    "health.physical": "Physical health",
    "health.medication": "Medication",
    "health.allergy": "Allergies",
    "health.appointment": "Appointments",
    "health.pregnancy": "Pregnancy",
    "health.mental": "Mental health",
    "health.substance": "Alcohol and drugs",
    "health.sexual": "Sexual health",
    "health.fertility": "Fertility treatment",
    "health.gender-recognition": "Gender recognition",
    "care": "Care",
    "care.needs": "Care and support needs",
    "care.capacity": "Capacity",
    "care.safeguarding": "Safeguarding enquiry",
    "tenancy": "Tenancy",
    "tenancy.status": "Tenancy",
    "tenancy.arrears": "Rent arrears",
    "tenancy.notice": "Notices served",
    "tenancy.history": "Tenancy history",
    "tenancy.support": "Tenancy support",
    "asb": "Antisocial behaviour",
    "asb.record": "Antisocial behaviour",
    "asb.complainant": "Person who complained",
    "immigration": "Immigration status",
    "equality": "Equality",
    "equality.ethnicity": "Ethnicity",
    "equality.religion": "Religion",
    "equality.orientation": "Sexual orientation",
    "equality.disability": "Disability",
    "equality.gender": "Gender",
    "adoption": "Adoption",
    "witness-protection": "Witness protection",
    "court": "Court papers",
    "court.papers": "Court papers",
    "court.privileged": "Legal advice",
    "conference.note": "Note",
    "conference.action": "Action",
}

_ORDER = {name: place for place, name in enumerate(LABELS)}

SAFE_CONTACT = frozenset({"contact.safe-address", "contact.safe-contact"})
"""What no page may show to anybody but its readers, and what is framed twice for them."""

PURPOSES = {
    "prevent-serious-harm": "to prevent serious harm",
    "crime-prevention": "to prevent crime and antisocial behaviour",
    "tenancy-support": "for tenancy support",
    "early-help": "for early help",
    "homelessness": "to prevent homelessness",
    "monitoring": "for monitoring",
    "audit": "for audit",
}

BASES = {
    "CONS": "Consent",
    "LO": "Legal obligation",
    "VI": "Vital interests",
    "PT": "Public task",
    "RLI": "Recognised legitimate interest",
    "LI": "Legitimate interest",
    "LE": "Law enforcement",
}

PERSON_ROLES = {
    "victim": "Victim",
    "child": "Child",
    "alleged-perpetrator": "Alleged perpetrator",
    "other": "Another person",
}


def label(class_name: str) -> str:
    """The words for a class; one that is not in the catalogue is called by its nearest parent's."""
    name = class_name
    while name not in LABELS and "." in name:
        name = name.rpartition(".")[0]
    return LABELS.get(name, "Other information")


def place(class_name: str) -> int:
    """Where a class stands on a page, counted from 0."""
    return _ORDER.get(class_name, len(_ORDER))


def choices() -> list[tuple[str, str]]:
    """The classes that an agency can record, as (name, words), in order."""
    parents = {name.rpartition(".")[0] for name in LABELS}
    return [
        (name, words)
        for name, words in LABELS.items()
        if name not in parents - {"family"} and not name.startswith("conference")
    ]


def generalised(class_name: str, value: str) -> str | None:
    """What may be said of `value` at summary where its owner wrote none: year of birth, outward postcode.

    None where the class has no such form.
    """
    maker = _GENERALISERS.get(class_name)
    return maker(value) if maker is not None else None


def has_general_form(class_name: str) -> bool:
    """Whether a class can be said in general where its owner wrote no summary."""
    return class_name in _GENERALISERS


def _year_of_birth(value: str) -> str | None:
    try:
        return f"born {date.fromisoformat(value.strip()).year}"
    except ValueError:
        return None


def _outward_postcode(value: str) -> str | None:
    words = value.upper().replace(",", " ").split()
    for first, second in pairwise(words):
        if _is_outward(first) and len(second) == 3 and second[0].isdigit() and second[1:].isalpha():
            return first
    return None


def _is_outward(word: str) -> bool:
    return 2 <= len(word) <= 4 and word[0].isalpha() and word[-1].isalnum() and any(map(str.isdigit, word))


_GENERALISERS: dict[str, Callable[[str], str | None]] = {
    "identity.dob": _year_of_birth,
    "contact.current-address": _outward_postcode,
}
