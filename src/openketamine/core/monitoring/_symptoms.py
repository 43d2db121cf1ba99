"""Symptoms that are an emergency at any number."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from openketamine.core.monitoring._raised import FindingRaised, finding_id
from openketamine.knowledge import document


def is_emergency_symptom(event: str) -> bool:
    """Whether the words of an adverse event name one of the emergency symptoms."""
    words = event.casefold().replace("_", " ").replace("-", " ")
    return any(symptom in words for symptom in _knowledge()["symptoms"]["events"])


def symptom_finding(event: str, at: datetime) -> FindingRaised | None:
    """The finding that an adverse event raises at once; None where it is no emergency symptom."""
    if not is_emergency_symptom(event):
        return None
    node = _knowledge()["symptoms"]
    return FindingRaised(
        finding_id=finding_id(node["rule"], event, at),
        rule=node["rule"],
        signal="symptom",
        priority="high",
        nature="physiological",
        summary=f"{event[:1].upper()}{event[1:]}: an emergency symptom",
        advice=tuple(node["advice"]),
        limit="at any number",
        sources=tuple(node["sources"]),
        evidence=node["evidence"],
    )


def symptom_lasts() -> timedelta:
    """How long a charted symptom counts as present."""
    return timedelta(seconds=_knowledge()["lasts"]["value"])


def _knowledge() -> Mapping[str, Any]:
    return document("alarms", "symptoms").body
