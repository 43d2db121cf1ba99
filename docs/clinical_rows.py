"""Every row of the two clinical files, and where it lives here: an id of the knowledge, or why not.

A row is named by its section and its first cell. `held` names rules, protocols, checklist rules or
files of the knowledge (`kind/id`); `why` says in words why a row has none, or what it became.
"""
# ruff: noqa: E501 — one row of a table is one line

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One row of a clinical file."""

    section: str
    row: str
    held: tuple[str, ...] = ()
    why: str = ""


def _same(section: str, *ids: str) -> tuple[Row, ...]:
    """Rows whose rule has the row's own id."""
    return tuple(Row(section, name, (name,)) for name in ids)


def _numbers(prefix: str, first: int, last: int, *, but: tuple[int, ...] = ()) -> tuple[str, ...]:
    return tuple(f"{prefix}-{n:02d}" for n in range(first, last + 1) if n not in but)


DEPRESSION = (
    *_same("1.1", *_numbers("IND", 1, 10)),
    *_same("1.2", *_numbers("CI", 1, 20)),
    *_same("1.3", *_numbers("RC", 1, 30)),
    Row("1.4", "≤140/90", ("BP-01",), "no finding: the other side of BP-01"),
    Row("1.4", ">140 or >90, but <160 and <100", ("BP-01",)),
    Row("1.4", "160–179 or 100–109", ("BP-02",)),
    Row("1.4", "≥180 or ≥110", ("CI-08",)),
    Row(
        "1.4",
        "Symptoms of hypertensive emergency at any value",
        ("CI-08", "alarms/symptoms"),
        "the symptoms are asked for in the advice of CI-08, and are alarms in a session",
    ),
    Row(
        "2.1",
        "Psychiatric evaluation, DSM-5 dx, antidepressant trial history (ATHF-SF2 structure)",
        ("WU-01", "IND-00", "IND-04"),
    ),
    Row("2.1", "Medical history, exam, airway + functional capacity (≥4 METs)", ("WU-01",)),
    Row(
        "2.1",
        "Medication reconciliation incl. OTC/herbal (St John's wort, grapefruit, cannabis)",
        ("WU-01", "DDI-15", "DDI-18", "DDI-27"),
    ),
    Row("2.1", "PDMP query", ("WU-01", "E6")),
    Row("2.1", "Height, weight, BMI", ("WU-01", "measurements/dosing-weight")),
    Row("2.1", "BP/HR/SpO2/RR/T", ("WU-01", "RC-02", "VS-01", "VS-02", "VS-03", "VS-04", "VS-05")),
    Row("2.1", "Urine drug screen", ("WU-01", "CI-13", "E7")),
    Row(
        "2.1",
        "Urine hCG, childbearing potential",
        ("CI-09", "RC-24"),
        "the answer of a test counts for 30 days",
    ),
    Row("2.1", "CMP/LFT (ALT, AST, ALP, GGT, bilirubin)", ("WU-LIVER", "RC-12")),
    Row("2.1", "Creatinine, electrolytes, CBC, TSH", ("WU-01", "RC-13", "DDI-13")),
    Row("2.1", "Urinalysis", ("WU-01", "RC-17")),
    Row("2.1", "ECG", ("WU-ECG",)),
    Row(
        "2.1",
        "PHQ-9, GAD-7, QIDS-SR16 or MADRS, C-SSRS (lifetime/recent), PCL-5 if trauma, AUDIT-C, DAST-10",
        ("WU-01", "RC-27"),
    ),
    Row("2.1", "Urinary symptom score (e.g., BPIC-SS or ICSI)", ("WU-01",)),
    Row("2.1", "Brief cognition (MoCA)", ("WU-01", "RC-22")),
    Row("2.1", "Mania screen (YMRS ≤5 used in ELEKT-D) / MDQ", ("WU-01", "CI-20")),
    Row(
        "2.3",
        "ESK nasal",
        ("checklists/pre-dose",),
        "the checklist asks the longer fast of injections from everybody",
    ),
    Row("2.3", "IV/IM/SC racemic, sub-anaesthetic", ("PD-06", "PD-07")),
    Row(
        "2.3",
        "Oral/SL",
        ("checklists/pre-dose",),
        "the checklist asks the longer fast of injections from everybody",
    ),
    *_same("3.2", *_numbers("DDI", 1, 28)),
    Row("4.1", "IV infusion", ("protocols/iv-depression",)),
    Row("4.1", "IM", ("protocols/im-depression",)),
    Row("4.1", "SC racemic", ("protocols/sc-depression",)),
    Row("4.1", "SC esketamine", ("protocols/sc-esketamine-depression",)),
    Row("4.1", "Oral racemic (IR)", ("protocols/oral-depression",)),
    Row(
        "4.1",
        "Oral ER (R-107, investigational)",
        (),
        "an investigational tablet that no clinic can buy",
    ),
    Row("4.1", "Sublingual/troche (compounded)", ("protocols/sublingual-depression", "IND-11")),
    Row("4.1", "IN racemic (compounded)", ("protocols/nasal-depression", "IND-11")),
    Row("4.1", "IN esketamine", ("protocols/spravato-trd", "protocols/spravato-suicidality")),
    Row("4.2", "Vial strengths", ("drugs/ketamine",)),
    Row("4.2", "Rule", ("drugs/ketamine",)),
    Row(
        "4.2",
        "Label rate cap",
        ("drugs/ketamine",),
        "the limits of every protocol lie far below it",
    ),
    Row("4.2", "Clinic infusion", ("protocols/iv-depression",)),
    Row(
        "4.2",
        "Independent double-check",
        (),
        "the second person reads drug, strength, dose, volume, rate and weight basis into empty fields (core/treatment)",
    ),
    Row(
        "4.2",
        "Hard limits (P)",
        ("protocols/iv-depression", "protocols/im-depression", "protocols/sc-depression"),
        "80 mg and 40 minutes are what is offered at most; 1 mg/kg, 100 mg, 30 minutes and 0.05 mg/kg/min are never passed",
    ),
    Row(
        "4.2",
        "Plasma target",
        ("pharmacokinetics/landmarks/ketamine",),
        "shown beside a forecast; no dose is reckoned from it",
    ),
    Row("4.3", "Week 1 day 1", ("protocols/spravato-trd",)),
    Row("4.3", "Weeks 1–4 (induction)", ("protocols/spravato-trd",)),
    Row("4.3", "Weeks 5–8", ("protocols/spravato-trd",)),
    Row("4.3", "Week ≥9", ("protocols/spravato-trd",)),
    Row("4.3", "MDD with acute SI/behaviour", ("protocols/spravato-suicidality",)),
    Row(
        "4.4",
        "Response ≥50% and tolerated",
        ("protocols/iv-depression",),
        "adjust.enough, and the phases of the course",
    ),
    Row(
        "4.4",
        "Improvement 25–49% after ≥2 sessions, CADSS/BP fine",
        ("protocols/iv-depression",),
        "adjust.step_up, adjust.step_up_after",
    ),
    Row(
        "4.4",
        "<25% after 4 IV sessions (or end wk 4 ESK)",
        ("protocols/iv-depression", "protocols/spravato-trd"),
        "adjust.poor, review_after, stop_after: DOSE-NO-RESPONSE",
    ),
    Row(
        "4.4",
        "MOAA/S ≤3, SpO2<92%, severe dissociation/panic, vomiting despite antiemetic",
        ("protocols/iv-depression",),
        "adjust.too_sedated, too_little_oxygen; dose.reduce_by, slow_to",
    ),
    Row(
        "4.4",
        "Peak ≥180/110 or rise ≥40/25",
        ("protocols/iv-depression",),
        "adjust.peak_systolic and its neighbours; DOSE-BP-TWICE",
    ),
    Row("4.4", "KADS-like rule", ("protocols/sc-depression",), "dose.ladder"),
    Row("8", "Bladder", ("long-term-checks/bladder",)),
    Row("8", "Liver", ("long-term-checks/liver",)),
    Row("8", "Cognition", ("long-term-checks/cognition",)),
    Row(
        "8",
        "Dependence/abuse",
        ("long-term-checks/misuse", "long-term-checks/alcohol", "long-term-checks/drug-use"),
    ),
    Row("8", "Tolerance", (), "not judged yet: nothing counts two steps up without a gain"),
    Row("8", "BP/CV", ("long-term-checks/heart",)),
    Row("8", "Psychiatric", ("CI-20",), "asked by the rules of the evaluation before each dose"),
    Row("8", "Suicide after stopping", ("long-term-checks/after-stopping",)),
    Row("8.1", "E1", ("exposure/flags", "protocols/iv-depression"), "exposure.sessions_in_7_days"),
    Row(
        "8.1",
        "E2",
        ("exposure/flags", "protocols/iv-depression", "protocols/spravato-trd"),
        "exposure.sessions_in_first_28_days",
    ),
    Row(
        "8.1",
        "E3",
        ("exposure/flags", "protocols/iv-depression"),
        "exposure.mean_days_after_month_2",
    ),
    Row(
        "8.1",
        "E4",
        ("exposure/flags", "protocols/iv-depression", "protocols/spravato-trd"),
        "exposure.sessions_in_6_months, sessions_in_a_year",
    ),
    Row(
        "8.1",
        "E5",
        ("exposure/flags", "protocols/iv-depression", "protocols/sublingual-depression"),
        "exposure.mg_in_30_days, mg_in_7_days",
    ),
    Row("8.1", "E6", ("E6",)),
    Row("8.1", "E7", ("E7",)),
    Row(
        "8.1",
        "E8",
        ("exposure/flags",),
        "the course page by 72 hours; a dose proposal by whether there is a score at all",
    ),
)

PAIN = (
    Row("A1.1", "CRPS", ("IND-P1", "protocols/crps-outpatient")),
    Row("A1.1", "SCI", ("IND-P2", "protocols/spinal-cord-injury")),
    Row("A1.1", "NEURO_MIXED", ("IND-P6", "IND-P7", "protocols/pain-outpatient")),
    Row("A1.1", "PLP", ("IND-P4", "IND-P7", "protocols/phantom-limb")),
    Row("A1.1", "PHN", ("IND-P6", "IND-P7", "protocols/pain-outpatient")),
    Row("A1.1", "FM", ("IND-P3", "IND-P7", "protocols/fibromyalgia")),
    Row("A1.1", "CANCER", ("IND-P6", "IND-P7", "protocols/pain-outpatient")),
    Row("A1.1", "ISCH", ("IND-P6", "IND-P7", "protocols/pain-outpatient")),
    Row("A1.1", "MIGRAINE", ("IND-P5", "IND-P7", "protocols/headache-outpatient")),
    Row("A1.1", "LBP", ("IND-P6", "IND-P7", "protocols/pain-outpatient")),
    Row("A1.2", "Bolus", ("protocols/fibromyalgia",), "no preset gives a bolus; the shortest infusion is 0.3 mg/kg over 10 minutes at the least"),
    Row("A1.2", "Infusion rate", ("dose-checks/pain",), "PAIN-RATE, PAIN-SEDATION-STAFF; more than 2 mg/kg/h is an absolute limit of every pain infusion"),
    Row("A1.2", "Dose-response", ("dose-checks/pain",), "PAIN-DOSE-LOW, for information"),
    Row("A1.2", "Repeat frequency", ("dose-checks/pain",), "a ceiling that nobody has sourced is no limit; a course is repeated by DOSE-REPEAT, three in a year ask for WU-RECURRENT"),
    Row("A1.3", "CI-CV", ("CI-CV",)),
    Row("A1.3", "CI-PREG", ("CI-09",)),
    Row("A1.3", "CI-PSY", ("CI-12",)),
    Row("A1.3", "CI-LIV-S", ("CI-LIV-S",)),
    Row("A1.3", "CI-LIV-M", ("CI-LIV-M",)),
    Row("A1.3", "CI-ICP", ("RC-08",), "a block, as for depression: the stricter"),
    Row("A1.3", "CI-IOP", ("CI-IOP", "RC-09")),
    Row("A1.3", "CI-SUD", ("CI-SUD", "RC-15")),
    Row("A1.3", "CI-ALL", ("CI-04",)),
    Row("A1.3", "CI-THEO", ("CI-THEO",)),
    Row("A1.3", "CI-CNS", ("CI-CNS",)),
    Row("A1.3", "CI-SYMP", ("CI-SYMP",)),
    Row("A1.3", "CI-THY", ("CI-17", "RC-25", "CI-18")),
    Row("A1.4", "Healthy", (), "nothing is asked for"),
    Row("A1.4", "Suspected or high CV risk", ("WU-ECG",)),
    Row("A1.4", "Liver risk (alcohol, chronic hepatitis, baseline dysfunction) or expected high dose at frequent intervals", ("WU-LIVER", "CI-LIV-M")),
    Row("A1.4", "Child-bearing potential", ("CI-09",), "asked of everybody who may be pregnant, and at the gate PD-05"),
    Row("A1.4", "Recurrent therapy (>= 3 courses/yr)", ("dose-checks/pain",), "WU-RECURRENT"),
    Row("A1.5", "Supervising clinician", (), "who may do what is one table, clinic/staff/roles.py; credentials are the clinic's"),
    Row("A1.5", "Administering clinician", (), "who may do what is one table, clinic/staff/roles.py; credentials are the clinic's"),
    Row("A1.5", "Setting", ("checklists/rescue-medicines", "SET-IP")),
    Row("A1.5", "Monitoring", ("protocols/pain-outpatient",), "monitoring.every"),
    Row("A1.5", "Baseline rule in ASKP basics", ("WU-01", "IND-03", "protocols/iv-depression")),
    Row("A1.5", "ASA position", (), "a position, not a rule: defined course and lowest dose are in every protocol"),
    Row("A1.5", "AZ Board of Nursing opinion (2015)", (), "no table of jurisdictions is shipped: the prescriber confirms locally"),
    Row("A1.5", "SC joint advisory (2020)", (), "no table of jurisdictions is shipped: the prescriber confirms locally"),
    Row("A1.5", "TX BON 15.8", (), "no table of jurisdictions is shipped: the prescriber confirms locally"),
    Row("A1.6", "Follow-on NMDA antagonist", ("protocols/oral-pain", "protocols/nasal-pain"), "named in the advice of DOSE-REPEAT"),
    Row("A1.6", "Positive response", ("dose-checks/pain",), "repeat.response: DOSE-REPEAT"),
    Row("A1.6", "Durability for a repeat", ("dose-checks/pain",), "repeat.single_days, course_days: DOSE-REPEAT"),
    Row("A1.7", "CRPS-OP10", ("protocols/crps-outpatient",)),
    Row("A1.7", "CRPS-IP4", ("protocols/crps-inpatient-4-days", "SET-IP")),
    Row("A1.7", "CRPS-IP5", ("protocols/crps-inpatient-5-days", "SET-IP")),
    Row("A1.7", "SCI-7D", ("protocols/spinal-cord-injury",)),
    Row("A1.7", "FM-10", ("protocols/fibromyalgia",)),
    Row("A1.7", "FM-30", ("protocols/fibromyalgia-esketamine",)),
    Row("A1.7", "PLP-60", ("protocols/phantom-limb",)),
    Row("A1.7", "MIG-IP", ("protocols/migraine-inpatient", "SET-IP"), "a day at the starting rate; the ward raises it every 3 to 4 hours"),
    Row("A1.7", "HA-OP", ("protocols/headache-outpatient",)),
    Row("A1.7", "PAIN-OP-US", ("protocols/pain-outpatient",)),
    Row("A1.7", "PAIN-IP14", (), "the source names no dose and no rate: nothing can be proposed from it"),
    *(Row("A1.7", kg, ("protocols/crps-outpatient",), "arithmetic, in tests/core/spec/test_protocols_spec.py") for kg in ("50", "60", "70", "80", "100")),
    Row("A2", "Oral (PO)", ("protocols/oral-pain",)),
    Row("A2", "IV -> PO switch", ("IND-P9", "protocols/oral-pain"), "said as contested; no conversion is reckoned"),
    Row("A2", "Sublingual (SL)", ("protocols/sublingual-pain",)),
    Row("A2", "Intranasal (IN)", ("protocols/nasal-pain",)),
    Row("A2", "Topical", (), "nothing is measured in the blood; no session is held for it"),
    Row("A2", "IM", ("protocols/im-pain",)),
)  # fmt: skip


def page() -> str:
    """Both tables as a page of the reference."""
    lines = ["# Every row of the clinical files", ""]
    lines += [
        "Where each lives: a rule, a protocol or a file of the knowledge; or why it has none.",
        "",
    ]
    for title, rows in (("Depression", DEPRESSION), ("Pain", PAIN)):
        lines += [f"## {title}", "", "| section | row | held by | in words |", "|---|---|---|---|"]
        for row in rows:
            held = ", ".join(f"`{one}`" for one in row.held) or "–"
            lines.append(f"| {row.section} | {row.row.replace('|', '/')} | {held} | {row.why} |")
        lines.append("")
    return "\n".join(lines)
