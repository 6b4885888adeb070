"""What of each clinical resource matters to a conference, as a table: one row a resource type.

A path is element names joined by dots; `[x]` takes any type of value. `main` is what the sentence begins
with: the first path that says something. `plain` follows a colon, `parts` follow with a label.
Source: HL7 FHIR R4 (4.0.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_NOTE = (("note", "note.text"),)
_WHY = (("reason", "reasonCode"), ("reason", "reasonReference"))


@dataclass(frozen=True)
class Spec:
    """How one resource type is told. usual: statuses without a word. dates: where its moment is."""

    title: str
    main: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    base: str = "health.physical"
    plain: tuple[str, ...] = ()
    subject: str = "subject"
    dates: tuple[str, ...] = ()
    usual: frozenset[str] = frozenset(
        {"active", "completed", "final", "finished", "current", "confirmed", "amended"}
    )
    kind: Literal["fact", "opinion"] = "fact"


_MEDICINE = ("medicationCodeableConcept", "medicationReference")

SPECS: dict[str, Spec] = {
    "AllergyIntolerance": Spec(
        "Allergy",
        ("code", "reaction.substance"),
        (("reaction", "reaction.manifestation"), ("severity", "reaction.severity"), ("risk", "criticality"),
         ("began", "onset[x]"), ("recorded", "recordedDate"), *_NOTE),
        base="health.allergy", subject="patient", dates=("recordedDate",),
    ),
    "Condition": Spec(
        "Condition",
        ("code",),
        (("severity", "severity"), ("where", "bodySite"), ("began", "onset[x]"), ("ended", "abatement[x]"),
         ("recorded", "recordedDate"), *_NOTE),
        dates=("recordedDate",),
    ),
    "MedicationStatement": Spec(
        "Medication", _MEDICINE,
        (("when", "effective[x]"), *_WHY, ("recorded", "dateAsserted"), *_NOTE),
        base="health.medication", plain=("dosage",), dates=("dateAsserted",),
    ),
    "MedicationRequest": Spec(
        "Medication prescribed", _MEDICINE,
        (("prescribed", "authoredOn"), *_WHY, *_NOTE),
        base="health.medication", plain=("dosageInstruction",), dates=("authoredOn",),
    ),
    "MedicationDispense": Spec(
        "Medication dispensed", _MEDICINE,
        (("quantity", "quantity"), ("handed over", "whenHandedOver"), *_NOTE),
        base="health.medication", plain=("dosageInstruction",), dates=("whenHandedOver", "whenPrepared"),
    ),
    "MedicationAdministration": Spec(
        "Medication given", _MEDICINE,
        (("when", "effective[x]"), *_WHY, *_NOTE),
        base="health.medication", plain=("dosage",), dates=("effectiveDateTime",),
    ),
    "Immunization": Spec(
        "Vaccination",
        ("vaccineCode",),
        (("given", "occurrence[x]"), *_WHY, ("recorded", "recorded"), *_NOTE),
        subject="patient", dates=("recorded", "occurrenceDateTime"),
    ),
    "ImmunizationRecommendation": Spec(
        "Vaccination due", ("recommendation.vaccineCode", "recommendation.targetDisease"),
        (("date", "date"),),
        subject="patient", dates=("date",), kind="opinion",
    ),
    "Observation": Spec(
        "Observation",
        ("code",),
        (("meaning", "interpretation"), ("no result", "dataAbsentReason"), ("where", "bodySite"),
         ("when", "effective[x]"), *_NOTE),
        plain=("value[x]",), dates=("issued", "effectiveDateTime", "effectiveInstant"),
    ),
    "DiagnosticReport": Spec(
        "Report",
        ("code",),
        (("result", "result"), ("conclusion", "conclusion"), ("conclusion", "conclusionCode"),
         ("when", "effective[x]")),
        dates=("issued", "effectiveDateTime"),
    ),
    "Encounter": Spec(
        "Contact with a health service",
        ("type", "serviceType", "class"),
        (("kind", "class"), ("when", "period"), *_WHY, ("at", "serviceProvider"),
         ("where", "location.location"),
         ("discharged to", "hospitalization.dischargeDisposition")),
        base="health.appointment", dates=("period.start",),
    ),
    "Appointment": Spec(
        "Appointment",
        ("description", "serviceType", "appointmentType", "specialty", "serviceCategory"),
        (("service", "serviceType"), ("specialty", "specialty"), ("begins", "start"), ("ends", "end"), *_WHY,
         ("where", "participant.actor"), ("note", "comment"), ("told", "patientInstruction")),
        base="health.appointment", subject="participant.actor", dates=("created",),
        usual=frozenset({"booked", "fulfilled", "arrived", "checked-in"}),
    ),
    "EpisodeOfCare": Spec(
        "Episode of care", ("type",),
        (("when", "period"), ("by", "managingOrganization")),
        base="health.appointment", subject="patient", dates=("period.start",), usual=frozenset({"active"}),
    ),
    "CarePlan": Spec(
        "Care plan",
        ("title", "description", "category", "activity.detail.code", "activity.detail.description"),
        (("about", "category"), ("aim", "description"), ("when", "period"),
         ("activity", "activity.detail.code"),
         ("activity", "activity.detail.description"), ("outcome", "activity.outcomeCodeableConcept"),
         ("progress", "activity.detail.statusReason"), ("made", "created"), *_NOTE),
        dates=("created",),
    ),
    "CareTeam": Spec(
        "Care team", ("name", "category"), (("when", "period"), ("by", "managingOrganization"), *_NOTE),
        base="health.appointment",
    ),
    "Goal": Spec(
        "Goal", ("description",),
        (("outcome", "outcomeCode"), ("progress", "achievementStatus"), ("began", "start[x]"), *_NOTE),
        usual=frozenset({"active", "accepted", "planned"}), dates=("statusDate",),
    ),
    "ServiceRequest": Spec(
        "Referral or request",
        ("code", "category", "orderDetail"),
        (("urgency", "priority"), ("when", "occurrence[x]"), *_WHY, ("asked", "authoredOn"),
         ("for the patient", "patientInstruction"), *_NOTE),
        base="health.appointment", dates=("authoredOn",),
    ),
    "Procedure": Spec(
        "Procedure",
        ("code", "category"),
        (("when", "performed[x]"), *_WHY, ("where", "bodySite"), ("outcome", "outcome"),
         ("complication", "complication"), *_NOTE),
        dates=("performedDateTime",),
    ),
    "Flag": Spec("Alert", ("code",), (("when", "period"),), dates=("period.start",), kind="opinion"),
    "ClinicalImpression": Spec(
        "Clinical impression",
        ("summary", "description", "finding.itemCodeableConcept", "code"),
        (("finding", "finding.itemCodeableConcept"), ("when", "effective[x]"),
         ("outlook", "prognosisCodeableConcept"), *_NOTE),
        dates=("date",), kind="opinion",
    ),
    "RiskAssessment": Spec(
        "Risk assessment",
        ("code", "prediction.outcome", "condition"),
        (("risk", "prediction.outcome"), ("how likely", "prediction.qualitativeRisk"),
         ("why", "prediction.rationale"), ("to lessen it", "mitigation"), ("when", "occurrence[x]"), *_NOTE),
        dates=("occurrenceDateTime",), kind="opinion",
    ),
    "AdverseEvent": Spec(
        "Adverse event", ("event", "category"),
        (("severity", "severity"), ("when", "date"), ("outcome", "outcome")),
        dates=("recordedDate", "date"), usual=frozenset({"actual"}),
    ),
    "DetectedIssue": Spec(
        "Issue with care", ("code", "detail"), (("detail", "detail"), ("severity", "severity")),
        subject="patient", dates=("identifiedDateTime",), kind="opinion",
    ),
    "Communication": Spec(
        "Message",
        ("payload.contentString", "topic", "category"),
        (("sent", "sent"), ("about", "topic"), *_WHY, *_NOTE),
        base="health.appointment", dates=("sent", "received"),
    ),
    "CommunicationRequest": Spec(
        "Message to send", ("payload.contentString", "category"), (("asked", "authoredOn"), *_WHY, *_NOTE),
        base="health.appointment", dates=("authoredOn",),
    ),
    "NutritionOrder": Spec(
        "Diet", ("oralDiet.type", "oralDiet.instruction", "supplement.type", "foodPreferenceModifier"),
        (("avoid", "excludeFoodModifier"), ("texture", "oralDiet.texture.modifier"),
         ("asked", "dateTime"), *_NOTE),
        subject="patient", dates=("dateTime",),
    ),
    "DeviceRequest": Spec(
        "Equipment asked for", ("codeCodeableConcept", "codeReference"),
        (("asked", "authoredOn"), *_WHY, *_NOTE),
        dates=("authoredOn",),
    ),
    "DeviceUseStatement": Spec(
        "Equipment in use", ("device",), (("when", "timing[x]"), *_WHY, ("where", "bodySite"), *_NOTE),
        dates=("recordedOn",),
    ),
    "VisionPrescription": Spec(
        "Vision prescription", ("lensSpecification.product",), (("written", "dateWritten"),),
        subject="patient", dates=("dateWritten",),
    ),
    "DocumentReference": Spec(
        "Document held",
        ("description", "type", "category", "content.attachment.title"),
        (("kind", "type"), ("dated", "date"), ("title", "content.attachment.title")),
        dates=("date",),
    ),
    "DocumentManifest": Spec(
        "Documents held", ("description", "type"), (("kind", "type"), ("dated", "created")),
        dates=("created",),
    ),
    "Composition": Spec(
        "Document held", ("title", "type"), (("kind", "type"), ("dated", "date"), ("part", "section.title")),
        dates=("date",),
    ),
}  # fmt: skip

TITLES = {
    "Patient": "Patient", "RelatedPerson": "Related person",
    "QuestionnaireResponse": "Questionnaire answered",
    **{kind: spec.title for kind, spec in SPECS.items()},
}  # fmt: skip
