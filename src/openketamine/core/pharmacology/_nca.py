"""Non-compartmental analysis: peak, area, half-life and clearance of levels, without a model."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._people import Floats


@dataclass(frozen=True)
class Analysis:
    """What the levels say. None where they do not: no fall at the end, no dose, no peak.

    The area rises by trapezoids and falls by log-trapezoids. `half_life_min` is of the last part
    that a straight line in the logarithm fits best (adjusted R², three points or more).
    """

    cmax_ng_per_ml: float
    tmax_min: float
    auc_to_last_ng_min_per_ml: float
    auc_to_infinity_ng_min_per_ml: float | None
    extrapolated_share: float | None
    half_life_min: float | None
    clearance_l_per_min: float | None
    volume_l: float | None


def analyse(
    time_min: Sequence[float], ng_per_ml: Sequence[float], dose_mg: float | None = None
) -> Analysis:
    """Peak, area, half-life; with the dose also clearance and volume (over bioavailability)."""
    times, levels = np.asarray(time_min, dtype=float), np.asarray(ng_per_ml, dtype=float)
    if times.shape != levels.shape or times.size < 2 or not (np.diff(times) > 0).all():
        raise BadInput("time_min", "two or more rising times, one for each level")
    if not np.isfinite(levels).all() or (levels < 0).any():
        raise BadInput("ng_per_ml", "levels that are not negative")
    if dose_mg is not None and not dose_mg > 0:
        raise BadInput("dose_mg", "more than 0 mg", dose_mg)
    peak = int(np.argmax(levels))
    area = float(_areas(times, levels).sum())
    slope = _last_slope(times, levels, peak)
    whole = None if slope is None else area + float(levels[levels > 0][-1]) / slope
    clearance = None if whole is None or dose_mg is None else dose_mg * 1000 / whole
    return Analysis(
        cmax_ng_per_ml=float(levels[peak]),
        tmax_min=float(times[peak]),
        auc_to_last_ng_min_per_ml=area,
        auc_to_infinity_ng_min_per_ml=whole,
        extrapolated_share=None if whole is None else 1 - area / whole,
        half_life_min=None if slope is None else float(np.log(2) / slope),
        clearance_l_per_min=clearance,
        volume_l=None if clearance is None or slope is None else clearance / slope,
    )


def _areas(times: Floats, levels: Floats) -> Floats:
    width, before, after = np.diff(times), levels[:-1], levels[1:]
    falling = (after < before) & (after > 0)
    ratio = np.where(falling, before / np.where(falling, after, 1.0), math.e)
    # A fall of less than a millionth is a straight line, and its logarithm would be noise.
    steep = falling & (ratio > 1 + 1e-6)
    logs = np.log(np.where(steep, ratio, math.e))
    areas: Floats = width * np.where(steep, (before - after) / logs, (before + after) / 2)
    return areas


def _last_slope(times: Floats, levels: Floats, peak: int) -> float | None:
    """The rate (1/min) of the last part, chosen by adjusted R²; None where nothing falls."""
    after = np.flatnonzero((np.arange(len(levels)) > peak) & (levels > 0))
    best, rate = -np.inf, None
    # More than fifty points say no more about a line than fifty do.
    for start in range(max(0, len(after) - 50), len(after) - 2):
        here = after[start:]
        x, y = times[here] - times[here].mean(), np.log(levels[here])
        y = y - y.mean()
        slope = float(x @ y / (x @ x))
        left = float(((y - slope * x) ** 2).sum()) / max(float(y @ y), 1e-300)
        fit = 1 - left * (len(here) - 1) / (len(here) - 2)
        if slope < 0 and fit >= best - 1e-4:  # of equal fits, the later is further from the peak
            best, rate = max(best, fit), -slope
    return rate
