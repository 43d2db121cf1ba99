"""The page that says how far each model is from what was measured, failures included."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from openketamine.core.pharmacology._forecast import forecast, in_words
from openketamine.core.pharmacology._gaps import papers_without_numbers, routes_without_model
from openketamine.core.pharmacology._model import PUBLISHED, Model, all_models
from openketamine.core.pharmacology._model_file import named_parameters
from openketamine.core.pharmacology._people import variability
from openketamine.core.pharmacology._regimen import ROUTE_WORDS, Segment
from openketamine.core.pharmacology._validity_routes import other_routes, signed, table
from openketamine.knowledge import Threshold, document, read_threshold


def pharmacokinetics_page() -> str:
    """The text of docs/reference/pharmacokinetics.md, made from the knowledge files."""
    body = document("pharmacokinetics/observations", "infusions").body
    other = document("pharmacokinetics/observations", "other_routes").body
    agreement = read_threshold(body["agreement"])
    used = tuple(entry for entry in all_models() if "iv" in entry.routes)
    lines = [
        "# Pharmacokinetic models",
        "",
        "This page is generated from the knowledge files; do not edit it.",
        "",
        "## How far each model is from what was measured",
        "",
        _how_to_read(agreement),
        "",
        *table(["observed", *(entry.name for entry in used)], _rows(body, used, agreement)),
        "",
        "What to doubt about the observations:",
        "",
        *(f"- {seen['about']} ({_cited(seen)}): {seen['doubt']}." for seen in body["observations"]),
        "",
        *other_routes(other, agreement),
        *_gaps(),
        "## The models",
        "",
        *(line for entry in all_models() for line in _about(entry)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _gaps() -> Iterable[str]:
    yield "## What no model here stands for"
    yield ""
    yield "Routes that are refused, each with this reason:"
    yield ""
    for route in routes_without_model():
        yield f"- {route['drug']} {ROUTE_WORDS[route['route']]}: {route['why']} ({_ids(route)})."
    yield ""
    yield "Published models that are not implementable, because their numbers were not retrieved:"
    yield ""
    for paper in papers_without_numbers():
        yield f"- {paper['title']} ({paper['about']}): {paper['why']} ({_ids(paper)})."
    yield ""


def _ids(node: Mapping[str, Any]) -> str:
    return ", ".join(cited["id"] for cited in node["sources"])


def _how_to_read(agreement: Threshold) -> str:
    return (
        "Each number is how much the model's typical curve lies above (+) or below (−) the "
        "observation. With several times it is the median, and in brackets the median size. "
        f"Within {agreement.value} % we say that a model agrees. “Other drug” marks S-ketamine "
        "held against a model of the racemate, or the other way round."
    )


def errors_percent(seen: Mapping[str, Any], used: Model) -> tuple[float, ...]:
    """Prediction over observation less one, in per cent, at each observed time."""
    observed = seen["observed"]
    levels = _predicted(seen, used)
    pairs = zip(levels, observed["value"], strict=True)
    return tuple(100 * (level / float(measured) - 1) for level, measured in pairs)


def _predicted(seen: Mapping[str, Any], used: Model) -> tuple[float, ...]:
    given = seen["given"]
    infusion = Segment(0, given["over_min"], given["mass_mg"] / given["over_min"])
    times = [float(minute) for minute in seen["observed"]["time_min"]]
    (curve,) = forecast((infusion,), given["weight_kg"], [used.id], times, simulator=True)
    named = dict(curve.metabolites_ng_per_ml)
    return named[_of(seen)] if _of(seen) else curve.plasma_ng_per_ml


def _of(seen: Mapping[str, Any]) -> str:
    """The metabolite that was measured; empty for the drug itself."""
    return str(seen["observed"].get("of", ""))


def _rows(
    body: Mapping[str, Any], used: Sequence[Model], agreement: Threshold
) -> Iterable[list[str]]:
    for seen in body["observations"]:
        yield [
            f"{seen['about']}; {seen['site']}",
            *(_verdict(seen, entry, agreement) for entry in used),
        ]


def _verdict(seen: Mapping[str, Any], used: Model, agreement: Threshold) -> str:
    if _of(seen) and _of(seen) not in {one.name for one in used.metabolites}:
        return "has none"
    other = "" if seen["drug"] in used.drugs else ", other drug"
    if seen["observed"].get("is") == "range":
        return _in_range(seen, used) + other
    errors = errors_percent(seen, used)
    middle = float(np.median(errors))
    size = float(np.median(np.abs(errors)))
    spread = f" ({size:.0f})" if len(errors) > 1 else ""
    direction = "too high" if middle > 0 else "too low"
    word = "agrees" if agreement.met_by(round(size, 6)) else direction
    return f"{signed(middle)} %{spread}, {word}{other}"


def _in_range(seen: Mapping[str, Any], used: Model) -> str:
    low, high = seen["observed"]["value"]
    (level,) = _predicted(seen, used)
    word = "inside" if low <= level <= high else "above" if level > high else "below"
    return f"{level:.0f} ng/mL, {word} {low} to {high}"


def _cited(seen: Mapping[str, Any]) -> str:
    return ", ".join(f"{cited['id']}, {cited['where']}" for cited in seen["observed"]["sources"])


def _about(entry: Model) -> Iterable[str]:
    yield f"### {entry.name}"
    yield ""
    yield (
        f"`{entry.id}`, {' and '.join(entry.drugs)} by {', '.join(entry.routes)}. "
        f"Suited to: {entry.suited_to}. Built from: {entry.population}. "
        f"Paper: {entry.citations[0]}."
    )
    yield ""
    yield from table(["", "value", "with weight", "status", "from"], _numbers(entry))
    yield ""
    yield f"- How people differ: {_differences(entry)}."
    if entry.residual_sd is not None:
        yield f"- Scatter of one sample: {100 * entry.residual_sd:.3g} %."
    for covariate in entry.covariates:
        trait = covariate.of.removesuffix("_years")
        yield f"- {covariate.on} changes with {trait} ({covariate.status})."
    if entry.site_status not in PUBLISHED:
        yield f"- That its blood was {entry.site}: {in_words(entry.site_status)}."
    for conflict in entry.conflicts:
        yield f"- Sources disagree about {conflict['about']}: {conflict['why']}."
    yield from (f"- {caveat}" for caveat in entry.caveats)
    yield ""


def _differences(entry: Model) -> str:
    """Each random effect as its coefficient of variation, and how far it was verified."""
    spread = variability(entry)
    own = spread.label if entry.variability else f"{spread.label}, borrowed"
    statuses = dict(spread.statuses)
    effects = ", ".join(
        f"{name} {_spread(float(spread.covariance[place, place]), logit=spread.logit[place])}"
        f" ({statuses[name]})"
        for place, name in enumerate(spread.names)
    )
    pairs = [name for name, _ in spread.statuses if " with " in name]
    together = f"; correlated: {', '.join(pairs)}" if pairs else ""
    return f"{own}: {effects}{together}"


def _spread(variance: float, *, logit: bool) -> str:
    if logit:
        return f"SD {variance**0.5:.3g} on the logit"
    return f"{100 * np.expm1(variance) ** 0.5:.3g} %"


def _numbers(entry: Model) -> Iterable[list[str]]:
    for number in named_parameters(entry).values():
        scaling = "per kg" if number.per_kg else f"(kg/70)^{number.weight_exponent:g}"
        yield [
            number.name,
            f"{number.written} {number.unit}",
            "none" if not number.per_kg and number.weight_exponent == 0 else scaling,
            f"{number.status}, {number.evidence}",
            "; ".join(f"{cited.id}, {cited.where}" for cited in number.sources),
        ]
