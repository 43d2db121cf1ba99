"""Symptoms that are an emergency at any number."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from openketamine.core.monitoring._raised import FindingRaised, finding_id
from openketamine.knowledge import document, read_threshold


def plain_words(charted: str) -> str:
    """What was charted as the words of the tables are written: `Chest-Pain` is `chest pain`."""
    return charted.casefold().replace("_", " ").replace("-", " ")


def is_emergency_symptom(event: str) -> bool:
    """Whether the words of an adverse event name one of the emergency symptoms."""
    words = plain_words(event)
    return any(symptom in words for symptom in _knowledge()["symptoms"]["events"])


def symptom_finding(event: str, at: datetime) -> FindingRaised | None:
    """The finding that an adverse event raises at once: an emergency symptom, or one of the milder
    words of the table; None where it is neither."""
    if not is_emergency_symptom(event):
        return _word_finding(event, at)
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


def score_finding(
    instrument: str, total: Decimal | int | None, at: datetime
) -> FindingRaised | None:
    """The finding that a score raises at once, the strictest level first; None where it is none."""
    for node in _knowledge()["scores"]:
        threshold = read_threshold(node["total"])
        if node["instrument"] == instrument and total is not None and threshold.met_by(total):
            words = f"{instrument.upper()} {total}: {node['says']}"
            return _event_finding(node, instrument, at, words, f"{threshold.value} or more")
    return None


def answer_finding(checklist: str, item: str, answer: str, at: datetime) -> FindingRaised | None:
    """The finding that an answer raises at once where drug is in the person; None: none."""
    for node in _knowledge()["answers"]:
        if (node["checklist"], node["item"], node["answer"]) == (checklist, item, answer):
            words = f"{item.capitalize()}: {node['says']}"
            return _event_finding(node, f"{checklist}.{item}", at, words, "when it is answered")
    return None


def _word_finding(event: str, at: datetime) -> FindingRaised | None:
    words = plain_words(event)
    for node in _knowledge()["words"]:
        if any(word in words for word in node["events"]):
            summary = f"{event[:1].upper()}{event[1:]}: {node['says']}"
            return _event_finding(node, event, at, summary, "when it is charted")
    return None


def _event_finding(
    node: Mapping[str, Any], named: str, at: datetime, summary: str, limit: str
) -> FindingRaised:
    return FindingRaised(
        finding_id=finding_id(node["rule"], named, at),
        rule=node["rule"],
        signal="symptom",
        priority=node["priority"],
        nature="physiological",
        summary=summary,
        advice=tuple(node["advice"]),
        limit=limit,
        sources=tuple(node["sources"]),
        evidence=node["evidence"],
    )


def symptom_lasts() -> timedelta:
    """How long a charted symptom counts as present."""
    return timedelta(seconds=_knowledge()["lasts"]["value"])


def _knowledge() -> Mapping[str, Any]:
    return document("alarms", "symptoms").body
