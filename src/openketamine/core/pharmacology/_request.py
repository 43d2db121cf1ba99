"""A forecast asked for in words: `0.5 mg/kg` over `40 min` for 70 kg. Pure; the door of the CLI."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._band import Band, band
from openketamine.core.pharmacology._chart import forecast_svg
from openketamine.core.pharmacology._forecast import Curve, forecast
from openketamine.core.pharmacology._landmarks import landmarks
from openketamine.core.pharmacology._model import Model, all_models, default_models, model, models
from openketamine.core.pharmacology._regimen import Bolus, Segment
from openketamine.core.quantities import Quantity, QuantityError, parse

_MOST_POINTS = 200_000
_MOST_PEOPLE = 100_000


@dataclass(frozen=True)
class ForecastRequest:
    """The words of one request, as typed.

    `dose`, `over` and `at` are in the same order. One `over` serves every dose; without `over` a
    dose is a bolus; without `at` a single dose starts at 0. A dose may be a rate (`0.5 mg/kg/h`).
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


@dataclass(frozen=True)
class Foresight:
    """The answer: curves, band (None where no people were asked for) and warnings."""

    drug: str
    curves: tuple[Curve, ...]
    band: Band | None
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {
            "curves": [curve.as_json() for curve in self.curves],
            "band": None if self.band is None else self.band.as_json(),
            "warnings": list(self.warnings),
        }

    def as_csv(self) -> str:
        """One row a time: each model's plasma, and the band where there is one."""
        columns = {f"{c.model}_plasma_ng_per_ml": c.plasma_ng_per_ml for c in self.curves}
        for curve in self.curves:
            if curve.effect_site_ng_per_ml is not None:
                columns[f"{curve.model}_effect_site_ng_per_ml"] = curve.effect_site_ng_per_ml
        if self.band is not None:
            for name in ("p5", "p50", "p95"):
                columns[f"band_{name}_ng_per_ml"] = getattr(self.band, name)
        page = io.StringIO()
        rows = csv.writer(page, lineterminator="\n")
        rows.writerow(["time_min", *columns])
        rows.writerows(zip(self.curves[0].time_min, *columns.values(), strict=True))
        return page.getvalue()

    def as_svg(self) -> str:
        """The picture; BadInput without a band, because one line would pass for the truth."""
        if self.band is None:
            raise BadInput("people", "some people: a picture is never drawn without its band")
        return forecast_svg(self.curves, self.band, now_min=None, drug=self.drug)


def forecast_as_json(request: ForecastRequest) -> dict[str, Any]:
    """`foresee`, as the JSON of the contract."""
    return foresee(request).as_json()


def foresee(request: ForecastRequest) -> Foresight:
    """Curves and band for a request in words. Raises BadInput with one sentence."""
    weight_kg = _weight(request.weight)
    chosen = _chosen(request)
    times = _grid(request.every, request.until)
    regimen = _regimen(request, weight_kg, Decimal(str(times[-1])))
    _refuse_what_is_not_built(request)
    curves = forecast(regimen, float(weight_kg), [entry.id for entry in chosen], times)
    spread = None
    if request.people:
        ids = [entry.id for entry in _for_band(request, chosen)]
        _within("people", request.people, _MOST_PEOPLE)
        spread = band(regimen, float(weight_kg), ids, times, request.people, request.seed)
    return Foresight(request.drug, curves, spread, _warnings(request, chosen, curves, spread))


def _weight(text: str | None) -> Decimal:
    if text is None or not text.strip():
        raise BadInput("weight", "the body weight in kg: dose and models depend on it")
    bare = text.strip()
    if re.fullmatch(r"[+-]?[0-9]+([.][0-9]+)?", bare):
        bare = f"{bare} kg"
    weight = _quantity("weight", bare, "kg").in_unit("kg")
    if weight <= 0:
        raise BadInput("weight", "more than 0 kg", text)
    return weight


def _chosen(request: ForecastRequest) -> tuple[Model, ...]:
    usable = models(request.drug, request.route)
    if not usable:
        raise BadInput(*_unsupported(request))
    if not request.models:
        return default_models(request.drug, request.route) or usable[:2]
    chosen = tuple(model(name) for name in dict.fromkeys(request.models))
    for entry in chosen:
        if entry not in usable:
            ids = ", ".join(other.id for other in usable)
            expected = f"a model of {request.drug} by {request.route}: {ids}"
            raise BadInput("model", expected, entry.id)
    return chosen


def _unsupported(request: ForecastRequest) -> tuple[str, str, str]:
    drugs = sorted({drug for entry in all_models() for drug in entry.drugs})
    if request.drug not in drugs:
        return "drug", f"one of {', '.join(drugs)}", request.drug
    routes = sorted(
        {r for entry in all_models() if request.drug in entry.drugs for r in entry.routes}
    )
    return "route", f"{', '.join(routes)}, the only route with a model so far", request.route


def _for_band(request: ForecastRequest, chosen: tuple[Model, ...]) -> tuple[Model, ...]:
    """One chosen model is joined by a default one, so that the band holds their disagreement."""
    if len(chosen) > 1:
        return chosen
    others = [m for m in default_models(request.drug, request.route) if m not in chosen]
    return (*chosen, *others[:1])


def _grid(every: str, until: str) -> tuple[float, ...]:
    step, last = _minutes("every", every), _minutes("until", until)
    if step <= 0 or last < step:
        raise BadInput("every", f"more than 0 and not more than until ({until})", every)
    count = int(last / step)
    if count >= _MOST_POINTS:
        raise BadInput("every", f"a step that gives fewer than {_MOST_POINTS:,} points", every)
    return tuple(float(step * place) for place in range(count + 1))


def _regimen(
    request: ForecastRequest, weight_kg: Decimal, last_min: Decimal
) -> tuple[Segment | Bolus, ...]:
    count = len(request.dose)
    if count == 0:
        raise BadInput("dose", "an amount such as 0.5 mg/kg")
    over = _one_each("over", request.over, count, "0 min")
    at = _one_each("at", request.at, count, "0 min" if count == 1 else None)
    entries = [
        _entry(dose, length, start, weight_kg)
        for dose, length, start in zip(request.dose, over, at, strict=True)
    ]
    _refuse_impossible_times(entries, last_min)
    return tuple(entries)


def _one_each(field: str, given: tuple[str, ...], count: int, missing: str | None) -> Sequence[str]:
    """One word a dose. A mismatch is never guessed at: a shifted column is a wrong dose."""
    if not given and missing is not None:
        return [missing] * count
    if len(given) == 1 and field == "over":
        return list(given) * count
    if len(given) != count:
        raise BadInput(field, f"one for each of the {count} doses", len(given))
    return given


def _entry(dose: str, over: str, at: str, weight_kg: Decimal) -> Segment | Bolus:
    start, length = _minutes("at", at), _minutes("over", over)
    if length < 0:
        raise BadInput("over", "a time that is not negative", over)
    mass = _mass_mg(dose, length, weight_kg)
    if length == 0:
        return Bolus(float(start), float(mass))
    return Segment(float(start), float(start + length), float(mass / length))


def _mass_mg(dose: str, length_min: Decimal, weight_kg: Decimal) -> Decimal:
    amount = _quantity("dose", dose)
    if amount.amount < 0:
        raise BadInput("dose", "an amount that is not negative", dose)
    ways = {
        "mg": Decimal(1),
        "mg/kg": weight_kg,
        "mg/min": length_min,
        "mg/kg/min": weight_kg * length_min,
    }
    for unit, factor in ways.items():
        if amount.dimension == Quantity(Decimal(1), unit).dimension:
            if unit.endswith("/min") and length_min == 0:
                raise BadInput("over", f"how long the rate {dose} runs")
            return amount.in_unit(unit) * factor
    raise BadInput("dose", "a mass such as 35 mg or 0.5 mg/kg, or a rate such as 0.5 mg/kg/h", dose)


def _refuse_impossible_times(entries: Sequence[Segment | Bolus], last_min: Decimal) -> None:
    for entry in entries:
        start = entry.at_min if isinstance(entry, Bolus) else entry.start_min
        if not 0 <= start <= last_min:
            raise BadInput("at", f"a time from 0 to until ({last_min:g} min)", f"{start:g} min")
    infusions = sorted((e for e in entries if isinstance(e, Segment)), key=lambda e: e.start_min)
    for earlier, later in itertools.pairwise(infusions):
        if later.start_min < earlier.end_min - 1e-9:
            expected = f"infusions one after the other: one runs until {earlier.end_min:g} min"
            raise BadInput("at", expected, f"{later.start_min:g} min")


def _refuse_what_is_not_built(request: ForecastRequest) -> None:
    if request.with_inhibitor is not None:
        expected = "nothing: no interaction changes a level here yet"
        raise BadInput("with-inhibitor", expected, request.with_inhibitor)


def _warnings(
    request: ForecastRequest,
    chosen: tuple[Model, ...],
    curves: tuple[Curve, ...],
    spread: Band | None,
) -> tuple[str, ...]:
    said = [_not_for_outpatients(entry) for entry in chosen if entry.suited_to != "outpatients"]
    if len(chosen) == 1 or spread is None:
        said.append("One line is not the truth: look at more than one model, and at the band.")
    if request.age or request.sex or request.height:
        said.append("No model here uses age, sex or height; only weight changed the answer.")
    if request.age and _years(request.age) < 18:
        said.append("The models were built from adults; for a child they may be far off.")
    return (*said, *_deep(request.drug, curves))


def _deep(drug: str, curves: tuple[Curve, ...]) -> Iterable[str]:
    """A dose ten times too high shows itself here."""
    highest = max(curve.peak.ng_per_ml for curve in curves)
    for mark in landmarks(drug):
        if mark.effect == "anaesthesia" and highest >= mark.from_ng_per_ml:
            seen = f"{mark.from_ng_per_ml:,.0f} ng/mL and above was seen in {mark.effect}"
            yield f"The curves reach {highest:,.0f} ng/mL: {seen} ({mark.source.id})."


def _not_for_outpatients(entry: Model) -> str:
    if entry.suited_to == "comparison":
        return f"{entry.name}: kept for comparison. {entry.caveats[0]}"
    return f"{entry.name}: {entry.caveats[0]}"


def _years(text: str) -> Decimal:
    if not text.strip().replace(".", "", 1).isdigit():
        raise BadInput("age", "a number of years", text)
    return Decimal(text.strip())


def _minutes(field: str, text: str) -> Decimal:
    return _quantity(field, text, "min").in_unit("min")


def _quantity(field: str, text: str, like: str | None = None) -> Quantity:
    try:
        return parse(text, like=like, field=field)
    except QuantityError:
        example = {"kg": "70 kg", "min": "40 min", None: "0.5 mg/kg"}[like]
        raise BadInput(field, f"a number and a unit such as {example}", text) from None


def _within(field: str, count: int, most: int) -> None:
    if count < 0 or count > most:
        raise BadInput(field, f"a number from 0 to {most:,}", count)
