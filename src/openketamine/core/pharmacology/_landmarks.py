"""Concentrations that the literature names: what a level was seen with, in groups of people."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from openketamine.core.findings import Source
from openketamine.knowledge import document


@dataclass(frozen=True)
class Landmark:
    """A range of plasma concentration in ng/mL that was reported with an effect."""

    effect: str
    from_ng_per_ml: float
    to_ng_per_ml: float
    source: Source
    evidence: str


@cache
def landmarks() -> tuple[Landmark, ...]:
    """The ranges for ketamine, lowest first."""
    body = document("pharmacokinetics/landmarks", "ketamine").body
    return tuple(_landmark(node) for node in body["landmarks"])


def _landmark(node: Mapping[str, Any]) -> Landmark:
    start, end = node["from"], node["to"]
    cited = start["sources"][0]
    source = Source(cited["id"], cited.get("where", ""))
    return Landmark(
        node["effect"], float(start["value"]), float(end["value"]), source, start["evidence"]
    )
