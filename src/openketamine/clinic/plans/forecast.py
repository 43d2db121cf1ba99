"""What to expect in plasma: of a plan, and of a dose that is being given.

Named models and a band, never one line; where no model was made for a drug by a route, why not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.html import format_html, format_html_join

from openketamine.clinic.plans.level_table import level_table
from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import (
    Dose,
    Interaction,
    Segment,
    Traits,
    default_models,
    forecast_notes,
    forecast_svg,
    foreseen,
    interactions_among,
    outlook,
    remainder,
    why_no_model,
)
from openketamine.knowledge import document, names

_PEOPLE, _SEED, _AFTER_MIN, _LATE_AFTER_MIN = 300, 1, 120, 360
# How protocols name a route, and how models do; the others have one name.
_ROUTES = {"nasal": "in", "oral": "po", "sublingual": "sl"}
_NO_MODEL = "no published model of this drug by this route is on file"


@dataclass(frozen=True)
class Expected:
    """A picture, the same as a table, its notes and what other medicines do; or `why_not` there is
    none.

    The notes stand beside the picture and not in it, so that they can be read on a phone.
    """

    picture: str = ""
    table: str = ""
    notes: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True)
class _Plan:
    """Of a plan, all that a level depends on."""

    drug: str
    route: str
    doses: tuple[Segment | Dose, ...]
    weight_kg: float | None
    age_years: int | None
    ingredients: frozenset[str]


def expected_levels(
    fields: Mapping[str, Any], age_years: int | None, ingredients: Iterable[str]
) -> Expected:
    """What a plan (its fields, in µg, s and g) leads to in a person of this age.

    `ingredients` of the person's medicines: a measured fold-change is drawn in.
    """
    by = _ROUTES.get(str(fields["route"]), str(fields["route"]))
    weight_kg = fields["weight_g"] / 1000 if fields["weight_g"] else None
    drug, taken = _substance(str(fields["drug"])), frozenset(ingredients)
    return _expected(_Plan(drug, by, _doses(fields, by), weight_kg, age_years, taken))


def _substance(drug: str) -> str:
    """A drug as models name it: what is kept under an id of its own is still the same substance."""
    return str(document("drugs", drug).body["name"]) if drug in names("drugs") else drug


def _doses(fields: Mapping[str, Any], by: str) -> tuple[Segment | Dose, ...]:
    """An infusion at its rate; devices one after the other; anything else at one moment."""
    dose_mg, over_min = fields["dose_ug"] / 1000, fields["over_s"] / 60
    if by == "iv":
        return (Segment(0.0, over_min, dose_mg / over_min),) if over_min else ()
    units = int((fields.get("proposal") or {}).get("units") or 1)
    if by != "in" or units < 2:
        return (Dose(0.0, dose_mg, by),)
    between = over_min / (units - 1)
    return tuple(Dose(between * number, dose_mg / units, by) for number in range(units))


# The same plan gives the same picture; drawing it costs a few tenths of a second.
@lru_cache(maxsize=64)
def _expected(plan: _Plan) -> Expected:
    models = default_models(plan.drug, plan.route)
    if not models or not plan.doses:
        return Expected(why_not=why_no_model(plan.drug, plan.route) or _NO_MODEL)
    known = interactions_among(plan.ingredients, plan.drug, plan.route)
    says, other = _with_medicines(known)
    last = max(one.end_min if isinstance(one, Segment) else one.at_min for one in plan.doses)
    # What is taken up slowly has its peak late; an infusion has it at the end.
    until = last + (_AFTER_MIN if plan.route == "iv" else _LATE_AFTER_MIN)
    try:
        seen = foreseen(
            plan.drug, plan.route, plan.doses, plan.weight_kg, models, _times(last, until),
            people=_PEOPLE, seed=_SEED, traits=Traits(age_years=plan.age_years), other=other,
        )  # fmt: skip
    except BadInput as refused:
        return Expected(why_not=f"it needs {refused.expected}")
    table = level_table(seen.curves, seen.band) if seen.band else ""
    return Expected(seen.as_svg(with_notes=False), table, seen.notes, says)


def _times(last: float, until: float) -> list[float]:
    """Each minute, and the end of the infusion itself, where the highest level stands."""
    return sorted({*map(float, range(int(until) + 1)), last})


def _with_medicines(known: Sequence[Interaction]) -> tuple[tuple[str, ...], Interaction | None]:
    """What each medicine does, in words, and the one whose change is drawn.

    Two changes at once were never measured together, so then none is drawn.
    """
    measured = [one for one in known if one.auc_fold is not None]
    if len(measured) == 1:
        return tuple(one.says for one in known), measured[0]
    says = tuple(
        one.says
        if one.auc_fold is None
        else f"{one.medicine} changed the area {one.auc_fold:g}-fold by this route."
        for one in known
    )
    if measured:
        says += ("What they do together was not measured: the picture is drawn without them.",)
    return says, None


def level_so_far(state: Mapping[str, Any], now: datetime) -> str:
    """The level from the first of the dose to an hour from now, as it was charted and, from now
    on, as it runs or as was ordered. `state` is the JSON of a session; nothing before the start,
    and one sentence where no model was made for the drug by this route."""
    infusion, doses, plan = state["infusion"], state.get("doses"), state["plan"]
    begun = infusion or doses
    if not begun or not plan:
        return ""
    by, drug = _ROUTES.get(plan["route"], plan["route"]), _substance(plan["drug"])
    models = default_models(drug, by)
    weight_kg = plan["weight_g"] / 1000 if plan["weight_g"] else None
    if not models:
        why = why_no_model(drug, by) or _NO_MODEL
        return f'<p class="soft">No level is drawn: {why}.</p>'
    if weight_kg is None and any(model.uses_weight for model in models):
        return '<p class="soft">No level is drawn: the weight is not known.</p>'
    start = datetime.fromisoformat(begun["started_at"])
    now_min = max((now - start).total_seconds() / 60, 0.01)
    given: tuple[Segment | Dose, ...]
    given, planned = (
        _infused(infusion, plan["dose_ug"] / 1000, start, now_min)
        if infusion
        else (_handed(begun["given"], by, start), ())
    )
    seen = outlook(
        given, planned, now_min, weight_kg or models[0].reference_weight_kg,
        [model.id for model in models], _PEOPLE, _SEED,
    )  # fmt: skip
    drawn = forecast_svg(
        seen.curves, seen.band, now_min=seen.now_min, drug=drug, route=by, key="level",
        with_notes=False,
    )  # fmt: skip
    notes = forecast_notes(seen.curves, seen.band, drug, by)
    return (
        drawn
        + level_table(seen.curves, seen.band)
        + format_html(
            '<details class="forecast-more"><summary>What is not known, and the sources</summary>'
            '<ul class="forecast-notes">{}</ul></details>',
            format_html_join("", "<li>{}</li>", ((note,) for note in notes)),
        )
    )


def _infused(
    infusion: Mapping[str, Any], dose_mg: float, start: datetime, now_min: float
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """What ran, and what is still to come at the rate that runs."""
    given = tuple(_ran(one, start, now_min) for one in infusion["segments"])
    rate = infusion["segments"][-1]["rate_ug_per_h"] / 60_000 if infusion["running"] else 0.0
    return given, remainder(given, dose_mg, rate, now_min)


def _handed(given: Sequence[Mapping[str, Any]], by: str, start: datetime) -> tuple[Dose, ...]:
    """Injections, devices and doses under the tongue, at the moments they were charted.

    What is still ordered is not drawn: nobody knows when it will be given.
    """
    return tuple(
        Dose(_minutes(one["at"], start), one["dose_ug"] / 1000, by)
        for one in given
        if one["dose_ug"]
    )


def _ran(segment: Mapping[str, Any], start: datetime, now_min: float) -> Segment:
    begin = _minutes(segment["start"], start)
    until = _minutes(segment["end"], start) if segment["end"] else now_min
    return Segment(begin, max(begin, until), segment["rate_ug_per_h"] / 60_000)


def _minutes(at: str, start: datetime) -> float:
    return (datetime.fromisoformat(at) - start).total_seconds() / 60
