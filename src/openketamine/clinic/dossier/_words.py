"""The small parts of a FHIR resource: codes, amounts, references."""

from typing import Any

OURS = "urn:openketamine"
# Nothing answers at it: it makes the names of a Bundle absolute, as FHIR asks.
BASE = "https://openketamine.invalid/fhir"
_TERMS = "http://terminology.hl7.org/CodeSystem"
# interop/codes.yaml; the ingredient code of esketamine could not be confirmed, so it has none.
RXNORM = {
    "ketamine": {
        "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "code": "6130",
        "display": "ketamine",
    }
}


def coded(system: str, code: str, display: str = "") -> dict[str, Any]:
    """One code of HL7's own terminology."""
    words = {"display": display} if display else {}
    return {"system": f"{_TERMS}/{system}", "code": code, **words}


def loinc(code: str) -> dict[str, Any]:
    """One code of LOINC, which knowledge holds."""
    return {"system": "http://loinc.org", "code": code}


def own(system: str, code: str) -> dict[str, Any]:
    """One code of ours, for what has none that we hold as checked."""
    return {"system": f"{OURS}:{system}", "code": code}


def concept(coding: dict[str, Any], text: str) -> dict[str, Any]:
    """A concept with one code and, where there are some, words."""
    return {"coding": [coding], **({"text": text} if text else {})}


def amount(value: float, ucum: str) -> dict[str, Any]:
    """A number with its UCUM unit."""
    return {"value": value, "unit": ucum, "system": "http://unitsofmeasure.org", "code": ucum}


def reference(kind: str, name: str) -> dict[str, str]:
    """A resource of this Bundle, by its full URL."""
    return {"reference": f"{BASE}/{kind}/{name}"}
