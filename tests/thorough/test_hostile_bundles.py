"""Bundles made to hurt: an answer or one sentence, and never more than two seconds."""
# ruff: noqa: E501 — one row of a table is one line

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.people import TODAY, condition, evaluated, medicine

from openketamine.core.findings import BadInput
from openketamine.core.history import read_bundle
from openketamine.core.screening import evaluate

SECONDS = 2.0
PATIENT = {"resourceType": "Patient", "id": "p"}


def of(*resources):
    entries = [{"resource": resource} for resource in (PATIENT, *resources)]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def diagnosis(number):
    return {"resourceType": "Condition", "id": f"c{number}", "code": {"text": f"no history of stroke or aneurysm {number}"}}  # fmt: skip


def unknown_medicine(number):
    words = f"Lorazepan foobarzine clonazapim x{number}"
    return {"resourceType": "MedicationRequest", "id": f"m{number}", "status": "active", "medicationCodeableConcept": {"text": words}}  # fmt: skip


def with_many_parts(number):
    part = {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}, "valueQuantity": {"value": 100, "unit": "mm[Hg]"}}  # fmt: skip
    return {"resourceType": "Observation", "id": f"o{number}", "status": "final", "effectiveDateTime": "2020-01-01", "code": {"text": "x"}, "component": [part] * 900}  # fmt: skip


def with_many_names(number):
    codings = [{"system": "s", "code": f"c{n}", "display": f"aneurysm of {n}"} for n in range(900)]
    return {"resourceType": "Condition", "id": f"k{number}", "code": {"coding": codings}}


def sentence_or_answer(raw, protocol):
    """What comes out, as text; any exception but BadInput fails the test by itself."""
    try:
        return json.dumps(
            evaluate(read_bundle(raw, TODAY), protocol, TODAY).as_json(), allow_nan=False
        )
    except BadInput as refused:
        return str(refused)


HUGE = [
    ("five thousand different diagnoses", lambda: of(*map(diagnosis, range(5000)))),
    ("five thousand misspelt medicines", lambda: of(*map(unknown_medicine, range(5000)))),
    ("one sentence of a thousand words", lambda: of(condition("stroke no " * 1000))),
    ("tens of thousands of parts", lambda: of(*map(with_many_parts, range(60)))),
    ("tens of thousands of names", lambda: of(*map(with_many_names, range(60)))),
    ("too many resources", lambda: of(*[{"resourceType": "Claim"}] * 20_000)),
    ("too many bytes", lambda: b'{"resourceType": "Bundle", "entry": [' + b" " * 16_000_000),
    ("nested without end", lambda: b"[" * 1_000_000),
    ("objects without end", lambda: b'{"a":' * 300_000),
    ("a number of a hundred thousand digits", lambda: b'{"a": ' + b"9" * 100_000 + b"}"),
    ("an exponent beyond reason", lambda: of({"resourceType": "Observation"}).replace(b'"Observation"', b'"Observation", "x": 1e999999999999')),
    ("zero bytes and half a sign", lambda: b"\x00\xff\xfe{"),
]  # fmt: skip


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("what", "make"), HUGE, ids=[row[0] for row in HUGE])
def test_a_bundle_made_to_hurt_is_answered_or_refused_within_two_seconds(what, make):
    raw = make()
    evaluated()  # the knowledge is loaded once in a process
    began = time.process_time()
    assert sentence_or_answer(raw, "oral-depression").isprintable()
    assert time.process_time() - began < SECONDS


signs = st.text(
    st.characters(codec="utf-8") | st.sampled_from("\x00\u202e\ufeff\u200b"), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(words=signs, code=signs, date=signs)
def test_any_words_in_any_place_are_read_or_reported(words, code, date):
    bad = {"resourceType": "Condition", "id": words, "onsetDateTime": date, "code": {"text": words, "coding": [{"system": code, "code": code}]}}  # fmt: skip
    drug = medicine(words, status=code)
    record = read_bundle(of(bad, drug), TODAY)
    known = len(record.conditions) + len(record.medicines) + len(record.report.not_understood)
    assert known == 2
    json.dumps(evaluate(record, "iv-depression", TODAY).as_json(), allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 400), sign=st.binary(min_size=1, max_size=3))
def test_a_wrong_byte_anywhere_is_an_answer_or_a_sentence(place, sign):
    whole = of(condition("Hypertension", "I10"), medicine("Lorazepam 1 MG", "6470"))
    broken = whole[:place] + sign + whole[place + len(sign) :]
    assert sentence_or_answer(broken, "spravato-trd").isprintable()


ODD = (
    st.none() | st.booleans() | st.integers(-(10**13), 10**13) | st.floats(allow_nan=False) | signs
)
ODD |= st.lists(st.none() | signs, max_size=3) | st.dictionaries(signs, signs, max_size=3)
KINDS = {
    "Condition": ["code", "clinicalStatus", "verificationStatus", "severity", "stage", "onsetAge", "onsetDateTime", "abatementDateTime", "recordedDate", "subject"],
    "MedicationRequest": ["medicationCodeableConcept", "medicationReference", "status", "intent", "dosageInstruction", "contained", "doNotPerform", "authoredOn"],
    "MedicationStatement": ["medicationCodeableConcept", "medication", "status", "dosage", "effectivePeriod"],
    "MedicationDispense": ["medicationCodeableConcept", "status", "daysSupply", "whenHandedOver"],
    "MedicationAdministration": ["medicationCodeableConcept", "status", "dosage", "effectiveDateTime"],
    "Observation": ["code", "status", "valueQuantity", "valueInteger", "valueCodeableConcept", "valueString", "component", "dataAbsentReason", "referenceRange", "effectiveDateTime"],
    "AllergyIntolerance": ["code", "clinicalStatus", "verificationStatus", "reaction", "type", "criticality"],
    "Procedure": ["code", "status", "performedDateTime", "performedPeriod"],
    "FamilyMemberHistory": ["relationship", "condition", "status"],
    "DiagnosticReport": ["conclusionCode", "status", "effectiveDateTime"],
}  # fmt: skip
CONCEPT = {
    "coding": [{"system": "http://loinc.org", "code": "8480-6"}],
    "text": "Lorazepam 1 MG, no aneurysm",
}
WHOLE = {
    "code": CONCEPT, "medicationCodeableConcept": CONCEPT, "status": "final", "effectiveDateTime": "2026-11-22",
    "valueQuantity": {"value": 120, "unit": "mm[Hg]", "code": "mm[Hg]"},
    "dosageInstruction": [{"text": "1 tablet twice daily", "asNeededBoolean": True}],
}  # fmt: skip


@st.composite
def nearly_whole(draw):
    """A resource of a real kind with one or two of its elements replaced by something odd."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    elements = {name: WHOLE[name] for name in KINDS[kind] if name in WHOLE}
    for name in draw(st.lists(st.sampled_from(KINDS[kind]), min_size=1, max_size=2)):
        elements[name] = draw(ODD)
    return {"resourceType": kind, "id": "r", **elements}


@settings(max_examples=300, deadline=None)
@given(resources=st.lists(nearly_whole(), min_size=1, max_size=4))
def test_real_resources_with_odd_elements_are_counted_once_and_answered(resources):
    try:
        record = read_bundle({"resourceType": "Bundle", "entry": [{"resource": r} for r in (PATIENT, *resources)]}, TODAY)  # fmt: skip
    except BadInput:
        return
    report = record.report
    assert report.understood + report.irrelevant + len(report.not_understood) > len(resources)
    json.dumps(evaluate(record, "oral-depression", TODAY).as_json(), allow_nan=False)
