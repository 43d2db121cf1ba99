"""A model of any structure as compartments: where drug is, and at what rate it moves on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology._model import Delay, Metabolite, Model, Path
from openketamine.core.pharmacology._people import Floats, Values
from openketamine.core.pharmacology._regimen import Bolus, Dose, Regimen, Segment, routes

CENTRAL, SITE = "central", "effect site"


@dataclass(frozen=True)
class Compartments:
    """Rates of change of people's amounts (mg): d/dt amounts = flow × amounts + what enters.

    `flow` is (people, places, places) per minute and has nothing negative off its diagonal.
    """

    flow: Floats
    places: Mapping[str, int]


@dataclass(frozen=True)
class Inflow:
    """What enters one place: `mass` at `start`, or `rate` from `start` until `end`.

    Mass, rate and end have one number a person, because people differ in their absorption.
    """

    place: int
    start: float
    mass: Floats | None = None
    rate: Floats | None = None
    end: Floats | None = None

    @cached_property
    def last(self) -> float:
        """When it has ended in everybody."""
        return -np.inf if self.end is None else float(self.end.max())


class _Builder:
    """Adds places and flows one at a time."""

    def __init__(self, people: int) -> None:
        self.people = people
        self.places: dict[str, int] = {}
        self.flows: list[tuple[int, int, Floats]] = []
        self.losses: list[tuple[int, Floats]] = []

    def place(self, name: str) -> int:
        return self.places.setdefault(name, len(self.places))

    def flow(
        self, source: str, to: str | None, rate: Floats, arrives: Floats | float = 1.0
    ) -> None:
        """Drug leaves `source` at `rate`; `arrives` is what of it reaches `to`."""
        self.losses.append((self.place(source), rate))
        if to is not None:
            self.flows.append((self.place(source), self.place(to), rate * arrives))

    def drive(self, source: str, to: str, rate: Floats) -> None:
        """`to` grows with `source`, which loses nothing by it."""
        self.flows.append((self.place(source), self.place(to), rate))

    def done(self) -> Compartments:
        size = len(self.places)
        matrix = np.zeros((self.people, size, size))
        for place, rate in self.losses:
            matrix[:, place, place] -= rate
        for source, to, rate in self.flows:
            matrix[:, to, source] += rate
        return Compartments(matrix, self.places)


def compartments(
    model: Model,
    values: Values,
    used_routes: tuple[str, ...],
    *,
    with_metabolites: bool = True,
    with_site: bool = True,
) -> Compartments:
    """The places and flows of a model for doses by these routes."""
    into_metabolism = any(
        path.into == "metabolism"
        for way in model.absorption
        if way.route in used_routes
        for path in way.paths
    )
    build = _Builder(len(values["V1"]))
    build.place(CENTRAL)
    _add_disposition(build, model, values)
    if model.metabolites and (with_metabolites or into_metabolism):
        _add_metabolites(build, model, values)
    elif model.structure == "mammillary":
        build.flow(CENTRAL, None, values["CL"] / values["V1"])
    if with_site and model.effect_site is not None:
        build.drive(CENTRAL, SITE, values["ke0"] / values["V1"])
        build.flow(SITE, None, values["ke0"])
    for route in used_routes:
        if route != "iv":
            _add_paths(build, model, values, route)
    return build.done()


def _add_disposition(build: _Builder, model: Model, values: Values) -> None:
    for number in range(2, model.compartments + 1):
        exchange = values[f"Q{number}"]
        build.flow(CENTRAL, f"tissue {number}", exchange / values["V1"])
        build.flow(f"tissue {number}", CENTRAL, exchange / values[f"V{number}"])
    if model.structure == "hepatoportal":
        build.flow(CENTRAL, "liver", values["Qh"] / values["V1"])
        build.flow("liver", CENTRAL, values["Qh"] / values["Vh"])
        build.flow("liver", None, values["kel"] + values["kmet"])


def _add_metabolites(build: _Builder, model: Model, values: Values) -> None:
    source, leaves = CENTRAL, values["CL"] / values["V1"]
    for product in model.metabolites:
        arrives = product.mass_ratio * (values[product.share] if product.share else 1.0)
        _chain(build, source, product.name, leaves, product.delay, values, arrives)
        volume, clearance = values[product.volumes[0]], values[product.clearances[0]]
        for number, (size, exchange) in enumerate(
            zip(product.volumes[1:], product.clearances[1:], strict=True)
        ):
            tissue = f"{product.name} tissue {number}"
            build.flow(product.name, tissue, values[exchange] / volume)
            build.flow(tissue, product.name, values[exchange] / values[size])
        source, leaves = product.name, clearance / volume
    build.flow(source, None, leaves)


def _chain(
    build: _Builder,
    source: str,
    to: str,
    leaves: Floats,
    delay: Delay | None,
    values: Values,
    arrives: Floats | float,
) -> None:
    if delay is None:
        build.flow(source, to, leaves, arrives)
        return
    step = delay.steps / values[delay.mean_time]
    names = [f"{to} delay {number}" for number in range(delay.steps)]
    build.flow(source, names[0], leaves)
    for here, after in zip(names, (*names[1:], to), strict=True):
        build.flow(here, after, step, arrives if after == to else 1.0)


def metabolism_entry(product: Metabolite) -> str:
    """Where drug that goes straight into metabolism begins."""
    return product.name if product.delay is None else f"{product.name} delay 0"


def _add_paths(build: _Builder, model: Model, values: Values, route: str) -> None:
    for number, path in enumerate(model.by(route).paths):
        target = path.into
        if target == "metabolism":
            target = metabolism_entry(model.metabolites[0])
        _chain(
            build, f"{route} depot {number}", target, values[path.first_order],
            path.delay, values, 1.0,
        )  # fmt: skip


def inflows(
    model: Model, values: Values, regimen: Regimen, places: Mapping[str, int]
) -> list[Inflow]:
    """What a regimen puts where and when."""
    allowed = set(model.routes)
    for route in routes(regimen):
        if route not in allowed:
            raise BadInput("route", f"{', '.join(model.routes)}, the routes of {model.id}", route)
    people = len(values["V1"])
    found: list[Inflow] = []
    for entry in regimen:
        if isinstance(entry, Segment):
            rate, end = np.full(people, entry.rate_mg_per_min), np.full(people, entry.end_min)
            found.append(Inflow(places[CENTRAL], entry.start_min, rate=rate, end=end))
        elif isinstance(entry, Bolus):
            mass = np.full(people, entry.mass_mg)
            found.append(Inflow(places[CENTRAL], entry.at_min, mass=mass))
        else:
            found.extend(_taken_up(model, values, entry, _devices(model, entry, regimen), places))
    return found


def _taken_up(
    model: Model, values: Values, dose: Dose, devices: float, places: Mapping[str, int]
) -> Iterator[Inflow]:
    way = model.by(dose.route)
    shared = dict(values)
    if way.devices is not None:
        effect = (1 + (devices - 1) * values[way.devices.effect]) / devices
        shared[way.devices.share] = values[way.devices.share] * effect
    for number, path in enumerate(way.paths):
        mass = dose.mass_mg * _share(path, shared)
        place = places[f"{dose.route} depot {number}"]
        if path.zero_order is None:
            yield Inflow(place, dose.at_min, mass=mass)
        else:
            length = values[path.zero_order]
            yield Inflow(place, dose.at_min, rate=mass / length, end=dose.at_min + length)


def _share(path: Path, values: Values) -> Floats:
    total = np.ones_like(values["V1"])
    for name in path.share:
        bare = name.removeprefix("not ")
        total = total * (values[bare] if bare == name else 1 - values[bare])
    return total


def _devices(model: Model, dose: Dose, regimen: Regimen) -> float:
    """How many devices this dose's session takes, at least one; 1 where the model has none."""
    rule = model.by(dose.route).devices
    if rule is None:
        return 1.0
    near = sorted(
        (entry.at_min, entry.mass_mg)
        for entry in regimen
        if isinstance(entry, Dose) and entry.route == dose.route
    )
    session: list[tuple[float, float]] = []
    for at_min, mass_mg in near:
        if session and not rule.together.met_by(at_min - session[-1][0]):
            if session[-1][0] >= dose.at_min:
                break
            session = []
        session.append((at_min, mass_mg))
    return max(1.0, sum(mass for _, mass in session) / rule.mass_mg)
