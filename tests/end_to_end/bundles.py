"""FHIR bundles of invented people, written by hand: good ones, and each kind of bad one."""

import json
from datetime import date, timedelta

MRN, NAME = "E2E-4471", ("Aalto", "Signe")


def patient(mrn=MRN, name=NAME, birth="1982-06-11"):
    """Somebody."""
    return {
        "resourceType": "Patient",
        "id": f"patient-{mrn}",
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": mrn}],
        "name": [{"use": "official", "family": name[0], "given": [name[1]]}],
        "gender": "female",
        "birthDate": birth,
    }


def weight(kg, day="2026-11-18", unit="kg"):
    """A weight as a clinic's scale sends it."""
    return {
        "resourceType": "Observation",
        "id": "weight-1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "effectiveDateTime": day,
        "valueQuantity": {"value": kg, "unit": unit, "code": unit},
    }


def condition(name, code, text):
    """A SNOMED-coded condition that is there now."""
    coding = {"system": "http://snomed.info/sct", "code": code, "display": text}
    return {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [coding], "text": text},
        "onsetDateTime": "2021-02-01",
    }


def allergy(text="Penicillin"):
    """Something that this person must not get."""
    return {
        "resourceType": "AllergyIntolerance",
        "id": "allergy-1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"text": text},
        "recordedDate": "2026-03-02",
    }


def vaccination():
    """True, and of no use to anybody here."""
    return {"resourceType": "Immunization", "id": "vaccination-1", "status": "completed"}


def bundle(*resources):
    """These resources as one file."""
    entries = [{"fullUrl": f"urn:x:{one['id']}", "resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def good():
    """A person with something to understand, something irrelevant, something not understood."""
    depression = condition("depression", "370143000", "Major depressive disorder")
    nameless = {"resourceType": "Condition", "id": "nameless"}
    return bundle(patient(), depression, weight(71.5), allergy(), vaccination(), nameless)


def bad(today: date):
    """What is wrong → the file that nobody may import, and words of its one sentence."""
    tomorrow = (today + timedelta(days=1)).isoformat()
    whole = bundle(patient("E2E-BAD"), weight(70))
    return {
        "two patients": (bundle(patient("E2E-BAD"), patient("E2E-BAD-2")), "one Patient, got 2"),
        "no patient": (bundle(weight(70)), "one Patient, got 0"),
        "cut off": (whole[: len(whole) // 2], "complete JSON"),
        "born tomorrow": (
            bundle(patient("E2E-BAD", birth=tomorrow), weight(70)),
            "not in the future",
        ),
    }
