"""What holds for every dose of every linear model."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine.core.pharmacology import (
    Bolus,
    ForecastRequest,
    Segment,
    band,
    forecast,
    foresee,
    remainder,
)
from openketamine.core.pharmacology._disposition import disposition, modes
from openketamine.core.pharmacology._model import all_models, model

NAMES = [entry.id for entry in all_models() if entry.structure == "mammillary"]
TIMES = np.array([0.0, 0.25, 3, 10, 33.3, 40, 41, 60, 120, 300, 1440])
few = examples(25)
name = st.sampled_from(NAMES)
weight = st.floats(40, 160)
segment = st.builds(
    lambda start, length, rate: Segment(start, start + length, rate),
    st.floats(0, 100), st.floats(0.1, 200), st.floats(0, 5),
)  # fmt: skip
bolus = st.builds(Bolus, st.floats(0, 200), st.floats(0, 100))
regimen = st.lists(segment | bolus, min_size=1, max_size=5)


def levels(plan, weight_kg, model_id, times=TIMES):
    (curve,) = forecast(plan, weight_kg, [model_id], times, simulator=True)
    site = curve.effect_site_ng_per_ml or curve.plasma_ng_per_ml
    return np.array([curve.plasma_ng_per_ml, site])


@few
@given(regimen, weight, name)
def test_no_level_is_negative_or_missing(plan, weight_kg, model_id) -> None:
    found = levels(plan, weight_kg, model_id)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


@few
@given(regimen, regimen, weight, name)
def test_two_regimens_together_give_the_sum_of_both(one, other, weight_kg, model_id) -> None:
    both = levels([*one, *other], weight_kg, model_id)
    apart = levels(one, weight_kg, model_id) + levels(other, weight_kg, model_id)
    np.testing.assert_allclose(both, apart, rtol=1e-10, atol=1e-9)


@few
@given(regimen, weight, name, st.floats(0, 100))
def test_what_gives_nothing_changes_nothing(plan, weight_kg, model_id, moment) -> None:
    nothing = [Segment(moment, moment + 20, 0.0), Bolus(moment, 0.0)]
    found = levels([*plan, *nothing], weight_kg, model_id)
    np.testing.assert_allclose(found, levels(plan, weight_kg, model_id), rtol=1e-12, atol=1e-12)
    assert (levels(nothing, weight_kg, model_id) == 0).all()


@few
@given(regimen, weight, name, st.integers(-600, 6000))
def test_shifting_every_time_changes_nothing(plan, weight_kg, model_id, minutes) -> None:
    # Whole shifts of times on a 1/64 grid, so that the shift itself rounds nothing.
    plan = [_on_grid(entry, 0) for entry in plan]
    moved = [_on_grid(entry, minutes) for entry in plan]
    times = np.round(TIMES * 64) / 64
    here = levels(plan, weight_kg, model_id, times)
    there = levels(moved, weight_kg, model_id, times + minutes)
    np.testing.assert_allclose(there, here, rtol=1e-10, atol=1e-9)


def _on_grid(entry, minutes):
    def grid(time):
        return round(time * 64) / 64 + minutes

    if isinstance(entry, Bolus):
        return Bolus(grid(entry.at_min), entry.mass_mg)
    end = max(grid(entry.end_min), grid(entry.start_min) + 1 / 64)
    return Segment(grid(entry.start_min), end, entry.rate_mg_per_min)


@few
@given(segment, weight, name, st.floats(0.05, 0.95))
def test_a_segment_split_in_two_is_the_same_infusion(whole, weight_kg, model_id, share) -> None:
    cut = whole.start_min + share * (whole.end_min - whole.start_min)
    assume(whole.start_min < cut < whole.end_min)
    rate = whole.rate_mg_per_min
    split = [Segment(whole.start_min, cut, rate), Segment(cut, whole.end_min, rate)]
    expected = levels([whole], weight_kg, model_id)
    np.testing.assert_allclose(levels(split, weight_kg, model_id), expected, rtol=1e-10, atol=1e-9)


@few
@given(regimen, weight, name, st.floats(1.01, 10))
def test_more_drug_never_predicts_less(plan, weight_kg, model_id, times_more) -> None:
    more = [
        Bolus(e.at_min, e.mass_mg * times_more)
        if isinstance(e, Bolus)
        else Segment(e.start_min, e.end_min, e.rate_mg_per_min * times_more)
        for e in plan
    ]
    gained = levels(more, weight_kg, model_id) - levels(plan, weight_kg, model_id)
    assert (gained >= -1e-12).all()


@few
@given(weight, name)
def test_all_that_is_given_leaves_by_clearance(weight_kg, model_id) -> None:
    # AUC to infinity of 1 mg is 1/CL: what flows out in the end is what went in.
    people = disposition(model(model_id), weight_kg)
    own = modes(people)
    area = float((own.weights / own.rates).sum())
    assert area * people.clearances[0, 0] == pytest.approx(1, rel=1e-11)
    assert own.weights.sum() * people.volumes[0, 0] == pytest.approx(1, rel=1e-13)


def test_the_body_holds_what_was_given_less_what_was_cleared() -> None:
    # Clearance × area so far, plus the amounts in all compartments, by a fine grid of the curve.
    people = disposition(model("clements1981_2c"), 70)
    times = np.linspace(0, 200, 20_001)
    (curve,) = forecast([Segment(0, 40, 0.875)], 70, ["clements1981_2c"], times)
    central = np.array(curve.plasma_ng_per_ml) / 1000
    step = times[1] - times[0]
    exchange = people.clearances[0, 1] / people.volumes[0, 1]
    peripheral = 0.0
    for before, now in itertools.pairwise(central):
        middle = (before + now) / 2
        peripheral = middle + (peripheral - middle) * np.exp(-exchange * step)
    cleared = people.clearances[0, 0] * np.trapezoid(central, times)
    held = central[-1] * people.volumes[0, 0] + peripheral * people.volumes[0, 1]
    assert cleared + held == pytest.approx(35, rel=1e-6)


@few
@given(st.integers(40, 160), st.integers(1, 200))
def test_the_unit_in_which_a_dose_is_written_changes_nothing(weight_kg, hundredths) -> None:
    per_kg = hundredths / 100
    wordings = [
        (f"{per_kg} mg/kg", "40 min", f"{weight_kg}"),
        (f"{hundredths * 10} mcg/kg", "2400 s", f"{weight_kg} kg"),
        (
            f"{hundredths * weight_kg / 100:.4f} mg",
            "40 min",
            f"{weight_kg * 1000 / 453.59237:.9f} lb",
        ),
        (f"{hundredths * 15}  ug/kg/h", "40 min", f"{weight_kg}"),
    ]
    answers = [
        foresee(
            ForecastRequest("ketamine", "iv", (dose,), weight, (over,), every="10 min", people=0)
        ).curves[0].plasma_ng_per_ml
        for dose, over, weight in wordings
    ]  # fmt: skip
    for answer in answers[1:]:
        np.testing.assert_allclose(answer, answers[0], rtol=1e-9)


@few
@given(st.lists(segment, max_size=3), st.floats(0, 60), st.floats(0.1, 3), st.floats(1, 100))
def test_the_remainder_completes_the_dose_and_never_exceeds_it(given_, now, rate, dose) -> None:
    so_far = sum(
        (min(s.end_min, now) - s.start_min) * s.rate_mg_per_min for s in given_ if s.start_min < now
    )
    to_come = sum(s.mass_mg for s in remainder(given_, dose, rate, now))
    assert to_come == pytest.approx(max(dose - so_far, 0), abs=1e-9)


@pytest.mark.hazard("HZ-14")
@examples(10)
@given(st.integers(0, 2**31), weight)
def test_the_band_is_ordered_repeatable_and_holds_both_models(seed, weight_kg) -> None:
    names = ["kamp2020_3c_arterial", "clements1981_2c"]
    plan = [Segment(0, 40, 0.0125 * weight_kg)]
    times = [5, 20, 40, 60, 120, 240]
    found = band(plan, weight_kg, names, times, people=400, seed=seed)
    assert found == band(plan, weight_kg, names, times, people=400, seed=seed)
    for low, middle, high in zip(found.p5, found.p50, found.p95, strict=True):
        assert 0 < low < middle < high
    for curve in forecast(plan, weight_kg, names, times):
        inside = np.array(curve.plasma_ng_per_ml)
        assert (np.array(found.p5) <= inside).all()
        assert (inside <= np.array(found.p95)).all()
