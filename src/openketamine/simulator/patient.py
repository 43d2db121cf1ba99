"""A virtual patient: vital signs at a moment, from a baseline and the drug given until then.

Pure functions. The numbers are scenarios of the knowledge folder, for teaching only; the
concentration comes from the same models as every forecast.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from openketamine.core.pharmacology import Segment, forecast
from openketamine.knowledge import document


@dataclass(frozen=True)
class Scenario:
    """How one kind of person reacts: numbers by signal, as in knowledge/scenarios."""

    id: str
    driven_by: str
    effects: Mapping[str, float]
    baseline: Mapping[str, float]
    noise: Mapping[str, float]


@dataclass(frozen=True)
class Infused:
    """Drug that ran at one rate; `end` None while it still runs."""

    start: datetime
    end: datetime | None
    rate_mg_per_min: float


def scenario(name: str) -> Scenario:
    """A scenario by id. Raises KnowledgeError, naming those that exist."""
    body = document("scenarios", name).body
    groups = {
        group: {signal: float(node["value"]) for signal, node in body[group].items()}
        for group in ("effects", "baseline", "noise")
    }
    return Scenario(name, str(body["driven_by"]), **groups)


def concentration_ng_per_ml(
    infused: Sequence[Infused], weight_kg: float | None, model: str, now: datetime
) -> float:
    """What drives the effects at `now`: the effect site where the model has one, else plasma.

    Nothing is driven in a person whose weight is not known: no drug is ordered before it is.
    """
    begun = [one for one in infused if one.start < now and one.rate_mg_per_min > 0]
    if not begun or weight_kg is None:
        return 0.0
    first = min(one.start for one in begun)
    regimen = [
        Segment(_minutes(first, one.start), _minutes(first, _end(one, now)), one.rate_mg_per_min)
        for one in begun
        if one.start < _end(one, now)
    ]
    if not regimen:
        return 0.0
    (curve,) = forecast(regimen, weight_kg, [model], [_minutes(first, now)])
    return (curve.effect_site_ng_per_ml or curve.plasma_ng_per_ml)[0]


def vitals(
    person: Scenario,
    baseline: Mapping[str, float],
    concentration: float,
    chance: np.random.Generator,
) -> dict[str, float]:
    """Heart rate, respiration, saturation and cuff pressures at one moment, with noise."""
    start = {**person.baseline, **{k: v for k, v in baseline.items() if k in person.baseline}}
    shown = {
        signal: value
        + person.effects.get(signal, 0.0) * concentration
        + float(chance.normal(0.0, person.noise[signal]))
        for signal, value in start.items()
    }
    shown["spo2"] = min(shown["spo2"], 100.0)
    # The cuff's mean of a peripheral pulse: a third of the way up.
    shown["mean_pressure"] = (shown["systolic"] + 2 * shown["diastolic"]) / 3
    return shown


def _end(one: Infused, now: datetime) -> datetime:
    return now if one.end is None else min(one.end, now)


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60
