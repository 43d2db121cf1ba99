"""W1 to W5 of pharmacology, ours beside every peer that is installed here, in the same run.

The ratio is what counts: the machine is shared. The floor is what it takes to write the output and
nothing else: by NumPy's fill, which stores as any program does, and by memset of the C library,
which goes round the cache. Peers that are absent are named as absent; mrgsolve and rxode2 are R
programs that no Python registry has, so what was measured of them elsewhere is quoted as such.
`--quick` leaves out what takes long.
"""

import ctypes
import importlib.util
import os
import shutil
import subprocess
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


def beside(*works, times: int = 15) -> list[float]:
    """The best of several kinds of work that take turns, so that a busy moment meets all."""
    rounds = [[best_s(work, 1) for work in works] for _ in range(times)]
    return [min(took) for took in zip(*rounds, strict=True)]


def memset(out) -> None:
    """The same bytes written by the C library; not zeros, for which a processor has short cuts."""
    ctypes.CDLL(None).memset(ctypes.c_void_p(out.ctypes.data), 1, ctypes.c_size_t(out.nbytes))


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
        many(name, workload, goal)
    took = best_s(lambda: pk.quantiles(*W2), 2)
    print(f"W2 as percentiles, no curve kept: {took * 1e3:.0f} ms")


def many(name: str, workload, goal: int) -> None:
    people, _ = workload
    out, blank = room(workload), room(workload)
    for way, run, rounds in (
        ("compiled", lambda: pk.simulate(*workload, out=out), 15),
        ("NumPy only", lambda: _blocks.fill(*workload, out), 5),
    ):
        run()
        took, fill, quickest = beside(
            run, lambda: blank.fill(1.0), lambda: memset(blank), times=rounds
        )
        rate = people.size / took
        print(
            f"{name} {people.size:,} people, {way}: {took * 1e3:.2f} ms, {rate:,.0f} people/s, "
            f"{took / fill:.2f} x writing by fill ({fill * 1e3:.1f} ms), {took / quickest:.2f} x "
            f"by memset, error {error(workload, out):.0e}; {rate / MRGSOLVE[name]:.0f} x mrgsolve "
            f"as quoted" + (f" (goal {goal})" if way == "compiled" else "")
        )


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
    _compare(f"W2 JAX {jax.__version__} closed form, CPU", took, W2)


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
    _compare("W1 diffrax", best_s(lambda: jax.block_until_ready(run()), 3), W1)


def pytci_peer() -> None:
    from PyTCI.models import propofol

    person = propofol.Schnider(40, 70, 170, "m")

    def steps():
        for _ in range(14_400):
            person.wait_time(1)

    _compare("W1 PyTCI (propofol, the same structure), its own steps", best_s(steps, 1), W1)


def _compare(name: str, took: float, workload) -> None:
    """A peer beside ours, measured at the same time."""
    out = room(workload)
    ours = best_s(lambda: pk.simulate(*workload, out=out), 50)
    rate = f", {PEOPLE / took:,.0f} people/s" if workload is W2 else ""
    print(f"{name}: {took * 1e3:.1f} ms{rate}; ours is {took / ours:,.0f} times as fast")


def peers(*, quick: bool) -> None:
    theirs, (person, plan) = scipy_peer(), W1
    mine = pk.simulate(person, plan)
    apart = np.max(np.abs(mine.plasma[0, 1:] / theirs[0, 1:] - 1))
    assert apart < 1e-5, f"the two disagree by {apart:.1e}"
    _compare(f"W1 SciPy solve_ivp (LSODA 1e-8, apart {apart:.0e})", best_s(scipy_peer, 2), W1)
    if not quick:
        took = best_s(numpy_recurrence, 2)
        _compare("W2 a NumPy loop over time", took, W2)
    missing = []
    for name, run in (("jax", jax_peer), ("diffrax", diffrax_peer), ("PyTCI", pytci_peer)):
        if importlib.util.find_spec(name) is None:
            missing.append(name)
        elif not quick:
            run()
    if missing:
        print(f"MISSING, not compared: {', '.join(missing)}. To compare: python -m venv peers && "
              "peers/bin/pip install -e .[fast] scipy jax diffrax PyTCI && "
              "peers/bin/python benchmarks/forecast.py")  # fmt: skip
    print("mrgsolve and rxode2 need R and CRAN: never run here, only quoted")
    print("mrgsolve (R, C++), quoted: W1 2.1-2.7 ms, W2 3.1-3.6 k/s, W3 590/s, error 3e-8")
    print("rxode2 3.0.4 (R), quoted: W1 20 ms, W2 3.7 k people/s, W3 310-490 people/s")


def start() -> None:
    """From nothing to an answer, each in a process of its own, beside NumPy alone."""
    python, shell = [sys.executable, "-c"], shutil.which("openketamine", path=_beside_python())
    curve = "pk.forecast([pk.Segment(0, 40, 0.875)], 70, ['domino_3c'], range(240))"
    person = (
        "pk.simulate(pk.cohort('domino_3c', 70, 1, None), pk.schedule([], step_min=1, points=9))"
    )
    asked = ["forecast", "--drug", "ketamine", "--route", "iv", "--weight"]
    runs = {
        "import numpy": [*python, "import numpy"],
        "import openketamine.pharmacology (goal 0.150 s)": [
            *python, "import openketamine.pharmacology",
        ],
        "import and one curve": [*python, f"from openketamine import pharmacology as pk; {curve}"],
        "import and the compiled way": [
            *python, f"from openketamine import pharmacology as pk; {person}",
        ],
    }  # fmt: skip
    if shell is not None:
        runs["one curve from the shell (goal 0.5 s)"] = [
            shell, *asked, "70 kg", "--dose", "0.5 mg/kg", "--over", "40 min",
        ]  # fmt: skip
    works = [
        lambda run=run: subprocess.run(run, check=True, capture_output=True)
        for run in runs.values()
    ]
    took = beside(*works, times=5)
    for name, seconds in zip(runs, took, strict=True):
        print(f"start: {name}: {seconds:.3f} s, {seconds / took[0]:.2f} x import numpy")


def _beside_python() -> str:
    return os.path.dirname(sys.executable)  # noqa: PTH120 - a virtual environment is a link


def main() -> None:
    quick = "--quick" in sys.argv
    start()
    ours()
    control_and_fit()
    peers(quick=quick)
    ids = [entry.id for entry in pk.default_models("ketamine", "iv")]
    grid = np.linspace(0, 120, 120)
    live = best_s(lambda: (pk.forecast(DOSE, 70, ids, grid), pk.band(DOSE, 70, ids, grid, 500, 1)))
    print(f"live chart, two models, 500 people, 120 points: {live * 1e3:.1f} ms (goal 30)")


if __name__ == "__main__":
    main()
