"""People: every parameter of a model as one row of numbers, a number a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._model import Covariate, Model, Variability
from openketamine.core.pharmacology._model_file import named_parameters, read_variability
from openketamine.knowledge import document

Floats = npt.NDArray[np.float64]
Values = Mapping[str, Floats]


@dataclass(frozen=True)
class Traits:
    """What is known of a person beside the weight; None is not known, and never taken for a value.

    `ancestry` is asian, japanese or other: one model differs by it.
    """

    age_years: float | None = None
    sex: str | None = None
    height_cm: float | None = None
    ancestry: str | None = None

    def __post_init__(self) -> None:
        if self.age_years is not None and not 0 <= self.age_years <= 130:
            raise BadInput("age", "a number of years from 0 to 130", self.age_years)
        if self.height_cm is not None and not 30 <= self.height_cm <= 260:
            raise BadInput("height", "a height from 30 to 260 cm", self.height_cm)
        for field, known in (
            ("sex", ("female", "male")),
            ("ancestry", ("asian", "japanese", "other")),
        ):
            value = getattr(self, field)
            if value is not None and value not in known:
                raise BadInput(field, " or ".join(known), value)


NOBODY = Traits()


def typical(model: Model, weight_kg: float | Floats, traits: Traits = NOBODY) -> dict[str, Floats]:
    """The typical person of each weight: volumes (L), clearances (L/min), times and rates (min)."""
    if not (np.greater(weight_kg, 0) & np.isfinite(weight_kg)).all():
        raise BadInput("weight_kg", "a body weight above 0 kg", weight_kg)
    reference = model.reference_weight_kg
    numbers = named_parameters(model)
    values: dict[str, Any] = {name: p.at(weight_kg, reference) for name, p in numbers.items()}
    for covariate in model.covariates:
        values[covariate.on] += _added(covariate, traits)
    values |= _clearances(model, values)
    return {name: np.atleast_1d(np.asarray(value, dtype=float)) for name, value in values.items()}


def individuals(
    model: Model,
    weight_kg: float,
    traits: Traits,
    people: int,
    rng: "np.random.Generator",
) -> dict[str, Floats]:
    """People of this weight who differ as the model's variability says, or the surrogate."""
    everyone = typical(model, weight_kg, traits)
    spread = variability(model)
    root = np.linalg.cholesky(spread.covariance)
    drawn = rng.standard_normal((people, len(spread.names))) @ root.T
    return finished(model, moved(everyone, spread, drawn), traits)


def moved(values: Values, spread: Variability, effects: Floats) -> dict[str, Floats]:
    """Parameters with each random effect applied; a name that the model lacks is left out.

    `effects` has a row a person and a column a name of `spread`.
    """
    changed = {name: np.broadcast_to(value, (len(effects),)) for name, value in values.items()}
    for column, name in enumerate(spread.names):
        if name not in values:
            continue
        effect = effects[:, column]
        if spread.logit[column]:
            odds = values[name] / (1 - values[name])
            changed[name] = 1 / (1 + np.exp(-effect) / odds)
        else:
            changed[name] = values[name] * np.exp(effect)
    return changed


def finished(model: Model, values: Mapping[str, Floats], traits: Traits) -> dict[str, Floats]:
    """The factors of the covariates, which come after the random effects."""
    changed = dict(values)
    for covariate in model.covariates:
        if getattr(traits, covariate.of) in covariate.equals:
            raised = changed[covariate.on] * covariate.times
            shares = {p.name for way in model.absorption for p in way.parameters if p.unit == "1"}
            # A share that a factor lifts above the whole stays the whole.
            changed[covariate.on] = np.minimum(raised, 1.0) if covariate.on in shares else raised
    return changed


def person(model: Model, weight_kg: float, traits: Traits = NOBODY) -> dict[str, Floats]:
    """The typical person with these traits, ready to be solved."""
    return finished(model, typical(model, weight_kg, traits), traits)


def variability(model: Model) -> Variability:
    """The model's own differences between people, or the labelled surrogate."""
    return model.variability or surrogate()


@cache
def surrogate() -> Variability:
    """The stand-in used until a model's own variability has been transcribed."""
    found = read_variability(document("pharmacokinetics/variability", "surrogate").body)
    assert found is not None  # noqa: S101 - the file is ours
    return found


@cache
def surrogate_residual_sd() -> float:
    """Relative scatter of one blood sample where the model states none."""
    body = document("pharmacokinetics/variability", "surrogate").body
    return float(body["residual_error"]["relative_sd"]["value"])


def _added(covariate: Covariate, traits: Traits) -> float:
    value = getattr(traits, covariate.of)
    if covariate.each_adds == 0 or value is None:
        return 0.0
    return covariate.each_adds * max(0.0, float(value) - covariate.above)


def _clearances(model: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Rate constants as the volumes and clearances that they stand for."""
    if "k10" not in values:
        return {}
    central = values["V1"]
    found = {"CL": central * values["k10"]}
    for place in range(2, model.compartments + 1):
        found[f"Q{place}"] = central * values[f"k1{place}"]
        found[f"V{place}"] = found[f"Q{place}"] / values[f"k{place}1"]
    return found
