"""A person's record, read from FHIR R4: nothing guessed, nothing dropped in silence."""

from openketamine.core.history._answers import expected, measured
from openketamine.core.history._bundle import read_bundle
from openketamine.core.history._fields import ICD10
from openketamine.core.history._record import (
    Allergies,
    Answer,
    Condition,
    FamilyCondition,
    Measurement,
    Medicine,
    PersonRecord,
    Procedure,
    ReadingReport,
    age,
    latest,
)

__all__ = [
    "ICD10",
    "Allergies",
    "Answer",
    "Condition",
    "FamilyCondition",
    "Measurement",
    "Medicine",
    "PersonRecord",
    "Procedure",
    "ReadingReport",
    "age",
    "expected",
    "latest",
    "measured",
    "read_bundle",
]
