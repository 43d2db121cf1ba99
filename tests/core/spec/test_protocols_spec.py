"""Every protocol in numbers: by vein, muscle, skin, mouth, nose; depression and pain."""
# ruff: noqa: E501 — one row of a table is one line

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.core.people import TODAY, medicine, observation, person, weight

from openketamine.core.dosing import PastSession, Wish, propose, protocol, protocols, read_history
from openketamine.core.findings import BadInput, Refusal

WELL = {
    "lowest_moaas": 5, "lowest_spo2": Decimal(97), "peak_systolic": Decimal(140),
    "peak_diastolic": Decimal(85), "baseline_systolic": Decimal(125),
    "baseline_diastolic": Decimal(78), "severe_dissociation": False,
    "vomiting_despite_antiemetic": False,
}  # fmt: skip


WARD = frozenset({"inpatient"})


def dose(name, *resources, history=(), wish=None, locale=None, **about):
    return propose(
        person(*resources, **about), name, TODAY, history, wish=wish, locale=locale, programmes=WARD
    )


def past(days, milligrams, *, better=None, per_kg=None):
    """A session so many days ago, with everything written down."""
    improved = None if better is None else Decimal(better)
    day = TODAY - timedelta(days=days)
    return PastSession(day, per_kg, milligrams * 1000, None, improved, **WELL)


FIRST = [
    # protocol, kg → mg, minutes, mg/mL, mL, mL/h, next in days, mg/kg
    ("iv-depression", 70, 35.0, 40.0, 1.0, 35.0, 52.5, 3, 0.5),
    ("im-depression", 70, 35.0, None, 50.0, 0.7, None, 3, 0.5),
    ("sc-depression", 70, 35.0, None, 50.0, 0.7, None, 3, 0.5),
    ("oral-depression", 70, 50.0, None, None, None, None, 3, 0.714),
    ("oral-depression", 45, 25.0, None, None, None, None, 3, 0.555),
    ("sublingual-depression", 70, 50.0, None, None, None, None, 3, 0.714),
    ("spravato-trd", 70, 56.0, 5.0, None, None, None, 3, 0.8),
    ("spravato-trd", None, 56.0, 5.0, None, None, None, 3, None),
    ("spravato-suicidality", 70, 84.0, 10.0, None, None, None, 3, 1.2),
    ("spinal-cord-injury", 70, 80.0, 300.0, 0.16, 500.0, 100.0, 1, 1.142),
    ("fibromyalgia", 70, 21.0, 30.0, 1.0, 21.0, 42.0, 28, 0.3),
    ("fibromyalgia-esketamine", 70, 35.0, 30.0, 1.0, 35.0, 70.0, 28, 0.5),
    ("phantom-limb", 70, 28.0, 60.0, 1.0, 28.0, 28.0, 2, 0.4),
    ("headache-outpatient", 80, 20.0, 120.0, 1.0, 20.0, 10.0, 7, 0.25),
    ("pain-outpatient", 70, 100.0, 120.0, 1.0, 100.0, 50.0, 1, 1.428),
    ("crps-outpatient", 80, 50.0, 240.0, 1.0, 50.0, 12.5, 1, 0.625),
    ("sc-esketamine-depression", 70, 35.0, None, 25.0, 1.4, None, 7, 0.5),
    ("nasal-depression", 70, 50.0, None, None, None, None, 3, 0.714),
    ("nasal-depression", 40, 40.0, None, None, None, None, 3, 1.0),
    ("oral-pain", 70, 30.0, None, None, None, None, 2, 0.428),
    ("sublingual-pain", 70, 10.0, None, None, None, None, 2, 0.142),
    ("nasal-pain", 70, 10.0, None, None, None, None, 1, 0.142),
    ("im-pain", 70, 17.5, None, 50.0, 0.35, None, 1, 0.25),
    ("crps-inpatient-4-days", 70, 115.0, 1440.0, 1.0, 115.0, 4.7, 1, 1.642),
    ("crps-inpatient-5-days", 70, 240.0, 1440.0, 1.0, 240.0, 10.0, 1, 3.428),
    ("migraine-inpatient", 70, 160.0, 1440.0, 1.0, 160.0, 6.6, 1, 2.285),
]  # fmt: skip


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("row", FIRST, ids=lambda row: f"{row[0]} {row[1]} kg")
def test_the_first_dose_of_every_protocol(row):
    name, kg, *expected = row
    found = dose(name, *([weight(kg)] if kg else [])).as_json()
    keys = (
        "dose_mg",
        "over_min",
        "concentration_mg_per_ml",
        "volume_ml",
        "rate_ml_per_h",
        "next_in_days",
        "dose_mg_per_kg",
    )
    assert [found[key] for key in keys] == expected


def test_every_protocol_has_a_first_dose_in_the_table():
    assert {row[0] for row in FIRST} == set(protocols())


CRPS = [
    # kg, mg on day 1, 2, 3, mg/h and mg at the full rate, whether the cap was hit, 80 mg or more
    (50, 35.0, 52.5, 70.0, 17.5, False, False),
    (60, 42.0, 63.0, 84.0, 21.0, False, True),
    (70, 49.0, 73.5, 98.0, 24.5, False, True),
    (80, 50.0, 75.0, 100.0, 25.0, True, True),
    (100, 50.0, 75.0, 100.0, 25.0, True, True),
]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("kg", "first", "second", "full", "hourly", "capped", "enough"), CRPS)
def test_the_course_for_crps_is_the_smaller_of_0_35_mg_per_kg_and_25_mg_an_hour(
    kg, first, second, full, hourly, capped, enough
):
    offers = []
    for before in range(3):
        history = tuple(past(before - n, 50, per_kg=600, better=40) for n in range(before))
        offers.append(dose("crps-outpatient", weight(kg), history=history))
    assert [o.as_json()["dose_mg"] for o in offers] == [first, second, full]
    last = offers[2].as_json()
    assert last["rate_ml_per_h"] * last["concentration_mg_per_ml"] == hourly
    assert [limit["by"][:10] for limit in last["limited_by"]] == (["total dose"] if capped else [])
    assert ("PAIN-DOSE-LOW" in {f.rule for f in offers[2].findings}) is not enough


def test_the_eleventh_day_of_the_course_for_crps_needs_a_prescriber():
    history = tuple(past(2 * n + 1, 50, per_kg=600, better=40) for n in range(10))
    answer = dose("crps-outpatient", weight(70), history=history)
    assert isinstance(answer, Refusal)
    assert "DOSE-COURSE-END" in {finding.rule for finding in answer.findings}


RATES = [
    # mg over 2 hours of 70 kg → what the guideline says of the rate
    ("pain-outpatient", 70, "Within the band", False),  # 0.71 mg/kg/h
    ("pain-outpatient", 45, "Within the band", True),  # 1.11 mg/kg/h
    ("crps-outpatient", 70, "low-dose", False),  # 0.175 mg/kg/h on day 1
]


@pytest.mark.parametrize(("name", "kg", "words", "staff"), RATES)
def test_the_rate_of_a_pain_infusion_is_put_into_the_bands_of_the_guideline(name, kg, words, staff):
    rules = {finding.rule: finding for finding in dose(name, weight(kg)).findings}
    assert words in rules["PAIN-RATE"].summary
    assert ("PAIN-SEDATION-STAFF" in rules) == staff


@pytest.mark.hazard("HZ-03")
def test_no_pain_infusion_runs_faster_than_2_mg_per_kg_an_hour():
    found = dose("pain-outpatient", weight(40), wish=Wish(dose_ug=400_000)).as_json()
    assert found["dose_mg"] == 160.0
    assert found["limited_by"][0]["by"] == "rate: 2 mg/kg/h"


OLDER = [
    # born, locale → mg of a first SPRAVATO session
    ("1961-11-23", None, 56.0),  # 64
    ("1961-11-22", None, 28.0),  # 65, the stricter text
    ("1961-11-22", "eu", 28.0),
    ("1961-11-22", "us", 56.0),
    (None, None, 28.0),  # nobody knows the age
]


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("born", "locale", "mg"), OLDER)
def test_from_65_years_spravato_starts_with_one_device_in_the_european_text(born, locale, mg):
    assert dose("spravato-trd", born=born, locale=locale).as_json()["dose_mg"] == mg


@pytest.mark.hazard("HZ-03")
def test_84_mg_is_not_given_on_the_first_day():
    found = dose("spravato-trd", wish=Wish(dose_ug=84_000)).as_json()
    assert (found["dose_mg"], found["units"], found["wanted_mg"]) == (56.0, 2, 84.0)
    assert found["limited_by"][0]["by"] == "first dose: 56 mg"


def weekly(*days, mg=56, better=60):
    return tuple(past(day, mg, better=better) for day in sorted(days, reverse=True))


SCHEDULE = [
    # days since each session → next in days, or the rule that stops
    ("week 1, second session", weekly(3), 3),
    ("week 1, third session", weekly(2, 4), "DOSE-SCHEDULE"),
    ("week 4", weekly(3, 7, 10, 14, 17, 21, 24), 3),
    ("week 5", weekly(7, 11, 14, 18, 21, 25, 28), 7),
    ("week 5, four days later", weekly(4, 7, 11, 14, 18, 21, 25, 28), "DOSE-SCHEDULE"),
    ("week 9", weekly(7, 14, 21, 28, 56), 14),
    ("week 9, five days later", weekly(5, 14, 21, 28, 56), "DOSE-SCHEDULE"),
]


@pytest.mark.parametrize(
    ("what", "history", "expected"), SCHEDULE, ids=[row[0] for row in SCHEDULE]
)
def test_spravato_is_twice_a_week_then_weekly_then_every_two_weeks(what, history, expected):
    answer = dose("spravato-trd", history=history)
    if isinstance(expected, int):
        assert answer.next_in_days == expected
    else:
        assert expected in {finding.rule for finding in answer.findings}
        assert isinstance(answer, Refusal)


DEVICES = [
    # last dose, what it was like → next dose
    (56, {"better": 60}, 56.0),
    (56, {"better": 30}, 84.0),
    (84, {"better": 30}, 84.0),
    (84, {"better": 60, "severe_dissociation": True}, 56.0),
    (28, {"better": 60, "severe_dissociation": True}, 28.0),
]


@pytest.mark.parametrize(("mg", "last", "expected"), DEVICES)
def test_spravato_goes_up_and_down_by_whole_devices(mg, last, expected):
    better = Decimal(last.pop("better"))
    days = (TODAY - timedelta(days=8), TODAY - timedelta(days=4))
    history = (PastSession(days[0], None, mg * 1000), PastSession(days[1], None, mg * 1000, None, better, **{**WELL, **last}))  # fmt: skip
    assert dose("spravato-trd", history=history).as_json()["dose_mg"] == expected


def test_without_benefit_at_the_end_of_week_4_spravato_stops():
    answer = dose("spravato-trd", history=weekly(3, 7, 10, 14, 17, 21, 24, 27, better=10))
    assert "DOSE-NO-RESPONSE" in {finding.rule for finding in answer.findings}


def test_after_four_weeks_spravato_for_suicidality_needs_a_prescriber():
    for days, ends in ((27, False), (28, True)):
        answer = dose("spravato-suicidality", history=weekly(days, mg=84))
        assert ("DOSE-COURSE-END" in {finding.rule for finding in answer.findings}) == ends


SC = [(500, 600), (600, 750), (750, 900), (900, 900)]


@pytest.mark.parametrize(("before", "after"), SC)
def test_under_the_skin_the_dose_climbs_the_ladder_of_its_trial(before, after):
    history = (past(8, 35, per_kg=before), past(4, 35, per_kg=before, better=10))
    found = dose("sc-depression", weight(100), observation("39156-5", 25, "kg/m2"), history=history)
    wanted = found.wanted_ug if not found.limited_by else after * 100
    assert wanted == after * 100


BY_MOUTH = [("oral-depression", 25.0), ("sublingual-depression", 25.0)]


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize(("name", "mg"), BY_MOUTH)
def test_a_strong_inhibitor_halves_a_dose_by_mouth_and_none_by_vein(name, mg):
    inhibitor = medicine("Clarithromycin 500 MG Oral Tablet")
    found = dose(name, weight(70), inhibitor).as_json()
    assert found["dose_mg"] == mg
    assert "DDI-14" in found["limited_by"][0]["by"]
    assert dose("iv-depression", weight(70), inhibitor).as_json()["dose_mg"] == 35.0


DRAWS = [
    # mg/kg for 100 kg (BMI 25) → mL drawn of 50 mg/mL, by the scale of the smallest syringe
    (333, 0.66),  # 1 mL syringe: steps of 0.01
    (500, 1.0),
    (555, 1.1),  # 3 mL syringe: steps of 0.1
    (599, 1.1),
    (800, 1.6),
]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("wish", "millilitres"), DRAWS)
def test_a_larger_syringe_has_a_coarser_scale(wish, millilitres):
    found = dose("iv-depression", weight(100), observation("39156-5", 25, "kg/m2"), wish=Wish(wish))
    assert found.as_json()["draw_ml"] == millilitres


def test_a_measured_bmi_gives_the_height_that_nobody_wrote_down():
    lean = dose("iv-depression", weight(100), observation("39156-5", 25, "kg/m2"))
    heavy = dose("iv-depression", weight(100), observation("39156-5", 35, "kg/m2"))
    assert (lean.weight_basis, heavy.weight_basis) == ("actual", "adjusted")
    assert heavy.dose_ug < lean.dose_ug


def test_the_proposal_says_what_is_known_along_the_range_that_people_quote():
    notes = dose("iv-depression", weight(70)).as_json()["evidence_by_dose"]
    assert [note["dose"] for note in notes] == [
        "0.1 mg/kg", "0.2 mg/kg", "0.5 mg/kg", "1 mg/kg", "2 mg/kg",
    ]  # fmt: skip
    assert all(note["sources"] and note["says"] for note in notes)
    top = dose("iv-depression", weight(70), wish=Wish(2000)).as_json()
    assert (top["wanted_mg"], top["dose_mg"]) == (140.0, 70.0)


WISHES = [
    ("iv-depression", Wish(dose_ug=35_000), "per kilogram"),
    ("spravato-trd", Wish(dose_ug_per_kg=800), "not per kilogram"),
    ("im-depression", Wish(over_s=60), "not infused"),
    ("spravato-trd", Wish(dose_ug=0), "more than nothing"),
]


@pytest.mark.parametrize(("name", "wish", "words"), WISHES)
def test_a_wish_that_a_protocol_cannot_mean_is_bad_input(name, wish, words):
    with pytest.raises(BadInput, match=words):
        dose(name, weight(70), wish=wish)


def test_a_history_without_the_dose_that_a_protocol_needs_is_bad_input():
    history = read_history([{"on": "2026-11-01", "dose_ug_per_kg": 500}])
    with pytest.raises(BadInput, match="dose_ug"):
        dose("spravato-trd", history=history)


@pytest.mark.parametrize("name", protocols())
def test_every_protocol_says_what_is_watched_and_for_how_long(name):
    plan = protocol(name)
    assert plan.measure_every_s["systolic"] > 0
    assert plan.observe_after_end_s >= 3600
    assert set(plan.continuous) >= {"spo2"}


def test_a_locale_that_does_not_exist_is_bad_input():
    with pytest.raises(BadInput, match="locale"):
        dose("spravato-trd", locale="fr")


@pytest.mark.parametrize("name", protocols())
def test_the_plan_of_every_protocol_freezes_into_the_journal(name):
    from openketamine.core.treatment import PlanSigned

    offered = dose(name, weight(70))
    assert PlanSigned(**offered.plan_fields()).dose_ug == offered.dose_ug
