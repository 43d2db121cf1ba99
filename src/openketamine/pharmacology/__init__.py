"""Ketamine levels over time: `from openketamine import pharmacology`.

Litres, minutes, milligrams, ng/mL. Curves of published models (`forecast`), people who differ
(`band`, `cohort`, `simulate`, `quantiles`), levels without a model (`analyse`), a person's own
parameters from samples (`fit`), rates that hold a level (`hold`). Every answer names its sources
and which of its numbers nobody published.
"""

from openketamine.core.pharmacology import (
    Band,
    Bolus,
    Curve,
    Dose,
    ForecastRequest,
    Foresight,
    Model,
    Outlook,
    Segment,
    Traits,
    band,
    default_models,
    forecast,
    forecast_svg,
    foresee,
    foreseen,
    model,
    model_from_file,
    models,
    outlook,
    remainder,
)
from openketamine.core.pharmacology._cohort import Cohort, Schedule, cohort, schedule
from openketamine.core.pharmacology._fit import Individual, Sample, fit, log_normal
from openketamine.core.pharmacology._fitter import Fitter, fitter
from openketamine.core.pharmacology._interactions import Interaction, interaction
from openketamine.core.pharmacology._nca import Analysis, analyse
from openketamine.core.pharmacology._simulation import (
    Quantiles,
    Simulation,
    engine,
    quantiles,
    simulate,
)
from openketamine.core.pharmacology._target import Hold, hold
from openketamine.pharmacology._arrow import as_arrow, need_arrow, write_arrow
from openketamine.pharmacology._machines import study

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
    "as_arrow",
    "band",
    "cohort",
    "default_models",
    "engine",
    "fit",
    "fitter",
    "forecast",
    "forecast_svg",
    "foresee",
    "foreseen",
    "hold",
    "interaction",
    "log_normal",
    "model",
    "model_from_file",
    "models",
    "need_arrow",
    "outlook",
    "quantiles",
    "remainder",
    "schedule",
    "simulate",
    "study",
    "write_arrow",
]
