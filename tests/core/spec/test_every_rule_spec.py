"""Every rule from both sides: somebody in whom it speaks, somebody like them in whom it is silent.

A row is: rule, what it asks for, who raises it, who does not, and under which protocol. A person is
a resource, several of them, or answers.
"""
# ruff: noqa: E501 — one row of a table is one line

from datetime import timedelta

import pytest
from tests.core.people import (
    RXNORM,
    TODAY,
    allergy,
    condition,
    each_day,
    evaluated,
    height,
    medicine,
    observation,
    person,
    pressure,
    weight,
)

from openketamine.core.findings import BadInput
from openketamine.core.screening import evaluate
from openketamine.core.screening._rules import rules

C, M, W = condition, medicine, {"sex": "female"}
MONTH_AGO = TODAY - timedelta(days=30)


def liver(code, value, upper=40):
    return observation(
        code, value, "U/L", referenceRange=[{"high": {"value": upper, "unit": "U/L"}}]
    )


def relative(relation, illness):
    return {
        "resourceType": "FamilyMemberHistory", "id": "f1", "status": "completed",
        "relationship": {"text": relation}, "condition": [{"code": {"text": illness}}],
    }  # fmt: skip


def done(text, on=TODAY, status="completed"):
    return {
        "resourceType": "Procedure", "id": "pr1", "status": status, "code": {"text": text},
        "performedDateTime": str(on),
    }  # fmt: skip


def days(number):
    return str(TODAY - timedelta(days=number))


def screen(code, word, on=TODAY):
    return observation(code, None, None, on, valueCodeableConcept={"text": word})


def word_answer(name, word):
    return {
        "resourceType": "Observation", "id": "w1", "status": "final", "effectiveDateTime": str(TODAY),
        "code": {"text": name}, "valueString": word,
    }  # fmt: skip


def coded_answer(code, value, display):
    coding = [{"system": "http://loinc.org", "code": value, "display": display}]
    return observation(code, None, None, valueCodeableConcept={"coding": coding})


def pregnancy(ago):
    return {
        **coded_answer("82810-3", "LA15173-0", "Pregnant"),
        "effectiveDateTime": f"{TODAY - timedelta(days=ago)}T09:00:00+00:00",
    }


DIABETIC = C("Diabetes mellitus type 2", "E11.9")
IV, SL, ESK, ESK_SI, CRPS, PAIN = (
    "iv-depression",
    "sublingual-depression",
    "spravato-trd",
    "spravato-suicidality",
    "crps-outpatient",
    "pain-outpatient",
)

ROWS = [
    # --- age
    ("CI-10", "block", {"born": "2008-11-23"}, {"born": "2008-11-22"}, IV),
    ("RC-26", "caution", {"born": "2001-11-23"}, {"born": "2001-11-22"}, IV),
    ("RC-20", "caution", {"born": "1961-11-22"}, {"born": "1961-11-23"}, IV),
    ("RC-21", "override", {"born": "1951-11-22"}, {"born": "1951-11-23"}, IV),
    # --- before a dose
    ("CI-08", "block", pressure(180, 90), pressure(179, 90), IV),
    ("BP-02", "defer", pressure(160, 90), pressure(159, 90), IV),
    ("BP-01", "caution", pressure(141, 90), pressure(140, 90), IV),
    ("VS-01", "defer", observation("8867-4", 49, "/min"), observation("8867-4", 50, "/min"), IV),
    ("VS-01", "defer", observation("8867-4", 111, "/min"), observation("8867-4", 110, "/min"), IV),
    ("VS-02", "defer", observation("59408-5", 93, "%"), observation("59408-5", 94, "%"), IV),
    ("VS-03", "defer", observation("9279-1", 9, "/min"), observation("9279-1", 10, "/min"), IV),
    ("VS-03", "defer", observation("9279-1", 25, "/min"), observation("9279-1", 24, "/min"), IV),
    ("VS-04", "defer", observation("8310-5", 38, "Cel"), observation("8310-5", 100.2, "[degF]"), IV),
    ("VS-05", "defer", [DIABETIC, observation("2339-0", 69, "mg/dL")], observation("2339-0", 69, "mg/dL"), IV),
    ("VS-05", "defer", [DIABETIC, observation("2339-0", 301, "mg/dL")], [DIABETIC, observation("2339-0", 300, "mg/dL")], IV),
    # --- record, consent, indication
    ("CI-04", "block", allergy("Esketamine"), allergy("Ketorolac"), ESK),
    ("CI-14", "block", {"capacity": "no"}, {"capacity": "yes"}, IV),
    ("CI-15", "defer", {"escort": "none"}, {"escort": "confirmed"}, IV),
    ("CI-16", "block", {"rems": "not fulfilled"}, {"rems": "fulfilled"}, ESK),
    ("REC-01", "caution", M(rxcui="999999999"), M(rxcui="6470"), IV),
    ("REC-05", "override", C("Schizofrenia"), C("Hypothyroidism"), IV),
    ("REC-06", "block", {"deceasedBoolean": True}, {"deceasedBoolean": False}, IV),
    ("REC-06", "block", {"deceasedDateTime": days(1)}, {"deceasedBoolean": False}, IV),
    ("CI-14", "block", C("Lacks capacity to give informed consent"), [C("Lacks capacity to consent"), {"capacity": "yes"}], IV),
    ("CI-04", "block", {"resourceType": "AllergyIntolerance", "id": "a1", "code": {"coding": [{"system": RXNORM, "code": "6130"}]}}, allergy("Ketorolac"), IV),
    ("REC-02", "caution", M("Lorazepan 1 mg"), M("Lorazepam 1 mg"), IV),
    ("IND-00", "info", C(icd="F33.1"), C("Depression screening"), IV),
    ("IND-00", "override", {"indication": "no depressive disorder"}, {"indication": "a depressive disorder is diagnosed"}, IV),
    ("IND-01", "override", {"suicidality": "no acute risk"}, {"suicidality": "risk managed as outpatient"}, ESK_SI),
    ("IND-01", "override", {"oral-antidepressant": "none"}, {"oral-antidepressant": "another antidepressant"}, ESK_SI),
    ("IND-02", "override", {"oral-antidepressant": "none"}, {"oral-antidepressant": "an SSRI or SNRI"}, ESK),
    ("IND-03", "block", {"off-label-consent": "not given"}, {"off-label-consent": "given"}, IV),
    ("IND-04", "override", {"antidepressant-trials": "fewer than two"}, {"antidepressant-trials": "two or more"}, IV),
    ("IND-05", "info", observation("44261-6", 14, "{score}"), observation("44261-6", 15, "{score}"), IV),
    ("IND-06", "override", C("PTSD", "F43.10"), [C("PTSD", "F43.10"), C(icd="F33.1")], IV),
    ("IND-07", "override", C(icd="F31.81"), C(icd="F33.1"), IV),
    ("IND-10", "info", C(icd="R45.851"), C("No suicidal ideation"), IV),
    # --- vessels and heart
    ("CI-01", "block", C(icd="I7140"), C("No aortic aneurysm"), IV),
    ("CI-01", "override", C("Aneurysm", clinical="resolved"), C("Aneurysm", verification="entered-in-error"), IV),
    ("CI-02", "block", C("Cerebral AVM"), C("Venous malformation of skin"), ESK),
    ("CI-02", "override", C("Cerebral AVM", clinical="resolved"), C("Cerebral AVM", verification="refuted"), IV),
    ("CI-03", "block", C("History of intracerebral hemorrhage"), C("Family history of intracerebral hemorrhage"), IV),
    ("CI-03", "block", C("Subdural hematoma"), C("Subungual hematoma"), IV),
    ("CI-05", "block", {"pressure-hazard": "yes"}, {"pressure-hazard": "no"}, IV),
    ("CI-06", "block", C(icd="I21.4", onsetDateTime=days(41)), C(icd="I21.4", onsetDateTime=days(42)), IV),
    ("CI-07", "block", C(icd="I63.9", onsetDateTime=days(89)), C(icd="I63.9", onsetDateTime=days(90)), IV),
    ("CI-07", "override", C("History of stroke"), C("No history of stroke"), IV),
    ("RC-01", "caution", C("High blood pressure"), C("Ocular hypertension"), IV),
    ("RC-02", "override", [pressure(150, 80, MONTH_AGO), pressure(141, 80)], [pressure(150, 80, MONTH_AGO), pressure(140, 80)], IV),
    ("RC-03", "override", C("Hypertensive encephalopathy"), C("Hepatic encephalopathy"), IV),
    ("RC-04", "override", C(icd="I48.91"), C("Innocent heart murmur"), IV),
    ("RC-05", "block", C("Acute on chronic heart failure"), C("Heart failure"), IV),
    ("RC-05", "block", observation("10230-1", 39, "%"), observation("10230-1", 40, "%"), IV),
    ("RC-30", "caution", C(icd="I45.81"), C("Short QT"), IV),
    ("RC-30", "caution", observation("8636-3", 501, "ms"), observation("8636-3", 500, "ms"), IV),
    ("CI-01", "override", done("Endovascular aneurysm repair (EVAR)", MONTH_AGO), done("Endovascular aneurysm repair", status="not-done"), IV),
    ("CI-06", "block", done("Coronary artery bypass graft x3", TODAY - timedelta(days=41)), done("Coronary artery bypass graft x3", TODAY - timedelta(days=42)), IV),
    ("CI-06", "block", C("Acute NSTEMI", recordedDate=days(41)), C("Acute NSTEMI", recordedDate=days(42)), IV),
    ("CI-06", "block", C("Acute NSTEMI", recordedDate=days(5)), [C("Acute NSTEMI", recordedDate=days(5)), {"date-of-heart-attack": "6 weeks ago or longer"}], IV),
    ("CI-07", "block", C("Stroke", recordedDate=days(20)), C("Personal history of TIA", "Z86.73", recordedDate=days(20)), IV),
    ("RC-04", "override", done("Percutaneous coronary intervention", MONTH_AGO), done("Coronary angiography", MONTH_AGO), IV),
    ("RC-05", "block", {"nyha": "III or IV"}, {"nyha": "I or II"}, IV),
    ("WU-ECG", "info", C("Hypertension"), C("Hypotension"), CRPS),
    ("WU-ECG", "info", {"born": "1976-11-22"}, {"born": "1976-11-23"}, IV),
    # --- mind
    ("RC-18", "override", C("Family history of schizophrenia (brother)"), C("Uncle with schizophrenia"), IV),
    ("RC-18", "override", C("Auditory hallucinations", "R44.0"), C("Hypnagogic hallucinations"), IV),
    ("RC-22", "override", observation("72172-0", 17, "{score}"), observation("72172-0", 18, "{score}"), IV),
    ("RC-27", "caution", observation("44260-8", 1, "{score}"), observation("44260-8", 0, "{score}"), IV),
    ("RC-27", "override", coded_answer("93250-9", "LA33-6", "Yes"), coded_answer("93246-7", "LA33-6", "Yes"), IV),
    ("RC-27", "override", C(icd="T14.91XA", onsetDateTime=days(91)), C(icd="T14.91XA", onsetDateTime=days(92)), IV),
    ("RC-27", "caution", C(icd="T14.91XA", onsetDateTime=days(92)), C("Personal history of allergy"), IV),
    ("CI-12", "block", C("Schizophrenia"), C("Schizophrenia in remission"), IV),
    ("CI-20", "block", C("Hypomanic episode"), C("Manic episode in full remission"), IV),
    ("RC-18", "override", relative("Father", "Schizophrenia"), relative("Grandfather", "Schizophrenia"), IV),
    ("RC-18", "override", C("Schizotypal personality disorder"), C("Avoidant personality disorder"), IV),
    ("RC-19", "caution", C(icd="F60.3"), C("Personality disorder NOS"), IV),
    ("RC-22", "block", C("Vascular dementia"), C("Family history of dementia"), IV),
    ("RC-22", "override", C("Mild cognitive impairment"), C("No cognitive impairment"), IV),
    ("RC-27", "caution", C("Suicidal ideation"), C("Denies suicidal ideation"), IV),
    ("RC-27", "override", {"suicidality": "needs inpatient care"}, {"suicidality": "no acute risk"}, IV),
    # --- organs
    ("CI-11", "block", word_answer("Child-Pugh class", "Class C"), word_answer("Child-Pugh class", "Class B"), IV),
    ("RC-11", "caution", word_answer("Child-Pugh class", "Class B"), word_answer("Child-Pugh class", "Class A"), IV),
    ("RC-13", "caution", observation("33914-3", 29, "mL/min/{1.73_m2}"), observation("33914-3", 30, "mL/min/{1.73_m2}"), IV),
    ("RC-09", "override", done("Phacoemulsification of cataract", TODAY - timedelta(days=89)), done("Phacoemulsification of cataract", TODAY - timedelta(days=90)), IV),
    ("RC-08", "override", C("Concussion", onsetDateTime=days(91)), C("Concussion", onsetDateTime="1998"), IV),
    ("RC-06", "caution", C("Obstructive sleep apnea, treated with CPAP"), C("Snoring"), IV),
    ("RC-06", "override", C("Obstructive sleep apnea"), C("Obstructive sleep apnea, treated with CPAP"), IV),
    ("RC-07", "defer", C("Acute viral sinusitis", onsetDateTime=days(30)), C("Acute viral sinusitis", onsetDateTime=days(31)), IV),
    ("RC-10", "caution", C("Seizure"), C("Febrile seizure"), IV),
    ("CI-17", "block", C("Graves disease, untreated"), C("Graves' disease, controlled on methimazole", "E05.00"), IV),
    ("CI-09", "block", [W, observation("21198-7", 25, "mIU/mL")], [W, observation("21198-7", 24, "mIU/mL")], IV),
    ("CI-13", "defer", observation("5643-2", 10, "mg/dL"), observation("5643-2", 9, "mg/dL"), IV),
    ("CI-02", "override", done("Embolization of cerebral arteriovenous malformation", MONTH_AGO), done("MRI brain to exclude AVM", MONTH_AGO), IV),
    ("CI-09", "block", [W, pregnancy(299)], [W, pregnancy(300)], IV),
    ("CI-11", "block", {"child-pugh": "C"}, {"child-pugh": "B"}, IV),
    ("RC-11", "caution", C("Cirrhosis of liver"), C("Hepatitis without cirrhosis"), IV),
    ("RC-12", "override", C(icd="R94.5"), C("Normal liver function"), IV),
    ("RC-12", "override", liver("1742-6", 121), liver("1742-6", 120), IV),
    ("RC-12", "override", liver("6768-6", 81), liver("6768-6", 80), IV),
    ("RC-12", "block", liver("1742-6", 201), liver("1742-6", 200), IV),
    ("RC-13", "caution", C(icd="N18.5"), C(icd="N18.2"), IV),
    ("RC-17", "override", C("Interstitial cystitis"), C("Cystitis"), IV),
    ("RC-17", "override", C("Hematuria"), C("No hematuria"), IV),
    ("CI-17", "block", C(icd="E05.91"), C(icd="E03.9"), IV),
    ("RC-25", "caution", C("Hyperthyroidism"), C("Hypothyroidism"), IV),
    ("CI-18", "block", C("Acute porphyria"), C("Porphyria cutanea tarda"), IV),
    ("CI-19", "block", C("Ruptured globe"), C("Cataract"), IV),
    ("RC-09", "override", C(icd="H40.9"), C("Glaucoma screening"), IV),
    ("RC-08", "block", C("Hydrocephalus"), C("Headache"), IV),
    ("RC-08", "override", C("Concussion"), C("Concussion", clinical="resolved"), IV),
    ("RC-10", "caution", C("Epilepsy"), C("Febrile illness"), IV),
    ("RC-10", "override", C("Seizure", onsetDateTime=days(182)), C("Seizure", onsetDateTime=days(183)), IV),
    ("RC-10", "override", {"last-seizure": "less than 6 months ago"}, {"last-seizure": "6 months ago or longer"}, IV),
    ("RC-06", "override", C("Obstructive sleep apnea syndrome"), C("Mild intermittent asthma"), IV),
    ("RC-06", "override", [weight(115.6), height(170)], [weight(115.5), height(170)], IV),
    ("RC-07", "defer", C("Common cold"), C("Common cold", clinical="resolved"), IV),
    ("RC-28", "caution", C("Allergic rhinitis"), C("Allergic conjunctivitis"), ESK),
    ("RC-29", "caution", C("Difficult intubation"), C("Easy bruising"), IV),
    ("RC-29", "caution", C("Severe GERD"), C("GERD"), IV),
    # --- pregnancy
    ("CI-09", "block", [W, C("Pregnancy")], [W, C("Pregnancy", clinical="resolved")], IV),
    ("REC-03", "defer", [W, C("Normal pregnancy", onsetDateTime=days(300))], [W, C("Normal pregnancy", onsetDateTime=days(299))], IV),
    ("CI-09", "block", [W, C("Normal pregnancy", onsetDateTime=days(299))], [W, C("Normal pregnancy", onsetDateTime=days(300))], IV),
    ("RC-23", "caution", {"breastfeeding": "yes"}, {"breastfeeding": "no"}, IV),
    ("RC-23", "override", {"breastfeeding": "yes"}, {"breastfeeding": "no"}, ESK),
    ("RC-24", "caution", {"contraception": "none"}, {"contraception": "reliable"}, IV),
    # --- substances
    ("RC-14", "caution", C(icd="F10.21"), C(icd="F17.210"), IV),
    ("RC-15", "override", C("Opioid use disorder"), C("Opioid use disorder", clinical="resolved"), IV),
    ("RC-15", "block", C("Ketamine use disorder"), C("Caffeine use disorder"), IV),
    ("RC-16", "override", C("Alcoholism"), C(icd="F1021"), IV),
    ("CI-13", "defer", {"drug-screen": "unexpected positive"}, {"drug-screen": "nothing unexpected"}, IV),
    ("E6", "block", {"other-ketamine": "yes"}, {"other-ketamine": "no"}, IV),
    ("E6", "caution", M(rxcui="2201625"), M("Ketorolac 10 MG"), ESK),
    ("E6", "block", M(rxcui="2201625"), [M(rxcui="2201625"), {"other-ketamine": "no"}], IV),
    ("E6", "block", M("Ketamine 100 mg troche (compounded)"), M("Ketamine 50 MG/ML injection"), IV),
    ("E6", "block", M("Ketamine infusion"), M("Ketamine 10 % cream"), SL),
    ("E6", "block", M("Ketamine 50 mg capsule"), M("Spravato 56 mg"), ESK),
    ("E7", "defer", screen("19659-2", "Positive"), screen("19659-2", "Positive", TODAY - timedelta(days=31)), IV),
    ("CI-13", "defer", screen("19261-7", "Detected"), [screen("19261-7", "Detected"), M("Adderall 10 mg")], IV),
    ("CI-13", "defer", screen("14314-9", "Positive"), screen("14314-9", "Positive", MONTH_AGO), IV),
    ("CI-13", "defer", C(icd="F10.929", onsetDateTime=days(0)), C(icd="F10.929", onsetDateTime=days(2)), IV),
    ("RC-15", "override", C("PCP use disorder"), C("PCP allergy"), IV),
    ("RC-15", "override", C("Cocaine use disorder, severe"), C("Cocaine use disorder, mild"), IV),
    # --- medicines
    ("DDI-01", "info", M("Lorazepam 1 MG"), M("Loratadine 10 MG"), IV),
    ("DDI-02", "caution", M("Diazepam", dosageInstruction=each_day(8.1)), M("Diazepam", dosageInstruction=each_day(8)), IV),
    ("DDI-03", "caution", M("Ambien 10 mg"), M("Cetirizine 10 MG"), IV),
    ("DDI-04", "caution", M("Tramadol 50 MG"), M("Acetaminophen 325 MG"), IV),
    ("DDI-04", "override", [M("Tramadol 50 MG"), M("Xanax 1 mg")], M("Tramadol 50 MG"), IV),
    ("DDI-04", "override", {"opioid-dose": "90 MME or more"}, {"opioid-dose": "less than 90 MME"}, IV),
    ("DDI-04", "override", M("Oxycodone 20 MG", "7804", dosageInstruction=each_day(20, 3)), M("Oxycodone 20 MG", "7804", dosageInstruction=each_day(19.9, 3)), IV),
    ("DDI-14", "caution", M("Ketoconazole 200 MG Oral Tablet"), M("Ketoconazole 2 % shampoo"), SL),
    ("DDI-05", "caution", {"alcohol": "within 24 hours"}, {"alcohol": "none"}, IV),
    ("DDI-06", "override", M("Xyrem"), M("Sodium bicarbonate"), IV),
    ("DDI-07", "caution", M("Vivitrol"), M("Naloxone 4 MG nasal"), IV),
    ("DDI-08", "info", M("Lamictal 100 mg"), M("Levetiracetam 500 MG"), IV),
    ("DDI-09", "override", M("Phenelzine 15 MG"), M("Phenelzine 15 MG", status="stopped"), IV),
    ("DDI-10", "caution", M("Adderall 10 mg"), M("Amantadine 100 MG"), IV),
    ("DDI-11", "caution", M("Sudafed"), M("Saline nasal spray"), ESK),
    ("DDI-11", "override", M("Methylergonovine 0.2 MG"), M("Sumatriptan 50 MG"), IV),
    ("DDI-12", "override", M("Aminophylline"), M("Aminocaproic acid"), IV),
    ("DDI-13", "caution", M("Synthroid 50 mcg"), M("Calcium carbonate"), IV),
    ("DDI-14", "caution", M("Clarithromycin 500 MG"), M("Azithromycin 250 MG"), SL),
    ("DDI-14", "info", M("Clarithromycin 500 MG"), M("Itraconazole 100 MG"), IV),
    ("DDI-15", "caution", {"grapefruit": "within 3 days"}, {"grapefruit": "none"}, SL),
    ("DDI-16", "caution", M("Plavix 75 mg"), M("Aspirin 81 MG"), SL),
    ("DDI-16", "info", M("Ticlopidine"), M("Aspirin 81 MG"), IV),
    ("DDI-17", "caution", M("Rifampicin 300 MG"), M("Rifaximin 550 MG"), SL),
    ("DDI-17", "info", M("Rifampicin 300 MG"), M("Rifaximin 550 MG"), IV),
    ("DDI-18", "caution", M("St. John's wort"), M("Milk thistle"), SL),
    ("DDI-18", "info", M("Hypericum extract"), M("Milk thistle"), IV),
    ("DDI-19", "caution", M("Clozapine 100 MG"), M("Quetiapine 100 MG"), IV),
    ("DDI-20", "info", M("Haldol"), M("Quetiapine 100 MG"), IV),
    ("DDI-21", "info", M("Zyprexa"), M("Aripiprazole 5 MG"), IV),
    ("DDI-22", "info", M("Lithium carbonate 300 MG"), M("Valproic acid"), IV),
    ("DDI-23", "info", M("Zoloft 50 mg"), M("Bupropion 150 MG"), IV),
    ("DDI-24", "caution", M("Memantine 10 MG"), M("Donepezil 10 MG"), IV),
    ("DDI-25", "info", M("Lisinopril 10 MG"), M("Atorvastatin 20 MG"), IV),
    ("DDI-26", "info", M("Sevoflurane"), M("Nitrogen"), IV),
    ("DDI-27", "caution", M("Dronabinol"), M("Ondansetron 4 MG"), IV),
    ("DDI-28", "defer", done("Electroconvulsive therapy"), done("Electroconvulsive therapy", MONTH_AGO), IV),
    # --- pain
    ("CI-CV", "override", C("Unstable angina"), C("Stable angina"), CRPS),
    ("CI-LIV-S", "block", C("Cirrhosis of liver"), C("Fatty liver"), CRPS),
    ("CI-LIV-M", "caution", C("Chronic hepatitis"), C("Hepatic hemangioma"), CRPS),
    ("CI-IOP", "caution", C("Glaucoma"), C("Myopia"), CRPS),
    ("CI-SUD", "caution", C(icd="F14.20"), C(icd="F14.21"), CRPS),
    ("CI-THEO", "block", M("Theophylline 300 MG"), M("Caffeine"), CRPS),
    ("CI-CNS", "caution", M("Oxycodone 5 MG"), M("Naproxen 500 MG"), CRPS),
    ("CI-SYMP", "caution", M("Pseudoephedrine"), M("Fexofenadine"), CRPS),
    ("IND-P1", "info", C(icd="G90.511"), C("Pain in limb"), CRPS),
    ("IND-P1", "override", {"pain-crps-outpatient": "another pain"}, {"pain-crps-outpatient": "diagnosed"}, CRPS),
    ("IND-P2", "info", C("Spinal cord injury"), C("Cord blood donation"), "spinal-cord-injury"),
    ("IND-P2", "override", {"pain-spinal-cord-injury": "another pain"}, {"pain-spinal-cord-injury": "diagnosed"}, "spinal-cord-injury"),
    ("IND-P3", "info", C(icd="M797"), C(icd="M79.1"), "fibromyalgia"),
    ("IND-P3", "override", {"pain-fibromyalgia": "another pain"}, {"pain-fibromyalgia": "diagnosed"}, "fibromyalgia-esketamine"),
    ("IND-P4", "info", C(icd="G54.6"), C(icd="G54.7"), "phantom-limb"),
    ("IND-P4", "override", {"pain-phantom-limb": "another pain"}, {"pain-phantom-limb": "diagnosed"}, "phantom-limb"),
    ("IND-P5", "info", C("Chronic migraine"), C("Toothache"), "headache-outpatient"),
    ("IND-P5", "override", {"pain-headache-outpatient": "another pain"}, {"pain-headache-outpatient": "diagnosed"}, "headache-outpatient"),
    ("IND-P6", "info", C("Chronic pain syndrome", "G89.4"), C("Acute pain"), PAIN),
    ("IND-P6", "override", {"pain-pain-outpatient": "another pain"}, {"pain-pain-outpatient": "diagnosed"}, PAIN),
    ("IND-P7", "override", {"evidence-acknowledged": "no"}, {"evidence-acknowledged": "yes"}, PAIN),
    ("WU-LIVER", "caution", {"liver-risk": "present"}, {"liver-risk": "none"}, PAIN),
]  # fmt: skip

# Rules that hold for everybody under their protocols: raised there, silent elsewhere.
ALWAYS = [
    ("IND-03", "info", IV, ESK),
    ("IND-08", "info", IV, ESK),
    ("IND-08", "info", "oral-depression", ESK),
    ("IND-09", "info", IV, CRPS),
    ("IND-11", "info", SL, IV),
    ("IND-P8", "info", PAIN, IV),
    ("WU-01", "info", IV, PAIN),
    ("SET-IP", "block", "crps-inpatient-5-days", CRPS),
    ("IND-P9", "info", "oral-pain", PAIN),
    ("WU-LIVER", "info", ESK, PAIN),
]

# The same rule in the text of one region only.
REGIONS = [
    ("CI-06", "us", C(icd="I21.4", onsetDateTime=days(41)), "override"),
    ("CI-06", "eu", C(icd="I21.4", onsetDateTime=days(41)), "block"),
    ("CI-06", None, C(icd="I21.4", onsetDateTime=days(41)), "block"),
    ("BP-01", "us", [{"born": "1950-01-01"}, pressure(145, 80)], "caution"),
    ("BP-01", "eu", [{"born": "1950-01-01"}, pressure(145, 80)], "-"),
    ("BP-01", "eu", [{"born": "1950-01-01"}, pressure(151, 80)], "caution"),
    ("BP-01", "eu", pressure(145, 80), "caution"),
    ("BP-01", None, [{"born": "1950-01-01"}, pressure(145, 80)], "caution"),
]
# What a clinic has switched on for itself: rule, programme, who, without it, with it.
PROGRAMMES = [
    ("CI-10", "paediatric", {"born": "2010-01-01"}, ["block"], ["override"]),
    ("CI-10", "paediatric", {"born": "2000-01-01"}, [], []),
    ("IND-05", "stepped-entry", observation("44261-6", 14, "{score}"), ["info"], ["override"]),
    ("IND-05", "stepped-entry", observation("44261-6", 15, "{score}"), [], []),
    ("IND-05", "stepped-entry", {"four-trials": "fewer than four"}, [], ["override"]),
    ("IND-05", "stepped-entry", {"four-trials": "four or more"}, [], []),
]
ABOUT = {"born", "sex", "deceasedBoolean", "deceasedDateTime"}


def someone(who):
    """A person from a row: what describes them, what they have, what they answered."""
    parts = who if isinstance(who, list) else [who]
    said = [part for part in parts if "resourceType" not in part]
    about = {k: v for part in said for k, v in part.items() if k in ABOUT}
    answers = {k: v for part in said for k, v in part.items() if k not in ABOUT}
    return person(*(p for p in parts if "resourceType" in p), answers=answers, **about)


def found(who, protocol, locale=None, programmes=()):
    return evaluate(
        someone(who), protocol, TODAY, locale=locale, programmes=frozenset(programmes)
    ).findings


def named(findings, rule):
    return [f.action.value for f in findings if f.rule == rule]


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_rule_speaks_on_one_side_and_is_silent_on_the_other(row):
    rule, action, speaks, silent, protocol = row
    raised = [f for f in found(speaks, protocol) if f.rule == rule]
    assert [f.action.value for f in raised] == [action]
    assert all(fact.resource for f in raised for fact in f.because)
    assert action not in named(found(silent, protocol), rule)


@pytest.mark.parametrize(("rule", "action", "there", "elsewhere"), ALWAYS)
def test_what_holds_for_everybody_holds_under_its_protocols_only(rule, action, there, elsewhere):
    assert action in [f.action.value for f in evaluated(protocol=there).findings if f.rule == rule]
    assert rule not in {f.rule for f in evaluated(protocol=elsewhere).findings}


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(("rule", "locale", "who", "action"), REGIONS)
def test_where_the_labels_differ_the_stricter_speaks_unless_a_region_is_named(
    rule, locale, who, action
):
    assert (named(found(who, IV, locale), rule) or ["-"]) == [action]


@pytest.mark.parametrize(("rule", "programme", "who", "without", "within"), PROGRAMMES)
def test_a_programme_of_the_clinic_changes_exactly_its_own_rules(
    rule, programme, who, without, within
):
    assert named(found(who, IV), rule) == without
    assert named(found(who, IV, programmes=[programme]), rule) == within


def test_a_programme_that_does_not_exist_is_refused_by_name():
    with pytest.raises(BadInput, match="one of inpatient, paediatric, stepped-entry"):
        found({"born": "2010-01-01"}, IV, programmes=["pediatric"])


def test_no_rule_is_without_both_sides():
    shown = {(row[0], row[1]) for row in (*ROWS, *ALWAYS)} | {
        (rule, action) for rule, _, _, action in REGIONS
    }
    shown |= {(rule, action) for rule, *_, with_it in PROGRAMMES for action in with_it}
    assert {(rule.id, rule.action.value) for rule in rules()} - shown == set()
    assert {rule for rule, _ in shown} - {rule.id for rule in rules()} == set()
