"""What holds for every dose by every route of every model, and where linearity must end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.effort import examples

from openketamine.core.pharmacology import Bolus, Dose, Segment, Traits, forecast
from openketamine.core.pharmacology._compartments import compartments
from openketamine.core.pharmacology._model import all_models
from openketamine.core.pharmacology._people import individuals, person

WAYS = [(entry.id, way.route) for entry in all_models() for way in entry.absorption]
LINEAR = [(name, route) for name, route in WAYS if route != "in"]
TIMES = np.array([0.0, 0.25, 3, 10, 33.3, 40, 41, 60, 120, 300, 1440])
few = examples(12)
mass = st.floats(0.1, 200)
moment = st.integers(0, 200).map(float)


def levels(plan, name, weight_kg=70.0, times=TIMES):
    (curve,) = forecast(plan, weight_kg, [name], times, simulator=True)
    rows = [curve.plasma_ng_per_ml, *(row for _, row in curve.metabolites_ng_per_ml)]
    return np.array(rows)


@few
@given(st.sampled_from(WAYS), st.lists(st.tuples(moment, mass), min_size=1, max_size=4))
def test_no_level_of_drug_or_metabolite_is_negative_or_missing(way, given_) -> None:
    name, route = way
    found = levels([Dose(at, amount, route) for at, amount in given_], name)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


@few
@given(st.sampled_from(LINEAR), moment, mass, moment, mass)
def test_two_doses_give_the_sum_of_both(way, one_at, one, other_at, other) -> None:
    name, route = way
    first, then = Dose(one_at, one, route), Dose(other_at, other, route)
    apart = levels([first], name) + levels([then], name)
    np.testing.assert_allclose(levels([first, then], name), apart, rtol=1e-10, atol=1e-12)


@few
@given(st.sampled_from(LINEAR), mass, st.floats(1.01, 10))
def test_times_the_dose_is_times_the_level(way, amount, more) -> None:
    name, route = way
    once, often = (levels([Dose(0, amount * k, route)], name) for k in (1, more))
    np.testing.assert_allclose(often, once * more, rtol=1e-12)


@few
@given(st.sampled_from(WAYS), mass, st.integers(-600, 6000))
def test_shifting_every_time_changes_nothing(way, amount, minutes) -> None:
    name, route = way
    times = np.round(TIMES * 64) / 64
    here = levels([Dose(1, amount, route)], name, times=times)
    there = levels([Dose(1 + minutes, amount, route)], name, times=times + minutes)
    np.testing.assert_allclose(there, here, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("count", [2, 3])
def test_more_devices_give_more_but_less_than_in_proportion(count) -> None:
    name = "perezruixo2021_S_hepatoportal"
    one, more = (levels([Dose(0, 28.0 * k, "in")], name)[0, 1:] for k in (1, count))
    assert (more > one).all()
    assert (more < count * one).all()


@few
@given(st.sampled_from([entry.id for entry in all_models()]), st.floats(40, 160), st.integers(0, 9))
def test_no_drug_appears_from_nowhere(name, weight_kg, seed) -> None:
    # Whatever leaves a place arrives elsewhere or is gone: no column gains, metabolites aside.
    used = next(entry for entry in all_models() if entry.id == name)
    people = individuals(used, weight_kg, Traits(), 5, np.random.default_rng(seed))
    system = compartments(used, people, used.routes, with_metabolites=False, with_site=False)
    if not used.metabolites:
        assert (system.flow.sum(axis=1) <= 1e-12 * -system.flow.min()).all()
    off = system.flow * (1 - np.eye(system.flow.shape[1]))
    assert (off >= 0).all()


@few
@given(st.sampled_from([e.id for e in all_models() if e.structure == "hepatoportal"]), mass)
def test_all_that_enters_the_liver_model_leaves_by_the_liver(name, amount) -> None:
    used = next(entry for entry in all_models() if entry.id == name)
    values = person(used, 70)
    extracted = values["Vh"] * (values["kel"] + values["kmet"])
    clearance = (values["Qh"] * extracted / (values["Qh"] + extracted))[0]
    system = compartments(used, values, ("iv",))
    area = -np.linalg.inv(system.flow[0])[0, 0] / values["V1"][0]
    assert area * clearance == pytest.approx(1, rel=1e-12)
    assert clearance * 60 == pytest.approx(109, abs=0.1)
    vein = levels([Bolus(0, amount)], name, times=np.array([5.0]))
    assert vein[0, 0] > levels([Segment(0, 60, amount / 60)], name, times=np.array([5.0]))[0, 0]
