"""Typical curves: what each model expects of a person of this weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._disposition import Floats, disposition
from openketamine.core.pharmacology._model import model
from openketamine.core.pharmacology._regimen import Regimen
from openketamine.core.pharmacology._solution import solve


@dataclass(frozen=True)
class Peak:
    """The highest point of a curve on its own time grid."""

    time_min: float
    ng_per_ml: float


@dataclass(frozen=True)
class Curve:
    """One model's typical prediction; `site` is where its blood was sampled.

    `effect_site_ng_per_ml` is None where the model has no effect site of its own. `statuses`
    says of each parameter how far it was verified.
    """

    model: str
    name: str
    site: str
    time_min: tuple[float, ...]
    plasma_ng_per_ml: tuple[float, ...]
    effect_site_ng_per_ml: tuple[float, ...] | None
    sources: tuple[str, ...]
    caveats: tuple[str, ...]
    statuses: tuple[tuple[str, str], ...]

    @property
    def peak(self) -> Peak:
        """The highest plasma point and its time."""
        best = int(np.argmax(self.plasma_ng_per_ml))
        return Peak(self.time_min[best], self.plasma_ng_per_ml[best])

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        site = self.effect_site_ng_per_ml
        return {
            "model": self.model,
            "name": self.name,
            "site": self.site,
            "time_min": list(self.time_min),
            "plasma_ng_per_ml": list(self.plasma_ng_per_ml),
            "effect_site_ng_per_ml": None if site is None else list(site),
            "sources": list(self.sources),
            "caveats": list(self.caveats),
            "statuses": dict(self.statuses),
        }


def forecast(
    regimen: Regimen, weight_kg: float, models: Sequence[str], time_min: Sequence[float]
) -> tuple[Curve, ...]:
    """One typical curve a model, in ng/mL, exact to rounding. Raises BadInput."""
    times = checked_times(time_min)
    return tuple(_curve(regimen, weight_kg, name, times) for name in models)


def checked_times(time_min: Sequence[float]) -> Floats:
    """The time grid as an array; BadInput where it is empty or not finite."""
    times = np.asarray(time_min, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all():
        raise BadInput("time_min", "one or more finite times in minutes")
    return times


def _curve(regimen: Regimen, weight_kg: float, name: str, times: Floats) -> Curve:
    used = model(name)
    levels = solve(disposition(used, weight_kg), regimen, times)
    site = levels.effect_site
    return Curve(
        model=used.id,
        name=used.name,
        site=used.site,
        time_min=tuple(times.tolist()),
        plasma_ng_per_ml=tuple(levels.plasma[0].tolist()),
        effect_site_ng_per_ml=None if site is None else tuple(site[0].tolist()),
        sources=used.citations,
        caveats=used.caveats,
        statuses=tuple((parameter.name, parameter.status) for parameter in used.parameters),
    )
