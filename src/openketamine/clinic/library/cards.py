"""Findings and sources as a page shows them: words for levels and evidence, titles of sources."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from openketamine.core.findings import Finding
from openketamine.knowledge._reader import sources

ACTION_WORDS: Mapping[str, str] = {
    "info": "For information",
    "caution": "Caution",
    "override": "Needs an override",
    "defer": "Defer",
    "block": "Block",
}
DECISION_WORDS: Mapping[str, tuple[str, str]] = {
    "proceed": (
        "Proceed",
        "No rule of this protocol speaks against it. What is unknown is listed below.",
    ),
    "caution": ("Proceed with caution", "Nothing forbids it. Read the cautions and act on them."),
    "override": (
        "Only with a prescriber’s override",
        "A rule speaks against it. A prescriber may go on, with a reason and a signature.",
    ),
    "defer": ("Defer", "Not today. Something has to change or be known first."),
    "block": ("Do not treat", "A rule forbids this protocol for this person."),
}
_OVER = ("Proceed over an override", "Nothing else speaks against it.")
_SO_FAR = ("Nothing speaks against it so far", "No dose can be ordered before all is asked.")
EVIDENCE_WORDS: Mapping[str, str] = {
    "R": "read in the source",
    "B": "background, to be checked",
    "P": "proposed default",
}


def decision_card(
    decision: str, *, still_to_ask: bool, set_aside: Iterable[str] = ()
) -> dict[str, str]:
    """A decision in words. A green "proceed" over questions that nobody put, or over a rule that
    spoke against it, would read as an answer, so it looks like what it is."""
    title, says = DECISION_WORDS[decision]
    level, over = decision, ", ".join(sorted(set_aside))
    if decision == "proceed" and over:
        level, title, says = "caution", *_OVER
    if decision == "proceed" and still_to_ask:
        level, title, says = "caution", *_SO_FAR
    if over:
        says = f"{says} Set aside by a prescriber: {over}."
    return {"level": level, "title": title, "says": says}


KIND_WORDS: Mapping[str, str] = {
    "contraindication": "Contraindication",
    "precaution": "Precaution",
    "interaction": "Interaction",
    "indication": "Indication",
    "readiness": "Readiness",
}


@dataclass(frozen=True)
class SourceLine:
    """A source as a reader finds it: title, where in it, and how to reach it."""

    id: str
    title: str
    where: str
    locator: str

    @property
    def short(self) -> str:
        """As much of the title as a line holds, whole words."""
        return shorten(self.title, 84, placeholder=" …")


@dataclass(frozen=True)
class FindingCard:
    """Everything that `library/_finding.html` prints."""

    rule: str
    level: str
    word: str
    kind: str
    summary: str
    advice: tuple[str, ...]
    because: tuple[Mapping[str, Any], ...]
    sources: tuple[SourceLine, ...]
    evidence: str
    overridable: bool
    override: Mapping[str, Any] | None = None

    @property
    def anchor(self) -> str:
        """An id that is valid in HTML whatever the rule is called."""
        return "".join(sign if sign.isalnum() else "-" for sign in self.rule)

    @property
    def has_page(self) -> bool:
        """Whether the rule has a page of its own; what the program reckons by itself has none."""
        from openketamine.clinic.library.catalogue import rule_entries  # it is made of these cards

        return self.rule in rule_entries()


def finding_card(finding: Finding | Mapping[str, Any]) -> FindingCard:
    """A card from a Finding or from its JSON, as it lies in a refusal or a signed plan."""
    shown = finding.as_json() if isinstance(finding, Finding) else finding
    action = str(shown.get("action", "info"))
    return FindingCard(
        rule=str(shown.get("rule", "")),
        level=action,
        word=ACTION_WORDS.get(action, action),
        kind=KIND_WORDS.get(str(shown.get("kind", "")), str(shown.get("kind", "")).capitalize()),
        summary=str(shown.get("summary", "")),
        advice=tuple(shown.get("advice", ())),
        because=tuple(shown.get("because", ())),
        sources=source_lines(shown.get("sources", ())),
        evidence=EVIDENCE_WORDS.get(str(shown.get("evidence", "")), ""),
        overridable=bool(shown.get("overridable", False)),
        override=shown.get("override"),
    )


def finding_cards(findings: Iterable[Finding | Mapping[str, Any]]) -> list[FindingCard]:
    """Cards in reading order: the strictest first."""
    order = list(ACTION_WORDS)
    cards = [finding_card(finding) for finding in findings]
    return sorted(cards, key=lambda card: -order.index(card.level) if card.level in order else 1)


def source_lines(cited: Iterable[Mapping[str, Any]]) -> tuple[SourceLine, ...]:
    """The titles behind source ids; an id that is not listed is shown as it is."""
    return tuple(_source_line(source) for source in cited)


def _source_line(source: Mapping[str, Any]) -> SourceLine:
    listed = sources().get(str(source["id"]), {})
    return SourceLine(
        id=str(source["id"]),
        title=str(listed.get("title", source["id"])),
        where=str(source.get("where", "") or ""),
        locator=str(listed.get("locator", "")),
    )
