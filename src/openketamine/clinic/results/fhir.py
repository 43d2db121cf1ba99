"""A de-identified export as FHIR R4: one Bundle a person, one Bundle a line (NDJSON).

Codes are those we hold as checked: LOINC of an instrument's total, RxNorm of ketamine. Everything
else carries our own code system and its words; no code is made up.
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
_DAY = f"{_OURS}:days-since-first-session"
_BEFORE = f"{_OURS}:before-first-dose"
_TERMS = "http://terminology.hl7.org/CodeSystem"
# interop/codes.yaml; the ingredient code of esketamine could not be confirmed, so it has none.
_RXNORM = {"ketamine": ("6130", "ketamine")}
_SEVERITY = {1: "mild", 2: "moderate"}


def file(people: Sequence[Nobody]) -> bytes:
    """One Bundle a line."""
    lines = (json.dumps(bundle(one), ensure_ascii=False, allow_nan=False) for one in people)
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
            {"fullUrl": f"{_OURS}:{each['resourceType'].lower()}:{each['id']}", "resource": each}
            for each in resources
        ],
    }


def _patient(one: Nobody) -> dict[str, Any]:
    """No name, number or place; no year of birth: it would undo the group of the oldest."""
    said: dict[str, Any] = {"resourceType": "Patient", "id": one.id, "gender": one.sex}
    if one.age is not None:
        words = f"{one.age} or more" if one.age_is_or_more else str(one.age)
        said["extension"] = [
            {"url": f"{_OURS}:age-in-years-at-first-session", "valueString": words}
        ]
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
