"""People as they come to a clinic: what is decided, which rules must speak, which must not.

Each row is one person under one protocol. `speaks` are rules that must be raised, `silent` rules
that must not be. Whatever is not said in a row is unknown, and unknown is never "no".
"""
# ruff: noqa: E501 — one row of a table is one line

from datetime import timedelta

import pytest
from tests.core.people import (
    ICD,
    LOINC,
    RXNORM,
    SNOMED,
    TODAY,
    condition,
    each_day,
    height,
    medicine,
    observation,
    person,
    pressure,
    weight,
)

from openketamine.core.dosing import propose
from openketamine.core.history import read_bundle
from openketamine.core.screening import evaluate

C, M = condition, medicine
MDD = condition("Major depressive disorder, recurrent, severe", "F33.2")
IV, IM, SC, PO, SL, ESK, SI = (
    "iv-depression",
    "im-depression",
    "sc-depression",
    "oral-depression",
    "sublingual-depression",
    "spravato-trd",
    "spravato-suicidality",
)
CRPS, SCI, FM, PAIN = "crps-outpatient", "spinal-cord-injury", "fibromyalgia", "pain-outpatient"
ATC, OID_ICD = "http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.90"


def coded(system, code, display=None, *, clinical="active", **more):
    """A diagnosis with one code of any system, and a display or none."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    status = {"clinicalStatus": {"coding": [{"code": clinical}]}}
    return {"resourceType": "Condition", "id": "k1", "code": {"coding": [coding]}, **status, **more}


def prescribed(system, code, display=None, **more):
    """A medicine with one code of any system, and a display or none."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {
        "resourceType": "MedicationStatement",
        "id": "s1",
        "status": "active",
        "medicationCodeableConcept": {"coding": [coding]},
        **more,
    }


def relative(code, illness, icd=None):
    coding = [{"system": ICD, "code": icd}] if icd else []
    return {
        "resourceType": "FamilyMemberHistory", "id": "f1", "status": "completed",
        "relationship": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": code}]},
        "condition": [{"code": {"text": illness, "coding": coding}}],
    }  # fmt: skip


def half_pressure(systolic, on=TODAY):
    """A blood pressure whose lower value was not measured."""
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": "8480-6"}]}, "valueQuantity": {"value": systolic, "unit": "mm[Hg]"}},
        {"code": {"coding": [{"system": LOINC, "code": "8462-4"}]}, "dataAbsentReason": {"coding": [{"code": "not-performed"}]}},
    ]  # fmt: skip
    return observation("85354-9", None, None, on, component=parts)


def pregnant(code, display):
    value = {
        "valueCodeableConcept": {"coding": [{"system": LOINC, "code": code, "display": display}]}
    }
    return observation("82810-3", None, None, TODAY - timedelta(days=3), **value)


def timed(abbreviation, milligrams):
    return [{"timing": {"code": {"coding": [{"code": abbreviation}]}}, "doseAndRate": [{"doseQuantity": {"value": milligrams, "unit": "mg"}}]}]  # fmt: skip


def ago(days):
    return str(TODAY - timedelta(days=days))


HYP, T2D, SSRI = (
    C("Essential hypertension", "I10"),
    C("Type 2 diabetes", "E11.9"),
    M("Sertraline 50 MG Oral Tablet"),
)

VIGNETTES = [
    # who, what the record holds, protocol, decision, speaks, silent
    # --- fit people
    ("a fit man of 46 with depression", [MDD, weight(70), pressure(118, 74)], IV, "proceed", ["IND-00"], []),
    ("the same with an SSRI", [MDD, SSRI, pressure(120, 76)], IV, "proceed", ["DDI-23"], []),
    ("the same by every other route: muscle", [MDD, SSRI], IM, "proceed", ["IND-08"], []),
    ("skin", [MDD, SSRI], SC, "proceed", ["IND-08"], []),
    ("mouth", [MDD, SSRI], PO, "proceed", ["IND-11"], []),
    ("nose", [MDD, SSRI], ESK, "proceed", [], ["IND-03", "IND-11"]),
    ("controlled hypertension with lisinopril", [MDD, HYP, M("Lisinopril 10 MG"), pressure(132, 82)], IV, "caution", ["RC-01", "DDI-25"], ["RC-02", "BP-01"]),
    ("depression and diabetes", [MDD, T2D, observation("2339-0", 140, "mg/dL")], IV, "proceed", [], ["VS-05"]),
    ("a long list of old colds", [MDD, *[C("Viral sinusitis", clinical="resolved")] * 8], IV, "proceed", [], ["RC-07"]),
    ("pain and nothing else", [C("CRPS type I of left lower limb", "G90.522")], CRPS, "proceed", ["IND-P1"], []),
    ("fibromyalgia, coded without dot", [coded(ICD, "M797")], FM, "proceed", ["IND-P3"], []),
    # --- hard stops, each found by another road
    ("aneurysm by ICD-10-CM without dot", [coded(ICD, "I7143")], IV, "block", ["CI-01"], ["REC-01"]),
    ("aneurysm under an OID", [coded(OID_ICD, "I71.40")], ESK, "block", ["CI-01"], []),
    ("aneurysm as SNOMED CT with its name", [coded(SNOMED, "1", "Abdominal aortic aneurysm (disorder)")], IV, "block", ["CI-01"], []),
    ("a SNOMED CT code without any name", [coded(SNOMED, "274100004")], IV, "caution", ["REC-01"], ["CI-03"]),
    ("lower case code", [coded(ICD, "i61.9")], IV, "block", ["CI-03"], []),
    ("a past brain bleed, resolved", [C("Cerebral hemorrhage", "I61.9", clinical="resolved")], IV, "block", ["CI-03"], []),
    ("brain bleed named as a situation", [coded(SNOMED, "2", "History of intracerebral hemorrhage (situation)")], IV, "block", ["CI-03"], []),
    ("stroke two months ago", [C(icd="I63.50", onsetDateTime=ago(60))], IV, "block", ["CI-07"], []),
    ("stroke in a year without month", [C(icd="I63.50", onsetDateTime="2025")], IV, "override", ["CI-07"], []),
    ("stroke some day of this year, which may be last week", [C("Stroke", onsetDateTime="2026")], IV, "block", ["CI-07"], []),
    ("heart attack three weeks ago by nose", [C("Acute NSTEMI", "I21.4", onsetDateTime=ago(21))], ESK, "block", ["CI-06", "RC-04"], []),
    ("psychotic depression", [C("MDD, recurrent, severe with psychotic symptoms", "F33.3")], IV, "block", ["CI-12"], []),
    ("pregnant by observation", [{"sex": "female"}, MDD, pregnant("LA15173-0", "Pregnant")], IV, "block", ["CI-09"], []),
    ("pregnant in the pain clinic", [{"sex": "female"}, C("Normal pregnancy (finding)")], CRPS, "block", ["CI-09"], []),
    ("17 years old", [{"born": "2008-12-01"}, MDD], IV, "block", ["CI-10"], ["RC-26"]),
    ("pressure of 182 over 96 today", [MDD, pressure(182, 96)], IV, "block", ["CI-08"], ["BP-01", "BP-02"]),
    ("pressure given in kilopascals", [MDD, pressure(24.5, 12, unit="kPa")], IV, "block", ["CI-08"], []),
    ("only the upper pressure, and it is too high", [MDD, half_pressure(185)], IV, "block", ["CI-08"], []),
    ("ALT of six times the limit", [MDD, observation("1742-6", 240, "U/L", referenceRange=[{"high": {"value": 40, "unit": "U/L"}}])], IV, "block", ["RC-12"], []),
    ("ketamine use disorder, over", [C("Ketamine use disorder", clinical="resolved")], IV, "block", ["RC-15"], []),
    ("theophylline in the pain clinic", [M("Theophylline 300 MG Extended Release")], CRPS, "block", ["CI-THEO"], []),
    ("cirrhosis in the pain clinic", [C(icd="K74.60")], PAIN, "block", ["CI-LIV-S"], []),
    # --- not today
    ("a cold", [MDD, C("Acute upper respiratory infection", "J06.9")], IV, "defer", ["RC-07"], []),
    ("pressure of 165 over 90", [MDD, pressure(165, 90)], IV, "defer", ["BP-02"], ["BP-01"]),
    ("fever", [MDD, observation("8310-5", 101.3, "[degF]")], IV, "defer", ["VS-04"], []),
    ("pulse of 118", [MDD, observation("8867-4", 118, "{beats}/min")], IV, "defer", ["VS-01"], []),
    ("the pulse was 118 last week", [MDD, observation("8867-4", 118, "/min", TODAY - timedelta(days=7))], IV, "proceed", [], ["VS-01"]),
    ("no escort", [{"escort": "none"}, MDD], ESK, "defer", ["CI-15"], []),
    # --- a prescriber's decision
    ("stroke five years ago", [C("Cerebrovascular accident", onsetDateTime=ago(1826))], IV, "override", ["CI-07"], []),
    ("atrial fibrillation", [MDD, C("Atrial fibrillation", "I48.91")], IV, "override", ["RC-04"], []),
    ("bipolar II", [C("Bipolar II disorder", "F31.81")], IV, "override", ["IND-07"], ["CI-20"]),
    ("trauma and no depression", [C("Post-traumatic stress disorder", "F43.12")], IV, "override", ["IND-06"], []),
    ("trauma and depression", [MDD, C("Post-traumatic stress disorder", "F43.12")], IV, "proceed", [], ["IND-06"]),
    ("phenelzine", [MDD, M("Phenelzine 15 MG Oral Tablet")], ESK, "override", ["DDI-09"], []),
    ("phenelzine by ATC", [MDD, prescribed(ATC, "N06AF03")], IV, "override", ["DDI-09"], ["REC-01"]),
    ("a benzodiazepine that is on no list, by its ATC group", [MDD, prescribed(ATC, "N05BA99")], IV, "proceed", ["DDI-01"], ["REC-01"]),
    ("oxycodone and clonazepam", [MDD, M("Oxycodone 5 MG"), M("Klonopin 0.5 mg")], IV, "override", ["DDI-04"], []),
    ("79 years old", [{"born": "1947-01-01"}, MDD], ESK, "override", ["RC-20", "RC-21"], []),
    ("father with schizophrenia", [MDD, relative("FTH", "Schizophrenia", "F20.9")], IV, "override", ["RC-18"], ["CI-12"]),
    ("unstable angina in the pain clinic", [C("Unstable angina", "I20.0")], SCI, "override", ["CI-CV", "RC-04"], []),
    # --- other people's illnesses, negations, errors
    ("uncle with schizophrenia", [MDD, relative("UNCLE", "Schizophrenia", "F20.9")], IV, "proceed", [], ["RC-18", "CI-12"]),
    ("mother with a stroke", [MDD, relative("MTH", "Stroke")], IV, "proceed", [], ["CI-07"]),
    ("family history as a diagnosis", [MDD, C("Family history of cerebral aneurysm")], IV, "proceed", [], ["CI-01"]),
    ("no history of stroke", [MDD, C("No history of stroke")], IV, "proceed", [], ["CI-07"]),
    ("denies suicidal ideation", [MDD, C("Denies suicidal ideation")], IV, "proceed", [], ["RC-27", "IND-10"]),
    ("no evidence of aneurysm", [MDD, C("No evidence of aneurysm on angiography")], IV, "proceed", [], ["CI-01"]),
    ("without psychotic features", [C("Major depressive disorder, severe, without psychotic features")], IV, "proceed", [], ["CI-12"]),
    ("stroke entered in error", [MDD, C("Stroke", "I63.9", verification="entered-in-error")], IV, "proceed", [], ["CI-07"]),
    ("stroke refuted", [MDD, C("Stroke", "I63.9", verification="refuted")], IV, "proceed", [], ["CI-07"]),
    ("stroke suspected", [MDD, C("Stroke", "I63.9", verification="provisional")], IV, "override", ["CI-07"], []),
    ("a medicine entered in error", [MDD, M("Phenelzine", status="entered-in-error")], IV, "proceed", [], ["DDI-09"]),
    ("a medicine that is not to be given", [MDD, M("Phenelzine", doNotPerform=True)], IV, "proceed", [], ["DDI-09"]),
    # --- medicines as people write them
    ("a brand name", [MDD, M("Xanax 0.5mg tab")], IV, "proceed", ["DDI-01"], []),
    ("a misspelt benzodiazepine is asked and not taken", [MDD, M("Clonazapam 1 mg")], IV, "caution", ["REC-02"], ["DDI-01"]),
    ("a misspelt MAO inhibitor is asked and not taken", [MDD, M("Tranylcypramine")], IV, "caution", ["REC-02"], ["DDI-09"]),
    ("naloxone is no misspelt naltrexone", [MDD, M("Naloxone 4 MG nasal spray")], IV, "proceed", [], ["REC-02", "DDI-07"]),
    ("SPRAVATO from elsewhere by product code", [MDD, prescribed(RXNORM, "2201625")], IV, "block", ["E6"], ["REC-01"]),
    # --- benzodiazepines add up
    ("lorazepam 0.5 mg twice a day is 10 mg", [MDD, M("Lorazepam", dosageInstruction=timed("BID", 0.5))], IV, "caution", ["DDI-02"], ["DDI-01"]),
    ("lorazepam 0.5 mg at bedtime is 5 mg", [MDD, M("Lorazepam", dosageInstruction=timed("BED", 0.5))], IV, "proceed", ["DDI-01"], ["DDI-02"]),
    ("two of them add up", [MDD, M("Lorazepam", dosageInstruction=each_day(0.5)), M("Diazepam", dosageInstruction=each_day(5))], IV, "caution", ["DDI-02"], []),
    ("over the limit although one dose is not known", [MDD, M("Diazepam", dosageInstruction=each_day(10)), M("Lorazepam 1 MG")], IV, "caution", ["DDI-02"], []),
    ("micrograms are not milligrams", [MDD, M("Alprazolam", dosageInstruction=[{"timing": {"code": {"text": "TID"}}, "doseAndRate": [{"doseQuantity": {"value": 100, "unit": "ug"}}]}])], IV, "proceed", ["DDI-01"], ["DDI-02"]),
    # --- scores and units
    ("a PHQ-9 of 21", [MDD, observation("44261-6", 21, "{score}")], IV, "proceed", [], ["IND-05"]),
    ("the code of the panel used for the score", [MDD, observation("44249-1", 9, "{score}")], IV, "proceed", [], ["IND-05"]),
    ("250 pounds at 5 feet 7", [MDD, weight(250, "[lb_av]"), height(67, "[in_i]")], IV, "proceed", [], ["RC-06"]),
    ("260 pounds at 5 feet 7", [MDD, weight(260, "lbs"), height(67, "[in_i]")], IV, "override", ["RC-06"], []),
]  # fmt: skip


def someone(parts):
    said = {k: v for part in parts if "resourceType" not in part for k, v in part.items()}
    about = {k: said.pop(k) for k in ("born", "sex") if k in said}
    return person(*(p for p in parts if "resourceType" in p), answers=said, **about)


@pytest.mark.hazard("HZ-09")
@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(
    ("who", "parts", "protocol", "decision", "speaks", "silent"), VIGNETTES, ids=[v[0] for v in VIGNETTES]
)  # fmt: skip
def test_a_person_as_they_come(who, parts, protocol, decision, speaks, silent):
    found = evaluate(someone(parts), protocol, TODAY)
    raised = {finding.rule for finding in found.findings}
    assert (found.decision, set(speaks) - raised, set(silent) & raised) == (decision, set(), set())


ROUTES = [
    # medicine, rule → what it asks for by iv, im, sc, nasal, oral, sublingual
    ("Clarithromycin 500 MG", "DDI-14", "info info info info caution caution"),
    ("Ticlopidine 250 MG", "DDI-16", "info info info info caution caution"),
    ("Rifampin 300 MG", "DDI-17", "info info info info caution caution"),
    ("St John's wort", "DDI-18", "info info info info caution caution"),
    ("Grapefruit juice", "DDI-15", "- - - - caution caution"),
    ("Tranylcypromine 10 MG", "DDI-09", "override override override override override override"),
    ("Itraconazole 100 MG", "DDI-14", "- - - - - -"),
]


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(("name", "rule", "expected"), ROUTES)
def test_what_changes_the_breakdown_matters_by_mouth_and_hardly_by_vein(name, rule, expected):
    found = []
    for protocol in (IV, IM, SC, ESK, PO, SL):
        findings = evaluate(person(M(name)), protocol, TODAY).findings
        found.append(next((f.action.value for f in findings if f.rule == rule), "-"))
    assert " ".join(found) == expected


def test_the_finding_about_a_misspelt_medicine_says_what_may_be_meant_and_asks():
    found = evaluate(person(M("Clonazapam 1 mg")), IV, TODAY)
    finding = next(f for f in found.findings if f.rule == "REC-02")
    assert "did you mean clonazepam?" in finding.because[0].text
    assert "which medicine is meant" in found.as_json()["unknown"]


def test_the_code_of_a_panel_is_said_in_the_report_and_not_used_as_a_score():
    report = person(observation("44249-1", 9, "{score}")).report
    assert "44261-6" in report.not_understood[0][1]


def test_half_a_pressure_leaves_the_question_open():
    found = evaluate(person(half_pressure(120)), IV, TODAY)
    assert "blood pressure today" in found.as_json()["unknown"]
    assert "diastolic" in person(half_pressure(120)).report.not_understood[0][1]


def test_a_liver_value_without_its_limit_is_not_judged_and_stays_a_question():
    record = person(observation("1742-6", 240, "U/L"))
    assert "upper limit" in record.report.not_understood[0][1]
    assert "liver tests" in evaluate(record, IV, TODAY).as_json()["unknown"]


def test_an_upper_limit_in_another_unit_is_not_used():
    value = observation(
        "1975-2", 30, "umol/L", referenceRange=[{"high": {"value": 1.2, "unit": "mg/dL"}}]
    )
    assert "upper limit" in person(value).report.not_understood[0][1]


def test_a_value_that_is_only_less_than_something_is_no_value():
    value = observation(
        "1742-6", 5, "U/L", valueQuantity={"value": 5, "comparator": "<", "unit": "U/L"}
    )
    assert "no number" in person(value).report.not_understood[0][1]


def test_the_answer_of_the_record_points_at_its_observation():
    record = person(pregnant("LA15173-0", "Pregnant"), sex="female")
    because = next(f for f in evaluate(record, IV, TODAY).findings if f.rule == "CI-09").because
    assert because[0].resource.startswith("Observation/")


def test_what_is_said_today_is_newer_than_what_the_record_says_of_last_week():
    record = person(
        pregnant("LA15173-0", "Pregnant"), sex="female", answers={"pregnancy": "not pregnant"}
    )
    assert "CI-09" not in {f.rule for f in evaluate(record, IV, TODAY).findings}


@pytest.mark.hazard("HZ-10")
def test_a_site_gives_names_to_codes_that_come_without_any():
    bundle = {"resourceType": "Bundle", "entry": [{"resource": r} for r in ({"resourceType": "Patient", "id": "p"}, coded(SNOMED, "274100004"))]}  # fmt: skip
    names = {f"{SNOMED}|274100004": "Cerebral hemorrhage"}
    assert evaluate(read_bundle(bundle, TODAY), IV, TODAY).decision == "caution"
    assert evaluate(read_bundle(bundle, TODAY, names), IV, TODAY).decision == "block"


TWICE_A_DAY = [{"text": "Take 1 tablet by mouth twice daily"}]
AS_NEEDED = [{**each_day(0.5, 4)[0], "asNeededBoolean": True}]
MME = [
    # opioid, dosage → whether 90 mg of morphine a day are reached, whether it is still asked
    ("Oxycodone 20 MG Oral Tablet", each_day(20, 3), True, False),
    ("Oxycodone 20 MG Oral Tablet", each_day(10, 3), False, False),
    ("oxycodone hydrochloride 30 MG / acetaminophen 325 MG Oral Tablet", TWICE_A_DAY, True, False),
    ("Methadone 10 MG Oral Tablet", each_day(20), True, False),
    ("Morphine 30 MG Oral Tablet", [{**each_day(30, 6)[0], "asNeededBoolean": True}], False, True),
    ("Fentanyl 25 ug/h transdermal patch", None, False, False),
    ("Fentanyl 50 MCG/HR patch", None, True, False),
    ("Fentanyl lozenge", None, False, True),
    ("Buprenorphine 8 MG sublingual film", each_day(16), False, True),
    ("Morphine 10 MG/ML injection", each_day(10, 20), False, True),
]


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(("opioid", "dosage", "reached", "asked"), MME)
def test_opioids_are_added_up_as_morphine_where_a_factor_is_known_and_asked_otherwise(
    opioid, dosage, reached, asked
):
    more = {"dosageInstruction": dosage} if dosage else {}
    found = evaluate(person(M(opioid, **more)), IV, TODAY)
    actions = {f.action.value for f in found.findings if f.rule == "DDI-04"}
    assert ("override" in actions, "daily dose of opioids" in found.as_json()["unknown"]) == (reached, asked)  # fmt: skip


DIAZEPAM = [
    # what is written → speaks of more than 8 mg, of less; whether the dose is asked
    ("tablets in words", [M("Clonazepam 0.5 MG Oral Tablet", dosageInstruction=TWICE_A_DAY)], "DDI-02", False),
    ("a capsule nightly", [M("Temazepam 30 MG capsule", dosageInstruction=[{"text": "1 capsule nightly"}])], "DDI-02", False),
    ("half a tablet at bedtime", [M("Lorazepam 1 MG Oral Tablet", dosageInstruction=[{"text": "Take half tablet at bedtime"}])], "DDI-01", False),
    ("words that say more are not read", [M("Lorazepam 1 MG", dosageInstruction=[{"text": "1 tablet twice daily, then taper by half each week"}])], "DDI-01", True),
    ("as needed is not added up, but asked", [M("Lorazepam", dosageInstruction=AS_NEEDED)], "DDI-01", True),
    ("as needed, at most 0.5 mg", [M("Lorazepam", dosageInstruction=[{**each_day(0.5)[0], "asNeededBoolean": True}])], "DDI-01", False),
    ("regular dose alone is over", [M("Diazepam", dosageInstruction=each_day(10)), M("Lorazepam", dosageInstruction=AS_NEEDED)], "DDI-02", False),
    ("an order and a statement of one medicine", [M("Diazepam 5 MG", dosageInstruction=each_day(5)), {"resourceType": "MedicationStatement", "id": "st", "status": "active", "medicationCodeableConcept": {"text": "Diazepam 5 MG"}, "dosage": each_day(5)}], "DDI-01", False),
    ("two orders of one medicine add up", [M("Diazepam 5 MG", dosageInstruction=each_day(5)), M("Diazepam 5 MG", dosageInstruction=each_day(5))], "DDI-02", False),
    ("steps of a taper do not add up", [M("Diazepam", dosageInstruction=[{**each_day(8)[0], "sequence": 1}, {**each_day(5)[0], "sequence": 2}])], "DDI-01", False),
    ("a range counts with its top", [M("Diazepam", dosageInstruction=[{"timing": each_day(1)[0]["timing"], "doseAndRate": [{"doseRange": {"low": {"value": 2, "unit": "mg"}, "high": {"value": 9, "unit": "mg"}}}]}])], "DDI-02", False),
    ("times of day are counted", [M("Diazepam", dosageInstruction=[{"timing": {"repeat": {"timeOfDay": ["08:00:00", "20:00:00"]}}, "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]}])], "DDI-02", False),
    ("at most so much in a day", [M("Diazepam", dosageInstruction=[{**each_day(5, 4)[0], "maxDosePerPeriod": {"numerator": {"value": 6, "unit": "mg"}, "denominator": {"value": 1, "unit": "d"}}}])], "DDI-01", False),
    ("dose straight in the dosage", [M("Diazepam", dosageInstruction=[{"timing": each_day(1)[0]["timing"], "doseQuantity": {"value": 10, "unit": "mg"}}])], "DDI-02", False),
    ("a triazolam that the table does not have", [M("Triazolam 0.25 MG", dosageInstruction=each_day(0.25))], "DDI-01", True),
]  # fmt: skip


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(("what", "taken", "rule", "asked"), DIAZEPAM, ids=[r[0] for r in DIAZEPAM])
def test_benzodiazepines_are_added_up_from_what_is_really_prescribed(what, taken, rule, asked):
    found = evaluate(person(*taken), IV, TODAY)
    speaks = {f.rule for f in found.findings} & {"DDI-01", "DDI-02"}
    assert (speaks, "daily dose of benzodiazepines" in found.as_json()["unknown"]) == (
        {rule},
        asked,
    )


def test_a_person_who_may_be_treated_gets_a_dose_and_a_person_who_may_not_gets_reasons():
    fit = person(MDD, weight(154.323, "lbs"), pressure(120, 76))
    assert propose(fit, IV, TODAY).as_json()["dose_mg"] == 35.0
    ill = person(MDD, weight(70), C(icd="I61.9"), C("Common cold"))
    assert [f.rule for f in propose(ill, IV, TODAY).findings] == ["CI-03", "RC-07"]
