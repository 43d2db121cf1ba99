"""What no model here stands for, and why: said instead of a guess."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from openketamine.knowledge import document


@cache
def why_no_model(drug: str, route: str) -> str:
    """One sentence on why a drug by a route has no forecast; empty where none is on file."""
    found = (
        entry["why"]
        for entry in _file()["routes"]
        if entry["drug"] == drug and entry["route"] == route
    )
    return next(found, "")


@cache
def papers_without_numbers() -> tuple[Mapping[str, Any], ...]:
    """Published models that would serve and cannot be solved yet: title, about, why, sources."""
    return tuple(_file()["papers"])


@cache
def routes_without_model() -> tuple[Mapping[str, Any], ...]:
    """Every route that is refused with a reason: drug, route, why, sources."""
    return tuple(_file()["routes"])


def _file() -> Mapping[str, Any]:
    return document("pharmacokinetics/gaps", "gaps").body
