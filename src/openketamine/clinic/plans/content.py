"""What stands on the plan page: the pump card, what was wished, what limited it, and each step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import mark_safe

from openketamine.clinic.library.cards import SourceLine, source_lines
from openketamine.clinic.plans.forecast import expected_levels
from openketamine.clinic.plans.pump import pump_card
from openketamine.core.quantities import format_number

EVIDENCE = {"R": "read in the source", "B": "background, to be checked", "P": "proposed default"}


@dataclass(frozen=True)
class Cited:
    """A sentence with its sources and how sure we are."""

    text: str
    sources: tuple[SourceLine, ...]
    evidence: str
    heading: str = ""


@dataclass(frozen=True)
class Wished:
    """What was asked for beside what is offered; `limited`: they are not the same."""

    asked: str
    offered: str
    limited: bool


def dose_content(
    fields: Mapping[str, Any], age_years: int | None = None, ingredients: Iterable[str] = ()
) -> dict[str, Any]:
    """Of a plan, proposed or signed: both freeze the whole proposal, so both show all of it.

    Age and `ingredients` of the person's medicines change the level that is expected.
    """
    made: Mapping[str, Any] = fields.get("proposal") or {}
    expected = expected_levels(fields, age_years, ingredients)
    return {
        "pump": asdict(pump_card(fields)),
        "steps": made.get("steps", ()),
        "limits": [_cited(one, one["by"]) for one in made.get("limited_by", ())],
        "range": [
            _cited(one, one["says"], one["dose"]) for one in made.get("evidence_by_dose", ())
        ],
        # Drawn by our own code out of numbers and escaped words.
        "forecast": asdict(expected) | {"picture": mark_safe(expected.picture)},  # noqa: S308
    }


def wished(wish: Mapping[str, int], fields: Mapping[str, Any]) -> Wished | None:
    """A prescriber's wish beside what the protocol makes of it; None where nothing was wished."""
    if not wish:
        return None
    card, made = pump_card(fields), fields["proposal"]
    dose = {"dose_ug", "dose_ug_per_kg"} & wish.keys()
    asked = [_wished_dose(wish, made) if dose else "the dose of the protocol"]
    if "over_s" in wish:
        asked.append(f"over {_minutes(wish['over_s'])}")
    offered = [f"{card.dose_per_kg} ({card.dose})" if card.dose_per_kg else card.dose]
    if card.rate:
        offered.append(f"over {card.over}")
    return Wished(" ".join(asked), " ".join(offered), bool(made["limited_by"]))


def _wished_dose(wish: Mapping[str, int], made: Mapping[str, Any]) -> str:
    whole = f"{format_number(Decimal(str(made['wanted_mg'])))} mg"
    if "dose_ug_per_kg" not in wish:
        return whole
    return f"{format_number(Decimal(wish['dose_ug_per_kg']) / 1000)} mg/kg ({whole})"


def _minutes(seconds: int) -> str:
    return f"{format_number(Decimal(seconds) / 60, 1)} min"


def _cited(node: Mapping[str, Any], text: str, heading: str = "") -> Cited:
    sources: Sequence[Mapping[str, Any]] = node.get("sources", ())
    return Cited(str(text), source_lines(sources), EVIDENCE.get(str(node["evidence"]), ""), heading)
