"""A de-identified export as FHIR R4: one Bundle a person, one Bundle a line (NDJSON).

Codes are those we hold as checked: LOINC of an instrument's total, RxNorm of ketamine. Everything
else carries our own code system and its words; no code is made up. Our extensions go along as
StructureDefinitions: without them a reader has to refuse what it cannot look up.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from openketamine.clinic.results.deidentified import Dose, Nobody, Scored
from openketamine.core.course import title
from openketamine.core.dosing import protocol, protocols
from openketamine.core.scoring import instrument, instruments

_OURS = "urn:openketamine"
# Nobody answers there, and by RFC 2606 nobody ever will: a base against which references are read.
_BASE = "http://openketamine.invalid"
_DAY, _BEFORE, _AGE = (
    f"{_OURS}:{name}"
    for name in ("days-since-first-session", "before-first-dose", "age-in-years-at-first-session")
)
# Extension → its type, where it stands, what it says.
_EXTENSIONS = {
    _DAY: (
        "integer",
        ("MedicationAdministration", "AdverseEvent", "Observation"),
        "Days since the first session of the course; negative before it",
    ),
    _BEFORE: ("boolean", ("Observation",), "Whether it was before the first drug of the course"),
    _AGE: ("string", ("Patient",), "Whole years at the first session, or that age or more"),
}
_TERMS = "http://terminology.hl7.org/CodeSystem"
# interop/codes.yaml; the ingredient code of esketamine could not be confirmed, so it has none.
_RXNORM = {"ketamine": ("6130", "ketamine")}
_SEVERITY = {1: "mild", 2: "moderate"}


def file(people: Sequence[Nobody]) -> bytes:
    """One Bundle a line."""
    lines = (json.dumps(bundle(one), ensure_ascii=False, allow_nan=False) for one in people)
    return "".join(f"{line}\n" for line in lines).encode()


def definitions() -> bytes:
    """Every extension that a Bundle may hold, one StructureDefinition a line."""
    lines = (json.dumps(_definition(url), ensure_ascii=False) for url in _EXTENSIONS)
    return "".join(f"{line}\n" for line in lines).encode()


def bundle(one: Nobody) -> dict[str, Any]:
    """A collection of all that is told of one person."""
    resources = [_patient(one), *_condition(one)]
    for dose in one.doses:
        resources += [_given(one, dose), *_events(one, dose)]
    resources += [_score(one, scored, place) for place, scored in enumerate(one.scores, 1)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"{_BASE}/{each['resourceType']}/{each['id']}", "resource": each}
            for each in resources
        ],
    }


def _patient(one: Nobody) -> dict[str, Any]:
    """No name, number or place; no year of birth: it would undo the group of the oldest."""
    said: dict[str, Any] = {"resourceType": "Patient", "id": one.id, "gender": one.sex}
    if one.age is not None:
        words = f"{one.age} or more" if one.age_is_or_more else str(one.age)
        said["extension"] = [{"url": _AGE, "valueString": words}]
    return said


def _condition(one: Nobody) -> Iterator[dict[str, Any]]:
    if one.protocol in protocols():
        yield {
            "resourceType": "Condition",
            "id": f"{one.id}-c",
            "clinicalStatus": _coded("condition-clinical", "active"),
            "code": {"text": protocol(one.protocol).indication},
            "subject": _subject(one),
        }


def _coded(system: str, code: str) -> dict[str, Any]:
    """One code of HL7's own terminology."""
    return {"coding": [{"system": f"{_TERMS}/{system}", "code": code}]}


def _given(one: Nobody, dose: Dose) -> dict[str, Any]:
    coded = _RXNORM.get(dose.drug)
    medication: dict[str, Any] = {"text": dose.drug}
    if coded:
        system = "http://www.nlm.nih.gov/research/umls/rxnorm"
        medication["coding"] = [{"system": system, "code": coded[0], "display": coded[1]}]
    return {
        "resourceType": "MedicationAdministration",
        "id": f"{one.id}-d{dose.number}",
        "status": "completed",
        "medicationCodeableConcept": medication,
        "subject": _subject(one),
        **_when(one, dose.day),
        "dosage": {
            "route": {"text": dose.route},
            "dose": {
                "value": dose.dose_mg,
                "unit": "mg",
                "system": "http://unitsofmeasure.org",
                "code": "mg",
            },
        },
    }


def _events(one: Nobody, dose: Dose) -> Iterator[dict[str, Any]]:
    for place, (event, grade) in enumerate(dose.events, 1):
        when = _when(one, dose.day)
        graded = {"system": f"{_OURS}:ctcae-grade", "code": str(grade)}
        severity = _SEVERITY.get(grade, "severe")
        suspected = {"reference": f"MedicationAdministration/{one.id}-d{dose.number}"}
        yield {
            "resourceType": "AdverseEvent",
            "id": f"{one.id}-d{dose.number}e{place}",
            "actuality": "actual",
            "event": {"coding": [graded], "text": event},
            "subject": _subject(one),
            "date": when["effectiveDateTime"],
            "extension": when["extension"],
            "severity": _coded("adverse-event-severity", severity),
            "suspectEntity": [{"instance": suspected}],
        }


def _score(one: Nobody, scored: Scored, place: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"{one.id}-s{place}",
        "status": "final",
        "category": [_coded("observation-category", "survey")],
        "code": _code(scored),
        "subject": _subject(one),
        **_when(one, scored.day),
    }
    said["extension"] = [*said["extension"], {"url": _BEFORE, "valueBoolean": scored.before}]
    if scored.total is None:
        return said | {"dataAbsentReason": _coded("data-absent-reason", "unknown")}
    unit = {"unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}
    return said | {"valueQuantity": {"value": scored.total, **unit}}


def _code(scored: Scored) -> dict[str, Any]:
    """LOINC where the instrument's own file holds one, beside our own code."""
    own = {"system": f"{_OURS}:instrument", "code": scored.instrument}
    loinc = instrument(scored.instrument).loinc if scored.instrument in instruments() else None
    coded = [{"system": "http://loinc.org", "code": loinc}] if loinc else []
    return {"coding": [*coded, own], "text": f"{title(scored.instrument)} total"}


def _when(one: Nobody, day: int) -> Mapping[str, Any]:
    """A moved day, or the year of the first session; always the days since it."""
    shown = one.first_day and one.first_day + timedelta(days=day)
    return {
        "effectiveDateTime": shown.isoformat() if shown else str(one.first_year),
        "extension": [{"url": _DAY, "valueInteger": day}],
    }


def _subject(one: Nobody) -> dict[str, str]:
    return {"reference": f"Patient/{one.id}"}


def _definition(url: str) -> dict[str, Any]:
    kind, places, says = _EXTENSIONS[url]
    name = url.rpartition(":")[2]
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": url,
        "name": name.title().replace("-", ""),
        "status": "active",
        "description": says,
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": place} for place in places],
        "type": "Extension",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {"element": _elements(url, kind, says)},
    }


def _elements(url: str, kind: str, says: str) -> list[dict[str, Any]]:
    return [
        {"id": "Extension", "path": "Extension", "definition": says, "max": "1"},
        {"id": "Extension.extension", "path": "Extension.extension", "max": "0"},
        {"id": "Extension.url", "path": "Extension.url", "fixedUri": url},
        {
            "id": "Extension.value[x]",
            "path": "Extension.value[x]",
            "min": 1,
            "type": [{"code": kind}],
        },
    ]
