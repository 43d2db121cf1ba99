"""Concentrations over time, always as several models and a band, never as one line of truth.

Litres, minutes, milligrams and ng/mL; floats live only in this room. Models are files in
knowledge/pharmacokinetics: one of a known structure needs no Python.
"""

from openketamine.core.pharmacology._band import Band, band
from openketamine.core.pharmacology._chart import forecast_notes, forecast_svg
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
from openketamine.core.pharmacology._outlook import Outlook, outlook
from openketamine.core.pharmacology._people import Traits
from openketamine.core.pharmacology._regimen import Bolus, Dose, Segment, remainder
from openketamine.core.pharmacology._request import ForecastRequest, forecast_as_json, foresee
from openketamine.core.pharmacology._validity import pharmacokinetics_page

__all__ = [
    "Band",
    "Bolus",
    "Curve",
    "Dose",
    "ForecastRequest",
    "Foresight",
    "Interaction",
    "Model",
    "Outlook",
    "Segment",
    "Traits",
    "band",
    "default_models",
    "forecast",
    "forecast_as_json",
    "forecast_notes",
    "forecast_svg",
    "foresee",
    "foreseen",
    "interaction",
    "interactions_among",
    "known_medicines",
    "model",
    "model_from_file",
    "models",
    "outlook",
    "pharmacokinetics_page",
    "remainder",
    "why_no_model",
]
