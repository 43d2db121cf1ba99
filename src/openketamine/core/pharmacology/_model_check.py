"""Refuses a model that could not be solved: a name that is nowhere, a rate given as a volume."""

from collections.abc import Iterable
from decimal import Decimal

from openketamine.core.pharmacology._model import Model, Parameter
from openketamine.core.quantities import Quantity
from openketamine.knowledge import KnowledgeError

_UNITS = {
    "volume": ("L", "L/kg"),
    "clearance": ("L/min", "L/min/kg"),
    "rate": ("/min",),
    "time": ("min",),
    "share": ("1",),
}
# Beyond these a number lost or gained its zeros; and a float would run out of digits.
_SIZES = (1e-9, 1e9)
_WEIGHTS_KG = (0.2, 1000.0)


def check_model(found: Model) -> None:
    """KnowledgeError where a part of the file refers to a number that is not there or not of
    its kind."""
    low, high = _WEIGHTS_KG
    if not low <= found.reference_weight_kg <= high:
        raise KnowledgeError(f"{found.id}: reference_weight_kg: expected {low:g} to {high:g}")
    own = named_parameters(found)
    # Rate constants stand for these, so a covariate or a random effect may be on them.
    implied = {"CL", *(f"{sign}{n}" for n in range(1, found.compartments + 1) for sign in "VQ")}
    for where, name, kind in _referred(found):
        if name not in own and not (kind == "any" and name in implied):
            raise KnowledgeError(f"{found.id}: {where}: there is no parameter {name!r}")
        if kind != "any":
            _check_kind(found, where, own[name], kind)
    for number in own.values():
        if not _SIZES[0] <= number.value <= _SIZES[1]:
            raise KnowledgeError(f"{found.id}: {number.name}: {number.value:g} cannot be meant")
    if set(found.routes) - {"iv"} != {way.route for way in found.absorption}:
        raise KnowledgeError(f"{found.id}: routes: each but iv needs an entry under absorption")


def named_parameters(found: Model) -> dict[str, Parameter]:
    """Every number of a model by its name, from all its parts."""
    parts = [found.parameters, *(way.parameters for way in found.absorption)]
    parts += [product.parameters for product in found.metabolites]
    if found.effect_site is not None:
        parts.append((found.effect_site.ke0,))
    return {parameter.name: parameter for part in parts for parameter in part}


def _check_kind(found: Model, where: str, number: Parameter, kind: str) -> None:
    if kind == "share" or number.unit == "1":
        fits = kind == "share" and number.unit == "1"
    else:
        dimension = Quantity(Decimal(1), number.unit).dimension
        fits = any(dimension == Quantity(Decimal(1), unit).dimension for unit in _UNITS[kind])
    if not fits:
        raise KnowledgeError(
            f"{found.id}: {where}: {number.name} is used as a {kind}, its unit is {number.unit}"
        )


def _referred(found: Model) -> Iterable[tuple[str, str, str]]:
    """Each name that a part of the file refers to: where, which, and what it is used as."""
    kinds = {"V": "volume", "C": "clearance", "Q": "clearance", "k": "rate"}
    yield from (("parameters", n.name, kinds[n.name[0]]) for n in found.parameters)
    if found.effect_site is not None:
        yield "effect_site", found.effect_site.ke0.name, "rate"
    yield from _of_absorption(found)
    for product in found.metabolites:
        where = f"metabolites.{product.name}"
        yield from ((where, name, "volume") for name in product.volumes)
        yield from ((where, name, "clearance") for name in product.clearances)
        if product.share is not None:
            yield where, product.share, "share"
        if product.delay is not None:
            yield where, product.delay.mean_time, "time"
    yield from (("covariates", covariate.on, "any") for covariate in found.covariates)
    if found.variability is not None:
        yield from (("variability", name, "any") for name in found.variability.names)


def _of_absorption(found: Model) -> Iterable[tuple[str, str, str]]:
    for way in found.absorption:
        where = f"absorption.{way.route}"
        if way.devices is not None:
            yield from ((where, name, "share") for name in (way.devices.share, way.devices.effect))
        for path in way.paths:
            yield from ((where, share.removeprefix("not "), "share") for share in path.share)
            yield where, path.first_order, "rate"
            if path.zero_order is not None:
                yield where, path.zero_order, "time"
            if path.delay is not None:
                yield where, path.delay.mean_time, "time"
