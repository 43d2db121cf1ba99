"""A person's own parameters from measured levels: the most probable ones, given how people differ.

The maximum a posteriori: measured levels scatter around the curve in proportion to it, random
effects are normal. Steps are Newton's with the expected curvature, so that each goes downhill.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._cohort import Cohort
from openketamine.core.pharmacology._levels import levels
from openketamine.core.pharmacology._model import Model, Variability, usable
from openketamine.core.pharmacology._people import (
    NOBODY,
    Floats,
    Traits,
    finished,
    moved,
    surrogate_residual_sd,
    typical,
    variability,
)
from openketamine.core.pharmacology._regimen import Regimen

_NUDGE = 1e-4
_MOST_STEPS = 60


@dataclass(frozen=True)
class Sample:
    """A level that was measured, in the blood that the model predicts."""

    time_min: float
    ng_per_ml: float


@dataclass(frozen=True)
class Individual:
    """One person's random effects, parameters and fitted levels, with where they come from.

    `objective` is minus twice the log of the posterior, less its constants; `standard_errors` are
    of the effects. `person` is ready for `simulate`.
    """

    model: str
    effects: Mapping[str, float]
    standard_errors: Mapping[str, float]
    parameters: Mapping[str, float]
    fitted_ng_per_ml: tuple[float, ...]
    objective: float
    differences: str
    person: Cohort
    sources: tuple[str, ...]
    caveats: tuple[str, ...]


def log_normal(variances: Mapping[str, float], label: str = "your own variability") -> Variability:
    """Differences between people that you state: a variance of the logarithm for each parameter."""
    if not variances or not all(value > 0 for value in variances.values()):
        raise BadInput("variances", "a variance above 0 for each parameter")
    return Variability(
        label=label,
        names=tuple(variances),
        logit=(False,) * len(variances),
        covariance=np.diag(np.array(list(variances.values()), dtype=float)),
        statuses=tuple((name, "stated by you") for name in variances),
    )


def fit(
    which: str | Model,
    regimen: Regimen,
    samples: Sequence[Sample],
    weight_kg: float,
    *,
    traits: Traits = NOBODY,
    differences: Variability | None = None,
    relative_sd: float | None = None,
    simulator: bool = False,
) -> Individual:
    """The most probable person behind these samples. Raises BadInput."""
    used = usable(which, simulator=simulator)
    measured = _measured(samples)
    spread = differences or variability(used)
    curve = _Curve(
        used, regimen, np.array([s.time_min for s in samples]), weight_kg, traits, spread
    )
    spread = curve.spread
    scatter = relative_sd or used.residual_sd or surrogate_residual_sd()
    precision = np.linalg.inv(spread.covariance).astype(np.float64)
    found = _most_probable(curve.levels, measured, precision, scatter)
    values = curve.values(found.effects[None])
    return Individual(
        model=used.id,
        effects=dict(zip(spread.names, found.effects.tolist(), strict=True)),
        standard_errors=dict(zip(spread.names, found.errors.tolist(), strict=True)),
        parameters={name: float(value[0]) for name, value in values.items()},
        fitted_ng_per_ml=tuple(curve.levels(found.effects[None])[0].tolist()),
        objective=found.objective,
        differences=spread.label,
        person=Cohort(used, values),
        sources=used.citations,
        caveats=used.caveats,
    )


def _measured(samples: Sequence[Sample]) -> Floats:
    if not samples:
        raise BadInput("samples", "one or more measured levels")
    found = np.array([sample.ng_per_ml for sample in samples], dtype=float)
    if not (np.isfinite(found) & (found > 0)).all():
        raise BadInput(
            "ng_per_ml", "levels above 0; one below the limit of the method says nothing here"
        )
    return found


class _Curve:
    """Predicted levels of people with these random effects."""

    def __init__(
        self,
        used: Model,
        regimen: Regimen,
        times: Floats,
        weight_kg: float,
        traits: Traits,
        spread: Variability,
    ) -> None:
        self.used, self.regimen, self.traits = used, regimen, traits
        self.order = np.argsort(times, kind="stable")
        self.times = times
        self.typical = typical(used, weight_kg, traits)
        # Effects on what this model lacks, or the doses do not touch, stay at zero by themselves.
        self.spread = _of_model(spread, self.typical)

    def values(self, effects: Floats) -> dict[str, Floats]:
        people = finished(self.used, moved(self.typical, self.spread, effects), self.traits)
        return {name: np.ascontiguousarray(value) for name, value in people.items()}

    def levels(self, effects: Floats) -> Floats:
        people = self.values(effects)
        return levels(self.used, people, self.regimen, self.times, "plasma").plasma


def _of_model(spread: Variability, values: Mapping[str, Floats]) -> Variability:
    kept = [place for place, name in enumerate(spread.names) if name in values]
    return Variability(
        label=spread.label,
        names=tuple(spread.names[place] for place in kept),
        logit=tuple(spread.logit[place] for place in kept),
        covariance=spread.covariance[np.ix_(kept, kept)],
        statuses=tuple(spread.statuses[place] for place in kept),
    )


@dataclass(frozen=True)
class _Optimum:
    effects: Floats
    errors: Floats
    objective: float


def _most_probable(
    curve: Callable[[Floats], Floats], measured: Floats, precision: Floats, scatter: float
) -> _Optimum:
    count = len(precision)
    nudges = _NUDGE * np.concatenate([np.zeros((1, count)), np.eye(count), -np.eye(count)])
    effects = np.zeros(count)
    best = np.inf
    for _ in range(_MOST_STEPS):
        around = curve(effects + nudges)
        here = around[0]
        change = (around[1 : count + 1] - around[count + 1 :]) / (2 * _NUDGE)
        best = _objective(here[None], effects[None], measured, precision, scatter)[0]
        slope, bend = _slope_and_bend(here, change, measured, precision, effects, scatter)
        step = -np.linalg.solve(bend, slope)
        if float(-slope @ step) < 1e-13 * max(1.0, abs(best)):
            break
        # Several lengths at once cost little more than one; the best of them is taken.
        tried = effects + step * np.array([[1.0], [0.5], [0.25], [0.1], [0.02], [0.002]])
        values = _objective(curve(tried), tried, measured, precision, scatter)
        if values.min() >= best:
            break
        effects = tried[int(np.argmin(values))]
    return _Optimum(effects, np.sqrt(np.diag(np.linalg.inv(bend / 2))), float(best))


def _objective(
    found: Floats, effects: Floats, measured: Floats, precision: Floats, scatter: float
) -> Floats:
    spread = scatter * found
    misfit = (((measured - found) / spread) ** 2 + 2 * np.log(spread)).sum(axis=1)
    total: Floats = misfit + ((effects @ precision) * effects).sum(axis=1)
    return total


def _slope_and_bend(
    here: Floats,
    change: Floats,
    measured: Floats,
    precision: Floats,
    effects: Floats,
    scatter: float,
) -> tuple[Floats, Floats]:
    ratio = measured / here
    pull = -2 * ratio * (ratio - 1) / (scatter**2 * here) + 2 / here
    slope = change @ pull + 2 * precision @ effects
    weight = (2 / scatter**2 + 4) / here**2
    bend: Floats = (change * weight) @ change.T + 2 * precision
    return slope, bend
