"""Levels of a cohort, whole or as quantiles only, by the quickest way that is installed."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import _blocks
from openketamine.core.pharmacology._band import percentiles
from openketamine.core.pharmacology._cohort import Cohort, Schedule, schedule
from openketamine.core.pharmacology._levels import levels
from openketamine.core.pharmacology._model import Model
from openketamine.core.pharmacology._people import Floats, variability
from openketamine.core.pharmacology._solution import solve

_TILE_BYTES = 64_000_000


@dataclass(frozen=True, eq=False)
class Simulation:
    """ng/mL, one row a person and one column a time; no effect site where the model has none."""

    plasma: Floats
    effect_site: Floats | None


@dataclass(frozen=True, eq=False)
class Quantiles:
    """ng/mL, one row a percentile and one column a time, over all people of a cohort.

    `model` and `sources` say whose people they are, `differences` how they were made to differ.
    """

    percent: tuple[float, ...]
    time_min: Floats
    plasma: Floats
    effect_site: Floats | None
    model: str = ""
    sources: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    differences: str = ""


def simulate(people: Cohort, plan: Schedule, *, out: Floats | None = None) -> Simulation:
    """Everybody's levels. `out` (people, 2, points) takes them without a new array."""
    if out is None:
        out = np.empty((people.size, 2, plan.points))
    else:
        _check_room(out, (people.size, 2, plan.points))
    if people.model.structure == "mammillary" and plan.by_vein is not None:
        _quick(people, plan, out)
    else:
        found = levels(people.model, people.values, plan.regimen, plan.time_min, "site")
        out[:, 0] = found.plasma
        out[:, 1] = 0.0 if found.effect_site is None else found.effect_site
    site = None if people.model.effect_site is None else out[:, 1]
    return Simulation(out[:, 0], site)


def _check_room(out: Floats, shape: tuple[int, int, int]) -> None:
    if out.shape != shape:
        raise BadInput("out", f"an array of shape {shape}", out.shape)
    if out.dtype != np.float64 or not out.flags.carray:
        raise BadInput("out", "an array of float64, in C order, that may be written to")


def quantiles(
    people: Cohort, plan: Schedule, percent: Sequence[float] = (5.0, 50.0, 95.0)
) -> Quantiles:
    """Percentiles over people, tile by tile of time: no curve is kept, whatever their number."""
    if not percent or not all(0 <= one <= 100 for one in percent):
        raise BadInput("percent", "percentiles from 0 to 100", percent)
    width = max(1, min(plan.points, _TILE_BYTES // (16 * people.size)))
    rows = np.empty((2, len(percent), plan.points))
    room = np.empty((people.size, 2, width))
    for first in range(0, plan.points, width):
        count = min(width, plan.points - first)
        start = plan.start_min + plan.step_min * first
        tile = schedule(plan.regimen, start_min=start, step_min=plan.step_min, points=count)
        space = room if count == width else np.empty((people.size, 2, count))
        simulate(people, tile, out=space)
        for place in (0, 1):
            rows[place, :, first : first + count] = percentiles(space[:, place], percent)
    site = None if people.model.effect_site is None else rows[1]
    return named(Quantiles(tuple(percent), plan.time_min, rows[0], site), people.model)


def named(found: Quantiles, used: Model) -> Quantiles:
    """With what must be said of every number of this model."""
    return replace(
        found,
        model=used.id,
        sources=used.citations,
        caveats=used.caveats,
        differences=variability(used).label,
    )


def engine() -> str:
    """`compiled` where the extra `fast` is installed, else `numpy`."""
    return "numpy" if _compiled() is None else "compiled"


@cache
def _compiled() -> Callable[..., Any] | None:
    if importlib.util.find_spec("numba") is None:
        return None
    try:
        from openketamine.core.pharmacology._compiled import fill
    except RuntimeError:
        # Nowhere to keep what was compiled: neither beside the package nor in the user's cache.
        # To compile anew in every process would cost more seconds than it saves.
        return None
    found: Callable[..., Any] = fill
    return found


def _quick(people: Cohort, plan: Schedule, out: Floats) -> None:
    compiled = _compiled()
    if compiled is None:
        _blocks.fill(people, plan, out)
        return
    cut = plan.cut
    doubtful = np.zeros(people.size, dtype=np.bool_)
    compiled(
        people.micro, people.ke0, cut.starts, cut.masses, cut.rates, cut.first, cut.aligned,
        plan.start_min, plan.step_min, out, doubtful,
    )  # fmt: skip
    if doubtful.any():
        _again(people, plan, np.flatnonzero(doubtful), out)


def _again(people: Cohort, plan: Schedule, which: Any, out: Floats) -> None:
    """Two modes that nearly coincide have no sharp weights: these people go the careful way."""
    some = Cohort(people.model, {name: value[which] for name, value in people.values.items()})
    exact = solve(
        type(some.disposition)(some.disposition.volumes, some.disposition.clearances, some.ke0),
        plan.by_vein or (),
        plan.time_min,
    )
    out[which, 0] = exact.plasma
    out[which, 1] = exact.effect_site if exact.effect_site is not None else 0.0
