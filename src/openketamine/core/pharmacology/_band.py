"""The band: how far people and models differ, so that no line is taken for the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._disposition import Floats, disposition
from openketamine.core.pharmacology._forecast import checked_times
from openketamine.core.pharmacology._model import Model, model
from openketamine.core.pharmacology._regimen import Regimen
from openketamine.core.pharmacology._solution import solve
from openketamine.knowledge import document

_PERCENTILES = (5, 50, 95)
NOT_KNOWN = (
    "Arterial blood reads higher than blood from an arm vein during an infusion, and lower "
    "after it. "
    "Behind the level usually quoted for 0.5 mg/kg over 40 min stands one published value. "
    "No level in blood is known to foretell how mood will change."
)


@dataclass(frozen=True)
class Band:
    """Percentiles of plasma concentration over simulated people, in ng/mL.

    `caption` says in plain words what the band is and what is not known.
    """

    people: int
    models: tuple[str, ...]
    time_min: tuple[float, ...]
    p5: tuple[float, ...]
    p50: tuple[float, ...]
    p95: tuple[float, ...]
    caption: str

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {
            "people": self.people,
            "models": list(self.models),
            "time_min": list(self.time_min),
            "p5": list(self.p5),
            "p50": list(self.p50),
            "p95": list(self.p95),
            "caption": self.caption,
        }


@dataclass(frozen=True)
class Variability:
    """Log-normal variances between people and their correlations, and what to call them."""

    label: str
    names: tuple[str, ...]
    covariance: Floats

    def factors(self, people: int, rng: np.random.Generator) -> dict[str, Floats]:
        """One factor a person for each parameter, median 1."""
        root = np.linalg.cholesky(self.covariance)
        drawn = np.exp(rng.standard_normal((people, len(self.names))) @ root.T)
        return {name: drawn[:, column] for column, name in enumerate(self.names)}


@cache
def surrogate() -> Variability:
    """The stand-in used until a model's own variability has been transcribed."""
    body = document("pharmacokinetics/variability", "surrogate").body
    names = tuple(body["variances"])
    variances = np.array([body["variances"][name]["value"] for name in names])
    correlation = np.eye(len(names))
    for entry in body["correlations"]:
        one, other = (names.index(name) for name in entry["between"])
        correlation[one, other] = correlation[other, one] = entry["value"]
    spread = np.sqrt(variances)
    return Variability(body["label"], names, correlation * np.outer(spread, spread))


def band(
    regimen: Regimen,
    weight_kg: float,
    models: Sequence[str],
    time_min: Sequence[float],
    people: int,
    seed: int,
) -> Band:
    """p5, p50 and p95 over people who are shared out equally among the models.

    The same seed gives the same band. Error of measurement is not included. Raises BadInput.
    """
    used = tuple(model(name) for name in models)
    if not used or people < 20 * len(used):
        raise BadInput("people", f"at least 20 for each of {max(len(used), 1)} models", people)
    if seed < 0:
        raise BadInput("seed", "a whole number that is not negative", seed)
    times = checked_times(time_min)
    rng = np.random.default_rng(seed)
    everyone = np.concatenate(
        [
            _levels(regimen, weight_kg, entry, times, share, rng)
            for entry, share in zip(used, shares(people, len(used)), strict=True)
        ]
    )
    low, middle, high = (tuple(row.tolist()) for row in _percentiles(everyone))
    grid = tuple(times.tolist())
    return Band(people, tuple(models), grid, low, middle, high, _caption(people, used))


def shares(people: int, count: int) -> tuple[int, ...]:
    """People shared out as equally as whole people can be."""
    return tuple(people // count + (place < people % count) for place in range(count))


def _levels(
    regimen: Regimen,
    weight_kg: float,
    used: Model,
    times: Floats,
    people: int,
    rng: np.random.Generator,
) -> Floats:
    typical = disposition(used, weight_kg)
    typical = type(typical)(typical.volumes, typical.clearances, None)  # the band is of plasma
    return solve(typical.scaled(surrogate().factors(people, rng)), regimen, times).plasma


def _percentiles(levels: Floats) -> Floats:
    """Linear interpolation between sorted people, as numpy.percentile does, but sorted once."""
    ordered = np.sort(levels.T, axis=1)
    places = np.array(_PERCENTILES) / 100 * (ordered.shape[1] - 1)
    below = np.floor(places).astype(int)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    share = places - below
    rows: Floats = (ordered[:, below] * (1 - share) + ordered[:, above] * share).T
    return rows


def _caption(people: int, used: tuple[Model, ...]) -> str:
    if len(used) > 1:
        names = " and ".join(entry.name for entry in used)
        whose = f"shared equally among the models {names}, so that it shows where they disagree too"
    else:
        whose = f"all by one model, {used[0].name}, so that disagreement between models is missing"
    return (
        f"Shaded: where 9 of 10 of {people:,} simulated people of this weight would lie, {whose}. "
        f"The differences between people are {surrogate().label}: borrowed from studies of other "
        "people and widened for patients. The error of a measurement is not included. " + NOT_KNOWN
    )
