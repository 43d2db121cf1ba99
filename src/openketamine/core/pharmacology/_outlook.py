"""The level so far and in the coming hour, while an infusion runs, pauses and changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openketamine.core.pharmacology._band import Band, band
from openketamine.core.pharmacology._forecast import Curve, forecast
from openketamine.core.pharmacology._regimen import (
    Bolus,
    Dose,
    Regimen,
    Segment,
    after,
    given_until,
)

_POINTS = 120


@dataclass(frozen=True)
class Outlook:
    """Curves and band from the first minute to an hour from now."""

    curves: tuple[Curve, ...]
    band: Band
    now_min: float


def outlook(
    given: Regimen,
    planned: Sequence[Segment],
    now_min: float,
    weight_kg: float,
    models: Sequence[str],
    people: int = 500,
    seed: int = 1,
    ahead_min: float = 60.0,
) -> Outlook:
    """What was given up to now, then what is planned from now on; `remainder` makes the plan.

    What was given may be by any route. Both are cut at now: a running segment of `given` may
    carry its planned end. The grid holds every change of rate, so that no peak is missed.
    """
    regimen = (*given_until(given, now_min), *after(planned, now_min))
    changes = {moment for entry in regimen for moment in _moments(entry)}
    last = now_min + ahead_min
    even = np.linspace(0.0, last, _POINTS).tolist()
    times = sorted({*even, now_min, *(moment for moment in changes if 0 <= moment <= last)})
    curves = forecast(regimen, weight_kg, models, times)
    return Outlook(curves, band(regimen, weight_kg, models, times, people, seed), now_min)


def _moments(entry: Segment | Bolus | Dose) -> tuple[float, ...]:
    return (entry.start_min, entry.end_min) if isinstance(entry, Segment) else (entry.at_min,)
