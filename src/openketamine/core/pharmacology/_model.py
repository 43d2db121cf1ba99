"""Population models of ketamine: what one is made of, and how to find one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from openketamine.core.findings import BadInput, Source
from openketamine.knowledge import Threshold, document, names

KIND = "pharmacokinetics"
PUBLISHED = ("verified_text", "verified_code")
SIMULATOR = "simulator"


@dataclass(frozen=True)
class Parameter:
    """One number of a model in litres and minutes, and how far it was verified.

    `written` and `unit` are as the file has it; a share has the unit "1".
    """

    name: str
    written: str
    unit: str
    value: float
    per_kg: bool
    weight_exponent: float
    status: str
    sources: tuple[Source, ...]
    evidence: str

    def at(
        self, weight_kg: float | npt.NDArray[np.float64], reference_kg: float
    ) -> float | npt.NDArray[np.float64]:
        """The parameter of a person of this weight, or of each weight."""
        if self.per_kg:
            return self.value * weight_kg
        scale: float | npt.NDArray[np.float64] = (weight_kg / reference_kg) ** self.weight_exponent
        return self.value * scale


@dataclass(frozen=True)
class EffectSite:
    """A model's own effect site; ke0 never travels from one model to another."""

    effect: str
    ke0: Parameter


@dataclass(frozen=True)
class Delay:
    """A chain of equal steps that takes `mean_time` (a parameter's name) on average."""

    mean_time: str
    steps: int


@dataclass(frozen=True)
class Path:
    """One way of a dose into the body.

    `share` names parameters to multiply; `not X` stands for 1 − X. A release of `zero_order`
    minutes fills a depot that empties at `first_order`, through a delay where there is one.
    """

    into: str
    share: tuple[str, ...]
    zero_order: str | None
    first_order: str
    delay: Delay | None


@dataclass(frozen=True)
class Devices:
    """How the share of a parameter falls when several devices follow each other.

    `together` is met by the minutes between two devices of one treatment.
    """

    mass_mg: float
    share: str
    effect: str
    together: Threshold


@dataclass(frozen=True)
class Absorption:
    """How a dose by one route reaches the blood. `provisional` says why it is only a stopgap.

    `drugs` are those it was measured with, which may be fewer than the model has.
    """

    route: str
    drugs: tuple[str, ...]
    rank: int
    provisional: str | None
    devices: Devices | None
    parameters: tuple[Parameter, ...]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Metabolite:
    """What the clearance of its parent turns into: one or two compartments behind a delay."""

    name: str
    share: str | None
    delay: Delay | None
    mass_ratio: float
    mass_ratio_status: str
    volumes: tuple[str, ...]
    clearances: tuple[str, ...]
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Covariate:
    """What a trait of the person changes: an addition a unit above a bound, or a factor."""

    on: str
    of: str
    above: float
    each_adds: float
    equals: tuple[str, ...]
    times: float
    status: str


@dataclass(frozen=True)
class Variability:
    """Random effects between people: log-normal, or on the logit of a share, and correlated."""

    label: str
    names: tuple[str, ...]
    logit: tuple[bool, ...]
    covariance: npt.NDArray[np.float64] = field(compare=False)
    statuses: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Model:
    """A linear model of one drug; `structure` is mammillary or hepatoportal.

    `site` is where the blood was taken: arterial, venous or unknown. `rank` orders models for
    the same drug and route; rank 1 and 2 that are suited to outpatients are the default pair.
    """

    id: str
    title: str
    drugs: tuple[str, ...]
    routes: tuple[str, ...]
    structure: str
    site: str
    suited_to: str
    rank: int
    population: str
    reference_weight_kg: float
    paper: str
    doi: str | None
    parameters: tuple[Parameter, ...]
    effect_site: EffectSite | None
    conflicts: tuple[Mapping[str, Any], ...]
    caveats: tuple[str, ...]
    absorption: tuple[Absorption, ...] = ()
    metabolites: tuple[Metabolite, ...] = ()
    covariates: tuple[Covariate, ...] = ()
    variability: Variability | None = None
    residual_sd: float | None = None
    site_status: str = "verified_text"

    @property
    def compartments(self) -> int:
        """Two or three."""
        names = {parameter.name for parameter in self.parameters}
        return 3 if names & {"V3", "k13"} else 2

    @property
    def uses_weight(self) -> bool:
        """Whether any of its numbers changes with the body weight."""
        parts = [self.parameters, *(way.parameters for way in self.absorption)]
        parts += [product.parameters for product in self.metabolites]
        return any(one.per_kg or one.weight_exponent for part in parts for one in part)

    @property
    def name(self) -> str:
        """Title and sampling site, as a legend shows it."""
        return f"{self.title}, {self.site if self.site != 'unknown' else 'site unknown'}"

    @property
    def citations(self) -> tuple[str, ...]:
        """The DOI where there is one, else the source id of the paper."""
        return (self.doi or self.paper,)

    def fits(self, drug: str, route: str) -> bool:
        """Whether it was made for this drug by this route."""
        ways = {way.route: way.drugs for way in self.absorption}
        return drug in self.drugs and route in self.routes and drug in ways.get(route, self.drugs)

    def rank_by(self, route: str) -> int:
        """Its place among the models for a route, lowest first."""
        return next((way.rank for way in self.absorption if way.route == route), self.rank)

    def by(self, route: str) -> Absorption:
        """How a dose by this route is taken up; BadInput where the model does not say."""
        for way in self.absorption:
            if way.route == route:
                return way
        known = ", ".join(self.routes)
        raise BadInput("route", f"{known}, the routes of {self.id}", route)


def models(drug: str, route: str) -> tuple[Model, ...]:
    """Models for a drug and a route, best first; empty where we have none."""
    fitting = (entry for entry in all_models() if entry.fits(drug, route))
    return tuple(sorted(fitting, key=lambda entry: entry.rank_by(route)))


def default_models(drug: str, route: str) -> tuple[Model, ...]:
    """The two models to show together when nobody chose: never one alone where there are two."""
    return tuple(entry for entry in models(drug, route) if entry.suited_to == "outpatients")[:2]


def model(model_id: str) -> Model:
    """One model by its id; BadInput that lists the ids where there is none."""
    if model_id in ids():
        return _read(model_id)
    known = ", ".join(entry.id for entry in all_models())
    raise BadInput("model", f"one of {known}", model_id)


def usable(which: str | Model, *, simulator: bool = False) -> Model:
    """A model, or its id, for a person; BadInput for one that only the simulator may use."""
    found = which if isinstance(which, Model) else model(which)
    if found.suited_to == SIMULATOR and not simulator:
        raise BadInput("model", "a model for treatment; this one is for the simulator", found.id)
    return found


@cache
def all_models() -> tuple[Model, ...]:
    """Every model in knowledge, by rank."""
    return tuple(sorted(map(_read, ids()), key=lambda entry: entry.rank))


@cache
def ids() -> tuple[str, ...]:
    """The id of every model in knowledge."""
    return names(KIND)


@cache
def _read(model_id: str) -> Model:
    """One file, so that a forecast by one model does not wait for the others."""
    # Here, because the reader builds what this module defines.
    from openketamine.core.pharmacology._model_file import read_model

    return read_model(document(KIND, model_id))
