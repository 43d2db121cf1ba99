"""The small parts of a protocol file: limits, phases, syringes, notes; each on somebody's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openketamine.core.findings import Evidence, Source, sources_of
from openketamine.core.quantities import Quantity, format_number
from openketamine.knowledge import KnowledgeError


@dataclass(frozen=True)
class Bound:
    """A number that limits, in the unit that the reckoning uses, and on whose word."""

    amount: Decimal
    words: str
    sources: tuple[Source, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Bounds:
    """Limits of one dose; None where a dose of this form has no such limit."""

    total_ug: Bound
    dose_ug_per_kg: Bound | None = None
    shortest_s: Bound | None = None
    rate_ug_per_kg_per_min: Bound | None = None


@dataclass(frozen=True)
class Phase:
    """Part of a course: so many sessions, or until the end of a week; the last phase goes on.

    `most_in_7_days`: more sessions than this, the planned one included, need a prescriber.
    """

    name: str
    sessions: int
    until_week: int | None
    next_in_days: int
    most_in_7_days: int | None


@dataclass(frozen=True)
class Reduction:
    """A finding of the evaluation that leaves only a share of the dose."""

    rule: str
    action: str
    percent: Decimal
    sources: tuple[Source, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Note:
    """What is known at one dose of the range that people quote."""

    dose: str
    says: str
    sources: tuple[Source, ...]
    evidence: Evidence

    def as_json(self) -> dict[str, Any]:
        """As it stands beside a proposal."""
        return {
            "dose": self.dose,
            "says": self.says,
            "sources": [source.as_json() for source in self.sources],
            "evidence": self.evidence,
        }


@dataclass(frozen=True)
class Syringe:
    """What a syringe holds and the smallest step that its scale can show."""

    holds_ul: int
    step_ul: int


def amount(node: Mapping[str, Any], unit: str) -> Decimal:
    """The value of a node in the unit that the reckoning uses."""
    return Quantity(Decimal(str(node["value"])), str(node["unit"])).in_unit(unit)


def whole(node: Mapping[str, Any], unit: str) -> int:
    """The same as a whole number. Raises KnowledgeError where it is none."""
    found = amount(node, unit)
    if found != int(found):
        raise KnowledgeError(f"{node['value']} {node['unit']} is no whole number of {unit}")
    return int(found)


def bounds(node: Mapping[str, Any]) -> Bounds:
    """Limits of a protocol, recommended or absolute."""
    return Bounds(
        total_ug=bound(node["total"], "ug"),
        dose_ug_per_kg=bound(node["dose_per_kg"], "ug/kg") if "dose_per_kg" in node else None,
        shortest_s=bound(node["shortest"], "s") if "shortest" in node else None,
        rate_ug_per_kg_per_min=bound(node["rate"], "ug/kg/min") if "rate" in node else None,
    )


def bound(node: Mapping[str, Any], unit: str) -> Bound:
    """One limit."""
    words = _in_words(node)
    return Bound(amount(node, unit), words, sources_of(node["sources"]), node["evidence"])


def phase(node: Mapping[str, Any]) -> Phase:
    """One phase of the course."""
    most = node.get("most_in_7_days")
    return Phase(
        name=str(node["phase"]),
        sessions=int(node.get("sessions", 0)),
        until_week=int(node["until_week"]) if "until_week" in node else None,
        next_in_days=whole(node["next_in_days"], "d"),
        most_in_7_days=int(most["value"]) if most else None,
    )


def reduction(node: Mapping[str, Any]) -> Reduction:
    """One finding that lowers the dose."""
    share = node["share"]
    return Reduction(
        rule=str(node["because_of"]),
        action=str(node["at"]),
        percent=amount(share, "%"),
        sources=sources_of(share["sources"]),
        evidence=share["evidence"],
    )


def note(node: Mapping[str, Any]) -> Note:
    """What is known at one dose."""
    return Note(_in_words(node), str(node["says"]), sources_of(node["sources"]), node["evidence"])


def syringe(node: Mapping[str, Any]) -> Syringe:
    """One size of syringe."""
    return Syringe(whole(node["holds"], "uL"), whole(node["step"], "uL"))


def intervals(node: Mapping[str, Any]) -> Mapping[str, int]:
    """How often each signal is measured, in seconds."""
    return {signal: whole(interval, "s") for signal, interval in node.items()}


def _in_words(node: Mapping[str, Any]) -> str:
    """`1 mg/kg`: without the trailing zero that has been read as ten."""
    return f"{format_number(Decimal(str(node['value'])))} {node['unit']}"
