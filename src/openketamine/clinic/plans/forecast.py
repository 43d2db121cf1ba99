"""The forecast of one plan as a picture: at least two named models and a band, never one line."""

from functools import lru_cache

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import Segment, band, default_models, forecast, forecast_svg

_PEOPLE, _SEED, _AFTER_MIN = 300, 1, 120


# The same plan gives the same picture; drawing it costs a few tenths of a second.
@lru_cache(maxsize=64)
def plan_forecast(drug: str, route: str, dose_ug: int, over_s: int, weight_g: int) -> str:
    """The SVG, or nothing where there are not two models to show together."""
    models = [model.id for model in default_models(drug, route)]
    if len(models) < 2 or not over_s or not weight_g:
        return ""
    over_min, weight_kg = over_s / 60, weight_g / 1000
    regimen = (Segment(0.0, over_min, dose_ug / 1000 / over_min),)
    times = [float(minute) for minute in range(int(over_min) + _AFTER_MIN + 1)]
    try:
        curves = forecast(regimen, weight_kg, models, times)
        spread = band(regimen, weight_kg, models, times, _PEOPLE, _SEED)
    except BadInput:
        return ""
    return forecast_svg(curves, spread, now_min=None, drug=drug)
