"""Every protocol for a light, a usual, a heavy and a very heavy person; and the form of the answer."""
# ruff: noqa: E501 — one row of a table is one line

import json
from decimal import Decimal

import pytest
from tests.core.people import TODAY, height, person, weight

from openketamine.core.dosing import DoseProposal, as_json, propose, protocol, protocols
from openketamine.core.screening import Override

FIT = {"inpatient"}
BMI_40 = (Override("RC-06", "benefit", "the anaesthetist agreed"),)

# mg of a first session for 40, 70, 120 and 180 kg at 175 cm: BMI 13, 23, 39 (adjusted weight) and
# 59 (ideal weight).
FIRST_MG = {
    "iv-depression": (20, 35, 45, 35),
    "im-depression": (20, 35, 45, 35),
    "sc-depression": (20, 35, 45, 35),
    "sc-esketamine-depression": (20, 35, 45, 35),
    "nasal-depression": (40, 50, 50, 50),
    "oral-depression": (25, 50, 50, 50),
    "sublingual-depression": (25, 50, 50, 50),
    "spravato-trd": (56, 56, 56, 56),
    "spravato-suicidality": (84, 84, 84, 84),
    "crps-outpatient": (28, 49, 50, 49.3),
    "crps-inpatient-4-days": (67.5, 115, 150, 120),
    "crps-inpatient-5-days": (240, 240, 240, 240),
    "spinal-cord-injury": (80, 80, 80, 80),
    "fibromyalgia": (12, 21, 27, 21),
    "fibromyalgia-esketamine": (20, 35, 45, 35),
    "phantom-limb": (16, 28, 36, 28),
    "headache-outpatient": (10, 17.5, 22.5, 17.5),
    "migraine-inpatient": (95, 160, 210, 160),
    "pain-outpatient": (100, 100, 100, 100),
    "oral-pain": (20, 30, 40, 30),
    "sublingual-pain": (10, 10, 10, 10),
    "nasal-pain": (10, 10, 10, 10),
    "im-pain": (10, 17.5, 22.5, 17.5),
}
KILOGRAMS = (40, 70, 120, 180)
KEYS = {
    "dose_mg", "dose_mg_per_kg", "weight_used_kg", "weight_basis", "over_min",
    "concentration_mg_per_ml", "volume_ml", "rate_ml_per_h", "wanted_mg", "limited_by", "next_in_days",
}  # fmt: skip


def offered(name, kg):
    from openketamine.core.screening import evaluate

    one = person(weight(kg), height(175))
    overrides = BMI_40 if kg > 122 else ()
    found = evaluate(one, name, TODAY, overrides, programmes=frozenset(FIT))
    return propose(one, name, TODAY, evaluation=found)


def test_every_protocol_stands_in_the_table():
    assert set(FIRST_MG) == set(protocols())


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("name", sorted(FIRST_MG))
def test_the_first_dose_for_four_bodies(name):
    found = [offered(name, kg) for kg in KILOGRAMS]
    assert [one.dose_ug / 1000 for one in found] == list(FIRST_MG[name])
    bases = (
        ["actual", "actual", "adjusted", "ideal"] if protocol(name).needs_weight else ["actual"] * 4
    )
    assert [one.weight_basis for one in found] == bases


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("name", sorted(FIRST_MG))
@pytest.mark.parametrize("kg", KILOGRAMS)
def test_no_first_dose_passes_a_limit_and_the_arithmetic_closes(name, kg):
    one, plan = offered(name, kg), protocol(name)
    assert isinstance(one, DoseProposal)
    assert 0 < one.dose_ug <= plan.recommended.total_ug.amount
    if one.form == "infusion":
        assert one.volume_ul * one.concentration_ug_per_ml // 1000 == one.dose_ug
        assert (
            one.rate_ul_per_h * one.runs_s
            >= one.volume_ul * 3600
            > one.rate_ul_per_h * (one.runs_s - 2)
        )
    if one.units:
        assert one.units * one.unit_ug == one.dose_ug


@pytest.mark.parametrize("name", sorted(FIRST_MG))
def test_the_answer_has_the_form_of_the_contract(name):
    answer = as_json(offered(name, 70))
    assert set(answer) == {"proposal", "refusal", "findings", "knowledge"}
    assert set(answer["proposal"]) >= KEYS
    assert answer["refusal"] is None
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("name", sorted(FIRST_MG))
def test_the_pump_card_spells_every_unit_out_and_says_the_same_numbers(name):
    one = offered(name, 70)
    card = {line["label"]: (line["value"], line["unit"]) for line in one.as_json()["pump_card"]}
    assert card["drug"][0] == one.drug
    assert Decimal(card["dose"][0]) * 1000 == one.dose_ug
    for _, unit in card.values():
        assert not {"mg", "mL", "ml", "h", "kg", "mcg"} & set(unit.replace("/", " ").split())
    if one.rate_ul_per_h:
        assert Decimal(card["rate"][0]) * 1000 == one.rate_ul_per_h


def test_a_continuous_infusion_is_not_offered_outside_a_ward():
    answer = as_json(propose(person(weight(70)), "crps-inpatient-5-days", TODAY))
    assert answer["refusal"]["findings"][0]["rule"] == "SET-IP"
