"""What the pain guideline says of the dose that is offered: rate, total, and the staff it asks."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from openketamine.core.dosing._proposal import DoseProposal
from openketamine.core.findings import Action, Because, Finding, sources_of
from openketamine.core.quantities import format_number
from openketamine.knowledge import document, read_threshold


def dose_checks(area: str, offered: DoseProposal) -> Iterator[Finding]:
    """Findings for information and caution about a pain infusion; never a reason to refuse."""
    if area != "pain" or offered.form != "infusion" or not offered.weight_g:
        return
    body = document("dose-checks", "pain").body
    hourly = Decimal(offered.rate_ul_per_h * offered.concentration_ug_per_ml) / offered.weight_g
    rate = hourly / 1000
    shown = f"{format_number(rate, 3)} mg/kg/h"
    for node in body["rate"]:
        if all(read_threshold(one).met_by(rate) for one in node["between"]):
            yield _finding(node, shown)
    for node in body["total"]:
        values = {"mg": Decimal(offered.dose_ug) / 1000, "min": Decimal(offered.over_s) / 60}
        if any(read_threshold(one).met_by(values[str(one["unit"])]) for one in node["any_of"]):
            words = f"{format_number(values['mg'])} mg over {format_number(values['min'])} min"
            yield _finding(node, words)


def _finding(node: Mapping[str, Any], fact: str) -> Finding:
    return Finding(
        rule=str(node["rule"]),
        kind="precaution",
        action=Action(node["action"]),
        summary=str(node["summary"]),
        advice=tuple(str(words) for words in node.get("advice", ())),
        because=(Because(fact),),
        sources=sources_of(node["sources"]),
        evidence=node["evidence"],
    )
