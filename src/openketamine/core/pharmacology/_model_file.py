"""Reads a model from its file, and refuses one that cannot be solved."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path as File
from typing import Any

import numpy as np

from openketamine.core.findings import BadInput, Source
from openketamine.core.pharmacology._model import (
    Absorption,
    Covariate,
    Delay,
    Devices,
    EffectSite,
    Metabolite,
    Model,
    Parameter,
    Path,
    Variability,
)
from openketamine.core.pharmacology._model_check import check_model, named_parameters
from openketamine.core.quantities import Quantity
from openketamine.knowledge import Document, KnowledgeError, read, read_threshold

__all__ = ["model_from_file", "named_parameters", "read_model", "read_variability"]

# Each accepted way of writing a disposition: the names of its parameters.
_CLEARANCES = {2: ("V1", "V2", "CL", "Q2"), 3: ("V1", "V2", "V3", "CL", "Q2", "Q3")}
_MICRO = {2: ("V1", "k10", "k12", "k21"), 3: ("V1", "k10", "k12", "k13", "k21", "k31")}
_LIVER = (("V1", "V2", "V3", "Q2", "Q3", "Qh", "Vh", "kel", "kmet"),)
_SETS = {"mammillary": (*_CLEARANCES.values(), *_MICRO.values()), "hepatoportal": _LIVER}
_INNER_UNITS = ("L", "L/kg", "L/min", "L/min/kg", "/min", "min")
_PLACES = ("central", "liver", "metabolism")


def model_from_file(path: str) -> Model:
    """Your own model, from a YAML file of the same shape as ours. Raises BadInput."""
    try:
        return read_model(read(File(path)))
    except (KnowledgeError, OSError) as error:
        raise BadInput("model", f"a model file that can be used: {error}") from error
    except KeyError as error:
        raise BadInput("model", f"a model file with the field {error}", path) from error
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BadInput("model", f"a model file of the shape of ours ({error})", path) from error


def read_model(document: Document) -> Model:
    """A Model from a knowledge file; KnowledgeError where the structure is not one we can solve."""
    body = document.body
    _check_structure(document)
    found = Model(
        id=document.id,
        title=document.title,
        drugs=tuple(body["drugs"]),
        routes=tuple(body["routes"]),
        structure=body["structure"],
        site=body["site"],
        suited_to=body["suited_to"],
        rank=body["rank"],
        population=body["population"],
        reference_weight_kg=float(body["reference_weight_kg"]),
        paper=body["paper"]["id"],
        doi=body["paper"]["doi"],
        parameters=_parameters(document.id, body["parameters"]),
        effect_site=_effect_site(document.id, body["effect_site"]),
        conflicts=tuple(body["conflicts"]),
        caveats=tuple(body["caveats"]),
        absorption=_absorption(document),
        metabolites=tuple(_metabolite(document.id, node) for node in body.get("metabolites", ())),
        covariates=tuple(_covariate(node) for node in body.get("covariates", ())),
        variability=read_variability(body.get("variability")),
        residual_sd=_residual(body.get("residual_error")),
        site_status=str(body.get("site_status", "verified_text")),
    )
    check_model(found)
    return found


def _check_structure(document: Document) -> None:
    structure = document.body["structure"]
    if structure not in _SETS:
        expected = " or ".join(_SETS)
        raise KnowledgeError(f"{document.id}: structure: expected {expected}, got {structure!r}")
    names = set(document.body["parameters"])
    if names not in [set(known) for known in _SETS[structure]]:
        listed = ", ".join(document.body["parameters"])
        raise KnowledgeError(f"{document.id}: parameters: {listed} is no set that we know")


def _absorption(document: Document) -> tuple[Absorption, ...]:
    ways = document.body.get("absorption", {})
    return tuple(_way(document, route, node) for route, node in ways.items())


def _way(document: Document, route: str, node: Mapping[str, Any]) -> Absorption:
    return Absorption(
        route=route,
        drugs=tuple(node.get("drugs", document.body["drugs"])),
        rank=node["rank"],
        provisional=node["provisional"],
        devices=_devices(document, node.get("devices")),
        parameters=_parameters(document.id, node["parameters"]),
        paths=tuple(_path(document.id, path) for path in node["paths"]),
    )


def _devices(document: Document, node: Mapping[str, Any] | None) -> Devices | None:
    if node is None:
        return None
    together = read_threshold(node["together"])
    if together.unit != "min":
        raise KnowledgeError(f"{document.id}: together: expected min, got {together.unit}")
    return Devices(float(node["mass_mg"]), node["share"], node["effect"], together)


def _path(model_id: str, node: Mapping[str, Any]) -> Path:
    if node["into"] not in _PLACES:
        expected = ", ".join(_PLACES)
        raise KnowledgeError(f"{model_id}: into: expected one of {expected}, got {node['into']!r}")
    return Path(
        into=node["into"],
        share=tuple(node["share"]),
        zero_order=node.get("zero_order"),
        first_order=node["first_order"],
        delay=_delay(node.get("delay")),
    )


def _delay(node: Mapping[str, Any] | None) -> Delay | None:
    return None if node is None else Delay(node["mean_time"], int(node["steps"]))


def _metabolite(model_id: str, node: Mapping[str, Any]) -> Metabolite:
    ratio = node["mass_ratio"]
    return Metabolite(
        name=node["name"],
        share=node["share"],
        delay=_delay(node["delay"]),
        mass_ratio=1.0 if ratio is None else float(ratio["value"]),
        mass_ratio_status="exact" if ratio is None else ratio["status"],
        volumes=tuple(node["volumes"]),
        clearances=tuple(node["clearances"]),
        parameters=_parameters(model_id, node["parameters"]),
    )


def _covariate(node: Mapping[str, Any]) -> Covariate:
    adds, times = node.get("each_adds"), node.get("times")
    return Covariate(
        on=node["on"],
        of=node["of"],
        above=float(node.get("above", 0)),
        each_adds=0.0 if adds is None else _inner(adds)[0],
        equals=tuple(node.get("is", ())),
        times=1.0 if times is None else float(times["value"]),
        status=(times or adds or {})["status"],
    )


def read_variability(node: Mapping[str, Any] | None) -> Variability | None:
    """Random effects from their node; a correlation that is not named is none."""
    if node is None:
        return None
    effects = node["effects"]
    names = tuple(effects)
    correlation = np.eye(len(names))
    for entry in node["correlations"]:
        one, other = (names.index(name) for name in entry["between"])
        correlation[one, other] = correlation[other, one] = entry["value"]
    spread = np.sqrt([_variance(effect) for effect in effects.values()])
    return Variability(
        label=node["label"],
        names=names,
        logit=tuple(effect["scale"] == "logit_sd" for effect in effects.values()),
        covariance=correlation * np.outer(spread, spread),
        statuses=(
            *((name, effect["status"]) for name, effect in effects.items()),
            *((" with ".join(one["between"]), one["status"]) for one in node["correlations"]),
        ),
    )


def _variance(effect: Mapping[str, Any]) -> float:
    value = float(effect["value"])
    if effect["scale"] == "cv_percent":
        return float(np.log1p((value / 100) ** 2))
    if effect["scale"] == "logit_sd":
        return value**2
    if effect["scale"] != "variance":
        raise KnowledgeError(f"variability: scale: got {effect['scale']!r}")
    return value


def _residual(node: Mapping[str, Any] | None) -> float | None:
    return None if node is None else float(node["relative_sd"]["value"])


def _effect_site(model_id: str, node: Mapping[str, Any] | None) -> EffectSite | None:
    if node is None:
        return None
    return EffectSite(node["effect"], _parameter(model_id, "ke0", node["ke0"]))


def _parameters(model_id: str, nodes: Mapping[str, Any]) -> tuple[Parameter, ...]:
    return tuple(_parameter(model_id, name, node) for name, node in nodes.items())


def _parameter(model_id: str, name: str, node: Mapping[str, Any]) -> Parameter:
    try:
        value, unit = _inner(node)
    except (KnowledgeError, OSError) as error:
        raise KnowledgeError(f"{model_id}: {name}: {error}") from None
    if value <= 0:
        raise KnowledgeError(f"{model_id}: {name}: expected more than 0, got {value}")
    return Parameter(
        name=name,
        written=str(node["value"]),
        unit=node["unit"],
        value=value,
        per_kg=unit.endswith("/kg"),
        weight_exponent=float(node.get("weight_exponent", 0)),
        status=node["status"],
        sources=tuple(Source(cited["id"], cited.get("where", "")) for cited in node["sources"]),
        evidence=node["evidence"],
    )


def _inner(node: Mapping[str, Any]) -> tuple[float, str]:
    """The value in litres and minutes, and which of our units it is in."""
    if node["unit"] == "1":
        return float(node["value"]), "1"
    given = Quantity(Decimal(str(node["value"])), node["unit"])
    for unit in _INNER_UNITS:
        if Quantity(Decimal(1), unit).dimension == given.dimension:
            return float(given.in_unit(unit)), unit
    raise KnowledgeError(f"unit {node['unit']!r} is no volume, clearance, rate, time or share")
