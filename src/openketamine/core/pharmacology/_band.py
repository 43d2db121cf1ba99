"""The band: how far people and models differ, so that no line is taken for the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._forecast import checked_times, doubted
from openketamine.core.pharmacology._levels import levels
from openketamine.core.pharmacology._model import Model, usable
from openketamine.core.pharmacology._people import (
    NOBODY,
    Floats,
    Traits,
    individuals,
    surrogate,
    surrogate_residual_sd,
    variability,
)
from openketamine.core.pharmacology._regimen import Dose, Regimen

PERCENTILES = (5.0, 50.0, 95.0)
NO_MOOD = "No level in blood is known to foretell how mood will change."
_ARTERIAL = (
    "Arterial blood reads higher than blood from an arm vein during an infusion, and lower "
    "after it. "
)
_ONE_VALUE = (
    "Behind the level usually quoted for 0.5 mg/kg over 40 min stands one published value. "
)
NOT_KNOWN = _ARTERIAL + _ONE_VALUE + NO_MOOD
_AT_ONCE = 2000  # people solved together; bounds the memory, changes no number


@dataclass(frozen=True)
class Band:
    """Percentiles of plasma concentration over simulated people, in ng/mL.

    `caption` says in plain words what the band is and what is not known; `differences` names
    where the variability comes from.
    """

    people: int
    models: tuple[str, ...]
    time_min: tuple[float, ...]
    p5: tuple[float, ...]
    p50: tuple[float, ...]
    p95: tuple[float, ...]
    caption: str
    differences: str = "surrogate variability"
    measured: bool = False
    not_known: str = NOT_KNOWN
    provisional: tuple[str, ...] = ()

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
            "differences": self.differences,
            "error_of_measurement": self.measured,
            "provisional": list(self.provisional),
        }


def band(
    regimen: Regimen,
    weight_kg: float,
    models: Sequence[str | Model],
    time_min: Sequence[float],
    people: int,
    seed: int,
    *,
    traits: Traits = NOBODY,
    simulator: bool = False,
    measured: bool = False,
) -> Band:
    """p5, p50 and p95 over people who are shared out equally among the models.

    The same seed gives the same band. With `measured` the levels are those a laboratory would
    report, with the scatter of a single sample. Raises BadInput.
    """
    used = tuple(usable(which, simulator=simulator) for which in models)
    if not used or people < 20 * len(used):
        raise BadInput("people", f"at least 20 for each of {max(len(used), 1)} models", people)
    if seed < 0:
        raise BadInput("seed", "a whole number that is not negative", seed)
    times = checked_times(time_min)
    rng = np.random.default_rng(seed)
    everyone = np.concatenate(
        [
            rows
            for entry, share in zip(used, shares(people, len(used)), strict=True)
            for rows in _levels(
                regimen, weight_kg, entry, times, share, rng, traits, measured=measured
            )
        ]
    )
    low, middle, high = (tuple(row.tolist()) for row in percentiles(everyone, PERCENTILES))
    by_vein = not any(isinstance(entry, Dose) for entry in regimen)
    not_known = _not_known(used, by_vein=by_vein)
    return Band(
        people=people,
        models=tuple(entry.id for entry in used),
        time_min=tuple(times.tolist()),
        p5=low,
        p50=middle,
        p95=high,
        caption=f"{_caption(people, used, by_vein=by_vein, measured=measured)} {not_known}",
        differences=_differences(used),
        measured=measured,
        not_known=not_known,
        provisional=tuple(_unpublished(used)),
    )


def shares(people: int, count: int) -> tuple[int, ...]:
    """People shared out as equally as whole people can be."""
    return tuple(people // count + (place < people % count) for place in range(count))


def _levels(
    regimen: Regimen,
    weight_kg: float,
    used: Model,
    times: Floats,
    people: int,
    rng: "np.random.Generator",
    traits: Traits,
    *,
    measured: bool,
) -> Iterator[Floats]:
    everyone = individuals(used, weight_kg, traits, people, rng)
    for start in range(0, people, _AT_ONCE):
        some = {name: value[start : start + _AT_ONCE] for name, value in everyone.items()}
        plasma = levels(used, some, regimen, times, "plasma").plasma
        if measured:
            plasma = plasma * scatter(used, plasma.shape, rng)
        yield plasma


def scatter(used: Model, shape: tuple[int, ...], rng: "np.random.Generator") -> Floats:
    """The error of measurement as a factor: log-normal, so that no level is negative."""
    relative = used.residual_sd or surrogate_residual_sd()
    factor: Floats = np.exp(relative * rng.standard_normal(shape))
    return factor


def percentiles(levels_: Floats, wanted: Sequence[float]) -> Floats:
    """Linear interpolation between sorted people, as numpy.percentile does, but sorted once."""
    ordered = np.sort(levels_.T, axis=1)
    places = np.array(wanted) / 100 * (ordered.shape[1] - 1)
    below = np.floor(places).astype(int)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    share = places - below
    rows: Floats = (ordered[:, below] * (1 - share) + ordered[:, above] * share).T
    return rows


def _unpublished(used: Sequence[Model]) -> Iterator[str]:
    """Which of the numbers behind the differences between people nobody published."""
    spreads = {spread.label: spread for spread in map(variability, used)}
    for label, spread in spreads.items():
        yield from doubted(label[0].upper() + label[1:], spread.statuses)


def _not_known(used: Sequence[Model], *, by_vein: bool) -> str:
    """What nobody knows of a level like this one; the one value is of the racemate."""
    if not by_vein:
        return NO_MOOD
    racemic = all("ketamine" in entry.drugs for entry in used)
    return NOT_KNOWN if racemic else _ARTERIAL + NO_MOOD


def _differences(used: Sequence[Model]) -> str:
    return " and ".join(dict.fromkeys(variability(entry).label for entry in used))


def _caption(people: int, used: tuple[Model, ...], *, by_vein: bool, measured: bool) -> str:
    if len(used) > 1:
        names = " and ".join(entry.name for entry in used)
        whose = f"shared equally among the models {names}, so that it shows where they disagree too"
    else:
        whose = f"all by one model, {used[0].name}, so that disagreement between models is missing"
    borrowed = ""
    if any(entry.variability is None for entry in used):
        borrowed = f": {surrogate().label} is borrowed from other people and widened for patients"
    if not by_vein and any(entry.variability is None for entry in used):
        borrowed += "; how people differ in taking up the dose is not in it"
    error = "is included" if measured else "is not included"
    return (
        f"Shaded: where 9 of 10 of {people:,} simulated people of this weight would lie, {whose}. "
        f"The differences between people are {_differences(used)}{borrowed}. "
        f"The error of a measurement {error}."
    )
