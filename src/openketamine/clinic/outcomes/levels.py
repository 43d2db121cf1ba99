"""The peak level of each dose that was given, as published models foresee it: a band, no line.

Reckoned from what the pump ran and what was handed out, at the moments at which it was charted.
Nobody measured it, and nothing is reckoned from it: it stands beside the dose to be looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from openketamine.core.course import Visit, protocol_of
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import Dose, Segment, default_models, foreseen
from openketamine.core.treatment import State
from openketamine.knowledge import document, names

# As many people as show where nine in ten lie; the same ones at every look.
_PEOPLE, _SEED = 200, 1
# How protocols name a route, and how models do; the others have one name.
_ROUTES = {"nasal": "in", "oral": "po", "sublingual": "sl"}
_EVERY_MIN, _LATEST_MIN = 10, 180
Given = tuple[Segment | Dose, ...]


@dataclass(frozen=True)
class Peak:
    """The highest level in ng/mL where the middle of the band is highest: 5th, 50th and 95th
    percentile over people and models. `models`: by which."""

    band: tuple[float, float, float]
    models: tuple[str, ...]

    @property
    def words(self) -> str:
        """`120 (60 to 210) ng/mL`."""
        low, middle, high = self.band
        return f"{middle:.0f} ({low:.0f} to {high:.0f}) ng/mL"


def peak_level(visit: Visit) -> Peak | None:
    """Of one session; None where no model was made for the drug by this route, or where the log
    does not say what was given by what weight."""
    name, state = protocol_of(visit), visit.state
    if name not in protocols() or state.started_at is None:
        return None
    plan = protocol(name)
    route = _ROUTES.get(plan.route, plan.route)
    given = _given(state, route)
    drug = str(document("drugs", plan.drug).body["name"]) if plan.drug in names("drugs") else ""
    return _peak(drug or plan.drug, route, given, _weight_kg(state)) if given else None


def _weight_kg(state: State) -> float | None:
    grams = state.infusion.weight_g if state.infusion else 0
    grams = grams or (state.plan.body.weight_g if state.plan else 0)
    return grams / 1000 if grams else None


def _given(state: State, route: str) -> Given:
    start = state.started_at
    if start is None:
        return ()
    last = max(fact.at for fact in state.facts)
    infused = [] if state.infusion is None else [
        (one, one.end or last) for one in state.infusion.segments if one.rate_ul_per_h > 0
    ]  # fmt: skip
    pumped = tuple(
        Segment(
            (one.start - start).total_seconds() / 60,
            (end - start).total_seconds() / 60,
            _mg_per_min(state, one.rate_ul_per_h),
        )
        for one, end in infused
        if end > one.start
    )
    handed = () if state.doses is None else tuple(
        Dose((one.at - start).total_seconds() / 60, one.body.dose_ug / 1000, route)
        for one in state.doses.given
        if one.body.dose_ug
    )  # fmt: skip
    return (*pumped, *handed) if route == "iv" or not pumped else ()


def _mg_per_min(state: State, rate_ul_per_h: int) -> float:
    concentration = state.infusion.concentration_ug_per_ml if state.infusion else 0
    return rate_ul_per_h * concentration / 1_000_000 / 60


# Doses repeat from session to session, and a page is looked at again.
@lru_cache(maxsize=512)
def _peak(drug: str, route: str, given: Given, weight_kg: float | None) -> Peak | None:
    models = default_models(drug, route)
    if not models or (route == "iv" and any(isinstance(one, Dose) for one in given)):
        return None
    try:
        seen = foreseen(
            drug, route, given, weight_kg, models, _times(given), people=_PEOPLE, seed=_SEED
        )
    except BadInput:
        return None
    band = seen.band
    if band is None:
        return None
    at = band.p50.index(max(band.p50))
    return Peak((band.p5[at], band.p50[at], band.p95[at]), band.models)


def _times(given: Given) -> Sequence[float]:
    """An infusion has its highest level at the end of a stretch; what is taken up, later."""
    ends = {one.end_min for one in given if isinstance(one, Segment)}
    if ends:
        return sorted({0.0, *ends})
    first = max(one.at_min for one in given if isinstance(one, Dose))
    return [0.0, *(first + step for step in range(_EVERY_MIN, _LATEST_MIN + 1, _EVERY_MIN))]
