"""Population models of ketamine: what a knowledge file says, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.findings import BadInput, Source
from openketamine.core.quantities import Quantity
from openketamine.knowledge import Document, KnowledgeError, documents

KIND = "pharmacokinetics"
# Each accepted way of writing a model: (compartments, names of its parameters).
_CLEARANCES = {2: ("V1", "V2", "CL", "Q2"), 3: ("V1", "V2", "V3", "CL", "Q2", "Q3")}
_MICRO = {2: ("V1", "k10", "k12", "k21"), 3: ("V1", "k10", "k12", "k13", "k21", "k31")}
_INNER_UNITS = ("L", "L/kg", "L/min", "L/min/kg", "/min")


@dataclass(frozen=True)
class Parameter:
    """One number of a model in litres and minutes, and how far it was verified.

    `written` and `unit` are as the file has it.
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

    def at(self, weight_kg: float, reference_kg: float) -> float:
        """The parameter of a person of this weight."""
        if self.per_kg:
            return self.value * weight_kg
        scale: float = (weight_kg / reference_kg) ** self.weight_exponent
        return self.value * scale


@dataclass(frozen=True)
class EffectSite:
    """A model's own effect site; ke0 never travels from one model to another."""

    effect: str
    ke0: Parameter


@dataclass(frozen=True)
class Model:
    """A linear mammillary model with input into the central compartment.

    `site` is where the blood was taken: arterial, venous or unknown. `rank` orders models for
    the same drug and route; rank 1 and 2 that are suited to outpatients are the default pair.
    """

    id: str
    title: str
    drugs: tuple[str, ...]
    routes: tuple[str, ...]
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

    @property
    def compartments(self) -> int:
        """Two or three."""
        return 2 if len(self.parameters) == len(_CLEARANCES[2]) else 3

    @property
    def name(self) -> str:
        """Title and sampling site, as a legend shows it."""
        return f"{self.title}, {self.site if self.site != 'unknown' else 'site unknown'}"

    @property
    def citations(self) -> tuple[str, ...]:
        """The DOI where there is one, else the source id of the paper."""
        return (self.doi or self.paper,)


def models(drug: str, route: str) -> tuple[Model, ...]:
    """Models for a drug and a route, best first; empty where we have none."""
    fitting = (entry for entry in all_models() if drug in entry.drugs and route in entry.routes)
    return tuple(sorted(fitting, key=lambda entry: entry.rank))


def default_models(drug: str, route: str) -> tuple[Model, ...]:
    """The two models to show together when nobody chose: never one alone where there are two."""
    return tuple(entry for entry in models(drug, route) if entry.suited_to == "outpatients")[:2]


def model(model_id: str) -> Model:
    """One model by its id; BadInput that lists the ids where there is none."""
    for entry in all_models():
        if entry.id == model_id:
            return entry
    known = ", ".join(entry.id for entry in all_models())
    raise BadInput("model", f"one of {known}", model_id)


@cache
def all_models() -> tuple[Model, ...]:
    """Every model in knowledge, by rank."""
    return tuple(sorted(map(read_model, documents(KIND)), key=lambda entry: entry.rank))


def read_model(document: Document) -> Model:
    """A Model from a knowledge file; KnowledgeError where the structure is not one we can solve."""
    body = document.body
    if body["structure"] != "mammillary":
        raise KnowledgeError(
            f"{document.id}: structure: expected mammillary, got {body['structure']!r}"
        )
    names = tuple(body["parameters"])
    if set(names) not in [set(known) for known in (*_CLEARANCES.values(), *_MICRO.values())]:
        raise KnowledgeError(
            f"{document.id}: parameters: {', '.join(names)} is no set that we know"
        )
    return Model(
        id=document.id,
        title=document.title,
        drugs=tuple(body["drugs"]),
        routes=tuple(body["routes"]),
        site=body["site"],
        suited_to=body["suited_to"],
        rank=body["rank"],
        population=body["population"],
        reference_weight_kg=float(body["reference_weight_kg"]),
        paper=body["paper"]["id"],
        doi=body["paper"]["doi"],
        parameters=tuple(_parameter(document.id, *item) for item in body["parameters"].items()),
        effect_site=_effect_site(document.id, body["effect_site"]),
        conflicts=tuple(body["conflicts"]),
        caveats=tuple(body["caveats"]),
    )


def _effect_site(model_id: str, node: Mapping[str, Any] | None) -> EffectSite | None:
    if node is None:
        return None
    return EffectSite(node["effect"], _parameter(model_id, "ke0", node["ke0"]))


def _parameter(model_id: str, name: str, node: Mapping[str, Any]) -> Parameter:
    given = Quantity(Decimal(str(node["value"])), node["unit"])
    for unit in _INNER_UNITS:
        if Quantity(Decimal(1), unit).dimension == given.dimension:
            break
    else:
        raise KnowledgeError(
            f"{model_id}: {name}: unit {node['unit']!r} is no volume, clearance or rate"
        )
    value = float(given.in_unit(unit))
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
