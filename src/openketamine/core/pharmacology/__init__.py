"""Concentrations over time, always as several models and a band, never as one line of truth.

Litres, minutes, milligrams and ng/mL; floats live only in this room. Models are files in
knowledge/pharmacokinetics: one of a known structure needs no Python.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openketamine.core.pharmacology._band import Band, band
    from openketamine.core.pharmacology._chart import forecast_notes, forecast_svg
    from openketamine.core.pharmacology._cohort import Cohort, Schedule, cohort, schedule
    from openketamine.core.pharmacology._fit import Individual, Sample, fit, log_normal
    from openketamine.core.pharmacology._fitter import Fitter, fitter
    from openketamine.core.pharmacology._forecast import Curve, forecast
    from openketamine.core.pharmacology._foresight import Foresight, foreseen
    from openketamine.core.pharmacology._gaps import why_no_model
    from openketamine.core.pharmacology._interactions import (
        Interaction,
        interaction,
        interactions_among,
        known_medicines,
    )
    from openketamine.core.pharmacology._model import Model, default_models, model, models
    from openketamine.core.pharmacology._model_file import model_from_file
    from openketamine.core.pharmacology._nca import Analysis, analyse
    from openketamine.core.pharmacology._outlook import Outlook, outlook
    from openketamine.core.pharmacology._people import Traits
    from openketamine.core.pharmacology._regimen import Bolus, Dose, Segment, remainder
    from openketamine.core.pharmacology._request import ForecastRequest, forecast_as_json, foresee
    from openketamine.core.pharmacology._simulation import (
        Quantiles,
        Simulation,
        engine,
        quantiles,
        simulate,
    )
    from openketamine.core.pharmacology._target import Hold, hold
    from openketamine.core.pharmacology._validity import pharmacokinetics_page

__all__ = [
    "Analysis",
    "Band",
    "Bolus",
    "Cohort",
    "Curve",
    "Dose",
    "Fitter",
    "ForecastRequest",
    "Foresight",
    "Hold",
    "Individual",
    "Interaction",
    "Model",
    "Outlook",
    "Quantiles",
    "Sample",
    "Schedule",
    "Segment",
    "Simulation",
    "Traits",
    "analyse",
    "band",
    "cohort",
    "default_models",
    "engine",
    "fit",
    "fitter",
    "forecast",
    "forecast_as_json",
    "forecast_notes",
    "forecast_svg",
    "foresee",
    "foreseen",
    "hold",
    "interaction",
    "interactions_among",
    "known_medicines",
    "log_normal",
    "model",
    "model_from_file",
    "models",
    "outlook",
    "pharmacokinetics_page",
    "quantiles",
    "remainder",
    "schedule",
    "simulate",
    "why_no_model",
]

# A name is fetched from its module when it is first asked for: to start costs a fiftieth of a
# second instead of a fifth, and who draws one curve never waits for fits, pages or pumps.
_HOMES = {
    "_band": "Band band",
    "_chart": "forecast_notes forecast_svg",
    "_cohort": "Cohort Schedule cohort schedule",
    "_fit": "Individual Sample fit log_normal",
    "_fitter": "Fitter fitter",
    "_forecast": "Curve forecast",
    "_foresight": "Foresight foreseen",
    "_gaps": "why_no_model",
    "_interactions": "Interaction interaction interactions_among known_medicines",
    "_model": "Model default_models model models",
    "_model_file": "model_from_file",
    "_nca": "Analysis analyse",
    "_outlook": "Outlook outlook",
    "_people": "Traits",
    "_regimen": "Bolus Dose Segment remainder",
    "_request": "ForecastRequest forecast_as_json foresee",
    "_simulation": "Quantiles Simulation engine quantiles simulate",
    "_target": "Hold hold",
    "_validity": "pharmacokinetics_page",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:  # so that a type checker still sees a name that is misspelt

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
