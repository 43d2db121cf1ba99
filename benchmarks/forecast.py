"""One person, a point a second for four hours, plasma and effect site: ours against SciPy.

Both run here and now; the ratio is what counts. SciPy's solver is given its fastest method here
and the tolerance that it needs to come within a few parts in a million of the exact answer.
"""

import time

import numpy as np
from scipy.integrate import solve_ivp

from openketamine.core.pharmacology import Segment, band, default_models, forecast
from openketamine.core.pharmacology._disposition import disposition
from openketamine.core.pharmacology._model import model

TIMES = np.arange(14_400) / 60
DOSE = (Segment(0, 40, 35 / 40),)
PEOPLE = disposition(model("domino_3c"), 70)


def ours() -> np.ndarray:
    (curve,) = forecast(DOSE, 70, ["domino_3c"], TIMES)
    return np.array([curve.plasma_ng_per_ml, curve.effect_site_ng_per_ml])


def scipy_solver() -> np.ndarray:
    volumes, clearances = PEOPLE.volumes[0], PEOPLE.clearances[0]
    change = np.zeros((4, 4))  # of concentrations: central, two others, effect site
    change[0, 0] = -clearances.sum() / volumes[0]
    change[0, 1:3] = clearances[1:] / volumes[0]
    change[1, :2] = np.array([1, -1]) * clearances[1] / volumes[1]
    change[2, [0, 2]] = np.array([1, -1]) * clearances[2] / volumes[2]
    change[3, [0, 3]] = np.array([1, -1]) * PEOPLE.ke0
    state, found = np.zeros(4), []
    for start, end, rate in ((0, 40, 35 / 40), (40, 240, 0)):
        inflow = np.array([rate / volumes[0], 0, 0, 0])
        here = np.append(TIMES[(start <= TIMES) & (end > TIMES)], end)
        run = solve_ivp(
            lambda _, y, inflow=inflow: change @ y + inflow,
            (start, end), state, "LSODA", t_eval=here, rtol=1e-8, atol=1e-10,
        )  # fmt: skip
        state = run.y[:, -1]
        found.append(run.y[[0, 3], :-1] * 1000)
    return np.concatenate(found, axis=1)


def best_ms(work, times: int = 7) -> float:
    """The best of several runs: the machine is shared."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took) * 1000


def main() -> None:
    mine, theirs = ours(), scipy_solver()
    apart = np.max(np.abs(mine[:, 1:] / theirs[:, 1:] - 1))
    assert apart < 1e-5, f"the two disagree by {apart:.1e}"
    own_ms, other_ms = best_ms(ours), best_ms(scipy_solver)
    print(f"W1, 14,400 points: ours {own_ms:.2f} ms, SciPy solve_ivp {other_ms:.1f} ms")
    print(f"ratio {other_ms / own_ms:.0f}; largest difference {apart:.0e} (SciPy's tolerance)")
    ids = [entry.id for entry in default_models("ketamine", "iv")]
    grid = np.linspace(0, 120, 120)
    live_ms = best_ms(lambda: (forecast(DOSE, 70, ids, grid), band(DOSE, 70, ids, grid, 500, 1)))
    print(f"live chart, two models, 500 people, 120 points: {live_ms:.1f} ms (goal 30)")


if __name__ == "__main__":
    main()
