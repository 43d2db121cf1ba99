"""The next dose: what is offered, what limited it, and when there is none."""
# ruff: noqa: E501 — one row of a table is one line

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.core.people import TODAY, condition, height, person, weight

from openketamine.core.dosing import (
    DoseProposal,
    PastSession,
    Wish,
    as_json,
    propose,
    protocol,
    protocols,
    read_history,
)
from openketamine.core.findings import BadInput, Refusal
from openketamine.core.screening import Override, evaluate

WELL = {
    "lowest_moaas": 5,
    "lowest_spo2": Decimal(97),
    "peak_systolic": Decimal(140),
    "peak_diastolic": Decimal(85),
    "baseline_systolic": Decimal(125),
    "baseline_diastolic": Decimal(78),
    "severe_dissociation": False,
    "vomiting_despite_antiemetic": False,
}


def dose(*resources, wish=None, history=(), **about):
    return propose(person(*resources, **about), "iv-depression", TODAY, history, wish=wish)


def sessions(number, *, better=None, **last):
    """So many sessions of 0.5 mg/kg, four days apart, the newest four days ago."""
    days = [TODAY - timedelta(days=4 * n) for n in range(number, 0, -1)]
    past = [PastSession(day, 500, 35_000, 2400) for day in days[:-1]]
    better = None if better is None else Decimal(better)
    return (*past, PastSession(days[-1], 500, 35_000, 2400, better, **{**WELL, **last}))


DOSES = [
    # kg, cm, sex → basis, weight used g, mg, mL, mL/h, draw mL
    (70, None, "male", "actual", 70_000, 35.0, 35.0, 52.5, 0.7),
    (70, 175, "male", "actual", 70_000, 35.0, 35.0, 52.5, 0.7),
    (73, 175, "male", "actual", 73_000, 36.5, 36.5, 54.7, 0.73),
    (71.9, 175, "male", "actual", 71_900, 35.5, 35.5, 53.2, 0.71),
    (91.8, 175, "male", "actual", 91_800, 45.5, 45.5, 68.2, 0.91),  # BMI 29.98
    (91.9, 175, "male", "adjusted", 79_039, 39.5, 39.5, 59.2, 0.79),  # BMI 30.01
    (91.9, 175, "female", "adjusted", 76_339, 38.0, 38.0, 57.0, 0.76),
    (91.9, 175, "unknown", "adjusted", 76_339, 38.0, 38.0, 57.0, 0.76),
]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("kg", "cm", "sex", "basis", "used", "mg", "ml", "rate", "draw"), DOSES)
def test_half_a_milligram_per_kilogram_rounded_down(kg, cm, sex, basis, used, mg, ml, rate, draw):
    found = dose(weight(kg), *([height(cm)] if cm else []), sex=sex)
    shown = found.as_json()
    assert (found.weight_basis, found.weight_g) == (basis, used)
    assert [shown[key] for key in ("dose_mg", "volume_ml", "rate_ml_per_h", "draw_ml")] == [
        mg, ml, rate, draw,
    ]  # fmt: skip
    assert (shown["over_min"], shown["concentration_mg_per_ml"]) == (40.0, 1.0)


@pytest.mark.hazard("HZ-03")
def test_a_bmi_of_40_is_dosed_by_ideal_weight_after_the_override_it_asks_for():
    record = person(weight(130), height(175))
    stopped = propose(record, "iv-depression", TODAY)
    assert isinstance(stopped, Refusal)
    assert stopped.findings[0].rule == "RC-06"
    signed = evaluate(
        record, "iv-depression", TODAY, (Override("RC-06", "setting", "airway team"),)
    )
    offered = propose(record, "iv-depression", TODAY, evaluation=signed)
    assert (offered.weight_basis, offered.weight_g) == ("ideal", 70_465)
    assert "DOSE-BMI" in {finding.rule for finding in offered.findings}


UNITS = [(70, "kg"), (70_000, "g"), (154.3235835, "[lb_av]"), (154.3235835, "lbs")]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("amount", "unit"), UNITS)
def test_the_unit_of_the_weight_does_not_change_the_dose(amount, unit):
    assert dose(weight(amount, unit)).dose_ug == 35_000


REFUSALS = [
    ("no weight", (), {}, "DOSE-WEIGHT"),
    ("negative weight", (weight(-70),), {}, "DOSE-WEIGHT"),
    ("ten-fold weight", (weight(700),), {}, "DOSE-WEIGHT"),
    ("weight without unit", (weight(70, ""),), {}, "DOSE-WEIGHT"),
    ("brain bleed", (weight(70), condition(icd="I61.9")), {}, "CI-03"),
    ("heart disease", (weight(70), condition("Angina")), {}, "RC-04"),
    ("a cold", (weight(70), condition("Common cold")), {}, "RC-07"),
    ("a child", (weight(70),), {"born": "2012-01-01"}, "CI-10"),
]


@pytest.mark.hazard("HZ-03")
@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(
    ("who", "resources", "about", "rule"), REFUSALS, ids=[r[0] for r in REFUSALS]
)
def test_it_refuses_before_it_reckons(who, resources, about, rule):
    answer = dose(*resources, **about)
    assert isinstance(answer, Refusal)
    assert rule in {finding.rule for finding in answer.findings}


@pytest.mark.hazard("HZ-10")
def test_a_refusal_lists_every_reason_the_strictest_first():
    answer = dose(condition("Angina"), condition(icd="I61.9"))
    assert [finding.rule for finding in answer.findings] == ["CI-03", "DOSE-WEIGHT", "RC-04"]


@pytest.mark.hazard("HZ-10")
def test_an_evaluation_of_another_day_is_not_used():
    record = person(weight(70))
    yesterday = evaluate(record, "iv-depression", TODAY - timedelta(days=1))
    with pytest.raises(BadInput, match="evaluation"):
        propose(record, "iv-depression", TODAY, evaluation=yesterday)


LIMITS = [
    # kg, wish (ug/kg, s) → mg, min, what limited
    (70, Wish(600), 42.0, 40, []),
    (70, Wish(1000), 70.0, 40, []),
    (70, Wish(1100), 70.0, 40, ["dose per kilogram: 1 mg/kg"]),
    (70, Wish(5000), 70.0, 40, ["dose per kilogram: 1 mg/kg"]),
    (80, Wish(1000), 80.0, 40, []),
    (81, Wish(1000), 80.0, 40, ["total dose: 80 mg"]),
    (200, None, 80.0, 40, ["total dose: 80 mg"]),
    (70, Wish(over_s=600), 35.0, 40, ["shortest time: 40 min"]),
    (70, Wish(over_s=3600), 35.0, 60, []),
    (200, Wish(5000, 60), 80.0, 40, [
        "shortest time: 40 min", "dose per kilogram: 1 mg/kg", "total dose: 80 mg"]),
]  # fmt: skip


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("kg", "wish", "mg", "minutes", "limits"), LIMITS)
def test_a_wish_is_limited_and_the_limit_is_named(kg, wish, mg, minutes, limits):
    found = dose(weight(kg), wish=wish).as_json()
    assert (found["dose_mg"], found["over_min"]) == (mg, minutes)
    assert [limit["by"] for limit in found["limited_by"]] == limits
    assert all(limit["sources"] for limit in found["limited_by"])


def test_the_original_wish_is_kept_beside_what_was_limited():
    assert dose(weight(70), wish=Wish(5000)).as_json()["wanted_mg"] == 350.0


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("wish", [Wish(0), Wish(-500), Wish(over_s=0)])
def test_a_wish_for_nothing_is_bad_input(wish):
    with pytest.raises(BadInput, match="wish"):
        dose(weight(70), wish=wish)


@pytest.mark.hazard("HZ-03")
def test_a_dose_too_small_to_be_drawn_up_is_refused():
    answer = dose(weight(70), wish=Wish(7))
    assert answer.findings[0].rule == "DOSE-TOO-SMALL"


HISTORIES = [
    # what the last session was like → mg/kg, minutes, words in the steps
    ("first session", (), 500, 40, "First session"),
    ("well, 60 % better", sessions(2, better=60), 500, 40, "60 % better"),
    ("30 % better after one", sessions(1, better=30), 500, 40, "too early for a step up"),
    ("30 % better after two", sessions(2, better=30), 600, 40, "one step up"),
    ("49 % better", sessions(2, better=49), 600, 40, "one step up"),
    ("50 % better", sessions(2, better=50), 500, 40, "50 % better"),
    ("25 % better", sessions(2, better=25), 600, 40, "one step up"),
    ("24 % better", sessions(2, better=24), 500, 40, "24 % better"),
    ("nobody scored", sessions(2), 500, 40, "is not known"),
    ("no sedation score", sessions(2, better=30, lowest_moaas=None), 500, 40, "the sedation score"),
    ("no SpO2", sessions(2, better=30, lowest_spo2=None), 500, 40, "the lowest SpO2"),
    ("no pressure", sessions(2, better=30, peak_systolic=None), 500, 40, "the peak blood pressure"),
    ("dissociation not said", sessions(2, better=30, severe_dissociation=None), 500, 40, "dissociation"),
    ("MOAA/S 4", sessions(2, better=60, lowest_moaas=4), 500, 40, "again"),
    ("MOAA/S 3", sessions(2, better=60, lowest_moaas=3), 400, 60, "MOAA/S 3"),
    ("SpO2 92", sessions(2, better=60, lowest_spo2=Decimal(92)), 500, 40, "again"),
    ("SpO2 91", sessions(2, better=60, lowest_spo2=Decimal(91)), 400, 60, "SpO2 91 %"),
    ("panic", sessions(2, better=60, severe_dissociation=True), 400, 60, "severe dissociation"),
    ("vomiting", sessions(2, better=60, vomiting_despite_antiemetic=True), 400, 60, "vomiting"),
    ("peak 180", sessions(2, better=60, peak_systolic=Decimal(180)), 400, 60, "systolic peak 180"),
    ("peak 164, 39 up", sessions(2, better=60, peak_systolic=Decimal(164)), 500, 40, "again"),
    ("peak 165, 40 up", sessions(2, better=60, peak_systolic=Decimal(165)), 400, 60, "systolic rise 40"),
    ("diastolic 103, 25 up", sessions(2, better=60, peak_diastolic=Decimal(103)), 400, 60, "rise 25"),
]  # fmt: skip


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(
    ("what", "history", "per_kg", "minutes", "words"), HISTORIES, ids=[h[0] for h in HISTORIES]
)
def test_the_last_session_decides_the_next_dose(what, history, per_kg, minutes, words):
    found = dose(weight(70), history=history)
    assert (found.dose_ug_per_kg, found.over_s // 60) == (per_kg, minutes)
    assert words in found.steps[0]


@pytest.mark.hazard("HZ-09")
def test_a_step_up_never_passes_the_highest_dose():
    past = (PastSession(TODAY - timedelta(days=8), 950), PastSession(
        TODAY - timedelta(days=4), 950, 66_500, 2400, Decimal(30), **WELL))  # fmt: skip
    found = dose(weight(70), history=past)
    assert found.dose_ug_per_kg == 1000
    assert found.limited_by[0].by == "dose per kilogram: 1 mg/kg"


NO_RESPONSE = [(3, None), (4, "caution"), (5, "caution"), (6, "override")]


@pytest.mark.parametrize(("number", "action"), NO_RESPONSE)
def test_without_response_the_course_is_reviewed_after_four_and_stopped_after_six(number, action):
    answer = dose(weight(70), history=sessions(number, better=10))
    found = {finding.rule: finding.action.value for finding in answer.findings}
    assert found.get("DOSE-NO-RESPONSE") == action
    assert isinstance(answer, Refusal) == (action == "override")


def test_two_sessions_with_high_pressure_need_an_override_and_pass_with_it():
    high = {**WELL, "peak_systolic": Decimal(185)}
    past = tuple(PastSession(TODAY - timedelta(days=d), 500, **high) for d in (8, 4))
    record = person(weight(70))
    refused = propose(record, "iv-depression", TODAY, past)
    assert [finding.rule for finding in refused.findings] == ["DOSE-BP-TWICE"]
    signed = evaluate(record, "iv-depression", TODAY, (Override("DOSE-BP-TWICE", "treated", "…"),))
    assert propose(record, "iv-depression", TODAY, past, signed).dose_ug_per_kg == 400


EXPOSURE = [
    ("three in a week with this one", [2, 4], 35_000, None),
    ("four in a week with this one", [1, 2, 4], 35_000, "E1"),
    ("the fourth is eight days off", [2, 4, 8], 35_000, None),
    ("nine in four weeks", [3, 6, 9, 12, 15, 18, 21, 24], 35_000, "E2"),
    ("eight in four weeks", [3, 6, 9, 12, 15, 18, 21], 35_000, None),
    ("a gram in thirty days", [29], 1_000_000, None),
    ("more than a gram", [29], 1_000_001, "E5"),
]


@pytest.mark.parametrize(("what", "days", "mass", "rule"), EXPOSURE, ids=[e[0] for e in EXPOSURE])
def test_too_often_or_too_much_is_stopped(what, days, mass, rule):
    past = tuple(PastSession(TODAY - timedelta(days=d), 500, mass) for d in days)
    answer = dose(weight(70), history=past)
    found = {f.rule for f in answer.findings if f.rule.startswith("E")}
    assert found == ({rule} if rule else set())


COURSE = [(0, 3), (5, 3), (6, 7), (9, 7), (10, 14), (14, 28), (40, 28)]


@pytest.mark.parametrize(("before", "days"), COURSE)
def test_the_interval_lengthens_with_the_course(before, days):
    past = tuple(PastSession(TODAY - timedelta(days=30 * (before - n)), 500) for n in range(before))
    assert dose(weight(70), history=past).next_in_days == days


def test_an_old_weight_is_said_to_be_old():
    for days, said in ((90, False), (91, True)):
        found = dose(weight(70, on=TODAY - timedelta(days=days)))
        assert ("DOSE-OLD-WEIGHT" in {f.rule for f in found.findings}) == said


def test_the_json_is_that_of_the_contract():
    found = as_json(dose(weight(70), height(175)))
    assert found["refusal"] is None
    assert found["knowledge"].startswith("sha256:")
    expected = {
        "dose_mg": 35.0, "dose_mg_per_kg": 0.5, "weight_used_kg": 70.0, "weight_basis": "actual",
        "over_min": 40, "concentration_mg_per_ml": 1.0, "volume_ml": 35.0, "rate_ml_per_h": 52.5,
        "wanted_mg": 35.0, "limited_by": [], "next_in_days": 3,
    }  # fmt: skip
    assert {key: found["proposal"][key] for key in expected} == expected
    refused = as_json(dose())
    assert refused["proposal"] is None
    assert refused["refusal"]["findings"][0]["rule"] == "DOSE-WEIGHT"


def test_a_plan_freezes_what_the_journal_asks_for():
    from openketamine.core.treatment import PlanSigned

    plan = PlanSigned(**dose(weight(70)).plan_fields())
    assert (plan.dose_ug, plan.rate_ul_per_h, plan.weight_g) == (35_000, 52_500, 70_000)


def test_each_step_is_in_words():
    assert dose(weight(91.9), height(175)).steps == (
        "First session: the protocol starts with 0.5 mg/kg.",
        "Weight 91.9 kg of 2026-11-22, height 175 cm: BMI 30 kg/m2.",
        "Ideal weight (Devine): 50 + 2.3 × (68.9 in − 60) = 70.465 kg.",
        "Adjusted weight: 70.5 + 0.4 × (91.9 − 70.5) = 79.039 kg.",
        "0.5 mg/kg × 79.039 kg = 39.52 mg.",
        "Drawn up from 50 mg/mL, rounded down: 0.79 mL is 39.5 mg.",
        "With sodium chloride 0.9 % to 1 mg/mL: 39.5 mL in all.",
        "39.5 mL over 40 min, rounded down for the pump: 59.2 mL/h.",
    )


BAD_HISTORY = [
    ("no list", {"sessions": 3}, "history: expected a list"),
    ("no object", [3], "history[0]: expected an object"),
    ("no date", [{"dose_ug_per_kg": 500}], "history[0].on"),
    ("no dose", [{"on": "2026-11-01"}], "history[0].dose_ug_per_kg"),
    ("wrong date", [{"on": "yesterday", "dose_ug_per_kg": 500}], "a date such as"),
    ("unknown field", [{"on": "2026-11-01", "dose_ug_per_kg": 500, "mood": 3}], "history[0].mood"),
    ("negative", [{"on": "2026-11-01", "dose_ug_per_kg": -500}], "not negative"),
    ("not whole", [{"on": "2026-11-01", "dose_ug_per_kg": 0.5}], "a whole number"),
    ("words", [{"on": "2026-11-01", "dose_ug_per_kg": "much"}], "a number"),
]


@pytest.mark.parametrize(("what", "raw", "sentence"), BAD_HISTORY, ids=[b[0] for b in BAD_HISTORY])
def test_a_history_that_cannot_be_read_names_the_field(what, raw, sentence):
    with pytest.raises(BadInput) as refused:
        read_history(raw)
    assert sentence in str(refused.value)


def test_a_history_is_read_in_the_order_of_its_dates():
    raw = {"sessions": [
        {"on": "2026-11-10", "dose_ug_per_kg": 600, "improvement_percent": 12.5},
        {"on": "2026-11-03", "dose_ug_per_kg": 500, "severe_dissociation": False},
    ]}  # fmt: skip
    first, second = read_history(raw)
    assert (first.dose_ug_per_kg, second.improvement_percent) == (500, Decimal("12.5"))


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("name", protocols())
def test_recommended_bounds_lie_inside_absolute_bounds(name):
    plan = protocol(name)
    inner, outer = plan.recommended, plan.absolute
    assert inner.total_ug.amount <= outer.total_ug.amount
    if inner.dose_ug_per_kg and outer.dose_ug_per_kg:
        assert inner.dose_ug_per_kg.amount <= outer.dose_ug_per_kg.amount
    if inner.shortest_s and outer.shortest_s:
        assert inner.shortest_s.amount >= outer.shortest_s.amount


def test_an_unknown_protocol_is_named_with_those_that_exist():
    with pytest.raises(BadInput, match="iv-depression"):
        propose(person(weight(70)), "iv-despair", TODAY)


def test_a_proposal_is_a_proposal():
    assert isinstance(dose(weight(70)), DoseProposal)
