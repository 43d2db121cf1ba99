"""Small people as FHIR bundles, written so that a table of vignettes stays readable."""

from datetime import UTC, date, datetime
from itertools import count

from openketamine.core.history import Answer, read_bundle
from openketamine.core.screening import evaluate

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
_numbers = count(1)


def concept(text=None, icd=None, rxcui=None, snomed=None):
    codings = [
        {"system": system, "code": code, **({"display": text} if text else {})}
        for system, code in ((ICD, icd), (RXNORM, rxcui), (SNOMED, snomed))
        if code
    ]
    return {"coding": codings, **({"text": text} if text else {})}


def condition(text=None, icd=None, *, clinical="active", verification="confirmed", **dates):
    return {
        "resourceType": "Condition",
        "id": str(next(_numbers)),
        "code": concept(text, icd),
        **({"clinicalStatus": {"coding": [{"code": clinical}]}} if clinical else {}),
        "verificationStatus": {"coding": [{"code": verification}]},
        **dates,
    }


def medicine(text=None, rxcui=None, *, status="active", intent="order", **more):
    return {
        "resourceType": "MedicationRequest",
        "id": str(next(_numbers)),
        "status": status,
        "intent": intent,
        "medicationCodeableConcept": concept(text, rxcui=rxcui),
        **more,
    }


def each_day(milligrams, times=1):
    """`dosageInstruction` of so many milligrams so many times a day."""
    return [
        {
            "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": milligrams, "unit": "mg"}}],
        }
    ]


def allergy(text, **more):
    return {
        "resourceType": "AllergyIntolerance",
        "id": str(next(_numbers)),
        "code": {"text": text},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        **more,
    }


def observation(code, value, unit, on=TODAY, **more):
    return {
        "resourceType": "Observation",
        "id": str(next(_numbers)),
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": str(on),
        **({} if value is None else {"valueQuantity": {"value": value, "unit": unit}}),
        **more,
    }


def weight(value, unit="kg", on=TODAY):
    return observation("29463-7", value, unit, on)


def height(value, unit="cm", on=TODAY):
    return observation("8302-2", value, unit, on)


def pressure(systolic, diastolic, on=TODAY, unit="mm[Hg]"):
    parts = [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": {"value": value, "unit": unit},
        }
        for code, value in (("8480-6", systolic), ("8462-4", diastolic))
    ]
    return observation("85354-9", None, None, on, component=parts)


def patient(*, born="1980-05-01", sex="male", **more):
    birth = {"birthDate": born} if born else {}
    return {"resourceType": "Patient", "id": "p1", "gender": sex, **birth, **more}


def bundle(*resources, **about):
    everything = (patient(**about), *resources)
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource} for resource in everything],
    }


def person(*resources, answers=None, **about):
    record = read_bundle(bundle(*resources, **about), TODAY)
    given = [Answer(question, value, NOON) for question, value in (answers or {}).items()]
    return record.with_answers(*given)


def evaluated(*resources, answers=None, protocol="iv-depression", **about):
    return evaluate(person(*resources, answers=answers, **about), protocol, TODAY)
