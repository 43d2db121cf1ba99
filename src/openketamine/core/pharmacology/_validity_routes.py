"""The part of the validity page about peaks, areas and times: one line a number and a model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from openketamine.core.pharmacology._forecast import Curve, forecast
from openketamine.core.pharmacology._model import Model, models
from openketamine.core.pharmacology._nca import analyse
from openketamine.core.pharmacology._people import Traits
from openketamine.core.pharmacology._regimen import Bolus, Dose, Regimen, Segment
from openketamine.knowledge import Threshold

_UNITS = {
    "cmax": "ng/mL", "auc": "ng·h/mL", "tmax": "min", "half_life": "h", "clearance": "mL/min/kg",
}  # fmt: skip
_WORDS = {
    "cmax": "highest level", "auc": "area", "tmax": "time of the highest level",
    "half_life": "half-life", "clearance": "clearance",
}  # fmt: skip


def other_routes(body: Mapping[str, Any], agreement: Threshold) -> Iterable[str]:
    """The section as lines of Markdown."""
    yield "## Peaks, areas and times"
    yield ""
    head = ["observed", "what", "seen", "model", "predicted", "error"]
    yield from table(head, _rows(body, agreement))
    yield ""
    yield "What to doubt about them:"
    yield ""
    yield from (f"- {seen['about']}: {seen['doubt']}." for seen in body["observations"])
    yield ""
    yield "Read, and held against nothing:"
    yield ""
    yield from (f"- {left['seen']}: {left['why']}." for left in body["not_compared"])
    yield ""


def _rows(body: Mapping[str, Any], agreement: Threshold) -> Iterable[list[str]]:
    for seen in body["observations"]:
        for used in models(seen["drug"], seen["given"]["route"]):
            curve = _curve(seen, used)
            for observed in (one for one in seen["observed"] if _has(used, one)):
                value = predicted(seen, observed, curve)
                named = f"{observed['of']}, " if "of" in observed else ""
                what = f"{named}{_WORDS[observed['what']]}"
                shown = [_shown(observed), used.title, _number(value)]
                yield [seen["about"], what, *shown, verdict(observed, value, agreement)]


def _has(used: Model, observed: Mapping[str, Any]) -> bool:
    return "of" not in observed or observed["of"] in {one.name for one in used.metabolites}


def _curve(seen: Mapping[str, Any], used: Model) -> Curve:
    given = seen["given"]
    # To the end of the slowest half-life; a quarter of a minute finds every peak of these.
    times = np.concatenate(
        [np.arange(0, 120, 0.25), np.arange(120, 1440, 5.0), np.arange(1440, 20_000, 60.0)]
    )
    traits = Traits(**seen.get("traits", {}))
    (curve,) = forecast(
        _regimen(given), given["weight_kg"], [used], times.tolist(), traits=traits, simulator=True
    )
    return curve


def _regimen(given: Mapping[str, Any]) -> Regimen:
    doses = list(zip(given["mass_mg"], given["at_min"], strict=True))
    if given["route"] != "iv":
        return tuple(Dose(float(at), float(mass), given["route"]) for mass, at in doses)
    if "over_min" in given:
        length = given["over_min"]
        return tuple(Segment(at, at + length, mass / length) for mass, at in doses)
    return tuple(Bolus(float(at), float(mass)) for mass, at in doses)


def predicted(seen: Mapping[str, Any], observed: Mapping[str, Any], curve: Curve) -> float:
    """The same number from the model's typical curve, in the observation's unit."""
    named = {"": curve.plasma_ng_per_ml, **dict(curve.metabolites_ng_per_ml)}
    levels = named[observed.get("of", "")]
    last_min = 60 * observed.get("until_h", 20_000)
    count = sum(time <= last_min for time in curve.time_min)
    found = analyse(curve.time_min[:count], levels[:count], sum(seen["given"]["mass_mg"]))
    per_kg = 1000 / seen["given"]["weight_kg"]
    values: dict[str, float] = {
        "cmax": found.cmax_ng_per_ml,
        "auc": found.auc_to_last_ng_min_per_ml / 60,
        "tmax": found.tmax_min,
        "half_life": (found.half_life_min or 0) / 60,
        "clearance": (found.clearance_l_per_min or 0) * per_kg,
    }
    return values[observed["what"]]


def verdict(observed: Mapping[str, Any], value: float, agreement: Threshold) -> str:
    """How far off, in words; for a range, whether it lies inside."""
    if observed.get("range"):
        low, high = observed["value"]
        return "inside" if low <= value <= high else "above" if value > high else "below"
    error = 100 * (value / float(observed["value"]) - 1)
    if agreement.met_by(round(abs(error), 6)):
        return f"{signed(error)} %, agrees"
    return f"{signed(error)} %, too {'high' if error > 0 else 'low'}"


def _shown(observed: Mapping[str, Any]) -> str:
    value = observed["value"]
    shown = f"{value[0]} to {value[1]}" if observed.get("range") else f"{value}"
    return f"{shown} {_UNITS[observed['what']]} ({observed['sources'][0]['id']})"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def signed(percent: float) -> str:
    """Whole per cent with a sign, as print has it."""
    return f"{percent:+.0f}".replace("-", "−")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """Lines of a Markdown table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
