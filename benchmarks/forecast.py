"""W1 to W5 of pharmacology, ours beside every peer that is installed here, in the same run.

The ratio is what counts: the machine is shared. The floor is what it takes to write the output and
nothing else. Peers that are absent are named as absent; mrgsolve and rxode2 are R programs, so what
was measured of them elsewhere is quoted as such. `--quick` leaves out what takes long.
"""

import importlib.util
import sys
import time

import numpy as np
import scipy.linalg
from scipy.integrate import solve_ivp

from openketamine import pharmacology as pk
from openketamine.core.pharmacology import _blocks
from openketamine.core.pharmacology._solution import solve

PEOPLE, SEED = 10_000, 1
DOSE = (pk.Segment(0, 40, 35 / 40),)
NAMES = ("V1", "V2", "V3", "CL", "Q2", "Q3", "ke0")
# people/s of mrgsolve, measured elsewhere on an idle machine: W2 3.1-3.6 k, W3 590
MRGSOLVE = {"W2": 3350, "W3": 590}


def everyone(people: int):
    rng = np.random.default_rng(SEED)
    factors = {name: np.exp(0.2 * rng.standard_normal(people)) for name in NAMES}
    weights = 70 * np.exp(0.15 * rng.standard_normal(people))
    return pk.cohort("domino_3c", weights, people, None, factors=factors)


W1 = (pk.cohort("domino_3c", 70, 1, None), pk.schedule(DOSE, step_min=1 / 60, points=14_400))
W2 = (everyone(PEOPLE), pk.schedule(DOSE, step_min=1, points=1_440))
COURSE = [pk.Segment(day * 1440, day * 1440 + 40, 35 / 40) for day in (0, 3, 7, 10, 14, 17, 21, 24)]
W3 = (W2[0][:1000], pk.schedule(COURSE, step_min=10, points=4_032))


def best_s(work, times: int = 9) -> float:
    """The best of several runs: whatever is slower was disturbed."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)


def beside(work, other, times: int = 9) -> tuple[float, float]:
    """The best of two kinds of work that take turns, so that a busy moment meets both."""
    pairs = [(best_s(work, 1), best_s(other, 1)) for _ in range(times)]
    return min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)


def room(workload):
    people, plan = workload
    return np.empty((people.size, 2, plan.points))


def error(workload, out, rows: int = 50) -> float:
    """Largest relative error from the first step on, against the careful solution."""
    people, plan = workload
    exact = solve(people[:rows].disposition, plan.by_vein, plan.time_min)
    pairs = ((out[:rows, 0], exact.plasma), (out[:rows, 1], exact.effect_site))
    return max(float(np.abs(mine[:, 1:] / right[:, 1:] - 1).max()) for mine, right in pairs)


def ours() -> None:
    print(f"engine: {pk.engine()}")
    out = room(W1)
    pk.simulate(*W1, out=out)
    took = best_s(lambda: pk.simulate(*W1, out=out), 300)
    print(
        f"W1 one person, 14,400 points: {took * 1e6:.1f} us (goal 10), error {error(W1, out):.0e}"
    )
    for name, workload, goal in (("W2", W2, 250), ("W3", W3, 400)):
        out, blank = room(workload), room(workload)
        pk.simulate(*workload, out=out)
        took, floor = beside(
            lambda o=out, w=workload: pk.simulate(*w, out=o), lambda b=blank: b.fill(0)
        )
        print(
            f"{name} {workload[0].size:,} people: {took * 1e3:.2f} ms, "
            f"{workload[0].size / took:,.0f} people/s, {took / floor:.2f} x floor, error "
            f"{error(workload, out):.0e}; {workload[0].size / took / MRGSOLVE[name]:.0f} x "
            f"mrgsolve as quoted (goal {goal})"
        )
        took, floor = beside(
            lambda o=out, w=workload: _blocks.fill(*w, o), lambda b=blank: b.fill(0), 4
        )
        print(f"{name} with NumPy only: {took * 1e3:.1f} ms, {took / floor:.1f} x floor, error "
              f"{error(workload, out):.0e}")  # fmt: skip
    took = best_s(lambda: pk.quantiles(*W2), 2)
    print(f"W2 as percentiles, no curve kept: {took * 1e3:.0f} ms")


def control_and_fit() -> None:
    used, goal = "domino_3c", 200.0
    take = {"weight_kg": 70, "step_s": 10, "steps": 720, "most_mg_per_h": 12_000}
    plan = pk.hold(used, "effect site", goal, **take)
    took = best_s(lambda: pk.hold(used, "effect site", goal, **take), 5)
    (fine,) = pk.forecast(plan.segments, 70, [used], np.arange(0, 120, 1 / 120))
    over = 100 * (max(fine.effect_site_ng_per_ml or ()) / goal - 1)
    print(f"W4 720 updates of 10 s: {took * 1e3:.2f} ms (goal 2), overshoot {over:.5f} % (0.001)")
    samples = [pk.Sample(10, 210.0), pk.Sample(45, 80.0), pk.Sample(120, 42.0)]
    spread = pk.log_normal(dict.fromkeys(NAMES[:6], 0.09))
    told = {"differences": spread, "relative_sd": 0.2}
    whole = best_s(lambda: pk.fit(used, DOSE, samples, 70, **told), 20)
    ready = pk.fitter(used, DOSE, [sample.time_min for sample in samples], 70, **told)
    levels = np.array([sample.ng_per_ml for sample in samples])
    ready.effects(levels)
    took = best_s(lambda: ready.effects(levels), 200)
    print(
        f"W5 six random effects from three samples: {took * 1e3:.3f} ms prepared "
        f"(goal 0.1), {whole * 1e3:.1f} ms with errors and sources, without the compiler"
    )


def _change() -> np.ndarray:
    """d/dt of concentrations: central, two others, effect site."""
    volumes, clearances = W1[0].disposition.volumes[0], W1[0].disposition.clearances[0]
    change = np.zeros((4, 4))
    change[0, 0] = -clearances.sum() / volumes[0]
    change[0, 1:3] = clearances[1:] / volumes[0]
    change[1, :2] = np.array([1, -1]) * clearances[1] / volumes[1]
    change[2, [0, 2]] = np.array([1, -1]) * clearances[2] / volumes[2]
    change[3, [0, 3]] = np.array([1, -1]) * float(W1[0].ke0[0])
    return change


def scipy_peer() -> np.ndarray:
    change, volume = _change(), W1[0].disposition.volumes[0, 0]
    times, state, found = W1[1].time_min, np.zeros(4), []
    for start, end, rate in ((0, 40, 35 / 40), (40, 240, 0)):
        inflow = np.array([rate / volume, 0, 0, 0])
        here = np.append(times[(start <= times) & (end > times)], end)
        run = solve_ivp(
            lambda _, y, inflow=inflow: change @ y + inflow,
            (start, end), state, "LSODA", t_eval=here, rtol=1e-8, atol=1e-10,
        )  # fmt: skip
        state = run.y[:, -1]
        found.append(run.y[[0, 3], :-1] * 1000)
    return np.concatenate(found, axis=1)


def numpy_recurrence() -> None:
    """What a careful reader writes in NumPy: one step of the grid for everybody, 1,440 times."""
    change = np.zeros((PEOPLE, 4, 4))
    k = W2[0].micro
    change[:, 0, :3] = np.stack([-k[:, :3].sum(1), k[:, 1], k[:, 2]], axis=1)
    change[:, 1, :2], change[:, 2, 0], change[:, 2, 2] = k[:, 3:4] * [1, -1], k[:, 4], -k[:, 4]
    change[:, 3, 0], change[:, 3, 3] = W2[0].ke0, -W2[0].ke0
    step = scipy.linalg.expm(change)
    given = np.linalg.solve(change, step - np.eye(4))[:, :, 0] * (35 / 40 * 1000 * k[:, 5:6])
    out, state = np.empty((1440, 2, PEOPLE)), np.zeros((PEOPLE, 4))
    for point in range(1440):
        out[point, 0], out[point, 1] = state[:, 0], state[:, 3]
        state = np.matmul(step, state[:, :, None])[:, :, 0]
        if point < 40:
            state += given


def jax_peer() -> None:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003
    people, times = W2[0], jnp.asarray(W2[1].time_min)
    rates, weights = (jnp.asarray(a) for a in _modes(people))
    ke0 = jnp.asarray(people.ke0)

    @jax.jit
    def closed(rates, weights, ke0):
        run = jnp.minimum(times, 40.0)
        after = times - run
        scale = 35 / 40 * weights / rates
        grown = (1 - jnp.exp(-rates[:, :, None] * run)) * jnp.exp(-rates[:, :, None] * after)
        plasma = (scale[:, :, None] * grown).sum(1)
        link = ke0[:, None] / (ke0[:, None] - rates)
        own = (1 - jnp.exp(-ke0[:, None] * run)) * jnp.exp(-ke0[:, None] * after)
        tail = (scale * link * rates / ke0[:, None]).sum(1)[:, None] * own
        return plasma, (scale[:, :, None] * link[:, :, None] * grown).sum(1) - tail

    jax.block_until_ready(closed(rates, weights, ke0))
    took = best_s(lambda: jax.block_until_ready(closed(rates, weights, ke0)), 3)
    print(f"W2 JAX {jax.__version__} closed form, CPU: {took * 1e3:.0f} ms, {PEOPLE / took:,.0f}/s")


def _modes(people):
    from openketamine.core.pharmacology._disposition import modes

    own = modes(people.disposition)
    return own.rates, own.weights


def diffrax_peer() -> None:
    import diffrax
    import jax
    import jax.numpy as jnp

    change, volume = jnp.asarray(_change()), float(W1[0].disposition.volumes[0, 0])

    def slope(t, y, _):
        rate = jnp.where(t < 40.0, 35 / 40 / volume, 0.0)
        return change @ y + jnp.array([1.0, 0, 0, 0]) * rate

    solver = diffrax.Dopri5()

    @jax.jit
    def run():
        return diffrax.diffeqsolve(
            diffrax.ODETerm(slope), solver, 0.0, 240.0, 0.01, jnp.zeros(4),
            saveat=diffrax.SaveAt(ts=jnp.asarray(W1[1].time_min)), max_steps=100_000,
            stepsize_controller=diffrax.PIDController(
                rtol=1e-8, atol=1e-10, jump_ts=jnp.array([40.0])
            ),
        ).ys  # fmt: skip

    jax.block_until_ready(run())
    print(f"W1 diffrax: {best_s(lambda: jax.block_until_ready(run()), 3) * 1e3:.1f} ms")


def pytci_peer() -> None:
    from PyTCI.models import propofol

    person = propofol.Schnider(40, 70, 170, "m")

    def steps():
        for _ in range(14_400):
            person.wait_time(1)

    print(
        f"W1 PyTCI (propofol, the same structure), its own steps: {best_s(steps, 1) * 1e3:.0f} ms"
    )


def peers(*, quick: bool) -> None:
    theirs, (person, plan) = scipy_peer(), W1
    mine = pk.simulate(person, plan)
    apart = np.max(np.abs(mine.plasma[0, 1:] / theirs[0, 1:] - 1))
    assert apart < 1e-5, f"the two disagree by {apart:.1e}"
    print(
        f"W1 SciPy solve_ivp (LSODA 1e-8): {best_s(scipy_peer, 2) * 1e3:.1f} ms, apart {apart:.0e}"
    )
    if not quick:
        took = best_s(numpy_recurrence, 2)
        print(f"W2 a NumPy loop over time: {took * 1e3:.0f} ms, {PEOPLE / took:,.0f}/s")
    for name, run in (("jax", jax_peer), ("diffrax", diffrax_peer), ("PyTCI", pytci_peer)):
        if importlib.util.find_spec(name) is None:
            print(f"{name}: not installed here, left out")
        elif not quick:
            run()
    print("mrgsolve (R, C++), quoted: W1 2.1-2.7 ms, W2 3.1-3.6 k/s, W3 590/s, error 3e-8")
    print("rxode2 3.0.4 (R), quoted: W1 20 ms, W2 3.7 k people/s, W3 310-490 people/s")


def main() -> None:
    quick = "--quick" in sys.argv
    ours()
    control_and_fit()
    peers(quick=quick)
    ids = [entry.id for entry in pk.default_models("ketamine", "iv")]
    grid = np.linspace(0, 120, 120)
    live = best_s(lambda: (pk.forecast(DOSE, 70, ids, grid), pk.band(DOSE, 70, ids, grid, 500, 1)))
    print(f"live chart, two models, 500 people, 120 points: {live * 1e3:.1f} ms (goal 30)")


if __name__ == "__main__":
    main()
