"""Concentrations that the literature names: what a level was seen with, in groups of people."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from openketamine.core.findings import Source
from openketamine.knowledge import documents


@dataclass(frozen=True)
class Landmark:
    """A range of plasma concentration in ng/mL that was reported with an effect."""

    effect: str
    from_ng_per_ml: float
    to_ng_per_ml: float
    source: Source
    evidence: str

    @property
    def span(self) -> str:
        """`50 to 200 ng/mL`, or one number where the literature has one."""
        start, end = f"{self.from_ng_per_ml:,.0f}", f"{self.to_ng_per_ml:,.0f}"
        return f"{start} ng/mL" if start == end else f"{start} to {end} ng/mL"


@cache
def landmarks(drug: str, route: str = "iv") -> tuple[Landmark, ...]:
    """The ranges reported for a drug by a route, lowest first; empty where we know of none."""
    files = documents("pharmacokinetics/landmarks")
    nodes = (node for file in files if file.body["drug"] == drug for node in file.body["landmarks"])
    return tuple(_landmark(node) for node in nodes if route in node.get("routes", (route,)))


def _landmark(node: Mapping[str, Any]) -> Landmark:
    start, end = node["from"], node["to"]
    cited = start["sources"][0]
    source = Source(cited["id"], cited.get("where", ""))
    return Landmark(
        node["effect"], float(start["value"]), float(end["value"]), source, start["evidence"]
    )
