"""Who may be treated: vignettes, one on each side of every rule.

A row is a person who is otherwise well, the rule that must speak, and how strictly. "-" means that
the rule must be silent.
"""
# ruff: noqa: E501 — one row of a table is one line

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.core.people import (
    TODAY,
    allergy,
    bundle,
    condition,
    each_day,
    evaluated,
    height,
    medicine,
    person,
    pressure,
    weight,
)

from openketamine.core.findings import BadInput
from openketamine.core.history import read_bundle
from openketamine.core.screening import Override, evaluate, pre_dose_blood_pressure


def days_ago(days):
    return str(TODAY - timedelta(days=days))


def action_of(rule, *resources, **about):
    found = {
        finding.rule: finding.action.value for finding in evaluated(*resources, **about).findings
    }
    return found.get(rule, "-")


C, M = condition, medicine
DIAGNOSES = [
    # who, rule, expected
    ("abdominal aortic aneurysm", C("Abdominal aortic aneurysm", "I71.40"), "CI-01", "block"),
    ("aneurysm by words only", C("Cerebral aneurysm, nonruptured"), "CI-01", "block"),
    ("aneurysm of a limb artery", C(icd="I72.4"), "CI-01", "block"),
    ("aneurysm refuted", C("Aortic aneurysm", "I71.40", verification="refuted"), "CI-01", "-"),
    ("aneurysm entered in error", C("Aneurysm", "I71.40", verification="entered-in-error"), "CI-01", "-"),
    ("aneurysm not confirmed", C("Aneurysm", "I71.40", verification="provisional"), "CI-01", "block"),
    ("aneurysm repaired", C("Aortic aneurysm", "I71.40", clinical="resolved"), "CI-01", "override"),
    ("aneurysm without status", C("Aortic aneurysm", clinical=None), "CI-01", "block"),
    ("no aneurysm", C("No aortic aneurysm on imaging"), "CI-01", "-"),
    ("aneurysm of the heart wall", C("Atrial septal aneurysm"), "CI-01", "-"),
    ("malformation of brain vessels", C(icd="Q28.2"), "CI-02", "block"),
    ("malformation as words", C("Cerebral arteriovenous malformation"), "CI-02", "block"),
    ("bleeding into the brain", C("Cerebral hemorrhage"), "CI-03", "block"),
    ("British spelling", C("Intracerebral haemorrhage"), "CI-03", "block"),
    ("bleeding long over", C(icd="I61.9", clinical="resolved"), "CI-03", "block"),
    ("bleeding in the father", C("Family history of cerebral hemorrhage"), "CI-03", "-"),
    ("bleeding ruled out", C("Intracerebral hemorrhage ruled out"), "CI-03", "-"),
    ("nosebleed", C("Epistaxis", "R04.0"), "CI-03", "-"),
    ("heart attack 41 days ago", C(icd="I21.9", onsetDateTime=days_ago(41)), "CI-06", "block"),
    ("heart attack 42 days ago", C(icd="I21.9", onsetDateTime=days_ago(42)), "CI-06", "-"),
    ("heart attack 42 days ago still counts", C(icd="I21.9", onsetDateTime=days_ago(42)), "RC-04", "override"),
    ("old heart attack", C("Old myocardial infarction", "I25.2", recordedDate=days_ago(3)), "CI-06", "-"),
    ("stroke 89 days ago", C("Stroke", onsetDateTime=days_ago(89)), "CI-07", "block"),
    ("stroke 90 days ago", C("Stroke", onsetDateTime=days_ago(90)), "CI-07", "override"),
    ("stroke, no date", C("Stroke"), "CI-07", "override"),
    ("stroke written down a year ago", C("Stroke", recordedDate=days_ago(365)), "CI-07", "override"),
    ("TIA in the past", C(icd="Z86.73"), "CI-07", "override"),
    ("heat stroke", C("Heat stroke"), "CI-07", "-"),
    ("loss of memory, not a TIA", C(icd="G45.4"), "CI-07", "-"),
    ("schizophrenia", C("Schizophrenia", "F20.9"), "CI-12", "block"),
    ("psychotic depression", C(icd="F33.3"), "CI-12", "block"),
    ("severe depression without psychosis",
     C("Major depressive disorder, recurrent severe without psychotic features", "F33.2"), "CI-12", "-"),
    ("psychosis in the past", C("Brief psychotic disorder", "F23", clinical="resolved"), "RC-18", "override"),
    ("psychosis in the past does not block", C(icd="F23", clinical="resolved"), "CI-12", "-"),
    ("schizophrenia in the family", C("Family history: schizophrenia"), "CI-12", "-"),
    ("schizophrenia on the mother's side", C("Maternal history of schizophrenia"), "RC-18", "override"),
    ("stroke of the brother", C("Brother had a stroke"), "CI-07", "-"),
    ("suspected aneurysm", C("Suspected aortic aneurysm"), "CI-01", "block"),
    ("words after the comma are another matter", C("Stroke, no residual deficits"), "CI-07", "override"),
    ("schizophrenia of the mother", C("Mother with schizophrenia"), "CI-12", "-"),
    ("mania now", C("Manic episode", "F30.10"), "CI-20", "block"),
    ("mania over", C("Manic episode", "F30.10", clinical="resolved"), "CI-20", "-"),
    ("bipolar", C("Bipolar disorder", "F31.9"), "IND-07", "override"),
    ("bipolar is not mania", C("Bipolar disorder", "F31.9"), "CI-20", "-"),
    ("thyrotoxicosis", C(icd="E05.90"), "CI-17", "block"),
    ("hypothyroidism", C("Hypothyroidism", "E03.9"), "CI-17", "-"),
    ("phaeochromocytoma", C("Phaeochromocytoma"), "CI-18", "block"),
    ("pheochromocytoma", C("Pheochromocytoma"), "CI-18", "block"),
    ("acute porphyria", C(icd="E80.21"), "CI-18", "block"),
    ("angle closure", C("Acute angle closure glaucoma"), "CI-19", "block"),
    ("glaucoma", C("Open-angle glaucoma", "H40.9"), "RC-09", "override"),
    ("liver failure", C(icd="K72.90"), "CI-11", "block"),
    ("cirrhosis", C(icd="K74.60"), "RC-11", "caution"),
    ("hypertension", C("Hypertension", "I10"), "RC-01", "caution"),
    ("pulmonary hypertension is not it", C("Pulmonary hypertension"), "RC-01", "-"),
    ("pulmonary hypertension", C("Pulmonary hypertension"), "RC-04", "override"),
    ("hypertensive encephalopathy once", C(icd="I67.4", clinical="resolved"), "RC-03", "override"),
    ("atrial fibrillation", C("Atrial Fibrillation"), "RC-04", "override"),
    ("decompensated heart failure", C("Decompensated heart failure"), "RC-05", "block"),
    ("heart failure", C("Heart failure", "I50.9"), "RC-05", "-"),
    ("sleep apnoea", C("Obstructive sleep apnea"), "RC-06", "override"),
    ("a cold", C("Acute viral pharyngitis (disorder)"), "RC-07", "defer"),
    ("a cold that is over", C("Acute viral pharyngitis", clinical="resolved"), "RC-07", "-"),
    ("pressure in the skull", C(icd="G93.2"), "RC-08", "block"),
    ("epilepsy", C("Epilepsy", "G40.909"), "RC-10", "caution"),
    ("interstitial cystitis", C(icd="N30.10"), "RC-17", "override"),
    ("plain cystitis", C("Cystitis", "N30.90"), "RC-17", "-"),
    ("dementia", C("Alzheimer's disease (disorder)"), "RC-22", "block"),
    ("alcohol dependence", C(icd="F10.20"), "RC-16", "override"),
    ("alcohol dependence in remission", C(icd="F10.21"), "RC-16", "-"),
    ("alcohol dependence in remission is on record", C(icd="F10.21"), "RC-14", "caution"),
    ("opioid dependence", C(icd="F11.20"), "RC-15", "override"),
    ("ketamine use disorder", C("Ketamine use disorder", clinical="resolved"), "RC-15", "block"),
    ("smoker", C("Nicotine dependence", "F17.210"), "RC-14", "-"),
    ("suicidal thoughts", C("Suicidal ideation", "R45.851"), "RC-27", "caution"),
    ("depression", C("Major depressive disorder", "F33.1"), "IND-00", "info"),
]  # fmt: skip


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(
    ("who", "resource", "rule", "expected"), DIAGNOSES, ids=[row[0] for row in DIAGNOSES]
)
def test_a_diagnosis_speaks_as_strictly_as_its_rule(who, resource, rule, expected):
    assert action_of(rule, resource) == expected


PREGNANCY = [
    ("pregnant", {"sex": "female"}, C("Normal pregnancy"), {}, "block"),
    ("was pregnant", {"sex": "female"}, C("Normal pregnancy", clinical="resolved"), {}, "-"),
    ("says that she is", {"sex": "female"}, None, {"pregnancy": "pregnant"}, "block"),
    ("test negative", {"sex": "female"}, None, {"pregnancy": "not pregnant"}, "-"),
    ("ICD-10-CM", {"sex": "female"}, C(icd="O09.90"), {}, "block"),
]


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(
    ("who", "about", "resource", "answers", "expected"), PREGNANCY, ids=[r[0] for r in PREGNANCY]
)
def test_pregnancy_blocks(who, about, resource, answers, expected):
    resources = [resource] if resource else []
    assert action_of("CI-09", *resources, answers=answers, **about) == expected


AGES = [
    # born, rule, expected on 2026-11-22
    ("2008-11-23", "CI-10", "block"),  # 17
    ("2008-11-22", "CI-10", "-"),  # 18 today
    ("2008-11-22", "RC-26", "caution"),
    ("2001-11-22", "RC-26", "-"),  # 25
    ("1961-11-23", "RC-20", "-"),  # 64
    ("1961-11-22", "RC-20", "caution"),  # 65
    ("1951-11-23", "RC-21", "-"),  # 74
    ("1951-11-22", "RC-21", "override"),  # 75
]


@pytest.mark.parametrize(("born", "rule", "expected"), AGES)
def test_age_turns_on_the_birthday(born, rule, expected):
    assert action_of(rule, born=born) == expected


MEDICINES = [
    ("SSRI", [M("Sertraline 50 MG Oral Tablet")], "DDI-23", "info"),
    ("MAO inhibitor", [M("Tranylcypromine 10 MG Oral Tablet")], "DDI-09", "override"),
    ("MAO inhibitor by code", [M(rxcui="10734")], "DDI-09", "override"),
    ("MAO inhibitor by brand", [M("Parnate 10 mg")], "DDI-09", "override"),
    ("MAO inhibitor stopped", [M("Tranylcypromine", status="stopped")], "DDI-09", "-"),
    ("MAO inhibitor on hold", [M("Tranylcypromine", status="on-hold")], "DDI-09", "override"),
    ("MAO inhibitor only planned", [M("Tranylcypromine", intent="plan")], "DDI-09", "-"),
    ("MAO inhibitor without status", [M("Tranylcypromine", status=None)], "DDI-09", "override"),
    ("stimulant", [M("Methylphenidate Hydrochloride 20 MG Oral Tablet")], "DDI-10", "caution"),
    ("theophylline", [M("Theophylline 300 MG")], "DDI-12", "override"),
    ("not theophylline", [M("Theophyllinum-free syrup")], "DDI-12", "-"),
    ("naltrexone", [M("Naltrexone 50 MG")], "DDI-07", "caution"),
    ("naloxone is another drug", [M("Naloxone 4 MG nasal")], "DDI-07", "-"),
    ("lamotrigine", [M("Lamotrigine 100 MG")], "DDI-08", "info"),
    ("cough mixture", [M("Acetaminophen 21.7 MG/ML / Dextromethorphan Hydrobromide 1 MG/ML")], "DDI-24", "caution"),
    ("zolpidem", [M("Zolpidem 10 MG")], "DDI-03", "caution"),
    ("opioid", [M("Oxycodone 5 MG")], "DDI-04", "caution"),
    ("opioid and benzodiazepine", [M("Oxycodone 5 MG"), M("Lorazepam 1 MG")], "DDI-04", "override"),
    ("barbiturate", [M("Phenobarbital 30 MG")], "DDI-06", "override"),
    ("thyroxine", [M("Levothyroxine 50 MCG")], "DDI-13", "caution"),
    ("inhibitor, IV", [M("Clarithromycin 500 MG")], "DDI-14", "info"),
    ("inducer, IV", [M("Carbamazepine 200 MG")], "DDI-17", "info"),
    ("benzodiazepine, dose unknown", [M("Lorazepam 1 MG")], "DDI-01", "info"),
    ("benzodiazepine, 8 mg", [M("Diazepam", dosageInstruction=each_day(4, 2))], "DDI-02", "-"),
    ("benzodiazepine, 8.1 mg", [M("Diazepam", dosageInstruction=each_day(8.1))], "DDI-02", "caution"),
    ("alprazolam 0.5 mg is 10 mg", [M("Alprazolam", dosageInstruction=each_day(0.25, 2))], "DDI-02", "caution"),
]  # fmt: skip


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(
    ("who", "resources", "rule", "expected"), MEDICINES, ids=[row[0] for row in MEDICINES]
)
def test_a_medicine_speaks_as_strictly_as_its_rule(who, resources, rule, expected):
    assert action_of(rule, *resources) == expected


PRESSURES = [
    # systolic, diastolic → rule, action
    (140, 90, None, None),
    (141, 90, "BP-01", "caution"),
    (140, 91, "BP-01", "caution"),
    (159, 99, "BP-01", "caution"),
    (160, 80, "BP-02", "defer"),
    (120, 100, "BP-02", "defer"),
    (179, 109, "BP-02", "defer"),
    (180, 90, "CI-08", "block"),
    (150, 110, "CI-08", "block"),
]


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(("systolic", "diastolic", "rule", "action"), PRESSURES)
def test_the_pressure_gate_and_the_evaluation_agree(systolic, diastolic, rule, action):
    gate = pre_dose_blood_pressure(systolic, diastolic, 40)
    assert [(f.rule, f.action.value) for f in gate] == ([(rule, action)] if rule else [])
    found = evaluated(pressure(systolic, diastolic)).findings
    gates = {"CI-08", "BP-01", "BP-02"}
    in_evaluation = [(f.rule, f.action.value) for f in found if f.rule in gates]
    assert in_evaluation == ([(rule, action)] if rule else [])


def test_from_65_years_the_gate_says_what_the_european_text_says():
    young, old = (pre_dose_blood_pressure(145, 80, years)[0].advice for years in (64, 65))
    assert len(old) == len(young) + 1


def test_the_gate_refuses_a_pressure_the_wrong_way_round():
    with pytest.raises(BadInput, match="systolic above diastolic"):
        pre_dose_blood_pressure(80, Decimal(120), 40)


def test_two_days_above_140_90_are_uncontrolled_and_one_is_not():
    before = TODAY - timedelta(days=30)
    assert action_of("RC-02", pressure(150, 80, before)) == "-"
    assert action_of("RC-02", pressure(150, 80, before), pressure(135, 80)) == "-"
    assert action_of("RC-02", pressure(150, 80, before), pressure(145, 80)) == "override"


@pytest.mark.parametrize(
    ("kilograms", "centimetres", "expected"), [(115.6, 170, "override"), (115.5, 170, "-")]
)
def test_a_bmi_of_40_is_reckoned_from_weight_and_height(kilograms, centimetres, expected):
    assert action_of("RC-06", weight(kilograms), height(centimetres)) == expected


@pytest.mark.hazard("HZ-10")
def test_an_allergy_to_ketamine_blocks_and_another_does_not():
    assert action_of("CI-04", allergy("Ketamine")) == "block"
    assert action_of("CI-04", allergy("Ketorolac")) == "-"
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    assert action_of("CI-04", allergy("Ketamine", **refuted)) == "-"


ANSWERS = [
    ("off-label-consent", "not given", "IND-03", "block"),
    ("off-label-consent", "given", "IND-03", "info"),
    ("capacity", "no", "CI-14", "block"),
    ("antidepressant-trials", "fewer than two", "IND-04", "override"),
    ("antidepressant-trials", "two or more", "IND-04", "-"),
    ("psychosis", "now", "CI-12", "block"),
    ("psychosis", "in the past", "RC-18", "override"),
    ("family-psychosis", "yes", "RC-18", "override"),
    ("mania", "now", "CI-20", "block"),
    ("pressure-hazard", "yes", "CI-05", "block"),
    ("suicidality", "needs inpatient care", "RC-27", "override"),
    ("allergies", "ketamine or esketamine", "CI-04", "block"),
    ("indication", "no depressive disorder", "IND-00", "override"),
]


@pytest.mark.parametrize(("question", "answer", "rule", "expected"), ANSWERS)
def test_an_answer_raises_its_rule(question, answer, rule, expected):
    assert action_of(rule, answers={question: answer}) == expected


def test_treated_thyrotoxicosis_is_a_caution_and_no_longer_blocks():
    answers = {"thyroid-control": "treated and stable"}
    found = evaluated(condition("Thyrotoxicosis", "E05.90"), answers=answers)
    assert {f.rule: f.action.value for f in found.findings if f.rule in ("CI-17", "RC-25")} == {
        "RC-25": "caution"
    }


@pytest.mark.hazard("HZ-09")
def test_what_nobody_said_is_unknown_and_never_no():
    unknown = evaluated(sex="female").as_json()["unknown"]
    for text in ("pregnancy status", "blood pressure today", "allergies", "weight", "height"):
        assert text in unknown


@pytest.mark.hazard("HZ-09")
def test_an_answer_of_not_known_stays_unknown():
    assert (
        "pregnancy status"
        in evaluated(sex="female", answers={"pregnancy": "not known"}).as_json()["unknown"]
    )


UNKNOWN = [
    ("a man is not asked", "pregnancy status", [], {"sex": "male"}, False),
    ("sex not known is asked", "pregnancy status", [], {"sex": "unknown"}, True),
    ("age not known is asked", "pregnancy status", [], {"sex": "female", "born": None}, True),
    ("a woman of 60 is not asked", "pregnancy status", [], {"sex": "female", "born": "1966-01-01"}, False),
    ("medicines never listed", "current medicines", [], {}, True),
    ("medicines listed", "current medicines", [M("Sertraline 50 MG")], {}, False),
    ("illnesses never listed", "medical history", [], {}, True),
    ("no birth date", "date of birth", [], {"born": None}, True),
    ("weight on record", "weight", [weight(70)], {}, False),
    ("weight impossible", "weight", [weight(-70)], {}, True),
    ("weight without unit", "weight", [weight(70, "")], {}, True),
    ("pressure of yesterday", "blood pressure today", [pressure(120, 70, TODAY - timedelta(days=1))], {}, True),
    ("pressure of today", "blood pressure today", [pressure(120, 70)], {}, False),
    ("stroke without date", "date of the stroke or TIA", [C("Stroke")], {}, True),
    ("stroke with date", "date of the stroke or TIA", [C("Stroke", onsetDateTime="2020")], {}, False),
    ("stroke just written down", "date of the stroke or TIA", [C("Stroke", recordedDate=days_ago(3))], {}, True),
    ("allergies never recorded", "allergies", [], {}, True),
    ("no known allergies", "allergies", [allergy("No known allergies")], {}, False),
    ("benzodiazepine of unknown dose", "daily dose of benzodiazepines", [M("Lorazepam 1 MG")], {}, True),
    ("depression on record", "the diagnosis that is to be treated", [C(icd="F33.1")], {}, False),
]  # fmt: skip


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(
    ("who", "text", "resources", "about", "asked"), UNKNOWN, ids=[row[0] for row in UNKNOWN]
)
def test_it_asks_what_the_record_does_not_say(who, text, resources, about, asked):
    assert (text in evaluated(*resources, **about).as_json()["unknown"]) == asked


def test_a_pregnancy_test_of_last_month_counts_and_an_older_one_does_not():
    record = person(sex="female", answers={"pregnancy": "not pregnant"})
    for days, asked in ((30, False), (31, True)):
        unknown = evaluate(record, "iv-depression", TODAY + timedelta(days=days)).as_json()[
            "unknown"
        ]
        assert ("pregnancy status" in unknown) == asked


def test_the_decision_is_the_strictest_action():
    assert evaluated().decision == "proceed"
    assert evaluated(C(icd="I10")).decision == "caution"
    assert evaluated(C(icd="I10"), C("Atrial fibrillation")).decision == "override"
    assert evaluated(C("Atrial fibrillation"), C("Common cold")).decision == "defer"
    assert evaluated(C("Common cold"), C(icd="I61.9")).decision == "block"


def override(rule):
    return Override(rule, "benefit-outweighs", "seen by cardiology")


@pytest.mark.hazard("HZ-10")
def test_an_override_removes_exactly_its_rule_and_stays_to_be_seen():
    record = person(C("Atrial fibrillation"), C("Glaucoma", "H40.9"))
    one = evaluate(record, "iv-depression", TODAY, (override("RC-04"),))
    assert [f.rule for f in one.refuses] == ["RC-09"]
    assert one.decision == "override"
    both = evaluate(record, "iv-depression", TODAY, (override("RC-04"), override("RC-09")))
    assert both.decision == "proceed"
    assert {f["rule"] for f in both.as_json()["findings"] if f["overridden"]} == {"RC-04", "RC-09"}


@pytest.mark.hazard("HZ-10")
def test_a_block_cannot_be_overridden():
    record = person(C(icd="I61.9"))
    assert evaluate(record, "iv-depression", TODAY, (override("CI-03"),)).decision == "block"


def test_the_json_is_that_of_the_contract():
    found = evaluated(C("Cerebral hemorrhage")).as_json()
    assert list(found)[:6] == [
        "protocol", "evaluated_on", "knowledge", "decision", "findings", "unknown",
    ]  # fmt: skip
    assert (found["protocol"], found["evaluated_on"]) == ("iv-depression", "2026-11-22")
    assert found["knowledge"].startswith("sha256:")
    finding = found["findings"][0]
    assert (finding["rule"], finding["kind"], finding["action"]) == (
        "CI-03",
        "contraindication",
        "block",
    )
    assert finding["because"][0]["resource"].startswith("Condition/")
    assert finding["because"][0]["text"] == "Cerebral hemorrhage"
    assert finding["sources"][0] == {"id": "LBL-ESK", "where": "§4"}
    assert finding["evidence"] == "R"


def test_the_same_code_in_another_system_is_not_the_same_code():
    resource = C()
    resource["code"] = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-9-cm", "code": "I61.9"}]}
    assert action_of("CI-03", resource) == "-"


@pytest.mark.hazard("HZ-10")
def test_a_diagnosis_or_medicine_that_nobody_could_read_is_said_and_not_passed_over():
    snomed_only = C()
    snomed_only["code"] = {"coding": [{"system": "http://snomed.info/sct", "code": "274100004"}]}
    for unreadable in (snomed_only, M(rxcui="999999999")):
        assert action_of("REC-01", unreadable) == "caution"
    assert action_of("REC-01", C("Hypertension"), M(rxcui="10734"), weight(-70)) == "-"


def test_somebody_elses_diagnosis_is_not_this_persons():
    other = C(icd="I61.9", subject={"reference": "Patient/somebody-else"})
    record = read_bundle(bundle(other), TODAY)
    assert record.conditions == ()
    assert "not about this person" in record.report.not_understood[0][1]


def test_an_unknown_protocol_is_named_with_those_that_exist():
    with pytest.raises(BadInput, match="iv-depression"):
        evaluated(protocol="iv-despair")
