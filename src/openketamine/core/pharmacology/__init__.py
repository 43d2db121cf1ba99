"""Concentrations over time, always as several models and a band, never as one line of truth.

Litres, minutes, milligrams and ng/mL; floats live only in this room. Models are files in
knowledge/pharmacokinetics: one of a known structure needs no Python.
"""

from openketamine.core.pharmacology._band import Band, band
from openketamine.core.pharmacology._chart import forecast_svg
from openketamine.core.pharmacology._forecast import Curve, forecast
from openketamine.core.pharmacology._model import Model, default_models, model, models
from openketamine.core.pharmacology._regimen import Bolus, Segment

__all__ = [
    "Band",
    "Bolus",
    "Curve",
    "Model",
    "Segment",
    "band",
    "default_models",
    "forecast",
    "forecast_svg",
    "model",
    "models",
]
