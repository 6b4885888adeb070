"""The names that FHIR R4 knows: every resource type, and the elements that a message of ours may name.

Source: HL7 FHIR R4 (4.0.1), resource list.
"""

from __future__ import annotations

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"

RESOURCES = frozenset(
    """
    Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent
    Basic Binary BiologicallyDerivedProduct BodyStructure Bundle CapabilityStatement CarePlan CareTeam
    CatalogEntry ChargeItem ChargeItemDefinition Claim ClaimResponse ClinicalImpression CodeSystem
    Communication CommunicationRequest CompartmentDefinition Composition ConceptMap Condition Consent
    Contract Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue Device
    DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest
    DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest EnrollmentResponse
    EpisodeOfCare EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit
    FamilyMemberHistory Flag Goal GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy
    Immunization ImmunizationEvaluation ImmunizationRecommendation ImplementationGuide InsurancePlan
    Invoice Library Linkage List Location Measure MeasureReport Media Medication MedicationAdministration
    MedicationDispense MedicationKnowledge MedicationRequest MedicationStatement MedicinalProduct
    MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication
    MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured
    MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect
    MessageDefinition MessageHeader MolecularSequence NamingSystem NutritionOrder Observation
    ObservationDefinition OperationDefinition OperationOutcome Organization OrganizationAffiliation
    Parameters Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner
    PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup
    ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment
    RiskEvidenceSynthesis Schedule SearchParameter ServiceRequest Slot Specimen SpecimenDefinition
    StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid SubstancePolymer
    SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification
    SupplyDelivery SupplyRequest Task TerminologyCapabilities TestReport TestScript ValueSet
    VerificationResult VisionPrescription
    """.split()
)

ELEMENTS = frozenset(
    """
    abatementAge abatementDateTime abatementPeriod abatementRange abatementString action active activity
    actor additionalInstruction address adverseEvent agent alias animal answer appointmentType
    asNeededBoolean asNeededCodeableConcept assertedDate asserter attachment author authored authoredOn
    authorizingPrescription basedOn basis birthDate bodySite bornDate boundsDuration boundsPeriod
    boundsRange careTeam category channel city class clinicalStatus code coding comment communication
    comparator component conclusion conclusionCode condition contact contained content contentType context
    country created creation criterion criticality custodian data date dateAsserted dateRecorded dateTime
    dateWritten daysSupply deceasedAge deceasedBoolean deceasedDateTime denominator description detail
    deviceCodeableConcept deviceReference diagnosis diagnosticReport diet dischargeDisposition display
    district div docStatus doNotPerform dosage dosageInstruction doseAndRate doseNumberPositiveInt
    doseQuantity doseRange due dueDate duration durationUnit effectiveDateTime effectiveInstant
    effectivePeriod effectiveTiming encounter end entry event evidence exposedReaction extension family
    finding format frequency frequencyMax fullUrl gender generalPractitioner given goal hospitalization id
    identifier implicitRules individual informationSource instantiatesCanonical intent interpretation
    issue issued item itemCodeableConcept itemReference language lastUpdated line link linkId location
    locationReference lotNumber mainServiceType managingOrganization manifestation maritalStatus
    masterIdentifier medicationCodeableConcept medicationReference member meta mitigation modified
    modifierExtension multipleBirthBoolean multipleBirthInteger name note numerator occurredDateTime
    occurredPeriod occurrence occurrenceDateTime occurrencePeriod occurrenceString occurrenceTiming onset
    onsetAge onsetDateTime onsetPeriod onsetRange onsetString oralDiet outcome outcomeCode
    outcomeCodeableConcept outcomeReference parameter part participant partOf patient patientInstruction
    payload performed performedAge performedDateTime performedPeriod performedRange performedString
    performer period periodMax periodUnit photo physicalType plannedPeriod postalCode prediction preferred
    prefix prescription presentedForm priority probabilityDecimal probabilityRange problem product profile
    protocol protocolApplied provision purpose qualification qualitativeRisk quantity questionnaire
    rateQuantity rateRange rateRatio reaction reason reasonCode reasonCodeableConcept reasonReference
    received receivedTime recorded recordedDate recorder reference referenceRange relationship repeat
    replaces request requestedPeriod requester required resource response result role route scope search
    section security securityLabel sender sent series serviceCategory serviceProvider serviceRequest
    serviceType severity sex site source specialty specimen stage start startDate startDateTime state
    statedDate status statusDate statusHistory statusReason subject substance substitution suffix summary
    supplement supportingInfo supportingInformation system tag target targetDisease telecom text timeOfDay
    timing title total type unit url use userSelected vaccineCode value valueAddress valueAge
    valueAnnotation valueAttachment valueBase64Binary valueBoolean valueCanonical valueCode
    valueCodeableConcept valueCoding valueContactPoint valueDate valueDateTime valueDecimal valueDosage
    valueHumanName valueId valueIdentifier valueInstant valueInteger valueMarkdown valueMoney valueOid
    valuePeriod valuePositiveInt valueQuantity valueRange valueRatio valueReference valueSampledData
    valueSignature valueString valueTime valueTiming valueUnsignedInt valueUri valueUrl valueUuid
    verificationStatus versionId vision visionPrescription when whenHandedOver whenPrepared workflowStatus
    """.split()
)
