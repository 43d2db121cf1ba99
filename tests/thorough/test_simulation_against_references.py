"""Thousands of people, targets and fits against the careful solution and a general optimiser."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from openketamine import pharmacology as pk
from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import _blocks, _simulation
from openketamine.core.pharmacology._disposition import modes
from openketamine.core.pharmacology._levels import levels
from openketamine.core.pharmacology._solution import solve

INFUSION = [pk.Segment(0, 40, 0.875)]
UNEVEN = [
    pk.Segment(0.3, 12.7, 1.1), pk.Bolus(5, 3), pk.Segment(30.5, 30.6, 4.0), pk.Bolus(77.7, 2),
]  # fmt: skip
COURSE = [pk.Segment(1440.0 * day, 1440.0 * day + 40, 0.875) for day in (0, 3, 7)]
GRIDS = [
    (INFUSION, 0.0, 1.0, 300), (INFUSION, 0.0, 1 / 60, 700), (UNEVEN, 0.0, 1.0, 200),
    (UNEVEN, 3.21, 0.7, 131), (UNEVEN, -10.0, 0.125, 760), (COURSE, 0.0, 10.0, 1300), ([], 0, 1, 5),
    (UNEVEN, 100.0, 5.0, 33), (INFUSION, 0.0, 7.0, 1), (INFUSION, -100, 10.0, 5),
]  # fmt: skip


def engines():
    yield pytest.param("numpy", id="numpy")
    yield pytest.param("compiled", id="compiled")


@pytest.fixture(params=engines())
def fill(request):
    if request.param == "numpy":
        return _blocks.fill
    assert _simulation.engine() == "compiled", "install the extra `fast`"
    return lambda people, plan, out: pk.simulate(people, plan, out=out)


@pytest.mark.parametrize("name", ["domino_3c", "clements1981_2c", "kamp2020_3c_arterial"])
@pytest.mark.parametrize("grid", GRIDS)
def test_the_quick_ways_agree_with_the_careful_one(fill, name, grid) -> None:
    regimen, start, step, points = grid
    people = pk.cohort(name, 70, 40, 7)
    plan = pk.schedule(regimen, start_min=start, step_min=step, points=points)
    out = np.full((40, 2, points), -1.0)
    fill(people, plan, out)
    exact = solve(people.disposition, regimen, plan.time_min)
    np.testing.assert_allclose(out[:, 0], exact.plasma, rtol=1e-11, atol=1e-300)
    if exact.effect_site is not None:
        np.testing.assert_allclose(out[:, 1], exact.effect_site, rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3])
def test_coinciding_rates_lose_nothing_in_the_quick_ways(fill, gap) -> None:
    people = pk.cohort("domino_3c", 70, 4, None)
    rates = modes(people.disposition).rates[0]
    twins = dict(people.values)
    twins["ke0"] = np.append(rates * (1 + gap), 0.3)
    twins["Q3"] = twins["Q2"] * twins["V3"] / twins["V2"] * (1 + gap)  # k21 = k31
    plan = pk.schedule(INFUSION, step_min=1 / 60, points=4000)
    for values in (twins, {**people.values, "ke0": twins["ke0"]}):
        some = pk.Cohort(people.model, values)
        out = np.empty((4, 2, 4000))
        fill(some, plan, out)
        exact = solve(some.disposition, INFUSION, plan.time_min)
        np.testing.assert_allclose(out[:, 0], exact.plasma, rtol=1e-11)
        np.testing.assert_allclose(out[:, 1], exact.effect_site, rtol=1e-11)


def test_modes_that_nearly_meet_go_the_careful_way() -> None:
    # Two equal tissues behind the smallest of exchanges: the modes of the three lie together.
    people = pk.cohort("kamp2020_3c_arterial", 70, 1, None)
    values = {**people.values, "Q2": np.array([1e-9]), "Q3": np.array([1e-9])}
    values["V2"] = values["V3"] = 1e-9 * values["V1"] / values["CL"]
    some = pk.Cohort(people.model, values)
    plan = pk.schedule(INFUSION, step_min=1, points=100)
    exact = solve(some.disposition, INFUSION, plan.time_min)
    np.testing.assert_allclose(pk.simulate(some, plan).plasma, exact.plasma, rtol=1e-10)


def test_other_routes_are_simulated_the_same_way() -> None:
    people = pk.cohort("perezruixo2021_S_hepatoportal", 70, 50, 3)
    doses = [pk.Dose(0, 28, "in"), pk.Dose(5, 28, "in")]
    plan = pk.schedule(doses, step_min=5, points=50)
    found = pk.simulate(people, plan)
    exact = levels(people.model, people.values, doses, plan.time_min, "plasma").plasma
    np.testing.assert_array_equal(found.plasma, exact)
    assert found.effect_site is None


def test_percentiles_are_those_of_the_curves(monkeypatch) -> None:
    people = pk.cohort("domino_3c", 70, 500, 3)
    plan = pk.schedule(UNEVEN, step_min=1, points=150)
    curves = pk.simulate(people, plan)
    monkeypatch.setattr(_simulation, "_TILE_BYTES", 16 * 500 * 37)
    found = pk.quantiles(people, plan, (2.5, 50, 99))
    expected = np.percentile(curves.plasma, (2.5, 50, 99), axis=0)
    np.testing.assert_allclose(found.plasma, expected, rtol=1e-9)
    expected = np.percentile(curves.effect_site, (2.5, 50, 99), axis=0)
    np.testing.assert_allclose(found.effect_site, expected, rtol=1e-9)


def test_an_output_of_another_shape_is_refused() -> None:
    people = pk.cohort("domino_3c", 70, 5, 1)
    plan = pk.schedule(INFUSION, step_min=1, points=10)
    with pytest.raises(BadInput, match=r"out: expected an array of shape \(5, 2, 10\)"):
        pk.simulate(people, plan, out=np.empty((5, 10)))
    for other in (np.empty((5, 2, 10), np.float32), np.empty((10, 2, 5)).T):
        with pytest.raises(BadInput, match="out: expected an array of float64, in C order"):
            pk.simulate(people, plan, out=other)


def test_whole_numbers_and_one_person_compile_nothing_anew() -> None:
    from openketamine.core.pharmacology import _compiled

    for regimen in ([pk.Segment(0, 40, 1)], [pk.Bolus(0, 1)], INFUSION, UNEVEN):
        for people in (pk.cohort("domino_3c", 70, 1, None), pk.cohort("clements1981_2c", 70, 3, 1)):
            pk.simulate(people, pk.schedule(regimen, start_min=0, step_min=1, points=10))
    assert len(_compiled.fill.signatures) == 1


def test_without_a_place_for_what_is_compiled_numpy_does_the_work() -> None:
    # A package folder and a home that nobody may write to, as in a hardened container.
    script = (
        "import numba.core.caching as c\n"
        "c.CacheImpl._locator_classes = []\n"
        "from openketamine import pharmacology as pk\n"
        "plan = pk.schedule([pk.Segment(0, 40, 0.875)], step_min=10, points=5)\n"
        "found = pk.simulate(pk.cohort('domino_3c', 70, 1, None), plan)\n"
        "print(pk.engine(), round(float(found.plasma[0, 4]), 1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["numpy", "240.3"]


# Targets


@pytest.mark.parametrize("goal", [50.0, 200.0])
@pytest.mark.parametrize("most", [200.0, 12_000.0])
def test_an_effect_site_is_brought_to_its_goal_and_not_past_it(goal, most) -> None:
    plan = pk.hold("domino_3c", "effect site", goal, 70, steps=360, most_mg_per_h=most)
    times = np.arange(0, 60, 1 / 120)
    (curve,) = pk.forecast(plan.segments, 70, ["domino_3c"], times)
    site = np.array(curve.effect_site_ng_per_ml)
    assert site.max() <= goal * (1 + 1e-5)
    assert (site[times > 30] > 0.998 * goal).all()
    assert max(plan.rates_mg_per_min) <= most / 60
    there = np.interp(plan.time_min, times, site)
    np.testing.assert_allclose(there[:-1], plan.effect_site_ng_per_ml[:-1], rtol=1e-4)


@pytest.mark.parametrize("name", ["kamp2020_3c_arterial", "clements1981_2c"])
def test_plasma_is_held_and_let_fall_to_a_lower_goal(name) -> None:
    goals = [200.0] * 180 + [50.0] * 540
    plan = pk.hold(name, "plasma", goals, 70, steps=720, most_mg_per_h=12_000)
    assert plan.plasma_ng_per_ml[100] == pytest.approx(200, rel=1e-9)
    assert min(plan.plasma_ng_per_ml[180:]) >= 50 * (1 - 1e-9)
    (curve,) = pk.forecast(plan.segments, 70, [name], plan.time_min)
    np.testing.assert_allclose(curve.plasma_ng_per_ml, plan.plasma_ng_per_ml, rtol=1e-9)


REFUSED = [
    ({"site": "brain"}, "site"), ({"which": "clements1981_2c"}, "site"), ({"step_s": 0}, "step_s"),
    ({"goal_ng_per_ml": -1}, "goal_ng_per_ml"), ({"most_mg_per_h": 0}, "most_mg_per_h"),
    ({"which": "perezruixo2021_S_hepatoportal"}, "model"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field"), REFUSED)
def test_a_target_that_cannot_be_is_refused(change, field) -> None:
    usual = {"which": "domino_3c", "site": "effect site", "goal_ng_per_ml": 100, "weight_kg": 70}
    with pytest.raises(BadInput) as refused:
        pk.hold(**{**usual, **change})
    assert refused.value.field == field


# One person's own parameters

NAMES = ("V1", "V2", "V3", "CL", "Q2", "Q3")
SAMPLES = [pk.Sample(10, 210.0), pk.Sample(45, 80.0), pk.Sample(120, 42.0)]


def objective(effects, variances, scatter=0.2) -> float:
    factors = {n: [np.exp(e)] for n, e in zip(NAMES, effects, strict=True)}
    people = pk.cohort("domino_3c", 70, 1, None, factors=factors)
    found = solve(people.disposition, INFUSION, np.array([s.time_min for s in SAMPLES])).plasma[0]
    seen = np.array([s.ng_per_ml for s in SAMPLES])
    misfit = ((seen - found) / (scatter * found)) ** 2 + 2 * np.log(scatter * found)
    return float(misfit.sum() + (np.square(effects) / variances).sum())


def test_a_fit_is_where_a_general_optimiser_ends() -> None:
    variances = np.array([0.09, 0.04, 0.2, 0.1, 0.05, 0.09])
    spread = pk.log_normal(dict(zip(NAMES, variances, strict=True)))
    found = pk.fit("domino_3c", INFUSION, SAMPLES, 70, differences=spread, relative_sd=0.2)
    judge = minimize(objective, np.zeros(6), (variances,), method="BFGS", options={"gtol": 1e-9})
    assert found.objective == pytest.approx(judge.fun, rel=1e-8)
    assert found.objective <= judge.fun + 1e-8
    np.testing.assert_allclose(list(found.effects.values()), judge.x, atol=2e-5)


@pytest.mark.parametrize(("name", "doses"), [
    ("perezruixo2021_S_hepatoportal", [pk.Dose(0, 56, "in")]),
    ("fanta2015_otto2021_S_venous", [pk.Segment(0, 30, 1 / 3)]),
])  # fmt: skip
def test_many_samples_of_a_person_give_that_person_back(name, doses) -> None:
    truth = pk.cohort(name, 70, 1, 5)
    times = np.concatenate([np.arange(2, 100, 3.0), np.arange(100, 1400, 20.0)])
    levels_ = levels(truth.model, truth.values, doses, times, "plasma").plasma[0]
    samples = [pk.Sample(t, c) for t, c in zip(times, levels_, strict=True)]
    found = pk.fit(name, doses, samples, 70, relative_sd=0.001)
    np.testing.assert_allclose(found.fitted_ng_per_ml, levels_, rtol=2e-3)
    assert found.differences.startswith("variability of")


FITTED = ["domino_3c", "kamp2020_3c_arterial", "clements1981_2c"]


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_prepared_fit_ends_where_the_plain_one_does(name, seed) -> None:
    rng = np.random.default_rng(seed)
    plan = [pk.Bolus(0, 5), pk.Segment(3, 40, 0.8), pk.Segment(60, 70, 1.0)]
    times = np.array([-1.0, 2, 10, 45, 65, 120, 400])[1:]
    (curve,) = pk.forecast(plan, 70, [name], times)
    seen = np.array(curve.plasma_ng_per_ml) * np.exp(0.4 * rng.standard_normal(len(times)))
    ready = pk.fitter(name, plan, times, 70, relative_sd=0.2)
    plain = ready.individual(seen)
    quick = ready.effects(seen)
    np.testing.assert_allclose(quick, [plain.effects[n] for n in ready.names], atol=2e-6)


def test_a_prepared_fit_by_nose_takes_the_plain_way() -> None:
    doses = [pk.Dose(0, 28, "in")]
    ready = pk.fitter("perezruixo2021_S_hepatoportal", doses, [20, 60], 70)
    assert np.isfinite(ready.effects([40.0, 30.0])).all()
    with pytest.raises(BadInput, match="2 levels above 0"):
        ready.effects([40.0])


def test_no_sample_tells_nothing_and_one_at_the_curve_changes_little() -> None:
    with pytest.raises(BadInput, match="samples"):
        pk.fit("kamp2020_3c_arterial", INFUSION, [], 70)
    with pytest.raises(BadInput, match="above 0"):
        pk.fit("kamp2020_3c_arterial", INFUSION, [pk.Sample(10, 0)], 70)
    (curve,) = pk.forecast(INFUSION, 70, ["kamp2020_3c_arterial"], [30])
    found = pk.fit("kamp2020_3c_arterial", INFUSION, [pk.Sample(30, curve.plasma_ng_per_ml[0])], 70)
    assert found.parameters["CL"] == pytest.approx(1.4, rel=0.03)


# The page


def test_the_page_for_researchers_runs_as_written() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "forecast-for-research.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {}
    for block in blocks:
        if "client=" not in block and "mine.yaml" not in block:
            exec(block, names)  # noqa: S102 - our own page
    assert names["found"].parameters["CL"] == pytest.approx(1.49, rel=0.01)
