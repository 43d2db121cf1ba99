"""The pump card says every number with its unit, and leaves out what a form of dose has not."""

import pytest

from openketamine.clinic.plans.pump import pump_card

INFUSION = {
    "drug": "ketamine",
    "route": "iv",
    "dose_ug": 35_000,
    "over_s": 2_400,
    "concentration_ug_per_ml": 1_000,
    "volume_ul": 35_000,
    "rate_ul_per_h": 52_500,
    "weight_g": 70_000,
    "weight_basis": "actual",
}


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dose", "35 mg"),
        ("dose_per_kg", "0.5 mg/kg"),
        ("over", "40 min"),
        ("concentration", "1 mg in 1 mL"),
        ("volume", "35 mL"),
        ("rate", "52.5 mL/h"),
        ("rate_mass", "52.5 mg/h"),
        ("rate_per_kg", "0.75 mg/kg/h"),
        ("weight", "70 kg"),
        ("route", "intravenous"),
    ],
)
def test_an_infusion_has_every_line(line, words):
    assert getattr(pump_card(INFUSION), line) == words


@pytest.mark.hazard("HZ-03")
def test_a_ten_times_stronger_bag_is_ten_times_the_drug_at_the_same_rate():
    strong = pump_card(INFUSION | {"concentration_ug_per_ml": 10_000})
    assert (strong.rate, strong.rate_mass) == ("52.5 mL/h", "525 mg/h")


def test_what_a_form_of_dose_does_not_have_is_empty_and_never_0():
    none = {"over_s": 0, "rate_ul_per_h": 0, "weight_g": 0, "volume_ul": 0}
    card = pump_card(INFUSION | none | {"concentration_ug_per_ml": 0, "weight_basis": ""})
    blank = ("over", "rate", "rate_mass", "rate_per_kg", "weight", "volume", "dose_per_kg")
    assert [getattr(card, line) for line in blank] == [""] * 7
    assert card.dose == "35 mg"


def test_no_trailing_zero_and_a_comma_from_a_thousand():
    card = pump_card(INFUSION | {"dose_ug": 1_250_500, "volume_ul": 500})
    assert (card.dose, card.volume) == ("1,250.5 mg", "0.5 mL")
