"""The same fit again and again: one design, many people's samples, compiled where it can be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._cohort import Cut, schedule
from openketamine.core.pharmacology._fit import Individual, Sample, fit
from openketamine.core.pharmacology._model import Model, Variability, usable
from openketamine.core.pharmacology._people import (
    NOBODY,
    Floats,
    Traits,
    person,
    surrogate_residual_sd,
    variability,
)
from openketamine.core.pharmacology._regimen import Bolus, Dose, Regimen, Segment
from openketamine.core.pharmacology._simulation import engine

_ORDER = ("V1", "V2", "V3", "CL", "Q2", "Q3")


@dataclass(frozen=True, eq=False)
class Fitter:
    """One regimen, one set of times, one weight: `effects` of a person from their levels."""

    model: Model
    regimen: tuple[Segment | Bolus | Dose, ...]
    time_min: Floats
    weight_kg: float
    traits: Traits
    differences: Variability
    relative_sd: float
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        values = person(self.model, self.weight_kg, self.traits)
        kept = tuple(name for name in self.differences.names if name in values)
        object.__setattr__(self, "names", kept)

    def effects(self, ng_per_ml: Sequence[float] | Floats) -> Floats:
        """The most probable random effects, in the order of `names`."""
        measured = np.asarray(ng_per_ml, dtype=np.float64)
        if measured.shape != self.time_min.shape or not measured.min() > 0:
            raise BadInput("ng_per_ml", f"{len(self.time_min)} levels above 0", ng_per_ml)
        ready = self._compiled
        if ready is not None:
            found = np.zeros(len(self.names))
            if np.isfinite(ready[0](*ready[1], measured, found)):
                return found
        return np.array([self.individual(measured).effects[name] for name in self.names])

    def individual(self, ng_per_ml: Sequence[float] | Floats) -> Individual:
        """The whole answer, with errors, parameters and sources."""
        samples = [Sample(t, float(c)) for t, c in zip(self.time_min, ng_per_ml, strict=True)]
        return fit(
            self.model,
            self.regimen,
            samples,
            self.weight_kg,
            traits=self.traits,
            differences=self.differences,
            relative_sd=self.relative_sd,
            simulator=True,
        )

    @cached_property
    def _compiled(self) -> tuple[Any, tuple[Any, ...]] | None:
        """The compiled fit and all of its arguments but the levels, where it holds."""
        spread = self.differences
        plain = set(self.names) <= set(_ORDER) and not any(spread.logit)
        by_vein = not any(isinstance(entry, Dose) for entry in self.regimen)
        rising = bool((np.diff(self.time_min) >= 0).all())
        if not (plain and by_vein and rising) or self.model.structure != "mammillary":
            return None
        if engine() != "compiled":
            return None
        from openketamine.core.pharmacology._compiled_fit import most_probable

        values = person(self.model, self.weight_kg, self.traits)
        alike = np.array([float(values[n][0]) if n in values else 0.0 for n in _ORDER])
        alike[2] = alike[2] or 1.0  # no third room: its exchange is zero, its size is of no matter
        kept = [spread.names.index(name) for name in self.names]
        precision = np.linalg.inv(spread.covariance[np.ix_(kept, kept)])
        where = np.array([_ORDER.index(name) for name in self.names], dtype=np.int64)
        cut: Cut = schedule(self.regimen, step_min=1.0, points=1).cut
        design = (alike, cut.starts, cut.masses, cut.rates, self.time_min)
        return most_probable, (design, where, precision, self.relative_sd)


def fitter(
    which: str | Model,
    regimen: Regimen,
    time_min: Sequence[float],
    weight_kg: float,
    *,
    traits: Traits = NOBODY,
    differences: Variability | None = None,
    relative_sd: float | None = None,
    simulator: bool = False,
) -> Fitter:
    """What `fit` needs, prepared once for samples at the same times. Raises BadInput."""
    used = usable(which, simulator=simulator)
    times = np.array(time_min, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all():
        raise BadInput("time_min", "one or more times")
    scatter = relative_sd or used.residual_sd or surrogate_residual_sd()
    spread = differences or variability(used)
    return Fitter(used, tuple(regimen), times, weight_kg, traits, spread, scatter)
