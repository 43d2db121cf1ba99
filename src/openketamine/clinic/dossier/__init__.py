"""Everything of one person, to be taken along: as JSON with the proof of its chain, as FHIR R4."""
