"""What another medicine does to the level: measured fold-changes, each for its own route only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from openketamine.core.findings import BadInput, Source
from openketamine.core.pharmacology._band import Band
from openketamine.core.pharmacology._forecast import Curve
from openketamine.core.pharmacology._regimen import ROUTE_WORDS
from openketamine.knowledge import document


@dataclass(frozen=True)
class Interaction:
    """The fold-change of a route; `auc_fold` is None where nobody measured it there."""

    medicine: str
    route: str
    auc_fold: float | None
    cmax_fold: float | None
    says: str
    sources: tuple[Source, ...]

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return {
            "medicine": self.medicine,
            "route": self.route,
            "known": self.auc_fold is not None,
            "auc_fold": self.auc_fold,
            "cmax_fold": self.cmax_fold,
            "says": self.says,
            "sources": [{"id": source.id, "where": source.where} for source in self.sources],
        }


def interaction(medicine: str, drug: str, route: str) -> Interaction:
    """What is known of a medicine for a drug by this route. BadInput for one not on file."""
    body = document("pharmacokinetics/interactions", "fold_changes").body
    entry = _entry(body, medicine)
    here = next((seen for seen in entry["measured"] if seen["route"] == route), None)
    if here is None:
        says = _not_known(entry, route)
        return Interaction(entry["medicine"], route, None, None, says, ())
    sources = tuple(Source(cited["id"], cited.get("where", "")) for cited in here["sources"])
    says = _known(entry, here, drug, body["measured_with"])
    peak = None if here["cmax"] is None else float(here["cmax"])
    return Interaction(entry["medicine"], route, float(here["auc"]), peak, says, sources)


@cache
def known_medicines() -> tuple[str, ...]:
    """Every medicine that we have something on file for."""
    body = document("pharmacokinetics/interactions", "fold_changes").body
    return tuple(entry["medicine"] for entry in body["medicines"])


def interactions_among(
    ingredients: Collection[str], drug: str, route: str
) -> tuple[Interaction, ...]:
    """Everything on file about these ingredients (named as in knowledge/ingredients)."""
    body = document("pharmacokinetics/interactions", "fold_changes").body
    mine = (one for one in body["medicines"] if set(one["ingredients"]) & set(ingredients))
    return tuple(interaction(one["medicine"], drug, route) for one in mine)


def changed(curve: Curve, found: Interaction) -> Curve:
    """The curve with every level times the fold-change of the area; unchanged if not known.

    Metabolites are taken away: nobody measured what becomes of them.
    """
    if found.auc_fold is None:
        return curve
    fold = found.auc_fold
    site = curve.effect_site_ng_per_ml
    return replace(
        curve,
        plasma_ng_per_ml=tuple(fold * level for level in curve.plasma_ng_per_ml),
        effect_site_ng_per_ml=None if site is None else tuple(fold * level for level in site),
        metabolites_ng_per_ml=(),
    )


def changed_band(spread: Band, found: Interaction) -> Band:
    """The band with every percentile times the fold-change; unchanged if not known."""
    if found.auc_fold is None:
        return spread
    low, middle, high = (
        tuple(found.auc_fold * level for level in row)
        for row in (spread.p5, spread.p50, spread.p95)
    )
    caption = f"{spread.caption} {found.says}"
    return replace(spread, p5=low, p50=middle, p95=high, caption=caption)


def _entry(body: Mapping[str, Any], medicine: str) -> Mapping[str, Any]:
    entries: Mapping[str, Mapping[str, Any]] = {
        entry["medicine"].casefold(): entry for entry in body["medicines"]
    }
    found = entries.get(medicine.strip().casefold())
    if found is None:
        known = ", ".join(entry["medicine"] for entry in body["medicines"])
        raise BadInput("with-inhibitor", f"a medicine that we have a figure for: {known}", medicine)
    return found


def _not_known(entry: Mapping[str, Any], route: str) -> str:
    elsewhere = ", ".join(
        f"{ROUTE_WORDS[seen['route']]} {seen['auc']:g}-fold" for seen in entry["measured"]
    )
    measured = f" Measured {elsewhere}, which does not carry over." if elsewhere else ""
    here = ROUTE_WORDS.get(route, route)
    return (
        f"What {entry['medicine']} does to a level {here} is not known: the forecast "
        f"is unchanged. ({entry['general']}.){measured}"
    )


def _known(entry: Mapping[str, Any], seen: Mapping[str, Any], drug: str, measured_with: str) -> str:
    says = (
        f"With {entry['medicine']} every level is drawn {seen['auc']:g} times as high, as its area "
        f"was measured {ROUTE_WORDS[seen['route']]} ({seen['about']}; {seen['sources'][0]['id']})."
    )
    if seen["cmax"] is not None:
        says += f" The highest level alone changed {seen['cmax']:g}-fold."
    if seen["status"].startswith("background"):
        says += " The figure is from memory and not checked."
    if drug != measured_with:
        says += f" It was measured with {measured_with}."
    return says
