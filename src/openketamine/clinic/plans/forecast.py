"""The forecast of one plan as a picture: named models and a band, never one line."""

from functools import lru_cache

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import (
    Dose,
    Segment,
    band,
    default_models,
    forecast,
    forecast_svg,
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
