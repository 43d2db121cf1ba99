"""What others reported: published cohorts and trials, beside whose numbers a clinic's may stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.knowledge import Document, KnowledgeError, documents

# What may be reported. Each has one meaning; a share of people or sessions in per cent, unless the
# unit says otherwise.
OUTCOMES: Mapping[str, str] = {
    "response": "response",
    "remission": "remission",
    "worse": "got worse",
    "no_change": "no change",
    "response_kept": "kept the response",
    "relapse": "relapse",
    "median_days_to_relapse": "median time to relapse",
    "drop_out": "dropped out",
    "stopped_for_adverse_event": "stopped for an adverse event",
    "adverse_event": "adverse event",
    "ideation_gone": "suicidal ideation gone",
    "pain_after": "pain afterwards",
    "pain_difference": "difference in pain",
    "effect_size": "effect size",
}
_FIELDS = frozenset(
    {"what", "event", "per", "instrument", "when", "day", "arm", "value", "unit", "count", "of",
     "low", "high", "sources", "evidence"}
)  # fmt: skip


@dataclass(frozen=True)
class Reported:
    """One number as it was printed.

    `of`: how many it was of, None where the paper's denominator was not retrieved. `count`: how
    many they were, where that was printed. `day`: so many days after response or dose, where it is
    a point of a curve. `per`: person or session, of an adverse event.
    """

    what: str
    value: Decimal
    unit: str
    when: str
    arm: str
    instrument: str
    event: str
    per: str
    day: int | None
    count: int | None
    of: int | None
    low: Decimal | None
    high: Decimal | None
    sources: tuple[Mapping[str, str], ...]
    evidence: str


@dataclass(frozen=True)
class Cohort:
    """One study. `like`: protocols beside which it may stand; `unlike`: why it is still not the
    same, one sentence each, never empty."""

    id: str
    title: str
    design: str
    people: str
    drug: str
    route: str
    like: tuple[str, ...]
    unlike: tuple[str, ...]
    results: tuple[Reported, ...]

    def reported(self, what: str) -> tuple[Reported, ...]:
        """Its numbers of one outcome, in the order of the file."""
        return tuple(one for one in self.results if one.what == what)


@cache
def cohorts() -> tuple[Cohort, ...]:
    """Every published cohort, in the order of their ids."""
    return tuple(_cohort(one) for one in documents("cohorts"))


def cohort(name: str) -> Cohort:
    """One of them by id. Raises KnowledgeError."""
    found = next((one for one in cohorts() if one.id == name), None)
    if found is None:
        raise KnowledgeError(f"cohorts: there is no {name!r}")
    return found


def cohorts_like(protocol_id: str) -> tuple[Cohort, ...]:
    """Those that may stand beside this protocol; none is an honest answer."""
    return tuple(one for one in cohorts() if protocol_id in one.like)


def _cohort(document: Document) -> Cohort:
    body = document.body
    if not body.get("unlike"):
        raise KnowledgeError(f"{document.id}: unlike: a sentence that says what is not the same")
    return Cohort(
        id=document.id,
        title=document.title,
        design=body["design"],
        people=body["people"],
        drug=body["drug"],
        route=body["route"],
        like=tuple(body["like"]),
        unlike=tuple(body["unlike"]),
        results=tuple(_reported(document.id, node) for node in body["results"]),
    )


def _reported(name: str, node: Mapping[str, Any]) -> Reported:
    unknown = sorted(set(node) - _FIELDS)
    if unknown or node["what"] not in OUTCOMES:
        raise KnowledgeError(f"{name}: results: not known: {', '.join(unknown) or node['what']}")
    if node["what"] == "adverse_event" and node.get("per") not in ("person", "session"):
        raise KnowledgeError(f"{name}: results: an adverse event is per person or per session")
    return Reported(
        what=node["what"],
        value=Decimal(str(node["value"])),
        unit=node["unit"],
        when=node["when"],
        arm=node.get("arm", ""),
        instrument=node.get("instrument", ""),
        event=node.get("event", ""),
        per=node.get("per", ""),
        day=node.get("day"),
        count=node.get("count"),
        of=node.get("of"),
        low=_decimal(node.get("low")),
        high=_decimal(node.get("high")),
        sources=tuple(node["sources"]),
        evidence=node["evidence"],
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
