"""A forecast asked for in words: `0.5 mg/kg` over `40 min` for 70 kg. Pure; the door of the CLI."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._dose_words import (
    grid,
    quantity,
    regimen,
    weight,
    within,
    years,
)
from openketamine.core.pharmacology._foresight import Foresight, foreseen
from openketamine.core.pharmacology._gaps import why_no_model
from openketamine.core.pharmacology._interactions import interaction
from openketamine.core.pharmacology._model import (
    SIMULATOR,
    Model,
    all_models,
    default_models,
    model,
    models,
    usable,
)
from openketamine.core.pharmacology._model_file import model_from_file
from openketamine.core.pharmacology._people import Traits

_MOST_PEOPLE = 100_000
_MOST_LEVELS = 200_000_000  # of people times points: they are held at once


@dataclass(frozen=True)
class ForecastRequest:
    """The words of one request, as typed.

    `dose`, `over` and `at` are in the same order. One `over` serves every dose, and one dose every
    `at`, as in a course. Without `over` a dose is a bolus; without `at` a single dose starts at 0.
    A dose may be a rate (`0.5 mg/kg/h`).
    A model is an id, or the path of your own YAML file. `simulator` lets children's models in;
    `measured` adds the scatter of a single sample to the band.
    """

    drug: str
    route: str
    dose: tuple[str, ...]
    weight: str | None
    over: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    every: str = "1 min"
    until: str = "4 h"
    people: int = 1000
    seed: int = 1
    age: str | None = None
    sex: str | None = None
    height: str | None = None
    with_inhibitor: str | None = None
    ancestry: str | None = None
    simulator: bool = False
    measured: bool = False


def forecast_as_json(request: ForecastRequest) -> dict[str, Any]:
    """`foresee`, as the JSON of the contract."""
    return foresee(request).as_json()


def foresee(request: ForecastRequest) -> Foresight:
    """Curves and band for a request in words. Raises BadInput with one sentence."""
    weight_kg = weight(request.weight)
    traits = _traits(request)
    chosen = _chosen(request)
    times = grid(request.every, request.until)
    given = regimen(request, weight_kg, Decimal(str(times[-1])))
    other = None
    if request.with_inhibitor is not None:
        other = interaction(request.with_inhibitor, request.drug, request.route)
    if request.people:
        within("people", request.people, min(_MOST_PEOPLE, _MOST_LEVELS // len(times)))
    return foreseen(
        request.drug,
        request.route,
        given,
        float(weight_kg),
        chosen,
        times,
        people=request.people,
        seed=request.seed,
        traits=traits,
        simulator=request.simulator,
        measured=request.measured,
        other=other,
    )


def _traits(request: ForecastRequest) -> Traits:
    height = request.height
    if height is not None and re.fullmatch(r"[0-9]+([.][0-9]+)?", height.strip()):
        height = f"{height.strip()} cm"
    return Traits(
        age_years=None if request.age is None else float(years(request.age)),
        sex=request.sex,
        height_cm=None if height is None else float(quantity("height", height, "cm").in_unit("cm")),
        ancestry=request.ancestry,
    )


def _chosen(request: ForecastRequest) -> tuple[Model, ...]:
    if not request.models:
        found = default_models(request.drug, request.route)
        return found or _in_simulator(request)
    chosen = tuple(_named(name) for name in dict.fromkeys(request.models))
    for entry in chosen:
        usable(entry, simulator=request.simulator)
        if not entry.fits(request.drug, request.route):
            raise BadInput(*_unfit(request, entry))
    return chosen


def _in_simulator(request: ForecastRequest) -> tuple[Model, ...]:
    found = models(request.drug, request.route) if request.simulator else ()
    if not found:
        raise BadInput(*_unsupported(request))
    return found[:2]


def _unfit(request: ForecastRequest, entry: Model) -> tuple[str, str, str]:
    fitting = models(request.drug, request.route)
    others = ", ".join(other.id for other in fitting if other.suited_to != SIMULATOR)
    if not others and not _is_file(request.models[0]):
        return _unsupported(request)
    expected = f"a model of {request.drug} by {request.route}: {others or 'there is none'}"
    return "model", expected, entry.id


def _named(name: str) -> Model:
    """A model of ours by its id, or the reader's own from a file."""
    return model_from_file(name) if _is_file(name) else model(name)


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _unsupported(request: ForecastRequest) -> tuple[str, str, str]:
    drugs = sorted({drug for entry in all_models() for drug in entry.drugs})
    if request.drug not in drugs:
        return "drug", f"one of {', '.join(drugs)}", request.drug
    routes = sorted(
        {
            route
            for entry in all_models()
            for route in entry.routes
            if entry.fits(request.drug, route)
        }
    )
    expected = f"one of {', '.join(routes)}, the routes of {request.drug} with a model"
    why = why_no_model(request.drug, request.route)
    return "route", f"{expected} ({why})" if why else expected, request.route
