"""The forecast of one plan as a picture: named models and a band, never one line."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import (
    Dose,
    Segment,
    band,
    default_models,
    forecast,
    forecast_svg,
    outlook,
    remainder,
)

_PEOPLE, _SEED, _AFTER_MIN = 300, 1, 120
# How protocols name a route, and how models do; the others have one name.
_ROUTES = {"nasal": "in", "oral": "po", "sublingual": "sl"}


# The same plan gives the same picture; drawing it costs a few tenths of a second.
@lru_cache(maxsize=64)
def plan_forecast(drug: str, route: str, dose_ug: int, over_s: int, weight_g: int) -> str:
    """The SVG, or nothing where no model was made for this drug by this route."""
    by = _ROUTES.get(route, route)
    models = [model.id for model in default_models(drug, by)]
    if not models or not weight_g or (by == "iv" and not over_s):
        return ""
    over_min, weight_kg, dose_mg = over_s / 60, weight_g / 1000, dose_ug / 1000
    regimen: tuple[Segment | Dose, ...] = (Dose(0.0, dose_mg, by),)
    if by == "iv":
        regimen = (Segment(0.0, over_min, dose_mg / over_min),)
    times = [float(minute) for minute in range(int(over_min) + _AFTER_MIN + 1)]
    try:
        curves = forecast(regimen, weight_kg, models, times)
        spread = band(regimen, weight_kg, models, times, _PEOPLE, _SEED)
    except BadInput:
        return ""
    return forecast_svg(curves, spread, now_min=None, drug=drug)


def level_so_far(state: Mapping[str, Any], now: datetime) -> str:
    """The level from the start of the infusion to an hour from now, at the rates that were charted
    and, from now on, at the rate that runs. `state` is the JSON of a session; nothing before the
    start, and nothing where no model was made for the drug."""
    infusion, plan = state["infusion"], state["plan"]
    if not infusion or not plan or not plan["weight_g"]:
        return ""
    models = [model.id for model in default_models(plan["drug"], plan["route"])]
    if not models:
        return ""
    start = datetime.fromisoformat(infusion["started_at"])
    now_min = max((now - start).total_seconds() / 60, 0.01)
    given = [_ran(one, start, now_min) for one in infusion["segments"]]
    rate = infusion["segments"][-1]["rate_ug_per_h"] / 60_000 if infusion["running"] else 0.0
    planned = remainder(given, plan["dose_ug"] / 1000, rate, now_min)
    seen = outlook(given, planned, now_min, plan["weight_g"] / 1000, models, _PEOPLE, _SEED)
    return forecast_svg(
        seen.curves, seen.band, now_min=seen.now_min, drug=plan["drug"], key="level"
    )


def _ran(segment: Mapping[str, Any], start: datetime, now_min: float) -> Segment:
    begin = (datetime.fromisoformat(segment["start"]) - start).total_seconds() / 60
    end = segment["end"]
    until = (datetime.fromisoformat(end) - start).total_seconds() / 60 if end else now_min
    return Segment(begin, max(begin, until), segment["rate_ug_per_h"] / 60_000)
