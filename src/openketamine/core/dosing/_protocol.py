"""A treatment protocol as its file describes it; one whose bounds contradict is not loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.findings import BadInput, Evidence, Source
from openketamine.core.quantities import Quantity
from openketamine.knowledge import KnowledgeError, Threshold, document, documents, read_threshold


@dataclass(frozen=True)
class Bound:
    """A number that limits, in the unit that the reckoning uses, and on whose word."""

    amount: Decimal
    words: str
    sources: tuple[Source, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Bounds:
    """Limits of one dose; the rate is None where only the shortest time limits it."""

    dose_ug_per_kg: Bound
    total_ug: Bound
    shortest_s: Bound
    rate_ug_per_kg_per_min: Bound | None = None


@dataclass(frozen=True)
class Phase:
    """So many sessions, each so many days after the one before; the last phase goes on."""

    name: str
    sessions: int
    next_in_days: int


@dataclass(frozen=True)
class Protocol:
    """One way of giving one drug by one route for one indication."""

    id: str
    title: str
    drug: str
    route: str
    area: str
    indication: str
    start_ug_per_kg: int
    step_ug_per_kg: int
    reduce_percent: Decimal
    over_s: int
    slow_to_s: int
    recommended: Bounds
    absolute: Bounds
    adjusted_from_bmi: Threshold
    ideal_from_bmi: Threshold
    weight_old_after: Threshold
    weight_sources: tuple[Source, ...]
    concentration_ug_per_ml: int
    stock_ug_per_ml: int
    smallest_draw_ul: int
    smallest_rate_step_ul_per_h: int
    diluent: str
    adjust: Mapping[str, Threshold]
    exposure: Mapping[str, Threshold]
    course: tuple[Phase, ...]
    measure_every_s: Mapping[str, int]
    measure_every_s_in_recovery: Mapping[str, int]
    continuous: tuple[str, ...]
    observe_after_end_s: int
    checklists: Mapping[str, str]

    def phase_of(self, session_number: int) -> Phase:
        """The phase that a session, counted from 1, belongs to."""
        left = session_number
        for phase in self.course:
            left -= phase.sessions
            if left <= 0:
                return phase
        return self.course[-1]


@cache
def protocols() -> tuple[str, ...]:
    """The ids of every protocol."""
    return tuple(found.id for found in documents("protocols"))


@cache
def protocol(name: str) -> Protocol:
    """One protocol. Raises BadInput, naming those that exist."""
    if name not in protocols():
        raise BadInput("protocol", f"one of {', '.join(protocols())}", name)
    found = read_protocol(name, document("protocols", name).title, document("protocols", name).body)
    _check(found)
    return found


def read_protocol(name: str, title: str, body: Mapping[str, Any]) -> Protocol:
    """A protocol from the body of its file and the file of its drug."""
    dose, weight, preparation = body["dose"], body["weight"], body["preparation"]
    drug = document("drugs", str(body["drug"])).body
    monitoring = body["monitoring"]
    return Protocol(
        id=name,
        title=title,
        drug=str(body["drug"]),
        route=str(body["route"]),
        area=str(body["area"]),
        indication=str(body["indication"]),
        start_ug_per_kg=_whole(dose["start"], "ug/kg"),
        step_ug_per_kg=_whole(dose["step"], "ug/kg"),
        reduce_percent=Decimal(str(dose["reduce_by"]["value"])),
        over_s=_whole(dose["over"], "s"),
        slow_to_s=_whole(dose["slow_to"], "s"),
        recommended=_bounds(body["recommended"]),
        absolute=_bounds(body["absolute"]),
        adjusted_from_bmi=read_threshold(weight["adjusted_from_bmi"]),
        ideal_from_bmi=read_threshold(weight["ideal_from_bmi"]),
        weight_old_after=read_threshold(weight["old_after"]),
        weight_sources=_sources(weight["adjusted_from_bmi"]),
        concentration_ug_per_ml=_whole(preparation["concentration"], "ug/mL"),
        stock_ug_per_ml=_whole(drug["stock"], "ug/mL"),
        smallest_draw_ul=_whole(drug["smallest_draw"], "uL"),
        smallest_rate_step_ul_per_h=_whole(preparation["smallest_rate_step"], "uL/h"),
        diluent=str(preparation["diluent"]),
        adjust={key: read_threshold(node) for key, node in body["adjust"].items()},
        exposure={key: read_threshold(node) for key, node in body["exposure"].items()},
        course=tuple(_phase(node) for node in body["course"]),
        measure_every_s=_intervals(monitoring["every"]),
        measure_every_s_in_recovery=_intervals(monitoring["every_in_recovery"]),
        continuous=tuple(monitoring["continuous"]),
        observe_after_end_s=_whole(monitoring["observe_after_end"], "s"),
        checklists=dict(body["checklists"]),
    )


def _bounds(node: Mapping[str, Any]) -> Bounds:
    return Bounds(
        dose_ug_per_kg=_bound(node["dose_per_kg"], "ug/kg"),
        total_ug=_bound(node["total"], "ug"),
        shortest_s=_bound(node["shortest"], "s"),
        rate_ug_per_kg_per_min=_bound(node["rate"], "ug/kg/min") if "rate" in node else None,
    )


def _bound(node: Mapping[str, Any], unit: str) -> Bound:
    return Bound(
        amount=_amount(node, unit),
        words=f"{node['value']} {node['unit']}",
        sources=_sources(node),
        evidence=node["evidence"],
    )


def _phase(node: Mapping[str, Any]) -> Phase:
    return Phase(str(node["phase"]), int(node["sessions"]), _whole(node["next_in_days"], "d"))


def _intervals(node: Mapping[str, Any]) -> Mapping[str, int]:
    return {signal: _whole(interval, "s") for signal, interval in node.items()}


def _amount(node: Mapping[str, Any], unit: str) -> Decimal:
    return Quantity(Decimal(str(node["value"])), str(node["unit"])).in_unit(unit)


def _whole(node: Mapping[str, Any], unit: str) -> int:
    amount = _amount(node, unit)
    if amount != int(amount):
        raise KnowledgeError(f"{node['value']} {node['unit']} is no whole number of {unit}")
    return int(amount)


def _sources(node: Mapping[str, Any]) -> tuple[Source, ...]:
    return tuple(Source(str(s["id"]), str(s.get("where", ""))) for s in node["sources"])


def _check(found: Protocol) -> None:
    """Recommended lies inside absolute, and the protocol's own dose inside recommended."""
    inner, outer = found.recommended, found.absolute
    orders = (
        ("start within recommended", found.start_ug_per_kg, inner.dose_ug_per_kg.amount),
        (
            "recommended mg/kg within absolute",
            inner.dose_ug_per_kg.amount,
            outer.dose_ug_per_kg.amount,
        ),
        ("recommended total within absolute", inner.total_ug.amount, outer.total_ug.amount),
        ("absolute shortest within recommended", outer.shortest_s.amount, inner.shortest_s.amount),
        ("recommended shortest within the ordered time", inner.shortest_s.amount, found.over_s),
    )
    for what, smaller, larger in orders:
        if not 0 < smaller <= larger:
            raise KnowledgeError(f"{found.id}: {what}: expected {smaller} to be at most {larger}")
