"""A virtual patient: pure functions of baseline, drug, time and a seeded chance."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from openketamine.knowledge import KnowledgeError, documents
from openketamine.simulator import scenario, vitals
from openketamine.simulator.patient import Infused, concentration_ng_per_ml

START = datetime(2026, 7, 3, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=40)
DOSE = (Infused(START, END, 35 / 40),)
MODEL = "kamp2020_3c_arterial"


def driven(minutes, infused=DOSE, weight=70.0):
    return concentration_ng_per_ml(infused, weight, MODEL, START + timedelta(minutes=minutes))


def mean(name, concentration, count=400):
    chance = np.random.default_rng(7)
    shown = [vitals(scenario(name), {}, concentration, chance) for _ in range(count)]
    return {signal: np.mean([one[signal] for one in shown]) for signal in shown[0]}


def test_concentration_is_nothing_before_rises_and_falls_after():
    assert driven(0) == driven(-5) == 0
    assert driven(5) < driven(20) < driven(40)
    assert driven(240) < driven(60) < driven(41)
    assert driven(39.99) == pytest.approx(253, rel=0.02)  # the model's value at 40 min


def test_an_infusion_that_still_runs_is_one_that_ends_now():
    running = (Infused(START, None, 35 / 40),)
    assert driven(20, running) == driven(20)
    assert driven(60, running) > driven(60)


def test_a_person_of_unknown_weight_is_not_driven():
    assert driven(20, weight=None) == 0


@pytest.mark.parametrize("document", documents("scenarios"), ids=lambda one: one.id)
def test_every_scenario_stands_at_its_baseline_without_drug_and_rises_with_it(document):
    person = scenario(document.id)
    calm, driven_ = mean(document.id, 0.0), mean(document.id, 250.0)
    for signal, value in person.baseline.items():
        assert calm[signal] == pytest.approx(value, abs=0.5)
        expected = calm[signal] + person.effects.get(signal, 0.0) * 250
        assert driven_[signal] == pytest.approx(expected, abs=0.01)
    assert driven_["systolic"] > calm["systolic"] > calm["mean_pressure"] > calm["diastolic"]


def test_the_persons_own_baseline_is_used():
    shown = vitals(scenario("usual-response"), {"systolic": 150}, 0.0, np.random.default_rng(1))
    assert shown["systolic"] == pytest.approx(150, abs=15)


def test_the_same_seed_gives_the_same_person():
    one, same, other = (
        vitals(scenario("usual-response"), {}, 100.0, np.random.default_rng(seed))
        for seed in (3, 3, 4)
    )
    assert one == same != other


def test_an_unknown_scenario_is_named():
    with pytest.raises(KnowledgeError, match="usual-response"):
        scenario("nobody")
