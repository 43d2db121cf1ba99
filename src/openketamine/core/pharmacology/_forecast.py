"""Typical curves: what each model expects of a person of this weight."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._levels import levels
from openketamine.core.pharmacology._model import PUBLISHED, Model, usable
from openketamine.core.pharmacology._people import NOBODY, Floats, Traits, person
from openketamine.core.pharmacology._regimen import ROUTE_WORDS, Regimen, routes


@dataclass(frozen=True)
class Peak:
    """The highest point of a curve on its own time grid."""

    time_min: float
    ng_per_ml: float


@dataclass(frozen=True)
class Curve:
    """One model's typical prediction; `site` is where its blood was sampled.

    `effect_site_ng_per_ml` is None where the model has no effect site of its own. `statuses`
    says of each number used how far it was verified; `provisional` says in words which of those
    behind the plasma nobody published, `effect_site_doubt` the same of the effect site.
    """

    model: str
    name: str
    site: str
    time_min: tuple[float, ...]
    plasma_ng_per_ml: tuple[float, ...]
    effect_site_ng_per_ml: tuple[float, ...] | None
    sources: tuple[str, ...]
    caveats: tuple[str, ...]
    statuses: tuple[tuple[str, str], ...]
    metabolites_ng_per_ml: tuple[tuple[str, tuple[float, ...]], ...] = ()
    provisional: tuple[str, ...] = ()
    effect_site_doubt: str | None = None

    @property
    def title(self) -> str:
        """The name without the sampling site."""
        return self.name.rpartition(", ")[0]

    @property
    def peak(self) -> Peak:
        """The highest plasma point and its time."""
        best = int(np.argmax(self.plasma_ng_per_ml))
        return Peak(self.time_min[best], self.plasma_ng_per_ml[best])

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        site = self.effect_site_ng_per_ml
        return {
            "model": self.model,
            "name": self.name,
            "site": self.site,
            "time_min": list(self.time_min),
            "plasma_ng_per_ml": list(self.plasma_ng_per_ml),
            "effect_site_ng_per_ml": None if site is None else list(site),
            "metabolites_ng_per_ml": {name: list(row) for name, row in self.metabolites_ng_per_ml},
            "sources": list(self.sources),
            "caveats": list(self.caveats),
            "statuses": dict(self.statuses),
            "provisional": [*self.provisional, *filter(None, [self.effect_site_doubt])],
        }


def forecast(
    regimen: Regimen,
    weight_kg: float,
    models: Sequence[str | Model],
    time_min: Sequence[float],
    *,
    traits: Traits = NOBODY,
    simulator: bool = False,
) -> tuple[Curve, ...]:
    """One typical curve a model, in ng/mL, exact to rounding. Raises BadInput.

    A model built from children is refused unless `simulator` is true.
    """
    times = checked_times(time_min)
    return tuple(
        _curve(regimen, weight_kg, usable(which, simulator=simulator), times, traits)
        for which in models
    )


def checked_times(time_min: Sequence[float]) -> Floats:
    """The time grid as an array; BadInput where it is empty or not finite."""
    times = np.asarray(time_min, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all():
        raise BadInput("time_min", "one or more finite times in minutes")
    return times


def _curve(regimen: Regimen, weight_kg: float, used: Model, times: Floats, traits: Traits) -> Curve:
    found = levels(used, person(used, weight_kg, traits), regimen, times)
    site = found.effect_site
    statuses = tuple(used_statuses(used, routes(regimen)))
    return Curve(
        model=used.id,
        name=used.name,
        site=used.site,
        time_min=tuple(times.tolist()),
        plasma_ng_per_ml=tuple(found.plasma[0].tolist()),
        effect_site_ng_per_ml=None if site is None else tuple(site[0].tolist()),
        sources=used.citations,
        caveats=used.caveats,
        statuses=statuses,
        metabolites_ng_per_ml=tuple(
            (name, tuple(rows[0].tolist())) for name, rows in found.metabolites
        ),
        provisional=tuple(_provisional(used, routes(regimen))),
        effect_site_doubt=_site_doubt(used),
    )


def used_statuses(used: Model, by: Sequence[str]) -> Iterable[tuple[str, str]]:
    """How far each number was verified that a forecast by these routes rests on."""
    yield from _plasma_statuses(used, by)
    if used.effect_site is not None:
        yield "ke0", used.effect_site.ke0.status


def _plasma_statuses(used: Model, by: Sequence[str]) -> Iterable[tuple[str, str]]:
    numbers = [*used.parameters]
    for way in used.absorption:
        numbers += way.parameters if way.route in by else ()
    for product in used.metabolites:
        numbers += product.parameters
    yield from ((number.name, number.status) for number in numbers)


def _provisional(used: Model, by: Sequence[str]) -> Iterable[str]:
    yield from (
        f"{used.title} {ROUTE_WORDS.get(way.route, way.route)}: {way.provisional}."
        for way in used.absorption
        if way.route in by and way.provisional
    )
    doubted: dict[str, list[str]] = {}
    for name, status in _plasma_statuses(used, by):
        if status not in PUBLISHED:
            doubted.setdefault(_in_words(status), []).append(name)
    yield from (f"{used.title}: {', '.join(names)}: {how}." for how, names in doubted.items())


def _site_doubt(used: Model) -> str | None:
    site = used.effect_site
    if site is None or site.ke0.status in PUBLISHED:
        return None
    return f"{used.title}: ke0 of the effect site: {_in_words(site.ke0.status)}."


def _in_words(status: str) -> str:
    if status == "derived":
        return "worked out here, not published"
    return "from memory, not checked" if status.startswith("background") else "not verified"
