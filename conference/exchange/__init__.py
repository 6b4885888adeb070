"""What comes in from agencies' own systems: FHIR resources and extracts. See `docs/import.md`."""
