"""Ketamine levels over time: `from openketamine import pharmacology`.

Litres, minutes, milligrams, ng/mL. Curves of published models (`forecast`), people who differ
(`band`, `cohort`, `simulate`, `quantiles`), levels without a model (`analyse`), a person's own
parameters from samples (`fit`), rates that hold a level (`hold`). Every answer names its sources
and which of its numbers nobody published.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from openketamine.core import pharmacology as _core

if TYPE_CHECKING:
    from openketamine.core.pharmacology import (
        Analysis,
        Band,
        Bolus,
        Cohort,
        Curve,
        Dose,
        Fitter,
        ForecastRequest,
        Foresight,
        Hold,
        Individual,
        Interaction,
        Model,
        Outlook,
        Quantiles,
        Sample,
        Schedule,
        Segment,
        Simulation,
        Traits,
        analyse,
        band,
        cohort,
        default_models,
        engine,
        fit,
        fitter,
        forecast,
        forecast_svg,
        foresee,
        foreseen,
        hold,
        interaction,
        log_normal,
        model,
        model_from_file,
        models,
        outlook,
        quantiles,
        remainder,
        schedule,
        simulate,
    )
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

_HOME = {
    "as_arrow": "_arrow",
    "need_arrow": "_arrow",
    "study": "_machines",
    "write_arrow": "_arrow",
}

if not TYPE_CHECKING:  # as in the core: fetched when first asked for, so that to start costs little

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = import_module(f"{__name__}.{_HOME[name]}") if name in _HOME else _core
        found = globals()[name] = getattr(home, name)
        return found


def __dir__() -> list[str]:
    return [*globals(), *__all__]
