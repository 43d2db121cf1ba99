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
    behind the plasma nobody published, `beside` the same of effect site and metabolites.
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
    beside: tuple[str, ...] = ()

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
            "provisional": [*self.provisional, *self.beside],
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
        beside=tuple(_beside(used)),
    )


def used_statuses(used: Model, by: Sequence[str]) -> Iterable[tuple[str, str]]:
    """How far each number was verified that a forecast by these routes rests on."""
    yield "site", used.site_status
    yield from _plasma_statuses(used, by)
    for product in used.metabolites:
        yield f"{product.name} mass_ratio", product.mass_ratio_status
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
    if used.site_status not in PUBLISHED:
        yield f"{used.title}: that its blood was {used.site}: {in_words(used.site_status)}."
    yield from doubted(used.title, _plasma_statuses(used, by))


def _beside(used: Model) -> Iterable[str]:
    site = used.effect_site
    if site is not None:
        yield from doubted(used.title, [("ke0 of the effect site", site.ke0.status)])
    for product in used.metabolites:
        if product.mass_ratio_status != "exact":
            named = f"molar masses of {product.name}"
            yield from doubted(used.title, [(named, product.mass_ratio_status)])


def doubted(whose: str, statuses: Iterable[tuple[str, str]]) -> Iterable[str]:
    """A sentence for each way in which some of these numbers are not published."""
    how: dict[str, list[str]] = {}
    for name, status in statuses:
        if status not in PUBLISHED:
            how.setdefault(in_words(status), []).append(name)
    yield from (f"{whose}: {', '.join(names)}: {words}." for words, names in how.items())


def in_words(status: str) -> str:
    """What a status means, for a reader."""
    if status == "derived":
        return "worked out here, not published"
    return "from memory, not checked" if status.startswith("background") else "not verified"
