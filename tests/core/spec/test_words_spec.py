"""A diagnosis as people write it: what the words mean, whose they are, and what they deny.

Each row is one entry of a problem list, in words only, and the rule that must or must not speak.
"""
# ruff: noqa: E501 — one row of a table is one line

from datetime import timedelta

import pytest
from tests.core.people import ICD, TODAY, condition, evaluated, medicine, person

from openketamine.core.history import read_bundle
from openketamine.core.screening import evaluate

SAYS = [
    # words → rule, what it asks for ("-": silent)
    # --- abbreviations and spellings
    ("AAA 4.1 cm", "CI-01", "block"),
    ("TAA 4.2cm", "CI-01", "block"),
    ("abdominal aortic aneurism 4.1cm", "CI-01", "block"),
    ("Pseudoaneurysm femoral artery", "CI-01", "block"),
    ("AV malformation brain", "CI-02", "block"),
    ("Fistula, dural arteriovenous", "CI-02", "block"),
    ("ICH 2017", "CI-03", "block"),
    ("SAH, coiled", "CI-03", "block"),
    ("Hemorrhagic CVA", "CI-03", "block"),
    ("Haemorrhagic stroke", "CI-03", "block"),
    ("CVA", "CI-07", "override"),
    ("Hx of TIA", "CI-07", "override"),
    ("Schizoaffective d/o", "CI-12", "block"),
    ("MDD w/o psychosis", "CI-12", "-"),
    ("hypomanic", "CI-20", "block"),
    ("Thyrotoxic crisis", "CI-17", "block"),
    ("CHF", "RC-04", "override"),
    ("A-fib", "RC-04", "override"),
    ("CAD s/p CABG", "RC-04", "override"),
    ("OSA", "RC-06", "override"),
    ("COPD", "RC-06", "override"),
    ("ESRD on HD", "RC-13", "caution"),
    ("HTN", "RC-01", "caution"),
    ("angio-oedema after ketamine", "CI-04", "block"),
    ("IUP at 20 weeks", "CI-09", "block"),
    # --- denied
    ("No history of aneurysm, AVM or intracranial hemorrhage", "CI-01", "-"),
    ("No history of aneurysm, AVM or intracranial hemorrhage", "CI-02", "-"),
    ("No history of aneurysm, AVM or intracranial hemorrhage", "CI-03", "-"),
    ("Denies chest pain, stroke, TIA", "CI-07", "-"),
    ("No known aneurysmal disease", "CI-01", "-"),
    ("Aneurysm: no", "CI-01", "-"),
    ("Aneurysm, ruled out", "CI-01", "-"),
    ("Encounter for observation for suspected aneurysm, ruled out", "CI-01", "-"),
    ("Negative pregnancy test", "CI-09", "-"),
    ("Encounter for pregnancy test, result negative", "CI-09", "-"),
    ("Screening for abdominal aortic aneurysm", "CI-01", "-"),
    ("Never had a seizure", "RC-10", "-"),
    # --- words that look like a denial and are none
    ("No change in size of cerebral aneurysm since 2019", "CI-01", "block"),
    ("Patient has no insurance and a cerebral aneurysm", "CI-01", "block"),
    ("No stroke, but a cerebral aneurysm", "CI-01", "block"),
    ("Cerebral aneurysm without rupture", "CI-01", "block"),
    ("Aneurysm, not ruptured", "CI-01", "block"),
    ("Psychosis cannot be excluded", "CI-12", "block"),
    ("Cannot rule out AVM", "CI-02", "block"),
    ("Suspected aortic aneurysm", "CI-01", "block"),
    ("65 year old with aortic aneurysm", "CI-01", "block"),
    ("Depression without psychotic features, cerebral aneurysm", "CI-01", "block"),
    # --- somebody else's
    ("Mother: ruptured aneurysm", "CI-01", "-"),
    ("Family history: aneurysm, stroke", "CI-07", "-"),
    ("Father had a stroke", "CI-07", "-"),
    ("Wife pregnant", "CI-09", "-"),
    ("Caregiver of person with dementia", "RC-22", "-"),
    ("Worries about dementia in mother", "RC-22", "-"),
    ("Family history of schizophrenia (brother)", "RC-18", "override"),
    ("No family history of schizophrenia", "RC-18", "-"),
    ("Grandmother with schizophrenia", "RC-18", "-"),
    ("Mother has schizophrenia", "CI-12", "-"),
    # --- in the past, and not
    ("Aneurysm, clipped 2010", "CI-01", "override"),
    ("Previous psychosis", "CI-12", "-"),
    ("Previous psychosis", "RC-18", "override"),
    ("Schizophrenia, in remission", "CI-12", "-"),
    ("Old stroke", "CI-07", "override"),
    # --- nearly the same word, and another thing
    ("Hypothyroidism", "CI-17", "-"),
    ("Hypothyroidism", "REC-05", "-"),
    ("Orthostatic hypotension", "REC-05", "-"),
    ("Myasthenia gravis", "REC-05", "-"),
    ("Heat stroke", "CI-07", "-"),
    ("Manic depression", "CI-20", "-"),
    ("Manic depression", "IND-07", "override"),
    ("Pulmonary hypertension", "RC-01", "-"),
    ("Venous malformation of skin", "CI-02", "-"),
    ("Graves' disease, controlled on methimazole", "CI-17", "-"),
    ("Graves' disease, poorly controlled", "CI-17", "block"),
    ("Obstructive sleep apnea on CPAP", "RC-06", "caution"),
    # --- misspelt: asked, not taken
    ("Schizofrenia", "REC-05", "override"),
    ("Schizofrenia", "CI-12", "-"),
    ("Demensia", "REC-05", "override"),
    # --- a code typed where the words belong
    ("I67.1", "CI-01", "block"),
]


def asks(words, rule, **about):
    actions = [
        f.action.value for f in evaluated(condition(words), **about).findings if f.rule == rule
    ]
    return actions[0] if actions else "-"


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("words", "rule", "expected"), SAYS, ids=[f"{r[0]} {r[1]}" for r in SAYS])
def test_words_mean_what_a_clinician_reads_in_them(words, rule, expected):
    about = {"sex": "female"} if rule == "CI-09" else {}
    assert asks(words, rule, **about) == expected


GRADED = [
    ({"severity": {"coding": [{"display": "Severe (severity modifier)"}]}}, "Asthma", "RC-06", "override"),
    ({"severity": {"text": "Mild"}}, "Asthma", "RC-06", "-"),
    ({"stage": [{"summary": {"text": "NYHA class III"}}]}, "Heart failure", "RC-05", "block"),
    ({"stage": [{"summary": {"text": "NYHA class I"}}]}, "Heart failure", "RC-05", "-"),
    ({"onsetAge": {"value": 46, "unit": "a"}}, "Stroke", "CI-07", "block"),
    ({"onsetAge": {"value": 30, "unit": "a"}}, "Stroke", "CI-07", "override"),
    ({"abatementString": "years ago", "clinical": None}, "Interstitial lung disease", "RC-06", "-"),
    ({"clinical": "unknown"}, "Schizophrenia", "CI-12", "block"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "words", "rule", "expected"), GRADED)
def test_severity_stage_and_age_at_onset_are_read(more, words, rule, expected):
    about = {"clinical": more.pop("clinical")} if "clinical" in more else {}
    found = evaluated(condition(words, **about, **more)).findings
    actions = [f.action.value for f in found if f.rule == rule]
    assert (actions[0] if actions else "-") == expected


def icd(system, code):
    return {"resourceType": "Condition", "id": "w", "code": {"text": "Aneurisma", "coding": [{"system": system, "code": code}]}}  # fmt: skip


@pytest.mark.parametrize("system", [ICD, "http://hl7.org/fhir/sid/icd-10", "http://fhir.de/CodeSystem/bfarm/icd-10-gm", "urn:oid:2.16.840.1.113883.6.3"])  # fmt: skip
def test_the_icd_10_of_other_countries_has_the_same_categories(system):
    found = evaluated(icd(system, "I71.4")).findings
    assert "CI-01" in {f.rule for f in found}


GIVEN = [
    # kind, status, when, what → current?
    ("MedicationAdministration", "completed", {"effectiveDateTime": 1}, "Midazolam 2 MG", True),
    ("MedicationAdministration", "completed", {"effectiveDateTime": 3}, "Midazolam 2 MG", False),
    ("MedicationAdministration", "not-done", {"effectiveDateTime": 1}, "Midazolam 2 MG", False),
    ("MedicationAdministration", "completed", {"effectiveDateTime": 30}, "Vivitrol 380 MG extended release suspension", True),
    ("MedicationAdministration", "completed", {"effectiveDateTime": 40}, "Vivitrol 380 MG extended release suspension", False),
    ("MedicationDispense", "completed", {"whenHandedOver": 60, "daysSupply": {"value": 90}}, "Phenelzine 15 MG", True),
    ("MedicationDispense", "completed", {"whenHandedOver": 91, "daysSupply": {"value": 90}}, "Phenelzine 15 MG", False),
    ("MedicationDispense", "completed", {"whenHandedOver": 31}, "Phenelzine 15 MG", False),
    ("MedicationDispense", "declined", {"whenHandedOver": 1}, "Phenelzine 15 MG", False),
    ("MedicationStatement", "intended", {}, "Phenelzine 15 MG", False),
    ("MedicationStatement", "not-taken", {}, "Phenelzine 15 MG", False),
    ("MedicationStatement", "on-hold", {}, "Phenelzine 15 MG", True),
    ("MedicationStatement", "active", {"effectivePeriod": (400, 300)}, "Phenelzine 15 MG", False),
    ("MedicationStatement", "active", {"effectivePeriod": (400, None)}, "Phenelzine 15 MG", True),
    ("MedicationRequest", "active", {}, "Phenelzine 15 MG", True),
    ("MedicationRequest", "stopped", {}, "Phenelzine 15 MG", False),
]  # fmt: skip


def day(ago):
    return str(TODAY - timedelta(days=ago))


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(("kind", "status", "when", "what", "current"), GIVEN)
def test_a_medicine_counts_while_it_may_be_in_the_body(kind, status, when, what, current):
    said = {key: day(value) if isinstance(value, int) else value for key, value in when.items()}
    if "effectivePeriod" in when:
        start, end = when["effectivePeriod"]
        said["effectivePeriod"] = {"start": day(start), **({"end": day(end)} if end else {})}
    resource = {"resourceType": kind, "id": "g", "status": status, "medicationCodeableConcept": {"text": what}, **said}  # fmt: skip
    assert person(resource).medicines[0].current is current


def test_what_a_search_returned_twice_counts_once_and_a_deletion_is_no_fault():
    drug = medicine("Diazepam 5 MG")
    bundle = {"resourceType": "Bundle", "type": "history", "entry": [
        {"resource": {"resourceType": "Patient", "id": "p"}, "fullUrl": "urn:uuid:p"},
        {"resource": drug}, {"resource": drug}, {"request": {"method": "DELETE", "url": "Condition/1"}},
    ]}  # fmt: skip
    record = read_bundle(bundle, TODAY)
    assert (len(record.medicines), record.report.not_understood) == (1, ())
    assert record.report.understood + record.report.irrelevant == 4


@pytest.mark.parametrize("kind", ["collection", "transaction", "searchset", "document"])
def test_references_by_full_url_are_followed_in_every_type_of_bundle(kind):
    substance = {"resourceType": "Medication", "id": "m", "code": {"text": "Phenelzine 15 MG"}}
    order = {"resourceType": "MedicationRequest", "id": "o", "status": "active", "subject": {"reference": "urn:uuid:p"}, "medicationReference": {"reference": "urn:uuid:m"}}  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": kind, "entry": [
        {"fullUrl": "urn:uuid:p", "resource": {"resourceType": "Patient", "id": "p"}},
        {"fullUrl": "urn:uuid:m", "resource": substance}, {"fullUrl": "urn:uuid:o", "resource": order},
    ]}  # fmt: skip
    found = evaluate(read_bundle(bundle, TODAY), "iv-depression", TODAY).findings
    assert "DDI-09" in {f.rule for f in found}


def test_a_medicine_that_nobody_recognises_is_unknown_and_a_known_harmless_one_is_not():
    found = evaluate(
        person(medicine("Zorbidex 20 mg"), medicine("Metformin 500 MG")), "iv-depression", TODAY
    )
    named = [
        text for text in found.as_json()["unknown"] if text.startswith("medicine not recognised")
    ]
    assert named == ["medicine not recognised: Zorbidex 20 mg"]


def test_a_conclusion_in_codes_of_a_report_is_read_as_a_suspicion():
    report = {"resourceType": "DiagnosticReport", "id": "d", "status": "final", "code": {"text": "MRI"}, "conclusionCode": [{"text": "Cerebral arteriovenous malformation"}]}  # fmt: skip
    finding = next(f for f in evaluated(report).findings if f.rule == "CI-02")
    assert finding.action.value == "block"
    assert finding.because[0].text.endswith("(not confirmed)")
