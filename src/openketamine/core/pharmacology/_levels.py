"""Concentrations of people by any model: the quick solution where it holds, or the general one."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._cascade import amounts
from openketamine.core.pharmacology._compartments import CENTRAL, SITE, compartments, inflows
from openketamine.core.pharmacology._disposition import disposition_of
from openketamine.core.pharmacology._model import Model
from openketamine.core.pharmacology._people import Floats, Values
from openketamine.core.pharmacology._regimen import Dose, Regimen, routes
from openketamine.core.pharmacology._solution import NG_PER_ML_IN_MG_PER_L, solve

Want = Literal["plasma", "site", "all"]


@dataclass(frozen=True)
class PeoplesLevels:
    """Concentrations in ng/mL, one row a person and one column a time; metabolites by name."""

    plasma: Floats
    effect_site: Floats | None
    metabolites: tuple[tuple[str, Floats], ...]


def levels(
    model: Model, values: Values, regimen: Regimen, time_min: Floats, want: Want = "all"
) -> PeoplesLevels:
    """What these people (from `person` or `individuals`) have in the blood at each time."""
    with_metabolites = want == "all" and bool(model.metabolites)
    by_vein = [entry for entry in regimen if not isinstance(entry, Dose)]
    if model.structure == "mammillary" and len(by_vein) == len(regimen) and not with_metabolites:
        found = solve(disposition_of(model, values, with_site=want != "plasma"), by_vein, time_min)
        return PeoplesLevels(found.plasma, found.effect_site, ())
    return _general(model, values, regimen, time_min, want)


def _general(
    model: Model, values: Values, regimen: Regimen, time_min: Floats, want: Want
) -> PeoplesLevels:
    if set(routes(regimen)) - set(model.routes):
        raise BadInput(
            "route", f"{', '.join(model.routes)}, the routes of {model.id}", routes(regimen)[0]
        )
    products = model.metabolites if want == "all" else ()
    system = compartments(
        model,
        values,
        routes(regimen),
        with_metabolites=bool(products),
        with_site=want != "plasma",
    )
    sizes = {CENTRAL: values["V1"]} | {one.name: values[one.volumes[0]] for one in products}
    if SITE in system.places:
        sizes[SITE] = np.ones_like(values["V1"])
    rows = [system.places[name] for name in sizes]
    entering = inflows(model, values, regimen, system.places)
    masses = amounts(system, entering, time_min, rows)
    volumes = np.stack(list(sizes.values()), axis=1)[:, :, None]
    found = dict(
        zip(sizes, np.moveaxis(masses / volumes * NG_PER_ML_IN_MG_PER_L, 1, 0), strict=True)
    )
    named = tuple((one.name, found[one.name]) for one in products)
    return PeoplesLevels(found[CENTRAL], found.get(SITE), named)
