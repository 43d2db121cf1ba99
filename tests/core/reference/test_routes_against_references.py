"""Every route against equations written down by hand and solved by a matrix exponential."""

import dataclasses

import numpy as np
import pytest
from scipy.linalg import expm

from openketamine.core.pharmacology import Bolus, Dose, Segment, Traits, forecast, model
from openketamine.core.pharmacology._disposition import disposition_of, modes
from openketamine.core.pharmacology._levels import levels
from openketamine.core.pharmacology._people import individuals, person
from openketamine.core.pharmacology._regimen import Regimen
from openketamine.core.pharmacology._validity_routes import other_routes

PEREZ, SIMONS, CLEMENTS = (
    "perezruixo2021_S_hepatoportal", "simons2022_S_arterial", "clements1981_2c",
)  # fmt: skip
TIMES = np.array([1 / 60, 1, 7, 13.1, 20, 29.9, 31.8, 40, 61, 90, 240, 1000, 1440])


def follow(matrix: np.ndarray, events: list, times: np.ndarray) -> np.ndarray:
    """Amounts at each time. Events are (start, end or None, place, mass or rate)."""
    size, rows = len(matrix), []
    for time in times:
        cuts = {0.0, float(time)} | {t for e in events for t in e[:2] if t is not None and t < time}
        state, ordered = np.zeros(size), sorted(cuts)
        for here, then in zip(ordered, [*ordered[1:], ordered[-1]], strict=True):
            source = np.zeros(size)
            for start, end, place, amount in events:
                if end is None and start == here:
                    state[place] += amount
                elif end is not None and start <= here < end:
                    source[place] += amount
            block = np.zeros((size + 1, size + 1))
            block[:size, :size], block[:size, size] = matrix, source
            state = (expm(block * (then - here)) @ np.append(state, 1))[:size]
        rows.append(state)
    return np.array(rows)


def flows(size: int, *edges: tuple[int, int | None, float]) -> np.ndarray:
    matrix = np.zeros((size, size))
    for source, to, rate in edges:
        matrix[source, source] -= rate
        if to is not None:
            matrix[to, source] += rate
    return matrix


def perez(regimen_devices: int) -> tuple[np.ndarray, float]:
    # 0 central, 1 and 2 tissues, 3 liver, 4 nose, 5 swallowed; per minute.
    h = 60
    matrix = flows(
        6,
        (0, 1, 84.3 / 192 / h), (1, 0, 84.3 / 143 / h), (0, 2, 37.6 / 192 / h),
        (2, 0, 37.6 / 417 / h), (0, 3, 151 / 192 / h), (3, 0, 151 / 101 / h),
        (3, None, (1.11 + 2.77) / h), (4, 0, 2.93 / h), (5, 3, 1.45 / h),
    )  # fmt: skip
    return matrix, 0.54 * (1 + (regimen_devices - 1) * 0.62) / regimen_devices


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_a_nasal_spray_is_absorbed_and_swallowed(devices: int) -> None:
    matrix, nose = perez(devices)
    swallowed = 28 * (1 - nose) * 0.64
    events = []
    for at in range(0, 5 * devices, 5):
        events += [(at, None, 4, 28 * nose), (at, at + 31.8, 5, swallowed / 31.8)]
    expected = follow(matrix, events, TIMES)[:, 0] / 192 * 1000
    doses = [Dose(at, 28, "in") for at in range(0, 5 * devices, 5)]
    (curve,) = forecast(doses, 70, [PEREZ], TIMES)
    np.testing.assert_allclose(curve.plasma_ng_per_ml, expected, rtol=1e-10)


def test_a_film_is_absorbed_swallowed_and_turned_into_metabolites() -> None:
    # 0 to 2 ketamine, 3-4 delay, 5-6 norketamine, 7-8 delay, 9-10 hydroxynorketamine,
    # 11 film, 12 gut, 13 gut to liver.
    k, n, d = 2 / 20.1, 2 / 1.12, 1 / 10.7
    matrix = flows(
        14,
        (0, 1, 2.43 / 11.6), (1, 0, 2.43 / 39), (0, 2, 1.21 / 11.6), (2, 0, 1.21 / 174),
        (0, 3, 1.48 / 11.6), (3, 4, k), (4, None, k),
        (5, 6, 2.63 / 11.6), (6, 5, 2.63 / 221), (5, 7, 1 / 11.6), (7, 8, n), (8, None, n),
        (9, 10, 1.7 / 4.4), (10, 9, 1.7 / 87.5), (9, None, 0.933 / 4.4),
        (11, 0, 0.04), (12, 13, 0.049), (13, 3, d),
    )  # fmt: skip
    matrix[5, 4] += k * 0.8 * 0.94098
    matrix[9, 8] += n * 0.7 * 1.07152
    events = [(0, 13.1, 11, 50 * 0.263 / 13.1), (0, 29.9, 12, 50 * 1.16 / 29.9)]
    expected = follow(matrix, events, TIMES)
    (curve,) = forecast([Dose(0, 50, "sl")], 70, [SIMONS], TIMES)
    found = dict(curve.metabolites_ng_per_ml)
    np.testing.assert_allclose(curve.plasma_ng_per_ml, expected[:, 0] / 11.6 * 1000, rtol=1e-10)
    np.testing.assert_allclose(found["S-norketamine"], expected[:, 5] / 11.6 * 1000, rtol=1e-10)
    # A second after the film, a billionth of it has come this far; the judge itself rounds there.
    np.testing.assert_allclose(
        found["S-hydroxynorketamine"][1:], expected[1:, 9] / 4.4 * 1000, rtol=1e-10
    )


def test_otto_s_norketamine_takes_all_that_is_cleared() -> None:
    times = np.arange(0, 40_000, 2.0)
    (curve,) = forecast([Segment(0, 30, 1 / 3)], 70, ["fanta2015_otto2021_S_venous"], times)
    ((_, level),) = curve.metabolites_ng_per_ml
    assert np.trapezoid(level, times) == pytest.approx(10 / 57.72 * 60 * 1000, rel=1e-4)


def by_muscle(rate: float, values) -> np.ndarray:
    volumes, clearances = values["V1"], values["CL"]
    return flows(
        3,
        (0, None, float(clearances[0] / volumes[0])), (0, 1, float(values["Q2"][0] / volumes[0])),
        (1, 0, float(values["Q2"][0] / values["V2"][0])), (2, 0, rate),
    )  # fmt: skip


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, -1e-9, 1e-3])
@pytest.mark.parametrize("mode", [0, 1])
def test_an_uptake_as_fast_as_an_elimination_loses_nothing(gap: float, mode: int) -> None:
    used = model(CLEMENTS)
    values = person(used, 70)
    rate = float(modes(disposition_of(used, values)).rates[0, mode]) * (1 + gap)
    found = levels(used, values | {"ka_im": np.array([rate])}, [Dose(0, 35, "im")], TIMES).plasma
    matrix = by_muscle(rate, values)
    expected = follow(matrix, [(0, None, 2, 35 * 0.93)], TIMES)[:, 0]
    np.testing.assert_allclose(found[0], expected / values["V1"] * 1000, rtol=1e-10)


MIXED = (
    Bolus(0, 10),
    Segment(5, 25, 1.2),
    Segment(31, 33, 0.0),
    Segment(31, 40, 4.0),
    Bolus(61, 3),
)


@pytest.mark.parametrize("weight_kg", [45, 120])
@pytest.mark.parametrize("name", ["kamp2020_3c_arterial", "domino_3c", "hijazi2003_2c_icu"])
def test_the_two_solutions_agree(name: str, weight_kg: float) -> None:
    # By eigenvectors, and without them by a series of positive numbers.
    used = model(name)
    values = person(used, weight_kg)
    quick = levels(used, values, MIXED, TIMES)
    fake = dataclasses.replace(used, metabolites=(_nothing(),))
    general = levels(fake, values, MIXED, TIMES)
    np.testing.assert_allclose(general.plasma, quick.plasma, rtol=1e-10)
    if quick.effect_site is not None:
        np.testing.assert_allclose(general.effect_site, quick.effect_site, rtol=1e-10)


def _nothing():
    product = model("fanta2015_otto2021_S_venous").metabolites[0]
    return dataclasses.replace(product, volumes=("V1",), clearances=("CL",))


@pytest.mark.parametrize(("name", "route"), [(SIMONS, "sl"), (PEREZ, "in"), (PEREZ, "po")])
def test_many_people_are_solved_as_each_alone(name: str, route: str) -> None:
    # Each person's film lasts for a time of their own, so their steps are cut differently.
    used, doses = model(name), [Dose(3, 28, route), Dose(8, 28, route)]
    people = individuals(used, 70, Traits(), 40, np.random.default_rng(1))
    times = np.arange(0, 300, 2.5)
    together = levels(used, people, doses, times, "plasma").plasma
    for row in range(0, 40, 7):
        alone = {key: value[row : row + 1] for key, value in people.items()}
        single = levels(used, alone, doses, times, "plasma").plasma
        np.testing.assert_allclose(together[row : row + 1], single, rtol=1e-10)


def _many(count: int, rng: np.random.Generator) -> Regimen:
    return [Segment(i / 6, (i + 1) / 6, float(rate)) for i, rate in enumerate(rng.random(count))]


@pytest.mark.parametrize("name", ["domino_3c", PEREZ])
def test_thousands_of_changes_of_rate_lose_nothing(name: str) -> None:
    # One plan as three thousand steps, and the same as a sum of answers to halves of it.
    plan = _many(3000, np.random.default_rng(4))
    times = [0.0, 1 / 6, 100.0, 250.0, 499.9, 500.0, 600.0]
    (whole,) = forecast(plan, 70, [name], times)
    (one,) = forecast(plan[::2], 70, [name], times)
    (other,) = forecast(plan[1::2], 70, [name], times)
    apart = np.array(one.plasma_ng_per_ml) + np.array(other.plasma_ng_per_ml)
    np.testing.assert_allclose(whole.plasma_ng_per_ml, apart, rtol=1e-10)


@pytest.mark.parametrize(("name", "route", "peak_min"), [
    (CLEMENTS, "im", 22.2), ("kamp2020_3c_arterial", "im", 22.0), (CLEMENTS, "po", 57.6),
    ("kamp2020_3c_arterial", "po", 57.6), (CLEMENTS, "sl", 45), ("kamp2020_3c_arterial", "sl", 45),
])  # fmt: skip
def test_a_derived_uptake_puts_the_peak_where_it_was_seen(name, route, peak_min) -> None:
    times = np.arange(0, 120, 0.1)
    (curve,) = forecast([Dose(0, 25, route)], 70, [name], times)
    assert curve.peak.time_min == pytest.approx(peak_min, abs=0.15)


def test_a_course_of_weeks_is_each_session_alone_once_the_last_has_gone() -> None:
    starts = [1440.0 * day for day in (0, 3, 7, 10, 14, 17, 21, 24)]
    course = [Dose(start + gap, 28, "in") for start in starts for gap in (0, 5)]
    (whole,) = forecast(course, 70, [PEREZ], [start + 40 for start in starts])
    (single,) = forecast(course[:2], 70, [PEREZ], [40])
    assert whole.plasma_ng_per_ml[0] == pytest.approx(single.plasma_ng_per_ml[0], rel=1e-12)
    assert whole.plasma_ng_per_ml[-1] == pytest.approx(single.plasma_ng_per_ml[0], rel=0.01)
    assert whole.plasma_ng_per_ml[-1] > single.plasma_ng_per_ml[0]


def test_the_published_table_of_the_spray_is_met_within_two_percent() -> None:
    from openketamine.knowledge import document, read_threshold

    body = document("pharmacokinetics/observations", "other_routes").body
    body = {**body, "observations": [o for o in body["observations"] if "SPRAVATO" in o["about"]]}
    agreement = read_threshold({"value": 2, "unit": "%", "compare": "<="})
    rows = [
        line
        for line in other_routes(body, agreement)
        if line.startswith("| SPRAVATO") and "PEREZ21" in line
    ]
    assert len(rows) == 18
    assert all("agrees" in row for row in rows)
